"""The operations of the tag Refunds."""

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

from .. import codec as _codec
from .. import operations as _operations
from .. import parsing as _parsing
from ..api.refunds import create_refund as _create_refund
from ..api.refunds import get_refund as _get_refund
from ..api.refunds import list_invoice_refunds as _list_invoice_refunds
from ..api.refunds import list_refunds as _list_refunds
from ..client import AuthenticatedClient
from ..errors import InvalidArgument
from ..models.create_refund_request import CreateRefundRequest
from ..models.refund import Refund
from ..models.refund_list import RefundList
from ..models.refund_page import RefundPage
from ..types import UNSET, CallOptions, Unset


class Refunds:
    """Give back the money of a paid invoice, whole or in several parts, until its amount is used
    up. The invoice itself stays `paid`.
    """

    #: The operation behind each method, by the method's name.
    OPERATIONS: ClassVar[Mapping[str, _operations.Operation]] = {
        "create": _operations.CREATE_REFUND,
        "list_for_invoice": _operations.LIST_INVOICE_REFUNDS,
        "list": _operations.LIST_REFUNDS,
        "get": _operations.GET_REFUND,
    }

    def __init__(self, client: AuthenticatedClient) -> None:
        self._client = client

    def create(
        self,
        id: int,
        *,
        amount: Decimal | int | str | float | Unset = UNSET,
        reason: str | None | Unset = UNSET,
        options: CallOptions | None = None,
    ) -> Refund:
        """Refund a paid invoice.

        Gives money of a `paid` invoice back to the customer. Without `amount` (or without a body)
        it is everything that is still refundable. An invoice can be refunded in several parts, as
        long as their sum does not exceed its amount. The invoice stays `paid`.

        After a lost answer look into `listInvoiceRefunds` before you send the request again: a
        second request is a second refund.

        The public documentation does not say with which status a refund above the rest is refused;
        this specification assumes 422 on `amount`, and 400 when nothing is left to refund.

        Args:
            amount: How much to give back, in tenge; not more than what is left of the invoice.
                Absent: everything that is left. Limits: at least 0.01; at most 99999999.99; a
                multiple of 0.01.
            reason: Why, at most 500 characters. Limits: length at most 500.
            id: The invoice's id. Limits: at least 1.

        Returns:
            The refund.

        Statuses that are errors:
            400: The invoice is not `paid`, or all of it was already refunded.
            401: The API key is missing, unknown or expired.
            404: No such resource.
            422: One or more fields are not valid; `errors` says which and why.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not answer, or answered with an error.
            503: The service's session with Kaspi has expired.
        """
        try:
            response = _create_refund.sync_detailed(
                id=id,
                body=UNSET
                if amount is UNSET and reason is UNSET
                else CreateRefundRequest(
                    amount=_codec.decimal_argument(
                        "amount", _codec.not_none("amount", amount), "0.01"
                    ),
                    reason=reason,
                ),
                client=self._client,
                options=options,
            )
        except InvalidArgument as error:
            raise self._client.failure(error) from None
        result: Refund = _parsing.succeeded(self._client, _create_refund.OPERATION, response)
        return result

    def list_for_invoice(
        self,
        id: int,
        *,
        options: CallOptions | None = None,
    ) -> RefundList:
        """List the refunds of an invoice.

        All refunds of one invoice in one answer, without pages. Items do not repeat `invoice_id`.

        Args:
            id: The invoice's id. Limits: at least 1.

        Returns:
            The invoice's refunds; an empty list when there are none.

        Statuses that are errors:
            401: The API key is missing, unknown or expired.
            404: No such resource.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not answer, or answered with an error.
            503: The service's session with Kaspi has expired.
        """
        try:
            response = _list_invoice_refunds.sync_detailed(
                id=id,
                client=self._client,
                options=options,
            )
        except InvalidArgument as error:
            raise self._client.failure(error) from None
        result: RefundList = _parsing.succeeded(
            self._client, _list_invoice_refunds.OPERATION, response
        )
        return result

    def list(
        self,
        *,
        page: int | Unset = UNSET,
        per_page: int | Unset = UNSET,
        options: CallOptions | None = None,
    ) -> RefundPage:
        """List refunds.

        One page of the refunds of all the merchant's invoices.

        The public documentation does not name an answer to parameters that break their limits; this
        specification assumes 422.

        Args:
            page: Which page, counted from 1. Limits: at least 1; default 1.
            per_page: How many rows a page holds, at most. Limits: at least 1; at most 100; default
                10.

        Returns:
            One page of refunds.

        Statuses that are errors:
            401: The API key is missing, unknown or expired.
            422: One or more fields are not valid; `errors` says which and why.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not answer, or answered with an error.
            503: The service's session with Kaspi has expired.
        """
        try:
            response = _list_refunds.sync_detailed(
                page=page,
                per_page=per_page,
                client=self._client,
                options=options,
            )
        except InvalidArgument as error:
            raise self._client.failure(error) from None
        result: RefundPage = _parsing.succeeded(self._client, _list_refunds.OPERATION, response)
        return result

    def get(
        self,
        id: int,
        *,
        options: CallOptions | None = None,
    ) -> Refund:
        """Get a refund.

        The refund as it is now.

        Args:
            id: The refund's id. Limits: at least 1.

        Returns:
            The refund.

        Statuses that are errors:
            401: The API key is missing, unknown or expired.
            404: No such resource.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not answer, or answered with an error.
            503: The service's session with Kaspi has expired.
        """
        try:
            response = _get_refund.sync_detailed(
                id=id,
                client=self._client,
                options=options,
            )
        except InvalidArgument as error:
            raise self._client.failure(error) from None
        result: Refund = _parsing.succeeded(self._client, _get_refund.OPERATION, response)
        return result


