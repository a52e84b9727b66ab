"""From raw bytes to an event: what arrives typed, what arrives as unknown, what is refused."""

import json
import pickle
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from apipay.errors import InvalidRequestError
from apipay.webhooks import (
    Event,
    InvoiceEvent,
    PayloadError,
    SignatureError,
    UnknownEvent,
    Unverified,
    WebhookSecretError,
    sign,
    unwrap,
)
from apipay.webhooks.events import event_key
from apipay_client.models import InvoiceStatus

SECRET = "whsec_for_tests"
SPEC = YAML(typ="safe").load(Path(__file__).parents[3] / "openapi.yaml")
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
    examples = SPEC["components"]["examples"]
    media = SPEC["x-webhooks"]["invoice.status_changed"]["post"]["requestBody"]["content"]
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
    ("body", "reason"),
    [
        (b"\xff{}", "encoding"),
        (b'{"event":"a\xed\xa0\x80"}', "encoding"),  # a surrogate, written as UTF-8
        (b'{"event":"\\ud800"}', "encoding"),
        (b'{"event":"a","\\uDFFF":1}', "encoding"),
        (json.dumps({"event": "a"}).encode("utf-16"), "encoding"),
        (b"", "json"),
        (b"   ", "json"),
        (b"event=a", "json"),
        (b"\xef\xbb\xbf{}", "json"),
        (b'{"event":"a"', "json"),
        (b'{"event":"a"}{}', "json"),
        (b'{"event":"a"}\x00', "json"),
        (b'{"event":"a",}', "json"),
        (b"{'event':'a'}", "json"),
        (b'{"event":"a","x":NaN}', "json"),
        (b'{"event":"a","x":-Infinity}', "json"),
        (b'{"event":"a","x":' + b"1" * 5000 + b"}", "json"),
        (b'{"event":"a","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "json"),
        (b'{"event":"a","x":' + b"[" * 65 + b"]" * 65 + b"}", "json"),
        (b"[]", "shape"),
        (b"null", "shape"),
        (b'"event"', "shape"),
        (b"{}", "shape"),
        (b'{"event":null}', "shape"),
        (b'{"event":["invoice.status_changed"]}', "shape"),
        (b'{"event":"invoice.status_changed"}', "shape"),
        (b'{"event":"invoice.status_changed","invoice":{"id":1}}', "shape"),
    ],
)
def test_each_bad_body_has_its_reason(body: bytes, reason: str) -> None:
    with pytest.raises(PayloadError) as caught:
        signed(body)
    assert caught.value.reason == reason
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
        ("amount", "-5000.00", "/invoice/amount"),
        ("amount", "1e999999999", "/invoice/amount"),
        ("amount", "1e3", "/invoice/amount"),
        ("amount", "5000", "/invoice/amount"),
        ("amount", "5000.000", "/invoice/amount"),
        ("amount", "٥.٠٠", "/invoice/amount"),
        ("amount", "10.00\n", "/invoice/amount"),
        ("amount", -5, "/invoice/amount"),
        ("amount", 1.5, "/invoice/amount"),
        ("paid_at", "yesterday", "/invoice/paid_at"),
        ("client_name", ["A"], "/invoice/client_name"),
    ],
)
def test_a_known_event_of_another_shape_names_the_place_and_not_the_value(
    event_body: BODY, field: str, value: object, place: str
) -> None:
    with pytest.raises(PayloadError, match=place) as caught:
        signed(event_body(**{field: value}))
    assert "87001234567" not in str(caught.value)
    assert "Aigerim" not in repr(caught.value)


@pytest.mark.parametrize(
    "number", ["1E+50", "1E+999999", "-1E+50", "1.5", "1E-50", "1E+9999999999999999999"]
)
def test_strange_numbers_are_no_amounts(event_body: BODY, number: str) -> None:
    body = event_body(amount="HERE").replace(b'"HERE"', number.encode())
    with pytest.raises(PayloadError, match=r"specification|JSON"):
        signed(body)


