"""Lists read to their end: item by item or page by page, sync and async, each item once."""

import inspect
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec, Protocol, TypeVar

from apipay.errors import InvalidRequestError
from apipay.page_walk import PageWalk

_logger = logging.getLogger("apipay")

_SIZE_WITHOUT_LIMIT = 100
"""Rows to ask for where the specification states no largest page."""


class Identified(Protocol):
    """A row of a list: it can be told from others by its id."""

    @property
    def id(self) -> int | str: ...


P = ParamSpec("P")
Item = TypeVar("Item", bound=Identified)
Item_co = TypeVar("Item_co", bound=Identified, covariant=True)


class Page(Protocol[Item_co]):
    """What every list operation answers, whatever its shape on the wire."""

    @property
    def page_items(self) -> Sequence[Item_co]: ...
    @property
    def page_number(self) -> int: ...
    @property
    def page_size(self) -> int: ...
    @property
    def page_total(self) -> int: ...


@dataclass(frozen=True, slots=True)
class PageOf(Generic[Item]):
    """One page, without the rows that came on an earlier one."""

    items: list[Item]
    number: int
    """The page's number as it was asked for, from 1."""
    total: int
    """Rows in the whole list at that moment."""
    cursor: Mapping[str, Any]
    """Pass it to `resume` to go on after this page; it can be stored as JSON."""


