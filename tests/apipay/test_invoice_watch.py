"""What a round of watching costs and finds, against lists of invoices of many shapes."""

import random
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apipay.invoice_watch import PAGE_SIZE, ReadInvoice, ReadPage, Watch, id_of, is_over
from apipay_client.models import Invoice, InvoicePage, InvoiceStatus, PageMeta


class Books:
    """All invoices of a merchant by id, newest first in lists."""

    def __init__(self, count: int, pending: Iterable[int] = ()) -> None:
        self.status = dict.fromkeys(range(1, count + 1), "paid")
        self.status.update(dict.fromkeys(pending, "pending"))

    def fill(self, step: ReadPage | ReadInvoice) -> None:
        if isinstance(step, ReadInvoice):
            step.invoice = self.invoice(step.id)
            return
        ids = [each for each in sorted(self.status, reverse=True) if self._fits(step, each)]
        start = (step.number - 1) * PAGE_SIZE
        rows = [self.invoice(each) for each in ids[start : start + PAGE_SIZE]]
        step.page = InvoicePage(rows, PageMeta(step.number, PAGE_SIZE, len(ids)))

    def invoice(self, invoice_id: int) -> Invoice:
        return Invoice(id=invoice_id, status=InvoiceStatus(self.status[invoice_id]))

    def _fits(self, step: ReadPage, invoice_id: int) -> bool:
        return not step.pending_only or self.status[invoice_id] == "pending"


def watcher(ids: Iterable[int]) -> tuple[Watch, list[int]]:
    over: list[int] = []

    def done(invoice: Invoice) -> bool:
        if is_over(invoice, "wait"):
            over.append(invoice.id)
            return True
        return False

    return Watch(done, ids), over


def run_round(watch: Watch, books: Books) -> int:
    requests = 0
    for step in watch.round():
        requests += 1
        books.fill(step)
    assert requests == watch.requests
    return requests


def test_a_thousand_pending_invoices_cost_ten_requests_a_round_and_all_news_comes_at_once() -> None:
    books = Books(1000, range(1, 1001))
    watch, over = watcher(range(1, 1001))
    random_ = random.Random(1)
    while watch.last:
        settled = random_.sample(sorted(watch.last), min(len(watch.last), 40))
        for invoice_id in settled:
            books.status[invoice_id] = random_.choice(["paid", "cancelled", "expired"])
        over.clear()
        assert run_round(watch, books) <= 11
        assert sorted(over) == sorted(settled)


def test_new_invoices_of_others_do_not_matter() -> None:
    books = Books(1000, range(1, 1001))
    watch, over = watcher(range(1, 1001))
    run_round(watch, books)
    for invoice_id in range(1001, 1050):
        books.status[invoice_id] = "pending"
    books.status[1] = "paid"
    assert run_round(watch, books) <= 11
    assert over == [1]


def test_pending_invoices_deep_in_a_long_list_are_found_through_the_pending_ones() -> None:
    watched = range(1, 20_001, 20)
    books = Books(20_000, watched)
    watch, over = watcher(watched)
    run_round(watch, books)
    books.status[401] = "expired"
    assert run_round(watch, books) <= 12
    assert over == [401]
    assert run_round(watch, books) <= 12


def test_a_few_old_invoices_among_many_pending_are_read_one_by_one() -> None:
    books = Books(20_000, range(1, 20_001))
    watch, over = watcher([5, 9, 17])
    run_round(watch, books)
    books.status[9] = "paid"
    assert run_round(watch, books) == 3
    assert over == [9]


@pytest.mark.parametrize("count", [1, 2, 50, 100])
def test_the_newest_hundred_cost_one_request(count: int) -> None:
    books = Books(5000, range(1, 5001))
    watch, _ = watcher(range(5001 - count, 5001))
    assert run_round(watch, books) == 1
    assert run_round(watch, books) == 1


def test_an_unknown_status_is_seen_again_each_round_until_it_is_known() -> None:
    books = Books(10, [4])
    books.status[3] = "processing"
    watch, over = watcher([3, 4])
    run_round(watch, books)
    assert over == []
    assert watch.last[3] is not None
    books.status[3] = "paid"
    run_round(watch, books)
    assert over == [3]


def test_a_round_reads_only_so_many_singly_and_the_rest_comes_next() -> None:
    watched = range(1, 20_001, 100)
    books = Books(20_000, watched)
    watch, over = watcher(watched)
    run_round(watch, books)
    for invoice_id in watched:
        books.status[invoice_id] = "paid"
    assert run_round(watch, books) <= 30
    for _ in range(20):
        run_round(watch, books)
    assert sorted(over) == list(watched)


def test_those_that_had_to_wait_are_read_first_the_next_time() -> None:
    watched = range(1, 20_001, 200)
    books = Books(20_000)
    books.status.update(dict.fromkeys(watched, "processing"))  # in no list of pending ones
    watch, over = watcher(watched)
    books.status[watched[-1]] = "paid"
    for _ in range(6):
        run_round(watch, books)
    assert over == [watched[-1]]


@settings(max_examples=150, deadline=None)
@given(data=st.data(), count=st.integers(1, 900), seed=st.integers(0, 99))
def test_whatever_the_books_look_like_all_news_comes(
    data: st.DataObject, count: int, seed: int
) -> None:
    random_ = random.Random(seed)
    pending = random_.sample(range(1, count + 1), data.draw(st.integers(1, count)))
    watched = random_.sample(pending, data.draw(st.integers(1, len(pending))))
    books = Books(count, pending)
    watch, over = watcher(watched)
    run_round(watch, books)
    settled = random_.sample(watched, data.draw(st.integers(0, min(len(watched), 20))))
    for invoice_id in settled:
        books.status[invoice_id] = "paid"
    requests = run_round(watch, books)
    assert sorted(over) == sorted(settled)
    assert requests <= min(len(watched), -(-count // PAGE_SIZE)) + len(settled) + 3


def test_what_is_over() -> None:
    def invoice(status: str) -> Invoice:
        return Invoice(id=1, status=InvoiceStatus(status))

    for status in ("paid", "cancelled", "expired"):
        assert is_over(invoice(status), "wait")
    assert not is_over(invoice("pending"), "return")
    assert not is_over(invoice("processing"), "wait")
    assert is_over(invoice("processing"), "return")


def test_an_invoice_is_named_by_itself_or_by_its_id() -> None:
    created: Any = SimpleNamespace(id=5)
    assert id_of(5) == 5
    assert id_of(Invoice(id=6, status=InvoiceStatus.PAID)) == 6
    assert id_of(created) == 5
