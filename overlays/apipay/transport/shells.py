"""The layers as httpx transports: `errors(retries(...))`, sync and async.

The decisions are in `engine`, `verdict` and `failures`; here is only sending and sleeping.
"""

import random
from collections import deque
from collections.abc import Callable

import httpx

from apipay._clock import SYSTEM_CLOCK, Clock
from apipay.errors import ApiPayError
from apipay.hooks import Hooks, LateDuplicate
from apipay.pacing import DEADLINE_EXTENSION
from apipay.pacing.limits import LEVELS
from apipay.transport.engine import Engine, Reply
from apipay.transport.failures import error_for, operation_of
from apipay.transport.ledger import Ledger
from apipay.transport.policy import RetryPolicy
from apipay.transport.verdict import is_whole

_system_random = random.SystemRandom()
"""Two processes that were forked from one do not wait the same."""


class RetryState:
    """What the retry layer keeps between calls: settings, the ledger, late duplicates."""

    def __init__(
        self,
        policy: RetryPolicy | None = None,
        *,
        hooks: Hooks | None = None,
        clock: Clock = SYSTEM_CLOCK,
        random: Callable[[], float] = _system_random.random,
        ledger: Ledger | None = None,
    ) -> None:
        self.policy = RetryPolicy() if policy is None else policy
        self.hooks = Hooks() if hooks is None else hooks
        self.clock = clock
        self.random = random
        self.ledger = Ledger() if ledger is None else ledger
        self.late_duplicates: deque[LateDuplicate] = deque(maxlen=1000)

    def begin_read(self, request: httpx.Request) -> float | None:
        """Begin a call the short way, if it can go it; return the moment, or None if it cannot.

        Most calls read, nobody watches them, and their first attempt works. They need no engine
        then, and one is made only when the first attempt fails.
        """
        operation = operation_of(request)
        if operation is None or operation.retry != "safe" or self.hooks.is_watched():
            return None
        extensions = request.extensions
        options = extensions.get("options")
        if options and (len(options) > 1 or options.get("priority") not in LEVELS):
            return None
        began = self.clock.monotonic()
        deadline = self.policy.deadline
        if deadline is not None:
            for value in extensions.get("timeout", {}).values():
                if value is None or value > deadline:
                    return None
            extensions[DEADLINE_EXTENSION] = began + deadline
        return began

    def engine(
        self,
        request: httpx.Request,
        began: float | None = None,
        first: Exception | httpx.Response | None = None,
    ) -> Engine:
        """Return the course of one call, which begins now, or began with the result `first`."""
        now = self.clock.monotonic()
        unix = self.clock.time()
        if began is not None:
            return self._engine(request, began, unix - (now - began), Reply(first, now))
        return self._engine(request, now, unix, None)

    def _engine(
        self, request: httpx.Request, now: float, unix: float, first: Reply | None
    ) -> Engine:
        return Engine(
            request,
            policy=self.policy,
            ledger=self.ledger,
            hooks=self.hooks,
            random=self.random,
            on_duplicate=self.late_duplicates.append,
            now=now,
            unix=unix,
            first=first,
        )


class RetryTransport(httpx.BaseTransport):
    """Sends through `transport`, again where that is safe, and looks up lost writes."""

    def __init__(self, transport: httpx.BaseTransport, state: RetryState | None = None) -> None:
        self._transport = transport
        self._state = RetryState() if state is None else state

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return a read response of any status, or raise what the last attempt raised."""
        state = self._state
        clock = state.clock
        began = state.begin_read(request)
        if began is None:
            request.read()
            steps = state.engine(request).run()
        else:
            first: httpx.Response | Exception
            try:
                first = self._transport.handle_request(request)
                first.read()
                if is_whole(first):
                    return first
            except Exception as error:
                first = error
            steps = state.engine(request, began, first).run()
        try:
            step = next(steps)
            while True:
                result: httpx.Response | Exception | None = None
                if isinstance(step, httpx.Request):
                    try:
                        result = self._transport.handle_request(step)
                        result.read()
                    except Exception as error:
                        result = error
                else:
                    clock.sleep(step)
                step = steps.send(Reply(result, clock.monotonic()))
        except StopIteration as end:
            response: httpx.Response = end.value
            return response
        finally:
            steps.close()

    def close(self) -> None:
        """Close the transport below."""
        self._transport.close()


class AsyncRetryTransport(httpx.AsyncBaseTransport):
    """`RetryTransport` for asyncio and trio."""

    def __init__(
        self, transport: httpx.AsyncBaseTransport, state: RetryState | None = None
    ) -> None:
        self._transport = transport
        self._state = RetryState() if state is None else state

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return a read response of any status, or raise what the last attempt raised."""
        state = self._state
        clock = state.clock
        began = state.begin_read(request)
        if began is None:
            await request.aread()
            steps = state.engine(request).run()
        else:
            first: httpx.Response | Exception
            try:
                first = await self._transport.handle_async_request(request)
                await first.aread()
                if is_whole(first):
                    return first
            except Exception as error:
                first = error
            steps = state.engine(request, began, first).run()
        try:
            step = next(steps)
            while True:
                result: httpx.Response | Exception | None = None
                if isinstance(step, httpx.Request):
                    try:
                        result = await self._transport.handle_async_request(step)
                        await result.aread()
                    except Exception as error:
                        result = error
                else:
                    await clock.sleep_async(step)
                step = steps.send(Reply(result, clock.monotonic()))
        except StopIteration as end:
            response: httpx.Response = end.value
            return response
        finally:
            steps.close()

    async def aclose(self) -> None:
        """Close the transport below."""
        await self._transport.aclose()


class ErrorTransport(httpx.BaseTransport):
    """Raises an error of `apipay.errors` for every failure of `transport`."""

    def __init__(self, transport: httpx.BaseTransport, clock: Clock = SYSTEM_CLOCK) -> None:
        self._transport = transport
        self._clock = clock

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return a response that is a success."""
        result: httpx.Response | Exception
        try:
            result = self._transport.handle_request(request)
            if not result.is_success:
                result.read()
        except ApiPayError:
            raise
        except Exception as error:
            result = error
        return _success_or_raise(result, request, self._clock)

    def close(self) -> None:
        """Close the transport below."""
        self._transport.close()


class AsyncErrorTransport(httpx.AsyncBaseTransport):
    """`ErrorTransport` for asyncio and trio."""

    def __init__(self, transport: httpx.AsyncBaseTransport, clock: Clock = SYSTEM_CLOCK) -> None:
        self._transport = transport
        self._clock = clock

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return a response that is a success."""
        result: httpx.Response | Exception
        try:
            result = await self._transport.handle_async_request(request)
            if not result.is_success:
                await result.aread()
        except ApiPayError:
            raise
        except Exception as error:
            result = error
        return _success_or_raise(result, request, self._clock)

    async def aclose(self) -> None:
        """Close the transport below."""
        await self._transport.aclose()


def _success_or_raise(
    result: httpx.Response | Exception, request: httpx.Request, clock: Clock
) -> httpx.Response:
    if isinstance(result, Exception) or not result.is_success:
        raise error_for(result, request, clock.time())
    operation = operation_of(request)
    if operation is not None and result.status_code not in operation.success:
        # 201 for a promised 200, say: the retry layer has seen that its body is fit to read.
        result.status_code = operation.success[0]
    return result
