"""Where the inbox keeps its records: the protocol for a store of your own, and the one in memory.

A store keeps one short text per key and changes it by compare-and-swap. That is all: what the
texts mean, leases and fences included, is the inbox's business. With a table

    CREATE TABLE webhook_inbox (key VARCHAR(255) PRIMARY KEY, state TEXT NOT NULL)

`read` is a SELECT, and `swap` is an UPDATE ... WHERE key = ? AND state = ? that counts its rows (an
INSERT when `old` is None, with a violated primary key counted as no row).
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

from apipay.errors import InvalidRequestError

from . import state


class Store(Protocol):
    """A store for `Inbox`: thread-safe, and shared by all processes that receive the webhook.

    Any exception of a store is reported as `InboxStoreError`; nothing is handled meanwhile.
    """

    def read(self, key: str) -> tuple[str | None, float]:
        """Return the text under `key` (None if there is none) and the time in Unix seconds.

        The time is what leases are measured in. Take the store's own clock where several hosts
        share it; `time.time()` will do on one host.
        """
        ...

    def swap(self, key: str, old: str | None, new: str) -> bool:
        """Put `new` under `key` if what is there is exactly `old` (None: nothing), atomically.

        True only when `new` is stored for good: committed, and seen by every later `read`.
        """
        ...


class MemoryStore:
    """A store in the memory of one process, bounded: for tests, and for a single small process.

    It forgets everything when the process ends, so that an event which is delivered again after a
    restart is handled again. With several worker processes take SQLite or Redis.

    Args:
        max_keys: how many invoices are remembered; past it the one untouched for longest is
            forgotten, but never one that is being handled.
        now: the clock, in Unix seconds.
    """

    def __init__(self, max_keys: int = 100_000, *, now: Callable[[], float] = time.time) -> None:
        if max_keys < 1:
            raise InvalidRequestError("MemoryStore needs a max_keys of at least 1.")
        self._max_keys = max_keys
        self._now = now
        self._lock = threading.Lock()
        self._states: OrderedDict[str, str] = OrderedDict()

    def read(self, key: str) -> tuple[str | None, float]:
        """Return the text under `key`, and the time."""
        with self._lock:
            return self._states.get(key), self._now()

    def swap(self, key: str, old: str | None, new: str) -> bool:
        """Put `new` in the place of `old`, if `old` is what is there."""
        with self._lock:
            if self._states.get(key) != old:
                return False
            self._states[key] = new
            self._states.move_to_end(key)
            if len(self._states) > self._max_keys:
                self._forget_one(key)
            return True

    def __len__(self) -> int:
        """Return how many keys are remembered."""
        return len(self._states)

    def _forget_one(self, newest: str) -> None:
        for key, text in self._states.items():
            if key != newest and state.load(text).claim is None:
                del self._states[key]
                return
