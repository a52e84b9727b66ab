"""Hooks: what an application can observe of each call while it runs.

Subclass `Hook`, override the methods you need, and pass an instance: `ApiPay(hooks=[MyHook()])`.
Logging and tracing (`apipay.otel`) are hooks too.

Hooks run in the thread or task that makes the call, so they must be quick; they are plain
functions, for the async client too. An exception in a hook is logged and ignored: it never breaks a
payment. Events hold no key, no body, no query string and no customer data.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

_log = logging.getLogger("apipay")

Purpose = Literal["call", "lookup"]
"""Why a request is sent: the call itself, or a lookup of its outcome."""

WaitReason = Literal["backoff", "retry_after", "budget", "lookup"]
"""Why a call waits: before a retry, because the service asked for it, for room in the rate budget,
or before the next lookup of a write's outcome."""


@dataclass(slots=True, eq=False)
class CallInfo:
    """One call of the application, from its first request to its end.

    Attributes:
        operation: The operation id in the specification, or None.
        method: The HTTP method.
        path: A template such as "/invoices/{id}", without values.
        host: The host of the service.
        attempts: How many times the call's own request was sent so far.
        state: A place for hooks to keep things in.
    """

    operation: str | None
    method: str
    path: str
    host: str
    attempts: int = 0
    state: dict[Any, Any] = field(default_factory=dict[Any, Any])


@dataclass(slots=True, eq=False)
class SendEvent:
    """A request is about to be sent.

    Attributes:
        call: The call that it belongs to.
        operation: The operation of this request: another than the call's in a lookup.
        method: The HTTP method of this request.
        attempt: 1 for the first time that this request is sent.
        purpose: Why it is sent.
    """

    call: CallInfo
    operation: str | None
    method: str
    attempt: int
    purpose: Purpose


@dataclass(slots=True, eq=False)
class ResponseEvent:
    """A response arrived, or the request failed.

    Attributes:
        call, operation, method, attempt, purpose: As in `SendEvent`.
        status_code: None if there is no response.
        error: The name of the failure, such as "ReadTimeout", if there is no response.
        seconds: How long it took.
    """

    call: CallInfo
    operation: str | None
    method: str
    attempt: int
    purpose: Purpose
    status_code: int | None
    error: str | None
    seconds: float


@dataclass(slots=True, eq=False)
class RetryEvent:
    """A request will be sent again.

    Attributes:
        call: The call.
        attempt: The number of the coming attempt: 2 for the first retry.
        cause: What was wrong with the last attempt: "status 503" or "ReadTimeout".
    """

    call: CallInfo
    attempt: int
    cause: str


@dataclass(slots=True, eq=False)
class WaitEvent:
    """The call is about to wait.

    Attributes:
        call: The call.
        seconds: The expected length. A wait for the rate budget can be shorter or longer.
        reason: Why it waits.
    """

    call: CallInfo
    seconds: float
    reason: WaitReason


@dataclass(slots=True, eq=False)
class EndEvent:
    """The call has ended.

    Attributes:
        call: The call.
        status_code: The status code of the response that it returns, or None.
        error: The name of the exception that it raises, or None.
        seconds: How long the call took, waits included.
    """

    call: CallInfo
    status_code: int | None
    error: str | None
    seconds: float


class Hook:
    """The base class of hooks; each method does nothing until it is overridden."""

    def is_listening(self) -> bool:
        """Return False if only `before_retry` and `before_wait` matter at present.

        The other events may be skipped then, which saves a little time in each call.
        """
        return True

    def call_started(self, call: CallInfo) -> None:
        """Handle the start of a call."""

    def before_send(self, event: SendEvent) -> None:
        """Handle a request that is about to be sent."""

    def after_response(self, event: ResponseEvent) -> None:
        """Handle a response or a failed request."""

    def before_retry(self, event: RetryEvent) -> None:
        """Handle a coming retry."""

    def before_wait(self, event: WaitEvent) -> None:
        """Handle a coming wait."""

    def call_ended(self, event: EndEvent) -> None:
        """Handle the end of a call."""


class Hooks:
    """Several hooks as one.

    Each attribute is a function to call with the event, or None if no hook overrides the method,
    so that an event without listeners costs nothing.
    """

    def __init__(self, hooks: Iterable[Hook] = ()) -> None:
        self._hooks = given = tuple(hooks)
        self.call_started: Callable[[CallInfo], None] | None = _all(given, "call_started")
        self.before_send: Callable[[SendEvent], None] | None = _all(given, "before_send")
        self.after_response: Callable[[ResponseEvent], None] | None = _all(given, "after_response")
        self.before_retry: Callable[[RetryEvent], None] | None = _all(given, "before_retry")
        self.before_wait: Callable[[WaitEvent], None] | None = _all(given, "before_wait")
        self.call_ended: Callable[[EndEvent], None] | None = _all(given, "call_ended")

    def are_listening(self) -> bool:
        """Return True if any hook wants all events."""
        try:
            return any(hook.is_listening() for hook in self._hooks)
        except Exception as error:
            _report("is_listening", error)
            return True


def _all(hooks: tuple[Hook, ...], name: str) -> Callable[[Any], None] | None:
    base = getattr(Hook, name)
    listeners = [
        getattr(hook, name) for hook in hooks if getattr(type(hook), name, base) is not base
    ]
    if not listeners:
        return None

    def notify(event: Any) -> None:
        for listener in listeners:
            try:
                listener(event)
            except Exception as error:
                _report(name, error)

    return notify


def _report(name: str, error: Exception) -> None:
    # Its message and traceback could hold anything: only the names are logged.
    _log.error("A hook failed in %s with %s; ignored.", name, type(error).__name__)
