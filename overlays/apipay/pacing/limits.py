"""Rate limits, and what a response says about the rate limit."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from apipay._response import fields, http_date
from apipay.errors import InvalidRequestError

Priority = Literal["high", "normal", "low"]
"""The order in which waiting requests get a permit: `high` before `normal` before `low`."""

LEVELS: Mapping[Priority, int] = {"high": 0, "normal": 1, "low": 2}

MAX_RETRY_AFTER: Final = 24 * 3600.0
"""A longer `Retry-After`, in seconds, is taken for a mistake and cut to this."""

_MARGIN = 0.005
"""Share of the window added to it, because the timer of the server can be coarser than ours."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `requests` in any `window_seconds`."""

    requests: int
    window_seconds: float

    def __post_init__(self) -> None:
        if self.requests < 1:
            raise InvalidRequestError(
                f"A rate limit cannot allow {self.requests} requests. Pass 1 or more, or "
                "rate_limit=None to switch pacing off."
            )
        if not (math.isfinite(self.window_seconds) and self.window_seconds > 0):
            raise InvalidRequestError(
                "The window of a rate limit must be a finite number of seconds above 0."
            )

    @classmethod
    def from_spec(cls, extensions: Mapping[str, Any]) -> "RateLimit | None":
        """Return the limit that the spec states as `x-rate-limit`, or None without one."""
        stated = extensions.get("x-rate-limit")
        if stated is None:
            return None
        return cls(requests=int(stated["requests"]), window_seconds=float(stated["window_seconds"]))

    @property
    def hold_seconds(self) -> float:
        """Seconds for which a request counts after its response."""
        return self.window_seconds * (1 + _MARGIN)

    @property
    def reserve(self) -> int:
        """Requests that `low` leaves free, so that a refund never waits behind polling."""
        return self.requests // 10


class Outcome(NamedTuple):
    """The end of a request, as far as the budget is concerned."""

    status: int | None = None
    """Status code, or None without a response."""
    remaining: int | None = None
    """Requests that are left, according to the response."""
    retry_after: float | None = None
    """Seconds to wait, according to the response. The budget uses it after a 429 only."""
    sent: bool = True
    """False when the request certainly did not reach the server."""


NOT_SENT: Final = Outcome(sent=False)
NO_RESPONSE: Final = Outcome()


def outcome_of(status: int, headers: Mapping[str, str], body: object, now: float) -> Outcome:
    """Return what a response says about the rate limit. A malformed value counts as absent.

    Where several values say how long to wait, the longest one counts, up to a day. A date in
    `Retry-After` is compared with the `Date` of the same response, if it has one, so that a wrong
    clock on either side does no harm.

    Args:
        status: The status code.
        headers: The headers; names are looked up in lower case (`httpx.Headers` ignores the case).
        body: The parsed JSON body, or None.
        now: Unix time.
    """
    said = fields(body)
    header = headers.get("retry-after")
    waits = [
        _seconds(said.get("retry_after")),
        _seconds(said.get("retry_after_seconds")),
        _seconds(header),
        _seconds_until(header, headers.get("date"), now),
    ]
    known = [wait for wait in waits if wait is not None]
    return Outcome(
        status,
        remaining=_count(headers.get("x-ratelimit-remaining", "")),
        retry_after=min(max(known), MAX_RETRY_AFTER) if known else None,
    )


def _count(header: str) -> int | None:
    return int(header) if header.isascii() and header.isdigit() and len(header) < 10 else None


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _seconds_until(date: str | None, base: str | None, now: float) -> float | None:
    moment = http_date(date)
    if moment is None:
        return None
    since = http_date(base)
    return max(0.0, moment - (now if since is None else since))
