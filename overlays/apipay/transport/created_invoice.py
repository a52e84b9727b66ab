"""The plan of createInvoice, and what becomes of a late duplicate."""

from collections.abc import Generator
from typing import Any, Literal

import httpx

from apipay.errors import Lookup
from apipay.hooks import LateDuplicate
from apipay.specification import parameter_schema
from apipay.transport.created import CreatedPlan, is_amount, text_of
from apipay.transport.ledger import Ledger
from apipay.transport.lookups import Reply, id_of
from apipay.transport.plans import ABSENT, BUSY, UNKNOWN, Ask, Finding, Pause, Seen, required_of
from apipay_client import operations
from apipay_client.models import CreatedInvoice, Invoice, InvoicePage, InvoiceStatus
from apipay_client.operations import Operation

_MOST_PAGES = 200
_BUSY_GAP = 0.25  # seconds

Match = tuple[Invoice, Reply]


class InvoicePlan(CreatedPlan):
    """createInvoice: by `external_order_id`, exactly, across all pages of a search for it.

    Of several invoices of one order everybody takes the oldest, and cancels only what the service
    has told them, in the answer to their own request, is theirs. So two processes that send the
    same order side by side end with one open invoice, and neither cancels what the other was given.
    """

    always = required_of(CreatedInvoice)

    def __init__(
        self, request: httpx.Request, operation: Operation, ledger: Ledger, began_at: float
    ) -> None:
        super().__init__(request, operation, ledger, began_at)
        self.order_id = text_of(self.body.get("external_order_id"))
        if self.order_id is not None:
            self.name = (operation.id, self.order_id)

    def lookup(self, since: float) -> Lookup | None:
        amount = self.body.get("amount")
        if self.order_id is None:
            return Lookup(operations.LIST_INVOICES.id, {}, {"amount": amount}, since=since)
        match = {"external_order_id": self.order_id, "amount": amount}
        search = {"search": _search_text(self.order_id)}
        known = tuple(sorted(self.baseline or ()))
        return Lookup(operations.LIST_INVOICES.id, search, match, known_ids=known, since=since)

    def look(self, ask: Ask) -> Generator[Any, Any, Finding]:
        if self.order_id is None:
            return UNKNOWN
        matches = yield from self._matches(ask, self.order_id)
        if isinstance(matches, Finding):
            return matches
        # What is cancelled or expired is ours only where nothing else is.
        chosen = self.choose(sorted(matches, key=lambda pair: (_is_dead(pair[0]), pair[0].id)))
        if isinstance(chosen, Finding):
            if chosen is ABSENT:
                self.baseline = frozenset(item.id for item, _ in matches)
            return chosen
        answer = yield from self._answer(ask, next(i for i, _ in matches if i.id == chosen))
        return UNKNOWN if answer is None else Finding(Seen.HAPPENED, answer)

    def is_ours(self, item: Invoice, reply: Reply) -> bool | None:
        """See `CreatedPlan.is_ours`. Another phone number can be the payer's: no proof."""
        ours = super().is_ours(item, reply)
        return None if ours and self._has_other_phone(item) else ours

    def after_resend(
        self, ask: Ask, pause: Pause, response: httpx.Response
    ) -> Generator[Any, Any, tuple[httpx.Response, list[LateDuplicate]]]:
        kept = id_of(response)
        if kept is None or self.order_id is None or self.name is None:
            return response, []
        while True:
            matches = yield from self._matches(ask, self.order_id)
            if isinstance(matches, Finding):
                return response, []
            extras = self._extras(matches, kept)
            if not self.ledger.is_sending(self.name):
                best = self._better(matches, extras, kept)
                if best is None:
                    return response, self._left(extras, kept)
                if self.ledger.claim(self.name, best.id):
                    break
            # What looks like a duplicate can be the work of a request that is still on its way.
            elif not (yield from pause(_BUSY_GAP)):
                return response, self._left(extras, kept)
        answer = yield from self._answer(ask, best)
        if answer is None:
            return response, self._left(extras, kept)
        ours = yield from self._withdraw(ask, kept)
        is_gone = ours is not None and ours.status == InvoiceStatus.CANCELLED
        if ours is not None and not is_gone and not _is_pending(ours):
            return response, self._left(extras, kept)  # paid at this very moment
        # Where the cancelling came to nothing that can be seen, the other one is open all the same.
        answer = (yield from self._answer(ask, best)) or answer
        action: Literal["cancelled", "left"] = "cancelled" if is_gone else "left"
        withdrawn = LateDuplicate(self.operation.id, best.id, kept, action)
        return answer, [withdrawn, *self._left(extras[1:], best.id)]

    def _extras(self, matches: list[Match], kept: int) -> list[Invoice]:
        """What came up since the last look and is not dead; what is paid first, then by age."""
        assert self.name is not None
        known = self.ledger.claimed(self.name) | (self.baseline or frozenset())
        extras = [
            item
            for item, _ in matches
            if item.id != kept
            and item.id not in known
            and not _is_dead(item)
            and not self._has_other_phone(item)
        ]
        return sorted(extras, key=lambda item: (_is_pending(item), item.id))

    def _better(self, matches: list[Match], extras: list[Invoice], kept: int) -> Invoice | None:
        """The one to return in place of the invoice `kept`: one that is paid, or the oldest.

        A newer one can have been given to another process, and `kept`, being older, to a third:
        then neither may be cancelled.
        """
        is_open = all(item.id != kept or _is_pending(item) for item, _ in matches)
        best = extras[0] if extras and is_open else None
        return best if best is not None and (best.id < kept or not _is_pending(best)) else None

    def _left(self, extras: list[Invoice], kept: int) -> list[LateDuplicate]:
        return [LateDuplicate(self.operation.id, kept, item.id, "left") for item in extras]

    def _withdraw(self, ask: Ask, made: int) -> Generator[Any, Any, Invoice | None]:
        """Cancel an invoice that is certainly this call's own; how it stands then, if known."""
        path = {"id": made}
        yield from ask(self.derive(operations.CANCEL_INVOICE, path))
        # Whatever that was answered with, the invoice's own status says how it stands.
        reply = yield from ask(self.derive(operations.GET_INVOICE, path))
        return None if reply is None else reply.read(Invoice.from_dict)

    def _answer(self, ask: Ask, item: Invoice) -> Generator[Any, Any, httpx.Response | None]:
        """An answer that reads as the one to createInvoice would have; None when there is none."""
        whole = yield from self.read_whole(
            ask, operations.GET_INVOICE, item.id, CreatedInvoice.from_dict
        )
        if whole is None and item.payment_url is not None:
            return httpx.Response(200, json=item.to_dict(), request=self.request)
        return whole

    def _matches(self, ask: Ask, order_id: str) -> Generator[Any, Any, list[Match] | Finding]:
        """Every invoice of this order and amount, whenever it was made; else why not."""
        found: dict[int, Match] = {}
        paging = operations.LIST_INVOICES.pagination
        assert paging is not None
        for number in range(1, _MOST_PAGES + 1):
            params: dict[str, Any] = {"search": _search_text(order_id), paging.page: number}
            if paging.max_size is not None:
                params[paging.size] = paging.max_size
            reply = yield from ask(self.derive(operations.LIST_INVOICES, params=params))
            page = None if reply is None else reply.read(InvoicePage.from_dict)
            if reply is None or page is None:
                return UNKNOWN if reply is None else BUSY
            for short in page.page_items:
                item = short
                dated = reply
                named = text_of(item.external_order_id)
                if named is None or (named == order_id and item.created_at is None):
                    # Items of lists can be shorter than the whole resource.
                    whole = yield from ask(self.derive(operations.GET_INVOICE, {"id": item.id}))
                    read = None if whole is None else whole.read(Invoice.from_dict)
                    if whole is None or read is None:
                        return UNKNOWN if whole is None else BUSY
                    item, dated = read, whole
                same = text_of(item.external_order_id) == order_id
                if same and (
                    item.amount is None or is_amount(item.amount, self.body.get("amount"))
                ):
                    found[item.id] = (item, dated)
            if not page.page_items or page.page_number * page.page_size >= page.page_total:
                return list(found.values())
        return UNKNOWN

    def _has_other_phone(self, item: Invoice) -> bool:
        sent, seen = self.body.get("phone_number"), item.client_phone
        comparable = isinstance(sent, str) and seen is not None and seen.isdigit()
        return comparable and str(sent)[-10:] != str(seen)[-10:]


def _is_pending(item: Invoice) -> bool:
    return item.status == InvoiceStatus.PENDING


def _is_dead(item: Invoice) -> bool:
    """Whether nobody can pay it any more."""
    return item.status in (InvoiceStatus.CANCELLED, InvoiceStatus.EXPIRED)


def _search_text(order_id: str) -> str:
    """As much of an order id as the service takes in a search."""
    listing = operations.LIST_INVOICES
    schema = parameter_schema(listing.path, listing.method, "search")
    return order_id[: schema.get("maxLength")]
