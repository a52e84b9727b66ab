"""What the plans of createInvoice and createRefund share: something new has appeared, or not."""

from collections.abc import Callable, Generator, Sequence
from decimal import Decimal
from typing import Any, ClassVar

import httpx

from apipay.transport.ledger import Ledger
from apipay.transport.lookups import Age, Reply, age, body_of, id_of
from apipay.transport.plans import ABSENT, BUSY, UNKNOWN, Ask, Finding, Plan
from apipay.transport.verdict import DONE, Kind, Verdict
from apipay_client.operations import Operation

_MOST_READS = 3


class CreatedPlan(Plan):
    """Finds what the call has made among what fits it."""

    one_each: ClassVar[bool] = False
    """Whether more new ones than calls mean that somebody else makes equal ones right now."""

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

    def may_be_ours(self, items: Sequence[tuple[Any, Reply]]) -> bool:
        """Whether any item is nobody's so far, and can have been made by this call."""
        claimed = self.ledger.claimed(self.name)
        return any(
            item.id not in claimed and self.is_ours(item, reply) is not False
            for item, reply in items
        )

    def choose(self, items: Sequence[tuple[Any, Reply]]) -> Finding | int:
        """Claim the first item that this call made; a `Finding` for none or no certainty."""
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
        if self.ledger.is_sending(self.name):
            return BUSY  # the answer that is still to come may claim it
        if self.one_each and len(ours) > self.ledger.under_way(self.name):
            return UNKNOWN
        for made in ours:
            if self.ledger.claim(self.name, made):
                return made
        return ABSENT


def text_of(value: object) -> str | None:
    """A text as a service may keep it, which takes the white space around it away."""
    return (value.strip() or None) if isinstance(value, str) else None


def is_amount(seen: Decimal, sent: object) -> bool:
    """Whether an amount of an answer is the amount that was sent."""
    return seen == Decimal(str(sent))
