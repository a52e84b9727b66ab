"""The operations of the spec by tag, as methods: `Resources(client).organizations.verify(...)`."""

from functools import cached_property
from typing import TYPE_CHECKING

from ..client import AuthenticatedClient

if TYPE_CHECKING:
    from .invoices import AsyncInvoices, Invoices
    from .organizations import AsyncOrganizations, Organizations
    from .recurring_invoices import AsyncRecurringInvoices, RecurringInvoices
    from .refunds import AsyncRefunds, Refunds


class Resources:
    """All operations, sent through one client."""

    def __init__(self, client: AuthenticatedClient) -> None:
        self._client = client

    @cached_property
    def organizations(self) -> "Organizations":
        """Connect the merchant's Kaspi Business organization. Invoices can be created only for a
        verified organization.

        Before verification, the owner adds the service's phone number to Kaspi Business as a
        *Cashier*. `verifyOrganization` then opens a window of 120 seconds in which the owner
        confirms in the Kaspi Business app. Poll `getOrganizationStatus` every 2 seconds and stop on
        `verified`, on `failed`, or on the status code 410 (the window is over).
        """
        from .organizations import Organizations

        return Organizations(self._client)

    @cached_property
    def invoices(self) -> "Invoices":
        """Request a payment from a customer. An invoice starts as `pending` and ends as `paid`,
        `cancelled` (by the merchant) or `expired` (not paid before its deadline). The customer
        opens the `payment_url`, sees the amount in Kaspi Pay and pays with Kaspi Gold.
        """
        from .invoices import Invoices

        return Invoices(self._client)

    @cached_property
    def refunds(self) -> "Refunds":
        """Refund a paid invoice, in full or in several parts, up to its amount. The invoice itself
        stays `paid`.
        """
        from .refunds import Refunds

        return Refunds(self._client)

    @cached_property
    def recurring_invoices(self) -> "RecurringInvoices":
        """Bill a customer on a schedule: daily, weekly (every 7 days), monthly or yearly. Monthly and
        yearly billing keep the day of the start date; in a month without that day it is the month's
        last day. Each billing issues an ordinary invoice, which the customer pays as any other.

        `active` can be paused and resumed. `cancelled` is final. Nothing is billed after
        `end_date`.
        """
        from .recurring_invoices import RecurringInvoices

        return RecurringInvoices(self._client)


class AsyncResources:
    """All operations, sent through one client and awaited."""

    def __init__(self, client: AuthenticatedClient) -> None:
        self._client = client

    @cached_property
    def organizations(self) -> "AsyncOrganizations":
        """Connect the merchant's Kaspi Business organization. Invoices can be created only for a
        verified organization.

        Before verification, the owner adds the service's phone number to Kaspi Business as a
        *Cashier*. `verifyOrganization` then opens a window of 120 seconds in which the owner
        confirms in the Kaspi Business app. Poll `getOrganizationStatus` every 2 seconds and stop on
        `verified`, on `failed`, or on the status code 410 (the window is over).
        """
        from .organizations import AsyncOrganizations

        return AsyncOrganizations(self._client)

    @cached_property
    def invoices(self) -> "AsyncInvoices":
        """Request a payment from a customer. An invoice starts as `pending` and ends as `paid`,
        `cancelled` (by the merchant) or `expired` (not paid before its deadline). The customer
        opens the `payment_url`, sees the amount in Kaspi Pay and pays with Kaspi Gold.
        """
        from .invoices import AsyncInvoices

        return AsyncInvoices(self._client)

    @cached_property
    def refunds(self) -> "AsyncRefunds":
        """Refund a paid invoice, in full or in several parts, up to its amount. The invoice itself
        stays `paid`.
        """
        from .refunds import AsyncRefunds

        return AsyncRefunds(self._client)

    @cached_property
    def recurring_invoices(self) -> "AsyncRecurringInvoices":
        """Bill a customer on a schedule: daily, weekly (every 7 days), monthly or yearly. Monthly and
        yearly billing keep the day of the start date; in a month without that day it is the month's
        last day. Each billing issues an ordinary invoice, which the customer pays as any other.

        `active` can be paused and resumed. `cancelled` is final. Nothing is billed after
        `end_date`.
        """
        from .recurring_invoices import AsyncRecurringInvoices

        return AsyncRecurringInvoices(self._client)


__all__ = ["AsyncResources", "Resources"]
