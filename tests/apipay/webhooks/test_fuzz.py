"""Fuzzing of `unwrap`: no exception outside the tree, no forgery accepted, whatever the bytes.

`test_mutated_deliveries` drives mutated bodies and headers from a fixed seed: 10,000 in the suite,
and as many as APIPAY_FUZZ says (100,000 for a release). The hypothesis tests search as well.
"""

import hashlib
import hmac
import json
import os
import random
import string
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from apipay.webhooks import (
    Event,
    InvoiceEvent,
    PayloadError,
    SignatureError,
    UnknownEvent,
    WebhookError,
    sign,
    unwrap,
)
from apipay.webhooks.events import event_key

SECRET = "whsec_for_tests"
MUTATIONS = int(os.environ.get("APIPAY_FUZZ", "10_000"))
PIECES = [
    *(b"\x00", b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\\ud800", b'"', b"\\", b"{", b"}", b"["),
    *(
        b"]",
        b":",
        b",",
        b"null",
        b"true",
        b"NaN",
        b"Infinity",
        b"-",
        b"1e999",
        b"1e-999",
        b"[" * 70,
    ),
    *(b"9" * 30, b"9" * 5000, b'"id":1,', b'"event":"webhook.test",', b"\xef\xbb\xbf", b" ", b"\n"),
    *(b"0000-00-00", b"9999-12-31T23:59:60Z", b"0001-01-01T00:00:00+23:59", b"\xf0\x9f\x92\xb0"),
]


def genuine(body: bytes, signature: object) -> bool:
    """Whether the delivery is signed, computed without the code under test."""
    if not isinstance(signature, str):
        return False
    mac = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return signature.strip(" \t").lower() == f"sha256={mac}"


def mutated(rng: random.Random, data: bytes) -> bytes:
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        at = rng.randrange(len(out) + 1)
        match rng.randrange(6):
            case 0 if out:
                out[at % len(out)] ^= 1 << rng.randrange(8)
            case 1:
                out[at:at] = rng.choice(PIECES)
            case 2:
                del out[at : at + rng.randrange(1, 9)]
            case 3:
                del out[at:]
            case 4:
                out[at:at] = out[rng.randrange(len(out) + 1) :][: rng.randrange(1, 40)]
            case _:
                out[at : at + rng.randrange(1, 20)] = rng.choice(PIECES)
    return bytes(out)


def mutated_value(rng: random.Random, value: Any) -> Any:
    """The JSON value with one part of it replaced by something else of any type."""
    if isinstance(value, dict) and value and rng.random() < 0.8:
        name = rng.choice(list(value))
        if rng.random() < 0.1:
            return {key: part for key, part in value.items() if key != name}
        return {**value, name: mutated_value(rng, value[name])}
    return rng.choice(
        [
            *(None, True, 0, -1, 10**30, 1.5, 1e300, [], {}, [value], {"id": value}),
            *("", "paid", "x" * 300, "\x00", "2026-11-20", "2026-11-20T09:18:40"),
            *("1E+999999999", "-0", " 1.00", "-5000.00", "Ⅷ", "٣"),
        ]
    )


def mutated_signature(rng: random.Random, signature: str) -> Any:
    match rng.randrange(8):
        case 0:
            return mutated(rng, signature.encode()).decode("latin-1")
        case 1:
            return "".join(rng.choices(string.printable, k=rng.randrange(90)))
        case 2:
            return signature.upper()
        case 3:
            return rng.choice(["", None, "sha256=", "sha1=" + signature[7:], signature[7:]])
        case 4:
            return {rng.choice(["X-Webhook-Signature", "x-webhook-signature", "X-Sig"]): signature}
        case 5:
            return [("X-Webhook-Signature", signature)] * rng.randrange(3)
        case 6:
            return f"{signature},{signature}"
        case _:
            return signature[:7] + "".join(rng.choices("0123456789abcdef", k=64))


def check(body: bytes, signature: Any) -> str:
    """Drive one delivery; return what became of it, or fail on a forgery or a foreign error."""
    try:
        event = unwrap(body, signature, SECRET)
    except WebhookError as refused:
        error = refused
    else:
        return accepted(body, signature, event)
    assert str(error)
    assert SECRET not in str(error)
    assert isinstance(error, SignatureError | PayloadError)
    return error.reason


def accepted(body: bytes, signature: Any, event: Event) -> str:
    text = signature
    if not isinstance(signature, str):
        pairs = list(signature.items() if isinstance(signature, dict) else signature)
        assert len(pairs) == 1
        text = pairs[0][1]
    assert genuine(body, text), "a forgery was accepted"
    assert isinstance(event, InvoiceEvent | UnknownEvent)
    assert str(event_key(event)).encode()  # the stores can keep it
    if isinstance(event, InvoiceEvent) and event.invoice.amount is not None:
        amount = event.invoice.amount
        assert amount >= 0
        assert amount.as_tuple().exponent in (0, -2)
    return type(event).__name__


def test_mutated_deliveries(event_json: Callable[..., dict[str, Any]]) -> None:
    rng = random.Random(20261122)
    sources = [event_json(), event_json(1, "expired"), {"event": "webhook.test", "x": {"y": [1]}}]
    outcomes: dict[str, int] = {}
    for number in range(MUTATIONS):
        source = rng.choice(sources)
        body = json.dumps(source).encode()
        signature: Any = sign(body, SECRET)
        match number % 4:
            case 0:  # the body was changed on the way
                body = mutated(rng, body)
            case 1:  # the signature was changed on the way, or made up
                signature = mutated_signature(rng, signature)
            case 2:  # the service itself signs something odd
                body = mutated(rng, body)
                signature = sign(body, SECRET)
            case _:
                body = json.dumps(mutated_value(rng, source)).encode()
                signature = sign(body, SECRET)
        outcome = check(body, signature)
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    print(dict(sorted(outcomes.items())))
    assert sum(outcomes.values()) == MUTATIONS >= 10_000
    # Every way through the code was met, so that none of it was fuzzed in vain.
    assert set(outcomes) == {
        *("InvoiceEvent", "UnknownEvent", "encoding", "json", "shape"),
        *("missing", "repeated", "malformed", "scheme", "mismatch"),
    }, outcomes


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
quick = settings(
    max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


@quick
@given(body=st.binary(max_size=200), signature=st.text(max_size=90) | st.none())
@example(body=b"{}", signature="sha256=" + "٠" * 64)
def test_no_bytes_pass_unsigned(body: bytes, signature: str | None) -> None:
    if genuine(body, signature):
        return
    try:
        unwrap(body, signature, SECRET)
    except SignatureError:
        return
    raise AssertionError("a forgery was accepted")


@quick
@given(body=st.binary(max_size=200))
def test_any_signed_bytes_end_in_the_tree(body: bytes) -> None:
    check(body, sign(body, SECRET))


@quick
@given(value=JSON, invoice=JSON, name=st.sampled_from(["invoice.status_changed", "webhook.test"]))
def test_any_signed_json_ends_in_the_tree(value: Any, invoice: Any, name: str) -> None:
    for data in (value, {"event": name, "invoice": invoice, "timestamp": value, "more": value}):
        body = json.dumps(data).encode()
        check(body, sign(body, SECRET))


@quick
@given(
    status=st.text(max_size=20),
    number=st.integers(),
    seconds=st.datetimes(timezones=st.timezones() | st.just(None)),
)
def test_any_invoice_event_has_a_key(status: str, number: int, seconds: Any) -> None:
    invoice = {"id": number, "status": status}
    data = {"event": "invoice.status_changed", "invoice": invoice, "timestamp": seconds.isoformat()}
    body = json.dumps(data).encode()
    check(body, sign(body, SECRET))
