"""From the failed attempt to the exception that the caller gets."""

import re
from collections.abc import Iterable, Mapping

import httpx

from apipay import _response
from apipay._http.classify import (
    NEVER_SENT,
    ResponseTooLarge,
    Result,
    describe,
    is_defect,
)
from apipay.errors import (
    APIConnectionError,
    ApiPayError,
    APIStatusError,
    APITimeoutError,
    InvalidRequestError,
    OutcomeUnknownError,
    ResponseDecodeError,
)
from apipay_client.errors import ClientError, InvalidArgument, UnexpectedStatus
from apipay_client.errors import ResponseDecodeError as GeneratedDecodeError
from apipay_client.operations import OPERATIONS

_PLAIN_PATH = re.compile(r"(/([a-z][a-z_]{0,39}|\d{1,4}))*")


def error_for(
    result: Result,
    *,
    operation: str | None,
    attempts: int,
    host: str,
    retry_after: float | None = None,
    sent_fields: Iterable[str] = (),
) -> Exception:
    """Return the exception for a failed attempt.

    A defect, in apipay or in code that the user passed in, is returned as it is.
    """
    name = operation or "The request"
    if isinstance(result, ApiPayError) or is_defect(result):
        assert isinstance(result, Exception)
        return result
    if isinstance(result, Exception):
        error = _from_exception(result, operation, attempts, host)
        error.__cause__ = _without_frames(result)
        error.__suppress_context__ = True
        return error
    if result.is_success:
        return ResponseDecodeError(
            f"{name} returned status {result.status_code} with a body that is not the JSON that "
            "the specification promises.",
            status_code=result.status_code,
            body=_response.parse(result.content),
            headers=result.headers,
            operation=operation,
            attempts=attempts,
        )
    return APIStatusError.from_response(
        result,
        operation=operation,
        attempts=attempts,
        retry_after=retry_after,
        sent_fields=sent_fields,
    )


def _from_exception(
    error: Exception, operation: str | None, attempts: int, host: str
) -> ApiPayError:
    name = operation or "The request"
    times = f" after {attempts} attempts" if attempts > 1 else ""
    cause = describe(error)
    if isinstance(error, httpx.UnsupportedProtocol):
        return InvalidRequestError(f"{name} cannot be sent: the URL is invalid.")
    if isinstance(error, ResponseTooLarge):
        return ResponseDecodeError(
            f"{name} returned a body larger than any that the service gives.",
            status_code=0,
            operation=operation,
            attempts=attempts,
        )
    if isinstance(error, httpx.TimeoutException):
        missing = "connection" if isinstance(error, NEVER_SENT) else "response"
        return APITimeoutError(
            f"{name}: no {missing} from {host} in time{times} ({cause}).",
            operation=operation,
            attempts=attempts,
        )
    failed = "could not be opened" if isinstance(error, NEVER_SENT) else "failed"
    return APIConnectionError(
        f"{name}: the connection to {host} {failed}{times} ({cause}).",
        operation=operation,
        attempts=attempts,
    )


def _without_frames(error: Exception) -> Exception | None:
    """Return `error` as a cause that is safe to show, or None.

    The frames of httpx hold the request with its key and body, and an error tracker shows them.
    The text of a protocol error repeats bytes of the request or the response.
    """
    if isinstance(error, httpx.ProtocolError | httpx.DecodingError | httpx.InvalidURL):
        return None
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


def from_generated(error: ClientError) -> Exception:
    """Return what to raise for an error of the generated client (its `on_error`)."""
    if isinstance(error, InvalidArgument):
        return InvalidRequestError(str(error))
    if isinstance(error, UnexpectedStatus) and not 200 <= error.status_code < 300:
        response = httpx.Response(
            error.status_code, content=error.content, headers=list(error.headers.items())
        )
        return APIStatusError.from_response(response, operation=error.operation or None)
    if not isinstance(error, UnexpectedStatus | GeneratedDecodeError):
        return error
    path = _safe_path(error.path) if isinstance(error, GeneratedDecodeError) else ""
    made = ResponseDecodeError(
        f"{error.operation} returned status {error.status_code}, and the body breaks the "
        f"specification{' at ' + path if path else ''}.",
        status_code=error.status_code,
        path=path,
        body=_response.parse(error.content),
        headers=error.headers,
        operation=error.operation,
    )
    operation = OPERATIONS.get(error.operation)
    if operation is None or operation.retry in ("safe", "idempotent"):
        return made
    unknown = OutcomeUnknownError(
        f"{error.operation} has most likely happened: it returned status {error.status_code}, but "
        "its response could not be read.",
        operation=error.operation,
        status_code=error.status_code,
    )
    unknown.__cause__ = made
    return unknown


def _safe_path(path: str) -> str:
    """Return the JSON pointer if it consists of field names and indices, else "".

    The keys of a map come from the response and could hold anything.
    """
    return path if _PLAIN_PATH.fullmatch(path) else ""


def sent_fields(document: object, parameters: Iterable[str]) -> frozenset[str]:
    """Return the names of what a request carries in its JSON body and its query."""
    names: Mapping[str, object] = _response.fields(document)
    return frozenset((*names, *(name.removesuffix("[]") for name in parameters)))
