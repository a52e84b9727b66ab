"""Hooks: what an application can see of each call while it runs.

Subclass `Hook`, override what you want to know, and pass it: `ApiPay(hooks=[MyHook()])`. Logging
(`apipay.logs`) and tracing (`apipay.otel`) are hooks too.

Hooks run in the thread or task that makes the call, so they must be quick; they are plain
functions, for the async client too. A hook that raises is logged and ignored: it never breaks a
payment. What hooks are given holds no key, no body, no query string and no customer data.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

_log = logging.getLogger("apipay")

Purpose = Literal["call", "lookup", "cancel"]
"""Why a request is sent: the call itself, a look-up of its outcome, or the cancelling of a late
duplicate."""

WaitReason = Literal["backoff", "retry_after", "budget", "lookup"]
"""Why a call waits: before a retry, because the service asked for it, for room in the rate budget,
or before looking (again) whether a write happened."""


@dataclass(slots=True, eq=False)
class Call:
    """One call of the application, from its first request to its end.

    `operation`: its id in the specification (None for a request that is none), `method` and
    `path` (a template such as "/invoices/{id}": no values), `host`, `attempts` (how often the
    call's own request was sent so far), `state` (for hooks to keep things in).
    """

    operation: str | None
    method: str
    path: str
    host: str
    attempts: int = 0
    state: dict[Any, Any] = field(default_factory=dict[Any, Any])


@dataclass(slots=True)
class SendEvent:
    """A request is about to be sent."""

    call: Call
    operation: str | None
    """The id of the operation that this request is: another than the call's in a look-up."""
    method: str
    attempt: int
    """1 for the first time that this request is sent."""
    purpose: Purpose


@dataclass(slots=True)
class AnswerEvent:
    """An answer came, or it is known that none will."""

    call: Call
    operation: str | None
    method: str
    attempt: int
    purpose: Purpose
    status_code: int | None
    """None when no answer came."""
    error: str | None
    """The name of what went wrong, such as "ReadTimeout", when no answer came."""
    seconds: float


@dataclass(slots=True)
class RetryEvent:
    """The call's request will be sent again."""

    call: Call
    attempt: int
    """The number of the attempt to come: 2 for the first retry."""
    cause: str
    """What was wrong with the last attempt: "status 503" or "ReadTimeout"."""
    looked_up: bool
    """True when a look-up showed that the write had not happened."""


@dataclass(slots=True)
class WaitEvent:
    """The call is about to wait."""

    call: Call
    seconds: float
    """The expected length. A wait for the rate budget can turn out shorter or longer."""
    reason: WaitReason


@dataclass(frozen=True, slots=True)
class LateDuplicate:
    """A write whose answer was lost took effect after all, after it had been sent again.

    `kept_id` is what the call returned; `extra_id` is the one too many. `action`: "cancelled" (it
    was certainly this call's own, was pending and is cancelled now) or "left" (it stands beside the
    other: see to it). What can belong to another process is never cancelled.
    """

    operation: str
    kept_id: int
    extra_id: int
    action: Literal["cancelled", "left"]


@dataclass(slots=True)
class DuplicateEvent:
    """A late duplicate was found."""

    call: Call
    duplicate: LateDuplicate


@dataclass(slots=True)
class EndEvent:
    """The call is over: `error` is None, or the name of the exception that it raises."""

    call: Call
    status_code: int | None
    error: str | None
    seconds: float


class Hook:
    """The base of all hooks; each method does nothing until it is overridden."""

    def is_listening(self) -> bool:
        """Whether it wants to know of every call and answer, or else only of what goes wrong.

        False: `call_started`, `before_send`, `after_answer` and `call_ended` may be left out.
        """
        return True

    def call_started(self, call: Call) -> None:
        """The application made a call."""

    def before_send(self, event: SendEvent) -> None:
        """A request is about to be sent."""

    def after_answer(self, event: AnswerEvent) -> None:
        """An answer came, or failed to."""

    def before_retry(self, event: RetryEvent) -> None:
        """The call's request will be sent again."""

    def before_wait(self, event: WaitEvent) -> None:
        """The call is about to wait."""

    def duplicate_found(self, event: DuplicateEvent) -> None:
        """A late duplicate was found, and dealt with as far as possible."""

    def call_ended(self, event: EndEvent) -> None:
        """The call is over."""


class Hooks:
    """Several hooks as one. Each attribute is a function to call with the event, or None when no
    hook wants it, so that an event nobody listens to costs nothing."""

    def __init__(self, hooks: Iterable[Hook] = ()) -> None:
        self._hooks = listening = tuple(hooks)
        self.call_started: Callable[[Call], None] | None = _all(listening, "call_started")
        self.before_send: Callable[[SendEvent], None] | None = _all(listening, "before_send")
        self.after_answer: Callable[[AnswerEvent], None] | None = _all(listening, "after_answer")
        self.before_retry: Callable[[RetryEvent], None] | None = _all(listening, "before_retry")
        self.before_wait: Callable[[WaitEvent], None] | None = _all(listening, "before_wait")
        self.duplicate_found: Callable[[DuplicateEvent], None] | None = _all(
            listening, "duplicate_found"
        )
        self.call_ended: Callable[[EndEvent], None] | None = _all(listening, "call_ended")

    def is_watched(self) -> bool:
        """Whether any hook wants to know of every call and answer."""
        return any(hook.is_listening() for hook in self._hooks)


def _all(hooks: tuple[Hook, ...], name: str) -> Callable[[Any], None] | None:
    nothing = getattr(Hook, name)
    wanted = [
        getattr(hook, name) for hook in hooks if getattr(type(hook), name, nothing) is not nothing
    ]
    if not wanted:
        return None

    def tell(event: Any) -> None:
        for listener in wanted:
            try:
                listener(event)
            except Exception as error:
                # Its message and traceback could hold anything: only the names are logged.
                _log.error("A hook failed in %s with %s; ignored.", name, type(error).__name__)

    return tell
