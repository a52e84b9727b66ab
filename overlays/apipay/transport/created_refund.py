"""The plan of createRefund."""

from collections.abc import Generator
from decimal import Decimal
from typing import Any

import httpx

from apipay.errors import Lookup
from apipay.hooks import LateDuplicate
from apipay.transport.created import CreatedPlan, is_amount, text_of
from apipay.transport.ledger import Ledger
from apipay.transport.lookups import Reply, id_of, path_arguments
from apipay.transport.plans import (
    ABSENT,
    BUSY,
    UNKNOWN,
    Ask,
    Finding,
    Pause,
    Seen,
    ids_of,
    required_of,
)
from apipay.transport.policy import RetryPolicy
from apipay.transport.verdict import Doubt
from apipay_client import operations
from apipay_client.models import Invoice, Refund, RefundList, RefundStatus
from apipay_client.operations import Operation


class RefundPlan(CreatedPlan):
    """createRefund: by the refunds of its invoice that appeared since the call began.

    A second refund cannot be taken back. After a timeout the first request can still be at work:
    then it is sent again only if the two together would be more than the invoice has left, so that
    the service must refuse one of them. After a cut connection it is looked for longer than an
    invoice is. More equal refunds than this client has calls are somebody else's too: then nobody
    can tell whether this call's is among them.
    """

    always = required_of(Refund)
    one_each = True

    def __init__(
        self, request: httpx.Request, operation: Operation, ledger: Ledger, began_at: float
    ) -> None:
        super().__init__(request, operation, ledger, began_at)
        self.invoice = path_arguments(request, operation)
        self.amount: object = self.body.get("amount")
        self.reason = text_of(self.body.get("reason"))
        self.name = (operation.id, *self.invoice.values())
        self.items: list[Refund] = []

    def lookup(self, since: float) -> Lookup | None:
        match = {name: self.body[name] for name in ("amount",) if name in self.body}
        known = tuple(sorted(self.baseline or ()))
        target = operations.LIST_INVOICE_REFUNDS.id
        return Lookup(target, ids_of(self.invoice), match, known_ids=known, since=since)

    def settle_time(self, policy: RetryPolicy, doubt: Doubt) -> float:
        longer = Doubt.IN_FLIGHT if doubt is Doubt.CUT else doubt
        return super().settle_time(policy, longer)

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
        fitting.sort(key=lambda pair: pair[0].id)
        exact = [pair for pair in fitting if text_of(pair[0].reason) == self.reason]
        chosen = self.choose(exact)
        if chosen is ABSENT and self.may_be_ours([pair for pair in fitting if pair not in exact]):
            # Ours with its reason left out or filled in, or somebody else's: who can tell. But the
            # calls whose reasons these are may not have had their turn yet.
            chosen = BUSY if self.ledger.under_way(self.name) > 1 else UNKNOWN
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

    def may_resend(self, ask: Ask, worst: Doubt) -> Generator[Any, Any, bool]:
        if worst < Doubt.IN_FLIGHT or self.amount is None:
            return True
        left = yield from self._left(ask)
        return left is not None and left < 2 * Decimal(str(self.amount))

    def after_resend(
        self, ask: Ask, pause: Pause, response: httpx.Response
    ) -> Generator[Any, Any, tuple[httpx.Response, list[LateDuplicate]]]:
        kept = id_of(response)
        reply = yield from ask(self.derive(operations.LIST_INVOICE_REFUNDS, self.invoice))
        refunds = None if reply is None else reply.read(RefundList.from_dict)
        if kept is None or refunds is None:
            return response, []
        if self.ledger.under_way(self.name) > 1:
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
        if self.amount is not None and not is_amount(item.amount, self.amount):
            return False
        return self.reason is None or text_of(item.reason) in (None, self.reason)
