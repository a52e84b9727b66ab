"""The journal in a SQLite file: what was acknowledged survives a restart, a crash and `kill -9`.

Write-ahead log with `synchronous=FULL`: a transaction is on the disk before it counts as done.
"""

import contextlib
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


class SqliteJournal:
    """One SQLite file, held by one sandbox at a time. Hold the store's lock."""

    def __init__(self, path: str | Path) -> None:
        self.now: Callable[[], float] = time.time
        """The sandbox's clock, once there is one: each write keeps the time too."""
        self._path = path
        self._connection = self._open()

    def load(self) -> list[tuple[str, str]]:
        """Return (kind, stored record), by id within a kind."""
        return self._connection.execute(
            "SELECT kind, body FROM record ORDER BY kind, id"
        ).fetchall()

    def write(self, records: Iterable[Record]) -> None:
        """Store the records and the time, all or none."""
        rows = [(record.kind, record.id, record.stored()) for record in records]
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany("REPLACE INTO record VALUES (?, ?, ?)", rows)
            self._set_time()
            self._connection.execute("COMMIT")
        except sqlite3.Error as problem:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise SandboxError(
                f"The sandbox could not write to its file, and changed nothing: {problem}.",
                status=500,
            ) from problem

    def clear(self) -> None:
        """Forget all records; keep the settings."""
        self._connection.execute("DELETE FROM record")

    def setting(self, name: str, given: str | None, make: Callable[[], str]) -> str:
        """Return a setting: the given value, else the stored one, else a new one; and keep it."""
        row = self._connection.execute(
            "SELECT value FROM setting WHERE name = ?", (name,)
        ).fetchone()
        value = given or (row[0] if row is not None else make())
        self._set(name, value)
        return value

    def note_time(self) -> None:
        """Keep the sandbox's time: it was moved by hand."""
        self._set_time()

    def last_time(self) -> tuple[float, float] | None:
        """Return (sandbox time, real time) as they were when something was last written."""
        row = self._connection.execute("SELECT value FROM setting WHERE name = 'time'").fetchone()
        if row is None:
            return None
        sandbox, _, real = row[0].partition(" ")
        return float(sandbox), float(real)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _set_time(self) -> None:
        self._set("time", f"{self.now()!r} {time.time()!r}")

    def _set(self, name: str, value: str) -> None:
        self._connection.execute("REPLACE INTO setting VALUES (?, ?)", (name, value))

    def _open(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = None
        try:
            connection = sqlite3.connect(
                self._path, timeout=0, isolation_level=None, check_same_thread=False
            )
            # Held until the process ends, however it ends: two sandboxes would overwrite each
            # other's records.
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._require_own(connection)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("COMMIT")
        except sqlite3.Error as problem:
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
        """Make the tables in a new file; refuse a file that belongs to something else."""
        connection.execute("BEGIN EXCLUSIVE")
        marked = connection.execute("PRAGMA application_id").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if marked != _APPLICATION_ID and tables:
            connection.execute("ROLLBACK")
            raise SandboxError(
                f"The file {self._path} is a database of something else; the sandbox does not "
                "touch it. Name another file."
            )
        if not tables:
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            for statement in _TABLES.split(";"):
                connection.execute(statement)
        connection.execute("COMMIT")
