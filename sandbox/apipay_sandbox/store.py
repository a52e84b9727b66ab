"""The sandbox's memory: tables of records, changed in transactions under one lock.

A change that fails leaves nothing behind. With a journal (`sqlite.Journal`) every transaction is
written down before it counts as done.
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

# Ids of different kinds do not meet in ordinary use, so that mixing them up shows as a 404.
_FIRST_IDS = {"organization": 1, "invoice": 1001, "refund": 500_001, "recurring_invoice": 101}


class Journal(Protocol):
    """Where transactions are written down."""

    def load(self) -> Iterable[tuple[str, str]]:
        """Give (kind, stored record), by id within a kind."""
        ...

    def write(self, records: Iterable[Record]) -> None:
        """Store the records, all or none, so that a crash after this call loses nothing."""
        ...

    def clear(self) -> None:
        """Forget all records."""
        ...

    def note_time(self) -> None:
        """Keep the time, which was moved by hand."""
        ...

    def close(self) -> None:
        """Let go of the place."""
        ...


class Store:
    """All records of one sandbox. Hold `lock` while reading, open a transaction to write."""

    def __init__(self, journal: Journal | None = None) -> None:
        self.lock = threading.RLock()
        self._journal = journal
        self._undo: list[tuple[Record, Record | None]] | None = None
        self._forget()
        for kind, text in journal.load() if journal is not None else ():
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
        """Make the `put`s inside one change: all of them or, after an exception, none."""
        with self.lock:
            if self._undo is not None:  # a transaction inside a transaction is part of it
                yield
                return
            self._undo = []
            try:
                yield
                if self._journal is not None and self._undo:
                    self._journal.write([record for record, _ in self._undo])
            except BaseException:
                for record, before in reversed(self._undo):
                    self._take_back(record, before)
                raise
            finally:
                self._undo = None

    def put(self, record: Record) -> None:
        """Add the record, or put it in the place of the one with its id."""
        if self._undo is None:
            raise RuntimeError("Records are changed in a transaction only.")
        self._undo.append((record, self._tables[record.kind].get(record.id)))
        self._place(record)

    def next_id(self, kind: type[Record]) -> int:
        """Return an id that no record of this kind has had."""
        table = self._tables[kind.kind]
        return next(reversed(table)) + 1 if table else _FIRST_IDS.get(kind.kind, 1)

    def invoice_by_token(self, token: str) -> Invoice | None:
        """Find an invoice by the token in its `payment_url`."""
        found = self._invoice_by_token.get(token)
        return self.invoices[found] if found is not None else None

    def refunds_of(self, invoice_id: int) -> list[Refund]:
        """Return the refunds of one invoice, oldest first."""
        return [self.refunds[one] for one in self._refunds_by_invoice.get(invoice_id, ())]

    def note_time(self) -> None:
        """Write down the time, which was moved by hand."""
        with self.lock:
            if self._journal is not None:
                self._journal.note_time()

    def clear(self) -> None:
        """Forget everything."""
        with self.lock:
            if self._journal is not None:
                self._journal.clear()
            self._forget()

    def close(self) -> None:
        """Close the journal."""
        with self.lock:
            if self._journal is not None:
                self._journal.close()

    def _place(self, record: Record) -> None:
        table = self._tables[record.kind]
        if record.id not in table:
            if isinstance(record, Invoice):
                self._invoice_by_token[record.kaspi_qr_token] = record.id
            elif isinstance(record, Refund):
                self._refunds_by_invoice.setdefault(record.invoice_id, []).append(record.id)
        table[record.id] = record

    def _take_back(self, record: Record, before: Record | None) -> None:
        table = self._tables[record.kind]
        if before is not None:
            table[record.id] = before
            return
        del table[record.id]
        if isinstance(record, Invoice):
            del self._invoice_by_token[record.kaspi_qr_token]
        elif isinstance(record, Refund):
            self._refunds_by_invoice[record.invoice_id].remove(record.id)
