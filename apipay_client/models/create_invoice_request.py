from decimal import Decimal
from typing import Any, Self

from attrs import define, field

from ..codec import (
    hidden,
    keys_only,
    no_fields,
    nullable,
    required,
    to_decimal,
    to_int,
    to_json,
    to_object,
    to_str,
    unset_or,
)
from ..types import UNSET, Unset


@define
class CreateInvoiceRequest:
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
    phone_number: str = field(repr=hidden)
    description: str | None | Unset = UNSET
    external_order_id: str | None | Unset = UNSET
    webhook_id: int | None | Unset = UNSET
    additional_properties: dict[str, Any] = field(init=False, factory=no_fields, repr=keys_only)

    def to_dict(self) -> dict[str, Any]:
        """The object as JSON would hold it; fields that are UNSET are left out."""
        result: dict[str, Any] = {
            key: to_json(value) for key, value in self.additional_properties.items()
        }
        result["amount"] = to_json(self.amount)
        result["phone_number"] = to_json(self.phone_number)
        if self.description is not UNSET:
            result["description"] = to_json(self.description)
        if self.external_order_id is not UNSET:
            result["external_order_id"] = to_json(self.external_order_id)
        if self.webhook_id is not UNSET:
            result["webhook_id"] = to_json(self.webhook_id)
        return result

    @classmethod
    def from_dict(cls, source: object) -> Self:
        """Read a JSON object. Raises `DecodeError` where it is not what the spec says."""
        data = to_object(source)
        result = cls(
            amount=required(data, "amount", to_decimal),
            phone_number=required(data, "phone_number", to_str),
            description=unset_or(data, "description", nullable(to_str)),
            external_order_id=unset_or(data, "external_order_id", nullable(to_str)),
            webhook_id=unset_or(data, "webhook_id", nullable(to_int)),
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
