"""The inbox: handle each event once, whatever is delivered again, out of order, or cut off.

An event is claimed, its handler runs, then it is marked as done. While the handler runs its claim
is renewed. When the process dies the claim ends after `lease` seconds, and when the handler raises
it is released at once. `state` defines what a record means; a store keeps it.
"""

import inspect
import logging
import math
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any, Final, TypeAlias, cast

from apipay._clock import SYSTEM_CLOCK, Clock
from apipay._steps import Blocking, Steps, run, run_async
from apipay.errors import InvalidRequestError

from .claims import EventContext, HandleResult, HeldClaim, Renewer, reported, take
from .errors import PayloadError
from .events import Event, event_key
from .stores import Store

Handler: TypeAlias = Callable[[Event, EventContext], object]
"""Your code, called with the event and its context."""

AsyncHandler: TypeAlias = Callable[[Event, EventContext], Awaitable[object]]
"""Your code as a coroutine function."""

DEFAULT_LEASE_SECONDS: Final = 20.0
DEFAULT_MAX_RUN_SECONDS: Final = 900.0

_log = logging.getLogger("apipay.webhooks")


class Inbox:
    """Handles each event once, for all processes that share the store.

    Two deliveries are the same event when the fields that the specification names are equal:
    `invoice.id` and `invoice.status`. An event that it does not know is identified by its content.
    Events of one invoice are handled one after the other.

    A handler that raises, or whose process dies, runs again for the next delivery. Make its effects
    such that a second run does no harm (see `EventContext.attempt`), or commit them together with
    the inbox's mark (see `EventContext.finish`).

    Args:
        store: remembers what was handled: `SQLiteStore`, `RedisStore`, `MemoryStore`, or your own
            two methods (`Store`).
        lease: seconds for which a claim holds after its process died. It is renewed after every
            third of it while the handler runs, so it need not cover the handler's time.
        max_run: seconds after which a running handler counts as hung and its claim is no longer
            renewed.
        max_age: refuse events whose own timestamp is older (seconds or timedelta), in case the
            store has forgotten them; None accepts any age. It does not stop a replay of a recent
            delivery: the signature covers no time of sending, and only the store knows repeats.
        clock: measures the renewals and pauses. The store measures the lease.
    """

    def __init__(
        self,
        store: Store,
        *,
        lease: float = DEFAULT_LEASE_SECONDS,
        max_run: float = DEFAULT_MAX_RUN_SECONDS,
        max_age: float | timedelta | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        if not callable(getattr(store, "swap", None)):
            raise InvalidRequestError(
                "Inbox needs a store with the methods of `Store`, such as SQLiteStore('inbox.db'), "
                f"not {type(store).__name__}."
            )
        if isinstance(max_age, timedelta):
            max_age = max_age.total_seconds()
        for name, value in (("lease", lease), ("max_run", max_run), ("max_age", max_age)):
            if value is not None and not (value > 0 and math.isfinite(value)):
                raise InvalidRequestError(f"Inbox needs a {name} of more than 0 seconds.")
        self._store = store
        self._lease = lease
        self._max_age = max_age
        self._renewer = Renewer(clock, lease, max_run)
        self.clock = clock

    @property
    def retry_after(self) -> int:
        """Whole seconds after which a claim that is not renewed has ended."""
        return math.ceil(self._lease)

    def handle(self, event: Event, handler: Handler) -> HandleResult:
        """Run `handler(event, context)` unless this event was handled before.

        Returns:
            `HANDLED` or `DUPLICATE` (respond with 2xx), or `IN_PROGRESS` (respond with 503: another
            delivery is being handled, and this one must come again in case that fails).

        Raises:
            Exception: any exception of the handler; the claim is released.
            InboxStoreError: the store failed. Before the handler ran, nothing has happened; after
                it, the event will be handled again.
            LeaseLostError: another delivery took the event over.
            PayloadError: the event is older than `max_age`.
            InvalidRequestError: the handler is async; use `handle_async`.
        """
        if is_async(handler):
            raise async_in_sync()
        return run(self._handle(event, handler), self.clock)

    async def handle_async(self, event: Event, handler: Handler | AsyncHandler) -> HandleResult:
        """Handle like `handle`, under asyncio or trio, without blocking the event loop.

        A coroutine function is awaited. A plain function runs in a worker thread, as the store's
        methods do. When the task is cancelled the claim is released.
        """
        return await run_async(self._handle(event, handler), self.clock)

    def _handle(self, event: Event, handler: Handler | AsyncHandler) -> Steps[HandleResult]:
        claim = yield from self.claim(event)
        if isinstance(claim, HandleResult):
            return claim
        return (yield from self.run(event, handler, claim))

    def claim(self, event: Event) -> Steps[HeldClaim | HandleResult]:
        """Claim the event, or say why there is nothing to do (for receivers)."""
        claim: HeldClaim | HandleResult = yield Blocking(lambda: self._take(event))
        return claim

    def run(
        self, event: Event, handler: Handler | AsyncHandler, claim: HeldClaim
    ) -> Steps[HandleResult]:
        """Run the handler of a claimed event (for receivers)."""
        self._renewer.add(claim)
        try:
            yield from call(handler, event, claim.context)
        except BaseException:
            yield Blocking(claim.release)
            raise
        yield Blocking(claim.complete)
        return HandleResult.HANDLED

    def _take(self, event: Event) -> HeldClaim | HandleResult:
        key = event_key(event)
        if self._max_age is not None:
            with reported("read"):
                _, now = self._store.read(key.subject)
            sent = event.timestamp
            if sent is None or now - sent.timestamp() > self._max_age:
                raise PayloadError(
                    f"The event is older than {self._max_age:g} seconds, or has no timestamp.",
                    "too_old",
                )
        claim = take(self._store, key, self._lease, self.clock)
        if isinstance(claim, HandleResult):
            _log.info("webhook event %s: %s", key, claim.value)
        return claim


def call(function: Callable[..., Any], *args: object) -> Steps[Any]:
    """Call a plain or an async function of the user's as a step."""
    invoke = partial(function, *args)
    if is_async(function):
        result = yield invoke
    else:
        result = yield Blocking(invoke)
        if inspect.isawaitable(result):
            returned = result
            result = yield lambda: returned
    if inspect.isawaitable(result):  # the sync driver awaits nothing
        if inspect.iscoroutine(result):
            result.close()
        raise async_in_sync()
    return result


def is_async(function: object) -> bool:
    """Say whether this is a coroutine function, or an object whose call is one."""
    while isinstance(function, partial):
        function = cast("partial[object]", function).func
    return any(map(inspect.iscoroutinefunction, (function, type(function).__call__)))


def async_in_sync() -> InvalidRequestError:
    """Return the error for an async function that nothing can await."""
    return InvalidRequestError(
        "The webhook handler is async and cannot be awaited here. Use `handle_async` or an async "
        "receiver, or make it a plain function."
    )
