"""The pure core of pacing: the requests of one key in a sliding window. No I/O, clock or lock.

A request counts from the moment it is started until one window after its response. The server
counted it at some moment in between. So whatever limiter the server has (a fixed window that
begins at any moment, or a sliding one), it never sees more than the limit in one window. The price
is one round trip per window. Other programs can use the same key, so the count is corrected by
what responses say (`remaining`, 429).
"""

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass
from itertools import islice

from apipay.pacing.limits import Outcome, RateLimit

_EPSILON = 1e-6
"""Tolerance for float rounding, in seconds."""


@dataclass(slots=True, eq=False)
class Permit:
    """Permission for one request, with the counts at its start. Release it exactly once."""

    sent_at: float
    held: int
    """Requests that counted, this one included."""
    started: int
    """Requests ever started, this one included."""
    finished: int
    """Requests that ever ended."""
    probe: bool
    """The one request that finds out whether a 429 is over."""


class Window:
    """The count of one key. Every method takes `now` in seconds, which never decreases."""

    def __init__(self, limit: RateLimit) -> None:
        self.limit = limit
        self._ended: deque[tuple[float, float]] = deque()  # (counts until, sent at), in order
        self._in_flight = 0
        self._started = 0
        self._finished = 0
        self._foreign = 0  # requests of other programs with the same key
        self._foreign_until = 0.0
        self._closed_until = 0.0
        self._probing = False
        self._refusals = 0

    def wait(self, now: float, *, low: bool = False, ahead: int = 0) -> float:
        """Return the seconds until a request can start, at the earliest; 0 for now.

        Args:
            now: The current moment.
            low: Leave the reserve free.
            ahead: The number of waiting requests that go first.
        """
        self._forget(now)
        closed = self._closed_until - now
        if closed > _EPSILON:
            return closed
        if self._probing:
            return self.limit.window_seconds / 200 if self._in_flight or ahead else 0.0
        capacity = self.limit.requests - (self.limit.reserve if low else 0)
        free = capacity - len(self._ended) - self._in_flight - self._foreign
        if ahead < free:
            return 0.0
        windows, place = divmod(ahead, capacity)
        later = windows * self.limit.hold_seconds
        if place < free:
            return later
        return max(self._frees_up(place - free, now) - now, _EPSILON) + later

    def start(self, now: float) -> Permit:
        """Count a request that starts now."""
        self._in_flight += 1
        self._started += 1
        return Permit(
            sent_at=now,
            held=len(self._ended) + self._in_flight,
            started=self._started,
            finished=self._finished,
            probe=self._probing,
        )

    def release(self, permit: Permit, now: float, outcome: Outcome) -> None:
        """Count the end of a request."""
        self._forget(now)
        self._in_flight -= 1
        if not outcome.sent:
            return
        if outcome.status == 429:
            self._close(now, outcome.retry_after)
            return
        self._ended.append((now + self.limit.hold_seconds, permit.sent_at))
        self._finished += 1
        if outcome.status is None:
            return
        self._refusals = 0
        if permit.probe:
            self._probing = False
        if outcome.remaining is not None:
            self._correct(permit, now, outcome.remaining)

    def after_fork(self, now: float) -> None:
        """Adjust to a child process: requests in flight belong to the parent and never end here."""
        until = now + self.limit.hold_seconds
        self._ended.extend((until, now) for _ in range(self._in_flight))
        self._finished += self._in_flight
        self._in_flight = 0

    def remaining(self, now: float) -> int:
        """Return the number of requests that could start now."""
        self._forget(now)
        if self._closed_until - now > _EPSILON:
            return 0
        free = self.limit.requests - len(self._ended) - self._in_flight - self._foreign
        return max(0, min(free, 1 - self._in_flight) if self._probing else free)

    def _forget(self, now: float) -> None:
        ended = self._ended
        while ended and ended[0][0] <= now + _EPSILON:
            ended.popleft()
        if self._foreign and self._foreign_until <= now + _EPSILON:
            self._foreign = 0

    def _frees_up(self, index: int, now: float) -> float:
        """Return when the request at `index`, in the order of release, stops counting."""
        ends = [until for until, _ in self._ended]
        before = bisect_right(ends, self._foreign_until)
        ends[before:before] = [self._foreign_until] * self._foreign
        # A request in flight ends now at the earliest, and counts for a window after that.
        return ends[index] if index < len(ends) else now + self.limit.hold_seconds

    def _close(self, now: float, retry_after: float | None) -> None:
        """Stop all requests after a 429 for the time it asks for, then let one probe go first.

        A window at most: a long `Retry-After` can come from a proxy or count for one operation.
        The refused request itself does not count.
        """
        self._refusals += 1
        window = self.limit.window_seconds
        if retry_after is None:
            pause = window / self.limit.requests * 2 ** min(self._refusals - 1, 30)
        else:
            pause = retry_after
        margin = self.limit.hold_seconds - window
        self._closed_until = max(self._closed_until, now + min(pause, window) + margin)
        self._probing = True

    def _correct(self, permit: Permit, now: float, remaining: int) -> None:
        """Derive the use by other programs from what a response says is left.

        Responses to parallel requests come in any order, so one response gives bounds only. When
        the server sent it, it had counted all of our requests that ended before this one started,
        and at most those and the ones started until now.
        """
        used = self.limit.requests - remaining
        at_least = used - (permit.held + self._started - permit.started)
        if at_least >= max(self._foreign, 1):
            self._foreign = at_least
            self._foreign_until = now + self.limit.hold_seconds
        elif self._foreign:
            at_most = used - self._surely_counted(permit, now)
            self._foreign = max(0, min(self._foreign, at_most))

    def _surely_counted(self, permit: Permit, now: float) -> int:
        """Return how many of our requests the server had counted when it sent this response.

        They ended before `permit` was given and were sent less than a window ago; it is included.
        """
        before = max(0, permit.finished - (self._finished - len(self._ended)))
        since = now - self.limit.window_seconds
        return 1 + sum(sent_at > since for _, sent_at in islice(self._ended, before))
