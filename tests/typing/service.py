"""A service that uses the typed imports as intended: both checkers accept it."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import assert_type

from apipay import ApiPay, AsyncApiPay, OutcomeUnknownError, RetryPolicy, ValidationError
from apipay.errors import Lookup
from apipay.testing import Coverage, VirtualClock, validating_transport
from apipay_client import models


def client() -> ApiPay:
    return ApiPay("key", timeout=5, retry=RetryPolicy(max_retries=2), rate_limit=None)


def sell(shop: ApiPay, order: str, total: Decimal) -> tuple[int, str]:
    try:
        created = shop.invoices.create(
            amount=total, phone_number="87001234567", external_order_id=order
        )
    except ValidationError as error:
        fields = error.field_errors
        raise RuntimeError(", ".join(fields)) from error
    except OutcomeUnknownError as error:
        assert_type(error.lookup, Lookup | None)
        raise
    assert_type(created, models.CreatedInvoice)
    assert_type(created.payment_url, str)
    return created.id, created.payment_url


def paid(shop: ApiPay, number: int) -> bool:
    invoice = shop.invoices.get(number)
    assert_type(invoice, models.Invoice)
    amount = invoice.amount
    assert_type(invoice.id, int)
    if isinstance(amount, Decimal):
        assert_type(amount, Decimal)
    return invoice.status is models.InvoiceStatus.PAID


def refund(shop: ApiPay, number: int) -> Decimal:
    done = shop.refunds.create(number, amount="2.50", reason="Broken")
    assert_type(done, models.Refund)
    return done.amount


def subscribe(shop: ApiPay) -> models.RecurringInvoice:
    return shop.recurring_invoices.create(
        amount=990, phone_number="87001234567", interval="monthly", start_date=date(2026, 1, 31)
    )


def all_paid(shop: ApiPay) -> Iterator[int]:
    for invoice in shop.paginate(shop.invoices.list, status=["paid"], per_page=100):
        assert_type(invoice, models.Invoice)
        yield invoice.id


async def all_refunds(shop: AsyncApiPay) -> AsyncIterator[Decimal]:
    async for one in shop.paginate(shop.refunds.list):
        yield one.amount


async def sell_async(shop: AsyncApiPay) -> str:
    created = await shop.invoices.create(amount=1, phone_number="87001234567")
    return created.payment_url


def tested() -> ApiPay:
    clock = VirtualClock(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
    return ApiPay("key", clock=clock, transport=validating_transport(coverage=Coverage()))
