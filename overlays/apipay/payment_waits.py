"""Many waits for payments on one client, sharing one watch.

A thousand tasks that each wait for one invoice would send a thousand requests a round. Here they
share the rounds of one `Watch`: one of those that wait leads, which means that it reads and sleeps
for all; when its own wait ends, another takes over. So there is no task or thread in the
background, none to start and none to forget.
"""

import copy
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from apipay.clock import SYSTEM_CLOCK, Clock
from apipay.errors import WaitTimeoutError
from apipay.invoice_watch import ReadInvoice, Round, Step, Watch, id_of, is_over
from apipay.payments import (
    DEFAULT_PACE,
    DEFAULT_TIMEOUT,
    STATED_LIMIT,
    read,
    read_async,
    rest_after,
)
from apipay.polling import OnUnknown, Pace, check_timeout, is_survivable, wish_of
from apipay_client.types import CallOptions

if TYPE_CHECKING:
    import anyio

    from apipay.pacing import RateLimit
    from apipay_client.models import CreatedInvoice, Invoice
    from apipay_client.resources import AsyncResources, Resources

OnProgress = Callable[["Invoice"], None]
"""Called with the invoice after each look at it that finds it still pending."""

_STEP = 1.0
"""Threads look at least every so many seconds whether something has changed."""


@dataclass(eq=False, slots=True)
class _Wait:
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


