from __future__ import annotations

from decimal import Decimal
from typing import Any, Self

from attrs import define as _define
from attrs import field as _field

from .. import codec as _codec
from ..types import UNSET, Unset


@_define
class CreateRefundRequest(_codec.Model[Any]):
    """How much to refund, and why. Every field is optional.

    Attributes:
        amount: How much to refund, in tenge, at most the refundable amount. If absent,
            everything that is still refundable. Limits: at least 0.01; at most 99999999.99; at
            most 2 decimals.
        reason: The reason, at most 500 characters. Limits: length at most 500.
    """

    amount: Decimal | None | Unset = UNSET
    reason: str | None | Unset = UNSET
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
            if (value := take("reason", UNSET)) is UNSET
            else _codec.nullable(_codec.to_str)(value),
        )
