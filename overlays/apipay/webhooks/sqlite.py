"""The inbox's store in a SQLite file: one host, any number of processes, survives `kill -9`."""

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable
from types import TracebackType

from apipay.errors import InvalidRequestError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS apipay_inbox (
    key TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    updated_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS apipay_inbox_updated_at ON apipay_inbox (updated_at);
"""
_INSERT = (
    "INSERT INTO apipay_inbox (key, state, updated_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
)
_UPDATE = "UPDATE apipay_inbox SET state = ?, updated_at = ? WHERE key = ? AND state = ?"
_PURGE = """
DELETE FROM apipay_inbox WHERE key IN (
    SELECT key FROM apipay_inbox WHERE updated_at < ? ORDER BY updated_at LIMIT 500
)
"""
_PURGE_EVERY = 200

DEFAULT_KEEP_SECONDS = 90 * 86_400.0


class SQLiteStore:
    """A store in a SQLite file, for all processes of one host.

    The file is opened at the first use, in every process anew, so that a store made before a fork
    is safe. It is in WAL mode with full synchronisation: what was marked done stays done even when
    the power fails. Put it on a local disk, not on a network share.

    Args:
        path: the file; it is created, its folder is not.
        keep: for how many seconds an invoice is remembered after its last event, 90 days if not
            said; None: for ever.
        busy_timeout: for how many seconds a write waits for another process's.
        now: the clock, in Unix seconds.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        keep: float | None = DEFAULT_KEEP_SECONDS,
        busy_timeout: float = 10.0,
        now: Callable[[], float] = time.time,
    ) -> None:
        if keep is not None and not keep > 0:
            raise InvalidRequestError("SQLiteStore needs a keep of more than 0 seconds, or None.")
        self._path = os.fspath(path)
        self._keep = keep
        self._busy_timeout = busy_timeout
        self._now = now
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._inherited: list[sqlite3.Connection] = []
        self._writes = 0
        if hasattr(os, "register_at_fork"):
            # Weakly: a hook cannot be taken away again, and must not keep the store alive.
            reference = weakref.WeakMethod(self._begin_anew)

            def in_child() -> None:
                begin_anew = reference()
                if begin_anew is not None:
                    begin_anew()

            os.register_at_fork(after_in_child=in_child)

    def read(self, key: str) -> tuple[str | None, float]:
        """Return the text under `key`, and the time."""
        with self._lock:
            row = (
                self._open()
                .execute("SELECT state FROM apipay_inbox WHERE key = ?", (key,))
                .fetchone()
            )
        return (None if row is None else str(row[0])), self._now()

    def swap(self, key: str, old: str | None, new: str) -> bool:
        """Put `new` in the place of `old`, if `old` is what is there."""
        now = self._now()
        with self._lock:
            connection = self._open()
            if old is None:
                cursor = connection.execute(_INSERT, (key, new, now))
            else:
                cursor = connection.execute(_UPDATE, (new, now, key, old))
            swapped = cursor.rowcount == 1
            self._writes += 1
            if self._keep is not None and self._writes % _PURGE_EVERY == 1:
                connection.execute(_PURGE, (now - self._keep,))
            return swapped

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def __enter__(self) -> "SQLiteStore":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
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

    def _begin_anew(self) -> None:
        """Forget, in a forked child, what belongs to the parent."""
        self._lock = threading.Lock()  # another thread of the parent may have held it
        if self._connection is not None:
            # SQLite forbids to use, or even to close, a connection that came through a fork.
            self._inherited.append(self._connection)
            self._connection = None
