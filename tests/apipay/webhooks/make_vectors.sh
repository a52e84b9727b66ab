#!/bin/sh
# Make signature_vectors.tsv with openssl, a tool that shares no code with the SDK.
# Columns: secret, body, HMAC-SHA256; secret and body in hexadecimal.
set -eu
cd "$(dirname "$0")"

vector() { # vector SECRET BODY, both as printf escapes
    secret=$(printf "$1" | od -An -v -tx1 | tr -d ' \n')
    body=$(printf "$2" | od -An -v -tx1 | tr -d ' \n')
    mac=$(printf "$2" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$secret" -r | cut -d' ' -f1)
    printf '%s\t%s\t%s\n' "$secret" "$body" "$mac"
}

{
    vector 'whsec_1' '{"event":"invoice.status_changed","invoice":{"id":1,"status":"paid"},"timestamp":"2026-11-20T09:18:42Z"}'
    vector 'whsec_1' '{"event":"webhook.test","timestamp":"2026-11-20T09:18:42Z"}'
    vector 'whsec_1' ''
    vector 'whsec_1' '{"a": 1}'
    vector 'whsec_1' '{"a":1}'
    vector 'whsec_1' '{"a":1}\n'
    vector 's' '{}'
    # A secret as long as the hash's block, and a longer one, which HMAC hashes first.
    vector '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef' '{}'
    vector '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef+' '{}'
    # "құпия" and "Төлем" in UTF-8, and bytes that are not UTF-8.
    vector '\322\233\322\261\320\277\320\270\321\217' '{"description":"\320\242\323\251\320\273\320\265\320\274"}'
    vector 'whsec_1' '\377\376\000\001'
} > signature_vectors.tsv
