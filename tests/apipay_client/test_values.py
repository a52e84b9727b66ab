"""Money, dates, enums and unknown fields: JSON to Python and back."""

import copy
import json
import pickle
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apipay_client import codec, models
from apipay_client.errors import DecodeError, InvalidArgument
from apipay_client.types import UNSET, Unset

AMOUNTS = st.decimals("0.01", "99999999.99", places=2)


@given(AMOUNTS)
def test_an_amount_goes_out_as_exactly_its_number(amount: Decimal) -> None:
    body = codec.dumps(models.CreateInvoiceRequest(amount=amount, phone_number="87001234567"))
    assert json.loads(body, parse_float=Decimal, parse_int=Decimal)["amount"] == amount


@given(AMOUNTS)
def test_an_amount_comes_in_from_text_or_number_and_goes_back_as_text(amount: Decimal) -> None:
    for wire in (f'"{amount}"', f"{amount}"):
        source = codec.loads(f'{{"id": 1, "status": "paid", "amount": {wire}}}'.encode())
        invoice = models.Invoice.from_dict(source)
        assert invoice.amount == amount
        assert invoice.to_dict()["amount"] == f"{amount:f}"


@pytest.mark.parametrize("value", [10, "10", "10.00", Decimal("10.00"), 10.0, 10.5, 0.1, 4.85])
def test_arguments_that_are_exact_are_taken(value: Any) -> None:
    assert codec.decimal_argument("amount", value, "0.01") == Decimal(str(value))


@pytest.mark.parametrize(
    "value",
    [
        0.1 + 0.2,
        10.001,
        float("nan"),
        float("inf"),
        "ten",
        "",
        "NaN",
        True,
        b"1",
        [1],
        "1E+999999999",
    ],
)
def test_arguments_that_are_not_exact_numbers_are_refused(value: Any) -> None:
    with pytest.raises(InvalidArgument) as caught:
        codec.decimal_argument("amount", value, "0.01")
    assert caught.value.argument == "amount"


@pytest.mark.parametrize("number", ["0.123456789012345678901", "1E-200", "1E+200"])
def test_a_decimal_that_json_would_round_is_refused(number: str) -> None:
    with pytest.raises(InvalidArgument, match="exactly"):
        codec.dumps({"amount": Decimal(number)})


def test_known_status_is_the_member() -> None:
    status = models.InvoiceStatus.from_json("paid")
    assert status is models.InvoiceStatus.PAID
    assert status.is_known


@given(st.text())
def test_an_unknown_status_stays_usable(text: str) -> None:
    status = models.InvoiceStatus(text)
    assert status == text
    assert isinstance(status, models.InvoiceStatus)
    assert status.is_known == (text in [str(member) for member in models.InvoiceStatus])
    assert status == models.InvoiceStatus(text)
    assert hash(status) == hash(text)
    assert pickle.loads(pickle.dumps(status)) == copy.deepcopy(status) == status
    assert f"{status}" == text
    assert len(models.InvoiceStatus) == 4


def test_a_status_that_is_no_text_is_refused() -> None:
    for value in (None, 5, True, ["paid"]):
        with pytest.raises(DecodeError):
            models.InvoiceStatus.from_json(value)
    with pytest.raises(ValueError, match="5 is not a valid"):
        models.InvoiceStatus(5)


def test_absent_and_null_are_both_none_in_an_answer() -> None:
    absent = models.Invoice.from_dict({"id": 1, "status": "paid"})
    null = models.Invoice.from_dict({"id": 1, "status": "paid", "amount": None, "paid_at": None})
    assert absent == null
    assert absent.amount is None


def test_unknown_fields_are_kept_and_their_values_not_shown() -> None:
    invoice = models.Invoice.from_dict({"id": 1, "status": "paid", "fee": {"tax": "SECRET"}})
    assert invoice["fee"] == {"tax": "SECRET"}
    assert "fee" in invoice
    assert "SECRET" not in repr(invoice)
    assert invoice.to_dict()["fee"] == {"tax": "SECRET"}
    invoice["fee"] = 1
    del invoice["fee"]
    assert "fee" not in invoice


