from __future__ import annotations

from decimal import Decimal
from typing import Any, Self

from attrs import define as _define
from attrs import field as _field

from .. import codec as _codec
from .. import errors as _errors
from ..types import UNSET, Unset


@_define
class CreateInvoiceRequest:
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
            invoice by it, and webhooks repeat it. Use a different one for every invoice: after
            a lost response it is the only way to find out whether the invoice was created.
            Limit it to 100 characters, the limit of `search`. Limits: length at most 255.
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

    def to_dict(self) -> dict[str, Any]:
        """The object as JSON would hold it; optional fields that are not set are left out."""
        result: dict[str, Any] = {
            key: _codec.to_json(value) for key, value in self.additional_properties.items()
        }
        result["amount"] = _codec.to_json(self.amount)
        result["phone_number"] = _codec.to_json(self.phone_number)
        if self.description is not UNSET:
            result["description"] = _codec.to_json(self.description)
        if self.external_order_id is not UNSET:
            result["external_order_id"] = _codec.to_json(self.external_order_id)
        if self.webhook_id is not UNSET:
            result["webhook_id"] = _codec.to_json(self.webhook_id)
        return result

    @classmethod
    def from_dict(cls, source: object) -> Self:
        """Read a JSON object. Raises `DecodeError` where it is not what the spec says."""
        data = _codec.to_object(source)
        take = data.pop
        try:
            # In the order of the attributes: by name it would take a quarter longer.
            result = cls(
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
    "phone_number",
    "description",
    "external_order_id",
    "webhook_id",
)
