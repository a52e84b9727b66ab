"""Pacing as a layer around an httpx transport: each request waits for its permit first."""

from collections.abc import Callable, Mapping
from typing import Any

import httpx

from apipay import answers
from apipay._clock import SYSTEM_CLOCK, Clock
from apipay._steps import run, run_async
from apipay.pacing.budget import Budget, OnWait
from apipay.pacing.limits import (
    LEVELS,
    NO_RESPONSE,
    NOT_SENT,
    Outcome,
    Priority,
    outcome_of,
)

DEADLINE_EXTENSION = "apipay.deadline"
"""Request extension: the `Clock.monotonic` moment by which the whole call must be over. The retry
layer sets it; without it `options["deadline"]` counts from when the request comes to this layer."""

WaitHook = Callable[[httpx.Request, float], None]
"""Called with the request and the expected seconds once, before a request that has to wait."""

NO_CONNECTION = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""No connection was opened, so no byte of the request left. The retry layer builds on it, too."""

_NEVER_SENT = (*NO_CONNECTION, httpx.UnsupportedProtocol)


def priority_of(request: httpx.Request) -> Priority:
    """What the call's options say; else `high` for what changes something, `normal` for reads."""
    chosen = _options(request).get("priority")
    for priority in LEVELS:
        if priority == chosen:
            return priority
    operation = request.extensions.get("operation")
    reads = request.method == "GET" if operation is None else operation.retry == "safe"
    return "normal" if reads else "high"


def deadline_of(request: httpx.Request, clock: Clock) -> float | None:
    """The moment by which the call must be over, or None."""
    moment: float | None = request.extensions.get(DEADLINE_EXTENSION)
    if moment is None:
        seconds: float | None = _options(request).get("deadline")
        moment = None if seconds is None else clock.monotonic() + seconds
    return moment


def _outcome(response: httpx.Response, now: float) -> Outcome:
    refused = response.status_code == 429
    body = answers.read_body(response.content) if refused else None
    return outcome_of(response.status_code, response.headers, body, now)


def _options(request: httpx.Request) -> Mapping[str, Any]:
    options: Mapping[str, Any] = request.extensions.get("options") or {}
    return options


def _failure(error: BaseException) -> Outcome:
    return NOT_SENT if isinstance(error, _NEVER_SENT) else NO_RESPONSE


class PacingTransport(httpx.BaseTransport):
    """Sends through `transport` at the pace of `budget`.

    Raises `RateLimitWaitError` where the budget would not free up before the call's deadline.
    """

    def __init__(
        self,
        transport: httpx.BaseTransport,
        budget: Budget,
        *,
        clock: Clock = SYSTEM_CLOCK,
        on_wait: WaitHook | None = None,
    ) -> None:
        self._transport = transport
        self._budget = budget
        self._clock = clock
        self._on_wait = on_wait

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        deadline = deadline_of(request, self._clock)
        on_wait = _wait_hook(self._on_wait, request)
        steps = self._budget.acquire(priority_of(request), deadline, on_wait)
        permit = run(steps, self._clock)
        outcome = NO_RESPONSE
        try:
            response = self._transport.handle_request(request)
            if response.status_code == 429:
                response.read()
            outcome = _outcome(response, self._clock.time())
        except BaseException as error:
            outcome = _failure(error)
            raise
        finally:
            run(self._budget.release(permit, outcome), self._clock)
        return response

    def close(self) -> None:
        self._transport.close()


class AsyncPacingTransport(httpx.AsyncBaseTransport):
    """`PacingTransport` for asyncio and trio."""

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        budget: Budget,
        *,
        clock: Clock = SYSTEM_CLOCK,
        on_wait: WaitHook | None = None,
    ) -> None:
        self._transport = transport
        self._budget = budget
        self._clock = clock
        self._on_wait = on_wait

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        deadline = deadline_of(request, self._clock)
        on_wait = _wait_hook(self._on_wait, request)
        steps = self._budget.acquire(priority_of(request), deadline, on_wait)
        permit = await run_async(steps, self._clock)
        outcome = NO_RESPONSE
        try:
            response = await self._transport.handle_async_request(request)
            if response.status_code == 429:
                await response.aread()
            outcome = _outcome(response, self._clock.time())
        except BaseException as error:
            outcome = _failure(error)
            raise
        finally:
            await run_async(self._budget.release(permit, outcome), self._clock)
        return response

    async def aclose(self) -> None:
        await self._transport.aclose()


def _wait_hook(hook: WaitHook | None, request: httpx.Request) -> OnWait | None:
    return None if hook is None else lambda seconds: hook(request, seconds)
