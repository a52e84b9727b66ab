"""Many equal writes at once on one client, with answers lost at random: the sums are exact."""

import random
from decimal import Decimal
from typing import Any

import anyio
import httpx
import pytest

from apipay import AsyncApiPay, OutcomeUnknownError, RetryPolicy
from apipay.errors import APIConnectionError, BadRequestError, ServerError


def losing(service: Any, rng: random.Random, share: float) -> Any:
    """The service behind a network that loses what it can, before or after the work is done."""

    async def handle(request: httpx.Request) -> httpx.Response:
        await service.clock.sleep_async(rng.random() / 5)
        operation = request.extensions["operation"].id
        lost = rng.random() < share
        if lost and rng.random() < 0.5:
            raise httpx.ReadError("lost before", request=request)
        service.seen.append(operation)
        response: httpx.Response = service.answer(request, operation)
        await service.clock.sleep_async(rng.random() * 3)
        if lost:
            if rng.random() < 0.5:
                raise httpx.ReadError("lost after", request=request)
            return service.response(500, b'{"message": "Server error"}')  # type: ignore[no-any-return]
        return response

    return handle


async def at_once(number: int, call: Any) -> list[Any]:
    results: list[Any] = []

    async def one() -> None:
        try:
            results.append(await call())
        except (OutcomeUnknownError, APIConnectionError, ServerError, BadRequestError) as error:
            results.append(error)

    async with anyio.create_task_group() as group:
        for _ in range(number):
            group.start_soon(one)
    return results


def client_for(service: Any, clock: Any, seed: int, share: float) -> AsyncApiPay:
    transport = httpx.MockTransport(losing(service, random.Random(seed), share))
    policy = RetryPolicy(max_retries=6, deadline=None)
    return AsyncApiPay("k", transport=transport, clock=clock, rate_limit=None, retry=policy)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("seed", range(15))
def test_equal_refunds_of_one_invoice(service: Any, clock: Any, seed: int, backend: str) -> None:
    number = service.paid_invoice("1000.00")
    client = client_for(service, clock, seed, share=0.4)
    results = anyio.run(
        at_once, 12, lambda: client.refunds.create(number, amount=10), backend=backend
    )
    made = [result.id for result in results if not isinstance(result, Exception)]
    unknown = [result for result in results if isinstance(result, OutcomeUnknownError)]
    assert len(made) == len(set(made))
    assert 10 * len(made) <= service.refunded(number) <= 10 * (len(made) + len(unknown))


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("seed", range(15))
def test_equal_invoices_of_one_order(service: Any, clock: Any, seed: int, backend: str) -> None:
    client = client_for(service, clock, seed, share=0.4)

    def create() -> Any:
        return client.invoices.create(
            amount=Decimal("10.50"), phone_number="87001234567", external_order_id="order-1"
        )

    results = anyio.run(at_once, 12, create, backend=backend)
    made = [result.id for result in results if not isinstance(result, Exception)]
    unknown = [result for result in results if isinstance(result, OutcomeUnknownError)]
    open_now = [key for key, item in service.invoices.items() if item["status"] == "pending"]
    assert len(made) == len(set(made))
    assert set(made) <= set(open_now)
    assert len(open_now) <= len(made) + len(unknown)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("seed", range(15))
def test_refunds_with_and_without_reasons(
    service: Any, clock: Any, seed: int, backend: str
) -> None:
    """Five quarters, one too many, some with a reason: each call is told what became of it."""
    number = service.paid_invoice("100.00")
    client = client_for(service, clock, seed, share=0.6)
    reasons = iter([{}, {"reason": "a"}, {}, {"reason": "b"}, {"reason": "c"}])
    told: list[Any] = []

    async def refund() -> Any:
        said = next(reasons)
        made = await client.refunds.create(number, amount=25, **said)
        told.append((said.get("reason"), made.reason))
        return made

    results = anyio.run(at_once, 5, refund, backend=backend)
    made = [result.id for result in results if hasattr(result, "id")]
    unknown = [result for result in results if isinstance(result, OutcomeUnknownError)]
    assert all(sent == seen for sent, seen in told)
    assert len(made) == len(set(made))
    assert len(made) <= len(service.refunds) <= len(made) + len(unknown)
