"""The records that the sandbox keeps. They are values: a change makes a new record.

Money is a whole number of tiyn (1 tenge = 100 tiyn), moments are Unix seconds of the sandbox's
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
    """What all records have: an id, and a form in which they are stored."""

    kind: ClassVar[str]
    id: int

    def stored(self) -> str:
        """Return the record as JSON text."""
        return json.dumps(attrs.asdict(self), default=date.isoformat)

    @classmethod
    def restored(cls, text: str) -> Self:
        """Make the record from what `stored` returned."""
        return cls(**json.loads(text))


def _day(value: date | str | None) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


@attrs.frozen(kw_only=True)
class Organization(Record):
    """An organization; `window_ends` is when the owner's time to confirm is over."""

    kind: ClassVar[str] = "organization"
    idn: str
    status: OrganizationStatus
    window_ends: float


@attrs.frozen(kw_only=True)
class Invoice(Record):
    """An invoice; `settled_at` is when it left `pending`, `refunded` what was given back so far."""

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


@attrs.frozen(kw_only=True)
class Refund(Record):
    """Money given back."""

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
    """A schedule; `covered_until` is the last billing date that was billed or skipped."""

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
    """Where to send events, and the secret that signs them."""

    kind: ClassVar[str] = "webhook"
    url: str
    secret: str = attrs.field(repr=False)
    active: bool = True


@attrs.frozen
class Attempt:
    """One try to deliver: when, and what the receiver answered or why there was no answer."""

    at: float
    status: int | None = None
    body: str | None = None
    error: str | None = None
    seconds: float = 0.0


def _attempts(value: Any) -> tuple[Attempt, ...]:
    return tuple(one if isinstance(one, Attempt) else Attempt(**one) for one in value)


@attrs.frozen(kw_only=True)
class Delivery(Record):
    """One event on its way to one webhook. `next_attempt_at` is None when none will follow."""

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
"""Record class by the name under which it is stored."""
