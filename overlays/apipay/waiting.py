"""Waits for payments and for verifications: how often to poll, how long, through which failures.

Each wait is a generator of steps, which the methods of both clients run (`apipay._methods`). Three
rules hold for all of them:

- A wait ends at its timeout, whatever the service does. A poll may take until the deadline. The
  last poll starts at the deadline and may take `LAST_POLL_SECONDS`.
- A failed poll does not end a wait: the service or a proxy in front of it can return a wrong
  status once. The same request failing `FAILURES` times in a row does, with the last error.
- No connection, a 429 and a used-up request budget pass by themselves. They never end a wait.
"""

import math
from collections import Counter
from collections.abc import Awaitable, Callable, Generator, Hashable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from apipay._clock import Clock
from apipay._steps import Give, Iteration, Step, Steps, perform
from apipay.errors import (
    APIConnectionError,
    ApiPayError,
    ClientClosedError,
    GoneError,
    InvalidRequestError,
    OutcomeUnknownError,
    RateLimitError,
    RateLimitWaitError,
    VerificationFailedError,
    VerificationTimeoutError,
    WaitTimeoutError,
)
from apipay_client.models import InvoiceStatus, OrganizationStatus
from apipay_client.operations import EXTENSIONS, LIST_INVOICES

if TYPE_CHECKING:
    from apipay_client.models import CreatedInvoice, Invoice, InvoicePage, Organization
    from apipay_client.resources import AsyncResources, Resources
    from apipay_client.types import CallOptions

    Client = Resources | AsyncResources

T = TypeVar("T")
_Giving = Generator[Step | Give["Invoice"], Any, T]

LAST_POLL_SECONDS: Final = 2.0
"""How long the poll at the deadline may take, so how far a wait can exceed its timeout."""

FAILURES: Final = 3
"""How often in a row the same request has to fail to end a wait."""

LONGEST_RETRY_AFTER: Final = 60.0
"""A response that asks for a longer pause, in seconds, is polled again after this one."""

PAGE_SIZE: Final = (LIST_INVOICES.pagination.max_size if LIST_INVOICES.pagination else None) or 100

_TOLERANCE = 1e-6  # for float rounding, in seconds

_PASSING = (APIConnectionError, RateLimitError, RateLimitWaitError)
_LASTING = (InvalidRequestError, ClientClosedError, OutcomeUnknownError)


@dataclass(frozen=True, slots=True)
class Pace:
    """The pauses between polls.

    Args:
        interval: Seconds between the first two polls.
        growth: Factor from each pause to the next. 1 keeps the pauses equal.
        longest: Longest pause, in seconds.

    Raises:
        InvalidRequestError: A value is not a finite number, `interval` is not above 0, `growth` is
            below 1, or `longest` is below `interval`.
    """

    interval: float = 2.0
    growth: float = 1.0
    longest: float = 30.0

    def __post_init__(self) -> None:
        numbers = (self.interval, self.growth, self.longest)
        if not all(math.isfinite(number) for number in numbers) or self.interval <= 0:
            raise InvalidRequestError(
                "A pace has a value that is not usable. Pass finite numbers, with interval above 0."
            )
        if self.growth < 1 or self.longest < self.interval:
            raise InvalidRequestError(
                "A pace would get faster than its interval. Pass growth of 1 or more and longest "
                "of at least interval."
            )

    def after(self, polls: int) -> float:
        """Return the pause after `polls` polls, in seconds."""
        try:
            return min(self.longest, self.interval * math.pow(self.growth, polls - 1))
        except OverflowError:
            return self.longest


DEFAULT_PACE: Final = Pace(2.0, growth=1.25, longest=15.0)


