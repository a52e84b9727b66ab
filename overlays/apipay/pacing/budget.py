"""The request budget of one API key, shared by all threads and tasks of this process."""

import itertools
import os
import threading
import weakref
from bisect import bisect_left, insort
from collections.abc import Callable, Generator
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from apipay._clock import SYSTEM_CLOCK, Clock
from apipay.errors import RateLimitWaitError
from apipay.pacing.limits import LEVELS, Outcome, Priority, RateLimit
from apipay.pacing.window import Permit, Window

OnWait = Callable[[float], None]
"""Called with the expected seconds once, before the first wait of a request."""


@dataclass(frozen=True, slots=True)
class BudgetState:
    """What a budget looks like at one moment."""

    limit: RateLimit
    remaining: int
    """Requests that could go at once."""
    waiting: int
    """Requests that wait for their turn in this process."""


class Budget(Protocol):
    """Lets requests go at the pace that the key allows. `deadline` is a `Clock.monotonic` moment.

    `acquire` blocks until the request may go. It raises `RateLimitWaitError` as soon as it is
    known that this cannot be before `deadline`, not when `deadline` has come.
    Every permit goes back through `settle`, with how the request ended.
    """

    def acquire(
        self,
        priority: Priority = "normal",
        deadline: float | None = None,
        on_wait: OnWait | None = None,
    ) -> Permit: ...

    async def acquire_async(
        self,
        priority: Priority = "normal",
        deadline: float | None = None,
        on_wait: OnWait | None = None,
    ) -> Permit: ...

    def settle(self, permit: Permit, outcome: Outcome) -> None: ...

    async def settle_async(self, permit: Permit, outcome: Outcome) -> None: ...

    def state(self) -> BudgetState: ...


Turns = Generator[float, None, Permit]
"""Yields the seconds to sleep before the next look; returns the permit."""


def wait_turns(turns: Turns, clock: Clock) -> Permit:
    """Sleep through `turns` in this thread."""
    try:
        while True:
            clock.sleep(next(turns))
    except StopIteration as end:
        permit: Permit = end.value
        return permit
    finally:
        turns.close()


async def wait_turns_async(turns: Turns, clock: Clock) -> Permit:
    """Sleep through `turns` in this task."""
    try:
        while True:
            await clock.sleep_async(next(turns))
    except StopIteration as end:
        permit: Permit = end.value
        return permit
    finally:
        turns.close()


