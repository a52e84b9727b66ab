"""What the clients do in more than one request, against the sandbox."""

import threading
from typing import Any

import anyio
import pytest

from apipay import ApiPay, AsyncApiPay, InvalidRequestError, RetryPolicy
from apipay.sandbox import Sandbox


@pytest.fixture(scope="module")
def sandbox() -> Any:
    with Sandbox() as running:
        yield running


def soon(action: Any) -> None:
    threading.Timer(0.3, action).start()


def test_the_seven_steps(sandbox: Any) -> None:
    sandbox.reset()
    with ApiPay(sandbox.api_key, base_url=sandbox.base_url) as client:
        soon(lambda: sandbox.confirm_verification(2))
        organization = client.verify_organization("123456789012")
        assert organization.status == "verified"
        assert client.wait_for_verification(organization.id) == organization
        made = client.invoices.create(
            amount=1500, phone_number="87001234567", external_order_id="order-1"
        )
        soon(lambda: sandbox.pay(made.id))
        assert client.wait_for_payment(made, timeout=30).status == "paid"
        refund = client.refunds.create(made.id, amount="500.50")
        assert refund.invoice_id == made.id
        assert [item.id for item in client.paginate(client.invoices.list)] == [made.id]
        assert [item.id for item in client.watch_invoices([made.id], timeout=30)] == [made.id]


def test_the_same_in_async(sandbox: Any) -> None:
    sandbox.reset()

    async def act() -> None:
        async with AsyncApiPay(sandbox.api_key, base_url=sandbox.base_url) as client:
            soon(lambda: sandbox.confirm_verification(2))
            organization = await client.verify_organization("123456789012")
            assert organization.status == "verified"
            assert await client.wait_for_verification(organization.id) == organization
            made = await client.invoices.create(amount=1500, phone_number="87001234567")
            soon(lambda: sandbox.pay(made.id))
            assert (await client.wait_for_payment(made, timeout=30)).status == "paid"
            assert [item.id async for item in client.paginate(client.invoices.list)] == [made.id]
            watched = client.watch_invoices([made.id], timeout=30)
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
