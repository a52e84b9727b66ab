"""What counts as evidence that a write happened.

A write in doubt is never sent again, so evidence that it did not happen is never needed. Evidence
that it did happen has to be exact: anything less leaves the outcome unknown.
"""

import hashlib
import hmac
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple, Protocol

import httpx

from apipay import _response
from apipay._options import ApiKey
from apipay._steps import Step
from apipay.errors import Lookup
from apipay_client.codec import JSON_EXTENSION
from apipay_client.errors import DecodeError
from apipay_client.operations import Operation

_RESOLUTION = 1.0
"""Seconds. `Date` and `created_at` are whole seconds, rounded down."""


class Reply(NamedTuple):
    """The response to a lookup, its JSON, and when it arrived, in Unix seconds by our clock."""

    response: httpx.Response
    body: object
    received_at: float


class Ask(Protocol):
    """Send one lookup. Raises `ApiPayError` if there is no good response."""

    def __call__(
        self, operation: Operation, path: Mapping[str, object], params: Mapping[str, Any]
    ) -> Generator[Step, Any, Reply]: ...


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one lookup.

    Attributes:
        reply: The resource, if the evidence is exact.
        made_id: Its id if the call created it; no other call may be given the same one.
        is_clear: False if something is there that could be the result of the call.
    """

    reply: Reply | None = None
    made_id: int | None = None
    is_clear: bool = False


NO_TRACE = Finding(is_clear=True)
UNCLEAR = Finding()

Excluded = Callable[[int], bool]
"""Returns True for the id of a resource that belongs to another call."""


class Sent(NamedTuple):
    """What a write sent."""

    path_id: str | None
    body: Mapping[str, object]


class Plan:
    """What is known of one write operation.

    Attributes:
        creates: The kind of resource that it creates, if it does.
        evidence: The fields of the request by which a lookup finds it.
        model: Reads the resource that a lookup returns.
        needs: The arguments and the evidence of its lookup.
    """

    creates: str | None = None
    evidence: tuple[str, ...] = ()
    needs: frozenset[str] = frozenset()
    model: Callable[[object], Any]

    def accepts(self, sent: Sent, body: object) -> bool:
        """Return True if `body` can only be the response to this request."""
        raise NotImplementedError

    def lookup(self, sent: Sent, sent_at: float, key: ApiKey) -> Lookup | None:
        """Return how to look the outcome up, or None."""
        return None

    def find(
        self, lookup: Lookup, ask: Ask, key: ApiKey, excluded: Excluded
    ) -> Generator[Step, Any, Finding]:
        """Look once."""
        raise NotImplementedError


def sent_by(request: httpx.Request, operation: Operation) -> Sent:
    """Return what `request` of `operation` carries."""
    template = operation.path.split("/")
    path_id = None
    if "{id}" in template:
        path_id = request.url.path.split("/")[template.index("{id}") - len(template)]
    document = request.extensions.get(JSON_EXTENSION)
    if document is None:  # not sent by a generated function
        with suppress(httpx.RequestNotRead):
            document = _response.parse(request.content)
    body = _response.fields(document)
    return Sent(path_id, {name: value for name, value in body.items() if value is not None})


def digest(key: ApiKey, text: str) -> str:
    """Return a keyed hash of a text that must not be stored, such as a phone number."""
    return hmac.new(key.value.encode(), text.encode(), hashlib.sha256).hexdigest()


def is_repeated(body: object, name: str, sent: object) -> bool:
    """Return False if a response holds another value than was sent, null included."""
    fields = _response.fields(body)
    return name not in fields or fields[name] == sent


def amount_text(value: object) -> str | None:
    """Return an amount with two decimals, or None if it has more: rounding proves nothing."""
    try:
        text = f"{Decimal(str(value)):.2f}"
    except InvalidOperation:
        return None
    return text if is_same_amount(text, value) else None


def is_same_amount(one: object, other: object) -> bool:
    """Compare two amounts exactly: "10.0" is 10, and 10.004 is not."""
    try:
        return Decimal(str(one)) == Decimal(str(other))
    except InvalidOperation:
        return False


def is_created_since(created_at: datetime | None, lookup: Lookup, reply: Reply) -> bool:
    """Return True if a resource was created between the sending of the write and now.

    It is measured by the service's own clock: the `Date` of the response minus the time since the
    write was sent, so that a difference between its clock and ours does not matter.
    """
    date = _response.http_date(reply.response.headers.get("date"))
    elapsed = reply.received_at - lookup.sent_at
    if created_at is None or created_at.tzinfo is None or date is None or elapsed < 0:
        return False
    created = created_at.timestamp()
    return date - elapsed - _RESOLUTION <= created <= date + _RESOLUTION


def decoded(model: Callable[[object], Any], reply: Reply) -> Any:
    """Return the typed body of a lookup, or None if it breaks the specification or is from a cache.

    A cached body can be older than the write, and then its `Date` is, too.
    """
    if reply.response.headers.get("age", "0") != "0":
        return None
    try:
        return model(reply.body)
    except DecodeError:
        return None
