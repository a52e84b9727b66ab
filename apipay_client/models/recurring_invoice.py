from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any, Self

from attrs import define as _define
from attrs import field as _field

from .. import codec as _codec
from ..models.billing_interval import BillingInterval
from ..models.recurring_invoice_status import RecurringInvoiceStatus


@_define
class RecurringInvoice(_codec.Model[Any]):
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
    amount: Decimal | None = _field(default=None, metadata={"text": True})
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

    @classmethod
    def _read(cls, data: dict[str, Any]) -> Self:
        take = data.pop
        text = _codec.to_optional_str
        # By position: by name it would take a quarter longer.
        return cls(
            _codec.to_int(take("id")),
            RecurringInvoiceStatus.from_json(take("status")),
            None if (value := take("amount", None)) is None else _codec.to_decimal(value),
            value if type(value := take("phone_number", None)) is str else text(value),
            value if type(value := take("description", None)) is str else text(value),
            None if (value := take("interval", None)) is None else BillingInterval.from_json(value),
            None if (value := take("start_date", None)) is None else _codec.to_date(value),
            None if (value := take("end_date", None)) is None else _codec.to_date(value),
            None if (value := take("next_billing_date", None)) is None else _codec.to_date(value),
            None if (value := take("created_at", None)) is None else _codec.to_datetime(value),
        )
