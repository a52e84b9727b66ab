"""How often, how fast and for how long a call is tried: values and arithmetic only."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from apipay.errors import InvalidRequestError


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """When to try again and when to give up. All times are seconds.

    The defaults outlive one full rate-limit window: a 429 that asks for 60 s is waited out.
    """

    max_retries: int = 4
    """How often a request is sent again after its first time. Look-ups do not count."""
    deadline: float | None = 120.0
    """The whole call, waits and look-ups included. None: no limit."""
    backoff_base: float = 0.5
    backoff_max: float = 8.0
    """The wait before retry n is random between 0 and min(backoff_max, backoff_base * 2**(n-1)),
    so that clients that failed together do not come back together."""
    settle_after_cut: float = 2.0
    """How long a write is looked for after its connection was cut, before it is held lost."""
    settle_after_timeout: float = 10.0
    """The same after a timeout, when the service may still be at work on it; and after a cut
    connection too for a refund, which cannot be taken back."""

    def __post_init__(self) -> None:
        check_max_retries(self.max_retries)
        check_deadline(self.deadline)
        for name in ("backoff_base", "backoff_max", "settle_after_cut", "settle_after_timeout"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise InvalidRequestError(f"{name} is a number of seconds from 0, not {value!r}.")


def check_max_retries(value: object) -> None:
    """Refuse what is not a whole number from 0."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InvalidRequestError("max_retries is a whole number from 0 (0: never send again).")


def check_deadline(value: object) -> None:
    """Refuse what is neither None nor a positive number of seconds."""
    if value is not None and (
        isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf
    ):
        raise InvalidRequestError("deadline is a number of seconds above 0, or None for no limit.")


def backoff(policy: RetryPolicy, retry: int, random: Callable[[], float]) -> float:
    """Seconds to wait before retry number `retry` (1 for the first): full jitter.

    `random` gives numbers from 0 to 1.
    """
    # 2**60 is far past any cap; the bound keeps the power from overflowing.
    ceiling = min(policy.backoff_max, policy.backoff_base * 2.0 ** min(retry - 1, 60))
    return ceiling * random()
