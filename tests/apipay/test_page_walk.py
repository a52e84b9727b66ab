"""Which page comes next and which rows are new, against lists that change while they are read."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apipay.errors import InvalidRequestError
from apipay.page_walk import RECENT_IDS, Id, PageWalk, SeenIds


@dataclass
class Facts:
    page_size: int
    page_total: int


@dataclass
class ListServer:
    """A list of ids, new ones on top, served in pages."""

    rows: list[int]
    requests: list[tuple[int, int]] = field(default_factory=list)

    def page(self, number: int, size: int) -> tuple[list[int], Facts]:
        self.requests.append((number, size))
        start = (number - 1) * size
        return self.rows[start : start + size], Facts(size, len(self.rows))


def walk_through(
    walk: PageWalk, server: ListServer, changes: Sequence[Any] = (), most: int = 10_000
) -> list[int]:
    """Read to the end, letting the list change by `changes` after each request."""
    given_rows: list[int] = []
    steps = iter(changes)
    while (wanted := walk.next_page()) is not None:
        assert len(server.requests) < most, "does not end"
        ids, facts = server.page(*wanted)
        for row, new in zip(ids, walk.arrived(ids, facts), strict=True):
            if new:
                walk.give(row)
                given_rows.append(row)
        walk.page_done()
        step = next(steps, None)
        if step is not None:
            step(server)
    return given_rows


def test_ten_thousand_rows_take_a_hundred_requests() -> None:
    server = ListServer(list(range(10_000, 0, -1)))
    assert walk_through(PageWalk(max_size=100), server) == server.rows
    assert server.requests == [(page, 100) for page in range(1, 101)]


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20])
def test_it_stops_at_the_total_without_asking_once_more(count: int) -> None:
    server = ListServer(list(range(count, 0, -1)))
    assert walk_through(PageWalk(max_size=10), server) == server.rows
    assert len(server.requests) == max(1, -(-count // 10))


def test_a_row_that_slips_forward_over_an_edge_is_not_lost() -> None:
    server = ListServer(list(range(30, 0, -1)))
    remove_first = [lambda changed: changed.rows.pop(0)]
    rows = walk_through(PageWalk(max_size=10), server, remove_first)
    assert sorted(rows) == list(range(1, 31))
    assert len(server.requests) <= 6


def test_reading_gets_on_while_a_row_goes_away_at_every_request() -> None:
    server = ListServer(list(range(1000, 0, -1)))
    walk = PageWalk(max_size=100)
    steps = [lambda changed: changed.rows.pop(0)] * 200
    rows = walk_through(walk, server, steps)
    assert sorted(rows) == list(range(1, 1001))
    assert len(server.requests) <= 20


@settings(max_examples=400, deadline=None)
@given(data=st.data(), count=st.integers(0, 40), size=st.integers(1, 8))
def test_every_row_present_throughout_is_given_exactly_once(
    data: st.DataObject, count: int, size: int
) -> None:
    """Rows are inserted on top and removed anywhere, between any two requests."""
    server = ListServer(list(range(1000, 1000 + count))[::-1])
    start = set(server.rows)
    fresh = iter(range(2000, 9000))
    changed = [0]

    def change(server: ListServer) -> None:
        for _ in range(data.draw(st.integers(0, 6))):
            if data.draw(st.booleans()):
                server.rows.insert(0, next(fresh))
            elif server.rows:
                del server.rows[data.draw(st.integers(0, len(server.rows) - 1))]
            changed[0] += 1

    steps = [change] * data.draw(st.integers(0, 25))
    walk = PageWalk(max_size=size)
    rows = walk_through(walk, server, steps)
    assert len(rows) == len(set(rows))
    assert walk.stopped_because is None
    assert start & set(server.rows) <= set(rows)
    pages = -(-(count + changed[0]) // size)
    assert len(server.requests) <= 1 + pages + 2 * changed[0]


@settings(max_examples=300, deadline=None)
@given(
    answers=st.lists(
        st.tuples(
            st.lists(st.integers(0, 30), max_size=12), st.integers(-3, 300), st.integers(-1, 12)
        ),
        min_size=1,
        max_size=8,
    ),
    endless=st.booleans(),
)
def test_it_ends_whatever_the_server_says(
    answers: list[tuple[list[int], int, int]], endless: bool
) -> None:
    """Rows, totals and page sizes at random, for ever; also with always fresh rows."""
    walk = PageWalk(max_size=10)
    given_rows: list[int] = []
    for number in range(15_000):
        if walk.next_page() is None:
            break
        ids, total, size = answers[number % len(answers)]
        if endless:
            ids = [row + 1000 * number for row in ids]
            total += 10 * number
        for row, new in zip(ids, walk.arrived(ids, Facts(size, total)), strict=True):
            if new:
                walk.give(row)
                given_rows.append(row)
        walk.page_done()
    assert walk.next_page() is None
    assert len(given_rows) == len(set(given_rows))


def test_a_server_that_repeats_a_page_is_left_with_a_reason() -> None:
    class Repeating(ListServer):
        def page(self, number: int, size: int) -> tuple[list[int], Facts]:
            super().page(number, size)
            return self.rows[:size], Facts(size, 95)

    server = Repeating(list(range(10)))
    walk = PageWalk(max_size=10)
    assert walk_through(walk, server) == list(range(10))
    assert len(server.requests) <= 33
    assert walk.stopped_because is not None


def test_a_server_with_shorter_pages_than_asked_for_is_followed() -> None:
    server = ListServer(list(range(25, 0, -1)))
    walk = PageWalk(max_size=100)
    rows: list[int] = []
    while (wanted := walk.next_page()) is not None:
        ids, facts = server.page(wanted[0], min(wanted[1], 10))
        for row, new in zip(ids, walk.arrived(ids, facts), strict=True):
            if new:
                walk.give(row)
                rows.append(row)
        walk.page_done()
    assert rows == list(range(25, 0, -1))
    assert [page for page, _ in server.requests] == [1, 2, 3]


@settings(max_examples=200, deadline=None)
@given(count=st.integers(0, 40), size=st.integers(1, 8), stop=st.integers(0, 40))
def test_a_walk_from_a_cursor_goes_on_after_the_last_row_given(
    count: int, size: int, stop: int
) -> None:
    server = ListServer(list(range(count, 0, -1)))
    walk = PageWalk(max_size=size)
    rows: list[int] = []
    while len(rows) < stop and (wanted := walk.next_page()) is not None:
        ids, facts = server.page(*wanted)
        new = [row for row, is_new in zip(ids, walk.arrived(ids, facts), strict=True) if is_new]
        taken = new[: stop - len(rows)]
        for row in taken:
            walk.give(row)
        rows += taken
        if taken == new:
            walk.page_done()
    cursor = json.loads(json.dumps(walk.cursor("listThings")))
    server.rows[:0] = range(500, 503)  # three more while nobody was reading
    rows += walk_through(PageWalk.from_cursor(cursor, "listThings"), server)
    old = [row for row in rows if row <= 40]
    assert sorted(old) == list(range(1, count + 1))
    assert len(rows) == len(set(rows))


def test_a_cursor_stays_small() -> None:
    walk = PageWalk(max_size=100)
    walk_through(walk, ListServer(list(range(10_000, 0, -1))))
    cursor = walk.cursor("listThings")
    assert len(cursor["recent"]) == RECENT_IDS
    assert len(json.dumps(cursor)) < 4000
    assert PageWalk.from_cursor(cursor, "listThings").next_page() is None


@pytest.mark.parametrize(
    "change",
    [
        {"position": -1},
        {"position": "5"},
        {"per_page": 0},
        {"total": "many"},
        {"recent": [None]},
        {"recent": 5},
        {"finished": "no"},
    ],
)
def test_a_cursor_that_is_not_one_is_refused(change: dict[str, Any]) -> None:
    cursor = PageWalk(max_size=10).cursor("listThings")
    with pytest.raises(InvalidRequestError):
        PageWalk.from_cursor({**cursor, **change}, "listThings")
    for name in cursor:
        with pytest.raises(InvalidRequestError):
            PageWalk.from_cursor({key: cursor[key] for key in cursor if key != name}, "listThings")


def test_a_cursor_of_another_list_is_refused() -> None:
    cursor = PageWalk(max_size=10).cursor("listThings")
    with pytest.raises(InvalidRequestError, match="listThings"):
        PageWalk.from_cursor(cursor, "listOthers")


@given(
    pages=st.one_of(
        st.lists(st.lists(st.integers(0, 50), max_size=9)),
        st.lists(st.lists(st.text("abc", min_size=1, max_size=2), max_size=9)),
    )
)
def test_seen_ids_agree_with_a_set(pages: list[list[Id]]) -> None:
    seen, model = SeenIds(), set[Id]()
    for page in pages:
        expected = [value not in model and value not in page[:at] for at, value in enumerate(page)]
        new = seen.unseen(page)
        assert new == expected
        seen.add(value for value, is_new in zip(page, new, strict=True) if is_new)
        model.update(page)
    assert seen.count == len(model)
