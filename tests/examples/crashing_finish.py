"""A process for test_own_database.py that stops forever at a chosen moment of its transaction.

Arguments: the database file, and where to stop ("working", "finished", "committed" or "never").
"""

import sys
import time
from functools import partial

import own_database
from sqlalchemy import create_engine, event
from sqlalchemy.orm import Session

from apipay.webhooks import EventContext, Inbox, InvoiceEvent

PAID = {
    "event": "invoice.status_changed",
    "invoice": {"id": 1, "status": "paid", "external_order_id": "order-1042"},
    "timestamp": "2026-11-20T09:18:40Z",
}


def halt(*_: object) -> None:
    print("halted", flush=True)
    time.sleep(3600)


def main(path: str, stop: str) -> None:
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 20})
    inbox = Inbox(own_database.SQLAlchemyStore(engine), lease=0.5)
    if stop == "working":
        event.listen(Session, "after_flush", halt)

    def handler(news: InvoiceEvent, context: EventContext) -> None:
        print("attempt", context.attempt, flush=True)
        if stop == "finished":
            event.listen(Session, "before_commit", halt)
        own_database.ship(engine, news, context)
        if stop == "committed":
            halt()

    print(inbox.handle(InvoiceEvent.from_dict(PAID), partial(handler)).value, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
