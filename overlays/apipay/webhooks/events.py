"""Turn the raw bytes of a webhook into a typed event, once its signature is verified.

The events, their classes, their identity and their order come from `x-webhooks` in the
specification. An event that it does not know arrives as `UnknownEvent`.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final, NoReturn, Protocol, TypeAlias, cast

import attrs

from apipay.errors import ApiPayError
from apipay_client import models
from apipay_client.errors import DecodeError

from ._frames import Delivery, bare
from .delivery import WEBHOOKS
from .errors import PayloadError, SignatureError
from .signature import Keys, Secrets, Signature, check, keys_of, raw_body
from .state import EventKey

if TYPE_CHECKING:
    # The class of the one event of version 1.0; see `EventType.model`.
    from apipay_client.models import InvoiceEvent as InvoiceEvent

MAX_BODY_BYTES: Final = 1024 * 1024
"""The default limit of a webhook's body, 1 MiB. Real ones are smaller than 1 KiB."""

# Code that handles the event may recurse into it, with less of the stack left.
_MAX_DEPTH: Final = 64


class Event(Protocol):
    """A verified event: a class generated from the specification, or `UnknownEvent`.

    Tell them apart with `isinstance` or `match`.
    """

    @property
    def event(self) -> str:
        """The event's name, such as `invoice.status_changed`."""
        ...

    @property
    def timestamp(self) -> datetime | None:
        """When the event happened."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. It can contain customers' data."""
        ...


@attrs.frozen
class UnknownEvent:
    """A signed event that this version of the SDK does not know, such as `webhook.test`.

    Respond with 2xx to it. `data` has its fields.
    """

    event: str
    """The event's name."""

    data: Mapping[str, Any] = attrs.field(repr=False)
    """The whole JSON object, `event` and `timestamp` included. It can contain customers' data."""

    @property
    def timestamp(self) -> datetime | None:
        """When the event happened, if the body says so in RFC 3339."""
        value = self.data.get("timestamp")
        try:
            return datetime.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            return None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object as it came."""
        return dict(self.data)


@attrs.frozen
class EventType:
    """What the specification states about one event."""

    model: Any
    """The generated class."""

    ids: tuple["Path", ...]
    """Deliveries with equal values at these paths, and equal status, are the same event. Without
    any, deliveries with equal content are."""

    status: "Path"
    """The path of the status that the event reports; empty if it reports none."""

    ranks: Mapping[str, int]
    """Status -> its place in the order. A status never follows one of a higher place."""

    money: tuple[tuple["Path", re.Pattern[str]], ...]
    """Paths of amounts with the pattern that they match."""


Path: TypeAlias = tuple[str, ...]


def _path(text: str) -> Path:
    return tuple(text.split(".")) if text else ()


def _at(data: Any, path: Path) -> Any:
    try:
        for name in path:
            data = data.get(name)
    except AttributeError:  # not an object
        return None
    return data


def read_event_types(webhooks: Mapping[str, Any], classes: object) -> dict[str, EventType]:
    """Read the events of `x-webhooks`; their classes are attributes of `classes`."""
    types: dict[str, EventType] = {}
    for name, entry in webhooks.items():
        schema = entry["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        ((status, groups),) = entry.get("x-order", {"": ()}).items()
        money = entry.get("x-money", {}).items()
        types[name] = EventType(
            model=getattr(classes, schema.rpartition("/")[2]),
            ids=tuple(_path(one) for one in entry.get("x-dedup", ()) if one != status),
            status=_path(status),
            ranks={value: rank for rank, group in enumerate(groups) for value in group},
            money=tuple((_path(path), re.compile(pattern)) for path, pattern in money),
        )
    return types


EVENT_TYPES: Final[Mapping[str, EventType]] = read_event_types(WEBHOOKS, models)
"""Name of the event, as in the field `event` of a body -> what the specification states."""


@attrs.frozen(repr=False)
class Unverified:
    """What a delivery claims before its signature is checked. Use it only to choose a secret."""

    ids: Mapping[str, int | str]
    """Every `id` and `..._id` in the body by its path, such as `invoice.external_order_id`."""

    request: Any
    """The framework's request (the scope in ASGI); None in `unwrap`."""


