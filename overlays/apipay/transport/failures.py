"""From what httpx raised, or the service answered, to the error that the caller gets."""

from collections.abc import Iterable

import httpx

from apipay import answers
from apipay.errors import (
    APIConnectionError,
    ApiPayError,
    APIStatusError,
    APITimeoutError,
    InvalidRequestError,
    Lookup,
    OutcomeUnknownError,
    ResponseDecodeError,
)
from apipay.redaction import safe_text
from apipay.transport.verdict import CANNOT_BE_SENT, NEVER_SENT, BodyTooLarge
from apipay_client.errors import ClientError, InvalidArgument, UnexpectedStatus
from apipay_client.errors import ResponseDecodeError as GeneratedDecodeError
from apipay_client.operations import API_KEY_HEADER, OPERATIONS, Operation

ATTEMPTS_EXTENSION = "apipay.attempts"
"""Request extension: how often the retry layer has sent this request."""


def operation_of(request: httpx.Request) -> Operation | None:
    """The operation that `request` is, or None when the generated code did not make it."""
    operation = request.extensions.get("operation")
    return operation if isinstance(operation, Operation) else None


def secrets_of(request: httpx.Request) -> Iterable[str]:
    """The API key, to take it out of what is shown."""
    key = request.headers.get(API_KEY_HEADER)
    return (key,) if key else ()


def error_for(
    result: httpx.Response | Exception, request: httpx.Request, now: float | None = None
) -> ApiPayError:
    """Return the error for a failed attempt. `now`: Unix seconds. Never raises.

    Its `__cause__` is set where the cause is safe to show.
    """
    operation = operation_of(request)
    name = None if operation is None else operation.id
    attempts: int = request.extensions.get(ATTEMPTS_EXTENSION, 1)
    if isinstance(result, ApiPayError):
        return result
    if isinstance(result, Exception):
        return _from_exception(result, name, attempts, request.url.host)
    if result.is_success:
        return ResponseDecodeError(
            f"{name or 'The request'} was answered with status {result.status_code} and a body "
            "that is not the JSON that the specification promises.",
            status_code=result.status_code,
            body=result.content[:65536].decode("utf-8", "replace"),
            headers=result.headers,
            operation=name,
            attempts=attempts,
        )
    return APIStatusError.from_response(
        result, operation=name, attempts=attempts, secrets=secrets_of(request), now=now
    )


def _from_exception(
    error: Exception, operation: str | None, attempts: int, host: str
) -> ApiPayError:
    name = operation or "The request"
    times = f" after {attempts} attempts" if attempts > 1 else ""
    made: ApiPayError
    if isinstance(error, CANNOT_BE_SENT):
        made = InvalidRequestError(f"{name} cannot be sent: the address is not a valid one.")
    elif isinstance(error, BodyTooLarge):
        made = ResponseDecodeError(
            f"{name} was answered with a body larger than any that the service gives.",
            status_code=0,
            operation=operation,
            attempts=attempts,
        )
    elif isinstance(error, httpx.TimeoutException):
        where = "no connection" if isinstance(error, NEVER_SENT) else "no answer"
        made = APITimeoutError(
            f"{name}: {where} in time from {host}{times} ({type(error).__name__}).",
            operation=operation,
            attempts=attempts,
        )
    else:
        where = "could not be opened" if isinstance(error, NEVER_SENT) else "failed"
        made = APIConnectionError(
            f"{name}: the connection to {host} {where}{times} ({type(error).__name__}).",
            operation=operation,
            attempts=attempts,
        )
    made.__cause__ = error if _is_safe_to_show(error) else None
    made.__suppress_context__ = True
    return made


def _is_safe_to_show(error: Exception) -> bool:
    """Whether the text of `error` can only be about the connection.

    A protocol error repeats bytes of the request or the answer: headers with the key, say.
    """
    if isinstance(error, httpx.ProtocolError | httpx.DecodingError | httpx.InvalidURL):
        return False
    if isinstance(error, httpx.HTTPError | OSError):
        return True
    # What else can come out of a transport: a mistake in a user's own is shown, the rest not.
    return isinstance(error, TypeError | AttributeError | AssertionError | NotImplementedError)


def from_generated(error: ClientError) -> Exception:
    """Return what to raise for an error of the generated client (its `on_error`).

    A write that was answered with a success nobody can read has most likely happened, so that is
    an `OutcomeUnknownError`, with the id to look up where the answer shows one.
    """
    if isinstance(error, InvalidArgument):
        return InvalidRequestError(str(error))
    if isinstance(error, GeneratedDecodeError):
        operation = OPERATIONS.get(error.operation)
        made = ResponseDecodeError(
            f"{error.operation} was answered with status {error.status_code}, and the answer "
            f"breaks the specification at {safe_text(error.path) or 'its root'}.",
            status_code=error.status_code,
            path=error.path,
            body=answers.read_body(error.content),
            headers=error.headers,
            operation=error.operation,
        )
        if operation is None or operation.retry in ("safe", "idempotent"):
            return made
        unknown = OutcomeUnknownError(
            f"{error.operation} has most likely happened: it was answered with status "
            f"{error.status_code}, but the answer could not be read.",
            operation=error.operation,
            lookup=_lookup_by_id(operation, made.body),
            status_code=error.status_code,
        )
        unknown.__cause__ = made
        return unknown
    if isinstance(error, UnexpectedStatus):
        response = httpx.Response(
            error.status_code, content=error.content, headers=list(error.headers.items())
        )
        return APIStatusError.from_response(response, operation=error.operation or None)
    return error


def _lookup_by_id(operation: Operation, body: object) -> Lookup | None:
    """The getter of the resource that an answer is about, by the tag of the operation."""
    made = answers.fields(body).get("id")
    for other in OPERATIONS.values():
        if other.tag == operation.tag and other.name == "get" and isinstance(made, int):
            return Lookup(other.id, {"id": made})
    return None
