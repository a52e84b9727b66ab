"""The sandbox's time: real, sped up, moved by hand, or another clock's.

All days are days in UTC: a recurring invoice bills at midnight UTC, and `date_from` and `date_to`
mean whole days in UTC. The public documentation names no other time zone.
"""

import functools
import threading
import time
from datetime import UTC, date, datetime
from email.utils import formatdate
from typing import Protocol

from .errors import SandboxError

_LAST_MOMENT = datetime(9000, 1, 1, tzinfo=UTC).timestamp()


class SandboxClock(Protocol):
    """What the sandbox needs of a clock."""

    def now(self) -> float:
        """Unix seconds; never goes back."""
        ...

    def advance(self, seconds: float) -> None:
        """Let time pass at once."""
        ...

    def real_seconds_until(self, moment: float) -> float | None:
        """How long to wait for `moment`, in real seconds; None: only `advance` brings it."""
        ...


class RunningClock:
    """Real time, or real time multiplied by `speed`. `speed=0` stands still until `advance`."""

    def __init__(self, speed: float = 1.0, start: float | None = None) -> None:
        if not 0 <= speed <= 1e6:
            raise SandboxError("The clock's speed must be between 0 and 1000000.", status=422)
        self._speed = speed
        self._began = time.monotonic()
        self._moment = time.time() if start is None else start
        self._lock = threading.Lock()

    def now(self) -> float:
        """See `SandboxClock`."""
        # One expression: readers need no lock.
        return self._moment + (time.monotonic() - self._began) * self._speed

    def advance(self, seconds: float) -> None:
        """See `SandboxClock`."""
        if not 0 <= seconds <= _LAST_MOMENT - self.now():
            raise SandboxError(
                "The clock moves forward only, and not past the year 9000: give seconds >= 0.",
                status=422,
            )
        with self._lock:
            self._moment += seconds

    def real_seconds_until(self, moment: float) -> float | None:
        """See `SandboxClock`."""
        if self._speed == 0:
            return None
        return max(0.0, moment - self.now()) / self._speed


class TimeSource(Protocol):
    """A clock to follow: `apipay.testing.VirtualClock`, or the module `time`."""

    def time(self) -> float:
        """Return Unix seconds."""
        ...


class FollowingClock:
    """Follows another clock, so that a client and the sandbox share one time in a test.

    Advancing the sandbox advances the source, if it has a method `advance`, as
    `apipay.testing.VirtualClock` has.
    """

    # Nobody tells when the source moves, so it is looked at this often.
    _LOOK_SECONDS = 0.02

    def __init__(self, source: TimeSource) -> None:
        self._source = source
        self._seen = source.time()

    def now(self) -> float:
        """See `SandboxClock`."""
        self._seen = max(self._seen, self._source.time())
        return self._seen

    def advance(self, seconds: float) -> None:
        """See `SandboxClock`."""
        move = getattr(self._source, "advance", None)
        if move is None:
            raise SandboxError("The clock that the sandbox follows cannot be moved by hand.")
        if not seconds >= 0:
            raise SandboxError("The clock moves forward only: give seconds >= 0.", status=422)
        move(seconds)

    def real_seconds_until(self, moment: float) -> float | None:
        """See `SandboxClock`."""
        return self._LOOK_SECONDS


def timestamp(moment: float) -> str:
    """Write Unix seconds as RFC 3339 in UTC: `2026-11-22T09:15:00Z`."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def http_date(moment: float) -> bytes:
    """Write Unix seconds as the header `Date` does: `Sun, 22 Nov 2026 09:15:00 GMT`."""
    return _http_date(int(moment))


@functools.lru_cache(maxsize=1)
def _http_date(second: int) -> bytes:
    return formatdate(second, usegmt=True).encode()


def day_of(moment: float) -> date:
    """Return the day in UTC."""
    return datetime.fromtimestamp(moment, UTC).date()


def start_of(day: date) -> float:
    """Return the moment at which a day begins, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
