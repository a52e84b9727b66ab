"""The inbox's store in a SQLite file: one host, any number of processes, survives `kill -9`."""

import os
import sqlite3
import threading
import weakref
from typing import Final, Self

from apipay._clock import SYSTEM_CLOCK, Clock

from .protocol import DEFAULT_KEEP_SECONDS, check_keep

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS apipay_inbox (
    key TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    updated_at REAL NOT NULL,
    change INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS apipay_inbox_change ON apipay_inbox (change);
"""
_NEXT: Final = "(SELECT coalesce(max(change), 0) + 1 FROM apipay_inbox)"
_INSERT: Final = (
    "INSERT INTO apipay_inbox (state, updated_at, change, key) "  # noqa: S608 - constants
    f"VALUES (?, ?, {_NEXT}, ?) ON CONFLICT DO NOTHING"
)
_UPDATE: Final = (
    "UPDATE apipay_inbox "  # noqa: S608 - constants
    f"SET state = ?, updated_at = ?, change = {_NEXT} WHERE key = ? AND state = ?"
)
# A clock that jumped years ahead makes everything look old: the newest rows stay all the same.
_PURGE: Final = """
DELETE FROM apipay_inbox WHERE key IN (
    SELECT key FROM apipay_inbox
    WHERE change <= (SELECT max(change) FROM apipay_inbox) - ? AND updated_at < ?
    ORDER BY change LIMIT 500
)
"""
_PURGE_EVERY: Final = 200


class SQLiteStore:
    """A store in a SQLite file, for all processes of one host.

    Every process opens the file at its first use, so that a store made before a fork is safe. The
    file is in WAL mode with full synchronisation: a mark survives a power failure. Put it on a
    local disk, not on a network share.

    Args:
        path: the file. It is created, its folder is not.
        keep: seconds for which an invoice is remembered after its last event, 90 days by default;
            None remembers forever.
        keep_newest: this many of the newest records are never forgotten, whatever the clock says.
        busy_timeout: seconds for which a write waits for another process.
        clock: measures leases and `keep`.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        keep: float | None = DEFAULT_KEEP_SECONDS,
        keep_newest: int = 100_000,
        busy_timeout: float = 10.0,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        check_keep("SQLiteStore", keep)
        self._path = os.fspath(path)
        self._keep = keep
        self._keep_newest = keep_newest
        self._busy_timeout = busy_timeout
        self._clock = clock
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._inherited: list[sqlite3.Connection] = []
        self._writes = 0
        _STORES.add(self)

    def read(self, key: str) -> tuple[str | None, float]:
        """Return the text under `key`, and the time."""
        with self._lock:
            found = self._open().execute("SELECT state FROM apipay_inbox WHERE key = ?", (key,))
            row = found.fetchone()
        return (None if row is None else str(row[0])), self._clock.time()

    def swap(self, key: str, old: str | None, new: str) -> bool:
        """Replace `old` by `new`, if `old` is the text under `key`."""
        now = self._clock.time()
        with self._lock:
            connection = self._open()
            if old is None:
                cursor = connection.execute(_INSERT, (new, now, key))
            else:
                cursor = connection.execute(_UPDATE, (new, now, key, old))
            swapped = cursor.rowcount == 1
            self._writes += 1
            if self._keep is not None and self._writes % _PURGE_EVERY == 1:
                connection.execute(_PURGE, (self._keep_newest, now - self._keep))
            return swapped

    def close(self) -> None:
        """Close the file. The next use opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            connection = sqlite3.connect(
                self._path,
                timeout=self._busy_timeout,
                isolation_level=None,  # each statement is its own transaction
                check_same_thread=False,
            )
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                connection.executescript(_SCHEMA)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def forget_parent(self) -> None:
        """Drop, in a forked child, what belongs to the parent."""
        self._lock = threading.Lock()  # another thread of the parent may have held it
        if self._connection is not None:
            # SQLite forbids to use, or even to close, a connection that came through a fork.
            self._inherited.append(self._connection)
            self._connection = None


_STORES: "weakref.WeakSet[SQLiteStore]" = weakref.WeakSet()


def _in_child() -> None:
    for store in _STORES:
        store.forget_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
