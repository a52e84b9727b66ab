"""Lists read to their end, page by page, each item once.

The spec states how a list is paged (`x-pagination`): by page number, with or without a page size,
or by cursor. A walk decides which page to read next and which of its items are new; it does no
I/O, and one generator reads the pages for the sync and the async client.

Items come and go while a list is read by page number. A new item on top moves the others back, so
items are returned again: they are known by their ids. An item that goes away moves the others
forward, over the edge of a page that was read before. Such an item is not lost. The walk keeps
`position`, the number of items at the head of the list that have all been read. If the total
falls by d between two responses, at most d items have moved in front of it, so it goes back by d.

This holds for lists where new items come on top, or wherever they come as long as none goes away
between the same two responses, and which state their total.
"""

import inspect
import logging
import re
from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Generic, Protocol, Self, TypeGuard, TypeVar, cast
from urllib.parse import parse_qs

from apipay._clock import SYSTEM_CLOCK
from apipay._steps import Give, Iteration, iterate, iterate_async, perform
from apipay.errors import InvalidRequestError
from apipay_client.operations import Pagination

_logger = logging.getLogger("apipay")

DEFAULT_SIZE: Final = 100
"""Items to ask for where the spec states no largest page."""

RECENT_IDS: Final = 300
"""Ids that a cursor carries: items that moved back by fewer since then are not repeated."""

_MOST_GROWTH = 10_000
"""A list that grows while it is read to ten times its total and this many more is given up."""

_IDLE_PAGES = 50
"""Pages without a new item that are read in any case; see `_Walk.page_done`."""

Id = int | str
Call = Callable[[], object]


class Identified(Protocol):
    """An item of a list, known by its id."""

    @property
    def id(self) -> int | str: ...


Item = TypeVar("Item", bound=Identified)
Item_co = TypeVar("Item_co", bound=Identified, covariant=True)


class Page(Protocol[Item_co]):
    """The result of a list operation."""

    @property
    def page_items(self) -> Sequence[Item_co]: ...


@dataclass(frozen=True, slots=True)
class PageOf(Generic[Item]):
    """One page, without the items that came on an earlier one.

    Attributes:
        items: The new items of the page.
        number: The page's number, from 1; for a list that is paged by cursor, the number of pages
            read so far.
        total: Items in the whole list at that moment. None where the service does not state it.
        cursor: Pass it to `resume` to go on after this page. It can be stored as JSON.
    """

    items: list[Item]
    number: int
    total: int | None
    cursor: Mapping[str, Any]


class Seen:
    """The ids of the items read so far, in 2 to 8 bytes each: the ids of a page are near."""

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

    def unseen(self, ids: Sequence[Id | None]) -> list[bool]:
        """Return for each id whether it is new, also among those before it in `ids`."""
        hashes = [hash(value) for value in ids]
        # Lists are mostly in the order of their ids, so that few pages have to be searched.
        least, most = min(hashes, default=0), max(hashes, default=0)
        near = [page for page in self._pages if page[0] <= most and page[1] >= least]
        known: set[int] = set()
        result: list[bool] = []
        for value in hashes:
            result.append(value not in known and not any(_holds(page, value) for page in near))
            known.add(value)
        return result


def _holds(page: "tuple[int, int, array[int]]", value: int) -> bool:
    low, high, offsets = page
    if not low <= value <= high:
        return False
    place = bisect_left(offsets, value - low)
    return offsets[place] == value - low


