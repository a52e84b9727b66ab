"""The pure core of pacing: who may send when. No I/O, no clock, no lock.

A sliding window log. A request counts from the moment it is let go until one window after its
answer came. The server counted it at some moment in between, so whatever limiter the server runs
(a fixed window wherever it begins, or a sliding one), it never sees more than the limit in one
window; the price is one round trip per window. What the answers say (`remaining`, 429) corrects
the count, because other programs may use the same key.
"""

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass

from apipay.pacing.limits import Outcome, RateLimit

_TICK = 1e-6
"""Moments closer than this are the same moment: float sums of seconds are not exact."""


@dataclass(slots=True)
class Permit:
    """One request that was let go. Every permit is settled exactly once."""

    sent_at: float
    held: int
    """Requests counted at that moment, this one included."""
    started: int
    """Requests ever let go at that moment, this one included."""
    finished: int
    """Requests ever answered at that moment."""
    probe: bool
    """The first request after a 429: it finds out whether the door is open again."""


class Window:
    """The count of one key in one window. Every method takes `now` in seconds, never falling."""

    def __init__(self, limit: RateLimit) -> None:
        self.limit = limit
        self._answered: deque[tuple[float, float]] = deque()  # (counts until, sent at), in order
        self._in_flight = 0
        self._started = 0
        self._finished = 0
        self._foreign = 0  # requests of others that use the same key, as far as answers show
        self._foreign_until = 0.0
        self._closed_until = 0.0
        self._probing = False
        self._refusals = 0

    def wait(self, now: float, *, low: bool = False, ahead: int = 0) -> float:
        """Seconds until a request with `ahead` others before it can go at the earliest; 0: now."""
        self._forget(now)
        closed = self._closed_until - now
        if closed > _TICK:
            return closed
        if self._probing:
            probe_free = not self._in_flight and not ahead
            return 0.0 if probe_free else self.limit.window_seconds / 200
        capacity = self.limit.requests - (self.limit.reserve if low else 0)
        free = capacity - len(self._answered) - self._in_flight - self._foreign
        if ahead < free:
            return 0.0
        windows, place = divmod(ahead, capacity)
        later = windows * self.limit.hold_seconds
        if place < free:
            return later
        return max(self._frees_up(place - free, now) - now, _TICK) + later

    def start(self, now: float) -> Permit:
        """Count a request that is let go now."""
        self._in_flight += 1
        self._started += 1
        return Permit(
            sent_at=now,
            held=len(self._answered) + self._in_flight,
            started=self._started,
            finished=self._finished,
            probe=self._probing,
        )

    def settle(self, permit: Permit, now: float, outcome: Outcome) -> None:
        """Count the end of a request."""
        self._forget(now)
        self._in_flight -= 1
        if not outcome.sent:
            return
        if outcome.status == 429:
            self._close(now, outcome.retry_after)
            return
        self._answered.append((now + self.limit.hold_seconds, permit.sent_at))
        self._finished += 1
        if outcome.status is None:
            return
        self._refusals = 0
        if permit.probe:
            self._probing = False
        if outcome.remaining is not None:
            self._correct(permit, now, outcome.remaining)

    def after_fork(self, now: float) -> None:
        """In a child process: requests on their way belong to the parent and never end here."""
        until = now + self.limit.hold_seconds
        self._answered.extend((until, now) for _ in range(self._in_flight))
        self._finished += self._in_flight
        self._in_flight = 0

    def remaining(self, now: float) -> int:
        """Requests that could go at once."""
        self._forget(now)
        if self._closed_until - now > _TICK:
            return 0
        taken = len(self._answered) + self._in_flight + self._foreign
        free = self.limit.requests - taken
        return max(0, min(free, 1 - self._in_flight) if self._probing else free)

    def _forget(self, now: float) -> None:
        answered = self._answered
        while answered and answered[0][0] <= now + _TICK:
            answered.popleft()
        if self._foreign and self._foreign_until <= now + _TICK:
            self._foreign = 0

    def _frees_up(self, index: int, now: float) -> float:
        """When the request at `index`, in the order of release, stops to count."""
        ends = [until for until, _ in self._answered]
        before = bisect_right(ends, self._foreign_until)
        ends[before:before] = [self._foreign_until] * self._foreign
        # What is on its way is answered now at the earliest, and counts for a window after that.
        return ends[index] if index < len(ends) else now + self.limit.hold_seconds

    def _close(self, now: float, retry_after: float | None) -> None:
        """After a 429 nothing goes until the server's time is over, and then one request first.

        The refused request itself is not counted: the server says until when it refuses.
        """
        self._refusals += 1
        if retry_after is None:
            step = self.limit.window_seconds / self.limit.requests
            pause = min(step * 2 ** min(self._refusals - 1, 30), self.limit.window_seconds)
        else:
            pause = retry_after
        margin = self.limit.hold_seconds - self.limit.window_seconds
        self._closed_until = max(self._closed_until, now + max(pause, 0.0) + margin)
        self._probing = True

    def _correct(self, permit: Permit, now: float, remaining: int) -> None:
        """Bring the use by others in line with what an answer says is left.

        Answers of requests sent side by side come in any order, so one answer gives bounds only.
        The server had counted all of ours that were over before this one was sent, and at most
        those and the ones sent until now.
        """
        used = self.limit.requests - remaining
        ours_at_most = permit.held + self._started - permit.started
        at_least = used - ours_at_most
        if at_least >= max(self._foreign, 1):
            self._foreign = at_least
            self._foreign_until = now + self.limit.hold_seconds
        elif self._foreign:
            at_most = used - self._surely_counted(permit, now)
            self._foreign = max(0, min(self._foreign, at_most))

    def _surely_counted(self, permit: Permit, now: float) -> int:
        """Our requests that the server must have counted when it answered `permit`'s, it included.

        They were answered before that one was sent, and sent less than a window before now.
        """
        oldest = self._finished - len(self._answered)
        before = max(0, permit.finished - oldest)
        since = now - self.limit.window_seconds
        counted = sum(
            1
            for place, (_, sent_at) in enumerate(self._answered)
            if place < before and sent_at > since
        )
        return counted + 1
