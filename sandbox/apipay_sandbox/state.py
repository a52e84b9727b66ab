"""What every part of the service works on: records, clock, what is due, settings."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass

from .clock import SandboxClock, start_of
from .errors import SandboxError
from .records import Delivery, Organization, RecurringInvoice
from .spec import Spec
from .store import Store

PAYMENT_DEADLINE = 86_400.0
"""Seconds after which an unpaid invoice expires, unless chosen otherwise."""
_LONGEST = 1e9
"""About 30 years: enough for every test, and dates stay dates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a user can choose about the sandbox's behaviour. All times are seconds of its clock.

    The public documentation names no payment deadline and no delivery intervals; these are ours.
    """

    payment_deadline: float = PAYMENT_DEADLINE
    """An invoice that is not paid for this long expires."""
    auto_confirm: float | None = None
    """Confirm every verification after this long, as if by the owner; too late after its window."""
    auto_pay: float | None = None
    """Pay every invoice after this long, as if by the customer."""
    first_retry: float = 10.0
    """A webhook that was not received is delivered again after this long, ..."""
    retry_growth: float = 6.0
    """... and each further time after this many times as long as the time before."""

    def __post_init__(self) -> None:
        if not 0 < self.payment_deadline <= _LONGEST:
            raise _not_seconds("payment_deadline", "more than 0")
        for name in ("auto_confirm", "auto_pay"):
            after = getattr(self, name)
            if after is not None and not 0 <= after <= _LONGEST:
                raise _not_seconds(name, "at least 0")


def _not_seconds(name: str, least: str) -> SandboxError:
    return SandboxError(f"{name} must be {least} and at most {_LONGEST:.0f} seconds.", status=422)


@dataclass(order=True, slots=True)
class Due:
    """Something that the clock will do to a record. Stale entries are recognised when they come.

    What is due at the same moment is done in the order of ids: the same after a restart.
    """

    at: float
    id: int
    what: str


class State:
    """The sandbox's whole state. Hold `store.lock` while using it."""

    def __init__(
        self, spec: Spec, store: Store, clock: SandboxClock, settings: Settings, public_url: str
    ) -> None:
        self.spec = spec
        self.store = store
        self.clock = clock
        self.settings = settings
        self.public_url = public_url
        self.to_send: list[int] = []
        """Deliveries that are due and wait for the sender."""
        self.on_news: Callable[[], None] = lambda: None
        """Called when something became due earlier than the sender may know."""
        self._due: list[Due] = []
        self._settled_until = 0.0
        self.restore_due()

    def payment_url(self, token: str) -> str:
        """Where the payer's page of an invoice is."""
        return f"{self.public_url}/pay/{token}"

    def schedule(self, at: float, what: str, record_id: int) -> None:
        """Let the clock do `what` to a record at a moment."""
        entry = Due(at, record_id, what)
        heapq.heappush(self._due, entry)
        if self._due[0] is entry:
            self.on_news()

    def next_due(self) -> float | None:
        """When the clock has to do something next."""
        return self._due[0].at if self._due else None

    def pop_due(self, now: float) -> Due | None:
        """Take the next thing that is due, with a moment that never goes back."""
        if not self._due or self._due[0].at > now:
            return None
        entry = heapq.heappop(self._due)
        self._settled_until = max(self._settled_until, entry.at)
        entry.at = self._settled_until
        return entry

    def put_back(self, entries: list[Due]) -> None:
        """Take back what was popped, when doing it failed."""
        for entry in entries:
            heapq.heappush(self._due, entry)

    def mark_settled(self, now: float) -> None:
        """Everything until `now` was done."""
        self._settled_until = max(self._settled_until, now)

    def confirms_at(self, organization: Organization) -> float | None:
        """When a verification confirms itself, if it does."""
        after = self.settings.auto_confirm
        if organization.status != "pending" or after is None:
            return None
        return organization.window_ends - self.spec.verification_seconds + after

    def schedule_confirmation(self, organization: Organization) -> None:
        """Let the clock confirm a verification that confirms itself."""
        moment = self.confirms_at(organization)
        if moment is not None:
            self.schedule(moment, "confirm", organization.id)

    def schedule_billing(self, recurring: RecurringInvoice) -> None:
        """Let the clock bill at the beginning of the next billing date."""
        if recurring.status == "active" and recurring.next_billing_date is not None:
            self.schedule(start_of(recurring.next_billing_date), "bill", recurring.id)

    def schedule_delivery(self, delivery: Delivery) -> None:
        """Let the clock send a delivery."""
        if delivery.next_attempt_at is not None:
            self.schedule(delivery.next_attempt_at, "deliver", delivery.id)

    def restore_due(self) -> None:
        """Find out from the records alone what is due when: after a start or a reset."""
        self._due.clear()
        self.to_send.clear()
        store, settings = self.store, self.settings
        for organization in store.organizations.values():
            self.schedule_confirmation(organization)
        for invoice in store.invoices.values():
            if invoice.status == "pending":
                self.schedule(invoice.deadline, "expire", invoice.id)
                if settings.auto_pay is not None:
                    self.schedule(invoice.created_at + settings.auto_pay, "pay", invoice.id)
        for recurring in store.recurring_invoices.values():
            self.schedule_billing(recurring)
        for delivery in store.deliveries.values():
            self.schedule_delivery(delivery)
