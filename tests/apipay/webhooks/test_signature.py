"""Signatures: vectors of an independent tool, the forms of the header, and what is refused."""

import hashlib
import hmac
import pickle
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest
from ruamel.yaml import YAML

from apipay.errors import ApiPayError, InvalidRequestError
from apipay.webhooks import SignatureError, WebhookError, WebhookSecretError, sign, verify

BODY = b'{"event":"webhook.test"}'
SECRET = "whsec_for_tests"
GOOD = sign(BODY, SECRET)
VECTORS = [
    line.split("\t")
    for line in (Path(__file__).parent / "signature_vectors.tsv").read_text().splitlines()
]


@pytest.mark.parametrize(("secret", "body", "mac"), VECTORS)
def test_signatures_are_those_of_openssl(secret: str, body: str, mac: str) -> None:
    raw = bytes.fromhex(body)
    key = bytes.fromhex(secret)
    assert sign(raw, key) == f"sha256={mac}"
    assert sign(raw, key.decode()) == f"sha256={mac}"
    verify(raw, f"sha256={mac}", key)


def test_the_example_in_the_specification_is_right() -> None:
    spec = YAML(typ="safe").load(Path(__file__).parents[3] / "openapi.yaml")
    text = spec["x-webhooks"]["invoice.status_changed"]["post"]["description"]
    body = re.search(r'^ +(\{"event".*\})$', text, re.MULTILINE)
    signature = re.search(r"^ +(sha256=\w+)$", text, re.MULTILINE)
    assert body is not None
    assert signature is not None
    assert "`example-webhook-secret`" in text
    assert sign(body[1].encode(), "example-webhook-secret") == signature[1]


def test_the_vectors_differ_so_that_a_constant_would_fail() -> None:
    assert len(VECTORS) > 10
    assert len({mac for _, _, mac in VECTORS}) == len(VECTORS)


@pytest.mark.parametrize(
    "signature",
    [
        GOOD,
        GOOD.encode(),
        "sha256=" + GOOD[7:].upper(),
        f" \t{GOOD} ",
        {"X-Webhook-Signature": GOOD},
        {"x-webhook-signature": GOOD},
        {"X-WEBHOOK-SIGNATURE": GOOD.encode()},
        {"HTTP_X_WEBHOOK_SIGNATURE": GOOD, "wsgi.version": (1, 0), "wsgi.input": object()},
        {"X-Webhook-Signature": [GOOD]},
        [("Host", "shop"), ("X-Webhook-Signature", GOOD)],
        [(b"host", b"shop"), (b"x-webhook-signature", GOOD.encode())],
        httpx.Headers({"X-Webhook-Signature": GOOD, "Host": "shop"}),
    ],
)
def test_the_signature_is_found_in_every_form_of_headers(signature: Any) -> None:
    verify(BODY, signature, SECRET)


@pytest.mark.parametrize(
    ("signature", "reason"),
    [
        (None, "missing"),
        ("", "missing"),
        ("  \t", "missing"),
        ({}, "missing"),
        ({"X-Signature": GOOD}, "missing"),
        ({"X-Webhook-Signature": ""}, "missing"),
        ({"X-Webhook-Signature": None}, "missing"),
        (7, "missing"),
        ([1, 2], "missing"),
        ([("X-Webhook-Signature", GOOD)] * 2, "repeated"),
        ({"X-Webhook-Signature": [GOOD, GOOD]}, "repeated"),
        ({"X-Webhook-Signature": GOOD, "x-webhook-signature": GOOD}, "repeated"),
        (httpx.Headers([("X-Webhook-Signature", GOOD)] * 2), "repeated"),
        (f"{GOOD}, {GOOD}", "repeated"),
        (f"{GOOD},sha256=0", "repeated"),
        ("sha1=" + GOOD[7:], "scheme"),
        ("SHA256=" + GOOD[7:], "scheme"),
        ("none=", "scheme"),
        (GOOD[7:], "malformed"),
        ("sha256=", "malformed"),
        (GOOD[:-1], "malformed"),
        (GOOD + "0", "malformed"),
        (GOOD[:-1] + "g", "malformed"),
        (GOOD[:20] + " " + GOOD[21:], "malformed"),
        (GOOD + "\n", "malformed"),
        (GOOD[:-1] + "١", "malformed"),
        ("=" + GOOD, "malformed"),
        ("sha256=" + "0" * 10_000, "malformed"),
        ("a" * 1_000_000 + "=", "malformed"),
        ("sha256=" + "0" * 64, "mismatch"),
        (sign(BODY, "another"), "mismatch"),
        (sign(BODY + b" ", SECRET), "mismatch"),
    ],
)
def test_each_bad_signature_has_its_reason(signature: Any, reason: str) -> None:
    with pytest.raises(SignatureError) as caught:
        verify(BODY, signature, SECRET)
    assert caught.value.reason == reason
    assert pickle.loads(pickle.dumps(caught.value)).reason == reason
    assert isinstance(caught.value, WebhookError)
    assert GOOD[7:30] not in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("position", range(7, len(GOOD)))
