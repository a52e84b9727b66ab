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

        Raises:
            UnexpectedStatus: The response is not a success:
                400: The invoice is not `paid`, or all of it was already refunded.
                404: No such resource.
                422: One or more fields are not valid; `errors` says which and why.
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

        All refunds of one invoice in one answer, without pages. Items do not repeat `invoice_id`.

        Args:
            id: The invoice's id. Limits: at least 1.

        Returns:
            The invoice's refunds; an empty list when there are none.

        Raises:
            UnexpectedStatus: The response is not a success:
                404: No such resource.
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

        One page of the refunds of all the merchant's invoices.

        The public documentation does not name an answer to parameters that break their limits; this
        specification assumes 422.

        Args:
            page: Which page, counted from 1. Limits: at least 1; default 1.
            per_page: How many rows a page holds, at most. Limits: at least 1; at most 100; default
                10.

        Returns:
            One page of refunds.

        Raises:
            UnexpectedStatus: The response is not a success:
                422: One or more fields are not valid; `errors` says which and why.
        """
        return self._send(
            lambda: _list_refunds.prepare(
                page=page, per_page=per_page, client=self._client, options=options
            )
        )

    def get(self, id: int, *, options: CallOptions | None = None) -> Refund:
        """Get a refund.

        The refund as it is now.

        Args:
            id: The refund's id. Limits: at least 1.

        Returns:
            The refund.

        Raises:
            UnexpectedStatus: The response is not a success:
                404: No such resource.
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
