"""Lists read to their end: arguments on the wire, types, cursors, memory, lists that change."""

import gc
import json
import logging
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, assert_type

import anyio
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apipay import ApiPay, AsyncApiPay, InvalidRequestError
from apipay.errors import APIConnectionError
from apipay.pagination import RECENT_IDS, AsyncPaginator, Id, PageOf, Paginator, Seen
from apipay_client.models import Invoice, RecurringInvoice, Refund

URL = "http://127.0.0.1:9/api"


class Shop:
    """Invoices, newest first, served in pages over a mock transport."""

    def __init__(self, count: int) -> None:
        self.ids = list(range(count, 0, -1))
        self.queries: list[dict[str, str]] = []
        self.fails = False

    def respond(self, request: httpx.Request) -> httpx.Response:
        if self.fails:
            raise httpx.ReadError("cut")
        query = request.url.params
        self.queries.append(dict(query))
        page, size = int(query["page"]), int(query["per_page"])
        rows = [
            {"id": number, "status": "paid", "amount": "10.00", "description": "x" * 300}
            for number in self.ids[(page - 1) * size : page * size]
        ]
        meta = {"current_page": page, "per_page": size, "total": len(self.ids)}
        return httpx.Response(200, json={"data": rows, "meta": meta})

    def client(self) -> ApiPay:
        transport = httpx.MockTransport(self.respond)
        return ApiPay("key", base_url=URL, transport=transport, rate_limit=None).with_options(
            max_retries=0
        )

    def async_client(self) -> AsyncApiPay:
        transport = httpx.MockTransport(self.respond)
        return AsyncApiPay("key", base_url=URL, transport=transport, rate_limit=None)


def test_type_checkers_see_the_item() -> None:
    shop = Shop(1)
    client, async_client = shop.client(), shop.async_client()
    invoices = client.paginate(client.invoices.list, status=["paid"], search="x")
    assert_type(invoices, Paginator[Invoice])
    assert_type(invoices.limit(1), Paginator[Invoice])
    assert_type(client.paginate(client.refunds.list), Paginator[Refund])
    assert_type(client.paginate(client.recurring_invoices.list), Paginator[RecurringInvoice])
    assert_type(async_client.paginate(async_client.invoices.list), AsyncPaginator[Invoice])
    for invoice in invoices:
        assert_type(invoice, Invoice)
    for page in invoices.pages():
        assert_type(page, PageOf[Invoice])


def test_it_requests_the_largest_pages_and_passes_the_filters_on() -> None:
    client = (shop := Shop(250)).client()
    found = [invoice.id for invoice in client.paginate(client.invoices.list, status=["paid"])]
    assert found == list(range(250, 0, -1))
    assert shop.queries == [
        {"page": str(page), "per_page": "100", "status[]": "paid"} for page in (1, 2, 3)
    ]


def test_a_page_size_and_a_first_page_are_used_as_given() -> None:
    client = (shop := Shop(25)).client()
    found = [each.id for each in client.paginate(client.invoices.list, page=2, per_page=10)]
    assert found == list(range(15, 0, -1))
    assert [query["page"] for query in shop.queries] == ["2", "3"]
    assert {query["per_page"] for query in shop.queries} == {"10"}


def test_limit_stops_early_and_requests_no_more_than_it_needs() -> None:
    client = (shop := Shop(1000)).client()
    invoices = client.paginate(client.invoices.list)
    assert [each.id for each in invoices.limit(3)] == [1000, 999, 998]
    assert [query["per_page"] for query in shop.queries] == ["3"]
    shop.queries.clear()
    assert len(list(invoices.limit(150))) == 150
    assert len(shop.queries) == 2
    assert list(invoices.limit(0)) == []
    assert [len(page.items) for page in invoices.limit(150).pages()] == [100, 50]


def test_limit_and_resume_return_copies() -> None:
    client = Shop(30).client()
    invoices = client.paginate(client.invoices.list, per_page=10)
    first = invoices.limit(12)
    assert len(list(first)) == 12
    assert len(list(first.resume(first.cursor))) == 12
    assert len(list(invoices)) == 30
    rest = invoices.resume(first.cursor)
    assert len(list(rest)) == 18
    assert len(list(first)) == 12
    assert len(list(invoices)) == 30


