"""The course of one call: attempts, waits and look-ups, as a generator that does no I/O.

`Engine.run` yields a step, an `httpx.Request` to send or a `float` of seconds to sleep, and takes
back a `Reply`: what sending gave and what time it is. It ends with the answer to hand on, or
raises. The sync and the async shell (`shells`) drive the same generator.
"""

import functools
from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx

from apipay import answers
from apipay.errors import Lookup, OutcomeUnknownError
from apipay.hooks import (
    AnswerEvent,
    Call,
    DuplicateEvent,
    EndEvent,
    Hooks,
    LateDuplicate,
    Purpose,
    RetryEvent,
    SendEvent,
    WaitEvent,
    WaitReason,
)
from apipay.pacing import DEADLINE_EXTENSION
from apipay.settings import check_headers, check_options, check_priority, check_timeout
from apipay.transport import lookups
from apipay.transport.failures import ATTEMPTS_EXTENSION, error_for, operation_of
from apipay.transport.ledger import Ledger
from apipay.transport.policy import RetryPolicy, backoff, check_deadline, check_max_retries
from apipay.transport.verdict import Doubt, Kind, Verdict, describe, judge

if TYPE_CHECKING:
    from apipay.transport.plans import Plan
    from apipay_client.operations import Operation

CALL_EXTENSION = "apipay.call"
"""Request extension: the `hooks.Call` that a request belongs to."""

_FIRST_LOOK_GAP = 1.0  # seconds between two look-ups; doubles each time
_FIRST_BUSY_GAP = 0.25
_MOST_GAP = 2.0
_LOOKUP_SHARE = 0.25  # of what is left until the deadline is kept for looking up a lost write,
_LOOKUP_MOST = 5.0  # but no more seconds than this


class Reply(NamedTuple):
    """What a step gave (None for a sleep), and the `Clock.monotonic` moment."""

    result: httpx.Response | Exception | None
    now: float


Step = httpx.Request | float
Steps = Generator[Step, Reply, httpx.Response]


def call_of(request: httpx.Request) -> Call:
    """Return a new `Call` for what `request` is."""
    operation = operation_of(request)
    return Call(
        operation=None if operation is None else operation.id,
        method=request.method,
        path=request.url.path if operation is None else operation.path,
        host=request.url.host,
    )


@functools.cache
def _planner() -> "Callable[[httpx.Request, Operation, Ledger, float], Plan]":
    """`reconcile.plan_for`: it needs the models, which reading calls may never use."""
    from apipay.transport.reconcile import plan_for

    return plan_for


