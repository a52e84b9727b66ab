"""Every failure that apipay raises: one tree under `ApiPayError`.

    ApiPayError
    ├── InvalidRequestError          an argument is invalid; nothing was sent (also a ValueError)
    ├── ClientClosedError            the client was closed before this call
    ├── APIConnectionError           no response
    │   └── APITimeoutError          no response in time
    ├── APIStatusError               the service responded with an error status
    │   ├── BadRequestError 400      AuthenticationError 401    PermissionDeniedError 403
    │   ├── NotFoundError 404        ConflictError 409          GoneError 410
    │   ├── ValidationError 422      RateLimitError 429         ServerError 5xx
    ├── ResponseDecodeError          the response does not conform to the specification
    ├── OutcomeUnknownError          a write that may have happened
    ├── RateLimitWaitError           no room in the rate budget in time; nothing was sent
    ├── VerificationError
    │   ├── VerificationFailedError  VerificationTimeoutError
    ├── WaitTimeoutError             a wait reached its timeout
    └── WebhookError                 a webhook was not accepted; see `apipay.webhooks.errors`

Each is safe to log, pickle and copy. `str()`, `repr()` and pickles never hold the API key, a phone
number, a name or an IIN: a message quotes the service only where its text is one that the
specification states. The service's own words are in `server_message` and `field_errors`; these and
the other attributes that hold whole responses stay in the process and are empty after pickling.
"""

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from apipay import _response
from apipay_client.operations import STATED_MESSAGES

if TYPE_CHECKING:
    import httpx

__all__ = [
    "APIConnectionError",
    "APIStatusError",
    "APITimeoutError",
    "ApiPayError",
    "AuthenticationError",
    "BadRequestError",
    "ClientClosedError",
    "ConflictError",
    "GoneError",
    "InvalidRequestError",
    "Lookup",
    "NotFoundError",
    "OutcomeUnknownError",
    "PermissionDeniedError",
    "RateLimitError",
    "RateLimitWaitError",
    "ResponseDecodeError",
    "ServerError",
    "ValidationError",
    "VerificationError",
    "VerificationFailedError",
    "VerificationTimeoutError",
    "WaitTimeoutError",
]


def _restore(kind: type["ApiPayError"], state: Mapping[str, Any]) -> "ApiPayError":
    error = kind.__new__(kind, state["message"])
    error.__dict__.update(state)
    return error


class ApiPayError(Exception):
    """The base class of every failure.

    `str(error)` is `message` followed by `next_step`.

    Attributes:
        message: What happened, in one sentence that is safe to log.
        is_retryable: True if the same call, made again later, can succeed and can do no harm.
            False while the outcome of a write is open.
    """

    is_retryable: bool = False

    _next_step: ClassVar[str] = ""
    _private: ClassVar[Mapping[str, Any]] = {}
    """Attributes that can hold customer data, and what replaces each in a pickle."""

    message: str

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def next_step(self) -> str:
        """What to do about it, in one sentence; empty if there is nothing more to say."""
        return self._next_step

    def __str__(self) -> str:
        return f"{self.message} {self.next_step}".strip()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.message!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), {**self.__dict__, **copy.deepcopy(dict(self._private))})


class InvalidRequestError(ApiPayError, ValueError):
    """An argument is invalid; nothing was sent. The message says what to change."""


class ClientClosedError(ApiPayError):
    """The client was closed before this call; nothing was sent."""

    _next_step = "Create a new client, or close it later."

    def __init__(self, message: str = "This client is closed; nothing was sent.") -> None:
        super().__init__(message)


class APIConnectionError(ApiPayError):
    """No response: the connection could not be opened, or it failed.

    A write that is not idempotent raises this only if it was never sent; otherwise it raises
    `OutcomeUnknownError`.

    Attributes:
        operation: The operation id in the specification, such as "createInvoice", or None.
        attempts: How many times the request was sent.
    """

    is_retryable = True
    _next_step = "Check the network, proxy and DNS, then make the call again."

    def __init__(self, message: str, *, operation: str | None = None, attempts: int = 1) -> None:
        super().__init__(message)
        self.operation = operation
        self.attempts = attempts