SecretSource: TypeAlias = Secrets | Callable[[Unverified], Secrets | None]
"""The secret, or a function that chooses it for a delivery; None refuses the delivery with 401."""


def unwrap(
    body: bytes, signature: Signature, secret: SecretSource, *, max_bytes: int = MAX_BODY_BYTES
) -> Event:
    """Verify a webhook and return its event. Nothing is returned without a matching signature.

    Args:
        body: the raw bytes of the request, before any decoding or parsing.
        signature: the value of the `X-Webhook-Signature` header, or all headers of the request (a
            mapping of any framework, a WSGI environ, or (name, value) pairs; names in any case).
        secret: the webhook's secret from the dashboard, several of them during a rotation, or a
            function that chooses one by the ids in the body, which are not verified yet.
        max_bytes: refuse a larger body before computing anything from it.

    Returns:
        `InvoiceEvent` for `invoice.status_changed`, else `UnknownEvent`. Fields that the
        specification does not know are kept in `additional_properties`. A status that it does not
        know has `is_known` False.

    Raises:
        SignatureError: missing, repeated, malformed, or not matching. Respond with 401.
        PayloadError: too large, not UTF-8, not JSON, or not an event. Respond with 400.
        WebhookSecretError: `secret` is missing or blank.
        InvalidRequestError: `body` is not bytes.
    """
    try:
        body = raw_body(body)
        if len(body) > max_bytes:
            raise too_large(max_bytes)
        if callable(secret):
            delivery = Delivery(body, signature)
            del body, signature  # an exception of the function shows this frame
            secret = chosen(secret(unverified(delivery)))
            body, signature = delivery.body, delivery.headers
        return open_body(body, signature, keys_of(secret))
    except ApiPayError as error:
        refused = bare(error)
    body = signature = secret = b""  # what `hides_arguments` does, without the cost of a call
    raise refused


def open_body(body: bytes, signature: Signature, keys: Keys) -> Event:
    """Verify and parse a body of allowed size, with keys from `keys_of`."""
    check(body, signature, keys)
    return _parse(body)


def too_large(max_bytes: int) -> PayloadError:
    """Return the error for a body over the limit."""
    return PayloadError(f"The webhook's body is larger than {max_bytes} bytes.", "too_large")


def chosen(secret: Secrets | None) -> Secrets:
    """Return the secret that a `SecretSource` function chose, or refuse the delivery."""
    if secret is None:
        raise SignatureError("No secret belongs to the webhook's sender.", "unknown_sender")
    return secret


def unverified(delivery: Delivery) -> Unverified:
    """Collect the ids that a delivery claims; none if its body cannot be read."""
    ids: dict[str, int | str] = {}
    try:
        open_ = [("", json.loads(delivery.body))]
        for _ in range(_MAX_DEPTH):
            inner: list[tuple[str, Any]] = []
            for prefix, value in open_:
                if isinstance(value, dict):
                    for name, part in cast("dict[str, Any]", value).items():
                        inner.append((f"{prefix}{name}.", part))
                        if isinstance(part, (int, str)) and (name == "id" or name.endswith("_id")):
                            ids[f"{prefix}{name}"] = part
            open_ = inner
    except (ValueError, RecursionError):
        pass
    return Unverified(ids, delivery.request)


