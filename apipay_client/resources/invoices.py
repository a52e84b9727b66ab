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
    """Ask a customer for a payment. An invoice starts as `pending` and ends as `paid`, `cancelled`
    (by the merchant) or `expired` (not paid before its deadline). The customer opens the
    `payment_url`, sees the amount in Kaspi Pay and pays with Kaspi Gold.
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

        One page of the merchant's invoices. Filters narrow the list together: an invoice is listed
        when it passes all of them. Items can be shorter than the answer of `getInvoice`: only `id`
        and `status` are always there.

        The public documentation does not name an answer to parameters that break their limits; this
        specification assumes 422.

        Args:
            page: Which page, counted from 1. Limits: at least 1; default 1.
            per_page: How many rows a page holds, at most. Limits: at least 1; at most 100; default
                10.
            search: Text to look for in `description` and `external_order_id`, at most 100
                characters. Limits: length at most 100.
            status: Only invoices in one of these statuses; repeat the parameter for several
                (`status[]=pending&status[]=paid`). Absent: invoices in every status. Limits: one of
                pending, paid, cancelled, expired.
            date_from: Only invoices created on this day or later.
            date_to: Only invoices created on this day (it counts whole) or earlier. It must not be
                before `date_from`.

        Returns:
            One page of invoices.

        Raises:
            UnexpectedStatus: The response is not a success:
                422: One or more fields are not valid; `errors` says which and why.
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

        Asks the customer with this phone number for a payment. The invoice is `pending`; redirect
        the customer to its `payment_url`, where they see the amount in Kaspi Pay and pay it.

        Send your own order id as `external_order_id`. It comes back in webhooks and, after a lost
        answer, it is the only way to find out whether the invoice was created: list the invoices
        with `search` set to it and compare `external_order_id` exactly. The service does not
        promise that an `external_order_id` is unique: two requests make two invoices.

        Args:
            amount: An amount in tenge (KZT) as requests state it: a number from 0.01 to
                99999999.99. In answers the same money is a string, see `Money`. Limits: at least
                0.01; at most 99999999.99; a multiple of 0.01.
            phone_number: A customer's phone number: eleven digits, the first of them 8. Limits:
                matches ^8[0-9]{10}$.
            description: What is being paid for, at most 500 characters. Limits: length at most 500.
            external_order_id: Your own order id, at most 255 characters. `listInvoices` finds the
                invoice by it, and webhooks repeat it. Make it different for every invoice: it is
                what tells you, after a lost answer, whether the invoice was created. Keep it to 100
                characters, which is as much as `search` takes. Limits: length at most 255.
            webhook_id: Which of the webhooks in the dashboard is told about this invoice. Limits:
                at least 1.

        Returns:
            The new invoice, `pending`.

        Raises:
            UnexpectedStatus: The response is not a success:
                403: The organization is not verified yet, or this key may not do this.
                422: One or more fields are not valid; `errors` says which and why.
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

        The invoice as it is now. To wait for a payment prefer webhooks; when polling, keep the rate
        limit in mind and watch many invoices with `listInvoices` (100 in one request).

        Args:
            id: The invoice's id. Limits: at least 1.

        Returns:
            The invoice.

        Raises:
            UnexpectedStatus: The response is not a success:
                404: No such resource.
        """
        return self._send(lambda: _get_invoice.prepare(id=id, client=self._client, options=options))

    def cancel(self, id: int, *, options: CallOptions | None = None) -> Invoice:
        """Cancel a pending invoice.

        The customer can no longer pay it. Only a `pending` invoice can be cancelled; for a paid one
        use `createRefund`. The answer may hold no more than `id` and `status`.

        The customer may pay in the very moment you cancel: on 400 read the invoice again before you
        tell anyone that it was cancelled.

        Args:
            id: The invoice's id. Limits: at least 1.

        Returns:
            The invoice, `cancelled`.

        Raises:
            UnexpectedStatus: The response is not a success:
                400: The invoice is no longer `pending`, so it cannot be cancelled.
                404: No such resource.
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
