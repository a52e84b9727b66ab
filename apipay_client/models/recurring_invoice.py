from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any, Self

from attrs import define as _define
from attrs import field as _field

from .. import codec as _codec
from .. import errors as _errors
from ..models import billing_interval as _billing_interval_enum
from ..models import recurring_invoice_status as _recurring_invoice_status_enum
from ..models.billing_interval import BillingInterval
from ..models.recurring_invoice_status import RecurringInvoiceStatus


@_define
class RecurringInvoice:
    """A schedule that issues invoices. List items and the responses of actions can have fewer
    fields: only `id` and `status` are always present.

    Attributes:
        id: The recurring invoice's id. Limits: at least 1.
        status: The status of a recurring invoice. New values appear over time: treat an unknown
            one as not final, and do not fail. Limits: one of active, paused, cancelled.
        amount: The amount of each billing, in tenge. Limits: matches ^[0-9]+\\.[0-9]{2}$.
        phone_number: The customer's phone number. Limits: matches ^8[0-9]{10}$.
        description: What the payment is for, as stated by the merchant.
        interval: How often it bills. Limits: one of daily, weekly, monthly, yearly.
        start_date: The day of the first billing.
        end_date: The last day on which it can bill. Absent or null if there is none.
        next_billing_date: The day of the next billing. The public documentation does not say
            what it is if there is none; this specification assumes absent or null.
        created_at: When the recurring invoice was created.
    """

    id: int
    status: RecurringInvoiceStatus
    amount: Decimal | None = None
    phone_number: str | None = _field(default=None, repr=_codec.hidden)
    description: str | None = None
    interval: BillingInterval | None = None
    start_date: datetime.date | None = None
    end_date: datetime.date | None = None
    next_billing_date: datetime.date | None = None
    created_at: datetime.datetime | None = None
    additional_properties: dict[str, Any] = _field(
        init=False, factory=_codec.no_fields, repr=_codec.keys_only
    )

    def to_dict(self) -> dict[str, Any]:
        """The object as JSON would hold it; optional fields that are not set are left out."""
        result: dict[str, Any] = {
            key: _codec.to_json(value) for key, value in self.additional_properties.items()
        }
        result["id"] = _codec.to_json(self.id)
        result["status"] = _codec.to_json(self.status)
        if self.amount is not None:
            result["amount"] = _codec.decimals_as_text(self.amount)
        if self.phone_number is not None:
            result["phone_number"] = _codec.to_json(self.phone_number)
        if self.description is not None:
            result["description"] = _codec.to_json(self.description)
        if self.interval is not None:
            result["interval"] = _codec.to_json(self.interval)
        if self.start_date is not None:
            result["start_date"] = _codec.to_json(self.start_date)
        if self.end_date is not None:
            result["end_date"] = _codec.to_json(self.end_date)
        if self.next_billing_date is not None:
            result["next_billing_date"] = _codec.to_json(self.next_billing_date)
        if self.created_at is not None:
            result["created_at"] = _codec.to_json(self.created_at)
        return result

    @classmethod
    def from_dict(cls, source: object) -> Self:
        """Read a JSON object. Raises `DecodeError` where it is not what the spec says."""
        data = _codec.to_object(source)
        take = data.pop
        try:
            # In the order of the attributes: by name it would take a quarter longer.
            result = cls(
                _codec.to_int(take("id")),
                _recurring_invoice_status_enum.read(take("status")),
                None if (value := take("amount", None)) is None else _codec.to_decimal(value),
                value
                if (value := take("phone_number", None)) is None or type(value) is str
                else _codec.to_str(value),
                value
                if (value := take("description", None)) is None or type(value) is str
                else _codec.to_str(value),
                None
                if (value := take("interval", None)) is None
                else _billing_interval_enum.read(value),
                None if (value := take("start_date", None)) is None else _codec.to_date(value),
                None if (value := take("end_date", None)) is None else _codec.to_date(value),
                None
                if (value := take("next_billing_date", None)) is None
                else _codec.to_date(value),
                None if (value := take("created_at", None)) is None else _codec.to_datetime(value),
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
    "id",
    "status",
    "amount",
    "phone_number",
    "description",
    "interval",
    "start_date",
    "end_date",
    "next_billing_date",
    "created_at",
)
