"""What one attempt means: done, refused, or failed, and then whether the write may have happened.

Pure: looks at an answer or an exception, knows no clock and sends nothing.
"""

from enum import Enum, IntEnum
from typing import NamedTuple

import httpx

from apipay import answers
from apipay.errors import ApiPayError
from apipay.pacing.transport import NO_CONNECTION
from apipay_client.errors import DecodeError
from apipay_client.parsing import json_body


class BodyTooLarge(httpx.TransportError):
    """An answer is larger than any that the service gives; the rest of it was not read."""


class Doubt(IntEnum):
    """After a failed attempt: how it may have taken effect. The higher, the less is known."""

    NONE = 0
    """It provably took no effect: the connection was never opened, or the answer was 429."""
    ANSWERED = 1
    """The service itself answered with a failure: its work is over, its effect unknown."""
    CUT = 2
    """The connection was cut, or a proxy answered in the service's place."""
    IN_FLIGHT = 3
    """No answer in time: the service may still be at work on it."""


class Kind(Enum):
    """What to do with the result of an attempt."""

    DONE = "done"
    REFUSED = "refused"
    """The service will not do it, now or again: hand the result on."""
    FAILED = "failed"
    """It can be tried again as far as the answer goes."""


class Verdict(NamedTuple):
    """What one attempt means."""

    kind: Kind
    doubt: Doubt = Doubt.NONE


DONE = Verdict(Kind.DONE)
REFUSED = Verdict(Kind.REFUSED)

NEVER_SENT = (
    *NO_CONNECTION,
    httpx.ProxyError,  # the tunnel to the service was not opened
)
"""No byte of the request left for the service."""

CANNOT_BE_SENT = (httpx.UnsupportedProtocol, httpx.InvalidURL)
"""The request itself is wrong: sending it again would fail again."""

_SLOW_GATEWAY = frozenset({504, 522, 524})  # the proxy gave up waiting; the service may not have
_BAD_GATEWAY = 502  # whoever says so, what stands behind it (Kaspi, say) may have done its work
_NEVER_CHANGES = frozenset({501, 505, 506, 508, 510, 511})


def judge(
    result: httpx.Response | Exception,
    *,
    success: tuple[int, ...] | None,
    writes: bool,
) -> Verdict:
    """Say what `result` (a read response, or what sending raised) means.

    `success`: the statuses that the operation promises, and with them JSON; None for a request
    that is no operation of the specification: then any body of a success is taken as it is.
    `writes`: whether the request changes something: then a body is checked to the last byte.
    """
    if isinstance(result, Exception):
        return _judge_exception(result, writes)
    status = result.status_code
    if 200 <= status < 300:
        empty = status in (204, 205)
        if success is None or (status in success if empty else _readable(result, writes)):
            return DONE
        # It says success, but the answer cannot be read: the effect is likely, its result lost.
        return Verdict(Kind.FAILED, Doubt.ANSWERED)
    if status == 429:
        return Verdict(Kind.FAILED, Doubt.NONE)
    if status == 408:
        return Verdict(Kind.FAILED, Doubt.CUT)
    if status < 500 or status in _NEVER_CHANGES:
        return REFUSED
    if status in _SLOW_GATEWAY:
        return Verdict(Kind.FAILED, Doubt.IN_FLIGHT)
    from_service = status != _BAD_GATEWAY and answers.is_json_object(result.content)
    return Verdict(Kind.FAILED, Doubt.ANSWERED if from_service else Doubt.CUT)


def is_whole(response: httpx.Response) -> bool:
    """Whether an answer to a read is surely good; the cheap half of `judge`."""
    return response.status_code == 200 and _readable(response, to_the_last_byte=False)


def _judge_exception(error: Exception, writes: bool) -> Verdict:
    if isinstance(error, (*CANNOT_BE_SENT, ApiPayError)):
        return REFUSED  # the layers below raise an ApiPayError only in place of sending
    if isinstance(error, BodyTooLarge):
        return Verdict(Kind.FAILED, Doubt.ANSWERED) if writes else REFUSED
    if isinstance(error, NEVER_SENT):
        return Verdict(Kind.FAILED, Doubt.NONE)
    if isinstance(error, httpx.ReadTimeout):
        return Verdict(Kind.FAILED, Doubt.IN_FLIGHT)
    return Verdict(Kind.FAILED, Doubt.CUT)


def _readable(response: httpx.Response, to_the_last_byte: bool) -> bool:
    content = response.content
    ends = content[:1] + content[-1:]
    if ends not in (b"{}", b"[]"):
        stripped = content.strip()
        ends = stripped[:1] + stripped[-1:]
    if ends not in (b"{}", b"[]"):
        return False
    return not to_the_last_byte or isinstance(read_answer(response), (dict, list))


def read_answer(response: httpx.Response) -> object:
    """`answers.read_body` of a read answer; JSON is parsed once, for the typed result too."""
    try:
        return json_body(response)
    except DecodeError:
        return answers.read_body(response.content)


def describe(result: httpx.Response | Exception) -> str:
    """Name what was wrong, with nothing from outside in it: "status 503" or "ReadTimeout"."""
    if isinstance(result, Exception):
        return type(result).__name__
    return f"status {result.status_code}"