class LocalBudget:
    """The budget of one key inside one process; safe for threads, tasks and forks.

    Of those who wait, `high` goes first, then `normal`, then `low`, each in the order of arrival.
    Whoever waits as `low` for a whole window goes on as `normal`, so that polling slows down under
    load but does not stop. A tenth of the budget is never used by `low`.
    """

    def __init__(self, limit: RateLimit, clock: Clock = SYSTEM_CLOCK) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._window = Window(limit)
        self._queue: list[tuple[int, int]] = []  # (level, arrival), sorted
        self._arrivals = itertools.count()
        _registry.alive.add(self)

    @property
    def limit(self) -> RateLimit:
        """The limit that it keeps to. A new one holds from then on."""
        return self._window.limit

    @limit.setter
    def limit(self, limit: RateLimit) -> None:
        with self._lock:
            self._window.limit = limit

    def acquire(
        self,
        priority: Priority = "normal",
        deadline: float | None = None,
        on_wait: OnWait | None = None,
    ) -> Permit:
        permit = self._at_once(priority)
        if permit is None:
            permit = wait_turns(self.turns(priority, deadline, on_wait), self._clock)
        return permit

    async def acquire_async(
        self,
        priority: Priority = "normal",
        deadline: float | None = None,
        on_wait: OnWait | None = None,
    ) -> Permit:
        permit = self._at_once(priority)
        if permit is None:
            turns = self.turns(priority, deadline, on_wait)
            permit = await wait_turns_async(turns, self._clock)
        return permit

    def settle(self, permit: Permit, outcome: Outcome) -> None:
        with self._lock:
            self._window.settle(permit, self._clock.monotonic(), outcome)

    async def settle_async(self, permit: Permit, outcome: Outcome) -> None:
        self.settle(permit, outcome)

    def state(self) -> BudgetState:
        with self._lock:
            remaining = self._window.remaining(self._clock.monotonic())
            return BudgetState(self.limit, remaining, len(self._queue))

    def count(self) -> Permit:
        """Let a request go without asking: someone else (a shared budget) has allowed it."""
        with self._lock:
            return self._window.start(self._clock.monotonic())

    def _at_once(self, priority: Priority) -> Permit | None:
        with self._lock:
            now = self._clock.monotonic()
            if not self._queue and not self._window.wait(now, low=priority == "low"):
                return self._window.start(now)
            return None

    def turns(self, priority: Priority, deadline: float | None, on_wait: OnWait | None) -> Turns:
        low = priority == "low"
        window = self.limit.window_seconds
        with self._lock:
            promoted_at = self._clock.monotonic() + window
            place = (LEVELS[priority], next(self._arrivals))
            insort(self._queue, place)
        try:
            while True:
                with self._lock:
                    now = self._clock.monotonic()
                    if place[0] == LEVELS["low"] and now >= promoted_at:
                        self._queue.remove(place)
                        place = (LEVELS["normal"], place[1])
                        insort(self._queue, place)
                    ahead = bisect_left(self._queue, place)
                    pause = self._window.wait(now, low=low, ahead=ahead)
                    if not pause:
                        permit = self._window.start(now)
                        self._queue.remove(place)
                        return permit
                refuse_too_long(now, pause, deadline)
                if on_wait is not None:
                    on_wait(pause)
                    on_wait = None
                # Look again before the expected moment, the sooner the nearer to the head: permits
                # can come back early, and others can step in front.
                look = min(1.0, window / 60) * (1 + ahead / self.limit.requests)
                yield min(pause, look)
        finally:
            with self._lock:
                if place in self._queue:
                    self._queue.remove(place)

    def after_fork(self) -> None:
        """Go on in a child process, where the parent's threads and waits do not exist."""
        self._lock = threading.Lock()  # another thread of the parent may have held the old one
        self._queue.clear()
        self._window.after_fork(self._clock.monotonic())

    def __repr__(self) -> str:
        return f"LocalBudget({self.limit!r})"


def refuse_too_long(now: float, pause: float, deadline: float | None) -> None:
    """Raise when a request that can go in `pause` seconds at the earliest misses its deadline."""
    if deadline is not None and now + pause > deadline:
        raise RateLimitWaitError(
            f"The request budget of this API key frees up in {pause:.1f} s at the earliest, and "
            f"the deadline of this call is in {max(0.0, deadline - now):.1f} s. Nothing was sent.",
            retry_after=pause,
        )


def key_id(api_key: str) -> str:
    """A name for the budget of `api_key` that does not give the key away."""
    return sha256(b"apipay budget " + api_key.encode()).hexdigest()[:24]


class _Registry:
    """The budgets of this process: all of them, and those that clients share."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.alive: weakref.WeakSet[LocalBudget] = weakref.WeakSet()
        self.shared: weakref.WeakValueDictionary[tuple[str, str, RateLimit, int], LocalBudget] = (
            weakref.WeakValueDictionary()
        )

    def after_fork(self) -> None:
        self.lock = threading.Lock()
        for budget in list(self.alive):
            budget.after_fork()


_registry = _Registry()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_registry.after_fork)


def local_budget(
    api_key: str, base_url: str, limit: RateLimit, clock: Clock = SYSTEM_CLOCK
) -> LocalBudget:
    """The one budget of this process for a key at a server: a second client shares the first's."""
    name = (key_id(api_key), base_url, limit, id(clock))
    with _registry.lock:
        budget = _registry.shared.get(name)
        if budget is None:
            budget = _registry.shared[name] = LocalBudget(limit, clock)
        return budget