def test_page_by_page_with_totals_and_cursors() -> None:
    client = Shop(25).client()
    pages = list(client.paginate(client.invoices.list, per_page=10).pages())
    assert [(page.number, page.total, len(page.items)) for page in pages] == [
        (1, 25, 10),
        (2, 25, 10),
        (3, 25, 5),
    ]
    stored = json.loads(json.dumps(pages[1].cursor))
    rest = client.paginate(client.invoices.list).resume(stored)
    assert [invoice.id for invoice in rest] == [5, 4, 3, 2, 1]
    assert list(client.paginate(client.invoices.list).resume(pages[2].cursor)) == []


def test_it_goes_on_after_the_last_item_given_although_items_moved() -> None:
    client = (shop := Shop(250)).client()
    invoices = client.paginate(client.invoices.list).limit(130)
    first = [invoice.id for invoice in invoices]
    stored = json.loads(json.dumps(invoices.cursor))
    shop.ids[:0] = range(300, 250, -1)
    again = client.paginate(client.invoices.list).resume(stored)
    assert first + [invoice.id for invoice in again] == list(range(250, 0, -1))


def test_a_failed_page_can_be_requested_again_from_the_cursor() -> None:
    client = (shop := Shop(30)).client()
    invoices = client.paginate(client.invoices.list, per_page=10)
    seen: list[int] = []

    def read() -> None:
        for invoice in invoices:
            seen.append(invoice.id)
            shop.fails = len(seen) == 10

    with pytest.raises(APIConnectionError):
        read()
    shop.fails = False
    seen += [invoice.id for invoice in invoices.resume(invoices.cursor)]
    assert seen == list(range(30, 0, -1))


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_async_gives_the_same(backend: str) -> None:
    shop = Shop(250)

    async def main() -> None:
        client = shop.async_client()
        invoices = client.paginate(client.invoices.list, status=["paid"]).limit(120)
        first = [invoice.id async for invoice in invoices]
        rest = client.paginate(client.invoices.list).resume(invoices.cursor)
        first += [invoice.id async for invoice in rest]
        assert first == list(range(250, 0, -1))
        pages = [page async for page in client.paginate(client.invoices.list).pages()]
        assert [len(page.items) for page in pages] == [100, 100, 50]

    anyio.run(main, backend=backend)