class _Walk:
    """One walk through a list.

    Request what `next_page` returns, pass the response to `arrived`, call `give` for each new item
    that is passed on, and `page_done` after the last. `cursor` can be taken at any time.
    """

    def __init__(self, shape: Pagination, size: int, first_page: int = 1) -> None:
        self._shape = shape
        self._size = size
        self._position = (first_page - 1) * size
        self._token: str | None = None  # of the next page, in a list that is paged by cursor
        self._first_total: int | None = None
        self._island: frozenset[Id | None] = frozenset()  # a page read behind a gap,
        self._island_end = 0  # and where it ends
        self._seen = Seen()
        self._recent: deque[Id] = deque(maxlen=RECENT_IDS)
        self._given: list[Id] = []  # of the present page
        self._response: tuple[list[Id | None], int | None, str | None] = [], None, None
        self._idle_pages = self._pages = 0
        self._has_news = self._finished = False
        self._is_first = True  # until the size of a page is known
        self.number = first_page
        """The page that was requested last."""
        self.total: int | None = None
        """Items in the whole list, as the last response states."""
        self.stopped_because: str | None = None
        """Why the walk ended before the list did, as a clause. None if it did not."""

    def next_page(self) -> dict[str, Any] | None:
        """Return the arguments for the next page, or None at the end."""
        if self._finished:
            return None
        shape, arguments = self._shape, dict[str, Any]()
        if shape.size is not None:
            arguments[shape.size] = self._size
        if shape.page is not None:
            self.number = self._position // self._size + 1
            arguments[shape.page] = self.number
        elif self._token is not None and shape.cursor is not None:
            arguments[shape.cursor] = self._token
        return arguments

    def arrived(self, page: object) -> list[Any]:
        """Return the new items of the response to `next_page`."""
        shape = self._shape
        items = cast("Sequence[Any]", _at(page, shape.items) or ())
        ids = [_id_of(item) for item in items]
        # The service can have its own idea of the size of a page.
        stated = _at(page, shape.per_page)
        if not _is_whole(stated):
            stated = len(ids) if shape.size is None and self._is_first else 0
        self._size = stated or self._size
        if self._is_first:
            self._is_first, self._position = False, (self.number - 1) * self._size
        following = _at(page, shape.next)
        is_last = isinstance(following, bool) or following in (None, "")
        total = _at(page, shape.total)
        self._response = (
            ids,
            total if _is_whole(total) else None,
            None if is_last else str(following),
        )
        self._has_news = False
        new = zip(items, ids, self._seen.unseen(ids), strict=True)
        return [item for item, item_id, is_new in new if is_new or item_id is None]

    def give(self, item: object) -> None:
        """Note that a new item was passed on."""
        self._has_news = True
        item_id = _id_of(item)
        if item_id is not None:
            self._given.append(item_id)

    def page_done(self) -> None:
        """Note that all new items of the page were passed on, and decide how to go on."""
        ids, total, following = self._response
        self._pages += 1
        if self._shape.cursor is not None:
            token = None if following is None else _cursor_in(following, self._shape.cursor)
            self._finished = token is None
            if token is not None and token == self._token:
                self._stop("it returned the same cursor again")
            self._token = token
            self.number += 1
        else:
            self._move(ids, total, following)
        self._idle_pages += not self._has_news
        self._keep(self._given)
        self._given = []
        if self._finished:
            return
        # Items that moved bring pages without news, but fewer of them than pages with news.
        if self._idle_pages > 3 * (self._pages - self._idle_pages) + _IDLE_PAGES:
            self._stop("too many pages held nothing new")
        elif (
            self._first_total is not None
            and self._seen.count > 10 * self._first_total + _MOST_GROWTH
        ):
            self._stop("the list grew faster than it could be read")

    def _move(self, ids: "list[Id | None]", total: int | None, following: str | None) -> None:
        """Move the position past the page that was read, if nothing can be missing before it."""
        if total is not None:
            fell = max(0, (self.total or 0) - total)
            self._position = max(0, self._position - fell)
            self._island_end = max(0, self._island_end - fell)
            self._first_total = total if self._first_total is None else self._first_total
            self.total = total
        start = (self.number - 1) * self._size
        if self._position < start:  # items can have moved to the pages before this one
            self._island, self._island_end = frozenset(ids) - {None}, start + self._size
            return
        if ids:
            self._position = max(self._position, start + self._size)
            if not self._island.isdisjoint(ids):  # this page reaches the one behind the gap
                self._position = max(self._position, self._island_end)
        if self._shape.next is not None:
            self._finished = following is None
        elif total is not None:
            self._finished = self._position >= total
        self._finished = self._finished or not ids

    def cursor(self, operation: str) -> dict[str, Any]:
        """Return where to go on after the last item given, as plain JSON."""
        return {
            "operation": operation,
            "position": self._position,
            "token": self._token,
            "per_page": self._size,
            "total": self.total,
            "recent": [*self._recent, *self._given][-max(RECENT_IDS, len(self._given)) :],
            "finished": self._finished,
        }

    @classmethod
    def from_cursor(cls, shape: Pagination, cursor: Mapping[str, Any], operation: str) -> "_Walk":
        """Go on where `cursor` was taken. `InvalidRequestError` if it is not of this list."""
        position, size, total = (_at(cursor, name) for name in ("position", "per_page", "total"))
        token, recent, finished = (_at(cursor, name) for name in ("token", "recent", "finished"))
        if not (
            _is_whole(position)
            and _is_whole(size)
            and size > 0
            and (total is None or _is_whole(total))
            and (token is None or isinstance(token, str))
            and isinstance(recent, list)
            and all(isinstance(value, int | str) for value in cast("list[object]", recent))
            and isinstance(finished, bool)
        ):
            raise InvalidRequestError(
                "This is not a cursor of apipay. Pass the value of `.cursor`, as it was stored."
            )
        if _at(cursor, "operation") != operation:
            raise InvalidRequestError(
                f"This cursor is not of {operation!r}. "
                "Pass it to the method and filters that it came from."
            )
        walk = cls(shape, size)
        walk._position, walk._token, walk.total, walk._finished = position, token, total, finished
        walk._is_first = False
        walk._keep(cast("list[Id]", recent))
        return walk

    def _keep(self, ids: list[Id]) -> None:
        self._seen.add(ids)
        self._recent.extend(ids)

    def _stop(self, why: str) -> None:
        self._finished, self.stopped_because = True, why


