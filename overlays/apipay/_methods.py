"""The methods of both clients that take more than one request: lists, verifications, waits.

Each runs a generator of `pagination` or `waiting`. These are imported when they are used, because
most processes need neither.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from apipay._clock import Clock
from apipay._steps import iterate, iterate_async, run, run_async
from apipay_client.resources import AsyncResources, Resources

if TYPE_CHECKING:
    from apipay.pagination import AsyncPaginator, Identified, Page, Paginator
    from apipay.waiting import Pace
    from apipay_client.models import CreatedInvoice, Invoice, Organization

P = ParamSpec("P")
Item = TypeVar("Item", bound="Identified")


class Methods(Resources):
    """The methods of `ApiPay`."""

    _clock: Clock

    def paginate(
        self, method: "Callable[P, Page[Item]]", /, *args: P.args, **kwargs: P.kwargs
    ) -> "Paginator[Item]":
        """Iterate over all items of a list.

            for invoice in client.paginate(client.invoices.list, status=["paid"]):
                ...

        Pages are requested as they are needed, the largest that the service allows. Each item is
        given once, also when items move between pages meanwhile. One page is held at a time.

        Args:
            method: A list method of this client.
            **kwargs: Arguments of `method`, by name. A page size is used as given, a page number
                is where to start.

        Returns:
            A `Paginator`. Its `limit(n)` and `resume(cursor)` return copies that stop after n
            items, or go on where an iteration stopped; its `pages()` iterates over pages.

        Raises:
            InvalidRequestError: `method` does not return pages, or an argument is wrong.
        """
        from apipay.pagination import Paginator

        return Paginator(method, args, kwargs)

    def verify_organization(
        self, idn: str, *, on_progress: Callable[[float], None] | None = None
    ) -> "Organization":
        """Start the verification of an organization and wait until its owner has confirmed it.

        Before this, the owner adds the service's phone number to Kaspi Business as a Cashier. Now
        they confirm in the Kaspi Business app, within the window that the spec states (120 s). A
        status that is not in the spec counts as not final. The wait exceeds the window by two
        seconds at most.

        Args:
            idn: The organization's IIN or BIN, 12 digits.
            on_progress: Called after each poll with the seconds left in the window.

        Returns:
            The verified organization.

        Raises:
            VerificationFailedError: The owner refused.
            VerificationTimeoutError: The window is over. Start again.
            OutcomeUnknownError: The response to the request was lost. It is not sent again, because
                the owner could be asked twice.
            ValidationError: The service does not accept this number.
            ApiPayError: A poll failed three times in a row; the last error.
        """
        from apipay import waiting

        return run(waiting.verify_organization(self, self._clock, idn, on_progress), self._clock)

    def wait_for_verification(
        self, organization_id: int, *, on_progress: Callable[[float], None] | None = None
    ) -> "Organization":
        """Wait for a verification that was started before, e.g. by a process that has restarted.

        Args:
            organization_id: The id from the response to the request or from an error.
            on_progress: Called after each poll with the seconds left in the window.

        Returns:
            The verified organization.

        Raises:
            VerificationFailedError: The owner refused.
            VerificationTimeoutError: The window is over.
            NotFoundError: There is no such organization (404 three times in a row).
            ApiPayError: A poll failed three times in a row; the last error.
        """
        from apipay import waiting

        steps = waiting.wait_for_verification(self, self._clock, organization_id, on_progress)
        return run(steps, self._clock)

    def wait_for_payment(
        self,
        invoice: "Invoice | CreatedInvoice | int",
        *,
        timeout: float | None = 900.0,
        pace: "Pace | None" = None,
        on_progress: "Callable[[Invoice], None] | None" = None,
    ) -> "Invoice":
        """Wait until an invoice is paid, cancelled or expired; its `status` says which.

        Each poll is one request with low priority in the rate budget. To wait for many invoices,
        use `watch_invoices`. A status that is not in the spec counts as not final. A single failed
        poll does not end the wait, three in a row do. Without a connection, after a 429 and while
        the rate budget is used up, the wait goes on until its timeout.

        Args:
            invoice: The invoice, or its id.
            timeout: Seconds. The last poll starts then and may take two seconds. 0 polls once.
                None is no limit.
            pace: Pauses between polls. None is `waiting.DEFAULT_PACE`: 2 s, growing to 15 s.
            on_progress: Called with the invoice after each poll that shows it is not final.

        Returns:
            The invoice.

        Raises:
            WaitTimeoutError: The timeout came first. `last` is the invoice as seen last, or None;
                `resume` is a list with its id; `__cause__` is the error of the last poll, if it
                failed. Wait again to go on.
            NotFoundError: There is no such invoice (404 three times in a row).
            ApiPayError: A poll failed three times in a row; the last error.
            InvalidRequestError: An argument is wrong.
        """
        from apipay import waiting

        steps = waiting.wait_for_payment(self, self._clock, invoice, timeout, pace, on_progress)
        return run(steps, self._clock)

    def watch_invoices(
        self,
        invoices: "Iterable[Invoice | CreatedInvoice | int]",
        *,
        timeout: float | None = 900.0,
        pace: "Pace | None" = None,
        on_round: Callable[[int], None] | None = None,
    ) -> "Iterator[Invoice]":
        """Iterate over invoices as each is paid, cancelled or expired; ends when all are.

        A round of requests reads the list of open invoices, 100 in a request, and those that have
        left it since the last round: for 1,000 watched invoices it takes about 10 requests. Pauses
        between rounds leave half of the stated rate limit to other calls. Invoices come from lists
        where that saves requests, so that fields which `invoices.get` returns can be missing.
        Failures are treated as in `wait_for_payment`.

        Args:
            invoices: Invoices, or their ids.
            timeout: Seconds for all of them. The last round starts then and may take two seconds.
                None is no limit.
            pace: Pauses between rounds. None is `waiting.DEFAULT_PACE`: 2 s, growing to 15 s.
            on_round: Called after each round with the number of invoices that are not final.

        Raises:
            WaitTimeoutError: The timeout came first. `resume` is the list of ids that are left,
                `last` the invoices as seen last. Pass `resume` to go on.
            NotFoundError: One of them does not exist; a note on the error names it.
            ApiPayError: A request failed three times in a row; the last error.
            InvalidRequestError: An argument is wrong.
        """
        from apipay import waiting

        steps = waiting.watch_invoices(self, self._clock, invoices, timeout, pace, on_round)
        return iterate(steps, self._clock)


class AsyncMethods(AsyncResources):
    """The methods of `AsyncApiPay`, for asyncio and trio. Cancelling a task ends its wait."""

    _clock: Clock

    def paginate(
        self, method: "Callable[P, Awaitable[Page[Item]]]", /, *args: P.args, **kwargs: P.kwargs
    ) -> "AsyncPaginator[Item]":
        """Iterate over all items of a list.

            async for invoice in client.paginate(client.invoices.list, status=["paid"]):
                ...

        See `ApiPay.paginate` for the arguments, the result and the errors.
        """
        from apipay.pagination import AsyncPaginator

        return AsyncPaginator(method, args, kwargs)

    async def verify_organization(
        self, idn: str, *, on_progress: Callable[[float], None] | None = None
    ) -> "Organization":
        """Start the verification of an organization and wait until its owner has confirmed it.

        See `ApiPay.verify_organization` for the arguments and the errors.
        """
        from apipay import waiting

        steps = waiting.verify_organization(self, self._clock, idn, on_progress)
        return await run_async(steps, self._clock)

    async def wait_for_verification(
        self, organization_id: int, *, on_progress: Callable[[float], None] | None = None
    ) -> "Organization":
        """Wait for a verification that was started before, e.g. by a process that has restarted.

        See `ApiPay.wait_for_verification` for the arguments and the errors.
        """
        from apipay import waiting

        steps = waiting.wait_for_verification(self, self._clock, organization_id, on_progress)
        return await run_async(steps, self._clock)

    async def wait_for_payment(
        self,
        invoice: "Invoice | CreatedInvoice | int",
        *,
        timeout: float | None = 900.0,  # noqa: ASYNC109 - its error says how to go on
        pace: "Pace | None" = None,
        on_progress: "Callable[[Invoice], None] | None" = None,
    ) -> "Invoice":
        """Wait until an invoice is paid, cancelled or expired; its `status` says which.

        See `ApiPay.wait_for_payment` for the arguments and the errors.
        """
        from apipay import waiting

        steps = waiting.wait_for_payment(self, self._clock, invoice, timeout, pace, on_progress)
        return await run_async(steps, self._clock)

    def watch_invoices(
        self,
        invoices: "Iterable[Invoice | CreatedInvoice | int]",
        *,
        timeout: float | None = 900.0,
        pace: "Pace | None" = None,
        on_round: Callable[[int], None] | None = None,
    ) -> "AsyncIterator[Invoice]":
        """Iterate over invoices as each is paid, cancelled or expired; ends when all are.

        See `ApiPay.watch_invoices` for the arguments and the errors.
        """
        from apipay import waiting

        steps = waiting.watch_invoices(self, self._clock, invoices, timeout, pace, on_round)
        return iterate_async(steps, self._clock)
