"""Request budgets: permission to send, at the rate that the API key allows."""

import itertools
from bisect import bisect_left, insort
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from apipay._clock import SYSTEM_CLOCK, Clock
from apipay._process import LOCK, KeyState, adjust_after_fork
from apipay._steps import Steps
from apipay.errors import RateLimitWaitError
from apipay.pacing.limits import LEVELS, Outcome, Priority, RateLimit
from apipay.pacing.window import Permit, Window

OnWait = Callable[[float], None]
"""Called with the expected seconds, once, before the first wait of a request."""


@dataclass(frozen=True, slots=True)
class BudgetState:
    """A snapshot of a budget."""

    limit: RateLimit
    remaining: int
    """Requests that could start now."""
    waiting: int
    """Requests of this process that wait for a permit."""


class Budget(Protocol):
    """A request budget. Its methods are generators of steps, so it serves sync and async clients.

    Run them with the drivers of the client: `yield from budget.acquire(...)` in a call.
    """

    def acquire(
        self,
        priority: Priority = "normal",
        deadline: float | None = None,
        on_wait: OnWait | None = None,
    ) -> Steps[Permit]:
        """Wait until a request can start. Pass the permit to `release` exactly once.

        Args:
            priority: Who goes first among waiting requests.
            deadline: A `Clock.monotonic` moment.
            on_wait: Called with the expected seconds, once, before the first wait.

        Raises:
            RateLimitWaitError: A permit before `deadline` is impossible. Raised as soon as that is
                known, not when `deadline` has come.
        """
        ...

    def release(self, permit: Permit, outcome: Outcome) -> Steps[None]:
        """Count the end of a request."""
        ...

    def state(self) -> BudgetState:
        """Return a snapshot, without I/O."""
        ...

    def scoped(self, name: str, limit: RateLimit) -> "Budget":
        """Return the separate budget of the operation `name`, which has a limit of its own."""
        ...


class Wait:
    """The wait of one request for its permit: its level in the queue, its deadline, its sleeps."""

    def __init__(
        self,
        limit: RateLimit,
        priority: Priority,
        deadline: float | None,
        on_wait: OnWait | None,
        now: float,
    ) -> None:
        self._limit = limit
        self._level = LEVELS[priority]
        self._promoted_at = now + limit.window_seconds
        self._deadline = deadline
        self._on_wait = on_wait

    def level(self, now: float) -> int:
        """Return the level in the queue: `low` counts as `normal` after a window."""
        if self._level == LEVELS["low"] and now >= self._promoted_at:
            self._level = LEVELS["normal"]
        return self._level

    def sleep(self, now: float, pause: float, ahead: int = 0, reason: str | None = None) -> float:
        """Return the seconds to sleep before the next try.

        Permits can come back early and others can go first, so the next try is before the expected
        moment; the nearer to the head of the queue, the sooner.

        Raises:
            RateLimitWaitError: `pause` goes past the deadline, for `reason`.
        """
        if self._deadline is not None and now + pause > self._deadline:
            left = max(0.0, self._deadline - now)
            reason = reason or (
                f"The rate budget of this API key frees up in {pause:.1f} s at the earliest"
            )
            raise RateLimitWaitError(
                f"{reason}, and the deadline of this call is in {left:.1f} s. Nothing was sent.",
                retry_after=pause,
            )
        if self._on_wait is not None:
            self._on_wait(pause)
            self._on_wait = None
        interval = min(1.0, self._limit.window_seconds / 60)
        return min(pause, interval * (1 + ahead / self._limit.requests))


class LocalBudget:
    """The budget of one key in one process, for threads and tasks.

    Waiting requests go in the order of their priority, then of their arrival. A `low` request that
    has waited for a whole window counts as `normal`, so that polling slows down under load but
    does not stop. A tenth of the budget is never used by `low`.

    Args:
        limit: The rate limit to keep to.
        clock: The clock of the client.
        scopes: Where the budgets of operations with a limit of their own are kept, by name and
            limit.
    """

    def __init__(
        self,
        limit: RateLimit,
        clock: Clock = SYSTEM_CLOCK,
        scopes: "_Scopes | None" = None,
    ) -> None:
        self._clock = clock
        self._window = Window(limit)
        self._scopes: _Scopes = {} if scopes is None else scopes
        self._queue: list[tuple[int, int]] = []  # (level, arrival), sorted
        self._arrivals = itertools.count()
        adjust_after_fork(self)

    @property
    def limit(self) -> RateLimit:
        """The rate limit. A new value takes effect at once."""
        return self._window.limit

    @limit.setter
    def limit(self, limit: RateLimit) -> None:
        with LOCK:
            self._window.limit = limit

    def acquire(
        self,
        priority: Priority = "normal",
        deadline: float | None = None,
        on_wait: OnWait | None = None,
    ) -> Steps[Permit]:
        """See `Budget.acquire`."""
        low = priority == "low"
        with LOCK:
            now = self._clock.monotonic()
            if not self._queue and not self._window.wait(now, low=low):
                return self._window.start(now)
        wait = Wait(self.limit, priority, deadline, on_wait, now)
        arrival = next(self._arrivals)
        place = None
        try:
            while True:
                with LOCK:
                    now = self._clock.monotonic()
                    place = self._enter(place, (wait.level(now), arrival))
                    ahead = bisect_left(self._queue, place)
                    pause = self._window.wait(now, low=low, ahead=ahead)
                    if not pause:
                        return self._window.start(now)
                yield wait.sleep(now, pause, ahead)
        finally:
            with LOCK:
                self._leave(place)

    def release(self, permit: Permit, outcome: Outcome) -> Steps[None]:
        """See `Budget.release`."""
        self.count_end(permit, outcome)
        return
        yield  # makes it a generator, without a step

    def count_start(self) -> Permit:
        """Count a request that another budget has permitted."""
        with LOCK:
            return self._window.start(self._clock.monotonic())

    def count_end(self, permit: Permit, outcome: Outcome) -> None:
        """Count the end of a request."""
        with LOCK:
            self._window.release(permit, self._clock.monotonic(), outcome)

    def state(self) -> BudgetState:
        """See `Budget.state`."""
        with LOCK:
            remaining = self._window.remaining(self._clock.monotonic())
            return BudgetState(self.limit, remaining, len(self._queue))

    def scoped(self, name: str, limit: RateLimit) -> "LocalBudget":
        """See `Budget.scoped`."""
        return _member(self._scopes, name, limit, self._clock)

    def after_fork(self) -> None:
        """Continue in a child process, where no request waits and none is in flight."""
        self._queue.clear()
        self._window.after_fork(self._clock.monotonic())

    def _enter(self, old: tuple[int, int] | None, new: tuple[int, int]) -> tuple[int, int]:
        if new != old:
            self._leave(old)
            insort(self._queue, new)
        return new

    def _leave(self, place: tuple[int, int] | None) -> None:
        if place in self._queue:  # not after a fork
            self._queue.remove(place)

    def __repr__(self) -> str:
        return f"LocalBudget({self.limit!r})"


_Scopes = dict[tuple[str, RateLimit], LocalBudget]


def local_budget(state: KeyState, limit: RateLimit) -> LocalBudget:
    """Return the budget that all clients of this process with this key and limit share."""
    scopes = state.shared("budgets", _Scopes)
    return _member(scopes, "", limit, state.clock)


def _member(scopes: _Scopes, name: str, limit: RateLimit, clock: Clock) -> LocalBudget:
    with LOCK:
        found = scopes.get((name, limit))
        if found is None:
            found = scopes[name, limit] = LocalBudget(limit, clock, scopes)
        return found
