"""The operations of the tag Recurring Invoices."""

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar, Literal

from .. import calls as _calls
from .. import codec as _codec
from .. import operations as _operations
from ..api.recurring_invoices import bill_now_recurring_invoice as _bill_now_recurring_invoice
from ..api.recurring_invoices import cancel_recurring_invoice as _cancel_recurring_invoice
from ..api.recurring_invoices import create_recurring_invoice as _create_recurring_invoice
from ..api.recurring_invoices import get_recurring_invoice as _get_recurring_invoice
from ..api.recurring_invoices import list_recurring_invoices as _list_recurring_invoices
from ..api.recurring_invoices import pause_recurring_invoice as _pause_recurring_invoice
from ..api.recurring_invoices import resume_recurring_invoice as _resume_recurring_invoice
from ..api.recurring_invoices import skip_period_recurring_invoice as _skip_period_recurring_invoice
from ..api.recurring_invoices import update_recurring_invoice as _update_recurring_invoice
from ..client import AuthenticatedClient
from ..models.billing_interval import BillingInterval
from ..models.create_recurring_invoice_request import CreateRecurringInvoiceRequest
from ..models.invoice import Invoice
from ..models.recurring_invoice import RecurringInvoice
from ..models.recurring_invoice_page import RecurringInvoicePage
from ..models.recurring_invoice_status import RecurringInvoiceStatus
from ..models.update_recurring_invoice_request import UpdateRecurringInvoiceRequest
from ..types import UNSET, CallOptions, Unset


