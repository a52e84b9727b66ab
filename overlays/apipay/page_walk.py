"""The pure core of pagination: which page to ask for next, and which of its rows are new.

Rows come and go while a list is read page by page. A new row on top moves the others back: rows
are seen again, and are known by their ids. A row that goes away moves the others forward, over the
edge of a page that was read already. Such a row is not lost: a walk keeps `position`, the number of
rows at the head of the list that have all been seen. When the total falls by d between two
answers, at most d rows can have slipped in front of `position`, so it goes back by d, and the walk
reads again from there.

This holds for lists where new rows come on top (or wherever, as long as none goes away between
the same two answers). The service's lists are of that kind.
"""

from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from apipay.errors import InvalidRequestError

Id = int | str

RECENT_IDS = 300
"""Ids that a cursor carries: rows that moved back by less since it was taken are not repeated."""

_MOST_GROWTH = 1000
"""A list that grows by more than this and its own length while it is read is given up."""

_IDLE_ROWS = 300
"""Rows seen before that are put up with where nothing shows why they come again."""


class SeenIds:
    """Ids in 2 to 8 bytes each: 10,000 rows take less than a third of a page of invoices.

    Kept page by page, sorted: lists are mostly in the order of their ids, so that hardly more
    than one page has to be searched, and the ids of a page are near each other.
    """

    def __init__(self) -> None:
        self._pages: list[tuple[int, int, array[int]]] = []  # lowest, highest, each less the lowest
        self.count = 0

    def add(self, ids: Iterable[Id]) -> None:
        page = sorted({hash(value) for value in ids})
        if page:
            low, high = page[0], page[-1]
            size = next(code for code in "HIQ" if high - low < 256 ** array(code).itemsize)
            self._pages.append((low, high, array(size, [value - low for value in page])))
            self.count += len(page)

    def unseen(self, ids: Sequence[Id]) -> list[bool]:
        """For each id whether it is new, also among those before it in `ids`."""
        hashes = [hash(value) for value in ids]
        if not hashes:
            return []
        low, high = min(hashes), max(hashes)
        near = [page for page in self._pages if page[0] <= high and page[1] >= low]
        known: set[int] = set()
        answer: list[bool] = []
        for value in hashes:
            new = value not in known and not any(_holds(page, value) for page in near)
            known.add(value)
            answer.append(new)
        return answer


def _holds(page: "tuple[int, int, array[int]]", value: int) -> bool:
    low, high, offsets = page
    if not low <= value <= high:
        return False
    place = bisect_left(offsets, value - low)
    return place < len(offsets) and offsets[place] == value - low


class PageFacts(Protocol):
    """What a page says about itself."""

    @property
    def page_size(self) -> int: ...
    @property
    def page_total(self) -> int: ...


