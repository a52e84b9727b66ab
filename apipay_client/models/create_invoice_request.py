from __future__ import annotations

from decimal import Decimal
from typing import Any, Self

from attrs import define as _define
from attrs import field as _field

from .. import codec as _codec
from ..types import UNSET, Unset


@_define
class CreateInvoiceRequest(_codec.Model[Any]):
    """A payment to request from a customer.

    Attributes:
        amount: An amount in tenge (KZT) in a request: a number from 0.01 to 99999999.99 with at
            most two decimals. In responses an amount is a string, see `Money`. Limits: at least
            0.01; at most 99999999.99; at most 2 decimals.
        phone_number: A customer's phone number: eleven digits, starting with 8. Limits: matches
            ^8[0-9]{10}$.
        description: What the payment is for, at most 500 characters. Limits: length at most
            500.
        external_order_id: Your own order id, at most 255 characters. `listInvoices` finds the
            invoice by it, and webhooks repeat it. Use a different one for each invoice: after a
            lost response it is the only way to find out whether the invoice was created. Limit
            it to 100 characters, the limit of `search`. Limits: length at most 255.
        webhook_id: The id of the webhook in the dashboard that is notified of this invoice.
            Limits: at least 1.
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
