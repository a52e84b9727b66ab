"""The rate limit: how many requests an API key can make in a window."""

import math
from collections import deque
from dataclasses import dataclass
from typing import Literal

from .errors import SandboxError


@dataclass(frozen=True, slots=True)
class RateLimit:
    """`requests` in `window_seconds`, per API key.

    The public documentation does not describe the window. "fixed": it opens with the first
    request and closes `window_seconds` later. "sliding": each request counts for `window_seconds`.
    """

    requests: int
    window_seconds: float
    window: Literal["fixed", "sliding"] = "fixed"

    def __post_init__(self) -> None:
        if self.requests < 1 or not 0 < self.window_seconds < math.inf:
            raise SandboxError(
                "A rate limit needs requests >= 1 and window_seconds > 0, both finite. "
                "Use None for no limit.",
                status=422,
            )


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a request passes, how many more can follow, else seconds until the next can."""

    passes: bool
    remaining: int
    retry_after: int = 0


class Limiter:
    """Counts the requests of each key. Hold the store's lock. `limit=None` means no limit."""

    def __init__(self, limit: RateLimit | None) -> None:
        self.limit = limit
        self._requests: dict[str, deque[float]] = {}

    def clear(self) -> None:
        """Forget all requests."""
        self._requests.clear()

    def take(self, key: str, now: float) -> Decision | None:
        """Count a request of `key` if it passes; return None without a limit."""
        limit = self.limit
        if limit is None:
            return None
        seen = self._requests.setdefault(key, deque())
        _forget_old(limit, seen, now)
        if len(seen) < limit.requests:
            seen.append(now)
            return Decision(True, limit.requests - len(seen))
        # At most the window, in spite of float rounding.
        wait = min(seen[0] + limit.window_seconds - now, limit.window_seconds)
        return Decision(False, 0, max(1, math.ceil(wait)))


def _forget_old(limit: RateLimit, seen: deque[float], now: float) -> None:
    oldest = now - limit.window_seconds
    if limit.window == "fixed":
        if seen and seen[0] <= oldest:
            seen.clear()
        return
    while seen and seen[0] <= oldest:
        seen.popleft()
