"""Every failure that apipay raises: one tree under `ApiPayError`.

    ApiPayError
    ├── InvalidRequestError          an argument is wrong; nothing was sent (a ValueError too)
    ├── ClientClosedError            the client was closed before this call
    ├── APIConnectionError           no answer came
    │   └── APITimeoutError          no answer came in time
    ├── APIStatusError               the service answered, and it was not a success
    │   ├── BadRequestError 400      AuthenticationError 401    PermissionDeniedError 403
    │   ├── NotFoundError 404        ConflictError 409          GoneError 410
    │   ├── ValidationError 422      RateLimitError 429         ServerError 5xx
    ├── ResponseDecodeError          the answer is not what the specification promises
    ├── OutcomeUnknownError          a write that may or may not have happened
    ├── RateLimitWaitError           the rate budget would not free up before the deadline
    ├── VerificationError
    │   ├── VerificationFailedError  VerificationTimeoutError
    ├── WaitTimeoutError             what was waited for did not come in time
    └── WebhookError                 a webhook was not accepted; see `apipay.webhooks.errors`

Each can be logged, pickled and copied without care. `str()`, `repr()` and pickles never hold the
API key, a phone number, a name or an IIN: what the service said is shown only as far as it is
made of plain words (`apipay.redaction`), and the attributes that hold whole answers (`body`,
`headers`, `last`) stay in the process: they are None or empty after pickling or copying.
"""

import copy
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from apipay import answers
from apipay.redaction import safe_text

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
    """The root of every failure. Attribute `message`: what happened, in one safe sentence.

    `str(error)` is the message followed by `next_step`.
    """

    is_retryable: bool = False
    """Whether the same call, made again later, can work and can do no harm."""

    _next_step: ClassVar[str] = ""
    _private: ClassVar[Mapping[str, Any]] = {}
    """Attributes that may hold customer data, and what stands in for each in a pickle."""

    message: str

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def next_step(self) -> str:
        """What to do about it, as a sentence; empty when there is nothing more to say."""
        return self._next_step

    def __str__(self) -> str:
        return f"{self.message} {self.next_step}".strip()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.message!r})"

    def _state(self) -> dict[str, Any]:
        """What goes into a pickle or a copy."""
        return {**self.__dict__, **copy.deepcopy(dict(self._private))}

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self._state())


class InvalidRequestError(ApiPayError, ValueError):
    """An argument is wrong. Found before anything was sent; the message says what to change."""


class ClientClosedError(ApiPayError):
    """The client had been closed before this call."""

    _next_step = "Make a new client, or close it later."

    def __init__(self, message: str = "This client is closed; nothing was sent.") -> None:
        super().__init__(message)


class APIConnectionError(ApiPayError):
    """No answer came: the connection could not be made, or it was cut.

    For a write that is not idempotent this is raised only when nothing was sent, or when look-ups
    over the settle time of the `RetryPolicy` found no trace of it; otherwise `OutcomeUnknownError`
    is.

    Attributes: `operation` (its id in the specification, e.g. "createInvoice", or None for a
    request that is none), `attempts` (how often it was sent).
    """

    is_retryable = True
    _next_step = "Check the network, proxy and DNS, then make the call again."

    def __init__(self, message: str, *, operation: str | None = None, attempts: int = 1) -> None:
        super().__init__(message)
        self.operation = operation
        self.attempts = attempts


class APITimeoutError(APIConnectionError):
    """No answer came in time: the call's timeout or its deadline passed."""

    _next_step = "Make the call again, or give it a longer timeout or deadline."


class APIStatusError(ApiPayError):
    """The service answered with a status that is not a success.

    Attributes:
        status_code: the HTTP status.
        message: what happened, with as much of the service's sentence as is safe to show.
        body: the answer's parsed JSON, else its text, else None. Can hold customer data, so it
            is not in `str()`, `repr()` or pickles.
        headers: the answer's headers, case-insensitive. Not in pickles.
        operation: the operation's id in the specification, e.g. "createInvoice", or None.
        attempts: how often the request was sent.
        retry_after: seconds that the service asks to wait, or None.
    """

    _next_step = "See the status and `body` for what the service refused."
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
    def server_message(self) -> str | None:
        """The service's own sentence, word for word. Can repeat what was sent: do not log it."""
        return answers.message_of(self.body)

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
        secrets: Iterable[str] = (),
        now: float | None = None,
    ) -> "APIStatusError":
        """Make the error of the class that fits a read `response`.

        `secrets` (the API key) are removed from what is shown. `now` is Unix seconds, used when
        the answer asks to wait until a date and has no `Date` of its own.
        """
        status = response.status_code
        kind = _BY_STATUS.get(status, ServerError if status >= 500 else APIStatusError)
        body = answers.read_body(response.content)
        said = answers.message_of(body)
        words = safe_text(said, secrets) if said else ""
        name = operation or "The request"
        return kind(
            f"{name} failed with status {status}" + (f": {words.rstrip('.')}." if words else "."),
            status_code=status,
            body=body,
            headers=response.headers,
            operation=operation,
            attempts=attempts,
            retry_after=answers.retry_after(
                body, response.headers, time.time() if now is None else now
            ),
        )


class BadRequestError(APIStatusError):
    """400: the request cannot be done in the present state (an invoice that is not pending)."""

    _next_step = "Get the resource and look at its status."


