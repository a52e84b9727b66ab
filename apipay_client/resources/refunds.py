"""The operations of the tag Refunds."""

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

from .. import calls as _calls
from .. import codec as _codec
from .. import operations as _operations
from ..api.refunds import create_refund as _create_refund
from ..api.refunds import get_refund as _get_refund
from ..api.refunds import list_invoice_refunds as _list_invoice_refunds
from ..api.refunds import list_refunds as _list_refunds
from ..client import AuthenticatedClient
from ..models.create_refund_request import CreateRefundRequest
from ..models.refund import Refund
from ..models.refund_list import RefundList
from ..models.refund_page import RefundPage
from ..types import UNSET, CallOptions, Unset


class Refunds(_calls.SyncResource):
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

        Raises:
            UnexpectedStatus: The response is not a success:
                400: The invoice is not `paid`, or it was already refunded in full, or the body is not
                    valid JSON.
                404: There is no such resource.
                415: The body is not sent as `application/json`, or it is sent with a
                    `Content-Encoding`.
                422: One or more fields are not valid; `errors` states which and why.
        """
        return self._send(
            lambda: _create_refund.prepare(
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
        )

    def list_for_invoice(self, id: int, *, options: CallOptions | None = None) -> RefundList:
        """List the refunds of an invoice.

        Returns all refunds of one invoice in one response, without pages. Items have no
        `invoice_id`.

        Args:
            id: The invoice's id. Limits: at least 1.

        Returns:
            The invoice's refunds; an empty list if there are none.

        Raises:
            UnexpectedStatus: The response is not a success:
                404: There is no such resource.
        """
        return self._send(
            lambda: _list_invoice_refunds.prepare(id=id, client=self._client, options=options)
        )

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

        Raises:
            UnexpectedStatus: The response is not a success:
                422: One or more fields are not valid; `errors` states which and why.
        """
        return self._send(
            lambda: _list_refunds.prepare(
                page=page, per_page=per_page, client=self._client, options=options
            )
        )

    def get(self, id: int, *, options: CallOptions | None = None) -> Refund:
        """Get a refund.

        Returns the current state of the refund.

        Args:
            id: The refund's id. Limits: at least 1.

        Returns:
            The refund.

        Raises:
            UnexpectedStatus: The response is not a success:
                404: There is no such resource.
        """
        return self._send(lambda: _get_refund.prepare(id=id, client=self._client, options=options))

    @property
    def with_raw_response(self) -> "RefundsWithRawResponse":
        """The same methods, each returning a `Response` with status code, headers and body."""
        return RefundsWithRawResponse(self._client)


class RefundsWithRawResponse:
    """The methods of `Refunds`, each returning a `Response`."""

    def __init__(self, client: AuthenticatedClient) -> None:
        methods = Refunds(client, raw=True)
        self.create = _calls.raw(methods.create)
        self.list_for_invoice = _calls.raw(methods.list_for_invoice)
        self.list = _calls.raw(methods.list)
        self.get = _calls.raw(methods.get)


class AsyncRefunds(_calls.AsyncResource):
    """`Refunds` for async code: every method is awaited."""

    OPERATIONS = Refunds.OPERATIONS

    async def create(
        self,
        id: int,
        *,
        amount: Decimal | int | str | float | Unset = UNSET,
        reason: str | None | Unset = UNSET,
        options: CallOptions | None = None,
    ) -> Refund:
        """Refund a paid invoice. See `Refunds.create`."""
        return await self._send(
            lambda: _create_refund.prepare(
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
        )

    async def list_for_invoice(self, id: int, *, options: CallOptions | None = None) -> RefundList:
        """List the refunds of an invoice. See `Refunds.list_for_invoice`."""
        return await self._send(
            lambda: _list_invoice_refunds.prepare(id=id, client=self._client, options=options)
        )

    async def list(
        self,
        *,
        page: int | Unset = UNSET,
        per_page: int | Unset = UNSET,
        options: CallOptions | None = None,
    ) -> RefundPage:
        """List refunds. See `Refunds.list`."""
        return await self._send(
            lambda: _list_refunds.prepare(
                page=page, per_page=per_page, client=self._client, options=options
            )
        )

    async def get(self, id: int, *, options: CallOptions | None = None) -> Refund:
        """Get a refund. See `Refunds.get`."""
        return await self._send(
            lambda: _get_refund.prepare(id=id, client=self._client, options=options)
        )

    @property
    def with_raw_response(self) -> "AsyncRefundsWithRawResponse":
        """The same methods, each returning a `Response` with status code, headers and body."""
        return AsyncRefundsWithRawResponse(self._client)


class AsyncRefundsWithRawResponse:
    """The methods of `AsyncRefunds`, each returning a `Response`."""

    def __init__(self, client: AuthenticatedClient) -> None:
        methods = AsyncRefunds(client, raw=True)
        self.create = _calls.raw_async(methods.create)
        self.list_for_invoice = _calls.raw_async(methods.list_for_invoice)
        self.list = _calls.raw_async(methods.list)
        self.get = _calls.raw_async(methods.get)
