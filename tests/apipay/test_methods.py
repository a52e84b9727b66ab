"""The methods that take more than one request, against the sandbox, on one virtual clock."""

from collections.abc import Iterator
from typing import Any

import anyio
import pytest

from apipay import ApiPay, AsyncApiPay, InvalidRequestError, RetryPolicy
from apipay.testing import VirtualClock
from apipay_sandbox import Sandbox

IDN = "990101300123"


@pytest.fixture
def settings() -> Iterator[dict[str, Any]]:
    clock = VirtualClock()
    with Sandbox(clock=clock, organization=None, auto_confirm=5, auto_pay=20) as sandbox:
        yield {"api_key": sandbox.api_key, "base_url": sandbox.base_url, "clock": clock}


def test_from_verification_to_a_refund(settings: dict[str, Any]) -> None:
    left: list[float] = []
    with ApiPay(**settings) as client:
        organization = client.verify_organization(IDN, on_progress=left.append)
        assert organization.status == "verified"
        assert left == sorted(left, reverse=True)
        assert client.wait_for_verification(organization.id) == organization
        made = client.invoices.create(
            amount=1500, phone_number="+7 700 123-45-67", external_order_id="order-1"
        )
        assert client.wait_for_payment(made).status == "paid"
        refund = client.refunds.create(made.id, amount="500.50")
        assert refund.invoice_id == made.id
        assert [item.id for item in client.paginate(client.invoices.list)] == [made.id]
        assert [item.id for item in client.watch_invoices([made.id])] == [made.id]
        assert client.with_options(priority="low").wait_for_payment(made.id).id == made.id


def test_from_verification_to_a_payment_in_async(settings: dict[str, Any]) -> None:
    async def act() -> None:
        async with AsyncApiPay(**settings) as client:
            organization = await client.verify_organization(IDN)
            assert organization.status == "verified"
            assert await client.wait_for_verification(organization.id) == organization
            made = await client.invoices.create(amount=1500, phone_number="8 (700) 123 45 67")
            assert (await client.wait_for_payment(made)).status == "paid"
            assert [item.id async for item in client.paginate(client.invoices.list)] == [made.id]
            watched = client.watch_invoices([made.id])
            assert [item.id async for item in watched] == [made.id]

    anyio.run(act)


@pytest.mark.parametrize("bad", ["12345", "not a phone", "+1 212 555 0100"])
def test_a_bad_phone_number_is_refused_before_sending(bad: str) -> None:
    with (
        ApiPay("k", base_url="http://127.0.0.1:9", retry=RetryPolicy(max_retries=0)) as client,
        pytest.raises(InvalidRequestError) as caught,
    ):
        client.invoices.create(amount=1, phone_number=bad)
    assert bad not in str(caught.value)