def test_ten_thousand_invoices_take_a_hundred_requests_and_the_memory_of_a_page() -> None:
    small, large = Shop(2000), Shop(10_000)

    def peak(shop: Shop) -> int:
        client = shop.client()
        tracemalloc.start()
        most = 0
        for page in client.paginate(client.invoices.list).pages():
            shop.queries.clear()
            if page.number % 20:
                continue
            gc.collect()  # httpx leaves its requests and responses to the collector
            most = max(most, tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
        return most

    peak(small)
    few = peak(small)
    many = peak(large)
    # The ids of 8,000 more items, 2 to 8 bytes each, are the difference.
    assert many - few < 200_000
    assert many < 1_000_000
    client = large.client()
    large.queries.clear()
    list(client.paginate(client.invoices.list))
    assert len(large.queries) == 100


def test_wrong_arguments_are_rejected() -> None:
    shop = Shop(1)
    client, async_client = shop.client(), shop.async_client()
    wrong: list[Callable[[], Any]] = [
        lambda: client.paginate(client.invoices.get, id=1),  # type: ignore[arg-type]
        lambda: client.paginate(lambda: None),  # type: ignore[arg-type,return-value]
        lambda: client.paginate(async_client.invoices.list),  # type: ignore[arg-type]
        lambda: async_client.paginate(client.invoices.list),  # type: ignore[arg-type]
        lambda: client.paginate(client.invoices.list, 1),  # type: ignore[call-arg]
        lambda: client.paginate(client.invoices.list, per_page=0),
        lambda: client.paginate(client.invoices.list, page=-1),
        lambda: client.paginate(client.invoices.list).limit(-1),
        lambda: client.paginate(client.invoices.list).limit(True),
        lambda: client.paginate(client.invoices.list).resume({"page": 1}),
        lambda: client.paginate(client.refunds.list).resume(
            client.paginate(client.invoices.list).cursor
        ),
    ]
    for call in wrong:
        with pytest.raises(InvalidRequestError):
            call()


@pytest.mark.parametrize(
    "change",
    [
        {"position": -1},
        {"position": "5"},
        {"per_page": 0},
        {"total": "many"},
        {"recent": [None]},
        {"recent": 5},
        {"token": 5},
        {"finished": "no"},
    ],
)
def test_a_value_that_is_not_a_cursor_is_rejected(change: dict[str, Any]) -> None:
    client = Shop(1).client()
    invoices = client.paginate(client.invoices.list)
    with pytest.raises(InvalidRequestError, match="not a cursor"):
        invoices.resume({**invoices.cursor, **change})
    with pytest.raises(InvalidRequestError, match="not a cursor"):
        invoices.resume(dict.fromkeys(change))


def test_a_cursor_stays_small() -> None:
    client = Shop(10_000).client()
    invoices = client.paginate(client.invoices.list)
    list(invoices)
    assert len(invoices.cursor["recent"]) == RECENT_IDS
    assert len(json.dumps(invoices.cursor)) < 4000
    assert list(invoices.resume(invoices.cursor)) == []


# Lists of every shape, read from raw JSON as from a model, which change while they are read.

LARAVEL = {"page": "page", "items": "data", "next": "links.next"}
SHAPES: dict[str, dict[str, Any]] = {
    "page and size": {
        "page": "page",
        "size": "per_page",
        "items": "data",
        "total": "meta.total",
        "per_page": "meta.per_page",
    },
    "page alone": {"page": "page", "items": "data", "total": "meta.total"},
    "page and next link": LARAVEL,
    "page alone, nothing stated": {"page": "page", "items": "data"},
    "page, total and next link": {**LARAVEL, "total": "meta.total", "per_page": "meta.perPage"},
    "next link": {"cursor": "cursor", "items": "data", "next": "links.next"},
    "cursor": {"cursor": "after", "size": "limit", "items": "result.rows", "next": "result.next"},
}


@dataclass
class Lists:
    """A resource with one list operation of any shape."""

    shape: dict[str, Any]
    rows: list[int]
    own_size: int = 10
    most: int = 1000
    changes: Iterator[Callable[["Lists"], None]] = field(default_factory=lambda: iter(()))
    requests: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    answer: Callable[[int], Any] | None = None

    @property
    def OPERATIONS(self) -> dict[str, Any]:  # noqa: N802 - as in a generated resource
        names = ("page", "cursor", "size", "max_size", "total", "current", "per_page", "next")
        pagination = SimpleNamespace(**{**dict.fromkeys(names), **self.shape})
        pagination.max_size = self.own_size
        return {"list": SimpleNamespace(id="listThings", pagination=pagination)}

    def list(self, **arguments: Any) -> Any:
        assert len(self.requests) < self.most, "does not end"
        self.requests.append(arguments)
        if len(self.requests) > 1:
            next(self.changes, lambda _: None)(self)
        if self.answer is not None:
            return self.answer(len(self.requests))
        size = min(arguments.get(self.shape.get("size", ""), self.own_size), self.own_size)
        token = arguments.get(self.shape.get("cursor", ""))
        if "cursor" in self.shape:
            after = [at for at, row in enumerate(self.rows) if row <= int(token or 10**9)]
            start = after[0] if after else len(self.rows)
        else:
            start = (arguments["page"] - 1) * size
        rows = [{"id": row} for row in self.rows[start : start + size]]
        rest = self.rows[start + size :]
        link = f"https://x.test/things?a=1&cursor={rest[0]}" if rest else None
        return {
            "data": rows,
            "links": {"next": link},
            "meta": {"total": len(self.rows), "per_page": size, "perPage": size},
            "result": {"rows": rows, "next": str(rest[0]) if rest else None},
        }

    def read(self, **arguments: Any) -> Sequence[int]:
        return [row["id"] for row in self.paginator(**arguments)]

    def paginator(self, **arguments: Any) -> Paginator[Any]:
        return Paginator(self.list, (), arguments)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20, 35])