class _Paginator(Generic[Item]):
    """What the sync and the async paginator share: everything but the driver."""

    _is_async: bool

    def __init__(
        self,
        method: Callable[..., Page[Item] | Awaitable[Page[Item]]],
        args: tuple[Any, ...] = (),
        arguments: Mapping[str, Any] | None = None,
    ) -> None:
        owner: object = getattr(method, "__self__", None)
        operations: Mapping[str, Any] = getattr(owner, "OPERATIONS", {})
        operation = operations.get(getattr(method, "__name__", ""))
        if operation is None or operation.pagination is None:
            raise InvalidRequestError(
                "paginate was called with something that does not return pages. "
                "Pass a list method of a client, such as client.invoices.list."
            )
        if inspect.iscoroutinefunction(method) != self._is_async:
            raise InvalidRequestError(
                "paginate was called with the list method of another kind of client. "
                "Pass a method of the client whose paginate you call."
            )
        if args:
            raise InvalidRequestError(
                "paginate was called with positional arguments. "
                "Pass the list's arguments by name, as in status=[...]."
            )
        self._method = method
        self._name: str = operation.id
        self._shape = operation.pagination
        self._fixed = dict(arguments or {})
        page, size = (
            _take(self._fixed, name) if name is not None else None
            for name in (self._shape.page, self._shape.size)
        )
        self._first_page, self._asked_size = page or 1, size
        self._limit: int | None = None
        self._start: Mapping[str, Any] | None = None
        self._walk: _Walk | None = None

    @property
    def cursor(self) -> dict[str, Any]:
        """Where the latest iteration stands. Pass it to `resume`, also in another process.

        Plain JSON. The item given last counts as done. It holds ids of items, and no other data.
        """
        return (self._walk or self._new_walk()).cursor(self._name)

    def limit(self, max_items: int) -> Self:
        """Return a copy that stops after `max_items` items."""
        number: object = max_items
        if not isinstance(number, int) or isinstance(number, bool) or number < 0:
            raise InvalidRequestError("The limit is not a number of items. Pass an int from 0.")
        return self._copy(_limit=max_items)

    def resume(self, cursor: Mapping[str, Any]) -> Self:
        """Return a copy that goes on where `cursor` was taken."""
        _Walk.from_cursor(self._shape, cursor, self._name)
        return self._copy(_start=cursor)

    def _copy(self, **changes: object) -> Self:
        made = type(self).__new__(type(self))
        made.__dict__.update(self.__dict__, _walk=None, **changes)
        return made

    def _new_walk(self) -> _Walk:
        if self._start is not None:
            return _Walk.from_cursor(self._shape, self._start, self._name)
        largest = self._shape.max_size or DEFAULT_SIZE
        size = self._asked_size or min(largest, self._limit or largest)
        return _Walk(self._shape, size, self._first_page)

    def _steps(self, by_page: bool) -> Iteration[Any]:
        """Read the pages, and give the items of each or, `by_page`, each as a `PageOf`."""
        left = self._limit
        walk = self._walk = self._new_walk()
        while left != 0 and (arguments := walk.next_page()) is not None:
            call = partial(self._method, **self._fixed, **arguments)
            # The page has no name here, so that it is gone before the next one comes.
            items: list[Any] = walk.arrived((yield from perform(cast("Call", call))))
            is_cut = left is not None and len(items) > left
            items = items[:left]
            left = None if left is None else left - len(items)
            number = walk.number
            for item in items:
                walk.give(item)
                if not by_page:
                    yield Give(item)
            if not is_cut:
                walk.page_done()
                if walk.stopped_because is not None:
                    _logger.warning(
                        "%s was not read to its end: %s.", self._name, walk.stopped_because
                    )
            if by_page and items:
                yield Give(PageOf(items, number, walk.total, walk.cursor(self._name)))
            del items


