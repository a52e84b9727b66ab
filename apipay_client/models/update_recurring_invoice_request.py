from decimal import Decimal
from typing import Any, Self

from attrs import define, field

from ..codec import (
    keys_only,
    no_fields,
    nullable,
    to_decimal,
    to_json,
    to_object,
    to_str,
    unset_or,
)
from ..models.billing_interval import BillingInterval
from ..types import UNSET, Unset


@define
class UpdateRecurringInvoiceRequest:
    """What to change; what is absent or null stays as it is.

    Attributes:
        amount: The new amount of each billing, in tenge. Limits: at least 0.01; at most
            99999999.99; a multiple of 0.01.
        description: What is being paid for, at most 500 characters. Limits: length at most 500.
        interval: How often it bills from now on. Limits: one of daily, weekly, monthly, yearly.
    """

    amount: Decimal | None | Unset = UNSET
    description: str | None | Unset = UNSET
    interval: BillingInterval | None | Unset = UNSET
    additional_properties: dict[str, Any] = field(init=False, factory=no_fields, repr=keys_only)

    def to_dict(self) -> dict[str, Any]:
        """The object as JSON would hold it; fields that are UNSET are left out."""
        result: dict[str, Any] = {
            key: to_json(value) for key, value in self.additional_properties.items()
        }
        if self.amount is not UNSET:
            result["amount"] = to_json(self.amount)
        if self.description is not UNSET:
            result["description"] = to_json(self.description)
        if self.interval is not UNSET:
            result["interval"] = to_json(self.interval)
        return result

    @classmethod
    def from_dict(cls, source: object) -> Self:
        """Read a JSON object. Raises `DecodeError` where it is not what the spec says."""
        data = to_object(source)
        result = cls(
            amount=unset_or(data, "amount", nullable(to_decimal)),
            description=unset_or(data, "description", nullable(to_str)),
            interval=unset_or(data, "interval", nullable(BillingInterval.from_json)),
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
