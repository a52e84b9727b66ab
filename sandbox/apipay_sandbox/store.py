"""Tables of records in memory, changed in transactions under one lock.

A transaction that fails changes nothing. With a database, a transaction is committed to the disk
before it counts as done.
"""

import threading
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Protocol, cast

from .records import (
    KINDS,
    Delivery,
    Invoice,
    Organization,
    Record,
    RecurringInvoice,
    Refund,
    Webhook,
)

# Ids of different kinds do not overlap in ordinary use, so that mixing them up shows as a 404.
_FIRST_IDS = {"organization": 1, "invoice": 1001, "refund": 500_001, "recurring_invoice": 101}


class Database(Protocol):
    """Durable storage of transactions."""

    def load(self) -> Iterable[tuple[str, str]]:
        """Return (kind, stored record), ordered by id within a kind."""
        ...

    def write(self, records: Iterable[Record], removed: Iterable[Record]) -> None:
        """Store and remove records, all or none, so that a crash after this call loses nothing."""
        ...

    def clear(self) -> None:
        """Remove all records."""
        ...

    def note_time(self) -> None:
        """Store the sandbox's time."""
        ...

    def close(self) -> None:
        """Close the storage."""
        ...


class Store:
    """All records of one sandbox. Hold `lock` while reading; open a transaction to write."""

    def __init__(self, database: Database | None = None) -> None:
        self.lock = threading.RLock()
        self._database = database
        # (record, the record before or None, whether it was removed), in order.
        self._undo: list[tuple[Record, Record | None, bool]] | None = None
        self._forget()
        for kind, text in database.load() if database is not None else ():
            self._place(KINDS[kind].restored(text))

    def _forget(self) -> None:
        self.organizations: dict[int, Organization] = {}
        self.invoices: dict[int, Invoice] = {}
        self.refunds: dict[int, Refund] = {}
        self.recurring_invoices: dict[int, RecurringInvoice] = {}
        self.webhooks: dict[int, Webhook] = {}
        self.deliveries: dict[int, Delivery] = {}
        self._tables = cast(
            dict[str, dict[int, Record]],
            {
                "organization": self.organizations,
                "invoice": self.invoices,
                "refund": self.refunds,
                "recurring_invoice": self.recurring_invoices,
                "webhook": self.webhooks,
                "delivery": self.deliveries,
            },
        )
        self._invoice_by_token: dict[str, int] = {}
        self._refunds_by_invoice: dict[int, list[int]] = {}

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Apply the changes made inside together or, after an exception, not at all."""
        with self.lock:
            if self._undo is not None:  # a nested transaction is part of the outer one
                yield
                return
            self._undo = []
            try:
                yield
                if self._database is not None and self._undo:
                    self._database.write(
                        [record for record, _, removed in self._undo if not removed],
                        [record for record, _, removed in self._undo if removed],
                    )
            except BaseException:
                for record, before, _ in reversed(self._undo):
                    self._restore(record, before)
                raise
            finally:
                self._undo = None

    def put(self, record: Record) -> None:
        """Add the record, or replace the one with its id."""
        self._log().append((record, self._tables[record.kind].get(record.id), False))
        self._place(record)

    def remove(self, delivery: Delivery) -> None:
        """Remove a delivery. Records of other kinds are never removed."""
        self._log().append((delivery, delivery, True))
        del self.deliveries[delivery.id]

    def next_id(self, kind: type[Record]) -> int:
        """Return an id that no record of this kind has."""
        table = self._tables[kind.kind]
        if not table:
            return _FIRST_IDS.get(kind.kind, 1)
        # The ids of webhooks can be chosen; the ids of all other records grow.
        return (max(table) if kind is Webhook else next(reversed(table))) + 1

    def invoice_by_token(self, token: str) -> Invoice | None:
        """Return the invoice whose `payment_url` ends in this token."""
        found = self._invoice_by_token.get(token)
        return self.invoices[found] if found is not None else None

    def refunds_of(self, invoice_id: int) -> list[Refund]:
        """Return the refunds of one invoice, oldest first."""
        return [self.refunds[one] for one in self._refunds_by_invoice.get(invoice_id, ())]

    def note_time(self) -> None:
        """Store the time after it was moved manually."""
        with self.lock:
            if self._database is not None:
                self._database.note_time()

    def clear(self) -> None:
        """Remove all records."""
        with self.lock:
            if self._database is not None:
                self._database.clear()
            self._forget()

    def close(self) -> None:
        """Close the database."""
        with self.lock:
            if self._database is not None:
                self._database.close()

    def _log(self) -> list[tuple[Record, Record | None, bool]]:
        if self._undo is None:
            raise RuntimeError("Records are changed in a transaction only.")
        return self._undo

    def _place(self, record: Record) -> None:
        table = self._tables[record.kind]
        if record.id not in table:
            if isinstance(record, Invoice):
                self._invoice_by_token[record.kaspi_qr_token] = record.id
            elif isinstance(record, Refund):
                self._refunds_by_invoice.setdefault(record.invoice_id, []).append(record.id)
        table[record.id] = record

    def _restore(self, record: Record, before: Record | None) -> None:
        table = self._tables[record.kind]
        if before is not None:
            table[record.id] = before
            return
        del table[record.id]
        if isinstance(record, Invoice):
            del self._invoice_by_token[record.kaspi_qr_token]
        elif isinstance(record, Refund):
            self._refunds_by_invoice[record.invoice_id].remove(record.id)
