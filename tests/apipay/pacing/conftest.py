"""Servers that enforce a limit, on a virtual clock, in the ways a real one may."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

Limiter = Callable[[float], "tuple[bool, int, float]"]


@dataclass
class FixedWindow:
    """The window begins with the first request and is emptied at its end."""

    requests: int
    seconds: float
    begun: float = float("-inf")
    used: int = 0

    def __call__(self, now: float) -> tuple[bool, int, float]:
        if now >= self.begun + self.seconds:
            self.begun, self.used = now, 0
        if self.used >= self.requests:
            return False, 0, self.begun + self.seconds - now
        self.used += 1
        return True, self.requests - self.used, 0.0


@dataclass
class AlignedWindow(FixedWindow):
    """Windows that begin at whole multiples of their length, whoever asks when."""

    def __call__(self, now: float) -> tuple[bool, int, float]:
        if now >= self.begun + self.seconds:
            self.begun, self.used = now - now % self.seconds, 0
        return super().__call__(now)


@dataclass
class SlidingLog:
    """Counts the requests of the last window, exactly."""

    requests: int
    seconds: float
    log: deque[float] = field(default_factory=deque)

    def __call__(self, now: float) -> tuple[bool, int, float]:
        while self.log and now - self.log[0] >= self.seconds:
            self.log.popleft()
        if len(self.log) >= self.requests:
            return False, 0, self.log[0] + self.seconds - now
        self.log.append(now)
        return True, self.requests - len(self.log), 0.0


LIMITERS = {"fixed": FixedWindow, "aligned": AlignedWindow, "sliding": SlidingLog}


@pytest.fixture(params=sorted(LIMITERS), scope="session")
def make_limiter(request: pytest.FixtureRequest) -> Callable[[int, float], Limiter]:
    """Makes a limiter from (requests, seconds); each gives (allowed, remaining, retry_after)."""
    kind: Callable[[int, float], Limiter] = LIMITERS[request.param]
    return kind
