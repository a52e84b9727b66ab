from __future__ import annotations

from decimal import Decimal
from typing import Any, Self

from attrs import define as _define
from attrs import field as _field

from .. import codec as _codec
from ..models.billing_interval import BillingInterval
from ..types import UNSET, Unset


@_define
class UpdateRecurringInvoiceRequest(_codec.Model[Any]):
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

    @classmethod
    def _read(cls, data: dict[str, Any]) -> Self:
        take = data.pop
        # By position: by name it would take a quarter longer.
        return cls(
            UNSET
            if (value := take("amount", UNSET)) is UNSET
            else _codec.nullable(_codec.to_decimal)(value),
            UNSET
            if (value := take("description", UNSET)) is UNSET
            else _codec.nullable(_codec.to_str)(value),
            UNSET
            if (value := take("interval", UNSET)) is UNSET
            else _codec.nullable(BillingInterval.from_json)(value),
        )
