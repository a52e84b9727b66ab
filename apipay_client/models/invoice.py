from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any, Self

from attrs import define as _define
from attrs import field as _field

from .. import codec as _codec
from .. import errors as _errors
from ..models import invoice_status as _invoice_status_enum
from ..models.invoice_status import InvoiceStatus


@_define
class Invoice:
    """A request for payment. List items and the responses of actions can have fewer fields: only
    `id` and `status` are always present.

    Attributes:
        id: The invoice's id. Limits: at least 1.
        status: The status of an invoice. New values appear over time (later versions of the API
            add `processing`, `cancelling`, `error`, `partially_refunded` and `refunded`): treat
            an unknown one as not final, and do not fail. Limits: one of pending, paid,
            cancelled, expired.
        amount: The amount to pay, in tenge. Limits: matches ^[0-9]+\\.[0-9]{2}$.
        description: What the payment is for, as stated by the merchant.
        external_order_id: The merchant's own order id.
        kaspi_invoice_id: The invoice number in Kaspi, a string of digits. Limits: matches
            ^[0-9]+$.
        client_name: The customer's name in Kaspi.
        client_phone: The customer's phone number. Limits: matches ^8[0-9]{10}$.
        paid_at: When the customer paid.
        cancelled_at: When the merchant cancelled.
        expired_at: When the payment deadline passed.
        payment_url: The payment page. Redirect the customer to it.
        kaspi_qr_token: The token of Kaspi's QR code for this payment.
        created_at: When the invoice was created.
    """

    id: int
    status: InvoiceStatus
    amount: Decimal | None = None
    description: str | None = None
    external_order_id: str | None = None
    kaspi_invoice_id: str | None = None
    client_name: str | None = _field(default=None, repr=_codec.hidden)
    client_phone: str | None = _field(default=None, repr=_codec.hidden)
    paid_at: datetime.datetime | None = None
    cancelled_at: datetime.datetime | None = None
    expired_at: datetime.datetime | None = None
    payment_url: str | None = None
    kaspi_qr_token: str | None = None
    created_at: datetime.datetime | None = None
    additional_properties: dict[str, Any] = _field(
        init=False, factory=_codec.no_fields, repr=_codec.keys_only
    )

    def to_dict(self) -> dict[str, Any]:
        """The object as JSON would hold it; optional fields that are not set are left out."""
        result: dict[str, Any] = {
            key: _codec.to_json(value) for key, value in self.additional_properties.items()
        }
        result["id"] = _codec.to_json(self.id)
        result["status"] = _codec.to_json(self.status)
        if self.amount is not None:
            result["amount"] = _codec.decimals_as_text(self.amount)
        if self.description is not None:
            result["description"] = _codec.to_json(self.description)
        if self.external_order_id is not None:
            result["external_order_id"] = _codec.to_json(self.external_order_id)
        if self.kaspi_invoice_id is not None:
            result["kaspi_invoice_id"] = _codec.to_json(self.kaspi_invoice_id)
        if self.client_name is not None:
            result["client_name"] = _codec.to_json(self.client_name)
        if self.client_phone is not None:
            result["client_phone"] = _codec.to_json(self.client_phone)
        if self.paid_at is not None:
            result["paid_at"] = _codec.to_json(self.paid_at)
        if self.cancelled_at is not None:
            result["cancelled_at"] = _codec.to_json(self.cancelled_at)
        if self.expired_at is not None:
            result["expired_at"] = _codec.to_json(self.expired_at)
        if self.payment_url is not None:
            result["payment_url"] = _codec.to_json(self.payment_url)
        if self.kaspi_qr_token is not None:
            result["kaspi_qr_token"] = _codec.to_json(self.kaspi_qr_token)
        if self.created_at is not None:
            result["created_at"] = _codec.to_json(self.created_at)
        return result

    @classmethod
    def from_dict(cls, source: object) -> Self:
        """Read a JSON object. Raises `DecodeError` where it is not what the spec says."""
        data = _codec.to_object(source)
        take = data.pop
        try:
            # In the order of the attributes: by name it would take a quarter longer.
            result = cls(
                _codec.to_int(take("id")),
                _invoice_status_enum.read(take("status")),
                None if (value := take("amount", None)) is None else _codec.to_decimal(value),
                value
                if (value := take("description", None)) is None or type(value) is str
                else _codec.to_str(value),
                value
                if (value := take("external_order_id", None)) is None or type(value) is str
                else _codec.to_str(value),
                value
                if (value := take("kaspi_invoice_id", None)) is None or type(value) is str
                else _codec.to_str(value),
                value
                if (value := take("client_name", None)) is None or type(value) is str
                else _codec.to_str(value),
                value
                if (value := take("client_phone", None)) is None or type(value) is str
                else _codec.to_str(value),
                None if (value := take("paid_at", None)) is None else _codec.to_datetime(value),
                None
                if (value := take("cancelled_at", None)) is None
                else _codec.to_datetime(value),
                None if (value := take("expired_at", None)) is None else _codec.to_datetime(value),
                value
                if (value := take("payment_url", None)) is None or type(value) is str
                else _codec.to_str(value),
                value
                if (value := take("kaspi_qr_token", None)) is None or type(value) is str
                else _codec.to_str(value),
                None if (value := take("created_at", None)) is None else _codec.to_datetime(value),
            )
        except (_errors.DecodeError, KeyError) as error:
            raise _codec.placed(error, _KEYS, source, data) from None
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


#: The fields in the order in which `from_dict` reads them.
_KEYS = (
    "id",
    "status",
    "amount",
    "description",
    "external_order_id",
    "kaspi_invoice_id",
    "client_name",
    "client_phone",
    "paid_at",
    "cancelled_at",
    "expired_at",
    "payment_url",
    "kaspi_qr_token",
    "created_at",
)
