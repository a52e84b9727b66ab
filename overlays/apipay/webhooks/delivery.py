"""How the service delivers webhooks, read from the specification: header, scheme, limits, events.

The facts stand under `x-webhooks` in openapi.yaml, one entry per event. The receiver cannot know
the event before it has checked the signature, so the entries have to agree on how they are signed.
"""

from collections.abc import Mapping
from typing import Any

from apipay_client.operations import EXTENSIONS

_WEBHOOKS: Mapping[str, Any] = EXTENSIONS["x-webhooks"]


def _same_for_all(field: str) -> Any:
    values = {entry["x-delivery"][field] for entry in _WEBHOOKS.values()}
    if len(values) != 1:
        raise RuntimeError(f"x-webhooks in the specification disagree on {field}: {sorted(values)}")
    return values.pop()


SIGNATURE_HEADER: str = _same_for_all("signature_header")
"""The header that carries the signature, `X-Webhook-Signature`."""

SIGNATURE_SCHEME: str = _same_for_all("signature_scheme")
"""The word before `=` in the signature; also the name of the hash in `hashlib`: `sha256`."""

ANSWER_SECONDS: float = _same_for_all("timeout_seconds")
"""The service waits this many seconds for the receiver's answer, then counts it as failed."""

MAX_DELIVERIES: int = _same_for_all("max_attempts")
"""An event is delivered at most this many times, the first delivery included."""


def _model_name(entry: Mapping[str, Any]) -> str:
    schema = entry["post"]["requestBody"]["content"]["application/json"]["schema"]
    return str(schema["$ref"]).rpartition("/")[2]


MODEL_NAMES: Mapping[str, str] = {event: _model_name(entry) for event, entry in _WEBHOOKS.items()}
"""Name of the event, as in the field `event` of a body -> name of its class in the models."""