class Paginator(_Paginator[Item]):
    """The items of a list, requested page by page as they are needed. See `ApiPay.paginate`.

    Each iteration starts from the beginning, or from the cursor passed to `resume`. One page is
    held at a time, and 2 to 8 bytes for each item read. An item is given once, also when items move
    between pages while the list is read, and an item that is in the list all the time is given.
    An error of a request ends the iteration: take `cursor` and go on later with `resume`.
    """

    _is_async = False

    def __iter__(self) -> Iterator[Item]:
        return iterate(self._steps(by_page=False), SYSTEM_CLOCK)

    def pages(self) -> Iterator[PageOf[Item]]:
        """Iterate over the pages that hold a new item."""
        return iterate(self._steps(by_page=True), SYSTEM_CLOCK)


class AsyncPaginator(_Paginator[Item]):
    """`Paginator` for `async for`. See `AsyncApiPay.paginate`."""

    _is_async = True

    def __aiter__(self) -> AsyncIterator[Item]:
        return iterate_async(self._steps(by_page=False), SYSTEM_CLOCK)

    def pages(self) -> AsyncIterator[PageOf[Item]]:
        """Iterate over the pages that hold a new item."""
        return iterate_async(self._steps(by_page=True), SYSTEM_CLOCK)


def _at(value: object, path: str | None) -> object:
    """Return what stands at a dotted path of JSON in a model or in JSON itself, or None."""
    for name in path.split(".") if path else ():
        if isinstance(value, Mapping):
            value = cast("Mapping[str, object]", value).get(name)
        else:
            attribute = re.sub(r"\W", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)).lower()
            unknown = getattr(value, "additional_properties", {}).get(name)
            # Names that Python uses itself, such as `next`, have an underscore behind them.
            value = getattr(value, attribute, getattr(value, f"{attribute}_", unknown))
    return value if path is not None else None


def _cursor_in(following: str, parameter: str) -> str:
    """Return the cursor in a link to the next page. A value that is not a link is the cursor."""
    return parse_qs(following.partition("?")[2]).get(parameter, [following])[0]


def _id_of(item: object) -> Id | None:
    """Return an item's id. An item without one always counts as new."""
    found = _at(item, "id")
    return found if isinstance(found, int | str) else None


def _is_whole(value: object) -> TypeGuard[int]:
    return type(value) is int and value >= 0


def _take(arguments: dict[str, Any], name: str) -> int | None:
    """Remove a page number or size from the arguments and return it."""
    value = arguments.pop(name, None)
    if value is None or (not value and not isinstance(value, int)):  # UNSET is falsy
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InvalidRequestError(f"{name} is not a page number or size. Pass an int from 1.")
    return value