def test_a_list_of_any_shape_is_read_to_its_end(shape: dict[str, Any], count: int) -> None:
    lists = Lists(shape, list(range(count, 0, -1)))
    assert lists.read() == lists.rows
    is_blind = "total" not in shape and "next" not in shape  # only an empty page tells the end
    assert len(lists.requests) == max(1, -(-count // 10)) + (is_blind and count > 0)
    if "size" not in shape:
        assert all(set(each) <= {"page", "cursor"} for each in lists.requests)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("stop", [0, 3, 10, 17, 34, 35])
def test_a_list_of_any_shape_goes_on_after_the_last_item_given(
    shape: dict[str, Any], stop: int
) -> None:
    lists = Lists(shape, list(range(35, 0, -1)))
    first = lists.paginator().limit(stop)
    given_rows = [row["id"] for row in first]
    cursor = json.loads(json.dumps(first.cursor))
    lists.rows[:0] = [38, 37, 36]
    given_rows += [row["id"] for row in lists.paginator().resume(cursor)]
    assert [row for row in given_rows if row <= 35] == list(range(35, 0, -1))
    assert len(given_rows) == len(set(given_rows))


@pytest.mark.parametrize("first_page", [1, 2, 3])
@pytest.mark.parametrize("name", ["page and size", "page alone", "page, total and next link"])
def test_a_service_with_shorter_pages_is_followed(name: str, first_page: int) -> None:
    lists = Lists(SHAPES[name], list(range(25, 0, -1)), own_size=10)
    size = {"per_page": 100} if name == "page and size" else {}
    assert lists.read(page=first_page, **size) == lists.rows[(first_page - 1) * 10 :]
    assert [each["page"] for each in lists.requests][: 4 - first_page] == [1, 2, 3][
        first_page - 1 :
    ]
    assert len(lists.requests) <= 5 - first_page


def test_items_without_an_id_are_all_given() -> None:
    lists = Lists(SHAPES["cursor"], [])
    pages = [{"result": {"rows": [{"n": 1}, {"n": 1}], "next": "b"}}, {"result": {"rows": [{}]}}]
    lists.answer = lambda number: pages[number - 1]
    assert list(lists.paginator()) == [{"n": 1}, {"n": 1}, {}]
    assert lists.requests == [{"limit": 10}, {"limit": 10, "after": "b"}]


def remove_first(lists: Lists) -> None:
    lists.rows.pop(0)


def test_an_item_that_moves_forward_over_an_edge_is_not_lost() -> None:
    lists = Lists(SHAPES["page and size"], list(range(30, 0, -1)), changes=iter([remove_first]))
    assert sorted(lists.read()) == list(range(1, 31))
    assert [each["page"] for each in lists.requests] == [1, 2, 1, 2, 3]


def test_reading_gets_on_while_an_item_goes_away_at_every_request() -> None:
    lists = Lists(SHAPES["page and size"], list(range(1000, 0, -1)), own_size=100)
    lists.changes = iter([remove_first] * 200)
    assert sorted(lists.read()) == list(range(1, 1001))
    assert len(lists.requests) <= 3 * 10


@settings(max_examples=200, deadline=None)
@given(data=st.data(), count=st.integers(0, 40), size=st.integers(1, 8))
def test_every_item_present_throughout_is_given_exactly_once(
    data: st.DataObject, count: int, size: int
) -> None:
    """Items are inserted on top and removed anywhere, between any two requests."""
    lists = Lists(SHAPES["page and size"], list(range(1000, 1000 + count))[::-1], own_size=size)
    start = set(lists.rows)
    fresh = iter(range(2000, 9000))
    removed = [0]
    added = [0]

    def change(lists: Lists) -> None:
        for _ in range(data.draw(st.integers(0, 6))):
            if data.draw(st.booleans()):
                lists.rows.insert(0, next(fresh))
                added[0] += 1
            elif lists.rows:
                del lists.rows[data.draw(st.integers(0, len(lists.rows) - 1))]
                removed[0] += 1

    lists.changes = iter([change] * data.draw(st.integers(0, 25)))
    paginator = lists.paginator()
    rows = [row["id"] for row in paginator]
    assert len(rows) == len(set(rows))
    assert start & set(lists.rows) <= set(rows)
    assert paginator.cursor["finished"]
    pages = -(-(count + added[0]) // size)
    assert len(lists.requests) <= 1 + pages + 3 * removed[0]


@settings(max_examples=60, deadline=None)
@given(
    shape=st.sampled_from(sorted(SHAPES)),
    answers=st.lists(
        st.tuples(
            st.lists(st.integers(0, 30), max_size=12),
            st.one_of(st.integers(-3, 300), st.none(), st.just("x")),
            st.integers(-1, 12),
            st.sampled_from([None, "", "a", "b", "https://x.test/?cursor=c", 0, 7, False]),
        ),
        min_size=1,
        max_size=8,
    ),
    fresh=st.booleans(),
)
def test_it_ends_whatever_the_service_returns(
    shape: str, answers: list[tuple[list[int], Any, int, Any]], fresh: bool
) -> None:
    """Items, totals, page sizes and links at random, again and again; also always new items."""
    lists = Lists(SHAPES[shape], [], most=20_000)
    endless = fresh and "total" in SHAPES[shape] and "next" not in SHAPES[shape]

    def answer(number: int) -> dict[str, Any]:
        ids, total, size, link = answers[number % len(answers)]
        rows = [{"id": row + 1000 * number * endless} for row in ids]
        if endless and isinstance(total, int):
            total += 10 * number
        return {
            "data": rows,
            "meta": {"total": total, "per_page": size, "perPage": size},
            "links": {"next": link},
            "result": {"rows": rows, "next": link},
        }

    lists.answer = answer
    given_rows = (
        lists.read() if not endless else [row["id"] for row in lists.paginator().limit(15000)]
    )
    assert len(given_rows) == len(set(given_rows))


@pytest.mark.parametrize(
    ("shape", "link", "total"),
    [
        ("page and size", None, 1000),
        ("page and next link", "https://x.test/?page=2", None),
        ("cursor", "same", None),
        ("next link", "https://x.test/?cursor=same", None),
    ],
)
def test_a_service_that_repeats_itself_is_left_with_a_warning(
    caplog: pytest.LogCaptureFixture, shape: str, link: str | None, total: int | None
) -> None:
    rows = [{"id": number} for number in range(10)]
    page = {"data": rows, "links": {"next": link}, "meta": {"total": total, "per_page": 10}}
    lists = Lists(SHAPES[shape], [], most=100)
    lists.answer = lambda _: {**page, "result": {"rows": rows, "next": link}}
    with caplog.at_level(logging.WARNING, "apipay"):
        assert lists.read() == list(range(10))
    assert "listThings was not read to its end" in caplog.text


def test_a_list_that_grows_as_fast_as_it_is_read_is_left_with_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    lists = Lists(SHAPES["page and size"], [], own_size=100)
    lists.answer = lambda number: {
        "data": [{"id": 100 * number + each} for each in range(100)],
        "meta": {"total": 100 * number + 100},
    }
    with caplog.at_level(logging.WARNING, "apipay"):
        assert len(lists.read()) < 13_000
    assert "grew faster" in caplog.text


@given(
    pages=st.one_of(
        st.lists(st.lists(st.integers(0, 50), max_size=9)),
        st.lists(st.lists(st.text("abc", min_size=1, max_size=2), max_size=9)),
    )
)
def test_seen_ids_agree_with_a_set(pages: list[list[Id]]) -> None:
    seen, model = Seen(), set[Id]()
    for page in pages:
        expected = [value not in model and value not in page[:at] for at, value in enumerate(page)]
        new = seen.unseen(page)
        assert new == expected
        seen.add(value for value, is_new in zip(page, new, strict=True) if is_new)
        model.update(page)
    assert seen.count == len(model)