class APITimeoutError(APIConnectionError):
    """No response within the timeout or the deadline of the call."""

    _next_step = "Make the call again, or give it a longer timeout or deadline."


class APIStatusError(ApiPayError):
    """The service responded with a status code that is not a success.

    Attributes:
        status_code: The HTTP status code.
        body: The parsed JSON of the response, else its text, else None. Can hold customer data.
        headers: The response headers, case-insensitive.
        operation: The operation id in the specification, such as "createInvoice", or None.
        attempts: How many times the request was sent.
        retry_after: Seconds that the service asks to wait, or None.

    `body` and `headers` are not in `str()`, `repr()` or pickles.
    """

    _next_step = "See `status_code` and `server_message` for what the service refused."
    _private: ClassVar[Mapping[str, Any]] = {"body": None, "headers": {}}

    def __init__(
        self,
        message: str,
        *,
        status_code: int,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        operation: str | None = None,
        attempts: int = 1,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.body = body
        self.headers: Mapping[str, str] = {} if headers is None else headers
        self.operation = operation
        self.attempts = attempts
        self.retry_after = retry_after

    @property
    def code(self) -> str | None:
        """The `error_code` of the response body, or None."""
        code = _response.fields(self.body).get("error_code")
        return code if isinstance(code, str) else None

    @property
    def request_id(self) -> str | None:
        """The `X-Request-Id` header of the response, or None."""
        return self.headers.get("X-Request-Id")

    @property
    def server_message(self) -> str | None:
        """The service's own text, unchanged. It can repeat what was sent: do not log it."""
        return _response.message_of(self.body)

    @property
    def field_errors(self) -> Mapping[str, list[str]]:
        """Field name -> the service's own texts. They can repeat what was sent: do not log them."""
        return _response.field_errors(self.body)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self.message!r}, status_code={self.status_code}, "
            f"operation={self.operation!r}, attempts={self.attempts})"
        )

    @classmethod
    def from_response(
        cls,
        response: "httpx.Response",
        *,
        operation: str | None = None,
        attempts: int = 1,
        retry_after: float | None = None,
        sent_fields: Iterable[str] = (),
    ) -> "APIStatusError":
        """Return the error of the class that fits a `response` that was read.

        Args:
            response: The response.
            operation: The operation id, or None.
            attempts: How many times the request was sent.
            retry_after: Seconds that the service asks to wait, or None.
            sent_fields: The names of the fields in the request. Only these are named in the
                message.
        """
        status = response.status_code
        kind = _BY_STATUS.get(status, ServerError if status >= 500 else APIStatusError)
        body = _response.parse(response.content)
        return kind(
            _status_message(operation or "The request", status, body, frozenset(sent_fields)),
            status_code=status,
            body=body,
            headers=response.headers,
            operation=operation,
            attempts=attempts,
            retry_after=retry_after,
        )


def _status_message(name: str, status: int, body: object, sent_fields: frozenset[str]) -> str:
    """Describe an error response, with nothing in it that the specification does not state."""
    said = _response.message_of(body)
    message = f"{name} failed with status {status}"
    if said is not None and said in STATED_MESSAGES:
        message += f": {said.rstrip('.')}."
    elif said is not None:
        message += "; the service's own words are in `server_message`."
    else:
        message += "."
    refused: list[str] = []
    for field_name, texts in sorted(_response.field_errors(body).items()):
        if field_name in sent_fields:
            stated = [text.rstrip(".") for text in texts if text in STATED_MESSAGES]
            refused.append(f"{field_name} ({'; '.join(stated)})" if stated else field_name)
    if refused:
        message += f" Refused: {', '.join(refused)}."
    return message


