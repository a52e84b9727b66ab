"""A receiver process for test_exactly_once.py: handles one event, and waits where it is told.

Arguments: the store's URL, the ledger, "before", "after" or "never" (wait before or after the
effect, which is one more line in the ledger), and the seconds by which the store's clock is ahead.
"""

import sys
from pathlib import Path

import redis

from apipay.webhooks import (
    Event,
    EventContext,
    Inbox,
    InvoiceEvent,
    RedisStore,
    SQLiteStore,
    WebhookError,
)


def main(url: str, ledger: Path, wait: str, ahead: float) -> None:
    store = (
        RedisStore(redis.from_url(url, socket_timeout=0.3, socket_connect_timeout=0.3))
        if url.startswith("unix:")
        else SQLiteStore(url)
    )

    class Ahead:
        swap = store.swap

        def read(self, key: str) -> tuple[str | None, float]:
            text, now = store.read(key)
            return text, now + ahead

    def ship(_: Event, __: EventContext) -> None:
        if wait == "before":
            hold()
        with ledger.open("a") as file:
            file.write("shipped\n")
        if wait == "after":
            hold()

    event = InvoiceEvent.from_dict(
        {
            "event": "invoice.status_changed",
            "invoice": {"id": 1, "status": "paid"},
            "timestamp": "2026-11-20T09:18:40Z",
        }
    )
    try:
        print(Inbox(Ahead(), lease=60).handle(event, ship).value, flush=True)
    except WebhookError as error:
        print(type(error).__name__, flush=True)


def hold() -> None:
    print("holding", flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], float(sys.argv[4]))
