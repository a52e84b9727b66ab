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
    """Refund a paid invoice, in full or in several parts, up to its amount. The invoice itself
    stays `paid`.
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

        Refunds a `paid` invoice. Without `amount` (or without a body) it refunds everything that is
        still refundable. An invoice can be refunded in several parts, as long as their sum does not
        exceed its amount. The invoice stays `paid`.

        A second request creates a second refund. After a lost response, check `listInvoiceRefunds`
        before you decide to retry.

        The public documentation does not state the status code for a refund above the refundable
        amount; this specification assumes 422 on `amount`, and 400 when nothing is left to refund.

        Args:
            amount: How much to refund, in tenge, at most the refundable amount. If absent,
                everything that is still refundable. Limits: at least 0.01; at most 99999999.99; at
                most 2 decimals.
            reason: The reason, at most 500 characters. Limits: length at most 500.
            id: The invoice's id. Limits: at least 1.

        Returns:
            The refund.

        Statuses that are errors:
            400: The invoice is not `paid`, or it was already refunded in full, or the body is not
                valid JSON.
            401: The API key is missing, unknown or expired.
            404: There is no such resource.
            415: The body is not sent as `application/json`, or it is sent with a
                `Content-Encoding`.
            422: One or more fields are not valid; `errors` states which and why.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not respond, or responded with an error.
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

        Returns all refunds of one invoice in one response, without pages. Items have no
        `invoice_id`.

        Args:
            id: The invoice's id. Limits: at least 1.

        Returns:
            The invoice's refunds; an empty list if there are none.

        Statuses that are errors:
            401: The API key is missing, unknown or expired.
            404: There is no such resource.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not respond, or responded with an error.
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

        Returns one page of the refunds of all the merchant's invoices.

        The public documentation does not state the response to invalid parameters; this
        specification assumes 422.

        Args:
            page: The page number, from 1. Limits: at least 1; default 1.
            per_page: The maximum number of items on a page, 1 to 100. Limits: at least 1; at most
                100; default 10.

        Returns:
            One page of refunds.

        Statuses that are errors:
            401: The API key is missing, unknown or expired.
            422: One or more fields are not valid; `errors` states which and why.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not respond, or responded with an error.
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

        Returns the current state of the refund.

        Args:
            id: The refund's id. Limits: at least 1.

        Returns:
            The refund.

        Statuses that are errors:
            401: The API key is missing, unknown or expired.
            404: There is no such resource.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not respond, or responded with an error.
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
    """Refund a paid invoice, in full or in several parts, up to its amount. The invoice itself
    stays `paid`. Every method is awaited.
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

        Refunds a `paid` invoice. Without `amount` (or without a body) it refunds everything that is
        still refundable. An invoice can be refunded in several parts, as long as their sum does not
        exceed its amount. The invoice stays `paid`.

        A second request creates a second refund. After a lost response, check `listInvoiceRefunds`
        before you decide to retry.

        The public documentation does not state the status code for a refund above the refundable
        amount; this specification assumes 422 on `amount`, and 400 when nothing is left to refund.

        Args:
            amount: How much to refund, in tenge, at most the refundable amount. If absent,
                everything that is still refundable. Limits: at least 0.01; at most 99999999.99; at
                most 2 decimals.
            reason: The reason, at most 500 characters. Limits: length at most 500.
            id: The invoice's id. Limits: at least 1.

        Returns:
            The refund.

        Statuses that are errors:
            400: The invoice is not `paid`, or it was already refunded in full, or the body is not
                valid JSON.
            401: The API key is missing, unknown or expired.
            404: There is no such resource.
            415: The body is not sent as `application/json`, or it is sent with a
                `Content-Encoding`.
            422: One or more fields are not valid; `errors` states which and why.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not respond, or responded with an error.
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

        Returns all refunds of one invoice in one response, without pages. Items have no
        `invoice_id`.

        Args:
            id: The invoice's id. Limits: at least 1.

        Returns:
            The invoice's refunds; an empty list if there are none.

        Statuses that are errors:
            401: The API key is missing, unknown or expired.
            404: There is no such resource.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not respond, or responded with an error.
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

        Returns one page of the refunds of all the merchant's invoices.

        The public documentation does not state the response to invalid parameters; this
        specification assumes 422.

        Args:
            page: The page number, from 1. Limits: at least 1; default 1.
            per_page: The maximum number of items on a page, 1 to 100. Limits: at least 1; at most
                100; default 10.

        Returns:
            One page of refunds.

        Statuses that are errors:
            401: The API key is missing, unknown or expired.
            422: One or more fields are not valid; `errors` states which and why.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not respond, or responded with an error.
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

        Returns the current state of the refund.

        Args:
            id: The refund's id. Limits: at least 1.

        Returns:
            The refund.

        Statuses that are errors:
            401: The API key is missing, unknown or expired.
            404: There is no such resource.
            429: Too many requests with this API key.
            500: The service failed.
            502: Kaspi did not respond, or responded with an error.
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
