"""How many requests are allowed in which window, and how a request ended for the count."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from apipay.errors import InvalidRequestError

Priority = Literal["high", "normal", "low"]
"""Who goes first when the budget is short: `high` before `normal` before `low`."""

LEVELS: Mapping[Priority, int] = {"high": 0, "normal": 1, "low": 2}

_MARGIN = 0.005
"""Share of the window kept as a margin: the server's timer need not be as fine as ours."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `requests` in any `window_seconds`."""

    requests: int
    window_seconds: float

    def __post_init__(self) -> None:
        if self.requests < 1:
            raise InvalidRequestError(
                f"A rate limit allows at least 1 request, not {self.requests}; "
                "to switch pacing off, pass rate_limit=None."
            )
        if not (math.isfinite(self.window_seconds) and self.window_seconds > 0):
            raise InvalidRequestError(
                "The window of a rate limit is a finite number of seconds above 0."
            )

    @classmethod
    def from_spec(cls, extensions: Mapping[str, Any]) -> "RateLimit | None":
        """The limit that the spec states as `x-rate-limit`, or None where it states none."""
        stated = extensions.get("x-rate-limit")
        if stated is None:
            return None
        return cls(requests=int(stated["requests"]), window_seconds=float(stated["window_seconds"]))

    @property
    def hold_seconds(self) -> float:
        """How long after its answer a request counts against the budget."""
        return self.window_seconds * (1 + _MARGIN)

    @property
    def reserve(self) -> int:
        """Requests that `low` may not use up, so that a refund never waits behind polling."""
        return self.requests // 10


class Outcome(NamedTuple):
    """How a request ended, as far as the budget cares."""

    status: int | None = None
    """None: no answer came."""
    remaining: int | None = None
    """What the answer said is left."""
    retry_after: float | None = None
    """Seconds to wait, from a 429."""
    sent: bool = True
    """False when the request surely never reached the server."""


NOT_SENT = Outcome(sent=False)
NO_ANSWER = Outcome()
