"""A shop process for test_crash.py: handles one event, and can stop for ever in the middle of it.

Arguments: the store's URL, the ledger file, and where to stop ("before", "after" or "never": before
or after the effect, which is one line in the ledger). Says `claimed` when it has come there.
"""

import os
import sys
import time
from pathlib import Path

from apipay.webhooks import Event, EventContext, Inbox, InvoiceEvent, RedisStore, SQLiteStore, Store


def open_store(url: str) -> Store:
    return RedisStore(url) if url.startswith("unix:") else SQLiteStore(url)


def main(url: str, ledger: Path, stop: str) -> None:
    event = InvoiceEvent.from_dict(
        {
            "event": "invoice.status_changed",
            "invoice": {"id": 1, "status": "paid"},
            "timestamp": "2026-11-20T09:18:40Z",
        }
    )

    def ship(_: Event, context: EventContext) -> None:
        if stop == "before":
            halt()
        # The effect is idempotent, as the inbox asks for: the order is shipped unless it was.
        if not ledger.exists():
            ledger.write_text(f"shipped by {os.getpid()}\n")
        if stop == "after":
            halt()
        print("attempt", context.attempt, flush=True)

    print(Inbox(open_store(url), lease=1.5).handle(event, ship).value, flush=True)


def halt() -> None:
    print("claimed", flush=True)
    time.sleep(3600)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
