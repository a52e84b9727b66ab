"""One call as a generator of steps: pace, send, classify, then return, retry, confirm or raise."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import httpx

from apipay import _response
from apipay._clock import Clock
from apipay._confirm import plan_for
from apipay._http.classify import (
    CANNOT_BE_SENT,
    NEVER_SENT,
    Classification,
    Result,
    classify,
    describe,
    is_defect,
)
from apipay._http.failures import error_for, sent_fields
from apipay._http.session import Session
from apipay._options import check_options
from apipay._steps import Steps
from apipay.errors import ApiPayError, Lookup, OutcomeUnknownError, RateLimitWaitError
from apipay.hooks import (
    CallInfo,
    EndEvent,
    Hooks,
    Purpose,
    ResponseEvent,
    RetryEvent,
    SendEvent,
    WaitEvent,
    WaitReason,
)
from apipay.pacing.budget import Budget
from apipay.pacing.limits import (
    NO_RESPONSE,
    NOT_SENT,
    Outcome,
    Priority,
    outcome_of,
)
from apipay.pacing.window import Permit
from apipay_client.codec import JSON_EXTENSION
from apipay_client.errors import DecodeError
from apipay_client.operations import Operation
from apipay_client.parsing import json_body

if TYPE_CHECKING:
    from apipay._confirm.writes import Write

_MIN_TIME_TO_WRITE = 1.0
"""Seconds. A write with less time left would more often end in doubt than with a response."""

_LOOKUP_SHARE = 0.25
_MAX_LOOKUP_TIME = 5.0
"""This share of the time left, at most this many seconds, is kept for looking up a lost write."""


_log = logging.getLogger("apipay")


class Http(Protocol):
    """The sending half of a client, sync or async: what its methods return is run as a step."""

    session: Session

    def build_request(self, method: str, url: str, **settings: Any) -> httpx.Request: ...

    def exchange(self, request: httpx.Request, deadline: float | None) -> Any:
        """Send `request` once and return the whole response, read."""
        ...

    def discard_connection(self, response: httpx.Response) -> None:
        """Make sure that no later request uses the connection of `response`."""
        ...


@dataclass(slots=True, eq=False, repr=False)
class Call:
    """What is known of one call while it runs. Moments are `Clock.monotonic`.

    Attributes:
        sent_at: Unix time of the latest attempt.
        retry_after: Seconds that the service asked to wait, in the latest response.
        is_open: An attempt so far may have taken effect.
    """

    request: httpx.Request
    operation: Operation | None
    options: Mapping[str, Any]
    retry: str
    max_retries: int
    deadline: float | None
    began_at: float
    info: CallInfo
    purpose: Purpose = "call"
    attempts: int = 0
    sent_at: float = 0.0
    retry_after: float | None = None
    is_open: bool = False

    @property
    def writes(self) -> bool:
        """True if sending the request twice could do its work twice."""
        return self.retry in ("confirm", "never")

    @property
    def operation_id(self) -> str | None:
        return None if self.operation is None else self.operation.id

    @property
    def priority(self) -> Priority:
        """The given priority, else "high" for what changes something."""
        default: Priority = "normal" if self.retry == "safe" else "high"
        chosen: Priority = self.options.get("priority", default)
        return chosen

    def error(self, result: Result) -> Exception:
        """Return the exception for a failed attempt."""
        request = self.request
        return error_for(
            result,
            operation=self.operation_id,
            attempts=self.attempts,
            host=self.info.host,
            retry_after=self.retry_after,
            sent_fields=sent_fields(
                request.extensions.get(JSON_EXTENSION), request.url.params.keys()
            ),
        )


def start(request: httpx.Request, session: Session) -> Call:
    """Return the call that begins with `request`, its options validated."""
    operation: Operation | None = request.extensions.get("operation")
    options: Mapping[str, Any] = request.extensions.get("options") or {}
    max_retries, seconds = session.policy.max_retries, session.policy.deadline
    if options:
        check_options(options)
        max_retries = options.get("max_retries", max_retries)
        seconds = options.get("deadline", seconds)
    if operation is None:
        retry = "safe" if request.method in ("GET", "HEAD", "OPTIONS") else "never"
    else:
        retry = operation.retry
    now = session.clock.monotonic()
    return Call(
        request=request,
        operation=operation,
        options=options,
        retry=retry,
        max_retries=max_retries,
        deadline=None if seconds is None else now + seconds,
        began_at=now,
        info=CallInfo(
            operation=None if operation is None else operation.id,
            method=request.method,
            path="/{path}" if operation is None else operation.path,
            host=request.url.host,
        ),
    )


def run_call(call: Call, http: Http) -> Steps[httpx.Response]:
    """Make a call, notify the hooks of its start and end, and return a successful response.

    Raises:
        ApiPayError: Any failure.
    """
    hooks = http.session.hooks
    if not hooks.are_listening():
        return (yield from _run(call, http))
    if hooks.call_started is not None:
        hooks.call_started(call.info)
    status: int | None = None
    error: str | None = None
    try:
        response = yield from _run(call, http)
        status = response.status_code
        return response
    except BaseException as raised:
        error = type(raised).__name__
        raise
    finally:
        if hooks.call_ended is not None:
            seconds = http.session.clock.monotonic() - call.began_at
            hooks.call_ended(EndEvent(call.info, status, error, seconds))


def _run(call: Call, http: Http) -> Steps[httpx.Response]:
    """Make a call. A write is open from its start until its outcome is known."""
    if not call.writes:
        return (yield from attempts(call, http, None))
    plan, write, is_resolved = plan_for(call.operation_id), None, False
    if plan is not None and call.operation is not None:
        write = http.session.writes().open(plan, call.request, call.operation, http.session.key)
    try:
        response = yield from attempts(call, http, write)
        is_resolved = True
        return response
    except OutcomeUnknownError:
        raise
    except ApiPayError:
        is_resolved = True
        raise
    except Exception as defect:
        if not call.attempts:
            raise
        lookup = None if write is None else write.lookup(call.sent_at)
        raise unknown_outcome(call, defect, lookup) from defect
    finally:
        if write is not None:
            write.close(is_resolved=is_resolved or not call.attempts)


def unknown_outcome(call: Call, result: Result, lookup: Lookup | None) -> OutcomeUnknownError:
    """Return the error for a write in doubt."""
    if isinstance(result, httpx.TimeoutException):
        story = "no response came in time"
    elif isinstance(result, Exception):
        story = f"{'code' if is_defect(result) else 'sending'} failed ({describe(result)})"
    elif result.is_success:
        story = f"the response (status {result.status_code}) cannot be read or does not match it"
    else:
        story = f"the response was status {result.status_code}"
    name = call.operation_id or "The request"
    error = OutcomeUnknownError(
        f"{name} may have happened: it was sent, and then {story}.",
        operation=call.operation_id,
        lookup=lookup,
        attempts=call.attempts,
        status_code=None if isinstance(result, Exception) else result.status_code,
    )
    error.__cause__ = call.error(result)
    return error


def attempts(call: Call, http: Http, write: "Write | None") -> Steps[httpx.Response]:
    """Send until there is a result."""
    failure: Exception | None = None
    while True:
        try:
            result = yield from _attempt(call, http)
        except RateLimitWaitError as error:
            if failure is None or call.writes:
                raise  # nothing has happened
            raise failure from error
        meaning = _meaning(call, http, write, result)
        if meaning is Classification.SUCCESS:
            assert isinstance(result, httpx.Response)
            return result
        if meaning is Classification.IN_DOUBT and call.writes:
            from apipay._http.confirm import confirm  # after a lost response only

            return (yield from confirm(call, http, write, result))
        failure = _failure(call, result, meaning)
        if meaning is Classification.REFUSED or call.attempts > call.max_retries:
            raise failure
        yield from _pause_before_retry(call, http, result, failure)


def _failure(call: Call, result: Result, meaning: Classification) -> Exception:
    """Return the exception for a failed attempt, not retryable while the outcome is open."""
    failure = call.error(result)
    call.is_open = call.is_open or meaning is not Classification.NO_EFFECT
    if call.is_open and call.retry == "idempotent" and isinstance(failure, ApiPayError):
        failure.is_retryable = False  # also if a later attempt had no effect
    return failure


def _meaning(call: Call, http: Http, write: "Write | None", result: Result) -> Classification:
    """Return what a result means; a success that belongs to another request is in doubt."""
    meaning = classify(result, call.operation, writes=call.writes)
    if meaning is not Classification.SUCCESS:
        return meaning
    assert isinstance(result, httpx.Response)
    if _is_wanted(call, result) if write is None else write.accepts(result):
        return meaning
    http.discard_connection(result)
    return Classification.IN_DOUBT


def _pause_before_retry(call: Call, http: Http, result: Result, failure: Exception) -> Steps[None]:
    """Wait, or raise `failure` if the deadline comes first."""
    session = http.session
    pause = session.policy.backoff(call.attempts, session.random)
    reason: WaitReason = "backoff"
    if call.retry_after is not None:
        # A little later than asked, and not all clients at the same moment.
        pause, reason = call.retry_after + min(pause, 1.0), "retry_after"
    if call.deadline is not None and session.clock.monotonic() + pause >= call.deadline:
        raise failure
    if session.hooks.before_retry is not None:
        session.hooks.before_retry(RetryEvent(call.info, call.attempts + 1, describe(result)))
    yield from wait(call, http, pause, reason)


def wait(call: Call, http: Http, seconds: float, reason: WaitReason) -> Steps[None]:
    _notify_wait(call, http.session.hooks, reason, seconds)
    yield seconds


def _notify_wait(call: Call, hooks: Hooks, reason: WaitReason, seconds: float) -> None:
    if hooks.before_wait is not None:
        hooks.before_wait(WaitEvent(call.info, seconds, reason))


def _attempt(call: Call, http: Http) -> Steps[Result]:
    """Wait for room in the rate budget, then send once."""
    session = http.session
    budget = session.budget_for(call.operation)
    permit = None
    if budget is not None:
        on_wait = partial(_notify_wait, call, session.hooks, "budget")
        permit = yield from budget.acquire(call.priority, call.deadline, on_wait)
    usage = NOT_SENT
    try:
        deadline = _sending_deadline(call, session.clock.monotonic())
        usage = NO_RESPONSE
        result = yield from _send(call, http, deadline)
        usage = _usage(result, session.clock)
        call.retry_after = usage.retry_after
        return result
    finally:
        if budget is not None and permit is not None:
            yield from _release(budget, permit, usage)


def _release(budget: Budget, permit: Permit, usage: Outcome) -> Steps[None]:
    """Release a permit. A budget that fails then does not hide the result of a request."""
    try:
        yield from budget.release(permit, usage)
    except Exception as error:
        _log.error("The rate budget failed in release with %s; ignored.", type(error).__name__)


def _sending_deadline(call: Call, now: float) -> float | None:
    """Return the moment at which an attempt that starts now has to end."""
    if call.deadline is None:
        return None
    left = call.deadline - now
    if call.writes and left < _MIN_TIME_TO_WRITE:
        raise RateLimitWaitError(
            f"The deadline of this call leaves less than {_MIN_TIME_TO_WRITE:g} s, too little "
            "to send a write. Nothing was sent.",
            operation=call.operation_id,
        )
    if call.retry == "confirm":
        left -= min(left * _LOOKUP_SHARE, _MAX_LOOKUP_TIME)
    return now + left


def _usage(result: Result, clock: Clock) -> Outcome:
    """Return what an attempt means for the rate budget."""
    if isinstance(result, Exception):
        return NOT_SENT if isinstance(result, (*NEVER_SENT, *CANNOT_BE_SENT)) else NO_RESPONSE
    body = None if result.is_success else _response.parse(result.content)
    return outcome_of(result.status_code, result.headers, body, clock.time())


def _send(call: Call, http: Http, deadline: float | None) -> Steps[Result]:
    """Send once and notify the hooks. What sending raises is returned."""
    session = http.session
    call.attempts += 1
    if call.purpose == "call":
        call.info.attempts = call.attempts
    hooks = session.hooks
    name, method = call.operation_id, call.request.method
    is_watched = hooks.are_listening()
    if is_watched and hooks.before_send is not None:
        hooks.before_send(SendEvent(call.info, name, method, call.attempts, call.purpose))
    began = session.clock.monotonic()
    call.sent_at = session.clock.time()
    result: Result
    try:
        result = yield partial(http.exchange, call.request, deadline)
    except Exception as error:
        result = error
    if is_watched and hooks.after_response is not None:
        status = result.status_code if isinstance(result, httpx.Response) else None
        failure = None if isinstance(result, httpx.Response) else describe(result)
        seconds = session.clock.monotonic() - began
        hooks.after_response(
            ResponseEvent(
                call.info, name, method, call.attempts, call.purpose, status, failure, seconds
            )
        )
    return result


def _is_wanted(call: Call, response: httpx.Response) -> bool:
    """Return False if a response is about another resource than the one that was asked for.

    On a connection that was left in disorder, the response to an earlier request can arrive.
    """
    operation = call.operation
    if operation is None:
        return True
    plan = plan_for(operation.id)
    if plan is None and not operation.path.endswith("/{id}"):
        return True
    try:
        body = json_body(response)
    except DecodeError:
        return True
    if plan is not None:
        from apipay._confirm.evidence import sent_by  # loaded with the plan

        return plan.accepts(sent_by(call.request, operation), body)
    found = _response.fields(body).get("id")
    return found is None or str(found) == call.request.url.path.rpartition("/")[2]
