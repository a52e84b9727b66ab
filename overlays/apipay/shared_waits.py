"""Who waits for which invoice, and when to look: what sync and async waits share. No I/O."""

import copy
import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from apipay._clock import Clock
from apipay.errors import WaitTimeoutError
from apipay.invoice_watch import ReadInvoice, Round, Step, Watch, id_of, is_over
from apipay.payments import rest_after
from apipay.polling import OnUnknown, Pace, check_timeout, is_survivable, wish_of
from apipay_client.types import CallOptions

if TYPE_CHECKING:
    import anyio

    from apipay.pacing import RateLimit
    from apipay_client.models import CreatedInvoice, Invoice

OnProgress = Callable[["Invoice"], None]
"""Called with the invoice after each look at it that finds it still pending."""


@dataclass(eq=False, slots=True)
class Wait:
    """One caller that waits for one invoice."""

    number: int
    invoice_id: int
    deadline: float | None
    pace: Pace
    on_unknown: OnUnknown
    on_progress: OnProgress | None
    due: float
    """When it wants the next look."""
    looks: int = 0
    last: "Invoice | None" = None
    news: "Invoice | None" = None
    """A look that `on_progress` was not told of yet."""
    result: "Invoice | None" = None
    error: Exception | None = None
    turn: "anyio.Event | None" = field(default=None, repr=False)

    @property
    def over(self) -> bool:
        return self.result is not None or self.error is not None

    def tell(self) -> None:
        """Call `on_progress`, in the thread or task that waits."""
        news, self.news = self.news, None
        if news is not None and self.on_progress is not None:
            self.on_progress(news)

    def outcome(self) -> "Invoice":
        if self.error is not None:
            raise self.error
        assert self.result is not None
        return self.result


class SharedWaits:
    """The waits of one client and the watch that they share."""

    def __init__(self, clock: Clock, limit: "RateLimit | None") -> None:
        self.process = os.getpid()
        self.clock = clock
        self._limit = limit
        self._numbers = itertools.count()
        self._by_invoice: dict[int, list[Wait]] = {}
        self._failure: Exception | None = None
        self._not_before = 0.0
        self._seen_up_to = 0
        self.watch = Watch(self._see)
        self.leader: Wait | None = None

    def add(
        self,
        invoice: "Invoice | CreatedInvoice | int",
        timeout: float | None,
        pace: Pace,
        on_unknown: OnUnknown,
        on_progress: OnProgress | None,
    ) -> Wait:
        check_timeout(timeout)
        now = self.clock.monotonic()
        wait = Wait(
            number=next(self._numbers),
            invoice_id=id_of(invoice),
            deadline=None if timeout is None else now + timeout,
            pace=pace,
            on_unknown=on_unknown,
            on_progress=on_progress,
            due=now,
        )
        self._by_invoice.setdefault(wait.invoice_id, []).append(wait)
        self.watch.add(wait.invoice_id)
        return wait

    def remove(self, wait: Wait) -> None:
        """Forget a wait that is over or was cancelled."""
        same = self._by_invoice.get(wait.invoice_id, [])
        if wait in same:
            same.remove(wait)
        if not same:
            self._by_invoice.pop(wait.invoice_id, None)
            self.watch.drop(wait.invoice_id)

    def waits(self) -> list[Wait]:
        return [wait for same in self._by_invoice.values() for wait in same]

    def options(self) -> CallOptions:
        """Options for a request that everybody's look depends on."""
        ends = [wait.deadline for wait in self.waits()]
        options: CallOptions = {"priority": "low"}
        latest = max((end for end in ends if end is not None), default=None)
        if latest is not None and None not in ends:
            shortest = min(wait.pace.interval for wait in self.waits())
            options["deadline"] = max(latest - self.clock.monotonic(), shortest)
        return options

    def pause(self) -> float:
        """Seconds until the next round is due or a wait ends; 0: a round is due now."""
        now = self.clock.monotonic()
        moment = max(self._not_before, min((w.due for w in self.waits()), default=now))
        ends = [w.deadline for w in self.waits() if w.deadline is not None and w.looks]
        return max(0.0, min([moment, *ends]) - now)

    def is_due(self) -> bool:
        now = self.clock.monotonic()
        return now >= self._not_before and any(
            wait.due <= now or (wait.deadline is not None and wait.deadline <= now)
            for wait in self.waits()
        )

    def begin_round(self) -> Round:
        """Start a round; who comes later takes part in the next."""
        self._seen_up_to = next(self._numbers)
        return self.watch.round()

    def answered(self, step: Step, error: Exception | None) -> None:
        """Note that one invoice, and no more, cannot be read."""
        if error is not None and isinstance(step, ReadInvoice):
            for number, wait in enumerate(self._by_invoice.get(step.id, ())):
                wait.error = copy.copy(error) if number else error

    def round_over(self, failure: Exception | None) -> None:
        """Plan the next round, and end the waits whose time is up."""
        now = self.clock.monotonic()
        self._failure = failure
        waits = self.waits()
        if failure is not None and not is_survivable(failure):
            for number, wait in enumerate(wait for wait in waits if not wait.over):
                wait.error = copy.copy(failure) if number else failure
        pauses = [rest_after(self.watch.requests, self._limit)]
        if failure is not None:
            pauses.append(wish_of(failure))
        self._not_before = now + max(pauses)
        for wait in waits:
            if wait.number < self._seen_up_to:
                wait.looks += 1
                wait.due = now + wait.pace.after(wait.looks)
        self.expire()

    def expire(self) -> None:
        """End the waits whose time is up, each after one look at least."""
        now = self.clock.monotonic()
        for wait in self.waits():
            if wait.over or wait.deadline is None or now < wait.deadline or not wait.looks:
                continue
            error = WaitTimeoutError(
                "The invoice was neither paid nor cancelled nor expired in time.",
                last=wait.last,
                resume=[wait.invoice_id],
            )
            error.__cause__ = self._failure
            wait.error = error

    def _see(self, invoice: "Invoice") -> bool:
        waits = self._by_invoice.get(invoice.id, [])
        for wait in waits:
            wait.last = invoice
            if is_over(invoice, wait.on_unknown):
                wait.result = invoice
            elif wait.on_progress is not None:
                wait.news = invoice
        return all(wait.over for wait in waits)
