"""The requests of a look-up, and how its answers are read and dated: pure functions."""

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar

import httpx

from apipay import answers
from apipay.transport.verdict import read_answer
from apipay_client.codec import JSON_EXTENSION, loads
from apipay_client.errors import DecodeError
from apipay_client.operations import Operation

T = TypeVar("T")

_RESOLUTION = 1.0  # seconds: `Date` and `created_at` are whole seconds, cut off
_APART = 60.0  # seconds by which the clock of `created_at` may be behind that of `Date`
_FUTURE = 3.0  # seconds: what was created later than this after `Date` has another clock


@dataclass(frozen=True, slots=True)
class Reply:
    """A look-up's answer, with the `Clock.monotonic` moments between which it was given."""

    response: httpx.Response
    sent_at: float
    received_at: float

    def read(self, convert: Callable[[object], T]) -> T | None:
        """The typed body, or None where it is not what the specification says."""
        try:
            return convert(loads(self.response.content))
        except DecodeError:
            return None


class Age(Enum):
    """Whether something was there before the call began."""

    OLDER = "older"
    RECENT = "recent"
    UNKNOWN = "unknown"


def age(created_at: datetime | None, reply: Reply, began_at: float) -> Age:
    """Say whether `created_at` is before the call that began at `began_at` (`Clock.monotonic`).

    Measured by the service's own clock: the answer's `Date`, less the time since the call began,
    so that a wrong clock on our side changes nothing. Both stamps are cut to whole seconds, so
    what was made up to two seconds before the call still counts as recent. A proxy may have set
    `Date` by another clock than the service's: what is only a little older can be our own.
    """
    date = answers.http_date(reply.response.headers.get("date"))
    if created_at is None or created_at.tzinfo is None or date is None:
        return Age.UNKNOWN
    created = created_at.timestamp()
    if created > date + _FUTURE:
        return Age.UNKNOWN
    began = date - (reply.received_at - began_at)
    if created + _RESOLUTION > began:
        return Age.RECENT
    return Age.OLDER if created + _RESOLUTION + _APART <= began else Age.UNKNOWN


@functools.cache
def _path_pattern(template: str) -> re.Pattern[str]:
    escaped = re.escape(template).replace(r"\{", "{").replace(r"\}", "}")
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", escaped) + "$")


def path_arguments(request: httpx.Request, operation: Operation) -> Mapping[str, str]:
    """The values in the path of `request`, by their names in the operation's path."""
    match = _path_pattern(operation.path).search(request.url.path)
    return {} if match is None else match.groupdict()


def derive(
    request: httpx.Request,
    source: Operation,
    target: Operation,
    path: Mapping[str, object] | None = None,
    params: Mapping[str, Any] | None = None,
) -> httpx.Request:
    """Return the request of operation `target`, to the server and with the key of `request`.

    `source` is the operation that `request` is. A look-up goes first in the rate budget, and no
    cache may answer it.
    """
    whole = request.url.path
    match = _path_pattern(source.path).search(whole)
    prefix = whole if match is None else whole[: match.start()]
    url = request.url.copy_with(path=prefix + target.path.format(**(path or {})), query=None)
    headers = request.headers.copy()
    for name in ("content-length", "content-type", "transfer-encoding"):
        headers.pop(name, None)
    headers["cache-control"] = "no-cache"  # what was true a minute ago is no evidence
    extensions = {
        **request.extensions,
        "operation": target,
        "options": {**request.extensions.get("options", {}), "priority": "high"},
    }
    extensions.pop(JSON_EXTENSION, None)  # a look-up carries no body
    return httpx.Request(target.method, url, params=params, headers=headers, extensions=extensions)


def body_of(request: httpx.Request) -> Mapping[str, Any]:
    """The JSON object that `request` carries, less what is null; empty when it carries none."""
    document = request.extensions.get(JSON_EXTENSION)
    if document is None:
        document = answers.read_body(request.content)
    return {name: value for name, value in answers.fields(document).items() if value is not None}


def fields_of(response: httpx.Response) -> Mapping[str, object]:
    """The JSON object in a read answer; empty when it is none."""
    return answers.fields(read_answer(response))


def id_of(response: httpx.Response) -> int | None:
    """The `id` of the resource in an answer."""
    value = fields_of(response).get("id")
    return value if isinstance(value, int) and not isinstance(value, bool) else None
