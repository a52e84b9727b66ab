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

        Statuses that are errors:
            401: The API key is missing, unknown or expired.
            422: One or more fields are not valid; `errors` says which and why.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not answer, or answered with an error.
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

        Statuses that are errors:
            401: The API key is missing, unknown or expired.
            403: The organization is not verified yet, or this key may not do this.
            422: One or more fields are not valid; `errors` says which and why.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not answer, or answered with an error.
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

        The invoice as it is now. To wait for a payment prefer webhooks; when polling, keep the rate
        limit in mind and watch many invoices with `listInvoices` (100 in one request).

        Args:
            id: The invoice's id. Limits: at least 1.

        Returns:
            The invoice.

        Statuses that are errors:
            401: The API key is missing, unknown or expired.
            404: No such resource.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not answer, or answered with an error.
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

        The customer can no longer pay it. Only a `pending` invoice can be cancelled; for a paid one
        use `createRefund`. The answer may hold no more than `id` and `status`.

        The customer may pay in the very moment you cancel: on 400 read the invoice again before you
        tell anyone that it was cancelled.

        Args:
            id: The invoice's id. Limits: at least 1.

        Returns:
            The invoice, `cancelled`.

        Statuses that are errors:
            400: The invoice is no longer `pending`, so it cannot be cancelled.
            401: The API key is missing, unknown or expired.
            404: No such resource.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not answer, or answered with an error.
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
    """Ask a customer for a payment. An invoice starts as `pending` and ends as `paid`, `cancelled`
    (by the merchant) or `expired` (not paid before its deadline). The customer opens the
    `payment_url`, sees the amount in Kaspi Pay and pays with Kaspi Gold. Every method is awaited.
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

        Statuses that are errors:
            401: The API key is missing, unknown or expired.
            422: One or more fields are not valid; `errors` says which and why.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not answer, or answered with an error.
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

        Statuses that are errors:
            401: The API key is missing, unknown or expired.
            403: The organization is not verified yet, or this key may not do this.
            422: One or more fields are not valid; `errors` says which and why.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not answer, or answered with an error.
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

        The invoice as it is now. To wait for a payment prefer webhooks; when polling, keep the rate
        limit in mind and watch many invoices with `listInvoices` (100 in one request).

        Args:
            id: The invoice's id. Limits: at least 1.

        Returns:
            The invoice.

        Statuses that are errors:
            401: The API key is missing, unknown or expired.
            404: No such resource.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not answer, or answered with an error.
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

        The customer can no longer pay it. Only a `pending` invoice can be cancelled; for a paid one
        use `createRefund`. The answer may hold no more than `id` and `status`.

        The customer may pay in the very moment you cancel: on 400 read the invoice again before you
        tell anyone that it was cancelled.

        Args:
            id: The invoice's id. Limits: at least 1.

        Returns:
            The invoice, `cancelled`.

        Statuses that are errors:
            400: The invoice is no longer `pending`, so it cannot be cancelled.
            401: The API key is missing, unknown or expired.
            404: No such resource.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not answer, or answered with an error.
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
