"""The records of the sandbox. They are immutable: a change makes a new record.

Money is an integer number of tiyn (1 tenge = 100 tiyn); moments are Unix seconds of the sandbox's
clock. Field names are the API's where the API has the field.
"""

import json
from datetime import date
from typing import Any, ClassVar, Literal, Self

import attrs

OrganizationStatus = Literal["pending", "verified", "failed"]
InvoiceStatus = Literal["pending", "paid", "cancelled", "expired"]
RecurringInvoiceStatus = Literal["active", "paused", "cancelled"]
DeliveryStatus = Literal["pending", "delivered", "failed"]


@attrs.frozen(kw_only=True)
class Record:
    """A record with an id, which can be stored as JSON."""

    kind: ClassVar[str]
    id: int

    def stored(self) -> str:
        """Return the record as JSON text."""
        return json.dumps(attrs.asdict(self), default=date.isoformat)

    @classmethod
    def restored(cls, text: str) -> Self:
        """Return the record from the text of `stored`."""
        return cls(**json.loads(text))


def _day(value: date | str | None) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


@attrs.frozen(kw_only=True)
class Organization(Record):
    """An organization. `window_ends` is the end of the time in which the owner can confirm."""

    kind: ClassVar[str] = "organization"
    idn: str
    status: OrganizationStatus
    window_ends: float


@attrs.frozen(kw_only=True)
class Invoice(Record):
    """An invoice.

    `settled_at` is when it left `pending`; `refunded` is the sum of its refunds; `declined` means
    that the payer, not the merchant, cancelled it.
    """

    kind: ClassVar[str] = "invoice"
    status: InvoiceStatus
    amount: int
    client_phone: str
    kaspi_invoice_id: str
    kaspi_qr_token: str
    created_at: float
    deadline: float
    description: str | None = None
    external_order_id: str | None = None
    webhook_id: int | None = None
    recurring_invoice_id: int | None = None
    client_name: str | None = None
    settled_at: float | None = None
    refunded: int = 0
    declined: bool = False


@attrs.frozen(kw_only=True)
class Refund(Record):
    """A refund of a paid invoice."""

    kind: ClassVar[str] = "refund"
    invoice_id: int
    status: str
    amount: int
    created_at: float
    reason: str | None = None


def _required_day(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


@attrs.frozen(kw_only=True)
class RecurringInvoice(Record):
    """A recurring invoice. `covered_until` is the last billing date that was billed or skipped."""

    kind: ClassVar[str] = "recurring_invoice"
    status: RecurringInvoiceStatus
    amount: int
    phone_number: str
    interval: str
    created_at: float
    start_date: date = attrs.field(converter=_required_day)
    end_date: date | None = attrs.field(default=None, converter=_day)
    next_billing_date: date | None = attrs.field(default=None, converter=_day)
    covered_until: date | None = attrs.field(default=None, converter=_day)
    description: str | None = None
    webhook_id: int | None = None


@attrs.frozen(kw_only=True)
class Webhook(Record):
    """A URL that receives events, and the secret that signs them."""

    kind: ClassVar[str] = "webhook"
    url: str
    secret: str = attrs.field(repr=False)
    active: bool = True


@attrs.frozen
class Attempt:
    """One attempt to deliver: the receiver's response, or the reason why there was none."""

    at: float
    status: int | None = None
    body: str | None = None
    error: str | None = None
    seconds: float = 0.0


def _attempts(value: Any) -> tuple[Attempt, ...]:
    return tuple(one if isinstance(one, Attempt) else Attempt(**one) for one in value)


@attrs.frozen(kw_only=True)
class Delivery(Record):
    """One event for one webhook. `next_attempt_at` is None when no attempt will follow."""

    kind: ClassVar[str] = "delivery"
    webhook_id: int
    invoice_id: int | None
    event: str
    url: str
    body: str
    status: DeliveryStatus = "pending"
    created_at: float
    next_attempt_at: float | None = None
    attempts: tuple[Attempt, ...] = attrs.field(default=(), converter=_attempts)


KINDS: dict[str, type[Record]] = {
    cls.kind: cls for cls in (Organization, Invoice, Refund, RecurringInvoice, Webhook, Delivery)
}
"""Record class by its stored name."""


@attrs.frozen(kw_only=True)
class RecordedRequest:
    """A request to the API, as the request journal keeps it.

    Attributes:
        body: the request's body as text.
        fault: the kind of the fault that hit it, or None.
        status: the status code of the response; None if no response was sent.
    """

    at: float
    operation: str
    method: str
    path: str
    query: str
    body: str = attrs.field(repr=False)
    fault: str | None
    status: int | None
