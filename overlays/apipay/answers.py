"""Reads what any answer of the service says, whatever shape it has: pure functions, no I/O.

None of them raises: an answer that says nothing useful gives None or an empty mapping.
"""

import email.utils
import json
import math
from collections.abc import Mapping
from typing import cast

MAX_RETRY_AFTER = 24 * 3600.0
"""A longer wait, in seconds, is taken for a mistake and cut to this."""

_MAX_BODY_TEXT = 64 * 1024


def read_body(content: bytes) -> object:
    """Return the parsed JSON, else the text (at most 64 KiB), else None for an empty body."""
    if not content:
        return None
    try:
        return cast(object, json.loads(content))
    except (ValueError, RecursionError):
        return content[:_MAX_BODY_TEXT].decode("utf-8", "replace")


def is_json_object(content: bytes) -> bool:
    """True when `content` is one whole JSON object."""
    try:
        return isinstance(json.loads(content), dict)
    except (ValueError, RecursionError):
        return False


def fields(body: object) -> Mapping[str, object]:
    """Return `body` as a mapping when it is a JSON object, else an empty one."""
    return cast("Mapping[str, object]", body) if isinstance(body, dict) else {}


def message_of(body: object) -> str | None:
    """Return the service's own sentence, if the body has one."""
    for name in ("message", "error", "detail"):
        value = fields(body).get(name)
        if isinstance(value, str) and value.strip():
            return value
        nested = fields(value).get("message")
        if isinstance(nested, str) and nested.strip():
            return nested
    return None


def field_errors(body: object) -> dict[str, list[str]]:
    """Return the field -> messages mapping of a 422 body; a single message counts as a list."""
    found: dict[str, list[str]] = {}
    for name, value in fields(fields(body).get("errors")).items():
        messages = cast("list[object]", value) if isinstance(value, list) else [value]
        found[name] = [item for item in messages if isinstance(item, str)]
    return found


def http_date(value: str | None) -> float | None:
    """Return an HTTP date (RFC 9110) as Unix seconds, or None when it is not one."""
    if not value:
        return None
    try:
        return email.utils.parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def retry_after(body: object, headers: Mapping[str, str], now: float) -> float | None:
    """Return how long the service asks to wait, in seconds from `now` (Unix seconds).

    The header `Retry-After` (seconds or an HTTP date) and the body's `retry_after` (seconds);
    when both speak, the longer wait. A date is measured against the answer's own `Date` where it
    has one, so a wrong clock on either side does no harm.
    """
    waits = [_seconds(fields(body).get("retry_after"))]
    header = headers.get("retry-after")
    if header is not None:
        seconds = _seconds(header)
        if seconds is None:
            moment = http_date(header)
            if moment is not None:
                base = http_date(headers.get("date"))
                seconds = max(0.0, moment - (now if base is None else base))
        waits.append(seconds)
    known = [wait for wait in waits if wait is not None]
    return min(max(known), MAX_RETRY_AFTER) if known else None


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
