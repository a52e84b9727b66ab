"""The plans of what makes something new: createInvoice and createRefund."""

from collections.abc import Callable, Generator, Iterable
from decimal import Decimal
from typing import Any

import httpx

from apipay.errors import Lookup
from apipay.hooks import LateDuplicate
from apipay.specification import parameter_schema
from apipay.transport.ledger import Ledger
from apipay.transport.lookups import Age, Reply, age, body_of, id_of, path_arguments
from apipay.transport.plans import (
    ABSENT,
    BUSY,
    UNKNOWN,
    Ask,
    Busy,
    Finding,
    Plan,
    Seen,
    required_of,
)
from apipay.transport.verdict import DONE, Doubt, Kind, Verdict
from apipay_client import operations
from apipay_client.models import (
    CreatedInvoice,
    Invoice,
    InvoicePage,
    InvoiceStatus,
    Refund,
    RefundList,
    RefundStatus,
)
from apipay_client.operations import Operation

_MOST_PAGES = 200
_MOST_READS = 3


class CreatedPlan(Plan):
    """What createInvoice and createRefund have in common: something new has appeared, or not."""

    def __init__(
        self, request: httpx.Request, operation: Operation, ledger: Ledger, began_at: float
    ) -> None:
        super().__init__(request, operation, ledger, began_at)
        self.body = body_of(request)
        self.baseline: frozenset[int] | None = None
        """Every id that the last look-up saw; None before the first."""

    def received(self, response: httpx.Response) -> Verdict:
        """See `Plan.received`; what was made is this call's, and no other is given it."""
        if self.name is None:
            return DONE
        verdict = super().received(response)
        made = id_of(response)
        if verdict.kind is Kind.DONE and made is not None:
            self.ledger.claim(self.name, made)
        return verdict

    def read_whole(
        self, ask: Ask, getter: Operation, made: int, convert: Callable[[object], Any]
    ) -> Generator[Any, Any, httpx.Response | None]:
        """Get what was made, again if the answer cannot be read; None when none can."""
        for _ in range(_MOST_READS):
            reply = yield from ask(self.derive(getter, {"id": made}))
            if reply is None:
                return None
            if reply.read(convert) is not None:
                return reply.response
        return None

    def is_ours(self, item: Any, reply: Reply) -> bool | None:
        """Whether an item that fits was made by this call; None: cannot be told."""
        if self.baseline is not None:
            return item.id not in self.baseline
        return {Age.OLDER: False, Age.RECENT: True, Age.UNKNOWN: None}[
            age(item.created_at, reply, self.began_at)
        ]

    def choose(
        self, items: Iterable[tuple[Any, Reply]], *, only_alone: bool = False
    ) -> Finding | int:
        """Claim the item that this call made; a `Finding` when there is none or no certainty.

        With `only_alone`, not while other calls of the same name are under way.
        """
        assert self.name is not None
        claimed = self.ledger.claimed(self.name)
        ours: list[int] = []
        for item, reply in items:
            if item.id in claimed:
                continue
            verdict = self.is_ours(item, reply)
            if verdict is None:
                return UNKNOWN
            if verdict:
                ours.append(item.id)
        if not ours:
            return ABSENT
        if self.ledger.is_sending(self.name) or (
            only_alone and not self.ledger.is_alone(self.name)
        ):
            return BUSY  # the answer that is still to come may claim it
        for made in sorted(ours):
            if self.ledger.claim(self.name, made):
                return made
        return ABSENT


