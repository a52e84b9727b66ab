import datetime
from decimal import Decimal
from typing import Any, Self

from attrs import define, field

from ..codec import (
    decimals_as_text,
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
from ..models.refund_status import RefundStatus


@define
class Refund:
    """Money given back to a customer, the whole of an invoice or a part.

    Attributes:
        id: The refund's id. Limits: at least 1.
        status: Where a refund stands. This version is seen to answer `completed`; the others
            are met in later versions, and what is said of them here is this specification's
            reading of their names. New values appear over time: treat one that you do not know
            as not final. Limits: one of completed, pending, processing, failed.
        amount: An amount in tenge (KZT) as answers state it: a string with exactly two
            decimals. In requests the same money is a number, see `Amount`. Limits: matches
            ^[0-9]+\\.[0-9]{2}$.
        invoice_id: The refunded invoice. Absent in the answer of `listInvoiceRefunds`. Limits:
            at least 1.
        reason: Why, as the merchant stated it.
        created_at: When the refund was made.
    """

    id: int
    status: RefundStatus
    amount: Decimal
    invoice_id: int | None = None
    reason: str | None = None
    created_at: datetime.datetime | None = None
    additional_properties: dict[str, Any] = field(init=False, factory=no_fields, repr=keys_only)

    def to_dict(self) -> dict[str, Any]:
        """The object as JSON would hold it; optional fields that are None are left out."""
        result: dict[str, Any] = {
            key: to_json(value) for key, value in self.additional_properties.items()
        }
        result["id"] = to_json(self.id)
        result["status"] = to_json(self.status)
        result["amount"] = decimals_as_text(self.amount)
        if self.invoice_id is not None:
            result["invoice_id"] = to_json(self.invoice_id)
        if self.reason is not None:
            result["reason"] = to_json(self.reason)
        if self.created_at is not None:
            result["created_at"] = to_json(self.created_at)
        return result

    @classmethod
    def from_dict(cls, source: object) -> Self:
        """Read a JSON object. Raises `DecodeError` where it is not what the spec says."""
        data = to_object(source)
        result = cls(
            id=required(data, "id", to_int),
            status=required(data, "status", RefundStatus.from_json),
            amount=required(data, "amount", to_decimal),
            invoice_id=optional(data, "invoice_id", to_int),
            reason=optional(data, "reason", to_str),
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