class AsyncRefunds:
    """Give back the money of a paid invoice, whole or in several parts, until its amount is used
    up. The invoice itself stays `paid`. Every method is awaited.
    """

    #: The operation behind each method, by the method's name.
    OPERATIONS: ClassVar[Mapping[str, _operations.Operation]] = {
        "create": _operations.CREATE_REFUND,
        "list_for_invoice": _operations.LIST_INVOICE_REFUNDS,
        "list": _operations.LIST_REFUNDS,
        "get": _operations.GET_REFUND,
    }

    def __init__(self, client: AuthenticatedClient) -> None:
        self._client = client

    async def create(
        self,
        id: int,
        *,
        amount: Decimal | int | str | float | Unset = UNSET,
        reason: str | None | Unset = UNSET,
        options: CallOptions | None = None,
    ) -> Refund:
        """Refund a paid invoice.

        Gives money of a `paid` invoice back to the customer. Without `amount` (or without a body)
        it is everything that is still refundable. An invoice can be refunded in several parts, as
        long as their sum does not exceed its amount. The invoice stays `paid`.

        After a lost answer look into `listInvoiceRefunds` before you send the request again: a
        second request is a second refund.

        The public documentation does not say with which status a refund above the rest is refused;
        this specification assumes 422 on `amount`, and 400 when nothing is left to refund.

        Args:
            amount: How much to give back, in tenge; not more than what is left of the invoice.
                Absent: everything that is left. Limits: at least 0.01; at most 99999999.99; a
                multiple of 0.01.
            reason: Why, at most 500 characters. Limits: length at most 500.
            id: The invoice's id. Limits: at least 1.

        Returns:
            The refund.

        Statuses that are errors:
            400: The invoice is not `paid`, or all of it was already refunded.
            401: The API key is missing, unknown or expired.
            404: No such resource.
            422: One or more fields are not valid; `errors` says which and why.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not answer, or answered with an error.
            503: The service's session with Kaspi has expired.
        """
        try:
            response = await _create_refund.asyncio_detailed(
                id=id,
                body=UNSET
                if amount is UNSET and reason is UNSET
                else CreateRefundRequest(
                    amount=_codec.decimal_argument(
                        "amount", _codec.not_none("amount", amount), "0.01"
                    ),
                    reason=reason,
                ),
                client=self._client,
                options=options,
            )
        except InvalidArgument as error:
            raise self._client.failure(error) from None
        result: Refund = _parsing.succeeded(self._client, _create_refund.OPERATION, response)
        return result

    async def list_for_invoice(
        self,
        id: int,
        *,
        options: CallOptions | None = None,
    ) -> RefundList:
        """List the refunds of an invoice.

        All refunds of one invoice in one answer, without pages. Items do not repeat `invoice_id`.

        Args:
            id: The invoice's id. Limits: at least 1.

        Returns:
            The invoice's refunds; an empty list when there are none.

        Statuses that are errors:
            401: The API key is missing, unknown or expired.
            404: No such resource.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not answer, or answered with an error.
            503: The service's session with Kaspi has expired.
        """
        try:
            response = await _list_invoice_refunds.asyncio_detailed(
                id=id,
                client=self._client,
                options=options,
            )
        except InvalidArgument as error:
            raise self._client.failure(error) from None
        result: RefundList = _parsing.succeeded(
            self._client, _list_invoice_refunds.OPERATION, response
        )
        return result

    async def list(
        self,
        *,
        page: int | Unset = UNSET,
        per_page: int | Unset = UNSET,
        options: CallOptions | None = None,
    ) -> RefundPage:
        """List refunds.

        One page of the refunds of all the merchant's invoices.

        The public documentation does not name an answer to parameters that break their limits; this
        specification assumes 422.

        Args:
            page: Which page, counted from 1. Limits: at least 1; default 1.
            per_page: How many rows a page holds, at most. Limits: at least 1; at most 100; default
                10.

        Returns:
            One page of refunds.

        Statuses that are errors:
            401: The API key is missing, unknown or expired.
            422: One or more fields are not valid; `errors` says which and why.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not answer, or answered with an error.
            503: The service's session with Kaspi has expired.
        """
        try:
            response = await _list_refunds.asyncio_detailed(
                page=page,
                per_page=per_page,
                client=self._client,
                options=options,
            )
        except InvalidArgument as error:
            raise self._client.failure(error) from None
        result: RefundPage = _parsing.succeeded(self._client, _list_refunds.OPERATION, response)
        return result

    async def get(
        self,
        id: int,
        *,
        options: CallOptions | None = None,
    ) -> Refund:
        """Get a refund.

        The refund as it is now.

        Args:
            id: The refund's id. Limits: at least 1.

        Returns:
            The refund.

        Statuses that are errors:
            401: The API key is missing, unknown or expired.
            404: No such resource.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not answer, or answered with an error.
            503: The service's session with Kaspi has expired.
        """
        try:
            response = await _get_refund.asyncio_detailed(
                id=id,
                client=self._client,
                options=options,
            )
        except InvalidArgument as error:
            raise self._client.failure(error) from None
        result: Refund = _parsing.succeeded(self._client, _get_refund.OPERATION, response)
        return result
