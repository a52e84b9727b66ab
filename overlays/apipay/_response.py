"""Read what any response of the service says, whatever its shape: pure functions.

None of them raises: a response that says nothing useful gives None or an empty mapping.
"""

import email.utils
import json
from collections.abc import Mapping
from typing import cast

_MAX_TEXT = 64 * 1024


def parse(content: bytes) -> object:
    """Return the parsed JSON, else the text (at most 64 KiB), else None for an empty body."""
    if not content:
        return None
    try:
        return cast(object, json.loads(content))
    except (ValueError, RecursionError):
        return content[:_MAX_TEXT].decode("utf-8", "replace")


def fields(body: object) -> Mapping[str, object]:
    """Return `body` if it is a JSON object, else an empty mapping."""
    return cast("Mapping[str, object]", body) if isinstance(body, dict) else {}


def message_of(body: object) -> str | None:
    """Return the text of an error body, or None."""
    for name in ("message", "error", "detail"):
        value = fields(body).get(name)
        if isinstance(value, str) and value.strip():
            return value
        nested = fields(value).get("message")
        if isinstance(nested, str) and nested.strip():
            return nested
    return None


def field_errors(body: object) -> dict[str, list[str]]:
    """Return field name -> texts of a 422 body; a single text counts as a list."""
    found: dict[str, list[str]] = {}
    for name, value in fields(fields(body).get("errors")).items():
        texts = cast("list[object]", value) if isinstance(value, list) else [value]
        found[name] = [text for text in texts if isinstance(text, str)]
    return found


def http_date(value: str | None) -> float | None:
    """Return an HTTP date (RFC 9110) as Unix seconds, or None if it is not one."""
    if not value:
        return None
    try:
        return email.utils.parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError, OSError):
        return None
