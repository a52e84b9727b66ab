from __future__ import annotations

from decimal import Decimal
from typing import Any, Self

from attrs import define as _define
from attrs import field as _field

from .. import codec as _codec
from .. import errors as _errors
from ..models import billing_interval as _billing_interval_enum
from ..models.billing_interval import BillingInterval
from ..types import UNSET, Unset


@_define
class UpdateRecurringInvoiceRequest:
    """The fields to change. A field that is absent or null keeps its value.

    Attributes:
        amount: The new amount of each billing, in tenge. Limits: at least 0.01; at most
            99999999.99; at most 2 decimals.
        description: What the payment is for, at most 500 characters. Limits: length at most
            500.
        interval: How often it bills after the change. Limits: one of daily, weekly, monthly,
            yearly.
    """

    amount: Decimal | None | Unset = UNSET
    description: str | None | Unset = UNSET
    interval: BillingInterval | None | Unset = UNSET
    additional_properties: dict[str, Any] = _field(
        init=False, factory=_codec.no_fields, repr=_codec.keys_only
    )

    def to_dict(self) -> dict[str, Any]:
        """The object as JSON would hold it; optional fields that are not set are left out."""
        result: dict[str, Any] = {
            key: _codec.to_json(value) for key, value in self.additional_properties.items()
        }
        if self.amount is not UNSET:
            result["amount"] = _codec.to_json(self.amount)
        if self.description is not UNSET:
            result["description"] = _codec.to_json(self.description)
        if self.interval is not UNSET:
            result["interval"] = _codec.to_json(self.interval)
        return result

    @classmethod
    def from_dict(cls, source: object) -> Self:
        """Read a JSON object. Raises `DecodeError` where it is not what the spec says."""
        data = _codec.to_object(source)
        take = data.pop
        try:
            # In the order of the attributes: by name it would take a quarter longer.
            result = cls(
                UNSET
                if (value := take("amount", UNSET)) is UNSET
                else _codec.nullable(_codec.to_decimal)(value),
                UNSET
                if (value := take("description", UNSET)) is UNSET
                else _codec.nullable(_codec.to_str)(value),
                UNSET
                if (value := take("interval", UNSET)) is UNSET
                else _codec.nullable(_billing_interval_enum.read)(value),
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
    "amount",
    "description",
    "interval",
)
