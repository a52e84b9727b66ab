from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any, Self

from attrs import define as _define
from attrs import field as _field

from .. import codec as _codec
from .. import errors as _errors
from ..models import refund_status as _refund_status_enum
from ..models.refund_status import RefundStatus


@_define
class Refund:
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
    amount: Decimal
    invoice_id: int | None = None
    reason: str | None = None
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
        result["amount"] = _codec.decimals_as_text(self.amount)
        if self.invoice_id is not None:
            result["invoice_id"] = _codec.to_json(self.invoice_id)
        if self.reason is not None:
            result["reason"] = _codec.to_json(self.reason)
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
                _refund_status_enum.read(take("status")),
                _codec.to_decimal(take("amount")),
                None if (value := take("invoice_id", None)) is None else _codec.to_int(value),
                value
                if (value := take("reason", None)) is None or type(value) is str
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
    "invoice_id",
    "reason",
    "created_at",
)
