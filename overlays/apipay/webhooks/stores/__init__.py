"""Where the inbox keeps its records: the protocol for a store of your own, and three stores.

A store keeps one short text per key and changes it by compare-and-swap. The inbox defines what the
texts mean. With a table

    CREATE TABLE webhook_inbox (key VARCHAR(255) PRIMARY KEY, state TEXT NOT NULL)

`read` is a SELECT, and `swap` is an UPDATE ... WHERE key = ? AND state = ? that counts its rows (an
INSERT when `old` is None, with a violated primary key counted as no row).
"""

from .memory import MemoryStore
from .protocol import Store
from .redis import RedisStore
from .sqlite import SQLiteStore

__all__ = ["MemoryStore", "RedisStore", "SQLiteStore", "Store"]
