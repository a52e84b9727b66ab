"""The operations of the tag Invoices."""

import datetime
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import ClassVar, Literal

from .. import calls as _calls
from .. import codec as _codec
from .. import operations as _operations
from ..api.invoices import cancel_invoice as _cancel_invoice
from ..api.invoices import create_invoice as _create_invoice
from ..api.invoices import get_invoice as _get_invoice
from ..api.invoices import list_invoices as _list_invoices
from ..client import AuthenticatedClient
from ..models.create_invoice_request import CreateInvoiceRequest
from ..models.created_invoice import CreatedInvoice
from ..models.invoice import Invoice
from ..models.invoice_page import InvoicePage
from ..models.invoice_status import InvoiceStatus
from ..types import UNSET, CallOptions, Unset


class Invoices(_calls.SyncResource):
    """Request a payment from a customer. An invoice starts as `pending` and ends as `paid`,
    `cancelled` (by the merchant) or `expired` (not paid before its deadline). The customer
    opens the `payment_url`, sees the amount in Kaspi Pay and pays with Kaspi Gold.
    """

    #: The operation behind each method, by the method's name.
    OPERATIONS: ClassVar[Mapping[str, _operations.Operation]] = {
        "list": _operations.LIST_INVOICES,
        "create": _operations.CREATE_INVOICE,
        "get": _operations.GET_INVOICE,
        "cancel": _operations.CANCEL_INVOICE,
    }

    def list(
        self,
        *,
        page: int | Unset = UNSET,
        per_page: int | Unset = UNSET,
        search: str | Unset = UNSET,
        status: Sequence[InvoiceStatus | Literal["pending", "paid", "cancelled", "expired"]]
        | Unset = UNSET,
        date_from: datetime.date | Unset = UNSET,
        date_to: datetime.date | Unset = UNSET,
        options: CallOptions | None = None,
    ) -> InvoicePage:
        """List invoices.

        Returns one page of the merchant's invoices that match all filters. Items can have fewer
        fields than the response of `getInvoice`: only `id` and `status` are always present.

        The public documentation does not state the response to invalid parameters; this
        specification assumes 422.

        Args:
            page: The page number, from 1. Limits: at least 1; default 1.
            per_page: The maximum number of items on a page, 1 to 100. Limits: at least 1; at most
                100; default 10.
            search: Text to search for in `description` and `external_order_id`, at most 100
                characters. Limits: length at most 100.
            status: Only invoices with one of these statuses; repeat the parameter for several
                (`status[]=pending&status[]=paid`). If absent, invoices of every status. Limits: one
                of pending, paid, cancelled, expired.
            date_from: Only invoices created on or after this day.
            date_to: Only invoices created on or before this day. It must not be before `date_from`.

        Returns:
            One page of invoices.

        Raises:
            UnexpectedStatus: The response is not a success:
                422: One or more fields are not valid; `errors` states which and why.
        """
        return self._send(
            lambda: _list_invoices.prepare(
                page=page,
                per_page=per_page,
                search=search,
                status=_codec.enum_arguments("status", InvoiceStatus.from_json, status),
                date_from=date_from,
                date_to=date_to,
                client=self._client,
                options=options,
            )
        )

    def create(
        self,
        *,
        amount: Decimal | int | str | float,
        phone_number: str,
        description: str | None | Unset = UNSET,
        external_order_id: str | None | Unset = UNSET,
        webhook_id: int | None | Unset = UNSET,
        options: CallOptions | None = None,
    ) -> CreatedInvoice:
        """Create an invoice.

        Requests a payment from the customer with this phone number. The invoice is `pending`;
        redirect the customer to its `payment_url`, where they see the amount in Kaspi Pay and pay.

        Send your own order id as `external_order_id`. Webhooks repeat it, and after a lost response
        it is the only way to find out whether the invoice was created: list the invoices with
        `search` set to it and compare `external_order_id` exactly. It is not an idempotency key:
        two requests with the same `external_order_id` create two invoices.

        Args:
            amount: An amount in tenge (KZT) in a request: a number from 0.01 to 99999999.99 with at
                most two decimals. In responses an amount is a string, see `Money`. Limits: at least
                0.01; at most 99999999.99; at most 2 decimals.
            phone_number: A customer's phone number: eleven digits, starting with 8. Limits: matches
                ^8[0-9]{10}$.
            description: What the payment is for, at most 500 characters. Limits: length at most
                500.
            external_order_id: Your own order id, at most 255 characters. `listInvoices` finds the
                invoice by it, and webhooks repeat it. Use a different one for each invoice: after a
                lost response it is the only way to find out whether the invoice was created. Limit
                it to 100 characters, the limit of `search`. Limits: length at most 255.
            webhook_id: The id of the webhook in the dashboard that is notified of this invoice.
                Limits: at least 1.

        Returns:
            The new invoice, `pending`.

        Raises:
            UnexpectedStatus: The response is not a success:
                400: The body is not valid JSON.
                403: The organization is not verified yet, or the key lacks access.
                415: The body is not sent as `application/json`, or it is sent with a
                    `Content-Encoding`.
                422: One or more fields are not valid; `errors` states which and why.
        """
        return self._send(
            lambda: _create_invoice.prepare(
                body=CreateInvoiceRequest(
                    amount=_codec.decimal_argument("amount", amount, "0.01"),
                    phone_number=self._client.normalised("kz-phone", phone_number),
                    description=description,
                    external_order_id=external_order_id,
                    webhook_id=webhook_id,
                ),
                client=self._client,
                options=options,
            )
        )

    def get(self, id: int, *, options: CallOptions | None = None) -> Invoice:
        """Get an invoice.

        Returns the current state of the invoice. Prefer webhooks to polling when you wait for a
        payment. To poll many invoices within the rate limit, use `listInvoices` (100 in one
        request).

        Args:
            id: The invoice's id. Limits: at least 1.

        Returns:
            The invoice.

        Raises:
            UnexpectedStatus: The response is not a success:
                404: There is no such resource.
        """
        return self._send(lambda: _get_invoice.prepare(id=id, client=self._client, options=options))

    def cancel(self, id: int, *, options: CallOptions | None = None) -> Invoice:
        """Cancel a pending invoice.

        Cancels an invoice, so that the customer can no longer pay it. Only a `pending` invoice can
        be cancelled; refund a paid one with `createRefund`. The response holds `id`, `status` and
        `cancelled_at`.

        The customer can pay while you cancel: on 400 read the invoice again before you report it as
        cancelled.

        Args:
            id: The invoice's id. Limits: at least 1.

        Returns:
            The invoice, `cancelled`.

        Raises:
            UnexpectedStatus: The response is not a success:
                400: The invoice is no longer `pending`, so it cannot be cancelled.
                404: There is no such resource.
        """
        return self._send(
            lambda: _cancel_invoice.prepare(id=id, client=self._client, options=options)
        )

    @property
    def with_raw_response(self) -> "InvoicesWithRawResponse":
        """The same methods, each returning a `Response` with status code, headers and body."""
        return InvoicesWithRawResponse(self._client)


