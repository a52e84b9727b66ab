"""A claim on one event: take it, renew it while the handler runs, then complete or release it."""

import logging
import os
import secrets
import threading
import weakref
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from apipay._clock import Clock

from . import state
from .errors import InboxStoreError, LeaseLostError
from .state import EventKey, Record
from .stores import Store

_log = logging.getLogger("apipay.webhooks")

# A claim competes only with other deliveries of the same invoice.
_MAX_SWAPS: Final = 20
# The handler has done its work: a store that fails for a moment must not make it run again.
_PAUSES: Final = (0.0, 0.1, 0.5)

_IDLE_SECONDS: Final = 10.0
"""Real seconds after which a thread with no claims to renew ends."""


class HandleResult(StrEnum):
    """What became of a delivery."""

    HANDLED = "handled"
    """The handler ran and the event is marked as done. Respond with 2xx."""

    DUPLICATE = "duplicate"
    """It was handled before, and the handler was not run. Respond with 2xx."""

    IN_PROGRESS = "in_progress"
    """An event of the same invoice is being handled, which may still fail. Respond with 503, so
    that the service delivers this one again."""


@dataclass(frozen=True, slots=True)
class EventContext:
    """What the inbox knows about an event when its handler runs."""

    key: EventKey
    """The identity of the event, such as `invoice:<id>` and the status."""

    attempt: int
    """1, or more when earlier runs of the handler for this event raised or died."""

    stale: bool
    """The event came out of order: the invoice has already gone further than this status. Do not
    move your order back; read the invoice from the API if in doubt."""

    latest_status: str | None
    """The furthest status of this invoice that was handled before; None for the first."""

    _claim: "HeldClaim" = field(repr=False, compare=False)

    @contextmanager
    def finish(self, store: Store) -> Generator[None]:
        """Commit what the block changes together with the inbox's mark, or neither.

            with Session(engine) as session, session.begin():
                with context.finish(MyStore(session.connection())):
                    ...  # change your order through `session`

        At the end of the block the event is marked as done inside your own, still open transaction.
        Then commit it. A crash at any moment neither loses the event nor handles it twice. An
        exception in the block leaves the mark out.

        Args:
            store: writes through your transaction into the table that the inbox's own store reads.

        Raises:
            LeaseLostError: another delivery took the event over. Roll back.
        """
        yield
        self._claim.finish(store)


def take(store: Store, key: EventKey, lease: float, clock: Clock) -> "HeldClaim | HandleResult":
    """Claim the event for `lease` seconds, or say why there is nothing to do."""
    token = secrets.token_hex(16)
    for _ in range(_MAX_SWAPS):
        text, record, now = _read(store, key)
        if key.status in record.done:
            return HandleResult.DUPLICATE
        if record.is_busy(now):
            return HandleResult.IN_PROGRESS
        claimed = record.claimed(key, token, now, lease)
        new = state.dump(claimed)
        if _swap(store, key, text, new):
            return HeldClaim(store, key, token, clock, new, claimed)
    return HandleResult.IN_PROGRESS


