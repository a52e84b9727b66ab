"""What happens to invoices, by whomever: the API, the payer, the owner, the clock or a test.

`Actions` changes records and queues the webhooks that follow. It is what the control verbs, the
pages and the clock call; the API's operations use it too.
"""

import secrets
from typing import Any, Literal

from . import rendering
from .clock import day_of, timestamp
from .domain import invoices, recurring, verification
from .errors import SandboxError
from .jsons import encode
from .records import Delivery, Invoice, Organization, RecurringInvoice, Webhook
from .state import Due, State

# Invented. The service tells the name that Kaspi knows; it becomes known when the customer pays.
_NAMES = ("Aigerim B.", "Daniyar S.", "Madina T.", "Ruslan K.", "Aliya N.", "Timur A.")


class Actions:
    """Changes to the state. Each method takes the store's lock and settles what is due first."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._store = state.store

    # The owner

    def decide_verification(self, organization_id: int, confirmed: bool) -> Organization:
        """The owner confirms or refuses; 409 unless the window is open."""
        with self._store.lock:
            now = self.settle_due()
            organization = self._store.organizations.get(organization_id)
            if organization is None:
                raise SandboxError(f"There is no organization {organization_id}.", status=404)
            if not verification.is_open(organization, now):
                over = verification.is_over(organization, now)
                raise SandboxError(
                    f"The organization {organization_id} does not wait for its owner: "
                    f"{'the window is over' if over else f'it is {organization.status}'}.",
                    status=409,
                )
            return self._decide(organization, confirmed)

    def _decide(self, organization: Organization, confirmed: bool) -> Organization:
        with self._store.transaction():
            decided = verification.decide(organization, confirmed)
            self._store.put(decided)
            return decided

    # The payer

    def settle_invoice(
        self,
        invoice_id: int,
        status: Literal["paid", "cancelled", "expired"],
        client_name: str | None = None,
    ) -> Invoice:
        """The customer pays or declines, or the deadline is made to pass; 409 unless pending."""
        with self._store.lock:
            now = self.settle_due()
            invoice = self._store.invoices.get(invoice_id)
            if invoice is None:
                raise SandboxError(f"There is no invoice {invoice_id}.", status=404)
            if invoice.status != "pending":
                raise SandboxError(
                    f"The invoice {invoice_id} is not pending: it is {invoice.status}.", status=409
                )
            return self.settle(invoice, status, now, client_name)

    def settle(
        self,
        invoice: Invoice,
        status: Literal["paid", "cancelled", "expired"],
        at: float,
        client_name: str | None = None,
    ) -> Invoice:
        """Take a pending invoice to its final status and tell the webhooks."""
        if status == "paid" and client_name is None:
            client_name = _NAMES[int(invoice.client_phone) % len(_NAMES)]
        with self._store.transaction():
            settled = invoices.settle(invoice, status, at, client_name)
            self._store.put(settled)
            event = {
                "event": self._state.spec.event,
                "invoice": rendering.invoice_event_data(settled),
                "timestamp": timestamp(at),
            }
            self.queue_event(event, at, settled.webhook_id, settled.id)
            return settled

    # Issuing

    def issue(self, at: float, **fields: Any) -> Invoice:
        """Make a pending invoice."""
        store, state = self._store, self._state
        number = store.next_id(Invoice)
        invoice = Invoice(
            id=number,
            status="pending",
            kaspi_invoice_id=str(9_081_000_000 + number),
            kaspi_qr_token=secrets.token_hex(8),
            created_at=at,
            deadline=at + state.settings.payment_deadline,
            **fields,
        )
        with store.transaction():
            store.put(invoice)
        state.schedule(invoice.deadline, "expire", number)
        if state.settings.auto_pay is not None:
            state.schedule(at + state.settings.auto_pay, "pay", number)
        return invoice

    def issue_for(self, record: RecurringInvoice, at: float) -> Invoice:
        """Make the invoice of one billing."""
        return self.issue(
            at,
            amount=record.amount,
            client_phone=record.phone_number,
            description=record.description,
            webhook_id=record.webhook_id,
            recurring_invoice_id=record.id,
        )

    # Webhooks

    def queue_event(
        self,
        event: dict[str, Any],
        at: float,
        webhook_id: int | None = None,
        invoice_id: int | None = None,
    ) -> list[Delivery]:
        """Queue an event for one webhook, or for all active ones."""
        store = self._store
        told: list[Webhook] = [
            one
            for one in store.webhooks.values()
            if one.active and (webhook_id is None or one.id == webhook_id)
        ]
        if not told:
            return []
        body = encode(event)
        queued: list[Delivery] = []
        with store.transaction():
            for webhook in told:
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
                store.put(delivery)
                queued.append(delivery)
        for delivery in queued:
            self._state.schedule_delivery(delivery)
        return queued

    # The clock

    def settle_due(self) -> float:
        """Do what the clock has brought since the last call, in order; return the moment."""
        state = self._state
        now = state.clock.now()
        due = state.next_due()
        if due is not None and due <= now:
            done: list[Due] = []
            try:
                with self._store.transaction():
                    while (entry := state.pop_due(now)) is not None:
                        done.append(entry)
                        self._do(entry)
            except BaseException:
                state.put_back(done)
                raise
        state.mark_settled(now)
        return now

    def _do(self, entry: Due) -> None:
        store, at = self._store, entry.at
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
                moment = self._state.confirms_at(organization)
                if moment is not None and moment <= at:
                    self._decide(organization, confirmed=True)
            case "bill":
                record = store.recurring_invoices.get(entry.id)
                if record is not None and recurring.is_due(record, day_of(at)):
                    self.issue_for(record, at)
                    billed = recurring.covered(record)
                    store.put(billed)
                    self._state.schedule_billing(billed)
            case "deliver":
                delivery = store.deliveries.get(entry.id)
                due = None if delivery is None else delivery.next_attempt_at
                if due is not None and due <= at:
                    self._state.to_send.append(entry.id)
                    self._state.on_news()
            case _:
                raise AssertionError(entry.what)

    def confirm_at_once(self, idn: str) -> Organization:
        """Make a verified organization, as if its owner had confirmed it before the start."""
        store = self._store
        with store.transaction():
            organization = Organization(
                id=store.next_id(Organization), idn=idn, status="verified", window_ends=0.0
            )
            store.put(organization)
            return organization

    def record_attempt(self, delivery: Delivery) -> None:
        """Keep what came of a try to deliver, and plan the next try if there is one."""
        with self._store.transaction():
            if delivery.id in self._store.deliveries:
                self._store.put(delivery)
        self._state.schedule_delivery(delivery)
