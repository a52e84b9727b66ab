"""The inbox: handle each event once, whatever is delivered again, out of order, or cut off.

An event is claimed, its handler is run, then it is marked done. While the handler runs its claim
is renewed; when the process dies the claim ends after `lease` seconds, and when the handler raises
it is given back at once. What a record means is in `state`; where it is kept is a store's business.
"""

import hashlib
import inspect
import json
import logging
import math
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeAlias, cast

import anyio
import anyio.to_thread

from apipay.errors import InvalidRequestError
from apipay_client.models import InvoiceEvent

from .claims import EventContext, HandleResult, HeldClaim, read, take
from .errors import EventTooOldError
from .events import Event
from .state import EventKey
from .stores import Store

__all__ = ["AsyncHandler", "EventContext", "HandleResult", "Handler", "Inbox", "event_key"]

Handler: TypeAlias = Callable[[Event, EventContext], object]
"""Your code: called with the event and its context."""

AsyncHandler: TypeAlias = Callable[[Event, EventContext], Awaitable[object]]
"""Your code as a coroutine function."""

DEFAULT_LEASE_SECONDS = 20.0
DEFAULT_MAX_RUN_SECONDS = 900.0

_log = logging.getLogger("apipay.webhooks")


class Inbox:
    """Handles each event once, for all processes that share the store.

    Two deliveries are the same event when invoice id and status are the same; an event without an
    invoice is known by its content. Events of one invoice are handled one after the other.

    A handler that raises, or whose process dies, is run again for the next delivery, so what it
    had done by then is there already: make its effects such that a second run does no harm (see
    `EventContext.attempt`), or commit them together with the mark (see `EventContext.finish`).

    Args:
        store: where it is remembered what was handled: `SQLiteStore`, `RedisStore`, `MemoryStore`,
            or your own two methods (`Store`).
        lease: for how many seconds a claim holds after its process died. It is renewed every third
            of it while the handler runs, so it need not cover the handler's time.
        max_run: after so many seconds a running handler counts as hung, and its claim is no longer
            renewed.
        max_age: refuse events that are older (seconds or timedelta), as a guard against replays
            older than what the store remembers; None: accept any age.
    """

    def __init__(
        self,
        store: Store,
        *,
        lease: float = DEFAULT_LEASE_SECONDS,
        max_run: float = DEFAULT_MAX_RUN_SECONDS,
        max_age: float | timedelta | None = None,
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
        self._max_run = max_run
        self._max_age = max_age

    @property
    def retry_after(self) -> int:
        """After how many whole seconds a claim that nobody renews is over."""
        return math.ceil(self._lease)

    def handle(self, event: Event, handler: Handler) -> HandleResult:
        """Run `handler(event, context)` unless this event was handled before.

        Returns:
            `HANDLED` or `DUPLICATE` (answer 2xx), or `IN_PROGRESS` (answer 503: it is being
            handled elsewhere, and must be delivered again in case that fails).

        Raises:
            Exception: whatever the handler raises; the claim has been given back.
            InboxStoreError: the store failed. Before the handler, nothing has happened; after it,
                the event will be handled again.
            LeaseLostError: the handler outlived its claim and another worker took over.
            EventTooOldError: the event is older than `max_age`.
            InvalidRequestError: the handler is async; use `handle_async`.
        """
        if is_async(handler):
            raise _async_in_sync()
        claim = self._take(event)
        if isinstance(claim, HandleResult):
            return claim
        try:
            with claim.renewing(self._max_run):
                result = handler(event, claim.context)
                if inspect.isawaitable(result):
                    if inspect.iscoroutine(result):
                        result.close()
                    raise _async_in_sync()
        except BaseException:
            claim.release()
            raise
        claim.complete()
        return HandleResult.HANDLED

    async def handle_async(self, event: Event, handler: Handler | AsyncHandler) -> HandleResult:
        """Do what `handle` does, under asyncio or trio, without blocking the event loop.

        A coroutine function is awaited; a plain function is run in a worker thread, as the store's
        methods are. When the task is cancelled the claim is given back.
        """
        if not is_async(handler):
            return await anyio.to_thread.run_sync(self.handle, event, handler)
        claim = await anyio.to_thread.run_sync(self._take, event)
        if isinstance(claim, HandleResult):
            return claim
        try:
            with claim.renewing(self._max_run):
                await cast("AsyncHandler", handler)(event, claim.context)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(claim.release)
            raise
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(claim.complete)
        return HandleResult.HANDLED

    def _take(self, event: Event) -> HeldClaim | HandleResult:
        key = event_key(event)
        if self._max_age is not None:
            self._refuse_old(event, key, self._max_age)
        claim = take(self._store, key, self._lease)
        if isinstance(claim, HandleResult):
            _log.info("webhook event %s: %s", key, claim.value)
        return claim

    def _refuse_old(self, event: Event, key: EventKey, max_age: float) -> None:
        made = _seconds(event.timestamp)
        _, _, now = read(self._store, key)
        if made is None or now - made > max_age:
            raise EventTooOldError(
                f"The event is older than {max_age:g} seconds, or does not say how old it is."
            )


def event_key(event: Event) -> EventKey:
    """Return what makes two deliveries the same event: invoice id and status.

    For an event without an invoice it is the event's name and a digest of its content.
    """
    if isinstance(event, InvoiceEvent):
        status = str(event.invoice.status)
        reached = getattr(event.invoice, f"{status}_at", None)
        at = _seconds(reached if isinstance(reached, datetime) else event.timestamp)
        return EventKey(f"invoice:{event.invoice.id}", status, at)
    content = json.dumps(event.to_dict(), sort_keys=True, separators=(",", ":"), default=str)
    digest = hashlib.sha256(content.encode()).hexdigest()
    return EventKey(f"event:{digest}", event.event, _seconds(event.timestamp))


def _seconds(moment: datetime | None) -> float | None:
    if moment is None:
        return None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()


def is_async(handler: Callable[..., object]) -> bool:
    """Say whether the handler is a coroutine function, or an object whose call is one."""
    return any(map(inspect.iscoroutinefunction, (handler, type(handler).__call__)))


def _async_in_sync() -> InvalidRequestError:
    return InvalidRequestError(
        "The webhook handler is async but was called as a plain function: make it `async def` and "
        "use `handle_async`, or make it a plain function."
    )
