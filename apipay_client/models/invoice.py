from __future__ import annotations

import datetime
from typing import Any, Self

from attrs import define as _define

from .. import codec as _codec
from ..models.invoice_event_data import InvoiceEventData
from ..models.invoice_status import InvoiceStatus


@_define
class Invoice(InvoiceEventData):
    """A request for payment. List items and the responses of actions can have fewer fields: only
    `id` and `status` are always present.

    Attributes:
        payment_url: The payment page. Redirect the customer to it.
        kaspi_qr_token: The token of Kaspi's QR code for this payment.
        created_at: When the invoice was created.
    """

    payment_url: str | None = None
    kaspi_qr_token: str | None = None
    created_at: datetime.datetime | None = None

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
            value if type(value := take("payment_url", None)) is str else text(value),
            value if type(value := take("kaspi_qr_token", None)) is str else text(value),
            None if (value := take("created_at", None)) is None else _codec.to_datetime(value),
        )
