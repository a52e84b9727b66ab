"""The inbox's store in the memory of one process."""

import threading
from collections import OrderedDict

from apipay._clock import SYSTEM_CLOCK, Clock
from apipay.errors import InvalidRequestError

from .. import state


class MemoryStore:
    """A bounded store in the memory of one process, for tests and for a single small process.

    It forgets everything when the process ends, so that an event which is delivered again after a
    restart is handled again. With several worker processes use SQLite or Redis.

    Args:
        max_keys: how many invoices are remembered. Past it the one untouched for longest is
            forgotten, but never one that is being handled.
        clock: measures leases.
    """

    def __init__(self, max_keys: int = 100_000, *, clock: Clock = SYSTEM_CLOCK) -> None:
        if max_keys < 1:
            raise InvalidRequestError("MemoryStore needs a max_keys of at least 1.")
        self._max_keys = max_keys
        self._clock = clock
        self._lock = threading.Lock()
        self._states: OrderedDict[str, str] = OrderedDict()

    def read(self, key: str) -> tuple[str | None, float]:
        """Return the text under `key`, and the time."""
        with self._lock:
            return self._states.get(key), self._clock.time()

    def swap(self, key: str, old: str | None, new: str) -> bool:
        """Replace `old` by `new`, if `old` is the text under `key`."""
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
