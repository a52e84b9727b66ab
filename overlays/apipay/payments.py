"""Waiting until invoices are paid, cancelled or expired."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

from apipay._clock import SYSTEM_CLOCK, Clock
from apipay.errors import GoneError, NotFoundError, WaitTimeoutError
from apipay.invoice_watch import PAGE_SIZE, ReadInvoice, ReadPage, Step, Watch, id_of, is_over
from apipay.pacing import RateLimit
from apipay.polling import OnUnknown, Pace, Poll, check_timeout
from apipay_client.models import InvoiceStatus
from apipay_client.operations import EXTENSIONS
from apipay_client.types import CallOptions

if TYPE_CHECKING:
    from apipay_client.models import CreatedInvoice, Invoice
    from apipay_client.resources import AsyncResources, Resources

DEFAULT_TIMEOUT: Final = 900.0
"""Seconds that a wait takes unless told otherwise: the service states no payment deadline."""

DEFAULT_PACE: Final = Pace(2.0, growth=1.25, longest=15.0)

STATED_LIMIT: Final = RateLimit.from_spec(EXTENSIONS)

_PENDING = (InvoiceStatus.PENDING,)

_SHARE = 0.5
"""Rounds are far enough apart to use no more than this share of the rate limit."""


def rest_after(requests: int, limit: RateLimit | None) -> float:
    """Seconds to leave between rounds that cost so many requests."""
    if limit is None:
        return 0.0
    return requests * limit.window_seconds / limit.requests / _SHARE


def read(client: "Resources", step: Step, options: CallOptions) -> Exception | None:
    """Do one step of a round. Gives back why one invoice, and no more, cannot be read."""
    if isinstance(step, ReadPage):
        invoices = client.invoices
        if step.pending_only:
            step.page = invoices.list(
                page=step.number, per_page=PAGE_SIZE, status=_PENDING, options=options
            )
        else:
            step.page = invoices.list(page=step.number, per_page=PAGE_SIZE, options=options)
        return None
    try:
        step.invoice = client.invoices.get(step.id, options=options)
    except (NotFoundError, GoneError) as error:
        return error
    return None


async def read_async(
    client: "AsyncResources", step: Step, options: CallOptions
) -> Exception | None:
    """`read` for the async client."""
    if isinstance(step, ReadPage):
        invoices = client.invoices
        if step.pending_only:
            step.page = await invoices.list(
                page=step.number, per_page=PAGE_SIZE, status=_PENDING, options=options
            )
        else:
            step.page = await invoices.list(page=step.number, per_page=PAGE_SIZE, options=options)
        return None
    try:
        step.invoice = await client.invoices.get(step.id, options=options)
    except (NotFoundError, GoneError) as error:
        return error
    return None


class _Watching:
    """What the sync and the async `watch_invoices` share: everything but sending and sleeping."""

    def __init__(
        self,
        invoices: "Iterable[Invoice | CreatedInvoice | int]",
        timeout: float | None,
        pace: Pace,
        on_unknown: OnUnknown,
        on_round: Callable[[int], None] | None,
        clock: Clock,
        limit: RateLimit | None,
    ) -> None:
        check_timeout(timeout)
        self._on_unknown: OnUnknown = on_unknown
        self._on_round = on_round
        self._clock = clock
        self._limit = limit
        self._over: list[Invoice] = []
        self.watch = Watch(self._see, (id_of(invoice) for invoice in invoices))
        deadline = None if timeout is None else clock.monotonic() + timeout
        self.poll: Poll[Invoice] = Poll(pace, deadline)

    def _see(self, invoice: "Invoice") -> bool:
        over = is_over(invoice, self._on_unknown)
        if over:
            self._over.append(invoice)
        return over

    def take(self) -> "list[Invoice]":
        """Return those that are over and were not given yet."""
        over, self._over = self._over, []
        return over

    def options(self) -> CallOptions:
        return self.poll.options(self._clock.monotonic())

    def unreadable(self, step: Step, error: Exception | None) -> None:
        """Raise for an invoice that does not exist, naming it."""
        if error is not None and isinstance(step, ReadInvoice):
            error.add_note(f"Invoice {step.id} was watched; the others can be watched without it.")
            raise error

    def pause(self, failure: Exception | None) -> float:
        """Return the pause after a round; `WaitTimeoutError` when there is no time for another."""
        now = self._clock.monotonic()
        if failure is not None:
            pause = self.poll.failed(failure, now)
        else:
            self.poll.failure = None
            if self._on_round is not None:
                self._on_round(len(self.watch.last))
            pause = self.poll.pause(now, rest_after(self.watch.requests, self._limit))
        if pause is None:
            raise self._timed_out()
        return pause

    def _timed_out(self) -> WaitTimeoutError:
        left = self.watch.last
        error = WaitTimeoutError(
            f"{len(left)} of the invoices were neither paid nor cancelled nor expired in time.",
            last=[invoice for invoice in left.values() if invoice is not None],
            resume=sorted(left),
        )
        error.__cause__ = self.poll.failure
        return error


def watch_invoices(
    client: "Resources",
    invoices: "Iterable[Invoice | CreatedInvoice | int]",
    *,
    timeout: float | None = DEFAULT_TIMEOUT,
    pace: Pace = DEFAULT_PACE,
    on_unknown: OnUnknown = "wait",
    on_round: Callable[[int], None] | None = None,
    clock: Clock = SYSTEM_CLOCK,
    limit: RateLimit | None = STATED_LIMIT,
) -> "Iterator[Invoice]":
    """Give each of `invoices` as it is paid, cancelled or expired; ends when all are.

    A round costs about one request for a hundred invoices. What is given comes from a list where
    that was enough, so it can lack fields that `client.invoices.get` has.

    Args:
        invoices: Invoices or their ids.
        timeout: Seconds for all of it. None: no limit.
        pace: How far rounds are apart. They are further apart where they would use more than half
            of the rate limit.
        on_unknown: A status that is not in the specification: "wait" for another, or "return" it.
        on_round: Called after each round with the number of invoices still watched.

    Raises:
        WaitTimeoutError: `.resume` holds the ids of those that are left, `.last` how they were
            seen last.
        NotFoundError: One of them does not exist; a note names it.
    """
    watching = _Watching(invoices, timeout, pace, on_unknown, on_round, clock, limit)
    while watching.watch.last:
        failure: Exception | None = None
        steps = watching.watch.round()
        while (step := next(steps, None)) is not None:
            try:
                watching.unreadable(step, read(client, step, watching.options()))
            except Exception as error:
                failure = error
                break
            yield from watching.take()
        yield from watching.take()
        if watching.watch.last or failure is not None:
            clock.sleep(watching.pause(failure))


async def watch_invoices_async(
    client: "AsyncResources",
    invoices: "Iterable[Invoice | CreatedInvoice | int]",
    *,
    timeout: float | None = DEFAULT_TIMEOUT,  # noqa: ASYNC109 - its error says how to go on
    pace: Pace = DEFAULT_PACE,
    on_unknown: OnUnknown = "wait",
    on_round: Callable[[int], None] | None = None,
    clock: Clock = SYSTEM_CLOCK,
    limit: RateLimit | None = STATED_LIMIT,
) -> "AsyncIterator[Invoice]":
    """`watch_invoices` for `async for`."""
    watching = _Watching(invoices, timeout, pace, on_unknown, on_round, clock, limit)
    while watching.watch.last:
        failure: Exception | None = None
        steps = watching.watch.round()
        while (step := next(steps, None)) is not None:
            try:
                watching.unreadable(step, await read_async(client, step, watching.options()))
            except Exception as error:
                failure = error
                break
            for invoice in watching.take():
                yield invoice
        for invoice in watching.take():
            yield invoice
        if watching.watch.last or failure is not None:
            await clock.sleep_async(watching.pause(failure))