class _Wait:
    """The deadline, pauses and failures of one wait.

    `deadline` is a moment of `Clock.monotonic`, or infinity. It may be moved during the wait.
    """

    def __init__(
        self,
        clock: Clock,
        timeout: float | None,
        pace: Pace,
        priority: Literal["normal", "low"] = "low",
        lasting: tuple[type[ApiPayError], ...] = (),
    ) -> None:
        number: object = math.inf if timeout is None else timeout
        if isinstance(number, bool) or not isinstance(number, int | float) or not number >= 0:
            raise InvalidRequestError(
                "The timeout is not a number of seconds. Pass 0 or more, or None for no limit."
            )
        self._clock = clock
        self._pace = pace
        self._priority: Literal["normal", "low"] = priority
        self._lasting: tuple[type[ApiPayError], ...] = (*_LASTING, *lasting)
        self._polls = 0
        self._failed: Counter[Hashable] = Counter()
        self.deadline = clock.monotonic() + number
        self.failure: ApiPayError | None = None
        """The error of the latest request; None if it succeeded."""

    @property
    def left(self) -> float:
        """Seconds until the deadline; negative after it."""
        return self.deadline - self._clock.monotonic()

    def ask(
        self, call: "Callable[[CallOptions], T | Awaitable[T]]", request: Hashable = None
    ) -> Steps[T | None]:
        """Make one call and return its result, or None if it failed or there is no time for it.

        Args:
            call: Gets the options for its call.
            request: Identifies the request among those of the wait, to count its failures.

        Raises:
            ApiPayError: The failure ends the wait.
        """
        left = self.left
        if left <= _TOLERANCE:
            left += LAST_POLL_SECONDS
        if left <= 0:
            return None
        # Retries would sleep inside the call. The wait is the better place: it knows the deadline.
        options: CallOptions = {"priority": self._priority, "max_retries": 0}
        if left < math.inf:
            options["deadline"] = left
        try:
            result = yield from perform(partial(call, options))
        except self._lasting:
            raise
        except ApiPayError as error:
            if not isinstance(error, _PASSING):
                self._failed[request] += 1
                if self._failed[request] >= FAILURES:
                    raise
            self.failure = error
            return None
        self.failure = None
        self._failed.pop(request, None)
        return result

    def pause(self, at_least: float = 0.0) -> Steps[bool]:
        """Sleep until the next poll, at most until the deadline. Return False if that has passed.

        Args:
            at_least: Shortest pause, in seconds.
        """
        self._polls += 1
        left = self.left
        if left <= _TOLERANCE:
            return False
        asked = getattr(self.failure, "retry_after", None) or 0.0
        pause = max(self._pace.after(self._polls), at_least, min(asked, LONGEST_RETRY_AFTER))
        yield min(pause, left)
        return True


_OPEN: Final = tuple(status for status in InvoiceStatus if not status.is_final)
_FINAL: Final = tuple(status for status in InvoiceStatus if status.is_final)


def _id_of(invoice: "Invoice | CreatedInvoice | int") -> int:
    found: object = getattr(invoice, "id", invoice)
    if isinstance(found, bool) or not isinstance(found, int):
        raise InvalidRequestError(
            f"An invoice cannot be a {type(found).__name__}. Pass an invoice or its id, an int."
        )
    return found


def wait_for_payment(
    client: "Client",
    clock: Clock,
    invoice: "Invoice | CreatedInvoice | int",
    timeout: float | None,
    pace: Pace | None,
    on_progress: "Callable[[Invoice], None] | None",
) -> "Steps[Invoice]":
    """Poll one invoice until its status is final."""
    invoice_id = _id_of(invoice)
    wait = _Wait(clock, timeout, pace or DEFAULT_PACE)

    def get(options: "CallOptions") -> "Invoice | Awaitable[Invoice]":
        return client.invoices.get(invoice_id, options=options)

    last: Invoice | None = None
    while True:
        found = yield from wait.ask(get)
        if found is not None:
            if found.status.is_final:
                return found
            last = found
            if on_progress is not None:
                on_progress(found)
        if not (yield from wait.pause()):
            raise WaitTimeoutError(
                "The invoice was not paid, cancelled or expired before the timeout.",
                last=last,
                resume=[invoice_id],
            ) from wait.failure


class _Watch:
    """The invoices that are watched, and one round of requests after another."""

    def __init__(self, client: "Client", wait: _Wait, ids: Iterable[int]) -> None:
        self._client = client
        self._wait = wait
        self.last: dict[int, Invoice | None] = dict.fromkeys(ids)
        """The invoices that are not final, as seen last."""
        self.requests = 0
        """Requests of the latest round."""

    def round(self) -> "_Giving[bool]":
        """Read each invoice once and give those that are final.

        Pages are only a cheaper way to read many: an invoice that moves between two pages is read
        by itself. Return False if a request failed or the time is over.
        """
        self.requests = 0
        unseen = set(self.last)
        number, pages_left = 0, 1
        while len(unseen) > pages_left > 0:  # otherwise it is cheaper to read each
            number += 1
            page = yield from self._read_page(_OPEN, number)
            if page is None:
                return False
            yield from self._show(page.page_items, unseen)
            pages_left = math.ceil(page.page_total / PAGE_SIZE) - number if page.page_items else 0
        number, shown = 0, 2
        while pages_left == 0 and len(unseen) > 1 and shown > 1:
            number += 1
            page = yield from self._read_page(_FINAL, number)
            if page is None:
                return False
            shown = yield from self._show(page.page_items, unseen)
        for invoice_id in sorted(unseen):
            invoice = yield from self._read(invoice_id)
            if invoice is None:
                return False
            yield from self._show([invoice], unseen)
        return True

    def _read_page(
        self, statuses: tuple[InvoiceStatus, ...], number: int
    ) -> "Steps[InvoicePage | None]":
        def call(options: "CallOptions") -> "InvoicePage | Awaitable[InvoicePage]":
            return self._client.invoices.list(
                page=number, per_page=PAGE_SIZE, status=statuses, options=options
            )

        self.requests += 1
        return (yield from self._wait.ask(call, (statuses, number)))

    def _read(self, invoice_id: int) -> "Steps[Invoice | None]":
        def call(options: "CallOptions") -> "Invoice | Awaitable[Invoice]":
            return self._client.invoices.get(invoice_id, options=options)

        self.requests += 1
        try:
            return (yield from self._wait.ask(call, invoice_id))
        except ApiPayError as error:
            error.add_note(f"This was invoice {invoice_id}. Watch the others without it.")
            raise

    def _show(self, invoices: "Iterable[Invoice]", unseen: set[int]) -> "_Giving[int]":
        """Take in what a response shows, and return how many of `unseen` that were."""
        before = len(unseen)
        for invoice in invoices:
            unseen.discard(invoice.id)
            if invoice.id in self.last:
                self.last[invoice.id] = invoice
                if invoice.status.is_final:
                    del self.last[invoice.id]
                    yield Give(invoice)
        return before - len(unseen)


