"""Many waits for payments on one client, sharing one watch.

A thousand tasks that each wait for one invoice would send a thousand requests a round. Here they
share the rounds of one `Watch`: one of those that wait leads, which means that it reads and sleeps
for all; when its own wait ends, another takes over. So there is no task or thread in the
background, none to start and none to forget.
"""

import os
import threading
from typing import TYPE_CHECKING

from apipay._clock import SYSTEM_CLOCK, Clock
from apipay.payments import DEFAULT_PACE, DEFAULT_TIMEOUT, STATED_LIMIT, read, read_async
from apipay.polling import OnUnknown, Pace
from apipay.shared_waits import OnProgress, SharedWaits, Wait

if TYPE_CHECKING:
    import anyio

    from apipay.pacing import RateLimit
    from apipay_client.models import CreatedInvoice, Invoice
    from apipay_client.resources import AsyncResources, Resources

__all__ = ["AsyncPaymentWaits", "OnProgress", "PaymentWaits"]

_STEP = 1.0
"""Threads look at least every so many seconds whether something has changed."""


class PaymentWaits:
    """The waits of all threads of one client."""

    def __init__(
        self,
        client: "Resources",
        clock: Clock = SYSTEM_CLOCK,
        limit: "RateLimit | None" = STATED_LIMIT,
    ) -> None:
        self._client = client
        self._clock = clock
        self._limit = limit
        self._shared = SharedWaits(clock, limit)
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
        if self._shared.process != os.getpid():
            # In a child process: the threads of the parent that wait or lead do not exist here.
            self._shared, self._lock = SharedWaits(self._clock, self._limit), threading.Lock()
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

    def _lead(self, own: Wait) -> None:
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
        self._clock = clock
        self._limit = limit
        self._shared = SharedWaits(clock, limit)
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

        if self._shared.process != os.getpid():
            self._shared, self._changed = SharedWaits(self._clock, self._limit), None
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

    async def _lead(self, own: Wait) -> None:
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
        next_leader: Wait | None = None
        for wait in self._shared.waits():
            if (wait.over or wait.news is not None) and wait.turn is not None:
                wait.turn.set()
            if not wait.over and next_leader is None:
                next_leader = wait
        if self._shared.leader is None and next_leader is not None and next_leader.turn is not None:
            next_leader.turn.set()