class HeldClaim:
    """A claim that this process holds. Thread-safe, because a thread renews it."""

    def __init__(
        self, store: Store, key: EventKey, token: str, clock: Clock, text: str, record: Record
    ) -> None:
        self._store = store
        self._key = key
        self._token = token
        self._clock = clock
        self._text: str | None = text
        self._lock = threading.Lock()
        self._finishing = False
        self._ended = False
        self.context = EventContext(
            key=key,
            attempt=record.tries[key.status],
            stale=record.is_stale(key),
            latest_status=None if record.latest is None else record.latest[0],
            _claim=self,
        )

    def renew(self) -> bool:
        """Extend the lease; False when there is nothing more to renew."""
        with self._lock:
            if self._ended or self._finishing:
                return False
            try:
                text, record, now = _read(self._store, self._key)
                renewed = record.renewed(self._token, now)
                if renewed is None:
                    _log.warning("The claim on %s is gone and is not renewed.", self._key)
                    return False
                new = state.dump(renewed)
                if _swap(self._store, self._key, text, new):
                    self._text = new
            except InboxStoreError as error:
                _log.warning("The claim on %s was not renewed: %s", self._key, error)
            return True

    def finish(self, store: Store) -> None:
        """Mark the event as done through `store`; see `EventContext.finish`."""
        with self._lock:
            # Always from the transaction's own view: it decides what the swap compares.
            text, record, _ = _read(store, self._key)
            done = record.completed(self._key, self._token)
            if done is None or not _swap(store, self._key, text, state.dump(done)):
                raise self._lost()
            # From here the transaction decides; a renewal would only wait for its locks.
            self._finishing = True

    def complete(self) -> None:
        """Mark the event as done.

        Raises:
            LeaseLostError: another delivery took the event over.
            InboxStoreError: it could not be written, so that the event will be handled again.
        """
        with self._lock:
            self._ended = True
            if self._finishing:
                self._check_finished()
            elif not self._change(lambda record: record.completed(self._key, self._token)):
                raise self._lost()

    def release(self) -> None:
        """Give up the claim, so that the next delivery is handled. Never raises."""
        with self._lock:
            self._ended = True
            try:
                self._change(lambda record: record.released(self._token))
            except InboxStoreError:
                _log.warning("The claim on %s was not released and ends by itself.", self._key)

    def _change(self, change: Callable[[Record], Record | None]) -> bool:
        """Store the changed record; False when `change` returns None."""
        text = self._text
        for pause in _PAUSES:
            if pause:
                self._clock.sleep(pause)
            try:
                while True:
                    record = state.load(text)
                    if record.done.get(self._key.status) == self._token:
                        return True  # an earlier try had its effect, and only the reply was lost
                    changed = change(record)
                    if changed is None:
                        return False
                    if _swap(self._store, self._key, text, state.dump(changed)):
                        return True
                    text, _, _ = _read(self._store, self._key)
            except InboxStoreError:
                if pause == _PAUSES[-1]:
                    raise
        return False

    def _check_finished(self) -> None:
        _, record, _ = _read(self._store, self._key)
        if record.done.get(self._key.status) == self._token:
            return
        if self._key.status in record.done or (record.claim and not record.is_held(self._token)):
            raise self._lost()
        self._change(lambda record: record.released(self._token))
        raise InboxStoreError(
            f"The handler of {self._key} used finish(), but its transaction was not committed. "
            "Commit it; the event stays open and will be handled again."
        )

    def _lost(self) -> LeaseLostError:
        return LeaseLostError(
            f"The claim on {self._key} is gone, and another delivery has claimed or handled the "
            "event: it may be handled twice. The handler or the store was stopped for longer than "
            "the lease, or the store lost its data."
        )


class Renewer:
    """One thread that renews the claims of an inbox, each after a third of its lease."""

    def __init__(self, clock: Clock, lease: float, max_run: float) -> None:
        self._clock = clock
        self._every = lease / 3
        self._max_run = max_run
        self.forget()
        _RENEWERS.add(self)

    def forget(self) -> None:
        """Drop all claims and the thread: in a forked child they are the parent's."""
        self._waiting: deque[tuple[float, float, HeldClaim]] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def add(self, claim: HeldClaim) -> None:
        """Renew the claim from now on, for at most `max_run` seconds."""
        now = self._clock.monotonic()
        with self._changed:
            # All claims wait equally long, so that the queue is in the order of time.
            self._waiting.append((now + self._every, now + self._max_run, claim))
            self._changed.notify()
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="apipay-inbox", daemon=True)
                try:
                    thread.start()
                except RuntimeError:
                    _log.warning("No thread can be started to renew claims: they end by themselves")
                else:
                    self._thread = thread

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._waiting and not self._changed.wait_for(
                    lambda: self._waiting, timeout=_IDLE_SECONDS
                ):
                    self._thread = None
                    return
                due, end, claim = self._waiting.popleft()
            pause = due - self._clock.monotonic()
            if pause > 0:
                self._clock.sleep(pause)
            if claim.renew() and due + self._every < end:
                with self._changed:
                    self._waiting.append((self._clock.monotonic() + self._every, end, claim))


_RENEWERS: "weakref.WeakSet[Renewer]" = weakref.WeakSet()


def _in_child() -> None:
    for renewer in _RENEWERS:
        renewer.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)


def _read(store: Store, key: EventKey) -> tuple[str | None, Record, float]:
    with reported("read"):
        text, now = store.read(key.subject)
        return text, state.load(text), now


def _swap(store: Store, key: EventKey, old: str | None, new: str) -> bool:
    with reported("written"):
        return store.swap(key.subject, old, new)


@contextmanager
def reported(what: str) -> Generator[None]:
    """Turn any exception of a store into `InboxStoreError`."""
    try:
        yield
    except Exception as error:
        raise InboxStoreError(
            f"The inbox's store could not be {what} ({type(error).__name__}). Nothing was marked; "
            "the service delivers the event again unless the response is 2xx."
        ) from error
