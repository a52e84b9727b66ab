"""The inbox in your own database, with SQLAlchemy: the store, and an exactly-once handler.

`SQLAlchemyStore` is all that `Inbox` needs: two methods on one table. The handler `ship` commits
its order and the inbox's mark in one transaction (`context.finish`), so that a crash at any moment
leaves either both or neither.

    python own_database.py        # a walk through it, in memory
"""

import time
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import Connection, Engine, String, Text, create_engine, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import StaticPool

from apipay.webhooks import Event, EventContext, Inbox, InvoiceEvent


class Base(DeclarativeBase):
    pass


class InboxRow(Base):
    __tablename__ = "webhook_inbox"

    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    state: Mapped[str] = mapped_column(Text)


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    status: Mapped[str] = mapped_column(String(32), default="pending")
    shipments: Mapped[int] = mapped_column(default=0)


class SQLAlchemyStore:
    """A store for `Inbox` over an engine, or over one connection with its open transaction."""

    def __init__(self, database: Engine | Connection) -> None:
        self._database = database

    def _begin(self) -> AbstractContextManager[Connection]:
        if isinstance(self._database, Engine):
            return self._database.begin()
        return nullcontext(self._database)  # the caller commits

    def read(self, key: str) -> tuple[str | None, float]:
        with self._begin() as connection:
            state = connection.scalar(select(InboxRow.state).where(InboxRow.key == key))
        # With several hosts, take the database's clock here, for example select(func.now()).
        return state, time.time()

    def swap(self, key: str, old: str | None, new: str) -> bool:
        with self._begin() as connection:
            if old is not None:
                where = (InboxRow.key == key) & (InboxRow.state == old)
                return (
                    connection.execute(update(InboxRow).where(where).values(state=new)).rowcount
                    == 1
                )
            try:
                with connection.begin_nested():
                    connection.execute(insert(InboxRow).values(key=key, state=new))
            except IntegrityError:
                return False  # another delivery was faster
            return True


def ship(engine: Engine, event: Event, context: EventContext) -> None:
    """Ship a paid order, together with the inbox's mark."""
    if not isinstance(event, InvoiceEvent) or context.stale:
        return
    with (
        Session(engine) as session,
        session.begin(),  # commits last, when the mark is made
        context.finish(SQLAlchemyStore(session.connection())),
    ):
        order = session.get(Order, event.invoice.external_order_id)
        if order is not None:
            order.status = event.invoice.status.value
            if order.status == "paid":
                order.shipments += 1
        session.flush()


def main() -> None:
    engine = create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
    )
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        session.add(Order(id="order-1042"))
    paid = InvoiceEvent.from_dict(
        {
            "event": "invoice.status_changed",
            "invoice": {"id": 1, "status": "paid", "external_order_id": "order-1042"},
            "timestamp": datetime.now(UTC).isoformat(),
        }
    )
    inbox = Inbox(SQLAlchemyStore(engine))
    for _ in range(3):
        print(inbox.handle(paid, partial(ship, engine)).value)
    with Session(engine) as session:
        order = session.get_one(Order, "order-1042")
        print(f"{order.id}: {order.status}, shipped {order.shipments} time(s)")


if __name__ == "__main__":
    main()