class InvoicePlan(CreatedPlan):
    """createInvoice: by `external_order_id`, exactly, across all pages of a search for it."""

    always = required_of(CreatedInvoice)

    def __init__(
        self, request: httpx.Request, operation: Operation, ledger: Ledger, began_at: float
    ) -> None:
        super().__init__(request, operation, ledger, began_at)
        self.order_id: object = self.body.get("external_order_id")
        if isinstance(self.order_id, str) and self.order_id:
            self.name = (operation.id, self.order_id)

    def lookup(self, since: float) -> Lookup | None:
        amount = self.body.get("amount")
        if self.name is None:
            return Lookup(operations.LIST_INVOICES.id, {}, {"amount": amount}, since=since)
        match = {"external_order_id": self.order_id, "amount": amount}
        search = {"search": _search_text(self.order_id)}
        known = tuple(sorted(self.baseline or ()))
        return Lookup(operations.LIST_INVOICES.id, search, match, known_ids=known, since=since)

    def look(self, ask: Ask) -> Generator[Any, Any, Finding]:
        if self.name is None:
            return UNKNOWN
        matches = yield from self._matches(ask)
        if isinstance(matches, Finding):
            return matches
        chosen = self.choose(matches)
        if isinstance(chosen, Finding):
            if chosen is ABSENT:
                self.baseline = frozenset(item.id for item, _ in matches)
            return chosen
        finding = yield from self._found(ask, chosen)
        listed = next(item for item, _ in matches if item.id == chosen)
        if finding is UNKNOWN and listed.payment_url is not None:
            answer = httpx.Response(200, json=listed.to_dict(), request=self.request)
            finding = Finding(Seen.HAPPENED, answer)
        return finding

    def after_resend(
        self, ask: Ask, busy: Busy, response: httpx.Response
    ) -> Generator[Any, Any, tuple[httpx.Response, list[LateDuplicate]]]:
        kept = id_of(response)
        while True:
            matches = yield from self._matches(ask)
            if kept is None or isinstance(matches, Finding) or self.name is None:
                return response, []
            if not self.ledger.is_sending(self.name):
                break
            # What looks like a duplicate can be the work of a request that is still on its way.
            if not (yield from busy()):
                return response, []
        before = self.baseline or frozenset()
        # Claimed, an extra one is not handed out to another call that is looking at this moment.
        extras = [
            item
            for item, _ in matches
            if item.id != kept and item.id not in before and self.ledger.claim(self.name, item.id)
        ]
        paid = [item.id for item in extras if item.status == InvoiceStatus.PAID]
        kept_paid = any(
            item.id == kept and item.status == InvoiceStatus.PAID for item, _ in matches
        )
        extra_ids = [item.id for item in extras]
        if paid and not kept_paid:
            # The customer has paid the one that came late: that one is the invoice then.
            found = yield from self._found(ask, paid[0])
            if found.response is not None:
                extra_ids = [kept, *(extra for extra in extra_ids if extra != paid[0])]
                response, kept = found.response, paid[0]
        return response, (yield from self._cancel(ask, kept, extra_ids))

    def _cancel(
        self, ask: Ask, kept: int, extra_ids: list[int]
    ) -> Generator[Any, Any, list[LateDuplicate]]:
        duplicates: list[LateDuplicate] = []
        for extra in extra_ids:
            path = {"id": extra}
            yield from ask(self.derive(operations.CANCEL_INVOICE, path))
            # Whatever that was answered with, the invoice's own status says how it stands.
            reply = yield from ask(self.derive(operations.GET_INVOICE, path))
            item = None if reply is None else reply.read(Invoice.from_dict)
            gone = item is not None and item.status == InvoiceStatus.CANCELLED
            duplicates.append(
                LateDuplicate(self.operation.id, kept, extra, "cancelled" if gone else "left")
            )
        return duplicates

    def _found(self, ask: Ask, made: int) -> Generator[Any, Any, Finding]:
        getter = operations.GET_INVOICE
        answer = yield from self.read_whole(ask, getter, made, CreatedInvoice.from_dict)
        return UNKNOWN if answer is None else Finding(Seen.HAPPENED, answer)

    def _matches(self, ask: Ask) -> Generator[Any, Any, list[tuple[Invoice, Reply]] | Finding]:
        """Every invoice with this order id that fits, whenever it was made; else why not."""
        found: dict[int, tuple[Invoice, Reply]] = {}
        paging = operations.LIST_INVOICES.pagination
        assert paging is not None
        for number in range(1, _MOST_PAGES + 1):
            params: dict[str, Any] = {"search": _search_text(self.order_id), paging.page: number}
            if paging.max_size is not None:
                params[paging.size] = paging.max_size
            reply = yield from ask(self.derive(operations.LIST_INVOICES, params=params))
            page = None if reply is None else reply.read(InvoicePage.from_dict)
            if reply is None or page is None:
                return UNKNOWN if reply is None else BUSY
            for short in page.page_items:
                item = short
                dated = reply
                if item.external_order_id is None or (
                    item.external_order_id == self.order_id and item.created_at is None
                ):
                    # Items of lists can be shorter than the whole resource.
                    whole = yield from ask(self.derive(operations.GET_INVOICE, {"id": item.id}))
                    read = None if whole is None else whole.read(Invoice.from_dict)
                    if whole is None or read is None:
                        return UNKNOWN if whole is None else BUSY
                    item, dated = read, whole
                if item.external_order_id == self.order_id and self._fits(item):
                    found[item.id] = (item, dated)
            if not page.page_items or page.page_number * page.page_size >= page.page_total:
                return list(found.values())
        return UNKNOWN

    def _fits(self, item: Invoice) -> bool:
        if item.amount is not None and not _same_amount(item.amount, self.body.get("amount")):
            return False
        sent, seen = self.body.get("phone_number"), item.client_phone
        comparable = isinstance(sent, str) and seen is not None and seen.isdigit()
        return not comparable or str(sent)[-10:] == str(seen)[-10:]


