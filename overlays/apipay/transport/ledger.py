"""Who made what: which new invoices and refunds belong to which call of this process.

Two calls that look alike (the same order id, refunds of one invoice) can lose their answers at the
same moment, and both then find one new invoice or refund. The ledger gives it to one of them only.
"""

import os
import threading
import weakref
from collections import Counter, OrderedDict
from collections.abc import Hashable

from apipay._clock import Clock
from apipay._process import key_id

_MOST_NAMES = 10_000


class Ledger:
    """Counts the requests on their way and the results handed out, by a name of the write.

    Safe for threads. Remembers the last 10,000 names.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: Counter[Hashable] = Counter()
        self._sending: Counter[Hashable] = Counter()
        self._claimed: OrderedDict[Hashable, set[int]] = OrderedDict()
        _registry.alive.add(self)

    def enter(self, name: Hashable) -> None:
        """A call for `name` begins."""
        with self._lock:
            self._calls[name] += 1

    def leave(self, name: Hashable) -> None:
        """It is over."""
        with self._lock:
            _subtract(self._calls, name)

    def under_way(self, name: Hashable) -> int:
        """How many calls for `name` have begun and not ended."""
        with self._lock:
            return self._calls[name]

    def begin(self, name: Hashable) -> None:
        """A request for `name` is on its way."""
        with self._lock:
            self._sending[name] += 1

    def end(self, name: Hashable) -> None:
        """Its answer came and was claimed, or will not come."""
        with self._lock:
            _subtract(self._sending, name)

    def is_sending(self, name: Hashable) -> bool:
        """Whether an answer for `name` can still come in, and claim what it made."""
        with self._lock:
            return self._sending[name] > 0

    def claim(self, name: Hashable, made: int) -> bool:
        """Hand out the id `made`; False when another call has it already."""
        with self._lock:
            ids = self._claimed.setdefault(name, set())
            self._claimed.move_to_end(name)
            if len(self._claimed) > _MOST_NAMES:
                self._claimed.popitem(last=False)
            if made in ids:
                return False
            ids.add(made)
            return True

    def claimed(self, name: Hashable) -> frozenset[int]:
        """The ids that were handed out under `name`."""
        with self._lock:
            return frozenset(self._claimed.get(name, ()))

    def after_fork(self) -> None:
        """In a child process: the parent's requests are not ours to wait for."""
        self._lock = threading.Lock()
        self._sending.clear()
        self._calls.clear()


def _subtract(counts: Counter[Hashable], name: Hashable) -> None:
    counts[name] -= 1
    if counts[name] <= 0:
        del counts[name]


class _Registry:
    """The ledgers of this process: all of them, and those that clients share."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.alive: weakref.WeakSet[Ledger] = weakref.WeakSet()
        self.shared: weakref.WeakValueDictionary[tuple[str, str, int], Ledger] = (
            weakref.WeakValueDictionary()
        )

    def after_fork(self) -> None:
        self.lock = threading.Lock()
        for ledger in list(self.alive):
            ledger.after_fork()


_registry = _Registry()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_registry.after_fork)


def shared_ledger(api_key: str, base_url: str, clock: Clock) -> Ledger:
    """The one ledger of this process for a key at a server: a second client shares the first's."""
    name = (key_id(api_key), base_url, id(clock))
    with _registry.lock:
        ledger = _registry.shared.get(name)
        if ledger is None:
            ledger = _registry.shared[name] = Ledger()
        return ledger
