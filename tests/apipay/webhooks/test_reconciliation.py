"""Reconciliation against a sandbox: what never came is handled once, whatever runs twice."""

from datetime import timedelta
from typing import Any

import anyio
import httpx
import pytest

from apipay import ApiPay, AsyncApiPay
from apipay.errors import InvalidRequestError
from apipay.testing import VirtualClock
from apipay.webhooks import (
    Event,
    EventContext,
    Inbox,
    InvoiceEvent,
    MemoryStore,
    reconcile,
    reconcile_async,
)
from apipay_sandbox import Sandbox


class Shop:
    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.handled: list[tuple[int, str, str | None]] = []
        self.fails: set[int] = set()
        self.inbox = Inbox(MemoryStore(), clock=VirtualClock(sandbox.now.timestamp()))
        self.client = ApiPay(api_key=sandbox.api_key, base_url=sandbox.base_url, rate_limit=None)

    def invoice(self, order: str) -> int:
        return self.client.invoices.create(
            amount=1000, phone_number="87001234567", external_order_id=order
        ).id

    def on_event(self, event: Event, _: EventContext) -> None:
        assert isinstance(event, InvoiceEvent)
        if event.invoice.id in self.fails:
            raise RuntimeError("the shop's database is away")
        self.handled.append(
            (event.invoice.id, str(event.invoice.status), event.invoice.external_order_id)
        )

    def run(self, orders: Any, is_async: bool = False, **options: Any) -> Any:
        options = {"inbox": self.inbox, "min_age": 0, **options}
        if not is_async:
            return reconcile(self.client, orders, self.on_event, **options)

        async def on_event(event: Event, context: EventContext) -> None:
            self.on_event(event, context)

        async def main() -> Any:
            async with AsyncApiPay(
                api_key=self.sandbox.api_key, base_url=self.sandbox.base_url
            ) as client:
                return await reconcile_async(client, orders, on_event, **options)

        return anyio.run(main)


@pytest.fixture
def shop() -> Any:
    with Sandbox(clock="manual", rate_limit=None) as sandbox:
        shop = Shop(sandbox)
        with shop.client:
            yield shop


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of all requests that are sent."""
    paths: list[str] = []
    handle = httpx.HTTPTransport.handle_request

    def recording(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        paths.append(request.url.path)
        return handle(self, request)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", recording)
    return paths


@pytest.mark.parametrize("is_async", [False, True])
def test_events_that_never_came_are_handled_once(shop: Shop, is_async: bool) -> None:
    paid, expired, waiting = (shop.invoice(f"order-{number}") for number in range(3))
    shop.sandbox.pay(paid)
    shop.sandbox.expire(expired)
    orders = ["order-0", expired, waiting, "order-of-nobody"]
    first = shop.run(orders, is_async)
    assert first.handled == ("order-0", expired)
    assert first.pending == (waiting,)
    assert first.missing == ("order-of-nobody",)
    second = shop.run(orders, is_async)
    assert (second.handled, second.known) == ((), ("order-0", expired))
    assert shop.handled == [(paid, "paid", "order-0"), (expired, "expired", "order-1")]


def test_a_webhook_that_comes_late_is_a_duplicate(shop: Shop) -> None:
    number = shop.invoice("order-0")
    shop.sandbox.pay(number)
    shop.run(["order-0"])
    event = InvoiceEvent.from_dict(
        {
            "event": "invoice.status_changed",
            "invoice": {"id": number, "status": "paid"},
            "timestamp": "2026-11-20T09:18:40Z",
        }
    )
    assert shop.inbox.handle(event, shop.on_event) == "duplicate"
    assert len(shop.handled) == 1


def test_young_invoices_are_left_to_their_webhook(shop: Shop) -> None:
    number = shop.invoice("order-0")
    shop.sandbox.pay(number)
    assert shop.run([number], min_age=timedelta(minutes=15)).pending == (number,)
    shop.inbox.clock.sleep(15 * 60 + 1)
    assert shop.run([number], min_age=timedelta(minutes=15)).handled == (number,)


def test_it_lists_pages_and_reads_only_what_it_hands_on(shop: Shop, asked: list[str]) -> None:
    numbers = [shop.invoice(f"order-{number}") for number in range(150)]
    shop.sandbox.pay(numbers[3])
    asked.clear()
    assert shop.run(numbers).handled == (numbers[3],)
    assert [path.endswith("/invoices") for path in asked] == [True, True, False]


def test_one_order_that_fails_does_not_keep_the_others(shop: Shop) -> None:
    numbers = [shop.invoice(f"order-{number}") for number in range(3)]
    for number in numbers:
        shop.sandbox.pay(number)
    shop.fails = {numbers[1]}
    with pytest.raises(ExceptionGroup, match="1 of 3 open orders") as caught:
        shop.run(numbers)
    assert isinstance(caught.value.exceptions[0], RuntimeError)
    shop.fails = set()
    assert shop.run(numbers).handled == (numbers[1],)
    assert sorted(number for number, _, _ in shop.handled) == numbers


def test_no_open_orders_cost_no_request(shop: Shop, asked: list[str]) -> None:
    assert shop.run([]).handled == ()
    assert asked == []


def test_senseless_orders_and_async_handlers_are_refused(shop: Shop) -> None:
    with pytest.raises(InvalidRequestError, match="open order"):
        shop.run([1.5])

    async def handler(_: Event, __: EventContext) -> None: ...

    with pytest.raises(InvalidRequestError, match="async"):
        reconcile(shop.client, [1], handler, inbox=shop.inbox)
