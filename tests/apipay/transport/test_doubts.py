"""What is known of a write after a mix of failures, and that nobody is told more than that."""

import contextlib
from typing import Any

import anyio
import httpx
import pytest

from apipay import ApiPay, RateLimit, RetryPolicy
from apipay.errors import (
    APIConnectionError,
    BadRequestError,
    OutcomeUnknownError,
    RateLimitWaitError,
    ServerError,
)

ORDER = {"amount": "15.50", "phone_number": "87001234567", "external_order_id": "order-1"}


def create(client: Any) -> Any:
    return client.invoices.create(**ORDER)


# -- nothing was sent ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        create,
        lambda client: client.refunds.create(1, amount=5),
        lambda client: client.recurring_invoices.bill_now(1),
        lambda client: client.recurring_invoices.update(1, amount=5),
        lambda client: client.invoices.get(1),
    ],
    ids=["create", "refund", "bill now", "update", "read"],
)
def test_a_call_for_which_there_is_no_room_was_not_sent(
    make_api: Any, service: Any, clock: Any, call: Any
) -> None:
    """No write "may have happened" when the rate budget kept it back, and nothing is waited for."""
    api = make_api(rate_limit=RateLimit(1, 60))
    api(create)
    before = clock.monotonic()
    with pytest.raises(RateLimitWaitError) as caught:
        api(lambda client: call(client.with_options(deadline=5)))
    assert caught.value.is_retryable
    assert clock.monotonic() == before
    assert service.seen == ["createInvoice"]


def test_no_room_for_a_resend_leaves_open_what_became_of_the_first(
    make_api: Any, service: Any
) -> None:
    """The look-ups used up the budget; the first request may still be at work."""
    api = make_api(rate_limit=RateLimit(6, 600))
    service.fail("createInvoice", "timeout")
    with pytest.raises(OutcomeUnknownError):
        api(create)
    assert service.seen.count("createInvoice") == 1


# -- the worst of all attempts counts -----------------------------------------------------------


@pytest.mark.parametrize("then", ["refused", "cut", "status"])
def test_a_timeout_is_not_forgotten_after_other_failures(api: Any, service: Any, then: str) -> None:
    """The first request may still land; that the later ones came to nothing says nothing of it."""
    service.fail("createInvoice", "timeout", late=10_000)
    for _ in range(9):
        service.fail("createInvoice", then)
    with pytest.raises(OutcomeUnknownError):
        api(lambda client: create(client.with_options(deadline=1e6)))


def test_a_refund_is_not_sent_again_after_a_timeout_and_another_failure(
    api: Any, service: Any
) -> None:
    number = service.paid_invoice()
    service.fail("createRefund", "refused")
    service.fail("createRefund", "timeout", late=5_000)
    service.fail("createRefund", "status", status=503)
    with pytest.raises(OutcomeUnknownError):
        api(lambda client: client.refunds.create(number, amount=30))
    service.clock.advance(10_000)
    service.run_pending()
    assert service.refunded(number) == 30


@pytest.mark.parametrize("call", ["cancel", "pause"])
def test_a_status_change_that_may_still_come_is_not_held_undone(
    api: Any, service: Any, call: str
) -> None:
    service.invoices[1] = {"id": 1, "status": "pending"}
    service.recurring[1] = {"id": 1, "status": "active"}
    operation = "cancelInvoice" if call == "cancel" else "pauseRecurringInvoice"
    for _ in range(9):
        service.fail(operation, "timeout")
    with pytest.raises(OutcomeUnknownError) as caught:
        api(
            lambda client: (
                client.invoices.cancel(1)
                if call == "cancel"
                else client.recurring_invoices.pause(1)
            )
        )
    assert caught.value.lookup.match["status"] in ("cancelled", "paused")


def test_what_the_service_refuses_at_last_is_refused(api: Any, service: Any) -> None:
    number = service.paid_invoice()
    service.fail("createRefund", "timeout")
    service.do_createRefund(number, {"amount": "90"}, None)
    service.clock.advance(100)
    with pytest.raises(BadRequestError):
        api(lambda client: client.refunds.create(number, amount=60))


# -- a connection that was cut ------------------------------------------------------------------


@pytest.mark.parametrize("late", [3, 6, 9])
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "cut"},
        {"kind": "status", "status": 502},
        {"kind": "status", "status": 502, "body": b"<html></html>"},
        {"kind": "status", "status": 520, "body": b"<html></html>"},
    ],
    ids=["cut", "502 JSON", "502 HTML", "520"],
)
def test_a_refund_that_lands_after_its_connection_was_cut_is_not_given_twice(
    api: Any, service: Any, late: float, fault: dict[str, Any]
) -> None:
    """The server goes on with its work after the proxy in front of it has cut the connection."""
    number = service.paid_invoice()
    service.fail("createRefund", late=late, **fault)
    api(lambda client: client.refunds.create(number, amount=30))
    service.clock.advance(100)
    service.run_pending()
    assert service.refunded(number) == 30


# -- what the service does with texts -----------------------------------------------------------


def test_white_space_around_an_order_id_makes_no_duplicate(api: Any, service: Any) -> None:
    """Web frameworks trim what comes in; the order is then stored without it."""
    trimmed = service.do_createInvoice

    def store(number: int, body: dict[str, Any], params: Any) -> Any:
        return trimmed(number, {**body, "external_order_id": "order-1"}, params)

    service.do_createInvoice = store
    service.fail("createInvoice", "cut", processed=True)
    made = api(lambda client: client.invoices.create(**{**ORDER, "external_order_id": " order-1 "}))
    assert made.id == 100
    assert len(service.invoices) == 1


