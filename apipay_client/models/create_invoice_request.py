from __future__ import annotations

from decimal import Decimal
from typing import Any, Self

from attrs import define as _define
from attrs import field as _field

from .. import codec as _codec
from ..types import UNSET, Unset


@_define
class CreateInvoiceRequest(_codec.Model[Any]):
    """A payment to ask a customer for.

    Attributes:
        amount: An amount in tenge (KZT) as requests state it: a number from 0.01 to
            99999999.99. In answers the same money is a string, see `Money`. Limits: at least
            0.01; at most 99999999.99; a multiple of 0.01.
        phone_number: A customer's phone number: eleven digits, the first of them 8. Limits:
            matches ^8[0-9]{10}$.
        description: What is being paid for, at most 500 characters. Limits: length at most 500.
        external_order_id: Your own order id, at most 255 characters. `listInvoices` finds the
            invoice by it, and webhooks repeat it. Make it different for every invoice: it is
            what tells you, after a lost answer, whether the invoice was created. Keep it to 100
            characters, which is as much as `search` takes. Limits: length at most 255.
        webhook_id: Which of the webhooks in the dashboard is told about this invoice. Limits:
            at least 1.
    """

    amount: Decimal
    phone_number: str = _field(repr=_codec.hidden)
    description: str | None | Unset = UNSET
    external_order_id: str | None | Unset = UNSET
    webhook_id: int | None | Unset = UNSET
    additional_properties: dict[str, Any] = _field(
        init=False, factory=_codec.no_fields, repr=_codec.keys_only
    )

    @classmethod
    def _read(cls, data: dict[str, Any]) -> Self:
        take = data.pop
        # By position: by name it would take a quarter longer.
        return cls(
            _codec.to_decimal(take("amount")),
            _codec.to_str(take("phone_number")),
            UNSET
            if (value := take("description", UNSET)) is UNSET
            else _codec.nullable(_codec.to_str)(value),
            UNSET
            if (value := take("external_order_id", UNSET)) is UNSET
            else _codec.nullable(_codec.to_str)(value),
            UNSET
            if (value := take("webhook_id", UNSET)) is UNSET
            else _codec.nullable(_codec.to_int)(value),
        )
