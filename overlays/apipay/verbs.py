"""The methods of the clients that take more than one request: paging, verifying, waiting.

They only hand over to `pagination`, `verification`, `payments` and `payment_waits`, which are
loaded at their first use.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from apipay._clock import Clock
from apipay.pacing import Budget, RateLimit
from apipay.pagination import (
    AsyncPaginator,
    Identified,
    Page,
    Paginator,
    paginate,
    paginate_async,
)
from apipay_client.resources import AsyncResources, Resources
from apipay_client.types import UNSET, Unset

if TYPE_CHECKING:
    from apipay.payment_waits import AsyncPaymentWaits, OnProgress, PaymentWaits
    from apipay.polling import OnUnknown, Pace
    from apipay.verification import OnProgress as OnSecondsLeft
    from apipay.verification import OnUnknownStatus
    from apipay_client.models import CreatedInvoice, Invoice, Organization

P = ParamSpec("P")
Item = TypeVar("Item", bound=Identified)


class Verbs(Resources):
    """Of `ApiPay`."""

    _clock: Clock
    _budget: Budget | None

    def paginate(
        self, method: Callable[P, Page[Item]], /, *args: P.args, **kwargs: P.kwargs
    ) -> Paginator[Item]:
        """Give the items of a list: `client.paginate(client.invoices.list, status=["paid"])`.

        Takes the method's own arguments, by name. Asks for the largest page unless told; each item
        is given once. `.pages()`, `.limit()` and `.resume()` of what it returns say more.
        """
        return paginate(method, *args, **kwargs)

    def verify_organization(
        self,
        idn: str,
        *,
        on_progress: "OnSecondsLeft | None" = None,
        on_unknown: "OnUnknownStatus" = "wait",
    ) -> "Organization":
        """Start the verification of an organization and wait until its owner has confirmed it.

        See `apipay.verification.verify_organization` for the arguments and errors.
        """
        from apipay.verification import verify_organization

        return verify_organization(
            self, idn, on_progress=on_progress, on_unknown=on_unknown, clock=self._clock
        )

    def wait_for_verification(
        self,
        organization_id: int,
        *,
        on_progress: "OnSecondsLeft | None" = None,
        on_unknown: "OnUnknownStatus" = "wait",
    ) -> "Organization":
        """Wait for a verification that was started before, by a process that was restarted, say."""
        from apipay.verification import wait_for_verification

        return wait_for_verification(
            self, organization_id, on_progress=on_progress, on_unknown=on_unknown, clock=self._clock
        )

    def wait_for_payment(
        self,
        invoice: "Invoice | CreatedInvoice | int",
        *,
        timeout: float | Unset | None = UNSET,
        pace: "Pace | None" = None,
        on_unknown: "OnUnknown" = "wait",
        on_progress: "OnProgress | None" = None,
    ) -> "Invoice":
        """Wait until `invoice` is paid, cancelled or expired; look at `status` for which.

        Waits side by side on one client share their requests. See
        `apipay.payment_waits.PaymentWaits.wait` for the arguments and errors.
        """
        from apipay.payments import DEFAULT_PACE, DEFAULT_TIMEOUT

        return self._payment_waits().wait(
            invoice,
            timeout=DEFAULT_TIMEOUT if isinstance(timeout, Unset) else timeout,
            pace=DEFAULT_PACE if pace is None else pace,
            on_unknown=on_unknown,
            on_progress=on_progress,
        )

    def watch_invoices(
        self,
        invoices: "Iterable[Invoice | CreatedInvoice | int]",
        *,
        timeout: float | Unset | None = UNSET,
        pace: "Pace | None" = None,
        on_unknown: "OnUnknown" = "wait",
        on_round: Callable[[int], None] | None = None,
    ) -> "Iterator[Invoice]":
        """Give each of `invoices` as it is paid, cancelled or expired; ends when all are.

        A round costs about one request for a hundred invoices. See
        `apipay.payments.watch_invoices` for the arguments and errors.
        """
        from apipay.payments import DEFAULT_PACE, DEFAULT_TIMEOUT, watch_invoices

        return watch_invoices(
            self,
            invoices,
            timeout=DEFAULT_TIMEOUT if isinstance(timeout, Unset) else timeout,
            pace=DEFAULT_PACE if pace is None else pace,
            on_unknown=on_unknown,
            on_round=on_round,
            clock=self._clock,
            limit=limit_of(self._budget),
        )

    def _payment_waits(self) -> "PaymentWaits":
        from apipay.payment_waits import PaymentWaits

        made: PaymentWaits
        if "_waits" not in self.__dict__:
            made = PaymentWaits(self, self._clock, limit_of(self._budget))
            self.__dict__.setdefault("_waits", made)  # one, whichever thread comes first
        made = self.__dict__["_waits"]
        return made


class AsyncVerbs(AsyncResources):
    """Of `AsyncApiPay`."""

    _clock: Clock
    _budget: Budget | None

    def paginate(
        self, method: Callable[P, Awaitable[Page[Item]]], /, *args: P.args, **kwargs: P.kwargs
    ) -> AsyncPaginator[Item]:
        """Give the items of a list: `async for item in client.paginate(client.refunds.list)`.

        Takes the method's own arguments, by name. Asks for the largest page unless told; each item
        is given once. `.pages()`, `.limit()` and `.resume()` of what it returns say more.
        """
        return paginate_async(method, *args, **kwargs)

    async def verify_organization(
        self,
        idn: str,
        *,
        on_progress: "OnSecondsLeft | None" = None,
        on_unknown: "OnUnknownStatus" = "wait",
    ) -> "Organization":
        """Start the verification of an organization and wait until its owner has confirmed it.

        See `apipay.verification.verify_organization` for the arguments and errors.
        """
        from apipay.verification import verify_organization_async

        return await verify_organization_async(
            self, idn, on_progress=on_progress, on_unknown=on_unknown, clock=self._clock
        )

    async def wait_for_verification(
        self,
        organization_id: int,
        *,
        on_progress: "OnSecondsLeft | None" = None,
        on_unknown: "OnUnknownStatus" = "wait",
    ) -> "Organization":
        """Wait for a verification that was started before, by a process that was restarted, say."""
        from apipay.verification import wait_for_verification_async

        return await wait_for_verification_async(
            self, organization_id, on_progress=on_progress, on_unknown=on_unknown, clock=self._clock
        )

    async def wait_for_payment(
        self,
        invoice: "Invoice | CreatedInvoice | int",
        *,
        timeout: float | Unset | None = UNSET,  # noqa: ASYNC109 - its error says how to go on
        pace: "Pace | None" = None,
        on_unknown: "OnUnknown" = "wait",
        on_progress: "OnProgress | None" = None,
    ) -> "Invoice":
        """Wait until `invoice` is paid, cancelled or expired; look at `status` for which.

        Waits side by side on one client share their requests. See
        `apipay.payment_waits.PaymentWaits.wait` for the arguments and errors.
        """
        from apipay.payments import DEFAULT_PACE, DEFAULT_TIMEOUT

        return await self._payment_waits().wait(
            invoice,
            timeout=DEFAULT_TIMEOUT if isinstance(timeout, Unset) else timeout,
            pace=DEFAULT_PACE if pace is None else pace,
            on_unknown=on_unknown,
            on_progress=on_progress,
        )

    def watch_invoices(
        self,
        invoices: "Iterable[Invoice | CreatedInvoice | int]",
        *,
        timeout: float | Unset | None = UNSET,
        pace: "Pace | None" = None,
        on_unknown: "OnUnknown" = "wait",
        on_round: Callable[[int], None] | None = None,
    ) -> "AsyncIterator[Invoice]":
        """Give each of `invoices` as it is paid, cancelled or expired; ends when all are.

        A round costs about one request for a hundred invoices. See
        `apipay.payments.watch_invoices` for the arguments and errors.
        """
        from apipay.payments import DEFAULT_PACE, DEFAULT_TIMEOUT, watch_invoices_async

        return watch_invoices_async(
            self,
            invoices,
            timeout=DEFAULT_TIMEOUT if isinstance(timeout, Unset) else timeout,
            pace=DEFAULT_PACE if pace is None else pace,
            on_unknown=on_unknown,
            on_round=on_round,
            clock=self._clock,
            limit=limit_of(self._budget),
        )

    def _payment_waits(self) -> "AsyncPaymentWaits":
        from apipay.payment_waits import AsyncPaymentWaits

        made: AsyncPaymentWaits
        if "_waits" not in self.__dict__:
            self.__dict__["_waits"] = AsyncPaymentWaits(self, self._clock, limit_of(self._budget))
        made = self.__dict__["_waits"]
        return made


def limit_of(budget: Budget | None) -> RateLimit | None:
    """The limit that a budget keeps to."""
    return None if budget is None else budget.state().limit