class BadRequestError(APIStatusError):
    """400: the request is not possible in the present state (the invoice is not pending, say)."""

    _next_step = "Get the resource and check its status."


class AuthenticationError(APIStatusError):
    """401: the API key is missing, invalid or expired."""

    _next_step = "Check the API key (argument api_key or APIPAY_API_KEY)."


class PermissionDeniedError(APIStatusError):
    """403: the organization is not verified, or the key lacks the permission."""

    _next_step = "Verify the organization first, or use a key with this permission."


class NotFoundError(APIStatusError):
    """404: the resource does not exist for this key."""

    _next_step = "Check the id, and that the key belongs to the same merchant."


class ConflictError(APIStatusError):
    """409: the request conflicts with another request or with the present state."""

    _next_step = "Get the resource and check its state before trying again."


class GoneError(APIStatusError):
    """410: the resource has expired, such as a verification window."""

    _next_step = "Start the flow again."


class ValidationError(APIStatusError):
    """422: the service refused fields of the request; see `field_errors`."""

    _next_step = "Correct the fields named in `field_errors`."


class RateLimitError(APIStatusError):
    """429: more requests than the key may send. `retry_after`: seconds to wait, or None."""

    is_retryable = True

    @property
    def next_step(self) -> str:
        wait = "a minute" if self.retry_after is None else f"{self.retry_after:g} s"
        return f"Wait {wait}, then make the call again, or give it a longer deadline."


class ServerError(APIStatusError):
    """5xx: the service, or a proxy in front of it, failed.

    A write that is not idempotent raises this only for a status code that the specification marks
    as having no effect; otherwise it raises `OutcomeUnknownError`.
    """

    is_retryable = True
    _next_step = "Make the call again later; if the failure lasts, contact the service."


_BY_STATUS: Mapping[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    410: GoneError,
    422: ValidationError,
    429: RateLimitError,
}


