from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any, Self

from attrs import define as _define
from attrs import field as _field

from .. import codec as _codec
from ..models.invoice_status import InvoiceStatus


@_define
class InvoiceEventData(_codec.Model[Any]):
    """The invoice of a webhook event. `Invoice` has these fields and more. Only `id` and `status`
    are always present; of `paid_at`, `cancelled_at` and `expired_at` at most the one that
    matches the status is present.

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
    """

    id: int
    status: InvoiceStatus
    amount: Decimal | None = _field(default=None, metadata={"text": True})
    description: str | None = None
    external_order_id: str | None = None
    kaspi_invoice_id: str | None = None
    client_name: str | None = _field(default=None, repr=_codec.hidden)
    client_phone: str | None = _field(default=None, repr=_codec.hidden)
    paid_at: datetime.datetime | None = None
    cancelled_at: datetime.datetime | None = None
    expired_at: datetime.datetime | None = None
    additional_properties: dict[str, Any] = _field(
        init=False, factory=_codec.no_fields, repr=_codec.keys_only
    )

    @classmethod
    def _read(cls, data: dict[str, Any]) -> Self:
        take = data.pop
        text = _codec.to_optional_str
        # By position: by name it would take a quarter longer.
        return cls(
            _codec.to_int(take("id")),
            InvoiceStatus.from_json(take("status")),
            None if (value := take("amount", None)) is None else _codec.to_decimal(value),
            value if type(value := take("description", None)) is str else text(value),
            value if type(value := take("external_order_id", None)) is str else text(value),
            value if type(value := take("kaspi_invoice_id", None)) is str else text(value),
            value if type(value := take("client_name", None)) is str else text(value),
            value if type(value := take("client_phone", None)) is str else text(value),
            None if (value := take("paid_at", None)) is None else _codec.to_datetime(value),
            None if (value := take("cancelled_at", None)) is None else _codec.to_datetime(value),
            None if (value := take("expired_at", None)) is None else _codec.to_datetime(value),
        )
