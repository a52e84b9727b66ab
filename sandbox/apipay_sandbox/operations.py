"""The 19 operations of the API on the sandbox's state.

Each operation gets the values of a request, already checked against the specification, and returns
the JSON text of the response. What a schema cannot state (states, sums, dates that depend on each
other) is checked here. A `SandboxError` becomes an error response; it changes nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, NoReturn, TypeVar

import attrs

from . import rendering
from .clock import day_of, start_of
from .domain import invoices, recurring, verification
from .errors import SandboxError
from .jsons import encode
from .records import Invoice, Organization, Record, RecurringInvoice, Refund
from .state import State

Values = Mapping[str, Any]
R = TypeVar("R", bound=Record)


class Operations:
    """The operations by id. Hold the store's lock and run what is due before calling one."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._store = state.store
        self._message = state.spec.message
        self._rendered: dict[int, tuple[Invoice, str]] = {}
        self.by_id: dict[str, Callable[[int, Values, Values, float], str]] = {
            "verifyOrganization": self._verify,
            "getOrganizationStatus": self._organization_status,
            "createInvoice": self._create_invoice,
            "listInvoices": self._list_invoices,
            "getInvoice": self._get_invoice,
            "cancelInvoice": self._cancel_invoice,
            "createRefund": self._create_refund,
            "listInvoiceRefunds": self._list_invoice_refunds,
            "listRefunds": self._list_refunds,
            "getRefund": self._get_refund,
            "createRecurringInvoice": self._create_recurring,
            "listRecurringInvoices": self._list_recurring,
            "getRecurringInvoice": self._get_recurring,
            "updateRecurringInvoice": self._update_recurring,
            "pauseRecurringInvoice": self._pause_recurring,
            "resumeRecurringInvoice": self._resume_recurring,
            "cancelRecurringInvoice": self._cancel_recurring,
            "billNowRecurringInvoice": self._bill_now,
            "skipPeriodRecurringInvoice": self._skip_period,
        }
        """(id in the path or 0, query, body, now) -> JSON text."""

    # Organizations

    def _verify(self, _: int, query: Values, body: Values, now: float) -> str:
        store, window = self._store, self._state.spec.verification_seconds
        idn: str = body["idn"]
        known = next((one for one in store.organizations.values() if one.idn == idn), None)
        if known is None:
            known = Organization(
                id=store.next_id(Organization), idn=idn, status="pending", window_ends=now
            )
        begun = verification.begin(known, now, window)
        with store.transaction():
            store.put(begun)
        self._state.schedule_confirmation(begun)
        message = (
            f"Confirm the cashier in the Kaspi Business app within {window:.0f} seconds."
            if begun.status == "pending"
            else "The organization is already verified."
        )
        return encode({"organization": rendering.organization(begun, now), "message": message})

    def _organization_status(self, id: int, query: Values, body: Values, now: float) -> str:
        organization = self._find(self._store.organizations, id)
        if verification.is_over(organization, now):
            raise SandboxError(self._message("VerificationExpired"), status=410)
        return encode({"organization": rendering.organization(organization, now)})

    # Invoices

    def _create_invoice(self, _: int, query: Values, body: Values, now: float) -> str:
        self._require_verified()
        self._require_webhook(body)
        invoice = self._state.issue(
            now,
            amount=tiyn(body["amount"]),
            client_phone=body["phone_number"],
            description=body.get("description"),
            external_order_id=body.get("external_order_id"),
            webhook_id=body.get("webhook_id"),
        )
        return self._whole(invoice)

    def _list_invoices(self, _: int, query: Values, body: Values, now: float) -> str:
        first, last = query.get("date_from"), query.get("date_to")
        if first is not None and last is not None and first > last:
            self._invalid("date_to", "The date to must not be before the date from.")
        found: Iterable[Invoice] = reversed(self._store.invoices.values())
        total: int | None = len(self._store.invoices)
        statuses, text = query.get("status[]"), query.get("search")
        if statuses:
            wanted = frozenset(statuses)
            found, total = (one for one in found if one.status in wanted), None
        if text:
            needle = text.casefold()
            found, total = (one for one in found if _mentions(one, needle)), None
        if first is not None:
            begin = start_of(date.fromisoformat(first))
            found, total = (one for one in found if one.created_at >= begin), None
        if last is not None and last != date.max.isoformat():
            end = start_of(date.fromisoformat(last) + timedelta(days=1))
            found, total = (one for one in found if one.created_at < end), None
        return self._page(found, total, query, self._item)

    def _get_invoice(self, id: int, query: Values, body: Values, now: float) -> str:
        return self._whole(self._find(self._store.invoices, id))

    def _cancel_invoice(self, id: int, query: Values, body: Values, now: float) -> str:
        invoice = self._find(self._store.invoices, id)
        if invoice.status != "pending":
            raise SandboxError(self._message("InvoiceNotPending"))
        return encode(rendering.cancelled_invoice(self._state.settle(invoice, "cancelled", now)))

    # Refunds

    def _create_refund(self, id: int, query: Values, body: Values, now: float) -> str:
        store = self._store
        invoice = self._find(store.invoices, id)
        if invoice.status != "paid":
            raise SandboxError(self._message("InvoiceNotPaid"))
        left = invoices.refundable(invoice)
        if left == 0:
            raise SandboxError(self._message("InvoiceAlreadyRefunded"))
        amount = tiyn(body["amount"]) if "amount" in body else left
        if amount > left:
            text = self._state.spec.field_message("ValidationFailedRefundTooLarge", "amount")
            self._invalid("amount", text)
        refund = Refund(
            id=store.next_id(Refund),
            invoice_id=id,
            status="completed",
            amount=amount,
            created_at=now,
            reason=body.get("reason"),
        )
        with store.transaction():
            store.put(refund)
            store.put(invoices.refund(invoice, amount))
        return encode(rendering.refund(refund))

    def _list_invoice_refunds(self, id: int, query: Values, body: Values, now: float) -> str:
        self._find(self._store.invoices, id)
        found = reversed(self._store.refunds_of(id))
        return encode({"data": [rendering.refund_of_invoice(one) for one in found]})

    def _list_refunds(self, _: int, query: Values, body: Values, now: float) -> str:
        refunds = self._store.refunds
        return self._page(
            reversed(refunds.values()),
            len(refunds),
            query,
            lambda one: encode(rendering.refund(one)),
        )

    def _get_refund(self, id: int, query: Values, body: Values, now: float) -> str:
        return encode(rendering.refund(self._find(self._store.refunds, id)))

    # Recurring invoices

    def _create_recurring(self, _: int, query: Values, body: Values, now: float) -> str:
        self._require_verified()
        self._require_webhook(body)
        today = day_of(now)
        start = date.fromisoformat(body["start_date"]) if "start_date" in body else today
        end = date.fromisoformat(body["end_date"]) if "end_date" in body else None
        if end is not None and end < start:
            self._invalid("end_date", "The end date must not be before the start date.")
        record = RecurringInvoice(
            id=self._store.next_id(RecurringInvoice),
            status="active",
            amount=tiyn(body["amount"]),
            phone_number=body["phone_number"],
            interval=body["interval"],
            created_at=now,
            start_date=start,
            end_date=end,
            description=body.get("description"),
            webhook_id=body.get("webhook_id"),
        )
        return self._change_recurring(recurring.scheduled(record, today), rendering.recurring)

    def _list_recurring(self, _: int, query: Values, body: Values, now: float) -> str:
        records = self._store.recurring_invoices
        found: Iterable[RecurringInvoice] = reversed(records.values())
        total: int | None = len(records)
        status = query.get("status")
        if status is not None:
            found, total = (one for one in found if one.status == status), None
        return self._page(found, total, query, lambda one: encode(rendering.recurring_item(one)))

    def _get_recurring(self, id: int, query: Values, body: Values, now: float) -> str:
        found = self._find(self._store.recurring_invoices, id)
        return encode(rendering.recurring(found))

    def _update_recurring(self, id: int, query: Values, body: Values, now: float) -> str:
        record = self._find(self._store.recurring_invoices, id)
        if record.status == "cancelled":
            self._invalid("status", "A cancelled recurring invoice cannot be changed.")
        changed = attrs.evolve(
            record,
            amount=tiyn(body["amount"]) if "amount" in body else record.amount,
            description=body.get("description", record.description),
            interval=body.get("interval", record.interval),
        )
        if changed.interval != record.interval:
            changed = recurring.scheduled(changed, day_of(now))
        return self._change_recurring(changed, rendering.recurring)

    def _pause_recurring(self, id: int, query: Values, body: Values, now: float) -> str:
        record = self._active(id)
        return self._change_recurring(attrs.evolve(record, status="paused"), rendering.action)

    def _resume_recurring(self, id: int, query: Values, body: Values, now: float) -> str:
        record = self._not_cancelled(id)
        if record.status != "paused":
            raise SandboxError(self._message("RecurringInvoiceNotPaused"))
        return self._change_recurring(recurring.resumed(record, day_of(now)), rendering.action)

    def _cancel_recurring(self, id: int, query: Values, body: Values, now: float) -> str:
        record = attrs.evolve(self._not_cancelled(id), status="cancelled", next_billing_date=None)
        return self._change_recurring(record, rendering.action)

    def _bill_now(self, id: int, query: Values, body: Values, now: float) -> str:
        record = self._active(id)
        if recurring.ended(record, day_of(now)):
            raise SandboxError("The recurring invoice is past its end date.")
        return self._whole(self._state.bill(record, now))

    def _skip_period(self, id: int, query: Values, body: Values, now: float) -> str:
        record = self._active(id)
        if record.next_billing_date is None:
            raise SandboxError("The recurring invoice has no billing left to skip.")
        return self._change_recurring(recurring.covered(record), rendering.recurring)

    # Shared by several operations

    def _find(self, table: Mapping[int, R], id: int) -> R:
        found = table.get(id)
        if found is None:
            raise SandboxError(self._message("NotFound"), status=404)
        return found

    def _not_cancelled(self, id: int) -> RecurringInvoice:
        record = self._find(self._store.recurring_invoices, id)
        if record.status == "cancelled":
            raise SandboxError(self._message("RecurringInvoiceIsCancelled"))
        return record

    def _active(self, id: int) -> RecurringInvoice:
        record = self._not_cancelled(id)
        if record.status != "active":
            raise SandboxError(self._message("RecurringInvoiceNotActive"))
        return record

    def _change_recurring(
        self, record: RecurringInvoice, render: Callable[[RecurringInvoice], Values]
    ) -> str:
        self._state.put_recurring(record)
        return encode(render(record))

    def _require_verified(self) -> None:
        if not any(one.status == "verified" for one in self._store.organizations.values()):
            raise SandboxError(self._message("OrganizationNotVerified"), status=403)

    def _require_webhook(self, body: Values) -> None:
        chosen = body.get("webhook_id")
        if chosen is None:
            return
        webhook = self._store.webhooks.get(chosen)
        if webhook is None or not webhook.active:
            self._invalid("webhook_id", "There is no webhook with this id in the dashboard.")

    def _invalid(self, field: str, message: str) -> NoReturn:
        raise SandboxError(
            self._message("ValidationFailedOneField"), status=422, errors={field: [message]}
        )

    def _page(
        self, found: Iterable[R], total: int | None, query: Values, render: Callable[[R], str]
    ) -> str:
        number, size = query["page"], query["per_page"]
        start = (number - 1) * size
        if total is None:
            rows = list(found)
            return rendering.page(map(render, rows[start : start + size]), number, size, len(rows))
        # islice rejects numbers beyond sys.maxsize.
        rows = list(islice(found, start, start + size)) if start < total else []
        return rendering.page(map(render, rows), number, size, total)

    def _whole(self, invoice: Invoice) -> str:
        url = self._state.payment_url(invoice.kaspi_qr_token)
        return encode(rendering.invoice(invoice, url))

    def _item(self, invoice: Invoice) -> str:
        # Records are immutable, so the text of the same record is still right.
        kept = self._rendered.get(invoice.id)
        if kept is None or kept[0] is not invoice:
            kept = invoice, encode(rendering.invoice_item(invoice))
            self._rendered[invoice.id] = kept
        return kept[1]


def tiyn(amount: int | Decimal) -> int:
    """Return a checked amount of a request in tiyn."""
    return int(amount * 100)


def _mentions(invoice: Invoice, needle: str) -> bool:
    """Return whether the description or the order id contains the text, ignoring case."""
    order, description = invoice.external_order_id, invoice.description
    return (order is not None and needle in order.casefold()) or (
        description is not None and needle in description.casefold()
    )