def test_a_strange_number_in_an_unknown_field_does_not_keep_an_event_from_its_key(
    event_body: BODY,
) -> None:
    """Found by 100,000 mutations: writing the event as JSON again failed."""
    event = signed(event_body(more="HERE").replace(b'"HERE"', b"1E+999999"))
    assert str(event_key(event)) == "invoice:4217/paid"


def test_a_whole_number_of_tenge_is_an_amount(event_body: BODY) -> None:
    event = signed(event_body(amount=5000))
    assert isinstance(event, InvoiceEvent)
    assert event.invoice.amount == 5000


def test_the_size_is_checked_before_the_signature(event_body: BODY) -> None:
    body = event_body()
    with pytest.raises(PayloadError, match="larger than"):
        unwrap(body, None, SECRET, max_bytes=len(body) - 1)
    assert signed(body, max_bytes=len(body))


def test_nothing_is_parsed_without_a_matching_signature(event_body: BODY) -> None:
    with pytest.raises(SignatureError, match="does not match"):
        unwrap(b"not json at all", sign(b"else", SECRET), SECRET)
    with pytest.raises(SignatureError, match="no signature"):
        unwrap(b"not json at all", {}, SECRET)


def test_reserialized_json_does_not_verify(event_body: BODY) -> None:
    body = event_body()
    with pytest.raises(SignatureError, match="does not match"):
        unwrap(json.dumps(json.loads(body), indent=1).encode(), sign(body, SECRET), SECRET)


def test_text_is_refused_with_what_to_pass(event_body: BODY) -> None:
    body = event_body()
    with pytest.raises(InvalidRequestError, match="raw bytes of the request, not str"):
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


def test_the_pattern_of_an_amount_is_that_of_money_in_the_specification() -> None:
    (pattern,) = SPEC["x-webhooks"]["invoice.status_changed"]["x-money"].values()
    assert pattern == SPEC["components"]["schemas"]["Money"]["pattern"]


# -- a secret for each sender ----------------------------------------------------------------------


def test_a_function_chooses_the_secret_by_the_ids_in_the_body(event_body: BODY) -> None:
    asked: list[Unverified] = []

    def secret(unverified: Unverified) -> str | None:
        asked.append(unverified)
        return {"order-1042": "honey department"}.get(
            str(unverified.ids["invoice.external_order_id"])
        )

    body = event_body()
    event = unwrap(body, sign(body, "honey department"), secret)
    assert isinstance(event, InvoiceEvent)
    assert asked[0].ids == {
        "invoice.id": 4217,
        "invoice.external_order_id": "order-1042",
        "invoice.kaspi_invoice_id": "9081726354",
    }
    assert asked[0].request is None
    assert "order-1042" not in repr(asked[0])
    with pytest.raises(SignatureError, match="does not match"):
        unwrap(body, sign(body, "tea department"), secret)
    body = event_body(external_order_id="order-of-nobody")
    with pytest.raises(SignatureError, match="No secret") as caught:
        unwrap(body, sign(body, "honey department"), secret)
    assert caught.value.reason == "unknown_sender"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"7", b"\xff", b"{", b"[" * 100_000, b'{"invoice":[{"id":1}]}']
)
def test_a_body_without_ids_is_verified_all_the_same(body: bytes) -> None:
    with pytest.raises(SignatureError, match="does not match"):
        unwrap(body, sign(body, "else"), lambda unverified: f"{SECRET}{len(unverified.ids)}")
    with pytest.raises(PayloadError):
        unwrap(body, sign(body, SECRET + "0"), lambda unverified: f"{SECRET}{len(unverified.ids)}")


@pytest.mark.parametrize("chosen", ["", b"\0", 7, []])
def test_a_function_that_chooses_nonsense_is_an_error(chosen: Any, event_body: BODY) -> None:
    with pytest.raises(WebhookSecretError):
        unwrap(event_body(), sign(event_body(), SECRET), lambda _: chosen)


def test_a_function_is_not_called_for_a_body_over_the_limit(event_body: BODY) -> None:
    with pytest.raises(PayloadError, match="larger than"):
        unwrap(event_body(), "", lambda _: pytest.fail("called"), max_bytes=10)
