"""The rate limit: how many requests a key may make in a window, and what is left of it."""

import math
from collections import deque
from dataclasses import dataclass
from typing import Literal

from .errors import SandboxError


@dataclass(frozen=True, slots=True)
class RateLimit:
    """`requests` in `window_seconds`, per API key.

    The public documentation does not say how the window runs. "fixed": it opens with the first
    request and closes `window_seconds` later. "sliding": every request counts for `window_seconds`.
    """

    requests: int
    window_seconds: float
    window: Literal["fixed", "sliding"] = "fixed"

    def __post_init__(self) -> None:
        if self.requests < 1 or not 0 < self.window_seconds < math.inf:
            raise SandboxError(
                "A rate limit needs requests >= 1 and window_seconds > 0, both finite; None "
                "takes it off.",
                status=422,
            )


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request passes, how many more may follow, and else after how many seconds."""

    passes: bool
    remaining: int
    retry_after: int = 0


class Limiter:
    """Counts the requests of every key. Hold the store's lock.

    `limit` is None while there is no limit; set it to change the limit.
    """

    def __init__(self, limit: RateLimit | None) -> None:
        self.limit = limit
        self._requests: dict[str, deque[float]] = {}

    def clear(self) -> None:
        """Forget all requests."""
        self._requests.clear()

    def take(self, key: str, now: float) -> Verdict | None:
        """Count one request of `key` if it passes; None when there is no limit."""
        limit = self.limit
        if limit is None:
            return None
        seen = self._requests.setdefault(key, deque())
        _forget_old(limit, seen, now)
        if len(seen) < limit.requests:
            seen.append(now)
            return Verdict(True, limit.requests - len(seen))
        # Not more than the window, whatever the sums of floats say.
        wait = min(seen[0] + limit.window_seconds - now, limit.window_seconds)
        return Verdict(False, 0, max(1, math.ceil(wait)))


def _forget_old(limit: RateLimit, seen: deque[float], now: float) -> None:
    opened_before = now - limit.window_seconds
    if limit.window == "fixed":
        if seen and seen[0] <= opened_before:
            seen.clear()
        return
    while seen and seen[0] <= opened_before:
        seen.popleft()