class InvoicesWithRawResponse:
    """The methods of `Invoices`, each returning a `Response`."""

    def __init__(self, client: AuthenticatedClient) -> None:
        methods = Invoices(client, raw=True)
        self.list = _calls.raw(methods.list)
        self.create = _calls.raw(methods.create)
        self.get = _calls.raw(methods.get)
        self.cancel = _calls.raw(methods.cancel)


class AsyncInvoices(_calls.AsyncResource):
    """`Invoices` for async code: every method is awaited."""

    OPERATIONS = Invoices.OPERATIONS

    async def list(
        self,
        *,
        page: int | Unset = UNSET,
        per_page: int | Unset = UNSET,
        search: str | Unset = UNSET,
        status: Sequence[InvoiceStatus | Literal["pending", "paid", "cancelled", "expired"]]
        | Unset = UNSET,
        date_from: datetime.date | Unset = UNSET,
        date_to: datetime.date | Unset = UNSET,
        options: CallOptions | None = None,
    ) -> InvoicePage:
        """List invoices. See `Invoices.list`."""
        return await self._send(
            lambda: _list_invoices.prepare(
                page=page,
                per_page=per_page,
                search=search,
                status=_codec.enum_arguments("status", InvoiceStatus.from_json, status),
                date_from=date_from,
                date_to=date_to,
                client=self._client,
                options=options,
            )
        )

    async def create(
        self,
        *,
        amount: Decimal | int | str | float,
        phone_number: str,
        description: str | None | Unset = UNSET,
        external_order_id: str | None | Unset = UNSET,
        webhook_id: int | None | Unset = UNSET,
        options: CallOptions | None = None,
    ) -> CreatedInvoice:
        """Create an invoice. See `Invoices.create`."""
        return await self._send(
            lambda: _create_invoice.prepare(
                body=CreateInvoiceRequest(
                    amount=_codec.decimal_argument("amount", amount, "0.01"),
                    phone_number=self._client.normalised("kz-phone", phone_number),
                    description=description,
                    external_order_id=external_order_id,
                    webhook_id=webhook_id,
                ),
                client=self._client,
                options=options,
            )
        )

    async def get(self, id: int, *, options: CallOptions | None = None) -> Invoice:
        """Get an invoice. See `Invoices.get`."""
        return await self._send(
            lambda: _get_invoice.prepare(id=id, client=self._client, options=options)
        )

    async def cancel(self, id: int, *, options: CallOptions | None = None) -> Invoice:
        """Cancel a pending invoice. See `Invoices.cancel`."""
        return await self._send(
            lambda: _cancel_invoice.prepare(id=id, client=self._client, options=options)
        )

    @property
    def with_raw_response(self) -> "AsyncInvoicesWithRawResponse":
        """The same methods, each returning a `Response` with status code, headers and body."""
        return AsyncInvoicesWithRawResponse(self._client)


class AsyncInvoicesWithRawResponse:
    """The methods of `AsyncInvoices`, each returning a `Response`."""

    def __init__(self, client: AuthenticatedClient) -> None:
        methods = AsyncInvoices(client, raw=True)
        self.list = _calls.raw_async(methods.list)
        self.create = _calls.raw_async(methods.create)
        self.get = _calls.raw_async(methods.get)
        self.cancel = _calls.raw_async(methods.cancel)
