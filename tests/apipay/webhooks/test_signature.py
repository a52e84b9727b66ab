"""Signatures: vectors of an independent tool, the forms of the header, and what is refused."""

import json
import re
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Any

import httpx
import pytest

from apipay.errors import ApiPayError
from apipay.webhooks import (
    BodyTypeError,
    SignatureError,
    SignatureMalformedError,
    SignatureMismatchError,
    SignatureMissingError,
    SignatureRepeatedError,
    SignatureSchemeError,
    WebhookError,
    WebhookSecretError,
    sign,
    verify,
)

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
    spec = json.loads(resources.files("apipay_client").joinpath("openapi.json").read_bytes())
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
        {"HTTP_X_WEBHOOK_SIGNATURE": GOOD, "wsgi.version": (1, 0), 7: object()},
        {"X-Webhook-Signature": [GOOD]},
        [("Host", "shop"), ("X-Webhook-Signature", GOOD)],
        [(b"host", b"shop"), (b"x-webhook-signature", GOOD.encode())],
        httpx.Headers({"X-Webhook-Signature": GOOD, "Host": "shop"}),
    ],
)
def test_the_signature_is_found_in_every_form_of_headers(signature: Any) -> None:
    verify(BODY, signature, SECRET)


@pytest.mark.parametrize(
    ("signature", "error"),
    [
        (None, SignatureMissingError),
        ("", SignatureMissingError),
        ("  \t", SignatureMissingError),
        ({}, SignatureMissingError),
        ({"X-Signature": GOOD}, SignatureMissingError),
        ({"X-Webhook-Signature": ""}, SignatureMissingError),
        ({"X-Webhook-Signature": None}, SignatureMissingError),
        (7, SignatureMissingError),
        ([1, 2], SignatureMissingError),
        ([("X-Webhook-Signature", GOOD)] * 2, SignatureRepeatedError),
        ({"X-Webhook-Signature": [GOOD, GOOD]}, SignatureRepeatedError),
        ({"X-Webhook-Signature": GOOD, "x-webhook-signature": GOOD}, SignatureRepeatedError),
        (httpx.Headers([("X-Webhook-Signature", GOOD)] * 2), SignatureRepeatedError),
        (f"{GOOD}, {GOOD}", SignatureRepeatedError),
        (f"{GOOD},sha256=0", SignatureRepeatedError),
        ("sha1=" + GOOD[7:], SignatureSchemeError),
        ("SHA256=" + GOOD[7:], SignatureSchemeError),
        ("none=", SignatureSchemeError),
        (GOOD[7:], SignatureMalformedError),
        ("sha256=", SignatureMalformedError),
        (GOOD[:-1], SignatureMalformedError),
        (GOOD + "0", SignatureMalformedError),
        (GOOD[:-1] + "g", SignatureMalformedError),
        (GOOD[:20] + " " + GOOD[21:], SignatureMalformedError),
        (GOOD + "\n", SignatureMalformedError),
        (GOOD[:-1] + "١", SignatureMalformedError),
        ("=" + GOOD, SignatureMalformedError),
        ("sha256=" + "0" * 10_000, SignatureMalformedError),
        ("a" * 1_000_000 + "=", SignatureMalformedError),
        ("sha256=" + "0" * 64, SignatureMismatchError),
        (sign(BODY, "another"), SignatureMismatchError),
        (sign(BODY + b" ", SECRET), SignatureMismatchError),
    ],
)
def test_each_bad_signature_has_its_own_error(signature: Any, error: type[Exception]) -> None:
    with pytest.raises(SignatureError) as caught:
        verify(BODY, signature, SECRET)
    assert type(caught.value) is error
    assert isinstance(caught.value, WebhookError)
    assert GOOD[7:30] not in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("position", range(7, len(GOOD)))
def test_every_digit_of_the_signature_counts(position: int) -> None:
    other = "0" if GOOD[position] != "0" else "1"
    with pytest.raises(SignatureMismatchError):
        verify(BODY, GOOD[:position] + other + GOOD[position + 1 :], SECRET)


def test_any_of_several_secrets_verifies() -> None:
    verify(BODY, sign(BODY, "old"), ["new", "old"])
    verify(BODY, sign(BODY, "new"), ("new", b"old"))
    with pytest.raises(SignatureMismatchError):
        verify(BODY, sign(BODY, "older"), ["new", "old"])


def test_all_secrets_are_compared_whichever_matches(monkeypatch: pytest.MonkeyPatch) -> None:
    from apipay.webhooks import signature

    compared: list[bool] = []
    compare = signature.hmac.compare_digest

    def counting(one: str, other: str) -> bool:
        compared.append(compare(one, other))
        return compared[-1]

    monkeypatch.setattr(signature.hmac, "compare_digest", counting)
    verify(BODY, sign(BODY, "first"), ["first", "second", "third"])
    assert compared == [True, False, False]


@pytest.mark.parametrize(
    "secret",
    [None, "", b"", "   ", [], (), ["good", ""], [None], 7, {"a": "b"}, "line\n", "\ud800"],
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
        with pytest.raises(BodyTypeError, match="raw bytes") as caught:
            call()
        assert isinstance(caught.value, TypeError)


def test_a_bytearray_is_bytes_too() -> None:
    verify(bytearray(BODY), GOOD, SECRET)  # type: ignore[arg-type]


def test_a_generator_of_pairs_is_headers_too() -> None:
    def pairs() -> Iterable[tuple[str, str]]:
        yield "X-Webhook-Signature", GOOD

    verify(BODY, pairs(), SECRET)
