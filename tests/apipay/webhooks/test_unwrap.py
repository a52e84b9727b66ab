"""From raw bytes to an event: what arrives typed, what arrives as unknown, what is refused."""

import json
import pickle
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from importlib import resources
from typing import Any

import pytest

from apipay.webhooks import (
    BodyEncodingError,
    BodyJSONError,
    BodyShapeError,
    BodyTooLargeError,
    BodyTypeError,
    Event,
    InvoiceEvent,
    PayloadError,
    SignatureMismatchError,
    SignatureMissingError,
    UnknownEvent,
    WebhookSecretError,
    sign,
    unwrap,
)
from apipay_client.models import InvoiceStatus

SECRET = "whsec_for_tests"
BODY = Callable[..., bytes]


def signed(body: bytes, **options: Any) -> Event:
    return unwrap(body, sign(body, SECRET), SECRET, **options)


def test_an_invoice_event_is_typed(event_body: BODY) -> None:
    event = signed(event_body())
    assert isinstance(event, InvoiceEvent)
    assert event.event == "invoice.status_changed"
    assert event.timestamp == datetime(2026, 11, 20, 9, 18, 40, tzinfo=UTC)
    invoice = event.invoice
    assert (invoice.id, invoice.status) == (4217, InvoiceStatus.PAID)
    assert invoice.amount == Decimal("10000.00")
    assert isinstance(invoice.amount, Decimal)
    assert invoice.external_order_id == "order-1042"
    assert invoice.paid_at == event.timestamp
    assert invoice.expired_at is None


def test_the_examples_of_the_specification_arrive() -> None:
    spec = json.loads(resources.files("apipay_client").joinpath("openapi.json").read_bytes())
    examples = spec["components"]["examples"]
    media = spec["x-webhooks"]["invoice.status_changed"]["post"]["requestBody"]["content"]
    names = [
        ref["$ref"].rpartition("/")[2] for ref in media["application/json"]["examples"].values()
    ]
    assert len(names) == 3
    seen = set()
    for name in names:
        event = signed(json.dumps(examples[name]["value"]).encode())
        assert isinstance(event, InvoiceEvent)
        seen.add(event.invoice.status)
    assert seen == {"paid", "cancelled", "expired"}


def test_headers_do_as_well_as_the_signature(event_body: BODY) -> None:
    body = event_body()
    headers = {"host": "shop.kz", "x-webhook-SIGNATURE": sign(body, SECRET)}
    assert unwrap(body, headers, SECRET) == signed(body)


def test_unknown_fields_are_kept(event_body: BODY) -> None:
    event = signed(event_body(color="blue", nested={"a": [1.10]}))
    assert isinstance(event, InvoiceEvent)
    assert event.invoice.additional_properties["color"] == "blue"
    assert event.invoice.additional_properties["nested"] == {"a": [Decimal("1.10")]}


def test_an_unknown_status_is_kept(event_body: BODY) -> None:
    event = signed(event_body(1, "refunded"))
    assert isinstance(event, InvoiceEvent)
    assert event.invoice.status == "refunded"
    assert not event.invoice.status.is_known


@pytest.mark.parametrize("optional", ["amount", "description", "client_name", "paid_at"])
def test_null_is_absent(event_body: BODY, optional: str) -> None:
    event = signed(event_body(**{optional: None}))
    assert isinstance(event, InvoiceEvent)
    assert getattr(event.invoice, optional) is None


def test_an_unknown_event_arrives_as_such() -> None:
    body = b'{"event":"webhook.test","timestamp":"2026-11-20T09:18:40Z","ping":{"n":1}}'
    event = signed(body)
    assert isinstance(event, UnknownEvent)
    assert event.event == "webhook.test"
    assert event.data["ping"] == {"n": 1}
    assert event.timestamp == datetime(2026, 11, 20, 9, 18, 40, tzinfo=UTC)
    assert "ping" not in repr(event)
    assert pickle.loads(pickle.dumps(event)) == event


