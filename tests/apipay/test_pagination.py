"""Lists read through the generated client: arguments on the wire, types, cursors, memory."""

import gc
import json
import logging
import tracemalloc
from collections.abc import Callable
from typing import Any, assert_type

import anyio
import httpx
import pytest

from apipay.errors import InvalidRequestError
from apipay.pagination import (
    AsyncPaginator,
    PageOf,
    Paginator,
    paginate,
    paginate_async,
)
from apipay_client import AuthenticatedClient
from apipay_client.models import Invoice, RecurringInvoice, Refund
from apipay_client.resources import AsyncResources, Resources

URL = "http://test/api"


class Shop:
    """Invoices, newest first, served in pages over a mock transport."""

    def __init__(self, count: int) -> None:
        self.ids = list(range(count, 0, -1))
        self.queries: list[list[tuple[str, str]]] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        query = request.url.params
        self.queries.append(query.multi_items())
        page, size = int(query["page"]), int(query["per_page"])
        rows = [
            {"id": number, "status": "paid", "amount": "10.00", "description": "x" * 300}
            for number in self.ids[(page - 1) * size : page * size]
        ]
        meta = {"current_page": page, "per_page": size, "total": len(self.ids)}
        return httpx.Response(200, json={"data": rows, "meta": meta})

    def resources(self) -> Resources:
        client = AuthenticatedClient(base_url=URL, token="key")
        transport = httpx.MockTransport(self.answer)
        client.set_httpx_client(httpx.Client(base_url=URL, transport=transport))
        return Resources(client)

    def async_resources(self) -> AsyncResources:
        client = AuthenticatedClient(base_url=URL, token="key")
        transport = httpx.MockTransport(self.answer)
        client.set_async_httpx_client(httpx.AsyncClient(base_url=URL, transport=transport))
        return AsyncResources(client)


def test_type_checkers_see_the_item() -> None:
    shop = Shop(1)
    resources, async_resources = shop.resources(), shop.async_resources()
    invoices = paginate(resources.invoices.list, status=["paid"], search="x")
    assert_type(invoices, Paginator[Invoice])
    assert_type(paginate(resources.refunds.list), Paginator[Refund])
    assert_type(paginate(resources.recurring_invoices.list), Paginator[RecurringInvoice])
    assert_type(paginate_async(async_resources.invoices.list), AsyncPaginator[Invoice])
    for invoice in invoices:
        assert_type(invoice, Invoice)
    for page in invoices.pages():
        assert_type(page, PageOf[Invoice])


def test_it_asks_for_the_largest_pages_and_passes_the_filters_on() -> None:
    shop = Shop(250)
    found = [invoice.id for invoice in paginate(shop.resources().invoices.list, status=["paid"])]
    assert found == list(range(250, 0, -1))
    assert shop.queries == [
        [("page", str(page)), ("per_page", "100"), ("status[]", "paid")] for page in (1, 2, 3)
    ]


def test_a_page_size_and_a_first_page_that_are_given_are_used() -> None:
    shop = Shop(25)
    found = [each.id for each in paginate(shop.resources().invoices.list, page=2, per_page=10)]
    assert found == list(range(15, 0, -1))
    assert [dict(query)["page"] for query in shop.queries] == ["2", "3"]
    assert {dict(query)["per_page"] for query in shop.queries} == {"10"}


def test_a_limit_stops_early_and_asks_for_no_more_than_it_needs() -> None:
    shop = Shop(1000)
    invoices = paginate(shop.resources().invoices.list)
    assert [each.id for each in invoices.limit(3)] == [1000, 999, 998]
    assert [dict(query)["per_page"] for query in shop.queries] == ["3"]
    shop.queries.clear()
    assert len(list(invoices.limit(150))) == 150
    assert len(shop.queries) == 2
    assert list(invoices.limit(0)) == []
    assert [len(page.items) for page in invoices.limit(150).pages()] == [100, 50]


def test_page_by_page_with_totals_and_cursors() -> None:
    shop = Shop(25)
    pages = list(paginate(shop.resources().invoices.list, per_page=10).pages())
    assert [(page.number, page.total, len(page.items)) for page in pages] == [
        (1, 25, 10),
        (2, 25, 10),
        (3, 25, 5),
    ]
    stored = json.loads(json.dumps(pages[1].cursor))
    rest = paginate(shop.resources().invoices.list).resume(stored)
    assert [invoice.id for invoice in rest] == [5, 4, 3, 2, 1]
    done = paginate(shop.resources().invoices.list).resume(pages[2].cursor)
    assert list(done) == []


