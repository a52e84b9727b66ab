"""State: the records, the clock, and every change that invoices and organizations can go through.

Operations of the API, control verbs and the clock all change the state through this class.
"""

import heapq
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import attrs

from . import rendering
from .clock import SandboxClock, day_of, start_of, timestamp
from .domain import invoices, recurring, verification
from .errors import SandboxError, not_found
from .jsons import encode
from .ratelimit import RateLimit
from .records import Delivery, Invoice, Organization, RecurringInvoice
from .spec import Spec
from .store import Store

PAYMENT_DEADLINE = 86_400.0
"""Seconds after which an unpaid invoice expires by default."""
MAX_DELIVERIES = 10_000
"""The delivery log keeps this many of the newest deliveries."""
_MAX_SECONDS = 1e9
_FIRST_RETRY = 10.0
_RETRY_GROWTH = 6.0
# Invented. The service sends the name that Kaspi knows, once the customer has paid.
_NAMES = ("Aigerim B.", "Daniyar S.", "Madina T.", "Ruslan K.", "Aliya N.", "Timur A.")

FinalStatus = Literal["paid", "cancelled", "expired"]


@attrs.frozen(kw_only=True)
class Settings:
    """What a sandbox starts with and returns to on reset. Times are seconds of its clock.

    The public documentation does not state a payment deadline; the default is the sandbox's own.
    """

    api_key: str = attrs.field(repr=False)
    webhook_secret: str = attrs.field(repr=False)
    webhook_url: str | None = None
    verified: bool = True
    rate_limit: RateLimit | None = None
    allow_remote_webhooks: bool = False
    webhook_timeout: float | None = None
    payment_deadline: float = PAYMENT_DEADLINE
    auto_confirm: float | None = None
    auto_pay: float | None = None

    def __attrs_post_init__(self) -> None:
        if not 0 < self.payment_deadline <= _MAX_SECONDS:
            raise _out_of_range("payment_deadline", "more than 0", _MAX_SECONDS)
        for name in ("auto_confirm", "auto_pay"):
            after = getattr(self, name)
            if after is not None and not 0 <= after <= _MAX_SECONDS:
                raise _out_of_range(name, "at least 0", _MAX_SECONDS)
        if self.webhook_timeout is not None and not 0 < self.webhook_timeout <= 3600:
            raise _out_of_range("webhook_timeout", "more than 0", 3600)


def _out_of_range(name: str, least: str, most: float) -> SandboxError:
    return SandboxError(f"{name} must be {least} and at most {most:.0f} seconds.", status=422)


def retry_wait(attempts: int) -> float:
    """Return the seconds to wait after `attempts` failed deliveries.

    The public documentation says only that the intervals grow: 10, 60 and 360 s are the sandbox's.
    """
    return _FIRST_RETRY * _RETRY_GROWTH ** (attempts - 1)


@dataclass(order=True, slots=True)
class Due:
    """An event of the clock. Entries that became stale are recognized when they are due.

    Events at the same moment are ordered by id, so that a restart does not change the order.
    """

    at: float
    id: int
    what: str


