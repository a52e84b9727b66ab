"""Turn the raw bytes of a webhook into a typed event, once its signature is verified.

The classes of the events are generated from the specification's `x-webhooks`; an event that the
specification does not know arrives as `UnknownEvent`.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn, TypeAlias, cast

import attrs

from apipay_client import models
from apipay_client.errors import DecodeError

from .delivery import MODEL_NAMES
from .errors import BodyEncodingError, BodyJSONError, BodyShapeError, BodyTooLargeError
from .signature import Secrets, Signature, raw_body, secret_keys, verify_with_keys

MAX_BODY_BYTES = 1024 * 1024
"""The default limit of a webhook's body, 1 MiB; real ones have less than 1 KiB."""

# Whoever works on the event after us may recurse into it, with less of the stack left.
_MAX_DEPTH = 64


@attrs.frozen
class UnknownEvent:
    """A signed event that this version of the SDK does not know, `webhook.test` for one.

    Answer 2xx to it; look into `data` if your code knows more than the SDK.
    """

    event: str
    """The event's name, as it came."""

    data: Mapping[str, Any] = attrs.field(repr=False)
    """The whole JSON object, `event` and `timestamp` included. It may hold customers' data."""

    @property
    def timestamp(self) -> datetime | None:
        """When the service made the event, if it says so in RFC 3339."""
        value = self.data.get("timestamp")
        try:
            return datetime.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            return None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object as it came."""
        return dict(self.data)


Event: TypeAlias = models.InvoiceEvent | UnknownEvent
"""What `unwrap` gives: tell them apart with `isinstance` or `match`."""


def unwrap(
    body: bytes, signature: Signature, secret: Secrets, *, max_bytes: int = MAX_BODY_BYTES
) -> Event:
    """Verify a webhook and return its event; there is no result without a matching signature.

    Args:
        body: the raw bytes of the request, before any decoding or parsing.
        signature: the value of the `X-Webhook-Signature` header, or all headers of the request (a
            mapping of any framework, a WSGI environ, or (name, value) pairs; names in any case).
        secret: the webhook's secret from the dashboard, or several of them during a rotation.
        max_bytes: a larger body is refused before anything is computed from it.

    Returns:
        `InvoiceEvent` for `invoice.status_changed`, else `UnknownEvent`. Fields that the
        specification does not know are kept in `additional_properties`, and a status that it does
        not know has `is_known` false.

    Raises:
        SignatureError: missing, repeated, malformed, of another scheme, or not matching. Answer
            401 and do nothing else.
        PayloadError: the body is not bytes, too large, not UTF-8, not JSON, or not an event.
        WebhookSecretError: `secret` is missing, empty or blank.
    """
    return unwrap_with_keys(body, signature, secret_keys(secret), max_bytes)


def unwrap_with_keys(
    body: bytes, signature: Signature, keys: Sequence[bytes], max_bytes: int
) -> Event:
    """Do what `unwrap` does, for keys that `secret_keys` has already checked."""
    body = raw_body(body)
    if len(body) > max_bytes:
        raise too_large(max_bytes)
    verify_with_keys(body, signature, keys)
    return _parse(body)


def too_large(max_bytes: int) -> BodyTooLargeError:
    """Return the error for a body over the limit."""
    return BodyTooLargeError(
        f"The webhook's body is larger than {max_bytes} bytes and was not looked at."
    )


def _parse(body: bytes) -> Event:
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise BodyEncodingError(
            f"The webhook's body is not UTF-8 (at byte {error.start})."
        ) from None
    data = _load(text)
    if not isinstance(data, dict):
        raise BodyShapeError("The webhook's body is not a JSON object.")
    data = cast("dict[str, Any]", data)
    name = data.get("event")
    if not isinstance(name, str):
        raise BodyShapeError("The webhook's body does not name its event: `event` is not a string.")
    model = _MODELS.get(name)
    if model is None:
        _check_depth(data)
        return UnknownEvent(name, data)
    try:
        event = model.from_dict(data)
    except DecodeError as error:
        raise BodyShapeError(
            f"The webhook's body is not what the specification promises of {name}: the value at "
            f"{error.path or '/'} is not {error.expected}."
        ) from None
    if event.additional_properties or event.invoice.additional_properties:
        _check_depth(data)
    return event


def _load(text: str) -> Any:
    """Parse JSON as RFC 8259 has it: no NaN, no name twice, no half of a surrogate pair."""
    text = text.strip(" \t\n\r")
    try:
        data, end = _DECODER.raw_decode(text)
        if end != len(text):
            raise json.JSONDecodeError("Extra data", text, end)
    except json.JSONDecodeError as error:
        # error.msg is one of the parser's own fixed sentences; nothing of the body is in it.
        raise BodyJSONError(
            f"The webhook's body is not JSON: {error.msg} (at character {error.pos})."
        ) from None
    except RecursionError:
        raise _too_deep() from None
    except (ValueError, InvalidOperation):
        # NaN and Infinity, a name twice, an integer or an exponent of too many digits.
        raise BodyJSONError(
            "The webhook's body is JSON with a number that is none, an endless one, or a name that "
            "comes twice in one object."
        ) from None
    if "\\" in text and ("\\ud" in text or "\\uD" in text):
        try:
            json.dumps(data, ensure_ascii=False, default=str).encode()
        except UnicodeEncodeError:
            raise BodyEncodingError(
                "The webhook's body has half of a surrogate pair in a string."
            ) from None
        except RecursionError:
            raise _too_deep() from None
    return data


def _check_depth(data: Mapping[str, Any]) -> None:
    """Refuse objects and arrays that are nested too deeply, without recursion of our own."""
    level: list[object] = [data]
    for _ in range(_MAX_DEPTH):
        inner: list[object] = []
        for value in level:
            if isinstance(value, dict):
                inner.extend(cast("dict[str, object]", value).values())
            elif isinstance(value, list):
                inner.extend(cast("list[object]", value))
        level = [value for value in inner if isinstance(value, (dict, list))]
        if not level:
            return
    raise _too_deep()


def _too_deep() -> BodyJSONError:
    return BodyJSONError(f"The webhook's body is JSON nested over {_MAX_DEPTH} levels deep.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        raise ValueError
    return data


def _not_a_number(_: str) -> NoReturn:
    raise ValueError


# Made once: json.loads builds a decoder for every call that has an option.
_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=Decimal, parse_constant=_not_a_number
)
_MODELS: Mapping[str, type[models.InvoiceEvent]] = {
    event: getattr(models, name) for event, name in MODEL_NAMES.items()
}
