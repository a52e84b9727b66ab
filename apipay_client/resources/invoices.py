"""The operations of the tag Invoices."""

import datetime
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import ClassVar, Literal

from .. import codec as _codec
from .. import operations as _operations
from .. import parsing as _parsing
from ..api.invoices import cancel_invoice as _cancel_invoice
from ..api.invoices import create_invoice as _create_invoice
from ..api.invoices import get_invoice as _get_invoice
from ..api.invoices import list_invoices as _list_invoices
from ..client import AuthenticatedClient
from ..errors import InvalidArgument
from ..models.create_invoice_request import CreateInvoiceRequest
from ..models.created_invoice import CreatedInvoice
from ..models.invoice import Invoice
from ..models.invoice_page import InvoicePage
from ..models.invoice_status import InvoiceStatus
from ..types import UNSET, CallOptions, Unset


class Invoices:
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

    def __init__(self, client: AuthenticatedClient) -> None:
        self._client = client

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

        Statuses that are errors:
            401: The API key is missing, unknown or expired.
            422: One or more fields are not valid; `errors` states which and why.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not respond, or responded with an error.
            503: The service's session with Kaspi has expired.
        """
        try:
            response = _list_invoices.sync_detailed(
                page=page,
                per_page=per_page,
                search=search,
                status=_codec.enum_arguments("status", InvoiceStatus.from_json, status),
                date_from=date_from,
                date_to=date_to,
                client=self._client,
                options=options,
            )
        except InvalidArgument as error:
            raise self._client.failure(error) from None
        result: InvoicePage = _parsing.succeeded(self._client, _list_invoices.OPERATION, response)
        return result

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
                invoice by it, and webhooks repeat it. Use a different one for every invoice: after
                a lost response it is the only way to find out whether the invoice was created.
                Limit it to 100 characters, the limit of `search`. Limits: length at most 255.
            webhook_id: The id of the webhook in the dashboard that is notified of this invoice.
                Limits: at least 1.

        Returns:
            The new invoice, `pending`.

        Statuses that are errors:
            400: The body is not valid JSON.
            401: The API key is missing, unknown or expired.
            403: The organization is not verified yet, or the key lacks access.
            415: The body is not sent as `application/json`, or it is sent with a
                `Content-Encoding`.
            422: One or more fields are not valid; `errors` states which and why.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not respond, or responded with an error.
            503: The service's session with Kaspi has expired.
        """
        try:
            response = _create_invoice.sync_detailed(
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
        except InvalidArgument as error:
            raise self._client.failure(error) from None
        result: CreatedInvoice = _parsing.succeeded(
            self._client, _create_invoice.OPERATION, response
        )
        return result

    def get(
        self,
        id: int,
        *,
        options: CallOptions | None = None,
    ) -> Invoice:
        """Get an invoice.

        Returns the current state of the invoice. Prefer webhooks to polling when you wait for a
        payment. To poll many invoices within the rate limit, use `listInvoices` (100 in one
        request).

        Args:
            id: The invoice's id. Limits: at least 1.

        Returns:
            The invoice.

        Statuses that are errors:
            401: The API key is missing, unknown or expired.
            404: There is no such resource.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not respond, or responded with an error.
            503: The service's session with Kaspi has expired.
        """
        try:
            response = _get_invoice.sync_detailed(
                id=id,
                client=self._client,
                options=options,
            )
        except InvalidArgument as error:
            raise self._client.failure(error) from None
        result: Invoice = _parsing.succeeded(self._client, _get_invoice.OPERATION, response)
        return result

    def cancel(
        self,
        id: int,
        *,
        options: CallOptions | None = None,
    ) -> Invoice:
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

        Statuses that are errors:
            400: The invoice is no longer `pending`, so it cannot be cancelled.
            401: The API key is missing, unknown or expired.
            404: There is no such resource.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not respond, or responded with an error.
            503: The service's session with Kaspi has expired.
        """
        try:
            response = _cancel_invoice.sync_detailed(
                id=id,
                client=self._client,
                options=options,
            )
        except InvalidArgument as error:
            raise self._client.failure(error) from None
        result: Invoice = _parsing.succeeded(self._client, _cancel_invoice.OPERATION, response)
        return result


class AsyncInvoices:
    """Request a payment from a customer. An invoice starts as `pending` and ends as `paid`,
    `cancelled` (by the merchant) or `expired` (not paid before its deadline). The customer
    opens the `payment_url`, sees the amount in Kaspi Pay and pays with Kaspi Gold. Every method is awaited.
    """

    #: The operation behind each method, by the method's name.
    OPERATIONS: ClassVar[Mapping[str, _operations.Operation]] = {
        "list": _operations.LIST_INVOICES,
        "create": _operations.CREATE_INVOICE,
        "get": _operations.GET_INVOICE,
        "cancel": _operations.CANCEL_INVOICE,
    }

    def __init__(self, client: AuthenticatedClient) -> None:
        self._client = client

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

        Statuses that are errors:
            401: The API key is missing, unknown or expired.
            422: One or more fields are not valid; `errors` states which and why.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not respond, or responded with an error.
            503: The service's session with Kaspi has expired.
        """
        try:
            response = await _list_invoices.asyncio_detailed(
                page=page,
                per_page=per_page,
                search=search,
                status=_codec.enum_arguments("status", InvoiceStatus.from_json, status),
                date_from=date_from,
                date_to=date_to,
                client=self._client,
                options=options,
            )
        except InvalidArgument as error:
            raise self._client.failure(error) from None
        result: InvoicePage = _parsing.succeeded(self._client, _list_invoices.OPERATION, response)
        return result

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
                invoice by it, and webhooks repeat it. Use a different one for every invoice: after
                a lost response it is the only way to find out whether the invoice was created.
                Limit it to 100 characters, the limit of `search`. Limits: length at most 255.
            webhook_id: The id of the webhook in the dashboard that is notified of this invoice.
                Limits: at least 1.

        Returns:
            The new invoice, `pending`.

        Statuses that are errors:
            400: The body is not valid JSON.
            401: The API key is missing, unknown or expired.
            403: The organization is not verified yet, or the key lacks access.
            415: The body is not sent as `application/json`, or it is sent with a
                `Content-Encoding`.
            422: One or more fields are not valid; `errors` states which and why.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not respond, or responded with an error.
            503: The service's session with Kaspi has expired.
        """
        try:
            response = await _create_invoice.asyncio_detailed(
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
        except InvalidArgument as error:
            raise self._client.failure(error) from None
        result: CreatedInvoice = _parsing.succeeded(
            self._client, _create_invoice.OPERATION, response
        )
        return result

    async def get(
        self,
        id: int,
        *,
        options: CallOptions | None = None,
    ) -> Invoice:
        """Get an invoice.

        Returns the current state of the invoice. Prefer webhooks to polling when you wait for a
        payment. To poll many invoices within the rate limit, use `listInvoices` (100 in one
        request).

        Args:
            id: The invoice's id. Limits: at least 1.

        Returns:
            The invoice.

        Statuses that are errors:
            401: The API key is missing, unknown or expired.
            404: There is no such resource.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not respond, or responded with an error.
            503: The service's session with Kaspi has expired.
        """
        try:
            response = await _get_invoice.asyncio_detailed(
                id=id,
                client=self._client,
                options=options,
            )
        except InvalidArgument as error:
            raise self._client.failure(error) from None
        result: Invoice = _parsing.succeeded(self._client, _get_invoice.OPERATION, response)
        return result

    async def cancel(
        self,
        id: int,
        *,
        options: CallOptions | None = None,
    ) -> Invoice:
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

        Statuses that are errors:
            400: The invoice is no longer `pending`, so it cannot be cancelled.
            401: The API key is missing, unknown or expired.
            404: There is no such resource.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not respond, or responded with an error.
            503: The service's session with Kaspi has expired.
        """
        try:
            response = await _cancel_invoice.asyncio_detailed(
                id=id,
                client=self._client,
                options=options,
            )
        except InvalidArgument as error:
            raise self._client.failure(error) from None
        result: Invoice = _parsing.succeeded(self._client, _cancel_invoice.OPERATION, response)
        return result