class _Walker(Generic[Item]):
    """What the sync and the async paginator share: everything but the sending."""

    def __init__(self, method: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
        operation = _operation_of(method)
        pagination = getattr(operation, "pagination", None)
        if operation is None or pagination is None:
            raise InvalidRequestError(
                "paginate takes a list method of a client, such as client.invoices.list; "
                "this one does not answer in pages."
            )
        self._name: str = operation.id
        self._page_argument: str = pagination.page
        self._size_argument: str = pagination.size
        self._max_size: int = pagination.max_size or _SIZE_WITHOUT_LIMIT
        self._fixed = {
            name: value
            for name, value in arguments.items()
            if name not in (self._page_argument, self._size_argument)
        }
        self._first_page = _whole(arguments.get(self._page_argument), self._page_argument) or 1
        self._told_size = _whole(arguments.get(self._size_argument), self._size_argument)
        self._max_items: int | None = None
        self._start: Mapping[str, Any] | None = None
        self._walk: PageWalk | None = None

    @property
    def cursor(self) -> dict[str, Any]:
        """Where the latest iteration stands: pass it to `resume`, then or in another process.

        Plain JSON. The item given last counts as done. It names ids of rows, nothing else of them.
        """
        return (self._walk or self._new_walk()).cursor(self._name)

    def _set_limit(self, max_items: int) -> None:
        if max_items < 0:
            raise InvalidRequestError(f"A limit is 0 or more items, not {max_items}.")
        self._max_items = max_items

    def _set_start(self, cursor: Mapping[str, Any]) -> None:
        PageWalk.from_cursor(cursor, self._name)
        self._start = cursor

    def _new_walk(self) -> PageWalk:
        if self._start is not None:
            return PageWalk.from_cursor(self._start, self._name)
        size = self._told_size or self._max_size
        if self._told_size is None and self._max_items:
            size = min(size, self._max_items)
        return PageWalk(max_size=size, first_page=self._first_page)

    def _begin(self) -> PageWalk:
        self._walk = self._new_walk()
        return self._walk

    def _arguments(self, page: int, size: int) -> dict[str, Any]:
        return {**self._fixed, self._page_argument: page, self._size_argument: size}

    def _finish(self, walk: PageWalk) -> None:
        walk.page_done()
        if walk.stopped_because is not None:
            _logger.warning("%s was not read to its end: %s.", self._name, walk.stopped_because)

    def _page_of(self, items: list[Item], number: int, walk: PageWalk) -> PageOf[Item]:
        return PageOf(items, number, walk.total or 0, walk.cursor(self._name))


class Paginator(_Walker[Item]):
    """The items of a list, fetched page by page as they are needed. Made by `client.paginate`.

    Each iteration starts anew. Only one page is held at a time. An item is given once, also when
    rows move between pages while the list is read; an item that was in the list all the time is
    never left out. Errors of a request come through as they are: take `cursor` and go on later.
    """

    def __init__(
        self, method: Callable[..., Page[Item]], arguments: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(method, arguments or {})
        if inspect.iscoroutinefunction(method):
            raise InvalidRequestError(
                "This list method is of an AsyncApiPay: page it with that client's paginate."
            )
        self._method = method

    def limit(self, max_items: int) -> "Paginator[Item]":
        """Stop after `max_items` items."""
        self._set_limit(max_items)
        return self

    def resume(self, cursor: Mapping[str, Any]) -> "Paginator[Item]":
        """Go on where `cursor` was taken."""
        self._set_start(cursor)
        return self

    def __iter__(self) -> Iterator[Item]:
        left = self._max_items
        walk = self._begin()
        while left != 0 and (wanted := walk.next_page()) is not None:
            # The page has no name here, so that it is gone before the next one comes.
            for item in _new_items(walk, self._method(**self._arguments(*wanted))):
                walk.give(item.id)
                yield item
                left = None if left is None else left - 1
                if left == 0:
                    return
            self._finish(walk)

    def pages(self) -> Iterator[PageOf[Item]]:
        """Page by page; a page may be empty of new items, and is then not given."""
        left = self._max_items
        walk = self._begin()
        while left != 0 and (wanted := walk.next_page()) is not None:
            items = _new_items(walk, self._method(**self._arguments(*wanted)))
            kept = items if left is None else items[:left]
            for item in kept:
                walk.give(item.id)
            left = None if left is None else left - len(kept)
            if len(kept) == len(items):
                self._finish(walk)
            if kept:
                yield self._page_of(kept, wanted[0], walk)
            del items, kept  # gone before the next page comes


class AsyncPaginator(_Walker[Item]):
    """`Paginator` for `async for`."""

    def __init__(
        self,
        method: Callable[..., Awaitable[Page[Item]]],
        arguments: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(method, arguments or {})
        if not inspect.iscoroutinefunction(method):
            raise InvalidRequestError(
                "This list method is of an ApiPay: page it with that client's paginate."
            )
        self._method = method

    def limit(self, max_items: int) -> "AsyncPaginator[Item]":
        """Stop after `max_items` items."""
        self._set_limit(max_items)
        return self

    def resume(self, cursor: Mapping[str, Any]) -> "AsyncPaginator[Item]":
        """Go on where `cursor` was taken."""
        self._set_start(cursor)
        return self

    async def __aiter__(self) -> AsyncIterator[Item]:
        left = self._max_items
        walk = self._begin()
        while left != 0 and (wanted := walk.next_page()) is not None:
            # The page has no name here, so that it is gone before the next one comes.
            for item in _new_items(walk, await self._method(**self._arguments(*wanted))):
                walk.give(item.id)
                yield item
                left = None if left is None else left - 1
                if left == 0:
                    return
            self._finish(walk)

    async def pages(self) -> AsyncIterator[PageOf[Item]]:
        """Page by page; a page may be empty of new items, and is then not given."""
        left = self._max_items
        walk = self._begin()
        while left != 0 and (wanted := walk.next_page()) is not None:
            items = _new_items(walk, await self._method(**self._arguments(*wanted)))
            kept = items if left is None else items[:left]
            for item in kept:
                walk.give(item.id)
            left = None if left is None else left - len(kept)
            if len(kept) == len(items):
                self._finish(walk)
            if kept:
                yield self._page_of(kept, wanted[0], walk)
            del items, kept  # gone before the next page comes


def paginate(
    method: Callable[P, Page[Item]], /, *args: P.args, **kwargs: P.kwargs
) -> Paginator[Item]:
    """Give the items of `method`'s list: `paginate(client.invoices.list, status=["paid"])`.

    Takes the method's own arguments. It asks for the largest page unless the page size is given;
    a page number given is where it starts.
    """
    made = Paginator(method, kwargs)
    _refuse_positional(args)
    return made


def paginate_async(
    method: Callable[P, Awaitable[Page[Item]]], /, *args: P.args, **kwargs: P.kwargs
) -> AsyncPaginator[Item]:
    """`paginate` for the async client: `async for invoice in paginate_async(...)`."""
    made = AsyncPaginator(method, kwargs)
    _refuse_positional(args)
    return made


def _new_items(walk: PageWalk, page: Page[Item]) -> list[Item]:
    items = page.page_items
    new = walk.arrived([item.id for item in items], page)
    return [item for item, is_new in zip(items, new, strict=True) if is_new]


def _operation_of(method: Callable[..., Any]) -> Any:
    owner: object = getattr(method, "__self__", None)
    operations: Mapping[str, Any] = getattr(owner, "OPERATIONS", {})
    return operations.get(getattr(method, "__name__", ""))


def _refuse_positional(args: tuple[Any, ...]) -> None:
    if args:
        raise InvalidRequestError("paginate takes the list's arguments by name, as in status=[...]")


def _whole(value: object, name: str) -> int | None:
    if value is None or not value:  # UNSET of the generated client is falsy
        if value == 0 and isinstance(value, int):
            raise InvalidRequestError(f"{name} is 1 or more.")
        return None
    if not isinstance(value, int) or value < 1:
        raise InvalidRequestError(f"{name} is a whole number, 1 or more.")
    return value