def test_white_space_around_a_reason_makes_no_second_refund(api: Any, service: Any) -> None:
    number = service.paid_invoice()
    trimmed = service.do_createRefund

    def store(number: int, body: dict[str, Any], params: Any) -> Any:
        return trimmed(number, {**body, "reason": body["reason"].strip()}, params)

    service.do_createRefund = store
    service.fail("createRefund", "cut", processed=True)
    assert api(lambda client: client.refunds.create(number, amount=30, reason=" late ")).id == 500
    assert service.refunded(number) == 30


@pytest.mark.parametrize("order", ["", "   "])
def test_a_blank_order_id_is_none(api: Any, service: Any, order: str) -> None:
    service.fail("createInvoice", "cut", processed=True)
    with pytest.raises(OutcomeUnknownError):
        api(lambda client: client.invoices.create(**{**ORDER, "external_order_id": order}))


def test_no_cache_may_answer_a_look_up(make_api: Any, service: Any) -> None:
    asked = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("cache-control"))
        response: httpx.Response = service.handle(request)
        return response

    service.fail("createInvoice", "cut", processed=True)
    make_api(handle)(create)
    assert asked == [None, "no-cache", "no-cache"]


# -- several clients, cancelled calls -----------------------------------------------------------


def test_two_clients_of_one_process_do_not_take_each_others_refunds(
    service: Any, clock: Any
) -> None:
    number = service.paid_invoice()
    transport = httpx.MockTransport(service.handle)
    first, second = (
        ApiPay("k", transport=transport, clock=clock, rate_limit=None) for _ in range(2)
    )
    first.refunds.create(number, amount=30)
    service.fail("createRefund", "cut", processed=False)
    second.refunds.create(number, amount=30)
    assert service.refunded(number) == 60


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("processed", [True, False])
def test_a_cancelled_call_does_not_hold_up_the_next(
    service: Any, clock: Any, backend: str, processed: bool
) -> None:
    """A task is cancelled while its refund is on the way; an equal one comes after it."""
    from apipay import AsyncApiPay

    number = service.paid_invoice()
    hang = True

    async def handle(request: httpx.Request) -> httpx.Response:
        nonlocal hang
        if hang:
            hang = False
            if processed:
                service.handle(request)
            await anyio.sleep_forever()
        response: httpx.Response = service.handle(request)
        return response

    async def act() -> None:
        transport = httpx.MockTransport(handle)
        async with AsyncApiPay("k", transport=transport, clock=clock, rate_limit=None) as client:
            with anyio.move_on_after(0.05):
                await client.refunds.create(number, amount=30)
            service.clock.advance(100)
            service.fail("createRefund", "cut", processed=True)
            await client.refunds.create(number, amount=30)

    anyio.run(act, backend=backend)
    assert service.refunded(number) == (60 if processed else 30)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_an_interrupted_write_passes_the_interruption_on(
    service: Any, clock: Any, stop: type[BaseException]
) -> None:
    stops = [stop]

    def handle(request: httpx.Request) -> httpx.Response:
        response: httpx.Response = service.handle(request)
        if stops:
            raise stops.pop()
        return response

    number = service.paid_invoice()
    client = ApiPay("k", transport=httpx.MockTransport(handle), clock=clock, rate_limit=None)
    with pytest.raises(stop):
        client.refunds.create(number, amount=30)
    service.clock.advance(100)
    service.fail("createRefund", "cut")
    client.refunds.create(number, amount=30)  # the ledger is not left in a state that blocks it
    assert service.refunded(number) == 60


# -- every order of failures --------------------------------------------------------------------

KINDS: list[dict[str, Any]] = [
    {"kind": "refused"},
    {"kind": "cut"},
    {"kind": "cut", "processed": True},
    {"kind": "cut", "late": 4},
    {"kind": "timeout"},
    {"kind": "timeout", "processed": True},
    {"kind": "timeout", "late": 33},
    {"kind": "timeout", "late": 500},
    {"kind": "status", "status": 429},
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 500, "processed": True},
    {"kind": "status", "status": 504, "late": 7, "body": b"<html></html>"},
]


@pytest.mark.parametrize("second", range(len(KINDS)))
@pytest.mark.parametrize("first", range(len(KINDS)))
@pytest.mark.parametrize("amount", ["30", "60", None])
def test_no_order_of_two_failures_gives_money_twice_or_tells_a_falsehood(
    service: Any, clock: Any, first: int, second: int, amount: str | None
) -> None:
    number = service.paid_invoice()
    service.fail("createRefund", **KINDS[first])
    service.fail("createRefund", **KINDS[second])
    policy = RetryPolicy(max_retries=3, deadline=None)
    transport = httpx.MockTransport(service.handle)
    client = ApiPay("k", transport=transport, clock=clock, rate_limit=None, retry=policy)
    told: str | None = None
    with contextlib.suppress(OutcomeUnknownError):
        try:
            made = client.refunds.create(number, **({} if amount is None else {"amount": amount}))
            told = str(made.id)
        except (APIConnectionError, ServerError, BadRequestError):
            told = "not done"
    clock.advance(10_000)
    service.run_pending()
    whole = 100 if amount is None else int(amount)
    given = service.refunded(number)
    assert given in (0, whole)
    if told is not None:
        assert given == (0 if told == "not done" else whole)
