"""A claim on one event: take it, keep it while the handler runs, then mark it done or give it back.

This is the part of the inbox that talks to the store; it decides nothing that `state` could.
"""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from . import state
from .errors import InboxStoreError, LeaseLostError
from .state import EventKey, Record
from .stores import Store

_log = logging.getLogger("apipay.webhooks")

# Taking a claim competes only with other deliveries of the same invoice.
_MAX_SWAPS = 20
# The handler has done its work: a store that fails for a moment must not make it run again.
_PAUSES: Final = (0.0, 0.1, 0.5)


class HandleResult(StrEnum):
    """What became of a delivery."""

    HANDLED = "handled"
    """The handler ran and the event is marked done: answer 2xx."""

    DUPLICATE = "duplicate"
    """It was handled before; the handler was not run: answer 2xx."""

    IN_PROGRESS = "in_progress"
    """The invoice is being handled elsewhere, which may yet fail: answer 503, so that the service
    delivers the event again."""


@dataclass(frozen=True, slots=True)
class EventContext:
    """What a handler is told beside the event."""

    key: EventKey
    """What makes this event one: `invoice:<id>` and the status."""

    attempt: int
    """1, or more when earlier runs of the handler for this event raised or died half-way."""

    stale: bool
    """The event came out of order: the invoice has already gone further than this status. Do not
    move your order back; read the invoice from the API if in doubt."""

    latest_status: str | None
    """The furthest status of this invoice that was handled before; None if this is the first."""

    _claim: "HeldClaim" = field(repr=False, compare=False)

    def finish(self, store: Store) -> None:
        """Mark the event done inside your own database transaction, then commit it yourself.

        What the handler changes and the mark then become true together or not at all, so that
        even a crash at the worst moment neither loses the event nor handles it twice. `store` must
        write into the table that the inbox's own store reads, through your open transaction.

        Raises:
            LeaseLostError: another worker has taken the event over; roll back.
        """
        self._claim.finish(store)


def read(store: Store, key: EventKey) -> tuple[str | None, Record, float]:
    """Return the store's text for the invoice, the record in it, and the store's time."""
    with _reported("read"):
        text, now = store.read(key.subject)
        return text, state.load(text), now


def take(store: Store, key: EventKey, lease: float) -> "HeldClaim | HandleResult":
    """Claim the event for `lease` seconds, or say why there is nothing to do."""
    token = secrets.token_hex(16)
    for _ in range(_MAX_SWAPS):
        text, record, now = read(store, key)
        if key.status in record.done:
            return HandleResult.DUPLICATE
        if record.busy_for(now) > 0:
            return HandleResult.IN_PROGRESS
        claimed = record.claimed(key, token, now + lease)
        new = state.dump(claimed)
        if _swap(store, key, text, new):
            return HeldClaim(store, key, token, lease, new, claimed)
    return HandleResult.IN_PROGRESS


class HeldClaim:
    """A claim that this process holds; thread-safe, because a thread renews it."""

    def __init__(
        self, store: Store, key: EventKey, token: str, lease: float, text: str, record: Record
    ) -> None:
        self._store = store
        self._key = key
        self._token = token
        self._lease = lease
        self._text: str | None = text
        self._lock = threading.Lock()
        self._finishing = False
        self.context = EventContext(
            key=key,
            attempt=record.tries[key.status],
            stale=record.is_stale(key.status, key.at),
            latest_status=None if record.latest is None else record.latest[0],
            _claim=self,
        )

    @contextmanager
    def renewing(self, max_run: float) -> Generator[None]:
        """Renew the claim in the background, for at most `max_run` seconds."""
        stop = threading.Event()
        thread = threading.Thread(
            target=self._renew_until, args=(stop, max_run), name="apipay-inbox", daemon=True
        )
        try:
            thread.start()
        except RuntimeError:
            _log.warning("no thread to renew the claim on %s: it ends by itself", self._key)
        try:
            yield
        finally:
            stop.set()

    def finish(self, store: Store) -> None:
        """See `EventContext.finish`."""
        with self._lock:
            text, record = self._text, state.load(self._text)
            done = record.completed(self._token)
            if done is None or not _swap(store, self._key, text, state.dump(done)):
                raise self._lost()
            # From here the transaction decides; renewing would only wait for its locks.
            self._finishing = True

    def complete(self) -> None:
        """Mark the event done.

        Raises:
            LeaseLostError: another worker has taken the event over.
            InboxStoreError: it could not be written, so that the event will be handled again.
        """
        with self._lock:
            if self._finishing:
                self._check_finished()
            elif not self._change(lambda record: record.completed(self._token)):
                raise self._lost()

    def release(self) -> None:
        """Give the claim back, so that the next delivery is handled; never raises."""
        with self._lock:
            try:
                self._change(lambda record: record.released(self._token))
            except InboxStoreError:
                _log.warning("the claim on %s was not given back: it ends by itself", self._key)

    def _renew_until(self, stop: threading.Event, max_run: float) -> None:
        every, left = self._lease / 3, max_run
        while left > 0 and not stop.wait(every):
            left -= every
            with self._lock:
                if stop.is_set() or self._finishing:
                    return
                try:
                    if not self._renew():
                        _log.warning("the claim on %s was taken over: its lease ended", self._key)
                        return
                except InboxStoreError as error:
                    _log.warning("the claim on %s was not renewed: %s", self._key, error)

    def _renew(self) -> bool:
        text, record, now = read(self._store, self._key)
        renewed = record.renewed(self._token, now + self._lease)
        if renewed is None:
            return False
        new = state.dump(renewed)
        if _swap(self._store, self._key, text, new):
            self._text = new
        return True

    def _change(self, change: Callable[[Record], Record | None]) -> bool:
        """Store the changed record; False when the claim is no longer ours."""
        text = self._text
        for pause in _PAUSES:
            time.sleep(pause)
            try:
                while True:
                    record = state.load(text)
                    if record.done.get(self._key.status) == self._token:
                        return True  # an earlier try got through, and only its answer was lost
                    changed = change(record)
                    if changed is None:
                        return False
                    if _swap(self._store, self._key, text, state.dump(changed)):
                        return True
                    text, _, _ = read(self._store, self._key)
            except InboxStoreError:
                if pause == _PAUSES[-1]:
                    raise
        return False

    def _check_finished(self) -> None:
        _, record, _ = read(self._store, self._key)
        if record.done.get(self._key.status) == self._token:
            return
        if not record.is_held(self._token):
            raise self._lost()
        self._change(lambda record: record.released(self._token))
        raise InboxStoreError(
            f"The handler of {self._key} called finish(), but its transaction was not committed; "
            "the event stays open and will be handled again."
        )

    def _lost(self) -> LeaseLostError:
        return LeaseLostError(
            f"The handler of {self._key} outlived its claim, and another worker took the event "
            "over: it may have been handled twice. Make the handler faster, or the lease longer."
        )


def _swap(store: Store, key: EventKey, old: str | None, new: str) -> bool:
    with _reported("written"):
        return store.swap(key.subject, old, new)


@contextmanager
def _reported(what: str) -> Generator[None]:
    try:
        yield
    except Exception as error:
        raise InboxStoreError(
            f"The inbox's store could not be {what} ({type(error).__name__}). Nothing was marked; "
            "the service delivers the event again unless it is answered with 2xx."
        ) from error