class Engine:
    """One call. `now` is `Clock.monotonic`, `unix` is Unix time, both when the call began.

    `first`: what the first attempt gave, if it was made before there was an engine.
    """

    def __init__(
        self,
        request: httpx.Request,
        *,
        policy: RetryPolicy,
        ledger: Ledger,
        hooks: Hooks,
        random: Callable[[], float],
        on_duplicate: Callable[[LateDuplicate], None],
        now: float,
        unix: float,
        first: Reply | None = None,
    ) -> None:
        self.request = request
        self.first = first
        self.policy = policy
        self.ledger = ledger
        self.hooks = hooks
        self.watched = hooks.is_watched()
        self.random = random
        self.on_duplicate = on_duplicate
        self.began_at = self.now = now
        self.unix = unix
        self.operation = operation_of(request)
        options: Mapping[str, Any] = request.extensions.get("options") or {}
        self.max_retries = policy.max_retries
        seconds = policy.deadline
        if options:
            check_options(options)
            if "max_retries" in options:
                self.max_retries = options["max_retries"]
                check_max_retries(self.max_retries)
            if "deadline" in options:
                seconds = options["deadline"]
                check_deadline(seconds)
            if "headers" in options:
                check_headers(options["headers"])
            if "timeout" in options:
                check_timeout(options["timeout"])
            if "priority" in options:
                check_priority(options["priority"])
        self.deadline = None if seconds is None else now + seconds
        if self.operation is None:
            safe = request.method in ("GET", "HEAD", "OPTIONS")
            self.retry_class = "safe" if safe else "never"
            self.success = None
        else:
            self.retry_class = self.operation.retry
            self.success = self.operation.success
        self.timeout: Mapping[str, float | None] | None = request.extensions.get("timeout")
        self.call = call_of(request)
        extensions = request.extensions
        extensions[CALL_EXTENSION] = self.call
        if self.deadline is not None:
            extensions[DEADLINE_EXTENSION] = self.deadline

    @property
    def writes(self) -> bool:
        """Whether sending the request twice could do its work twice."""
        return self.retry_class in ("confirm", "never")

    def run(self) -> Steps:
        """Make the call, telling the hooks when it starts and how it ends."""
        hooks = self.hooks
        if not self.watched:
            return (yield from self._attempts())
        if hooks.call_started is not None:
            hooks.call_started(self.call)
        status: int | None = None
        error: str | None = None
        try:
            response = yield from self._attempts()
            status = response.status_code
            return response
        except BaseException as raised:
            error = type(raised).__name__
            raise
        finally:
            if hooks.call_ended is not None:
                seconds = self.now - self.began_at
                hooks.call_ended(EndEvent(self.call, status, error, seconds))

    def _attempts(self) -> Steps:
        if not self.writes or self.operation is None:
            return (yield from self._try(None))
        plan = _planner()(self.request, self.operation, self.ledger, self.began_at)
        if plan.name is None:
            return (yield from self._try(plan))
        self.ledger.enter(plan.name)
        try:
            return (yield from self._try(plan))
        finally:
            self.ledger.leave(plan.name)

    def _try(self, plan: "Plan | None") -> Steps:
        request = self.request
        worst = Doubt.NONE
        while True:
            self.call.attempts += 1
            request.extensions[ATTEMPTS_EXTENSION] = self.call.attempts
            name = None if plan is None else plan.name
            if name is not None:
                self.ledger.begin(name)
            try:
                result = yield from self._send(request, "call", self.call.attempts)
                verdict = judge(result, success=self.success, writes=self.writes)
                if plan is not None and verdict.kind is Kind.DONE:
                    assert isinstance(result, httpx.Response)
                    verdict = plan.received(result)
            finally:
                if name is not None:
                    self.ledger.end(name)
            if verdict.kind is Kind.DONE:
                assert isinstance(result, httpx.Response)
                if plan is not None and worst > Doubt.ANSWERED:
                    result, found = yield from plan.after_resend(
                        self._ask, self._pause_look, result
                    )
                    self._report(found)
                return result
            worst = max(worst, verdict.doubt)
            looked_up = self.writes and worst > Doubt.NONE
            if looked_up:
                if plan is None:
                    raise self._unknown(None, result)
                found_answer = yield from self._look(plan, verdict, result)
                if found_answer is not None:
                    return found_answer
            pause, reason = self._pause(result)
            left = self.call.attempts <= self.max_retries and self._fits(pause)
            if verdict.kind is Kind.REFUSED or not left:
                refused = verdict.kind is Kind.REFUSED and isinstance(result, httpx.Response)
                if plan is not None and worst is Doubt.IN_FLIGHT and not refused:
                    # Not seen so far, but the service may still be at work on one of the attempts.
                    raise self._unknown(plan.lookup(self.unix), result)
                return self._hand_on(result)
            if plan is not None and not (yield from plan.may_resend(self._ask, worst)):
                raise self._unknown(plan.lookup(self.unix), result)
            if self.hooks.before_retry is not None:
                attempt = self.call.attempts + 1
                self.hooks.before_retry(RetryEvent(self.call, attempt, describe(result), looked_up))
            yield from self._wait(pause, reason)

    def _look(
        self, plan: "Plan", verdict: Verdict, result: httpx.Response | Exception
    ) -> Generator[Step, Reply, httpx.Response | None]:
        """Find out whether the write happened: its answer, or None when it did not.

        Raises `OutcomeUnknownError` when that cannot be known.
        """
        from apipay.transport.plans import Seen

        failed = verdict.kind is Kind.FAILED
        settle = plan.settle_time(self.policy, verdict.doubt) if failed else 0.0
        settled_at = self.now + settle
        busy_until = self.now + self.policy.settle_after_timeout
        gap, busy_gap = _FIRST_LOOK_GAP, _FIRST_BUSY_GAP
        while True:
            finding = yield from plan.look(self._ask)
            if finding.seen is Seen.HAPPENED:
                return finding.response
            if finding.seen is Seen.ABSENT and self.now >= settled_at:
                break
            if finding.seen is Seen.BUSY:
                pause, busy_gap = busy_gap, min(2 * busy_gap, _MOST_GAP)
            else:
                pause, gap = min(gap, settled_at - self.now), 2 * gap
            given_up = finding.seen is Seen.BUSY and self.now >= busy_until
            if finding.seen is Seen.UNKNOWN or given_up or not self._fits(pause):
                raise self._unknown(plan.lookup(self.unix), result)
            yield from self._wait(pause, "lookup")
        return None

    def _ask(self, request: httpx.Request) -> Generator[Step, Reply, "lookups.Reply | None"]:
        """Send a look-up, again if it fails; None when no good answer came in time."""
        attempt = 0
        operation = operation_of(request)
        safe = operation is None or operation.retry == "safe"
        purpose: Purpose = "lookup" if safe else "cancel"
        success = None if operation is None else operation.success
        while True:
            attempt += 1
            sent_at = self.now
            result = yield from self._send(request, purpose, attempt)
            verdict = judge(result, success=success, writes=not safe)
            if verdict.kind is Kind.DONE:
                assert isinstance(result, httpx.Response)
                return lookups.Reply(result, sent_at, self.now)
            if verdict.kind is Kind.REFUSED or attempt > max(self.policy.max_retries, 2):
                return None
            pause, reason = self._pause(result, attempt)
            if not self._fits(pause):
                return None
            yield from self._wait(pause, reason)

    def _send(
        self, request: httpx.Request, purpose: Purpose, attempt: int
    ) -> Generator[Step, Reply, httpx.Response | Exception]:
        """Send one request, its timeouts cut to the deadline, and tell the hooks."""
        if self.first is not None:
            result, self.now = self.first
            self.first = None
            assert result is not None
            return result
        if self.timeout is not None and self.deadline is not None:
            self._limit_timeout(request, purpose)
        hooks = self.hooks
        if self.watched:
            operation = operation_of(request)
            name = None if operation is None else operation.id
            if hooks.before_send is not None:
                hooks.before_send(SendEvent(self.call, name, request.method, attempt, purpose))
            began = self.now
            result, self.now = yield request
            if hooks.after_answer is not None:
                status = result.status_code if isinstance(result, httpx.Response) else None
                hooks.after_answer(
                    AnswerEvent(
                        self.call,
                        name,
                        request.method,
                        attempt,
                        purpose,
                        status,
                        type(result).__name__ if status is None else None,
                        self.now - began,
                    )
                )
        else:
            result, self.now = yield request
        assert result is not None
        return result

    def _limit_timeout(self, request: httpx.Request, purpose: Purpose) -> None:
        assert self.timeout is not None
        assert self.deadline is not None
        left = self.deadline - self.now
        if self.retry_class == "confirm" and purpose == "call":
            left -= min(left * _LOOKUP_SHARE, _LOOKUP_MOST)
        left = max(left, 0.001)
        for value in self.timeout.values():
            if value is None or value > left:
                break
        else:
            request.extensions["timeout"] = self.timeout
            return
        request.extensions["timeout"] = {
            name: left if value is None else min(value, left)
            for name, value in self.timeout.items()
        }

    def _wait(self, seconds: float, reason: WaitReason) -> Generator[Step, Reply, None]:
        if self.hooks.before_wait is not None:
            self.hooks.before_wait(WaitEvent(self.call, seconds, reason))
        _, self.now = yield seconds

    def _pause_look(self, seconds: float) -> Generator[Step, Reply, bool]:
        """Wait before looking again; False when there is no time for it."""
        if not self._fits(seconds + _MOST_GAP):
            return False
        yield from self._wait(seconds, "lookup")
        return True

    def _fits(self, pause: float) -> bool:
        """Whether something can still be done after a wait of `pause` seconds."""
        return self.deadline is None or self.now + pause < self.deadline

    def _pause(
        self, result: httpx.Response | Exception, attempt: int | None = None
    ) -> tuple[float, WaitReason]:
        retry = self.call.attempts if attempt is None else attempt
        wait = backoff(self.policy, retry, self.random)
        if isinstance(result, httpx.Response):
            body = answers.read_body(result.content)
            unix = self.unix + self.now - self.began_at
            asked = answers.retry_after(body, result.headers, unix)
            if asked is not None:
                # A little later than asked, and not all at the same moment.
                return asked + min(wait, 1.0), "retry_after"
        return wait, "backoff"

    def _hand_on(self, result: httpx.Response | Exception) -> httpx.Response:
        if isinstance(result, Exception):
            raise result
        return result

    def _unknown(
        self, lookup: Lookup | None, result: httpx.Response | Exception
    ) -> OutcomeUnknownError:
        unix = self.unix + self.now - self.began_at
        name = self.call.operation or "The request"
        error = OutcomeUnknownError(
            f"{name} may or may not have happened: it was sent, and then {_story(result)}.",
            operation=self.call.operation,
            lookup=lookup,
            attempts=self.call.attempts,
            status_code=None if isinstance(result, Exception) else result.status_code,
        )
        error.__cause__ = error_for(result, self.request, unix)
        return error

    def _report(self, found: list[LateDuplicate]) -> None:
        for duplicate in found:
            self.on_duplicate(duplicate)
            if self.hooks.duplicate_found is not None:
                self.hooks.duplicate_found(DuplicateEvent(self.call, duplicate))


def _story(result: httpx.Response | Exception) -> str:
    if isinstance(result, httpx.TimeoutException):
        return "no answer came in time"
    if isinstance(result, Exception):
        return "the connection failed"
    if result.is_success:
        return f"its answer (status {result.status_code}) could not be read"
    return f"it was answered with status {result.status_code}"