class _Shared:
    """What the sync and the async waits have in common: who waits, and when to do what. No I/O."""

    def __init__(self, clock: Clock, limit: "RateLimit | None") -> None:
        self.clock = clock
        self._limit = limit
        self._numbers = itertools.count()
        self._by_invoice: dict[int, list[_Wait]] = {}
        self._failure: Exception | None = None
        self._not_before = 0.0
        self._seen_up_to = 0
        self.watch = Watch(self._see)
        self.leader: _Wait | None = None

    def add(
        self,
        invoice: "Invoice | CreatedInvoice | int",
        timeout: float | None,
        pace: Pace,
        on_unknown: OnUnknown,
        on_progress: OnProgress | None,
    ) -> _Wait:
        check_timeout(timeout)
        now = self.clock.monotonic()
        wait = _Wait(
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

    def remove(self, wait: _Wait) -> None:
        """Forget a wait that is over or was cancelled."""
        same = self._by_invoice.get(wait.invoice_id, [])
        if wait in same:
            same.remove(wait)
        if not same:
            self._by_invoice.pop(wait.invoice_id, None)
            self.watch.drop(wait.invoice_id)

    def waits(self) -> list[_Wait]:
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


class PaymentWaits:
    """The waits of all threads of one client."""

    def __init__(
        self,
        client: "Resources",
        clock: Clock = SYSTEM_CLOCK,
        limit: "RateLimit | None" = STATED_LIMIT,
    ) -> None:
        self._client = client
        self._shared = _Shared(clock, limit)
        self._lock = threading.Lock()

    def wait(
        self,
        invoice: "Invoice | CreatedInvoice | int",
        *,
        timeout: float | None = DEFAULT_TIMEOUT,
        pace: Pace = DEFAULT_PACE,
        on_unknown: OnUnknown = "wait",
        on_progress: OnProgress | None = None,
    ) -> "Invoice":
        """Wait until `invoice` is paid, cancelled or expired; look at `status` for which.

        Args:
            invoice: The invoice or its id.
            timeout: Seconds. None: no limit.
            pace: How often to look. Other waits on the same client share the looks.
            on_unknown: A status that is not in the specification: "wait" for another, or "return".
            on_progress: Called with the invoice after each look that finds it still pending.

        Raises:
            WaitTimeoutError: `.last` is the invoice as it was seen last; wait again to go on.
            NotFoundError: There is no such invoice.
        """
        shared = self._shared
        with self._lock:
            wait = shared.add(invoice, timeout, pace, on_unknown, on_progress)
        try:
            while not wait.over:
                with self._lock:
                    leads = shared.leader is None
                    if leads:
                        shared.leader = wait
                if not leads:
                    shared.clock.sleep(min(_STEP, pace.interval))
                    wait.tell()
                    continue
                try:
                    self._lead(wait)
                finally:
                    with self._lock:
                        shared.leader = None
            return wait.outcome()
        finally:
            with self._lock:
                shared.remove(wait)

    def _lead(self, own: _Wait) -> None:
        shared = self._shared
        while not own.over:
            with self._lock:
                due = shared.is_due()
                pause = min(shared.pause(), _STEP)
            if due:
                self._round()
                own.tell()
            else:
                shared.clock.sleep(pause)
                with self._lock:
                    if not shared.is_due():
                        shared.expire()

    def _round(self) -> None:
        shared = self._shared
        failure: Exception | None = None
        with self._lock:
            steps = shared.begin_round()
        while True:
            with self._lock:
                step = next(steps, None)
                options = shared.options()
            if step is None:
                break
            try:
                error = read(self._client, step, options)
            except Exception as raised:
                failure = raised
                break
            with self._lock:
                shared.answered(step, error)
        with self._lock:
            shared.round_over(failure)


class AsyncPaymentWaits:
    """The waits of all tasks of one async client; asyncio or trio."""

    def __init__(
        self,
        client: "AsyncResources",
        clock: Clock = SYSTEM_CLOCK,
        limit: "RateLimit | None" = STATED_LIMIT,
    ) -> None:
        self._client = client
        self._shared = _Shared(clock, limit)
        self._changed: anyio.Event | None = None

    async def wait(
        self,
        invoice: "Invoice | CreatedInvoice | int",
        *,
        timeout: float | None = DEFAULT_TIMEOUT,  # noqa: ASYNC109 - its error says how to go on
        pace: Pace = DEFAULT_PACE,
        on_unknown: OnUnknown = "wait",
        on_progress: OnProgress | None = None,
    ) -> "Invoice":
        """`PaymentWaits.wait` for tasks. Cancelling the task ends its wait at once."""
        import anyio

        shared = self._shared
        wait = shared.add(invoice, timeout, pace, on_unknown, on_progress)
        if self._changed is not None:
            self._changed.set()
        try:
            while not wait.over:
                if shared.leader is not None:
                    wait.turn = anyio.Event()
                    await wait.turn.wait()
                    wait.tell()
                    continue
                shared.leader = wait
                try:
                    await self._lead(wait)
                finally:
                    shared.leader = None
            return wait.outcome()
        finally:
            shared.remove(wait)
            self._wake()

    async def _lead(self, own: _Wait) -> None:
        shared = self._shared
        while not own.over:
            if shared.is_due():
                await self._round()
                own.tell()
            else:
                await self._sleep(shared.pause())
                if not shared.is_due():
                    shared.expire()
            self._wake()

    async def _round(self) -> None:
        shared = self._shared
        failure: Exception | None = None
        steps = shared.begin_round()
        while (step := next(steps, None)) is not None:
            try:
                shared.answered(step, await read_async(self._client, step, shared.options()))
            except Exception as raised:
                failure = raised
                break
            self._wake()
        shared.round_over(failure)

    async def _sleep(self, seconds: float) -> None:
        """Sleep, but no longer than until another wait comes, which may end sooner."""
        import anyio

        changed = self._changed = anyio.Event()

        async def until_changed() -> None:
            await changed.wait()
            group.cancel_scope.cancel()

        try:
            async with anyio.create_task_group() as group:
                group.start_soon(until_changed)
                await self._shared.clock.sleep_async(seconds)
                group.cancel_scope.cancel()
        finally:
            self._changed = None

    def _wake(self) -> None:
        """Wake whose wait is over or has news; where nobody leads, one more to take the lead."""
        next_leader: _Wait | None = None
        for wait in self._shared.waits():
            if (wait.over or wait.news is not None) and wait.turn is not None:
                wait.turn.set()
            if not wait.over and next_leader is None:
                next_leader = wait
        if self._shared.leader is None and next_leader is not None and next_leader.turn is not None:
            next_leader.turn.set()
