import datetime
from decimal import Decimal
from typing import Any, Self

from attrs import define, field

from ..codec import (
    decimals_as_text,
    hidden,
    keys_only,
    no_fields,
    optional,
    required,
    to_datetime,
    to_decimal,
    to_int,
    to_json,
    to_object,
    to_str,
)
from ..models.invoice_status import InvoiceStatus


@define
class CreatedInvoice:
    """An invoice that has just been created: its `payment_url` is always there.

    Attributes:
        id: The invoice's id. Limits: at least 1.
        status: Where an invoice stands. New values appear over time (later versions of the API
            add `processing`, `cancelling`, `error`, `partially_refunded` and `refunded`): treat
            one that you do not know as not final, and do not fail. Limits: one of pending,
            paid, cancelled, expired.
        payment_url: Where the customer pays. Redirect them to it.
        amount: The amount to pay, in tenge. Limits: matches ^[0-9]+\\.[0-9]{2}$.
        description: What is being paid for, as the merchant stated it.
        external_order_id: The merchant's own order id.
        kaspi_invoice_id: The invoice's number in Kaspi, a string of digits. Limits: matches
            ^[0-9]+$.
        client_name: The customer's name as Kaspi knows it.
        client_phone: The customer's phone number. Limits: matches ^8[0-9]{10}$.
        paid_at: When the customer paid.
        cancelled_at: When the merchant cancelled.
        expired_at: When the payment deadline passed.
        kaspi_qr_token: The token of Kaspi's QR code for this payment.
        created_at: When the invoice was created.
    """

    id: int
    status: InvoiceStatus
    payment_url: str
    amount: Decimal | None = None
    description: str | None = None
    external_order_id: str | None = None
    kaspi_invoice_id: str | None = None
    client_name: str | None = field(default=None, repr=hidden)
    client_phone: str | None = field(default=None, repr=hidden)
    paid_at: datetime.datetime | None = None
    cancelled_at: datetime.datetime | None = None
    expired_at: datetime.datetime | None = None
    kaspi_qr_token: str | None = None
    created_at: datetime.datetime | None = None
    additional_properties: dict[str, Any] = field(init=False, factory=no_fields, repr=keys_only)

    def to_dict(self) -> dict[str, Any]:
        """The object as JSON would hold it; optional fields that are None are left out."""
        result: dict[str, Any] = {
            key: to_json(value) for key, value in self.additional_properties.items()
        }
        result["id"] = to_json(self.id)
        result["status"] = to_json(self.status)
        result["payment_url"] = to_json(self.payment_url)
        if self.amount is not None:
            result["amount"] = decimals_as_text(self.amount)
        if self.description is not None:
            result["description"] = to_json(self.description)
        if self.external_order_id is not None:
            result["external_order_id"] = to_json(self.external_order_id)
        if self.kaspi_invoice_id is not None:
            result["kaspi_invoice_id"] = to_json(self.kaspi_invoice_id)
        if self.client_name is not None:
            result["client_name"] = to_json(self.client_name)
        if self.client_phone is not None:
            result["client_phone"] = to_json(self.client_phone)
        if self.paid_at is not None:
            result["paid_at"] = to_json(self.paid_at)
        if self.cancelled_at is not None:
            result["cancelled_at"] = to_json(self.cancelled_at)
        if self.expired_at is not None:
            result["expired_at"] = to_json(self.expired_at)
        if self.kaspi_qr_token is not None:
            result["kaspi_qr_token"] = to_json(self.kaspi_qr_token)
        if self.created_at is not None:
            result["created_at"] = to_json(self.created_at)
        return result

    @classmethod
    def from_dict(cls, source: object) -> Self:
        """Read a JSON object. Raises `DecodeError` where it is not what the spec says."""
        data = to_object(source)
        result = cls(
            id=required(data, "id", to_int),
            status=required(data, "status", InvoiceStatus.from_json),
            payment_url=required(data, "payment_url", to_str),
            amount=optional(data, "amount", to_decimal),
            description=optional(data, "description", to_str),
            external_order_id=optional(data, "external_order_id", to_str),
            kaspi_invoice_id=optional(data, "kaspi_invoice_id", to_str),
            client_name=optional(data, "client_name", to_str),
            client_phone=optional(data, "client_phone", to_str),
            paid_at=optional(data, "paid_at", to_datetime),
            cancelled_at=optional(data, "cancelled_at", to_datetime),
            expired_at=optional(data, "expired_at", to_datetime),
            kaspi_qr_token=optional(data, "kaspi_qr_token", to_str),
            created_at=optional(data, "created_at", to_datetime),
        )
        result.additional_properties = data
        return result

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties

    def __getitem__(self, key: str) -> Any:
        """A field that the spec does not know, by its name in JSON."""
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]