def test_a_repr_hides_the_customer() -> None:
    invoice = models.Invoice.from_dict(
        {"id": 1, "status": "paid", "client_phone": "87001234567", "client_name": "Aigerim"}
    )
    request = models.CreateInvoiceRequest(amount=Decimal(1), phone_number="87001234567")
    verify = models.VerifyOrganizationRequest(idn="123456789012")
    shown = f"{invoice!r} {request!r} {verify!r}"
    for secret in ("87001234567", "Aigerim", "123456789012"):
        assert secret not in shown
    assert "id=1" in shown


@pytest.mark.parametrize("text", ["2026-01-31T12:00:00Z", "2026-01-31T17:00:00+05:00"])
def test_timestamps_are_aware(text: str) -> None:
    assert codec.to_datetime(text) == datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize("value", ["2026-01-31T12:00:00", "2026-01-31", "soon", 5, None, ""])
def test_other_timestamps_are_refused(value: Any) -> None:
    with pytest.raises(DecodeError):
        codec.to_datetime(value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(
    st.dictionaries(st.sampled_from(["id", "status", "amount", "paid_at", "data", "meta"]), JSON)
)
def test_any_object_is_read_or_refused_with_one_error(source: dict[str, Any]) -> None:
    for model in (models.Invoice, models.InvoicePage, models.Refund, models.InvoiceEvent):
        refused = None
        try:
            model.from_dict(source)
        except DecodeError as error:
            refused = error
        assert refused is None or refused.path.startswith("/")


@given(st.binary())
def test_any_bytes_are_read_or_refused_with_one_error(content: bytes) -> None:
    with suppress(DecodeError):
        codec.loads(content)


def test_deep_nesting_and_constants_of_no_json_are_refused() -> None:
    for content in (b"[" * 100_000, b"NaN", b"Infinity", b"9" * 5000, b"1e99999999999999999999"):
        with pytest.raises(DecodeError):
            codec.loads(content)


def test_unset_is_one_thing_even_in_a_copy() -> None:
    for other in (pickle.loads(pickle.dumps(UNSET)), copy.copy(UNSET), copy.deepcopy(UNSET)):
        assert other is UNSET
    assert not UNSET
    assert isinstance(UNSET, Unset)


def test_a_request_body_tells_absent_from_null() -> None:
    body = models.CreateRefundRequest(amount=None)
    assert body.to_dict() == {"amount": None}
    again = models.CreateRefundRequest.from_dict({"amount": None})
    assert (again.amount, again.reason) == (None, UNSET)
    assert models.CreateRefundRequest.from_dict({}).to_dict() == {}


def test_a_created_invoice_and_an_invoice_have_a_base_that_a_function_can_take() -> None:
    source = {"id": 1, "status": "paid", "payment_url": "https://pay.example/1", "amount": "2.00"}
    for model in (models.CreatedInvoice, models.Invoice):
        invoice = model.from_dict(source | {"created_at": "2026-01-31T12:00:00Z", "more": 1})
        assert isinstance(invoice, models.InvoiceEventData)
        assert (invoice.id, invoice.amount) == (1, Decimal("2.00"))
        assert invoice.to_dict() == source | {"created_at": "2026-01-31T12:00:00+00:00", "more": 1}
    assert issubclass(models.ValidationErrorBody, models.Error)
    with pytest.raises(DecodeError) as caught:
        models.CreatedInvoice.from_dict(source | {"payment_url": None})
    assert caught.value.path == "/payment_url"
    with pytest.raises(DecodeError) as caught:
        models.CreatedInvoice.from_dict(source | {"created_at": "soon"})
    assert caught.value.path == "/created_at"


def test_final_statuses_come_from_the_spec() -> None:
    final = [status for status in models.InvoiceStatus if status.is_final]
    assert final == ["paid", "cancelled", "expired"]
    assert not models.InvoiceStatus("refunded").is_final