def watch_invoices(
    client: "Client",
    clock: Clock,
    invoices: "Iterable[Invoice | CreatedInvoice | int]",
    timeout: float | None,
    pace: Pace | None,
    on_round: Callable[[int], None] | None,
) -> "Iteration[Invoice]":
    """Poll many invoices in rounds and give each one whose status is final.

    A round reads the list of open invoices, then pages of the list of final ones as long as each
    shows two or more of the watched invoices, then each one that is left. With P open invoices and
    k watched ones that became final since the last round, it costs at most P / `PAGE_SIZE` + k + 2
    requests. If the list of open invoices has more pages than invoices are watched, it costs one
    request for each of these, and one for the page that shows this.
    """
    wait = _Wait(clock, timeout, pace or DEFAULT_PACE)
    watch = _Watch(client, wait, [_id_of(invoice) for invoice in invoices])
    while watch.last:
        if (yield from watch.round()) and on_round is not None:
            on_round(len(watch.last))
        if watch.last and not (yield from wait.pause(_rest_after(watch.requests))):
            raise WaitTimeoutError(
                f"{len(watch.last)} of the invoices were not paid, cancelled or expired before "
                "the timeout.",
                last=[invoice for invoice in watch.last.values() if invoice is not None],
                resume=sorted(watch.last),
            ) from wait.failure


def _rest_after(requests: int) -> float:
    """Return the seconds between two rounds that leave half of the stated rate limit to others."""
    stated: dict[str, Any] | None = EXTENSIONS.get("x-rate-limit")
    if stated is None:
        return 0.0
    share = min(1.0, 2 * requests / float(stated["requests"]))
    return share * float(stated["window_seconds"])


def verify_organization(
    client: "Client", clock: Clock, idn: str, on_progress: Callable[[float], None] | None
) -> "Steps[Organization]":
    """Start a verification and poll it until its status is final."""

    def verify() -> "Any":
        return client.organizations.verify(idn=idn)

    started: Organization = (yield from perform(verify)).organization
    return (yield from wait_for_verification(client, clock, started.id, on_progress, started))


def wait_for_verification(
    client: "Client",
    clock: Clock,
    organization_id: int,
    on_progress: Callable[[float], None] | None,
    found: "Organization | None" = None,
) -> "Steps[Organization]":
    """Poll a verification until its status is final. `found`: what the service last returned."""
    stated: dict[str, Any] = EXTENSIONS["x-verification"]
    window, interval = float(stated["window_seconds"]), float(stated["poll_seconds"])
    # Normal priority: the owner has two minutes, and then it is too late.
    wait = _Wait(clock, window, Pace(interval, longest=interval), "normal", (GoneError,))

    def status(options: "CallOptions") -> "Any":
        return client.organizations.status(organization_id, options=options)

    def timed_out() -> VerificationTimeoutError:
        return VerificationTimeoutError(
            "The owner did not confirm within the verification window.",
            organization_id=organization_id,
            last=last,
        )

    last: Organization | None = None
    end: float | None = None
    while True:
        if found is None:
            try:
                response = yield from wait.ask(status)
            except GoneError as error:
                raise timed_out() from error
            found = None if response is None else response.organization
        if found is not None:
            last, seconds = found, found.time_remaining
            if end is None:  # the window cannot end later, whatever later responses state
                end = clock.monotonic() + max(window, seconds or 0)
            if not found.status.is_final and seconds is not None:
                wait.deadline = min(end, clock.monotonic() + seconds)
            if found.status.is_final and found.status != OrganizationStatus.VERIFIED:
                raise VerificationFailedError(
                    "The organization was not verified: the owner refused, or the check failed.",
                    organization_id=organization_id,
                    last=found,
                )
            if on_progress is not None:
                on_progress(max(0.0, wait.left))
            if found.status.is_final:
                return found
        if not (yield from wait.pause()):
            raise timed_out() from wait.failure
        found = None
