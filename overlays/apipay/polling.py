"""Asking again until something has happened: how often, for how long, through which failures.

`Poll` decides and does no I/O; `poll` and `poll_async` ask and sleep.
"""

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from apipay._clock import SYSTEM_CLOCK, Clock
from apipay.errors import ApiPayError, InvalidRequestError, ResponseDecodeError, WaitTimeoutError
from apipay_client.types import CallOptions

T = TypeVar("T")

_TICK = 1e-6
"""Seconds that are none: sums of floats are not exact."""

OnUnknown = Literal["wait", "return"]
"""What to do with a status that the specification does not know: go on, or hand it over."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to ask: `interval` seconds, each time `growth` times as many, up to `longest`."""

    interval: float = 2.0
    growth: float = 1.0
    longest: float = 30.0

    def __post_init__(self) -> None:
        numbers = (self.interval, self.growth, self.longest)
        if not all(math.isfinite(number) for number in numbers) or self.interval <= 0:
            raise InvalidRequestError("An interval between polls is a number of seconds above 0.")
        if self.growth < 1 or self.longest < self.interval:
            raise InvalidRequestError(
                "Between polls growth is 1 or more, and longest is not shorter than interval."
            )

    def after(self, polls: int) -> float:
        """The pause after so many polls."""
        try:
            return min(self.longest, self.interval * math.pow(self.growth, polls - 1))
        except OverflowError:
            return self.longest


def is_survivable(error: Exception) -> bool:
    """Whether a failed poll says nothing about what is waited for, so that asking again helps."""
    return isinstance(error, ApiPayError) and (
        error.is_retryable or isinstance(error, ResponseDecodeError)
    )


def wish_of(error: Exception) -> float:
    """Seconds that the service asked to wait, else 0."""
    wish = getattr(error, "retry_after", None)
    return float(wish) if isinstance(wish, int | float) else 0.0


def check_timeout(timeout: float | None) -> None:
    """Refuse what is no number of seconds."""
    if timeout is None:
        return
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not timeout >= 0:
        raise InvalidRequestError("A timeout is a number of seconds, 0 or more, or None.")


class Poll(Generic[T]):
    """The course of one wait. All moments are `Clock.monotonic` seconds.

    At the deadline it asks one last time, so that what happened in the last pause is not missed.
    """

    def __init__(
        self,
        pace: Pace,
        deadline: float | None,
        priority: Literal["normal", "low"] = "low",
    ) -> None:
        self._pace = pace
        self._priority: Literal["normal", "low"] = priority
        self._polls = 0
        self.deadline = deadline
        """Can be moved while polling."""
        self.last: T | None = None
        """The latest answer."""
        self.failure: Exception | None = None
        """Why the latest poll failed; None when it did not."""

    def options(self, now: float) -> CallOptions:
        """Options for the next question: it may take until the deadline, or one interval."""
        options: CallOptions = {"priority": self._priority}
        if self.deadline is not None:
            options["deadline"] = max(self.deadline - now, self._pace.interval)
        return options

    def answered(self, value: T, now: float) -> float | None:
        """Note an answer that does not end the wait. The pause before the next; None: time up."""
        self.last, self.failure = value, None
        return self.pause(now)

    def failed(self, error: Exception, now: float) -> float | None:
        """Note a failed poll. Raises `error` itself where asking again cannot help."""
        if not is_survivable(error):
            raise error
        self.failure = error
        return self.pause(now, wish_of(error))

    def pause(self, now: float, at_least: float = 0.0) -> float | None:
        """The pause after a poll, or None when the time is up."""
        self._polls += 1
        pause = max(self._pace.after(self._polls), at_least)
        if self.deadline is None:
            return pause
        left = self.deadline - now
        return min(pause, left) if left > _TICK else None

    def timed_out(self, message: str, resume: object = None) -> WaitTimeoutError:
        """The error for a wait that came to its deadline."""
        error = WaitTimeoutError(message, last=self.last, resume=resume)
        error.__cause__ = self.failure
        return error


def poll(
    ask: Callable[[CallOptions], T],
    is_done: Callable[[T], bool],
    state: Poll[T],
    clock: Clock = SYSTEM_CLOCK,
) -> T | None:
    """Ask until `is_done`; None when the deadline came first.

    A poll that fails for a passing reason (connection, 5xx, 429, an answer that cannot be read)
    does not end the wait; any other error is raised. `ask` gets the deadline for its call.
    """
    while True:
        try:
            value = ask(state.options(clock.monotonic()))
        except Exception as error:
            pause = state.failed(error, clock.monotonic())
        else:
            if is_done(value):
                return value
            pause = state.answered(value, clock.monotonic())
        if pause is None:
            return None
        clock.sleep(pause)


async def poll_async(
    ask: Callable[[CallOptions], Awaitable[T]],
    is_done: Callable[[T], bool],
    state: Poll[T],
    clock: Clock = SYSTEM_CLOCK,
) -> T | None:
    """`poll` for asyncio and trio. Cancelling the task ends it at once."""
    while True:
        try:
            value = await ask(state.options(clock.monotonic()))
        except Exception as error:
            pause = state.failed(error, clock.monotonic())
        else:
            if is_done(value):
                return value
            pause = state.answered(value, clock.monotonic())
        if pause is None:
            return None
        await clock.sleep_async(pause)
