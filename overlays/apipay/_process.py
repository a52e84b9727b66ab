"""State that all clients of one process share, and its protection across `fork`.

One lock guards all of it. Every critical section is a few microseconds without I/O and without
calls to user code, so threads hardly wait for it, and a fork can: it takes the lock first, so a
child never starts with a lock that a thread of the parent holds, or with half of a change.
"""

import os
import threading
import weakref
from collections.abc import Callable, Hashable
from hashlib import sha256
from typing import Any, Final, Protocol, TypeVar
from urllib.parse import urlsplit

from apipay._clock import Clock

T = TypeVar("T")

LOCK: Final = threading.RLock()
"""Guards what the threads of this process share. Reentrant, because a signal handler can fork."""

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_DEFAULT_PORTS = {"http": 80, "https": 443}


class ForkAware(Protocol):
    """An object that adjusts itself in a child process."""

    def after_fork(self) -> None:
        """Forget the threads of the parent. Called in the child, with `LOCK` held."""
        ...


class KeyState:
    """State of one API key at one service. It lives as long as a client refers to it."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._objects: dict[Hashable, Any] = {}

    def shared(self, name: Hashable, make: Callable[[], T]) -> T:
        """Return the object called `name`; the first call makes it."""
        with LOCK:
            if name not in self._objects:
                self._objects[name] = make()
            found: T = self._objects[name]
            return found


_states: weakref.WeakValueDictionary[tuple[str, str, int], KeyState] = weakref.WeakValueDictionary()
_fork_aware: weakref.WeakSet[ForkAware] = weakref.WeakSet()


def shared_state(api_key: str, base_url: str, clock: Clock) -> KeyState:
    """Return the state that all clients of this process with this key and service share.

    Keep the result: it is dropped with the last reference to it.
    """
    name = (key_id(api_key), _service(base_url), id(clock))
    with LOCK:
        state = _states.get(name)
        if state is None:
            state = _states[name] = KeyState(clock)
        return state


def key_id(api_key: str) -> str:
    """Return a name for `api_key` that does not reveal it."""
    return sha256(b"apipay budget " + api_key.encode()).hexdigest()[:24]


def adjust_after_fork(aware: ForkAware) -> None:
    """Call `aware.after_fork()` in every child process, for as long as `aware` exists."""
    with LOCK:
        _fork_aware.add(aware)


def _service(base_url: str) -> str:
    """Return the same text for all spellings of one base URL."""
    url = urlsplit(base_url)
    host = "localhost" if url.hostname in _LOOPBACK else url.hostname
    port = url.port or _DEFAULT_PORTS.get(url.scheme)
    return f"{url.scheme}://{host}:{port}{url.path.rstrip('/')}"


def _after_fork_in_child() -> None:
    try:
        for aware in list(_fork_aware):
            aware.after_fork()
    finally:
        LOCK.release()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(
        before=LOCK.acquire,
        after_in_parent=LOCK.release,
        after_in_child=_after_fork_in_child,
    )