class State:
    """Records, clock and pending events. Hold `store.lock` while using it."""

    def __init__(
        self, spec: Spec, store: Store, clock: SandboxClock, settings: Settings, url: str
    ) -> None:
        self.spec = spec
        self.store = store
        self.clock = clock
        self.settings = settings
        self.url = url
        self.to_send: list[int] = []
        """Ids of the deliveries that are due and not yet taken by the sender."""
        self.on_change: Callable[[], None] = lambda: None
        """Called when something may be due earlier than the sender expects."""
        self._due: list[Due] = []
        self._done_until = 0.0
        self._late: dict[int, Callable[[float], object]] = {}
        self.restore_due()

    def payment_url(self, token: str) -> str:
        """Return the URL of the payer's page of an invoice."""
        return f"{self.url}/pay/{token}"

    # Changes

    def decide_verification(self, organization_id: int, confirmed: bool) -> Organization:
        """Confirm or refuse an organization; 409 unless its window is open."""
        with self.store.lock:
            now = self.run_due()
            organization = self.store.organizations.get(organization_id)
            if organization is None:
                raise not_found("organization", organization_id)
            if not verification.is_open(organization, now):
                over = verification.is_over(organization, now)
                reason = "its window is over" if over else f"it is {organization.status}"
                raise SandboxError(
                    f"The organization {organization_id} is not waiting for its owner: {reason}.",
                    status=409,
                )
            decided = verification.decide(organization, confirmed)
            with self.store.transaction():
                self.store.put(decided)
            return decided

    def add_organization(self, idn: str) -> Organization:
        """Add a verified organization."""
        with self.store.transaction():
            number = self.store.next_id(Organization)
            added = Organization(id=number, idn=idn, status="verified", window_ends=0.0)
            self.store.put(added)
            return added

    def settle_pending(
        self, invoice_id: int, status: FinalStatus, client_name: str | None = None
    ) -> Invoice:
        """Settle an invoice as the payer or a test does; 409 unless it is pending."""
        with self.store.lock:
            now = self.run_due()
            invoice = self.store.invoices.get(invoice_id)
            if invoice is None:
                raise not_found("invoice", invoice_id)
            if invoice.status != "pending":
                raise SandboxError(
                    f"The invoice {invoice_id} is not pending: it is {invoice.status}.", status=409
                )
            return self.settle(invoice, status, now, client_name)

    def settle(
        self, invoice: Invoice, status: FinalStatus, at: float, client_name: str | None = None
    ) -> Invoice:
        """Move a pending invoice to its final status and queue its webhooks."""
        if status == "paid" and client_name is None:
            client_name = _NAMES[int(invoice.client_phone) % len(_NAMES)]
        with self.store.transaction():
            settled = invoices.settle(invoice, status, at, client_name)
            self.store.put(settled)
            event = {
                "event": self.spec.event,
                "invoice": rendering.invoice_event_data(settled),
                "timestamp": timestamp(at),
            }
            self.queue_event(event, at, settled.webhook_id, settled.id)
            return settled

    def issue(self, at: float, **fields: Any) -> Invoice:
        """Create a pending invoice."""
        number = self.store.next_id(Invoice)
        invoice = Invoice(
            id=number,
            status="pending",
            kaspi_invoice_id=str(9_081_000_000 + number),
            kaspi_qr_token=secrets.token_hex(8),
            created_at=at,
            deadline=at + self.settings.payment_deadline,
            **fields,
        )
        with self.store.transaction():
            self.store.put(invoice)
        self._schedule_invoice(invoice)
        return invoice

    def bill(self, record: RecurringInvoice, at: float) -> Invoice:
        """Create an invoice of a recurring invoice."""
        return self.issue(
            at,
            amount=record.amount,
            client_phone=record.phone_number,
            description=record.description,
            webhook_id=record.webhook_id,
            recurring_invoice_id=record.id,
        )

    def put_recurring(self, record: RecurringInvoice) -> None:
        """Store a recurring invoice and schedule its next billing."""
        with self.store.transaction():
            self.store.put(record)
        if record.status == "active" and record.next_billing_date is not None:
            self.schedule(start_of(record.next_billing_date), "bill", record.id)

    def put_delivery(self, delivery: Delivery) -> None:
        """Store a delivery and schedule its next attempt."""
        with self.store.transaction():
            self.store.put(delivery)
        if delivery.next_attempt_at is not None:
            self.schedule(delivery.next_attempt_at, "deliver", delivery.id)

    def queue_event(
        self,
        event: dict[str, Any],
        at: float,
        webhook_id: int | None = None,
        invoice_id: int | None = None,
    ) -> list[Delivery]:
        """Queue an event for one webhook, or for all active ones."""
        store, body = self.store, encode(event)
        queued: list[Delivery] = []
        with store.transaction():
            for webhook in list(store.webhooks.values()):
                if webhook.active and webhook_id in (None, webhook.id):
                    delivery = Delivery(
                        id=store.next_id(Delivery),
                        webhook_id=webhook.id,
                        invoice_id=invoice_id,
                        event=str(event.get("event")),
                        url=webhook.url,
                        body=body,
                        created_at=at,
                        next_attempt_at=at,
                    )
                    self.put_delivery(delivery)
                    queued.append(delivery)
            while len(store.deliveries) > MAX_DELIVERIES:
                store.remove(next(iter(store.deliveries.values())))
        return queued

    # The clock

    def schedule(self, at: float, what: str, record_id: int) -> None:
        """Schedule an event of a record."""
        entry = Due(at, record_id, what)
        heapq.heappush(self._due, entry)
        if self._due[0] is entry:
            self.on_change()

    def schedule_call(self, at: float, call: Callable[[float], object]) -> None:
        """Schedule a call, which gets its moment. A reset or a restart drops it."""
        number = max(self._late, default=0) + 1
        self._late[number] = call
        self.schedule(at, "call", number)

    def next_due(self) -> float | None:
        """Return the moment of the next event."""
        return self._due[0].at if self._due else None

    def run_due(self) -> float:
        """Run the events that are due, in order; return the current moment."""
        now = self.clock.now()
        if self._due and self._due[0].at <= now:
            done: list[Due] = []
            try:
                with self.store.transaction():
                    while self._due and self._due[0].at <= now:
                        entry = heapq.heappop(self._due)
                        done.append(entry)
                        # Never before an earlier event, even if it was scheduled for the past.
                        self._done_until = max(self._done_until, entry.at)
                        self._run(entry, self._done_until)
            except BaseException:
                for entry in done:
                    heapq.heappush(self._due, entry)
                raise
        self._done_until = max(self._done_until, now)
        return now

    def _run(self, entry: Due, at: float) -> None:
        store = self.store
        match entry.what:
            case "expire" | "pay":
                invoice = store.invoices.get(entry.id)
                if invoice is not None and invoice.status == "pending":
                    self.settle(invoice, "paid" if entry.what == "pay" else "expired", at)
            case "confirm":
                organization = store.organizations.get(entry.id)
                if organization is None or not verification.is_open(organization, at):
                    return
                # A verification that was started again waits its whole time again.
                moment = self._confirms_at(organization)
                if moment is not None and moment <= at:
                    store.put(verification.decide(organization, confirmed=True))
            case "bill":
                record = store.recurring_invoices.get(entry.id)
                if record is not None and recurring.is_due(record, day_of(at)):
                    self.bill(record, at)
                    self.put_recurring(recurring.covered(record))
            case "deliver":
                delivery = store.deliveries.get(entry.id)
                due = None if delivery is None else delivery.next_attempt_at
                if due is not None and due <= at:
                    self.to_send.append(entry.id)
                    self.on_change()
            case _:
                call = self._late.pop(entry.id, None)
                if call is not None:
                    call(at)

    def billings_until(self, moment: float) -> int:
        """Return about how many invoices the clock creates until `moment`."""
        days = {"daily": 1, "weekly": 7, "monthly": 28, "yearly": 365}
        count = 0.0
        for record in self.store.recurring_invoices.values():
            start = record.next_billing_date
            if record.status == "active" and start is not None:
                span = max(0.0, moment - start_of(start))
                count += span / 86_400 / days.get(record.interval, 1) + 1
        return int(count)

    def _confirms_at(self, organization: Organization) -> float | None:
        after = self.settings.auto_confirm
        if organization.status != "pending" or after is None:
            return None
        return organization.window_ends - self.spec.verification_seconds + after

    def schedule_confirmation(self, organization: Organization) -> None:
        """Schedule the automatic confirmation of an organization, if there is one."""
        moment = self._confirms_at(organization)
        if moment is not None:
            self.schedule(moment, "confirm", organization.id)

    def _schedule_invoice(self, invoice: Invoice) -> None:
        self.schedule(invoice.deadline, "expire", invoice.id)
        if self.settings.auto_pay is not None:
            self.schedule(invoice.created_at + self.settings.auto_pay, "pay", invoice.id)

    def restore_due(self) -> None:
        """Schedule everything from the records alone, after a start or a reset."""
        self._due.clear()
        self._late.clear()
        self.to_send.clear()
        store = self.store
        for organization in store.organizations.values():
            self.schedule_confirmation(organization)
        for invoice in store.invoices.values():
            if invoice.status == "pending":
                self._schedule_invoice(invoice)
        for record in store.recurring_invoices.values():
            if record.status == "active" and record.next_billing_date is not None:
                self.schedule(start_of(record.next_billing_date), "bill", record.id)
        for delivery in store.deliveries.values():
            if delivery.next_attempt_at is not None:
                self.schedule(delivery.next_attempt_at, "deliver", delivery.id)
