"""Find the events that never came: check the invoices of open orders, and hand what is missing on.

A webhook is delivered a few times and then given up, so a receiver that was down for long never
hears of it. Run this from a scheduler. The inbox sees the events as if they had been delivered:
one that did come is a duplicate, and running it twice handles nothing twice.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, Protocol

from apipay._steps import Steps, perform, run, run_async
from apipay.errors import InvalidRequestError

from .claims import HandleResult
from .events import EVENT_TYPES, Event
from .inbox import AsyncHandler, Handler, Inbox, async_in_sync, is_async

_EVENT: Final = "invoice.status_changed"

_log = logging.getLogger("apipay.webhooks")


class Client(Protocol):
    """An `ApiPay` or an `AsyncApiPay`."""

    @property
    def invoices(self) -> Any: ...
    @property
    def paginate(self) -> Callable[..., Any]: ...


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What became of the open orders."""

    handled: tuple[int | str, ...]
    """Orders whose event never came; the handler has run for it now."""

    known: tuple[int | str, ...]
    """Orders whose event was handled before: the order is open although it need not be."""

    pending: tuple[int | str, ...]
    """Orders that still wait for their payment, are too young, or are being handled elsewhere."""

    missing: tuple[int | str, ...]
    """Orders of which no invoice was found within `lookback`."""


def reconcile(
    client: Client,
    open_orders: Iterable[int | str],
    on_event: Handler,
    *,
    inbox: Inbox,
    min_age: float | timedelta = timedelta(minutes=15),
    lookback: timedelta = timedelta(days=7),
) -> Reconciliation:
    """Check open orders against the service, and handle the events that never came.

    It reads list pages of 100, newest first, until every order is found, and then one invoice for
    each event that it hands on.

    Args:
        client: an `ApiPay`.
        open_orders: the orders that your shop has as unpaid: invoice ids (int), or your own order
            ids (str), the `external_order_id` of their invoices.
        on_event: your webhook handler; it is called as the receiver calls it.
        inbox: your receiver's inbox.
        min_age: leave invoices alone that were created less than this ago (seconds or timedelta);
            their webhook may still be on its way.
        lookback: how far back invoices are listed.

    Raises:
        ExceptionGroup: the handler raised for some orders. All others were handled; run it again.
        InvalidRequestError: the handler is async; use `reconcile_async`.
        ApiPayError: a request failed.
    """
    if is_async(on_event):
        raise async_in_sync()
    handle = partial(inbox.handle, handler=on_event)
    steps = _reconcile(client, open_orders, handle, inbox, min_age, lookback)
    return run(steps, inbox.clock)


async def reconcile_async(
    client: Client,
    open_orders: Iterable[int | str],
    on_event: Handler | AsyncHandler,
    *,
    inbox: Inbox,
    min_age: float | timedelta = timedelta(minutes=15),
    lookback: timedelta = timedelta(days=7),
) -> Reconciliation:
    """Do what `reconcile` does, with an `AsyncApiPay` and a handler that may be async."""
    handle = partial(inbox.handle_async, handler=on_event)
    steps = _reconcile(client, open_orders, handle, inbox, min_age, lookback)
    return await run_async(steps, inbox.clock)


def _reconcile(
    client: Client,
    open_orders: Iterable[int | str],
    handle: Callable[[Event], HandleResult | Awaitable[HandleResult]],
    inbox: Inbox,
    min_age: float | timedelta,
    lookback: timedelta,
) -> Steps[Reconciliation]:
    orders = dict.fromkeys(open_orders)
    if not all(isinstance(order, (int, str)) for order in orders):
        raise InvalidRequestError("An open order is an invoice id (int) or your order id (str).")
    if not isinstance(min_age, timedelta):
        min_age = timedelta(seconds=min_age)
    now = datetime.fromtimestamp(inbox.clock.time(), UTC)
    rows = yield from _find(client, orders, (now - lookback).date())
    became: dict[int | str, str] = {}
    errors: list[Exception] = []
    for order in filter(rows.__contains__, orders):
        row = rows[order]
        created: datetime | None = row.created_at
        became[order] = "pending"
        if _is_settled(row) and (created is None or now - created >= min_age):
            # The list can be late or short, and money may be moved on this: read the invoice.
            invoice = yield from perform(partial(client.invoices.get, row.id))
            if _is_settled(invoice):
                try:
                    result = yield from perform(partial(handle, _event_of(invoice, now)))
                    became[order] = _BECAME[result]
                except Exception as error:  # one order must not keep the others from being handled
                    _log.warning("webhook event of invoice %s was not handled", row.id)
                    errors.append(error)
    if errors:
        raise ExceptionGroup(f"{len(errors)} of {len(rows)} open orders were not handled", errors)

    def those(name: str) -> tuple[int | str, ...]:
        return tuple(order for order in orders if became.get(order, "missing") == name)

    return Reconciliation(those("handled"), those("known"), those("pending"), those("missing"))


_BECAME: Final[Mapping[HandleResult, str]] = {
    HandleResult.HANDLED: "handled",
    HandleResult.DUPLICATE: "known",
    HandleResult.IN_PROGRESS: "pending",
}


def _find(client: Client, orders: Iterable[int | str], since: Any) -> Steps[dict[int | str, Any]]:
    """Return the newest invoice of each order that has one."""
    found: dict[int | str, Any] = {}
    wanted = set(orders)
    if wanted:
        pages = _stepper(client.paginate(client.invoices.list, date_from=since).pages())
        while wanted:
            page = yield from perform(pages)
            if page is None:
                break
            for row in page.items:
                for order in (row.id, row.external_order_id):
                    if order in wanted:
                        wanted.discard(order)
                        found[order] = row
    return found


def _stepper(pages: Any) -> Callable[[], Any]:
    """Return a function that gives the next page, or None after the last one."""
    if hasattr(pages, "__aiter__"):
        async_pages = aiter(pages)
        return lambda: anext(async_pages, None)
    sync_pages = iter(pages)
    return lambda: next(sync_pages, None)


def _is_settled(invoice: Any) -> bool:
    """Say whether the service sends an event for the invoice's status."""
    return EVENT_TYPES[_EVENT].ranks.get(str(invoice.status), 0) > 0


def _event_of(invoice: Any, now: datetime) -> Event:
    """Return the event that the service sends when an invoice reaches its status."""
    data = invoice.to_dict()
    reached = data.get(f"{data['status']}_at") or now.isoformat()
    body = {"event": _EVENT, "invoice": data, "timestamp": reached}
    event: Event = EVENT_TYPES[_EVENT].model.from_dict(body)
    return event