class AuthenticationError(APIStatusError):
    """401: the API key is missing, wrong or expired."""

    _next_step = "Check the API key (argument api_key or APIPAY_API_KEY)."


class PermissionDeniedError(APIStatusError):
    """403: the organization is not verified, or the key may not do this."""

    _next_step = "Verify the organization first, or use a key that may do this."


class NotFoundError(APIStatusError):
    """404: there is no such resource for this key."""

    _next_step = "Check the id, and that the key belongs to the same merchant."


class ConflictError(APIStatusError):
    """409: the request is at odds with another one or with the present state."""

    _next_step = "Get the resource and look at its state before trying again."


class GoneError(APIStatusError):
    """410: what was asked for is over, such as a verification window."""

    _next_step = "Start the flow again."


class ValidationError(APIStatusError):
    """422: fields of the request were refused.

    `errors`: field name -> the service's messages. A pickle keeps only their plain words.
    """

    _next_step = "Correct the fields named in `errors`."

    @property
    def errors(self) -> Mapping[str, list[str]]:
        """Field name -> messages; empty when the service named no field."""
        stored: dict[str, list[str]] | None = self.__dict__.get("_errors")
        return answers.field_errors(self.body) if stored is None else stored

    def __str__(self) -> str:
        reasons: list[str] = []
        for name, messages in sorted(self.errors.items()):
            words = " ".join(safe_text(message) for message in messages).rstrip(". ")
            reasons.append(f"{safe_text(name)}: {words or 'refused'}")
        about = f" {'; '.join(reasons)}." if reasons else ""
        return f"{self.message}{about} {self.next_step}"

    def _state(self) -> dict[str, Any]:
        safe = {
            safe_text(name): [safe_text(message) for message in messages]
            for name, messages in self.errors.items()
        }
        return {**super()._state(), "_errors": safe}


class RateLimitError(APIStatusError):
    """429: more requests than the key may send. `retry_after`: seconds to wait, or None."""

    is_retryable = True

    @property
    def next_step(self) -> str:
        wait = "a minute" if self.retry_after is None else f"{self.retry_after:g} s"
        return f"Wait {wait}, then make the call again, or give it a longer deadline."


class ServerError(APIStatusError):
    """5xx: the service or what stands in front of it failed.

    For a write that is not idempotent this is raised only when look-ups found no trace of it;
    otherwise `OutcomeUnknownError` is.
    """

    is_retryable = True
    _next_step = "Make the call again later; if it lasts, contact the service."


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
    """The answer was a success, but not what the specification promises.

    Attributes: `status_code`; `path` (JSON pointer to the place, "" for the whole body);
    `operation`, `attempts`; `body` (parsed JSON or text) and `headers`, which can hold customer
    data and are not in `str()`, `repr()` or pickles.
    """

    _next_step = "Check base_url and what stands between here and the service, or upgrade apipay."
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
    """How to find out by machine whether a write happened.

    Call the operation `operation` (an id of the specification, e.g. "listInvoices") with the
    Python `arguments`; the write happened when an answer, or an item of it, has every value in
    `match` and did not exist when the call began. Empty `match`: compare by eye. `known_ids` are
    items that are certainly not the result of this call. `since`: Unix seconds by the caller's
    clock, when the call began. `repr()` names the arguments and leaves their values out.
    """

    operation: str
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])
    match: Mapping[str, Any] = field(default_factory=dict[str, Any])
    known_ids: tuple[int, ...] = ()
    since: float | None = None

    def __repr__(self) -> str:
        def names(values: Mapping[str, Any]) -> str:
            return ", ".join(f"{name}=..." for name in values)

        return f"Lookup({self.operation}({names(self.arguments)}), match=({names(self.match)}))"


class OutcomeUnknownError(ApiPayError):
    """A write that may or may not have happened, and it could not be found out.

    Never make the call again before looking: it could take or give the money twice.

    Attributes: `operation` (its id), `lookup` (`Lookup`: what to look up, for machines),
    `attempts` (how often it was sent), `status_code` (of the answer, None when none came).
    `__cause__` is the failure that left it open.
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
            return "Look whether it happened before making the call again."
        names = ", ".join(self.lookup.arguments)
        by = f" by {names}" if names else ""
        return f"Look with {self.lookup.operation}{by} before making the call again (`lookup`)."


class RateLimitWaitError(ApiPayError):
    """The rate budget would not free up before the call's deadline. The write, if it is one, did
    not happen.

    `retry_after`: seconds until the budget should have room, or None.
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
    """An organization could not be verified.

    `organization_id`: its id, None when not known. `last`: the organization as it was seen last
    (can hold its IIN: None after pickling).
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
        "See that the service's phone is a Cashier of the organization in Kaspi Business, "
        "then start a new verification."
    )


class VerificationTimeoutError(VerificationError):
    """The window passed before the owner confirmed."""

    _next_step = "Start a new verification and have the owner confirm within its window."


class WaitTimeoutError(ApiPayError):
    """What was waited for did not come in time. Nothing is lost: wait again.

    `last`: what was seen last, None if nothing was (it can hold customer data: None after
    pickling). `resume`: a small value that can be stored and given back to go on, or None.
    """

    is_retryable = True
    _next_step = "Wait again, with a longer timeout, or let the webhook tell you."
    _private: ClassVar[Mapping[str, Any]] = {"last": None}

    def __init__(self, message: str, *, last: Any = None, resume: Any = None) -> None:
        super().__init__(message)
        self.last = last
        self.resume = resume