def test_every_digit_of_the_signature_counts(position: int) -> None:
    other = "0" if GOOD[position] != "0" else "1"
    with pytest.raises(SignatureError, match="does not match"):
        verify(BODY, GOOD[:position] + other + GOOD[position + 1 :], SECRET)


def test_any_of_several_secrets_verifies() -> None:
    verify(BODY, sign(BODY, "old"), ["new", "old"])
    verify(BODY, sign(BODY, "new"), ("new", b"old"))
    with pytest.raises(SignatureError, match="does not match"):
        verify(BODY, sign(BODY, "older"), ["new", "old"])


def test_all_secrets_are_compared_whichever_matches(monkeypatch: pytest.MonkeyPatch) -> None:
    from apipay.webhooks import signature

    compared: list[bool] = []
    compare = hmac.compare_digest

    def counting(one: str, other: str) -> bool:
        compared.append(compare(one, other))
        return compared[-1]

    monkeypatch.setattr(signature.hmac, "compare_digest", counting)
    verify(BODY, sign(BODY, "first"), ["first", "second", "third"])
    assert compared == [True, False, False]


@pytest.mark.parametrize("length", [1, 31, 32, 63, 64, 65, 200])
def test_keys_of_every_length_are_those_of_hmac(length: int) -> None:
    key = bytes(range(1, length + 1))
    assert sign(BODY, key) == "sha256=" + hmac.new(key, BODY, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    "secret",
    [
        *(None, "", b"", "   ", [], (), ["good", ""], [None], 7, {"a": "b"}, "line\n", "\ud800"),
        *("\0", "a\0", b"\0", b"\0\0", b"  ", b"\n", b" \0\t", ["good", b"\0"], [["good"]]),
    ],
)
def test_unusable_secrets_are_refused(secret: Any) -> None:
    with pytest.raises(WebhookSecretError) as caught:
        verify(BODY, GOOD, secret)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, ApiPayError)
    if isinstance(secret, str | bytes) or secret is None:
        with pytest.raises(WebhookSecretError):
            sign(BODY, secret)  # type: ignore[arg-type]


def test_bytes_secrets_are_taken_exactly() -> None:
    assert sign(BODY, b"line\n") != sign(BODY, b"line")


@pytest.mark.parametrize("body", ['{"a":1}', {"a": 1}, None, 7, [b"x"], iter([b"x"])])
def test_a_body_that_is_not_raw_bytes_is_refused(body: Any) -> None:
    for call in (lambda: verify(body, GOOD, SECRET), lambda: sign(body, SECRET)):
        with pytest.raises(InvalidRequestError, match="raw bytes"):
            call()


def test_a_bytearray_is_bytes_too() -> None:
    verify(bytearray(BODY), GOOD, SECRET)  # type: ignore[arg-type]


def test_a_generator_of_pairs_is_headers_too() -> None:
    def pairs() -> Iterable[tuple[str, str]]:
        yield "X-Webhook-Signature", GOOD

    verify(BODY, pairs(), SECRET)