class RecurringInvoices(_calls.SyncResource):
    """Bill a customer on a schedule: daily, weekly (every 7 days), monthly or yearly. Monthly and
    yearly billing keep the day of the start date; in a month without that day it is the month's
    last day. Each billing issues an ordinary invoice, which the customer pays as any other.

    `active` can be paused and resumed. `cancelled` is final. Nothing is billed after
    `end_date`.
    """

    #: The operation behind each method, by the method's name.
    OPERATIONS: ClassVar[Mapping[str, _operations.Operation]] = {
        "list": _operations.LIST_RECURRING_INVOICES,
        "create": _operations.CREATE_RECURRING_INVOICE,
        "get": _operations.GET_RECURRING_INVOICE,
        "update": _operations.UPDATE_RECURRING_INVOICE,
        "pause": _operations.PAUSE_RECURRING_INVOICE,
        "resume": _operations.RESUME_RECURRING_INVOICE,
        "cancel": _operations.CANCEL_RECURRING_INVOICE,
        "bill_now": _operations.BILL_NOW_RECURRING_INVOICE,
        "skip_period": _operations.SKIP_PERIOD_RECURRING_INVOICE,
    }

    def list(
        self,
        *,
        page: int | Unset = UNSET,
        per_page: int | Unset = UNSET,
        status: RecurringInvoiceStatus | Literal["active", "paused", "cancelled"] | Unset = UNSET,
        options: CallOptions | None = None,
    ) -> RecurringInvoicePage:
        """List recurring invoices.

        Returns one page of the merchant's recurring invoices. Items can have fewer fields than the
        response of `getRecurringInvoice`: only `id` and `status` are always present.

        The public documentation does not state the response to invalid parameters; this
        specification assumes 422.

        Args:
            page: The page number, from 1. Limits: at least 1; default 1.
            per_page: The maximum number of items on a page, 1 to 100. Limits: at least 1; at most
                100; default 10.
            status: Only recurring invoices with this status. If absent, of every status. Limits:
                one of active, paused, cancelled.

        Returns:
            One page of recurring invoices.

        Raises:
            UnexpectedStatus: The response is not a success:
                422: One or more fields are not valid; `errors` states which and why.
        """
        return self._send(
            lambda: _list_recurring_invoices.prepare(
                page=page,
                per_page=per_page,
                status=_codec.enum_argument("status", RecurringInvoiceStatus.from_json, status),
                client=self._client,
                options=options,
            )
        )

    def create(
        self,
        *,
        amount: Decimal | int | str | float,
        phone_number: str,
        interval: BillingInterval | Literal["daily", "weekly", "monthly", "yearly"],
        description: str | None | Unset = UNSET,
        start_date: datetime.date | None | Unset = UNSET,
        end_date: datetime.date | None | Unset = UNSET,
        webhook_id: int | None | Unset = UNSET,
        options: CallOptions | None = None,
    ) -> RecurringInvoice:
        """Create a recurring invoice.

        Bills the customer once per `interval` from `start_date` until `end_date`, or until the
        recurring invoice is cancelled. It is `active` immediately. The public documentation does
        not state the date of the first billing; this specification assumes `start_date`.

        A recurring invoice has no order id to look it up by, so a program cannot resolve a lost
        response: let a person check `listRecurringInvoices` before you retry.

        Args:
            amount: An amount in tenge (KZT) in a request: a number from 0.01 to 99999999.99 with at
                most two decimals. In responses an amount is a string, see `Money`. Limits: at least
                0.01; at most 99999999.99; at most 2 decimals.
            phone_number: A customer's phone number: eleven digits, starting with 8. Limits: matches
                ^8[0-9]{10}$.
            interval: How often a recurring invoice bills. New values appear over time. Limits: one
                of daily, weekly, monthly, yearly.
            description: What the payment is for, at most 500 characters. Limits: length at most
                500.
            start_date: The day of the first billing. If absent, today.
            end_date: The last day on which it can bill. If absent, it bills until it is cancelled.
            webhook_id: The id of the webhook in the dashboard that is notified of its invoices.
                Limits: at least 1.

        Returns:
            The new recurring invoice, `active`.

        Raises:
            UnexpectedStatus: The response is not a success:
                400: The body is not valid JSON.
                403: The organization is not verified yet, or the key lacks access.
                415: The body is not sent as `application/json`, or it is sent with a
                    `Content-Encoding`.
                422: One or more fields are not valid; `errors` states which and why.
        """
        return self._send(
            lambda: _create_recurring_invoice.prepare(
                body=CreateRecurringInvoiceRequest(
                    amount=_codec.decimal_argument("amount", amount, "0.01"),
                    phone_number=self._client.normalised("kz-phone", phone_number),
                    interval=_codec.enum_argument("interval", BillingInterval.from_json, interval),
                    description=description,
                    start_date=start_date,
                    end_date=end_date,
                    webhook_id=webhook_id,
                ),
                client=self._client,
                options=options,
            )
        )

    def get(self, id: int, *, options: CallOptions | None = None) -> RecurringInvoice:
        """Get a recurring invoice.

        Returns the current state of the recurring invoice, with its next billing date.

        Args:
            id: The recurring invoice's id. Limits: at least 1.

        Returns:
            The recurring invoice.

        Raises:
            UnexpectedStatus: The response is not a success:
                404: There is no such resource.
        """
        return self._send(
            lambda: _get_recurring_invoice.prepare(id=id, client=self._client, options=options)
        )

    def update(
        self,
        id: int,
        *,
        amount: Decimal | int | str | float | None | Unset = UNSET,
        description: str | None | Unset = UNSET,
        interval: BillingInterval
        | Literal["daily", "weekly", "monthly", "yearly"]
        | None
        | Unset = UNSET,
        options: CallOptions | None = None,
    ) -> RecurringInvoice:
        """Update a recurring invoice.

        Changes the amount, the description or the interval of future billings. A field that is
        absent or `null` keeps its value, so a field cannot be cleared. Invoices that were already
        issued do not change.

        The public documentation does not say when a new interval takes effect, nor how a cancelled
        recurring invoice is handled; this specification assumes that `next_billing_date` stays and
        the billings after it follow the new interval, and that a change of a cancelled one is
        rejected with 422.

        Args:
            amount: The new amount of each billing, in tenge. Limits: at least 0.01; at most
                99999999.99; at most 2 decimals.
            description: What the payment is for, at most 500 characters. Limits: length at most
                500.
            interval: How often it bills after the change. Limits: one of daily, weekly, monthly,
                yearly.
            id: The recurring invoice's id. Limits: at least 1.

        Returns:
            The updated recurring invoice.

        Raises:
            UnexpectedStatus: The response is not a success:
                400: The body is not valid JSON.
                404: There is no such resource.
                415: The body is not sent as `application/json`, or it is sent with a
                    `Content-Encoding`.
                422: One or more fields are not valid; `errors` states which and why.
        """
        return self._send(
            lambda: _update_recurring_invoice.prepare(
                id=id,
                body=UNSET
                if amount is UNSET and description is UNSET and interval is UNSET
                else UpdateRecurringInvoiceRequest(
                    amount=_codec.decimal_argument("amount", amount, "0.01"),
                    description=description,
                    interval=_codec.enum_argument("interval", BillingInterval.from_json, interval),
                ),
                client=self._client,
                options=options,
            )
        )

    def pause(self, id: int, *, options: CallOptions | None = None) -> RecurringInvoice:
        """Pause a recurring invoice.

        Stops the billing of an `active` recurring invoice until `resumeRecurringInvoice`. The
        response can be limited to `id` and `status`.

        Args:
            id: The recurring invoice's id. Limits: at least 1.

        Returns:
            The recurring invoice, `paused`.

        Raises:
            UnexpectedStatus: The response is not a success:
                400: The status of the recurring invoice does not allow this (for example, only an
                    `active` one can be paused, and `cancelled` allows nothing).
                404: There is no such resource.
        """
        return self._send(
            lambda: _pause_recurring_invoice.prepare(id=id, client=self._client, options=options)
        )

    def resume(self, id: int, *, options: CallOptions | None = None) -> RecurringInvoice:
        """Resume a paused recurring invoice.

        Makes a `paused` recurring invoice `active` again. The response can be limited to `id` and
        `status`.

        The public documentation does not say whether billing dates that passed during the pause are
        billed; this specification assumes that they are not, and that `next_billing_date` is the
        first scheduled date that has not passed.

        Args:
            id: The recurring invoice's id. Limits: at least 1.

        Returns:
            The recurring invoice, `active`.

        Raises:
            UnexpectedStatus: The response is not a success:
                400: The status of the recurring invoice does not allow this (for example, only an
                    `active` one can be paused, and `cancelled` allows nothing).
                404: There is no such resource.
        """
        return self._send(
            lambda: _resume_recurring_invoice.prepare(id=id, client=self._client, options=options)
        )

    def cancel(self, id: int, *, options: CallOptions | None = None) -> RecurringInvoice:
        """Cancel a recurring invoice.

        Ends an `active` or `paused` recurring invoice permanently. Invoices that it already issued
        do not change. The response can be limited to `id` and `status`.

        Args:
            id: The recurring invoice's id. Limits: at least 1.

        Returns:
            The recurring invoice, `cancelled`.

        Raises:
            UnexpectedStatus: The response is not a success:
                400: The status of the recurring invoice does not allow this (for example, only an
                    `active` one can be paused, and `cancelled` allows nothing).
                404: There is no such resource.
        """
        return self._send(
            lambda: _cancel_recurring_invoice.prepare(id=id, client=self._client, options=options)
        )

    def bill_now(self, id: int, *, options: CallOptions | None = None) -> Invoice:
        """Bill a recurring invoice now.

        Issues an ordinary invoice now, outside the schedule, and returns that **invoice**: the `id`
        is an invoice id. Every call issues another invoice: after a lost response, let a person
        check `listInvoices` before you retry.

        The public documentation does not say in which statuses this is possible, nor whether the
        schedule changes; this specification assumes that the recurring invoice must be `active` and
        not past its `end_date`, and that `next_billing_date` does not change.

        Args:
            id: The recurring invoice's id. Limits: at least 1.

        Returns:
            The new invoice, `pending`.

        Raises:
            UnexpectedStatus: The response is not a success:
                400: The status of the recurring invoice does not allow this (for example, only an
                    `active` one can be paused, and `cancelled` allows nothing).
                404: There is no such resource.
        """
        return self._send(
            lambda: _bill_now_recurring_invoice.prepare(id=id, client=self._client, options=options)
        )

    def skip_period(self, id: int, *, options: CallOptions | None = None) -> RecurringInvoice:
        """Skip one billing period.

        Moves `next_billing_date` forward by one interval without issuing an invoice. Every call
        skips another period: after a lost response, compare `next_billing_date` before you retry.

        The public documentation does not say in which statuses this is possible; this specification
        assumes that the recurring invoice must be `active`.

        Args:
            id: The recurring invoice's id. Limits: at least 1.

        Returns:
            The recurring invoice with its new `next_billing_date`.

        Raises:
            UnexpectedStatus: The response is not a success:
                400: The status of the recurring invoice does not allow this (for example, only an
                    `active` one can be paused, and `cancelled` allows nothing).
                404: There is no such resource.
        """
        return self._send(
            lambda: _skip_period_recurring_invoice.prepare(
                id=id, client=self._client, options=options
            )
        )

    @property
    def with_raw_response(self) -> "RecurringInvoicesWithRawResponse":
        """The same methods, each returning a `Response` with status code, headers and body."""
        return RecurringInvoicesWithRawResponse(self._client)