@pytest.mark.parametrize("timestamp", [b"null", b'"yesterday"', b"7"])
def test_an_unknown_event_with_an_unusable_timestamp_has_none(timestamp: bytes) -> None:
    event = signed(b'{"event":"later.event","timestamp":%s}' % timestamp)
    assert isinstance(event, UnknownEvent)
    assert event.timestamp is None


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"\xff{}", BodyEncodingError),
        (b'{"event":"a\xed\xa0\x80"}', BodyEncodingError),  # a surrogate, written as UTF-8
        (b'{"event":"\\ud800"}', BodyEncodingError),
        (b'{"event":"a","\\uDFFF":1}', BodyEncodingError),
        (json.dumps({"event": "a"}).encode("utf-16"), BodyEncodingError),
        (b"", BodyJSONError),
        (b"   ", BodyJSONError),
        (b"event=a", BodyJSONError),
        (b"\xef\xbb\xbf{}", BodyJSONError),
        (b'{"event":"a"', BodyJSONError),
        (b'{"event":"a"}{}', BodyJSONError),
        (b'{"event":"a"}\x00', BodyJSONError),
        (b'{"event":"a",}', BodyJSONError),
        (b"{'event':'a'}", BodyJSONError),
        (b'{"event":"a","event":"b"}', BodyJSONError),
        (b'{"event":"a","x":{"y":1,"y":1}}', BodyJSONError),
        (b'{"event":"a","x":NaN}', BodyJSONError),
        (b'{"event":"a","x":-Infinity}', BodyJSONError),
        (b'{"event":"a","x":' + b"1" * 5000 + b"}", BodyJSONError),
        (b'{"event":"a","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", BodyJSONError),
        (b'{"event":"a","x":' + b"[" * 65 + b"]" * 65 + b"}", BodyJSONError),
        (b"[]", BodyShapeError),
        (b"null", BodyShapeError),
        (b'"event"', BodyShapeError),
        (b"{}", BodyShapeError),
        (b'{"event":null}', BodyShapeError),
        (b'{"event":["invoice.status_changed"]}', BodyShapeError),
        (b'{"event":"invoice.status_changed"}', BodyShapeError),
        (b'{"event":"invoice.status_changed","invoice":{"id":1}}', BodyShapeError),
    ],
)
def test_each_bad_body_has_its_own_error(body: bytes, error: type[Exception]) -> None:
    with pytest.raises(PayloadError) as caught:
        signed(body)
    assert type(caught.value) is error
    assert len(str(caught.value)) < 300


def test_nesting_up_to_the_limit_passes() -> None:
    body = b'{"event":"a","x":' + b"[" * 63 + b"]" * 63 + b"}"
    assert isinstance(signed(body), UnknownEvent)


@pytest.mark.parametrize(
    ("field", "value", "place"),
    [
        ("id", "4217", "/invoice/id"),
        ("id", True, "/invoice/id"),
        ("id", 1.5, "/invoice/id"),
        ("status", 1, "/invoice/status"),
        ("amount", "ten", "/invoice/amount"),
        ("amount", "NaN", "/invoice/amount"),
        ("amount", {}, "/invoice/amount"),
        ("paid_at", "yesterday", "/invoice/paid_at"),
        ("client_name", ["A"], "/invoice/client_name"),
    ],
)
def test_a_known_event_of_another_shape_names_the_place_and_not_the_value(
    event_body: BODY, field: str, value: object, place: str
) -> None:
    with pytest.raises(BodyShapeError, match=place) as caught:
        signed(event_body(**{field: value}))
    assert "87001234567" not in str(caught.value)
    assert "Aigerim" not in repr(caught.value)


@pytest.mark.parametrize(
    "number", ["1E+50", "1E+999999", "-1E+50", "1.5", "1E-50", "1E+9999999999999999999"]
)
@pytest.mark.parametrize("field", ["id", "amount"])
def test_strange_numbers_end_in_the_tree(event_body: BODY, field: str, number: str) -> None:
    body = event_body(**{field: "HERE"}).replace(b'"HERE"', number.encode())
    try:
        event = signed(body)
    except PayloadError as error:
        refused = error
        assert "specification" in str(refused) or "JSON" in str(refused)
    else:
        assert isinstance(event, InvoiceEvent)
        assert getattr(event.invoice, field) == Decimal(number)


def test_the_size_is_looked_at_before_the_signature(event_body: BODY) -> None:
    body = event_body()
    with pytest.raises(BodyTooLargeError):
        unwrap(body, None, SECRET, max_bytes=len(body) - 1)
    assert signed(body, max_bytes=len(body))


def test_nothing_is_parsed_without_a_matching_signature(event_body: BODY) -> None:
    with pytest.raises(SignatureMismatchError):
        unwrap(b"not json at all", sign(b"else", SECRET), SECRET)
    with pytest.raises(SignatureMissingError):
        unwrap(b"not json at all", {}, SECRET)


def test_reserialized_json_does_not_verify(event_body: BODY) -> None:
    body = event_body()
    with pytest.raises(SignatureMismatchError):
        unwrap(json.dumps(json.loads(body), indent=1).encode(), sign(body, SECRET), SECRET)


def test_text_is_refused_with_the_mend(event_body: BODY) -> None:
    body = event_body()
    with pytest.raises(BodyTypeError, match="raw bytes of the request, not str"):
        unwrap(body.decode(), sign(body, SECRET), SECRET)  # type: ignore[arg-type]


def test_the_secret_is_checked_whatever_the_body(event_body: BODY) -> None:
    body = event_body()
    with pytest.raises(WebhookSecretError):
        unwrap(body, sign(body, SECRET), "")


def test_errors_can_be_pickled(event_body: BODY) -> None:
    for body in (b"\xff", b"[]", b"{"):
        with pytest.raises(PayloadError) as caught:
            signed(body)
        again = pickle.loads(pickle.dumps(caught.value))
        assert (type(again), str(again)) == (type(caught.value), str(caught.value))
