import datetime
from decimal import Decimal
from typing import Any, Self

from attrs import define, field

from ..codec import (
    decimals_as_text,
    hidden,
    keys_only,
    no_fields,
    optional,
    required,
    to_date,
    to_datetime,
    to_decimal,
    to_int,
    to_json,
    to_object,
    to_str,
)
from ..models.billing_interval import BillingInterval
from ..models.recurring_invoice_status import RecurringInvoiceStatus


@define
class RecurringInvoice:
    """A schedule that issues invoices. Items of lists and answers of actions can be shorter than
    the whole: only `id` and `status` are always there.

    Attributes:
        id: The recurring invoice's id. Limits: at least 1.
        status: Where a recurring invoice stands. New values appear over time: treat one that
            you do not know as not final, and do not fail. Limits: one of active, paused,
            cancelled.
        amount: The amount of each billing, in tenge. Limits: matches ^[0-9]+\\.[0-9]{2}$.
        phone_number: The customer's phone number. Limits: matches ^8[0-9]{10}$.
        description: What is being paid for, as the merchant stated it.
        interval: How often it bills. Limits: one of daily, weekly, monthly, yearly.
        start_date: The day of the first billing.
        end_date: The last day on which it can bill. Absent or null when it has no end.
        next_billing_date: The day of the next billing. The public documentation does not say
            what it is when there is none to come; this specification assumes absent or null.
        created_at: When the recurring invoice was created.
    """

    id: int
    status: RecurringInvoiceStatus
    amount: Decimal | None = None
    phone_number: str | None = field(default=None, repr=hidden)
    description: str | None = None
    interval: BillingInterval | None = None
    start_date: datetime.date | None = None
    end_date: datetime.date | None = None
    next_billing_date: datetime.date | None = None
    created_at: datetime.datetime | None = None
    additional_properties: dict[str, Any] = field(init=False, factory=no_fields, repr=keys_only)

    def to_dict(self) -> dict[str, Any]:
        """The object as JSON would hold it; optional fields that are None are left out."""
        result: dict[str, Any] = {
            key: to_json(value) for key, value in self.additional_properties.items()
        }
        result["id"] = to_json(self.id)
        result["status"] = to_json(self.status)
        if self.amount is not None:
            result["amount"] = decimals_as_text(self.amount)
        if self.phone_number is not None:
            result["phone_number"] = to_json(self.phone_number)
        if self.description is not None:
            result["description"] = to_json(self.description)
        if self.interval is not None:
            result["interval"] = to_json(self.interval)
        if self.start_date is not None:
            result["start_date"] = to_json(self.start_date)
        if self.end_date is not None:
            result["end_date"] = to_json(self.end_date)
        if self.next_billing_date is not None:
            result["next_billing_date"] = to_json(self.next_billing_date)
        if self.created_at is not None:
            result["created_at"] = to_json(self.created_at)
        return result

    @classmethod
    def from_dict(cls, source: object) -> Self:
        """Read a JSON object. Raises `DecodeError` where it is not what the spec says."""
        data = to_object(source)
        result = cls(
            id=required(data, "id", to_int),
            status=required(data, "status", RecurringInvoiceStatus.from_json),
            amount=optional(data, "amount", to_decimal),
            phone_number=optional(data, "phone_number", to_str),
            description=optional(data, "description", to_str),
            interval=optional(data, "interval", BillingInterval.from_json),
            start_date=optional(data, "start_date", to_date),
            end_date=optional(data, "end_date", to_date),
            next_billing_date=optional(data, "next_billing_date", to_date),
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