class RecurringInvoicesWithRawResponse:
    """The methods of `RecurringInvoices`, each returning a `Response`."""

    def __init__(self, client: AuthenticatedClient) -> None:
        methods = RecurringInvoices(client, raw=True)
        self.list = _calls.raw(methods.list)
        self.create = _calls.raw(methods.create)
        self.get = _calls.raw(methods.get)
        self.update = _calls.raw(methods.update)
        self.pause = _calls.raw(methods.pause)
        self.resume = _calls.raw(methods.resume)
        self.cancel = _calls.raw(methods.cancel)
        self.bill_now = _calls.raw(methods.bill_now)
        self.skip_period = _calls.raw(methods.skip_period)


class AsyncRecurringInvoices(_calls.AsyncResource):
    """`RecurringInvoices` for async code: every method is awaited."""

    OPERATIONS = RecurringInvoices.OPERATIONS

    async def list(
        self,
        *,
        page: int | Unset = UNSET,
        per_page: int | Unset = UNSET,
        status: RecurringInvoiceStatus | Literal["active", "paused", "cancelled"] | Unset = UNSET,
        options: CallOptions | None = None,
    ) -> RecurringInvoicePage:
        """List recurring invoices. See `RecurringInvoices.list`."""
        return await self._send(
            lambda: _list_recurring_invoices.prepare(
                page=page,
                per_page=per_page,
                status=_codec.enum_argument("status", RecurringInvoiceStatus.from_json, status),
                client=self._client,
                options=options,
            )
        )

    async def create(
        self,
        *,
        amount: Decimal | int | str | float,
        phone_number: str,
        interval: BillingInterval | Literal["daily", "weekly", "monthly", "yearly"],
        description: str | None | Unset = UNSET,
        start_date: datetime.date | None | Unset = UNSET,
        end_date: datetime.date | None | Unset = UNSET,
        webhook_id: int | None | Unset = UNSET,
        options: CallOptions | None = None,
    ) -> RecurringInvoice:
        """Create a recurring invoice. See `RecurringInvoices.create`."""
        return await self._send(
            lambda: _create_recurring_invoice.prepare(
                body=CreateRecurringInvoiceRequest(
                    amount=_codec.decimal_argument("amount", amount, "0.01"),
                    phone_number=self._client.normalised("kz-phone", phone_number),
                    interval=_codec.enum_argument("interval", BillingInterval.from_json, interval),
                    description=description,
                    start_date=start_date,
                    end_date=end_date,
                    webhook_id=webhook_id,
                ),
                client=self._client,
                options=options,
            )
        )

    async def get(self, id: int, *, options: CallOptions | None = None) -> RecurringInvoice:
        """Get a recurring invoice. See `RecurringInvoices.get`."""
        return await self._send(
            lambda: _get_recurring_invoice.prepare(id=id, client=self._client, options=options)
        )

    async def update(
        self,
        id: int,
        *,
        amount: Decimal | int | str | float | None | Unset = UNSET,
        description: str | None | Unset = UNSET,
        interval: BillingInterval
        | Literal["daily", "weekly", "monthly", "yearly"]
        | None
        | Unset = UNSET,
        options: CallOptions | None = None,
    ) -> RecurringInvoice:
        """Update a recurring invoice. See `RecurringInvoices.update`."""
        return await self._send(
            lambda: _update_recurring_invoice.prepare(
                id=id,
                body=UNSET
                if amount is UNSET and description is UNSET and interval is UNSET
                else UpdateRecurringInvoiceRequest(
                    amount=_codec.decimal_argument("amount", amount, "0.01"),
                    description=description,
                    interval=_codec.enum_argument("interval", BillingInterval.from_json, interval),
                ),
                client=self._client,
                options=options,
            )
        )

    async def pause(self, id: int, *, options: CallOptions | None = None) -> RecurringInvoice:
        """Pause a recurring invoice. See `RecurringInvoices.pause`."""
        return await self._send(
            lambda: _pause_recurring_invoice.prepare(id=id, client=self._client, options=options)
        )

    async def resume(self, id: int, *, options: CallOptions | None = None) -> RecurringInvoice:
        """Resume a paused recurring invoice. See `RecurringInvoices.resume`."""
        return await self._send(
            lambda: _resume_recurring_invoice.prepare(id=id, client=self._client, options=options)
        )

    async def cancel(self, id: int, *, options: CallOptions | None = None) -> RecurringInvoice:
        """Cancel a recurring invoice. See `RecurringInvoices.cancel`."""
        return await self._send(
            lambda: _cancel_recurring_invoice.prepare(id=id, client=self._client, options=options)
        )

    async def bill_now(self, id: int, *, options: CallOptions | None = None) -> Invoice:
        """Bill a recurring invoice now. See `RecurringInvoices.bill_now`."""
        return await self._send(
            lambda: _bill_now_recurring_invoice.prepare(id=id, client=self._client, options=options)
        )

    async def skip_period(self, id: int, *, options: CallOptions | None = None) -> RecurringInvoice:
        """Skip one billing period. See `RecurringInvoices.skip_period`."""
        return await self._send(
            lambda: _skip_period_recurring_invoice.prepare(
                id=id, client=self._client, options=options
            )
        )

    @property
    def with_raw_response(self) -> "AsyncRecurringInvoicesWithRawResponse":
        """The same methods, each returning a `Response` with status code, headers and body."""
        return AsyncRecurringInvoicesWithRawResponse(self._client)


class AsyncRecurringInvoicesWithRawResponse:
    """The methods of `AsyncRecurringInvoices`, each returning a `Response`."""

    def __init__(self, client: AuthenticatedClient) -> None:
        methods = AsyncRecurringInvoices(client, raw=True)
        self.list = _calls.raw_async(methods.list)
        self.create = _calls.raw_async(methods.create)
        self.get = _calls.raw_async(methods.get)
        self.update = _calls.raw_async(methods.update)
        self.pause = _calls.raw_async(methods.pause)
        self.resume = _calls.raw_async(methods.resume)
        self.cancel = _calls.raw_async(methods.cancel)
        self.bill_now = _calls.raw_async(methods.bill_now)
        self.skip_period = _calls.raw_async(methods.skip_period)
