"""The sandbox's time: real, sped up, manual, or another clock's.

All days are days in UTC: a recurring invoice bills at midnight UTC, and `date_from` and `date_to`
are whole days in UTC. The public documentation does not name a time zone.
"""

import functools
import threading
import time
from datetime import UTC, date, datetime
from email.utils import formatdate
from typing import Protocol

from .errors import SandboxError

_LATEST = datetime(9000, 1, 1, tzinfo=UTC).timestamp()
MAX_JUMP = 3660 * 86_400.0
"""The longest time that one `advance` can skip, in seconds: ten years."""


class SandboxClock(Protocol):
    """What the sandbox needs of a clock."""

    def now(self) -> float:
        """Return Unix seconds. They never go back."""
        ...

    def advance(self, seconds: float) -> None:
        """Move the time forward at once."""
        ...

    def real_seconds_until(self, moment: float) -> float | None:
        """Return the real seconds until `moment`; None if only `advance` can reach it."""
        ...


def check_jump(seconds: float) -> None:
    """Reject a step that is negative, not a number, or too long."""
    if not 0 <= seconds <= MAX_JUMP:
        raise SandboxError(
            f"The clock moves forward by 0 to {MAX_JUMP:.0f} seconds at once.", status=422
        )


class RunningClock:
    """Real time multiplied by `speed`. With `speed=0` it stands still until `advance`."""

    def __init__(self, speed: float = 1.0, start: float | None = None) -> None:
        if not 0 <= speed <= 1e6:
            raise SandboxError("The clock's speed must be between 0 and 1000000.", status=422)
        self._speed = speed
        self._started = time.monotonic()
        self._offset = time.time() if start is None else start
        self._lock = threading.Lock()

    def now(self) -> float:
        # One expression, so that readers need no lock.
        return self._offset + (time.monotonic() - self._started) * self._speed

    def advance(self, seconds: float) -> None:
        check_jump(seconds)
        if seconds > _LATEST - self.now():
            raise SandboxError("The clock cannot pass the year 9000.", status=422)
        with self._lock:
            self._offset += seconds

    def real_seconds_until(self, moment: float) -> float | None:
        if self._speed == 0:
            return None
        return max(0.0, moment - self.now()) / self._speed


class TimeSource(Protocol):
    """A clock to follow, such as `apipay.testing.VirtualClock`."""

    def time(self) -> float:
        """Return Unix seconds."""
        ...


class FollowingClock:
    """Follows another clock, so that a client and the sandbox share one time in a test.

    Advancing the sandbox advances the source, if it has a method `advance`.
    """

    # The source does not notify its followers, so it is polled, in real seconds.
    _POLL_SECONDS = 0.02

    def __init__(self, source: TimeSource) -> None:
        self._source = source
        self._seen = source.time()

    def now(self) -> float:
        self._seen = max(self._seen, self._source.time())
        return self._seen

    def advance(self, seconds: float) -> None:
        move = getattr(self._source, "advance", None)
        if move is None:
            raise SandboxError(
                "The clock that the sandbox follows has no method `advance`: move it yourself.",
                status=409,
            )
        check_jump(seconds)
        move(seconds)

    def real_seconds_until(self, moment: float) -> float | None:
        return self._POLL_SECONDS


def timestamp(moment: float) -> str:
    """Format Unix seconds as RFC 3339 in UTC: `2026-11-22T09:15:00Z`."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def http_date(moment: float) -> bytes:
    """Format Unix seconds for the header `Date`: `Sun, 22 Nov 2026 09:15:00 GMT`."""
    return _http_date(int(moment))


@functools.lru_cache(maxsize=1)
def _http_date(second: int) -> bytes:
    return formatdate(second, usegmt=True).encode()


def day_of(moment: float) -> date:
    """Return the day in UTC."""
    return datetime.fromtimestamp(moment, UTC).date()


def start_of(day: date) -> float:
    """Return the first moment of a day in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
