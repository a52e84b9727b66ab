"""The pure core of watching invoices: which lists and single invoices to read in each round.

Reading one invoice costs a request; a page of a list tells about a hundred. So a round goes

1. through the list of all invoices, newest first, as long as its pages are full of watched ones:
   these tell who is still pending and who has settled at once;
2. for the rest, if it is long and lies deep, through the list of pending invoices;
3. and reads singly whoever was in none of the pages. After step 2 these have settled meanwhile,
   so that each costs one request in its life and not one a round. Of many at once some wait for
   the next round.

For n watched invoices that are about the newest, a round costs n / 100 requests.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from apipay.errors import InvalidRequestError
from apipay.polling import OnUnknown
from apipay_client.models import InvoiceStatus
from apipay_client.operations import LIST_INVOICES

if TYPE_CHECKING:
    from apipay_client.models import CreatedInvoice, Invoice, InvoicePage

PAGE_SIZE: Final = (LIST_INVOICES.pagination.max_size if LIST_INVOICES.pagination else None) or 100

_ROUNDS_BETWEEN_TRIES = 16
"""Where the newest invoices are not the watched ones, that is looked at again every so often."""


@dataclass(slots=True)
class ReadPage:
    """Read this page of the list of invoices, `PAGE_SIZE` rows long, and put it into `page`."""

    number: int
    pending_only: bool
    page: "InvoicePage | None" = None

    @property
    def pages(self) -> int:
        """How many pages the list has; 0 when this one says that there is nothing more."""
        if self.page is None or not self.page.page_items:
            return 0
        return math.ceil(self.page.page_total / max(self.page.page_size, 1))


@dataclass(slots=True)
class ReadInvoice:
    """Read this invoice and put it into `invoice`; None where it cannot be read."""

    id: int
    invoice: "Invoice | None" = None


Step = ReadPage | ReadInvoice
Round = Iterator[Step]
"""What to read. Each step is filled in before the next is taken."""


def id_of(invoice: "Invoice | CreatedInvoice | int") -> int:
    """Return the id of what stands for an invoice."""
    found: object = getattr(invoice, "id", invoice)
    if isinstance(found, bool) or not isinstance(found, int):
        raise InvalidRequestError(
            f"An invoice is given as its id, an int, or as itself, not as {type(found).__name__}."
        )
    return found


def is_over(invoice: "Invoice", on_unknown: OnUnknown) -> bool:
    """Whether waiting for this invoice is over: paid, cancelled, expired; unknown as told."""
    status = invoice.status
    if not status.is_known:
        return on_unknown == "return"
    return status != InvoiceStatus.PENDING


@dataclass(slots=True)
class _Newest:
    """How far the list of all invoices was read in one round."""

    watched: int
    number: int = 0
    pages: int = 1
    found: int = 0

    @property
    def ended(self) -> bool:
        return self.number >= self.pages

    def pages_to_come(self) -> float:
        """How many more pages hold the watched invoices, if they lie as close as so far."""
        if not self.found:
            return math.inf
        return min(self.pages, self.watched * self.number / self.found) - self.number


class Watch:
    """The invoices that are watched. `done` is told of each look; True ends the watch of it."""

    def __init__(self, done: Callable[["Invoice"], bool], ids: Iterable[int] = ()) -> None:
        self._done = done
        self.last: dict[int, Invoice | None] = dict.fromkeys(ids)
        """The watched invoices by id, as they were seen last."""
        self.requests = 0
        """Requests in the latest round."""
        self._rounds = 0
        self._looked: dict[int, int] = {}  # id -> the round of its last look
        self._skip_newest_until = 0
        self._pending_pages = 0
        self._lately_over = 1.0  # how many settle from one round to the next, about

    def add(self, invoice_id: int) -> None:
        """Watch one more."""
        if invoice_id not in self.last:
            self.last[invoice_id] = None
            self._skip_newest_until = 0  # it is new, so likely among the newest

    def drop(self, invoice_id: int) -> None:
        """Watch it no more."""
        self.last.pop(invoice_id, None)
        self._looked.pop(invoice_id, None)

    def round(self) -> Round:
        """One look at all of them. Stopping in the middle loses nothing."""
        self._rounds += 1
        self.requests = 0
        before = len(self.last)
        unseen = set(self.last)
        newest = _Newest(len(unseen))
        if len(unseen) > 1 and self._may_try_newest():
            yield from self._read_newest(
                unseen, newest, lambda ids: self._pages_of_pending(ids) + self._lately_over
            )
        if len(unseen) > self._pages_of_pending(unseen):
            yield from self._read_pending(unseen)
            # Who is not among the pending has settled. Many of them are looked up in pages too.
            yield from self._read_newest(unseen, newest, lambda ids: len(ids) / 2)
        most = 20 + before // 50
        for invoice_id in sorted(unseen, key=lambda each: self._looked.get(each, 0))[:most]:
            self.requests += 1
            step = ReadInvoice(invoice_id)
            yield step
            if step.invoice is not None:
                self._see(step.invoice)
        self._lately_over = (self._lately_over + max(0, before - len(self.last))) / 2

    def _may_try_newest(self) -> bool:
        """Whether the list of all invoices can be worth its first page.

        Once it was not, it can only save reading singly what settles: not worth it for one.
        """
        if not self._skip_newest_until:
            return True
        return self._rounds >= self._skip_newest_until and self._lately_over > 1

    def _read_newest(
        self, unseen: set[int], newest: "_Newest", elsewhere: Callable[[set[int]], float]
    ) -> Round:
        """Read the list of all invoices as long as that is the cheapest way to see `unseen`.

        `elsewhere`: how many requests it takes to see them in another way.
        """
        while len(unseen) > 1 and not newest.ended:
            cheapest = min(len(unseen), elsewhere(unseen))
            if newest.number and newest.pages_to_come() > cheapest + 1:
                if newest.found < newest.number * PAGE_SIZE / 10:
                    self._skip_newest_until = self._rounds + _ROUNDS_BETWEEN_TRIES
                return
            newest.number += 1
            step = ReadPage(newest.number, pending_only=False)
            yield from self._read(step)
            newest.found += self._take(step, unseen)
            newest.pages = step.pages

    def _read_pending(self, unseen: set[int]) -> Round:
        """Read the list of pending invoices as long as that is cheaper than one by one."""
        number = 0
        while unseen:
            number += 1
            step = ReadPage(number, pending_only=True)
            yield from self._read(step)
            self._take(step, unseen)
            self._pending_pages = step.pages
            if len(unseen) <= step.pages - number or number >= step.pages:
                return

    def _read(self, step: ReadPage) -> Round:
        self.requests += 1
        yield step

    def _pages_of_pending(self, unseen: set[int]) -> int:
        """How many pages the list of pending invoices has, as far as known."""
        return max(self._pending_pages, math.ceil(len(unseen) / PAGE_SIZE))

    def _take(self, step: ReadPage, unseen: set[int]) -> int:
        found = 0
        for invoice in step.page.page_items if step.page is not None else ():
            if invoice.id in unseen:
                unseen.discard(invoice.id)
                found += 1
                self._see(invoice)
        return found

    def _see(self, invoice: "Invoice") -> None:
        if invoice.id not in self.last:
            return  # dropped while the round was under way
        self.last[invoice.id] = invoice
        self._looked[invoice.id] = self._rounds
        if self._done(invoice):
            self.drop(invoice.id)