class ResponseDecodeError(ApiPayError):
    """The response is a success that does not conform to the specification.

    Attributes:
        status_code: The HTTP status code; 0 if the response was too large to be read.
        path: JSON pointer to the invalid value, "" for the whole body.
        operation: The operation id in the specification, or None.
        attempts: How many times the request was sent.
        body: The parsed JSON of the response, else its text. Can hold customer data.
        headers: The response headers, case-insensitive.

    `body` and `headers` are not in `str()`, `repr()` or pickles.
    """

    _next_step = "Check base_url and any proxy in front of the service, or upgrade apipay."
    _private: ClassVar[Mapping[str, Any]] = {"body": None, "headers": {}}

    def __init__(
        self,
        message: str,
        *,
        status_code: int,
        path: str = "",
        body: object = None,
        headers: Mapping[str, str] | None = None,
        operation: str | None = None,
        attempts: int = 1,
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.path = path
        self.body = body
        self.headers: Mapping[str, str] = {} if headers is None else headers
        self.operation = operation
        self.attempts = attempts


@dataclass(frozen=True, slots=True)
class Lookup:
    """The evidence by which `client.confirm` finds out later whether a write happened.

    Store it with the order, as JSON if you like: `json.dumps(lookup.to_dict())`, and back with
    `Lookup.from_dict`. It holds no phone number and no text of a refund's reason, only a keyed hash
    of each, so `confirm` needs the same API key. `repr()` shows no values.

    Attributes:
        call: The operation whose outcome is open, such as "createInvoice".
        operation: The operation that shows the outcome, such as "listInvoices".
        arguments: The arguments of `operation`.
        match: What the resource must hold. Empty if no evidence can be exact: then `confirm`
            never confirms it, and a person has to look.
        sent_at: When the request was sent, in Unix seconds by this machine's clock.
        known_ids: Resources that fit but certainly belong to other calls.
    """

    call: str
    operation: str
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])
    match: Mapping[str, str] = field(default_factory=dict[str, str])
    sent_at: float = 0.0
    known_ids: tuple[int, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the lookup as plain JSON values."""
        return {
            "call": self.call,
            "operation": self.operation,
            "arguments": dict(self.arguments),
            "match": dict(self.match),
            "sent_at": self.sent_at,
            "known_ids": list(self.known_ids),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Lookup":
        """Return the lookup that `to_dict` turned into JSON values."""
        try:
            return cls(
                call=str(values["call"]),
                operation=str(values["operation"]),
                arguments=dict(values["arguments"]),
                match={str(name): str(value) for name, value in values["match"].items()},
                sent_at=float(values["sent_at"]),
                known_ids=tuple(int(value) for value in values["known_ids"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            raise InvalidRequestError(
                "This is not a stored lookup. Pass what `Lookup.to_dict()` returned."
            ) from None

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}=..." for name in self.arguments)
        return f"Lookup({self.call} by {self.operation}({arguments}), match={sorted(self.match)})"


class OutcomeUnknownError(ApiPayError):
    """A write that may have happened, without exact evidence for or against it.

    Never make the call again before you know more: it could charge or refund twice. `__cause__` is
    the failure that left the outcome open.

    Attributes:
        operation: The operation id in the specification, such as "createRefund".
        lookup: Pass it to `client.confirm` later; None if the operation has no lookup.
        attempts: How many times the request was sent.
        status_code: The status code of the response, None if no response came.
    """

    def __init__(
        self,
        message: str,
        *,
        operation: str | None = None,
        lookup: Lookup | None = None,
        attempts: int = 1,
        status_code: int | None = None,
    ) -> None:
        super().__init__(message)
        self.operation = operation
        self.lookup = lookup
        self.attempts = attempts
        self.status_code = status_code

    @property
    def next_step(self) -> str:
        if self.lookup is None:
            return "Check the resource before you make the call again: it may have happened."
        return (
            "Do not make the call again yet: store `lookup` and pass it to client.confirm() after "
            "a minute and again after five."
        )


class RateLimitWaitError(ApiPayError):
    """The rate budget has no room before the call's deadline. Nothing was sent.

    Attributes:
        retry_after: Seconds until the budget should have room, or None.
        operation: The operation id in the specification, or None.
    """

    is_retryable = True
    _next_step = "Call again later, with a longer deadline, or with a higher priority."

    def __init__(
        self, message: str, *, retry_after: float | None = None, operation: str | None = None
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.operation = operation


class VerificationError(ApiPayError):
    """An organization was not verified.

    Attributes:
        organization_id: Its id, or None.
        last: The organization as last seen. It can hold the IIN: None after pickling.
    """

    _private: ClassVar[Mapping[str, Any]] = {"last": None}

    def __init__(
        self, message: str, *, organization_id: int | None = None, last: Any = None
    ) -> None:
        super().__init__(message)
        self.organization_id = organization_id
        self.last = last


class VerificationFailedError(VerificationError):
    """The owner refused in the Kaspi Business app, or the check failed."""

    _next_step = (
        "Check that the service's phone is a Cashier of the organization in Kaspi Business, "
        "then start a new verification."
    )


class VerificationTimeoutError(VerificationError):
    """The owner did not confirm within the verification window."""

    _next_step = "Start a new verification and have the owner confirm within its window."


class WaitTimeoutError(ApiPayError):
    """A wait reached its timeout. Nothing is lost: wait again.

    Attributes:
        last: What was last seen, or None. It can hold customer data: None after pickling.
        resume: A small value to store and to continue with, or None.
    """

    is_retryable = True
    _next_step = "Wait again with a longer timeout, or rely on the webhook."
    _private: ClassVar[Mapping[str, Any]] = {"last": None}

    def __init__(self, message: str, *, last: Any = None, resume: Any = None) -> None:
        super().__init__(message)
        self.last = last
        self.resume = resume
