"""The operations of the spec by tag, as methods: `Resources(client).organizations.verify(...)`."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..calls import undocumented
from ..client import AuthenticatedClient
from ..types import UNSET, CallOptions, Response

if TYPE_CHECKING:
    from .invoices import AsyncInvoices, Invoices
    from .organizations import AsyncOrganizations, Organizations
    from .recurring_invoices import AsyncRecurringInvoices, RecurringInvoices
    from .refunds import AsyncRefunds, Refunds


class Resources:
    """All operations, sent through one client.

    Every operation can fail with:
        401: The API key is missing, unknown or expired.
        429: Too many requests with this API key.
        500: The service failed.
        502: Kaspi did not respond, or responded with an error.
        503: The service's session with Kaspi has expired.
    """

    def __init__(self, client: AuthenticatedClient) -> None:
        self._client = client

    @cached_property
    def organizations(self) -> "Organizations":
        """Connect the merchant's Kaspi Business organization."""
        from .organizations import Organizations

        return Organizations(self._client)

    @cached_property
    def invoices(self) -> "Invoices":
        """Request a payment from a customer."""
        from .invoices import Invoices

        return Invoices(self._client)

    @cached_property
    def refunds(self) -> "Refunds":
        """Refund a paid invoice, in full or in several parts, up to its amount."""
        from .refunds import Refunds

        return Refunds(self._client)

    @cached_property
    def recurring_invoices(self) -> "RecurringInvoices":
        """Bill a customer on a schedule: daily, weekly (every 7 days), monthly or yearly."""
        from .recurring_invoices import RecurringInvoices

        return RecurringInvoices(self._client)

    def request(
        self,
        method: str,
        path: str,
        *,
        json: object = UNSET,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        options: CallOptions | None = None,
    ) -> Response[Any]:
        """Send a request that the spec does not describe.

        It goes through the same httpx client as every other call. A method that writes and is not
        PUT or DELETE counts as an operation that must not be sent twice.

        Args:
            method: The HTTP method.
            path: The path, relative to the base URL, quoted, starting with a slash.
            json: The body; not sent if left out.
            params: Query parameters; None and UNSET are left out.
            headers: Headers of this request.
            options: Options of this call.

        Returns:
            The response; `parsed` is its JSON body, or None without one.

        Raises:
            UnexpectedStatus: The response is not a success.
            InvalidArgument: The path or the body cannot be sent.
        """
        request = undocumented(
            self._client, method, path, options, json=json, params=params, headers=headers
        )
        return request.success(request.send())


class AsyncResources:
    """All operations, sent through one client and awaited."""

    def __init__(self, client: AuthenticatedClient) -> None:
        self._client = client

    @cached_property
    def organizations(self) -> "AsyncOrganizations":
        """Connect the merchant's Kaspi Business organization."""
        from .organizations import AsyncOrganizations

        return AsyncOrganizations(self._client)

    @cached_property
    def invoices(self) -> "AsyncInvoices":
        """Request a payment from a customer."""
        from .invoices import AsyncInvoices

        return AsyncInvoices(self._client)

    @cached_property
    def refunds(self) -> "AsyncRefunds":
        """Refund a paid invoice, in full or in several parts, up to its amount."""
        from .refunds import AsyncRefunds

        return AsyncRefunds(self._client)

    @cached_property
    def recurring_invoices(self) -> "AsyncRecurringInvoices":
        """Bill a customer on a schedule: daily, weekly (every 7 days), monthly or yearly."""
        from .recurring_invoices import AsyncRecurringInvoices

        return AsyncRecurringInvoices(self._client)

    async def request(
        self,
        method: str,
        path: str,
        *,
        json: object = UNSET,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        options: CallOptions | None = None,
    ) -> Response[Any]:
        """Send a request that the spec does not describe. See `Resources.request`."""
        request = undocumented(
            self._client, method, path, options, json=json, params=params, headers=headers
        )
        return request.success(await request.send_async())


__all__ = ["AsyncResources", "Resources"]
