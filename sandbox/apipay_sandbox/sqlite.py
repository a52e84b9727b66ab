"""Records in a SQLite file: what was acknowledged survives a restart, a crash and `kill -9`.

A write-ahead log with `synchronous=FULL`: a transaction is on the disk before it counts as done.
The file holds the API key and the webhook secret, so only its owner can read it.
"""

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from .errors import SandboxError
from .records import Record

_APPLICATION_ID = 0x41504159  # "APAY": marks the file as ours
_TABLES = """
CREATE TABLE record (kind TEXT, id INTEGER, body TEXT NOT NULL, PRIMARY KEY (kind, id))
    WITHOUT ROWID;
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


class SqliteDatabase:
    """A SQLite file, open in one sandbox at a time. Hold the store's lock."""

    def __init__(self, path: str | Path) -> None:
        self.now: Callable[[], float] = time.time
        """The sandbox's clock: each write stores the time too."""
        self._path = path
        self._connection = self._open()

    def load(self) -> list[tuple[str, str]]:
        """Return (kind, stored record), by id within a kind."""
        return self._connection.execute(
            "SELECT kind, body FROM record ORDER BY kind, id"
        ).fetchall()

    def write(self, records: Iterable[Record], removed: Iterable[Record] = ()) -> None:
        """Store and remove records and store the time, all or none."""
        rows = [(record.kind, record.id, record.stored()) for record in records]
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany("REPLACE INTO record VALUES (?, ?, ?)", rows)
            self._connection.executemany(
                "DELETE FROM record WHERE kind = ? AND id = ?",
                [(record.kind, record.id) for record in removed],
            )
            self._set_time()
            self._connection.execute("COMMIT")
        except sqlite3.Error as problem:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise SandboxError(
                f"The sandbox could not write to its file and changed nothing: {problem}. "
                "Check that the disk has space.",
                status=507,
            ) from problem

    def clear(self) -> None:
        """Remove all records; keep the settings."""
        self._connection.execute("DELETE FROM record")

    def setting(self, name: str, given: str | None, make: Callable[[], str]) -> str:
        """Return and store a setting: the given value, else the stored one, else a new one."""
        row = self._connection.execute(
            "SELECT value FROM setting WHERE name = ?", (name,)
        ).fetchone()
        value = given or (row[0] if row is not None else make())
        self._set(name, value)
        return value

    def note_time(self) -> None:
        """Store the sandbox's time."""
        self._set_time()

    def last_time(self) -> tuple[float, float] | None:
        """Return (sandbox time, real time) of the last write."""
        row = self._connection.execute("SELECT value FROM setting WHERE name = 'time'").fetchone()
        if row is None:
            return None
        sandbox, _, real = row[0].partition(" ")
        return float(sandbox), float(real)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _set_time(self) -> None:
        self._set("time", f"{self.now()!r} {time.time()!r}")

    def _set(self, name: str, value: str) -> None:
        self._connection.execute("REPLACE INTO setting VALUES (?, ?)", (name, value))

    def _open(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = None
        try:
            # SQLite gives its log files the mode of the database file.
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
            connection = sqlite3.connect(
                self._path, timeout=0, isolation_level=None, check_same_thread=False
            )
            # Until the process ends, however it ends: two sandboxes would overwrite each other's
            # records.
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._require_own(connection)
            os.chmod(self._path, 0o600)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("COMMIT")
        except (sqlite3.Error, OSError) as problem:
            if connection is not None:
                connection.close()
            raise SandboxError(
                f"The file {self._path} cannot be used for the sandbox: {problem}. Another sandbox "
                "may be using it, or it is not a file of a sandbox."
            ) from problem
        except SandboxError:
            assert connection is not None
            connection.close()
            raise
        return connection

    def _require_own(self, connection: sqlite3.Connection) -> None:
        """Create the tables in a new file; reject a file of another program."""
        connection.execute("BEGIN EXCLUSIVE")
        marked = connection.execute("PRAGMA application_id").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if marked != _APPLICATION_ID and tables:
            connection.execute("ROLLBACK")
            raise SandboxError(
                f"The file {self._path} is a database of another program. Name another file."
            )
        if not tables:
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            for statement in _TABLES.split(";"):
                connection.execute(statement)
        connection.execute("COMMIT")
