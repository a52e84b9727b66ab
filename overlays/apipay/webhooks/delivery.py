"""How the service delivers webhooks, read from `x-webhooks` in the specification.

A receiver cannot know the event before it has checked the signature, so the entries of all events
must agree on how they are signed and delivered.
"""

from collections.abc import Mapping
from typing import Any, Final

from apipay_client.operations import EXTENSIONS

WEBHOOKS: Final[Mapping[str, Any]] = EXTENSIONS["x-webhooks"]
"""Name of the event -> its entry."""


def _same_for_all(field: str) -> Any:
    values = {entry["x-delivery"][field] for entry in WEBHOOKS.values()}
    if len(values) != 1:
        raise RuntimeError(f"x-webhooks in the specification disagree on {field}: {sorted(values)}")
    return values.pop()


SIGNATURE_HEADER: Final[str] = _same_for_all("signature_header")
"""The header that carries the signature, `X-Webhook-Signature`."""

SIGNATURE_SCHEME: Final[str] = _same_for_all("signature_scheme")
"""The text before `=` in the signature, and the name of the hash in `hashlib`: `sha256`."""

ANSWER_SECONDS: Final[float] = _same_for_all("timeout_seconds")
"""Seconds after which the service counts a delivery without a response as failed."""

MAX_DELIVERIES: Final[int] = _same_for_all("max_attempts")
"""Deliveries of one event at most, the first one included."""