def test_iteration_goes_on_after_the_last_item_given_although_rows_moved() -> None:
    shop = Shop(250)
    invoices = paginate(shop.resources().invoices.list)
    first = [invoice.id for invoice in invoices.limit(130)]
    stored = json.loads(json.dumps(invoices.cursor))
    shop.ids[:0] = range(300, 250, -1)
    again = paginate(shop.resources().invoices.list).resume(stored)
    assert first + [invoice.id for invoice in again] == list(range(250, 0, -1))


def test_a_failed_page_can_be_asked_for_again_from_the_cursor() -> None:
    shop = Shop(30)
    fail = [False]

    def flaky(request: httpx.Request) -> httpx.Response:
        if fail[0]:
            raise httpx.ReadError("cut")
        return shop.answer(request)

    client = AuthenticatedClient(base_url=URL, token="key")
    client.set_httpx_client(httpx.Client(base_url=URL, transport=httpx.MockTransport(flaky)))
    invoices = paginate(Resources(client).invoices.list, per_page=10)
    seen: list[int] = []

    def read() -> None:
        for invoice in invoices:
            seen.append(invoice.id)
            fail[0] = len(seen) == 10

    with pytest.raises(httpx.ReadError):
        read()
    fail[0] = False
    seen += [invoice.id for invoice in invoices.resume(invoices.cursor)]
    assert seen == list(range(30, 0, -1))


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_async_gives_the_same(backend: str) -> None:
    shop = Shop(250)

    async def main() -> None:
        resources = shop.async_resources()
        invoices = paginate_async(resources.invoices.list, status=["paid"])
        first = [invoice.id async for invoice in invoices.limit(120)]
        rest = paginate_async(resources.invoices.list).resume(invoices.cursor)
        first += [invoice.id async for invoice in rest]
        assert first == list(range(250, 0, -1))
        pages = [page async for page in paginate_async(resources.invoices.list).pages()]
        assert [len(page.items) for page in pages] == [100, 100, 50]
        shorter = paginate_async(resources.invoices.list).limit(101)
        assert [len(page.items) async for page in shorter.pages()] == [100, 1]

    anyio.run(main, backend=backend)


def test_ten_thousand_invoices_take_a_hundred_requests_and_the_memory_of_a_page() -> None:
    small, large = Shop(2000), Shop(10_000)

    def peak(shop: Shop) -> int:
        tracemalloc.start()
        most = 0
        for page in paginate(shop.resources().invoices.list).pages():
            shop.queries.clear()
            if page.number % 20:
                continue
            gc.collect()  # httpx leaves its requests and answers to the collector
            most = max(most, tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
        return most

    peak(small)
    few = peak(small)
    many = peak(large)
    # The ids of 10,000 rows, 8 bytes each, are the difference.
    assert many - few < 200_000
    assert many < 1_000_000
    list(paginate(large.resources().invoices.list).pages())
    assert len(large.queries) == 100


def test_a_server_that_repeats_itself_is_left_with_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        meta = {"current_page": 1, "per_page": 100, "total": 1000}
        rows = [{"id": number, "status": "paid"} for number in range(100)]
        return httpx.Response(200, json={"data": rows, "meta": meta})

    client = AuthenticatedClient(base_url=URL, token="key")
    client.set_httpx_client(httpx.Client(base_url=URL, transport=httpx.MockTransport(answer)))
    with caplog.at_level(logging.WARNING, "apipay"):
        assert len(list(paginate(Resources(client).invoices.list))) == 100
    assert "listInvoices was not read to its end" in caplog.text


def test_what_is_not_a_list_is_refused() -> None:
    resources = Shop(1).resources()
    wrong: list[Callable[[], Any]] = [
        lambda: paginate(resources.invoices.get, id=1),  # type: ignore[arg-type]
        lambda: paginate(lambda: None),  # type: ignore[arg-type,return-value]
        lambda: paginate(resources.invoices.list, per_page=0),
        lambda: paginate(resources.invoices.list, page=-1),
        lambda: paginate(resources.invoices.list).limit(-1),
        lambda: paginate(resources.invoices.list).resume({"page": 1}),
        lambda: paginate(resources.refunds.list).resume(paginate(resources.invoices.list).cursor),
    ]
    for call in wrong:
        with pytest.raises(InvalidRequestError):
            call()
