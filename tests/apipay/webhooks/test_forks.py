"""Many processes that share a store made before the fork handle each event once."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from apipay.webhooks import (
    Event,
    EventContext,
    HandleResult,
    Inbox,
    InvoiceEvent,
    RedisStore,
    SQLiteStore,
    Store,
)


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_many_processes_handle_each_event_once(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, event_of: Callable[..., InvoiceEvent]
) -> None:
    """Four forked workers get every one of 25 events; the store was made before the fork."""
    store: Store
    if kind == "redis":
        import redis

        client = redis.from_url(request.getfixturevalue("redis_url"))
        client.flushall()
        store = RedisStore(client)
    else:
        store = SQLiteStore(tmp_path / "inbox.db")
    store.read("opened before the fork")
    inbox = Inbox(store)
    ledger = os.open(tmp_path / "ledger", os.O_CREAT | os.O_APPEND | os.O_WRONLY)

    def ship(event: Event, context: EventContext) -> None:
        os.write(ledger, f"{context.key}\n".encode())

    def work() -> None:
        for number in range(25):
            while inbox.handle(event_of(number), ship) is HandleResult.IN_PROGRESS:
                time.sleep(0.001)

    children = []
    for _ in range(4):
        child = os.fork()
        if child == 0:
            try:
                work()
                os._exit(0)
            except BaseException:
                os._exit(1)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
    os.close(ledger)
    lines = (tmp_path / "ledger").read_text().split()
    assert sorted(lines) == sorted(f"invoice:{number}/paid" for number in range(25))
    if kind == "redis":
        client.close()
    elif isinstance(store, SQLiteStore):
        store.close()
