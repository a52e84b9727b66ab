"""What the result of one attempt means. Pure: knows no clock and sends nothing."""

from enum import Enum

import httpx

from apipay.errors import ClientClosedError
from apipay_client.errors import DecodeError
from apipay_client.operations import Operation
from apipay_client.parsing import json_body

Result = httpx.Response | Exception
"""What one attempt gave: a response that was read, or what sending raised."""


class ResponseTooLarge(httpx.TransportError):
    """A response is larger than any that the service gives; the rest of it was not read."""


class OtherRequestFailed(httpx.TransportError):
    """A request that an event hook or the auth of the user's http_client made has failed.

    It says nothing about our own request, which may have been sent before.
    """


class Classification(Enum):
    """What one attempt means."""

    SUCCESS = "success"
    REFUSED = "refused"
    """It did not happen, and trying again would not help."""
    NO_EFFECT = "no effect"
    """It did not happen: it was never sent, or the specification says so of the status code."""
    IN_DOUBT = "in doubt"
    """It failed, and it may have happened."""


NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,  # the tunnel to the service was not opened
)
"""No byte of the request left for the service."""

CANNOT_BE_SENT = (httpx.UnsupportedProtocol, ClientClosedError)
"""Raised in place of sending, and sending again would fail again."""

_FAILURES = (httpx.TransportError, httpx.DecodingError, httpx.InvalidURL, OSError)
"""What a broken connection or a broken response (its Location, say) raises. Others are defects."""

_GAVE_UP = frozenset({408, 460, 499})
"""The service or a proxy stopped waiting; behind it, the request may have gone on."""
_PERMANENT = frozenset({501, 505, 506, 508, 510, 511})
_ASSUMED_WITHOUT_EFFECT = (429,)
"""For a request that is not an operation of the specification."""


def classify(result: Result, operation: Operation | None, *, writes: bool) -> Classification:
    """Return what `result` means for a request of `operation`.

    `writes`: sending the request twice could do its work twice.
    """
    if isinstance(result, Exception):
        return _classify_exception(result, writes)
    status = result.status_code
    if 200 <= status < 300:
        return (
            Classification.SUCCESS if _is_readable(result, operation) else Classification.IN_DOUBT
        )
    if status in (_ASSUMED_WITHOUT_EFFECT if operation is None else operation.no_effect):
        return Classification.NO_EFFECT
    if status in _GAVE_UP or (writes and not 400 <= status < 500):
        return Classification.IN_DOUBT
    if status >= 500 and status not in _PERMANENT:
        return Classification.IN_DOUBT
    return Classification.REFUSED


def describe(result: Result) -> str:
    """Name the failure without anything from outside: "status 503" or "ReadTimeout"."""
    if isinstance(result, Exception):
        return type(result).__name__
    return f"status {result.status_code}"


def is_defect(result: Result) -> bool:
    """Return True for an exception that no network and no service can cause."""
    return isinstance(result, Exception) and not isinstance(result, (*_FAILURES, *CANNOT_BE_SENT))


def _classify_exception(error: Exception, writes: bool) -> Classification:
    if isinstance(error, CANNOT_BE_SENT):
        return Classification.REFUSED
    if isinstance(error, NEVER_SENT):
        return Classification.NO_EFFECT
    if not writes and (is_defect(error) or isinstance(error, ResponseTooLarge)):
        return Classification.REFUSED
    return Classification.IN_DOUBT


def _is_readable(response: httpx.Response, operation: Operation | None) -> bool:
    """Return True if a 2xx response has the body that the operation promises, as far as JSON goes.

    What a body of another content type holds is for the generated code to decode.
    """
    status = response.status_code
    if operation is None or status in operation.no_content:
        return True
    if status not in (*operation.success, 200, 201):
        return False
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("", "text/html") and not kind.endswith("json"):
        return True
    try:
        json_body(response)
    except DecodeError:
        return False
    return True
