from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any, Self

from attrs import define as _define
from attrs import field as _field

from .. import codec as _codec
from ..models.refund_status import RefundStatus


@_define
class Refund(_codec.Model[Any]):
    """A full or partial refund of an invoice.

    Attributes:
        id: The refund's id. Limits: at least 1.
        status: The status of a refund. This version returns `completed`; the other values come
            from later versions, and this specification assumes their meaning from their names.
            New values appear over time: treat an unknown one as not final. Limits: one of
            completed, pending, processing, failed.
        amount: An amount in tenge (KZT) in a response: a string with exactly two decimals. In
            requests an amount is a number, see `Amount`. Limits: matches ^[0-9]+\\.[0-9]{2}$.
        invoice_id: The id of the refunded invoice. Absent in the response of
            `listInvoiceRefunds`. Limits: at least 1.
        reason: The reason, as stated by the merchant.
        created_at: When the refund was created.
    """

    id: int
    status: RefundStatus
    amount: Decimal = _field(metadata={"text": True})
    invoice_id: int | None = None
    reason: str | None = None
    created_at: datetime.datetime | None = None
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
            RefundStatus.from_json(take("status")),
            _codec.to_decimal(take("amount")),
            None if (value := take("invoice_id", None)) is None else _codec.to_int(value),
            value if type(value := take("reason", None)) is str else text(value),
            None if (value := take("created_at", None)) is None else _codec.to_datetime(value),
        )