class PageWalk:
    """One walk through a list.

    Ask `next_page` for what to fetch, hand the answer to `arrived`, call `give` for each new row
    that is passed on, and `page_done` when the page has been passed on. `cursor` can be taken at
    any time: a walk made from it goes on after the last row given.
    """

    def __init__(self, *, max_size: int, first_page: int = 1) -> None:
        self._size = max_size
        self._max_size = max_size
        self._sizes_vary = True
        self._position = self._skipped = (first_page - 1) * max_size
        self._total: int | None = None
        self._first_total: int | None = None
        self._slack = 0
        self._asked = (first_page, max_size)
        self._seen = SeenIds()
        self._recent: deque[Id] = deque(maxlen=RECENT_IDS)
        self._given_here: list[Id] = []
        self._page: tuple[list[Id], int, int] | None = None  # ids, size, total
        self._idle = 0  # rows of pages that held nothing new
        self._grown = 0  # rows that the list grew by
        self._finished = False
        self.stopped_because: str | None = None
        """Why the walk ended before the list did, as a clause; None when it ended well."""

    @property
    def total(self) -> int | None:
        """Rows in the whole list, as the last answer says."""
        return self._total

    def next_page(self) -> tuple[int, int] | None:
        """The (page, size) to ask for, or None at the end."""
        if self._finished:
            return None
        size = self._size
        start = max(0, self._position - self._slack)
        if self._slack and self._sizes_vary:
            # Pages begin at multiples of their size. The size that reaches furthest, among those
            # that begin early enough for rows slipping forward to be seen, gives the most new rows.
            sizes = range(self._max_size // 2 + 1, self._max_size + 1)
            size = max(sizes, key=lambda each: (start // each + 1) * each)
            if (start // size + 1) * size <= self._position:
                size, start = self._max_size, self._position
        else:
            start = self._position
        self._asked = (start // size + 1, size)
        return self._asked

    def arrived(self, ids: Sequence[Id], page: PageFacts) -> list[bool]:
        """Take in the answer to `next_page`: for each row whether it is new."""
        size = page.page_size
        asked = self._asked[1]
        if size != asked and size > 0:
            # The server has another idea of how long a page is, so that is how long it is.
            self._sizes_vary = False
            self._size = size
        else:
            size = asked
        self._page = (list(ids), size, max(page.page_total, 0))
        return self._seen.unseen(ids)

    def give(self, row: Id) -> None:
        """Note that a new row was passed on."""
        self._given_here.append(row)

    def page_done(self) -> None:
        """Note that all new rows of the page were passed on, and decide how to go on."""
        assert self._page is not None, "page_done comes after arrived"
        ids, size, total = self._page
        start = (self._asked[0] - 1) * size
        fell = 0 if self._total is None else max(0, self._total - total)
        self._position = max(0, self._position - fell)
        gap = self._position < start
        if gap:
            self._slack = min(max(self._slack, 2 * fell), self._max_size // 4)
        elif ids:
            self._position = max(self._position, start + size)
        if not fell:
            self._slack //= 2
        self._first_total = total if self._first_total is None else self._first_total
        news = bool(self._given_here)
        self._idle += 0 if news or fell else size
        self._grown += max(0, total - (self._total or total))
        self._keep_given()
        self._total, self._page = total, None

        most_growth = self._first_total + _MOST_GROWTH
        if self._position >= total or (not ids and not gap):
            self._finished = True
            promised = min(self._first_total, total) - self._skipped
            if not news and 2 * self._seen.count < promised:
                self._stop("it gave the same rows again in place of half of them")
        elif self._idle > 2 * self._seen.count + min(self._grown, most_growth) + _IDLE_ROWS:
            # Neither the rows that were seen nor those that came on top can be the reason.
            self._stop("too many pages held nothing new")
        elif self._seen.count > self._first_total + most_growth:
            self._stop("the list grew faster than it could be read")

    def cursor(self, operation: str) -> dict[str, Any]:
        """Where to go on after the last row given; plain JSON."""
        recent = [*self._recent, *self._given_here][-RECENT_IDS:]
        return {
            "operation": operation,
            "position": self._position,
            "per_page": self._max_size,
            "total": self._total,
            "recent": recent,
            "finished": self._finished,
        }

    @classmethod
    def from_cursor(cls, cursor: Mapping[str, Any], operation: str) -> "PageWalk":
        """Go on where `cursor` was taken. `InvalidRequestError` when it is not of this list."""
        try:
            made_for, position = cursor["operation"], cursor["position"]
            size, total, recent = cursor["per_page"], cursor["total"], cursor["recent"]
            finished = cursor["finished"]
            whole = all(type(value) is int and value >= 0 for value in (position, size - 1))
            whole = whole and (total is None or (type(total) is int and total >= 0))
            whole = whole and all(isinstance(value, int | str) for value in recent)
            whole = whole and isinstance(finished, bool)
        except (KeyError, TypeError):
            raise _bad_cursor() from None
        if not whole:
            raise _bad_cursor()
        if made_for != operation:
            raise InvalidRequestError(
                f"This cursor was made for {made_for!r}, not for {operation!r}: "
                "pass it to the method and filters that it came from."
            )
        walk = cls(max_size=size)
        walk._position, walk._total, walk._finished = position, total, finished
        walk._skipped = position
        walk._seen.add(recent)
        walk._recent.extend(recent)
        return walk

    def _keep_given(self) -> None:
        self._seen.add(self._given_here)
        self._recent.extend(self._given_here)
        self._given_here = []

    def _stop(self, why: str) -> None:
        self._finished, self.stopped_because = True, why


def _bad_cursor() -> InvalidRequestError:
    return InvalidRequestError(
        "This is not a cursor of apipay: pass what `.cursor` gave, as it was stored."
    )