class RefundPlan(CreatedPlan):
    """createRefund: by the refunds of its invoice that appeared since the call began.

    After a timeout the first request can still be at work, and a second refund cannot be taken
    back. It is sent again only if the two together would be more than the invoice has left, so
    that the service must refuse one of them.
    """

    always = required_of(Refund)

    def __init__(
        self, request: httpx.Request, operation: Operation, ledger: Ledger, began_at: float
    ) -> None:
        super().__init__(request, operation, ledger, began_at)
        self.invoice = path_arguments(request, operation)
        self.amount: object = self.body.get("amount")
        self.reason: object = self.body.get("reason") or None
        self.name = (operation.id, *self.invoice.values())
        self.items: list[Refund] = []

    def lookup(self, since: float) -> Lookup | None:
        match = {name: self.body[name] for name in ("amount",) if name in self.body}
        known = tuple(sorted(self.baseline or ()))
        arguments = {name: int(str(value)) for name, value in self.invoice.items()}
        target = operations.LIST_INVOICE_REFUNDS.id
        return Lookup(target, arguments, match, known_ids=known, since=since)

    def look(self, ask: Ask) -> Generator[Any, Any, Finding]:
        reply = yield from ask(self.derive(operations.LIST_INVOICE_REFUNDS, self.invoice))
        refunds = None if reply is None else reply.read(RefundList.from_dict)
        if reply is None:
            return UNKNOWN
        if refunds is None:
            return BUSY
        self.items = refunds.data
        fitting: list[tuple[Refund, Reply]] = []
        for item in self.items:
            if not self._fits(item):
                continue
            undated = item.created_at is None and self.baseline is None
            if undated or (self.reason is not None and item.reason is None):
                # Items of lists can be shorter than the whole resource.
                whole = yield from ask(self.derive(operations.GET_REFUND, {"id": item.id}))
                read = None if whole is None else whole.read(Refund.from_dict)
                if whole is None or read is None:
                    return UNKNOWN if whole is None else BUSY
                if self._fits(read):
                    fitting.append((read, whole))
            else:
                fitting.append((item, reply))
        if fitting and self.amount is None:
            # Without an amount everything was to be given back: then nothing is left now, and the
            # refund that took the rest is the newest.
            left = yield from self._left(ask)
            if left is None:
                return UNKNOWN
            newest = max(item.id for item, _ in fitting)
            fitting = [] if left > 0 else [pair for pair in fitting if pair[0].id == newest]
        exact = [pair for pair in fitting if (pair[0].reason or None) == self.reason]
        chosen = self.choose(exact)
        if chosen is ABSENT:
            # The service may keep no reasons, or fill one in. But first the calls whose reasons
            # these are must have had their turn.
            loose = [pair for pair in fitting if pair not in exact]
            chosen = self.choose(loose, only_alone=True)
        if isinstance(chosen, Finding):
            if chosen is ABSENT:
                self.baseline = frozenset(item.id for item in self.items)
            return chosen
        getter = operations.GET_REFUND
        answer = yield from self.read_whole(ask, getter, chosen, Refund.from_dict)
        if answer is not None:
            return Finding(Seen.HAPPENED, answer)
        listed = next(item for item in self.items if item.id == chosen)
        answer = httpx.Response(200, json=listed.to_dict(), request=self.request)
        return Finding(Seen.HAPPENED, answer)

    def may_resend(self, ask: Ask, doubt: Doubt) -> Generator[Any, Any, bool]:
        if doubt < Doubt.IN_FLIGHT or self.amount is None:
            return True
        left = yield from self._left(ask)
        return left is not None and left < 2 * Decimal(str(self.amount))

    def after_resend(
        self, ask: Ask, busy: Busy, response: httpx.Response
    ) -> Generator[Any, Any, tuple[httpx.Response, list[LateDuplicate]]]:
        kept = id_of(response)
        reply = yield from ask(self.derive(operations.LIST_INVOICE_REFUNDS, self.invoice))
        refunds = None if reply is None else reply.read(RefundList.from_dict)
        if kept is None or refunds is None:
            return response, []
        if not self.ledger.is_alone(self.name):
            return response, []  # it can be another call's, which is looking for it
        others = self.ledger.claimed(self.name) | (self.baseline or frozenset())
        return response, [
            LateDuplicate(self.operation.id, kept, item.id, "left")
            for item in refunds.data
            if item.id not in others and item.id != kept and self._fits(item)
        ]

    def _left(self, ask: Ask) -> Generator[Any, Any, Decimal | None]:
        """What the invoice has left to give back, by the refunds seen last; None: not known."""
        reply = yield from ask(self.derive(operations.GET_INVOICE, self.invoice))
        invoice = None if reply is None else reply.read(Invoice.from_dict)
        if invoice is None or invoice.amount is None:
            return None
        given = (item.amount for item in self.items if item.status != RefundStatus.FAILED)
        return invoice.amount - sum(given, Decimal(0))

    def _fits(self, item: Refund) -> bool:
        if self.amount is not None and not _same_amount(item.amount, self.amount):
            return False
        return self.reason is None or item.reason in (None, "", self.reason)


def _same_amount(seen: Decimal, sent: object) -> bool:
    return seen == Decimal(str(sent))


def _search_text(order_id: object) -> str:
    """As much of an order id as the service takes in a search."""
    listing = operations.LIST_INVOICES
    schema = parameter_schema(listing.path, listing.method, "search")
    return str(order_id)[: schema.get("maxLength")]
