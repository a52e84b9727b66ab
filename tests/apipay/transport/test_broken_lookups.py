"""A look-up that finds the write, and is then answered with something that cannot be read."""

from decimal import Decimal
from typing import Any

import pytest

BROKEN = [
    b'{"id"=100,"status":"pending","payment_url":"https://pay.example/100"}',
    b'{"status":"pending","payment_url":"https://pay.example/100"}',
    b'{"id":null,"status":"pending","payment_url":"https://pay.example/100"}',
    b'{"id":100,"status":null,"payment_url":"https://pay.example/100"}',
    b"[]",
]
broken = pytest.mark.parametrize("body", BROKEN, ids=[str(place) for place in range(len(BROKEN))])


@broken
@pytest.mark.parametrize("times", [1, 2])
def test_a_created_invoice_is_read_again(api: Any, service: Any, body: bytes, times: int) -> None:
    service.fail("createInvoice", "cut", processed=True)
    for _ in range(times):
        service.fail("getInvoice", "status", status=200, body=body)
    made = api(
        lambda client: client.invoices.create(
            amount=5, phone_number="87001234567", external_order_id="order-1"
        )
    )
    assert (made.id, made.payment_url) == (100, "https://pay.example/100")
    assert len(service.invoices) == 1


@broken
@pytest.mark.parametrize("times", [1, 9])
def test_a_refund_is_read_again_or_taken_from_the_list(
    api: Any, service: Any, body: bytes, times: int
) -> None:
    paid = service.paid_invoice()
    service.fail("createRefund", "cut", processed=True)
    for _ in range(times):
        service.fail("getRefund", "status", status=200, body=body)
    made = api(lambda client: client.refunds.create(paid, amount="25.00"))
    assert (made.id, made.amount) == (500, Decimal("25.00"))
    assert len(service.refunds) == 1
