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

        One page of the merchant's recurring invoices. Items can be shorter than the answer of
        `getRecurringInvoice`: only `id` and `status` are always there.

        The public documentation does not name an answer to parameters that break their limits; this
        specification assumes 422.

        Args:
            page: Which page, counted from 1. Limits: at least 1; default 1.
            per_page: How many rows a page holds, at most. Limits: at least 1; at most 100; default
                10.
            status: Only recurring invoices in this status. Absent: in every status. Limits: one of
                active, paused, cancelled.

        Returns:
            One page of recurring invoices.

        Raises:
            UnexpectedStatus: The response is not a success:
                422: One or more fields are not valid; `errors` says which and why.
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

        Bills the customer from `start_date` on, once per `interval`, until `end_date` or until it
        is cancelled. It is `active` at once. The first billing is on `start_date` itself, which the
        public documentation does not say and this specification assumes.

        It has no id of your own to look it up by, so a lost answer cannot be settled by a program:
        look through `listRecurringInvoices` before you send the request again.

        Args:
            amount: An amount in tenge (KZT) as requests state it: a number from 0.01 to
                99999999.99. In answers the same money is a string, see `Money`. Limits: at least
                0.01; at most 99999999.99; a multiple of 0.01.
            phone_number: A customer's phone number: eleven digits, the first of them 8. Limits:
                matches ^8[0-9]{10}$.
            interval: How often a recurring invoice bills. New values appear over time. Limits: one
                of daily, weekly, monthly, yearly.
            description: What is being paid for, at most 500 characters. Limits: length at most 500.
            start_date: The day of the first billing. Absent: today.
            end_date: The last day on which it can bill. Absent: no end.
            webhook_id: Which of the webhooks in the dashboard is told about its invoices. Limits:
                at least 1.

        Returns:
            The new recurring invoice, `active`.

        Raises:
            UnexpectedStatus: The response is not a success:
                403: The organization is not verified yet, or this key may not do this.
                422: One or more fields are not valid; `errors` says which and why.
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

        The recurring invoice as it is now, with the date of its next billing.

        Args:
            id: The recurring invoice's id. Limits: at least 1.

        Returns:
            The recurring invoice.

        Raises:
            UnexpectedStatus: The response is not a success:
                404: No such resource.
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
        """Change a recurring invoice.

        Changes the amount, the description or the interval of the billings to come. A field that is
        absent or `null` stays as it is, so nothing can be emptied. Invoices that were already
        issued do not change.

        The public documentation does not say when a new interval begins, nor what happens to a
        cancelled recurring invoice; this specification assumes that `next_billing_date` stays and
        the billings after it follow the new interval, and that the change of a cancelled one is
        refused with 422.

        Args:
            amount: The new amount of each billing, in tenge. Limits: at least 0.01; at most
                99999999.99; a multiple of 0.01.
            description: What is being paid for, at most 500 characters. Limits: length at most 500.
            interval: How often it bills from now on. Limits: one of daily, weekly, monthly, yearly.
            id: The recurring invoice's id. Limits: at least 1.

        Returns:
            The recurring invoice after the change.

        Raises:
            UnexpectedStatus: The response is not a success:
                404: No such resource.
                422: One or more fields are not valid; `errors` says which and why.
        """
        return self._send(
            lambda: _update_recurring_invoice.prepare(
                id=id,
                body=UpdateRecurringInvoiceRequest(
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
        answer may hold no more than `id` and `status`.

        Args:
            id: The recurring invoice's id. Limits: at least 1.

        Returns:
            The recurring invoice, `paused`.

        Raises:
            UnexpectedStatus: The response is not a success:
                400: The recurring invoice is in a status that does not allow this (to pause it, for
                    one, it must be `active`; `cancelled` allows nothing).
                404: No such resource.
        """
        return self._send(
            lambda: _pause_recurring_invoice.prepare(id=id, client=self._client, options=options)
        )

    def resume(self, id: int, *, options: CallOptions | None = None) -> RecurringInvoice:
        """Resume a paused recurring invoice.

        Makes a `paused` recurring invoice `active` again. The answer may hold no more than `id` and
        `status`.

        The public documentation does not say what becomes of the billing dates that passed during
        the pause; this specification assumes that they are not billed, and that `next_billing_date`
        is the first scheduled date that has not passed.

        Args:
            id: The recurring invoice's id. Limits: at least 1.

        Returns:
            The recurring invoice, `active`.

        Raises:
            UnexpectedStatus: The response is not a success:
                400: The recurring invoice is in a status that does not allow this (to pause it, for
                    one, it must be `active`; `cancelled` allows nothing).
                404: No such resource.
        """
        return self._send(
            lambda: _resume_recurring_invoice.prepare(id=id, client=self._client, options=options)
        )

    def cancel(self, id: int, *, options: CallOptions | None = None) -> RecurringInvoice:
        """Cancel a recurring invoice.

        Ends an `active` or `paused` recurring invoice for good. Invoices that it already issued
        stay as they are. The answer may hold no more than `id` and `status`.

        Args:
            id: The recurring invoice's id. Limits: at least 1.

        Returns:
            The recurring invoice, `cancelled`.

        Raises:
            UnexpectedStatus: The response is not a success:
                400: The recurring invoice is in a status that does not allow this (to pause it, for
                    one, it must be `active`; `cancelled` allows nothing).
                404: No such resource.
        """
        return self._send(
            lambda: _cancel_recurring_invoice.prepare(id=id, client=self._client, options=options)
        )

    def bill_now(self, id: int, *, options: CallOptions | None = None) -> Invoice:
        """Bill a recurring invoice at once.

        Issues an ordinary invoice now, outside the schedule, and answers with that **invoice**: its
        `id` is an invoice id. Every call issues one more invoice, so do not repeat a call whose
        answer was lost before you have looked into `listInvoices`.

        The public documentation does not say in which states this is possible, nor whether the
        schedule moves; this specification assumes that the recurring invoice must be `active` and
        not past its `end_date`, and that `next_billing_date` stays as it is.

        Args:
            id: The recurring invoice's id. Limits: at least 1.

        Returns:
            The new invoice, `pending`.

        Raises:
            UnexpectedStatus: The response is not a success:
                400: The recurring invoice is in a status that does not allow this (to pause it, for
                    one, it must be `active`; `cancelled` allows nothing).
                404: No such resource.
        """
        return self._send(
            lambda: _bill_now_recurring_invoice.prepare(id=id, client=self._client, options=options)
        )

    def skip_period(self, id: int, *, options: CallOptions | None = None) -> RecurringInvoice:
        """Skip one billing period.

        Moves `next_billing_date` on by one interval without issuing an invoice. Every call skips
        one more period, so do not repeat a call whose answer was lost before you have compared
        `next_billing_date`.

        The public documentation does not say in which states this is possible; this specification
        assumes that the recurring invoice must be `active`.

        Args:
            id: The recurring invoice's id. Limits: at least 1.

        Returns:
            The recurring invoice with its new `next_billing_date`.

        Raises:
            UnexpectedStatus: The response is not a success:
                400: The recurring invoice is in a status that does not allow this (to pause it, for
                    one, it must be `active`; `cancelled` allows nothing).
                404: No such resource.
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
        """Change a recurring invoice. See `RecurringInvoices.update`."""
        return await self._send(
            lambda: _update_recurring_invoice.prepare(
                id=id,
                body=UpdateRecurringInvoiceRequest(
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
        """Bill a recurring invoice at once. See `RecurringInvoices.bill_now`."""
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