def event_key(event: Event) -> EventKey:
    """Return the identity of an event: equal for deliveries of the same event.

    It is made of the fields that the specification names in `x-dedup`. For an event without them,
    or one that the specification does not know, it is a digest of the content.
    """
    kind = EVENT_TYPES.get(event.event)
    if kind is None or not (kind.ids or kind.status) or isinstance(event, UnknownEvent):
        content = json.dumps(event.to_dict(), sort_keys=True, separators=(",", ":"), default=str)
        digest = hashlib.sha256(content.encode()).hexdigest()
        return EventKey(f"event:{digest}", event.event, _seconds(event.timestamp))
    values = ",".join(str(_attribute(event, path)) for path in kind.ids)
    if not kind.status:
        return EventKey(f"{event.event}:{values}", event.event, _seconds(event.timestamp))
    # All statuses of one resource share a record: `invoice:4217`.
    resource, status = kind.status[:-1], str(_attribute(event, kind.status))
    reached = _attribute(event, (*resource, f"{status}_at"))
    at = _seconds(reached if isinstance(reached, datetime) else event.timestamp)
    return EventKey(f"{'.'.join(resource)}:{values}", status, at, kind.ranks)


def _attribute(value: Any, path: Path) -> Any:
    for name in path:
        value = getattr(value, name, None)
    return value


def _seconds(moment: datetime | None) -> float | None:
    if moment is None:
        return None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()


def _parse(body: bytes) -> Event:
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise PayloadError(
            f"The webhook's body is not UTF-8 (at byte {error.start}).", "encoding"
        ) from None
    data: dict[str, Any] | None = _load(text)
    name = data.get("event") if type(data) is dict else None
    if data is None or not isinstance(name, str):
        raise PayloadError(
            "The webhook's body is not a JSON object that names its event in `event`.", "shape"
        )
    kind = EVENT_TYPES.get(name)
    if kind is None:
        return UnknownEvent(name, data)
    try:
        event: Event = kind.model.from_dict(data)
    except DecodeError as error:
        raise _shape(name, error.path, error.expected) from None
    for path, pattern in kind.money:
        amount = _at(data, path)
        text = f"{amount}.00" if type(amount) is int else str(amount)
        if amount is not None and not pattern.fullmatch(text):
            raise _shape(name, "/" + "/".join(path), "an amount of the stated form")
    return event


def _shape(name: str, path: str, expected: str) -> PayloadError:
    return PayloadError(
        f"The webhook's body is not as the specification states {name}: the value at "
        f"{path or '/'} is not {expected}.",
        "shape",
    )


def _load(text: str) -> Any:
    """Parse JSON strictly: no NaN, no unpaired surrogates, no deep nesting."""
    text = text.strip(" \t\n\r")
    try:
        data, end = _DECODER.raw_decode(text)
        if end != len(text):
            raise json.JSONDecodeError("Extra data", text, end)
    except json.JSONDecodeError as error:
        # error.msg is one of the parser's own fixed sentences. It quotes nothing of the body.
        raise PayloadError(
            f"The webhook's body is not JSON: {error.msg} (at character {error.pos}).", "json"
        ) from None
    except RecursionError:
        raise _too_deep() from None
    except (ValueError, InvalidOperation):
        raise PayloadError(
            "The webhook's body is JSON with NaN, Infinity, or a number of too many digits.", "json"
        ) from None
    if "[" in text or text.count("{") > _MAX_DEPTH:
        _check_depth(data)
    if "\\" in text and ("\\ud" in text or "\\uD" in text):
        try:
            json.dumps(data, ensure_ascii=False, default=str).encode()
        except UnicodeEncodeError:
            raise PayloadError(
                "The webhook's body has an unpaired surrogate in a string.", "encoding"
            ) from None
        except RecursionError:
            raise _too_deep() from None
    return data


def _check_depth(data: object) -> None:
    """Refuse objects and arrays that are nested too deeply. Does not recurse itself."""
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


def _too_deep() -> PayloadError:
    return PayloadError(
        f"The webhook's body is JSON nested more than {_MAX_DEPTH} levels deep.", "json"
    )


def _not_a_number(_: str) -> NoReturn:
    raise ValueError


# json.loads builds a decoder for each call that has an option.
_DECODER: Final = json.JSONDecoder(parse_float=Decimal, parse_constant=_not_a_number)
