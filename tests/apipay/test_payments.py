"""Waiting for payments through the generated client, on a virtual clock: sync, asyncio, trio."""

import multiprocessing
import os
import threading
from collections.abc import Callable, Sequence
from typing import Any

import anyio
import httpx
import pytest

from apipay.errors import (
    APIConnectionError,
    APIStatusError,
    AuthenticationError,
    InvalidRequestError,
    NotFoundError,
    RateLimitError,
    WaitTimeoutError,
)
from apipay.payment_waits import AsyncPaymentWaits, PaymentWaits
from apipay.payments import watch_invoices, watch_invoices_async
from apipay.polling import Pace
from apipay.testing import VirtualClock
from apipay_client import AuthenticatedClient
from apipay_client.models import Invoice
from apipay_client.resources import AsyncResources, Resources

URL = "http://test/api"


class Service:
    """Invoices that change their status at set times."""

    def __init__(self, clock: VirtualClock, count: int = 0) -> None:
        self.clock = clock
        self.ids = list(range(count, 0, -1))
        self.changes: dict[int, list[tuple[float, str]]] = {}
        self.failures: list[Exception] = []
        self.requests: list[tuple[float, str]] = []
        self.options: list[Any] = []
        self.lag = 0.0

    def settles(self, invoice_id: int, *changes: tuple[float, str]) -> None:
        self.changes[invoice_id] = list(changes)

    def status(self, invoice_id: int) -> str:
        now = self.clock.monotonic()
        passed = [status for at, status in self.changes.get(invoice_id, ()) if at <= now]
        return passed[-1] if passed else "pending"

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append((self.clock.monotonic(), request.url.path))
        self.options.append(request.extensions["options"])
        if self.failures:
            raise self.failures.pop(0)
        last = request.url.path.rsplit("/", 1)[1]
        if last.isdigit():
            if int(last) not in self.ids:
                response = httpx.Response(404, json={"message": "no such invoice"})
                raise APIStatusError.from_response(response)
            return httpx.Response(200, json={"id": int(last), "status": self.status(int(last))})
        query = request.url.params
        page, size, wanted = int(query["page"]), int(query["per_page"]), query.get_list("status[]")
        ids = [each for each in self.ids if not wanted or self.status(each) in wanted]
        rows = [
            {"id": each, "status": self.status(each)} for each in ids[(page - 1) * size :][:size]
        ]
        meta = {"current_page": page, "per_page": size, "total": len(ids)}
        return httpx.Response(200, json={"data": rows, "meta": meta})

    async def answer_late(self, request: httpx.Request) -> httpx.Response:
        await self.clock.sleep_async(self.lag)
        return self.answer(request)

    def resources(self) -> Resources:
        client = AuthenticatedClient(base_url=URL, token="key")
        transport = httpx.MockTransport(self.answer)
        client.set_httpx_client(httpx.Client(base_url=URL, transport=transport))
        return Resources(client)

    def async_resources(self) -> AsyncResources:
        client = AuthenticatedClient(base_url=URL, token="key")
        transport = httpx.MockTransport(self.answer_late)
        client.set_async_httpx_client(httpx.AsyncClient(base_url=URL, transport=transport))
        return AsyncResources(client)


Watch = Callable[..., list[tuple[float, int, str]]]
Wait = Callable[..., Invoice]
FLAVOURS = ["sync", "asyncio", "trio"]


@pytest.fixture(params=FLAVOURS)
def watch(request: pytest.FixtureRequest) -> Watch:
    """Watches to the end: (when, id, status) of each invoice given."""

    def sync(service: Service, ids: Sequence[int], **options: Any) -> list[tuple[float, int, str]]:
        clock = service.clock
        seen: list[tuple[float, int, str]] = options.pop("seen", [])
        for invoice in watch_invoices(service.resources(), ids, clock=clock, **options):
            seen.append((clock.monotonic(), invoice.id, str(invoice.status)))
        return seen

    def through_anyio(
        service: Service, ids: Sequence[int], **options: Any
    ) -> list[tuple[float, int, str]]:
        clock = service.clock
        seen: list[tuple[float, int, str]] = options.pop("seen", [])

        async def main() -> None:
            client = service.async_resources()
            async for invoice in watch_invoices_async(client, ids, clock=clock, **options):
                seen.append((clock.monotonic(), invoice.id, str(invoice.status)))

        anyio.run(main, backend=request.param)
        return seen

    return sync if request.param == "sync" else through_anyio


@pytest.fixture(params=FLAVOURS)
def wait(request: pytest.FixtureRequest) -> Wait:
    """Waits for one invoice."""

    def sync(service: Service, invoice: int, **options: Any) -> Invoice:
        return PaymentWaits(service.resources(), service.clock).wait(invoice, **options)

    def through_anyio(service: Service, invoice: int, **options: Any) -> Invoice:
        async def main() -> Invoice:
            waits = AsyncPaymentWaits(service.async_resources(), service.clock)
            return await waits.wait(invoice, **options)

        return anyio.run(main, backend=request.param)

    return sync if request.param == "sync" else through_anyio


def test_each_invoice_is_given_as_it_settles(watch: Watch) -> None:
    service = Service(VirtualClock(), 5)
    service.settles(3, (0, "paid"))
    service.settles(1, (3, "cancelled"))
    service.settles(5, (7, "expired"))
    assert watch(service, [1, 3, 5], pace=Pace(2), limit=None) == [
        (0, 3, "paid"),
        (4, 1, "cancelled"),
        (8, 5, "expired"),
    ]


def test_rounds_leave_half_of_the_rate_limit_to_others(watch: Watch) -> None:
    service = Service(VirtualClock(), 1000)
    for invoice_id in range(1, 1001):
        service.settles(invoice_id, (200 if invoice_id % 2 else 400, "paid"))
    seen = watch(service, range(1, 1001), timeout=None)
    assert len(seen) == 1000
    by_minute = [
        sum(minute * 60 <= at < (minute + 1) * 60 for at, _ in service.requests)
        for minute in range(7)
    ]
    assert max(by_minute) <= 33
    assert {at for at, _, _ in seen} <= {at for at, _ in service.requests}
    assert max(at for at, _, _ in seen) <= 400 + 22


def test_all_of_it_is_low_priority_and_has_the_deadline_of_the_watch(watch: Watch) -> None:
    service = Service(VirtualClock(), 3)
    service.settles(1, (5, "paid"))
    watch(service, [1], timeout=60, pace=Pace(4))
    assert service.options[0] == {"priority": "low", "deadline": 60}
    assert service.options[-1]["deadline"] < 60


def test_a_watch_ends_with_what_is_left(watch: Watch) -> None:
    service = Service(VirtualClock(), 5)
    service.settles(2, (1, "paid"))
    seen: list[Any] = []
    with pytest.raises(WaitTimeoutError) as caught:
        watch(service, [1, 2, 3], timeout=30, seen=seen)
    assert [invoice_id for _, invoice_id, _ in seen] == [2]
    assert caught.value.resume == [1, 3]
    assert sorted(invoice.id for invoice in caught.value.last) == [1, 3]
    assert service.clock.monotonic() == pytest.approx(30)
    assert service.requests[-1][0] == pytest.approx(30)


def test_a_failed_round_does_not_end_a_watch(watch: Watch) -> None:
    service = Service(VirtualClock(), 5)
    service.settles(1, (0, "paid"))
    service.failures = [
        APIConnectionError("cut"),
        RateLimitError("slow", status_code=429, retry_after=20),
    ]
    rounds: list[int] = []
    seen = watch(service, [1], pace=Pace(2), limit=None, on_round=rounds.append)
    assert seen == [(22, 1, "paid")]
    assert rounds == []


def test_an_error_that_will_not_pass_ends_a_watch(watch: Watch) -> None:
    service = Service(VirtualClock(), 5)
    service.failures = [AuthenticationError("no", status_code=401)]
    with pytest.raises(AuthenticationError):
        watch(service, [1, 2])


def test_an_invoice_that_does_not_exist_is_named(watch: Watch) -> None:
    service = Service(VirtualClock(), 5)
    service.settles(5, (0, "paid"))
    seen: list[Any] = []
    with pytest.raises(NotFoundError) as caught:
        watch(service, [5, 77], seen=seen)
    assert [invoice_id for _, invoice_id, _ in seen] == [5]
    assert "77" in caught.value.__notes__[0]


def test_a_watch_of_nothing_ends_at_once(watch: Watch) -> None:
    service = Service(VirtualClock(), 5)
    assert watch(service, []) == []
    assert service.requests == []


def test_unknown_statuses_are_waited_through_or_given_as_told(watch: Watch) -> None:
    service = Service(VirtualClock(), 2)
    service.settles(1, (1, "processing"), (9, "paid"))
    assert watch(service, [1], pace=Pace(2), limit=None) == [(10, 1, "paid")]
    again = Service(VirtualClock(), 2)
    again.settles(1, (1, "processing"), (9, "paid"))
    given = watch(again, [1], pace=Pace(2), limit=None, on_unknown="return")
    assert given == [(2, 1, "processing")]


def test_a_wait_ends_when_the_invoice_is_paid(wait: Wait) -> None:
    service = Service(VirtualClock(), 3)
    service.settles(2, (5, "paid"))
    seen: list[str] = []
    pace = Pace(2, growth=1)
    invoice = wait(service, 2, pace=pace, on_progress=lambda each: seen.append(str(each.status)))
    assert (invoice.id, invoice.status) == (2, "paid")
    assert [at for at, _ in service.requests] == [0, 2, 4, 6]
    assert seen == ["pending"] * 3


def test_a_wait_in_vain_says_what_was_seen_last(wait: Wait) -> None:
    service = Service(VirtualClock(), 3)
    with pytest.raises(WaitTimeoutError) as caught:
        wait(service, 2, timeout=30)
    assert caught.value.last.status == "pending"
    assert caught.value.resume == [2]
    assert service.clock.monotonic() == pytest.approx(30)
    assert service.requests[-1][0] == pytest.approx(30)


def test_a_timeout_of_zero_is_one_look(wait: Wait) -> None:
    service = Service(VirtualClock(), 3)
    with pytest.raises(WaitTimeoutError):
        wait(service, 2, timeout=0)
    assert len(service.requests) == 1
    service.settles(2, (0, "paid"))
    assert wait(service, 2, timeout=0).status == "paid"
    with pytest.raises(InvalidRequestError):
        wait(service, 2, timeout=-1)


def test_single_failures_do_not_end_a_wait_and_lasting_ones_do(wait: Wait) -> None:
    service = Service(VirtualClock(), 3)
    service.settles(2, (5, "paid"))
    service.failures = [APIConnectionError("cut"), APIConnectionError("cut")]
    assert wait(service, 2).status == "paid"
    with pytest.raises(NotFoundError):
        wait(service, 77)
    service.failures = [AuthenticationError("no", status_code=401)]
    with pytest.raises(AuthenticationError):
        wait(service, 1)


def test_what_failed_all_the_time_is_the_cause_of_the_timeout(wait: Wait) -> None:
    service = Service(VirtualClock(), 3)
    failure = APIConnectionError("cut")
    service.failures = [failure] * 100
    with pytest.raises(WaitTimeoutError) as caught:
        wait(service, 2, timeout=20)
    assert caught.value.__cause__ is failure
    assert caught.value.last is None


def test_an_error_in_the_callers_callback_reaches_the_caller(wait: Wait) -> None:
    service = Service(VirtualClock(), 3)

    def broken(_: Invoice) -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError):
        wait(service, 2, on_progress=broken)


def test_an_unknown_status_is_waited_through_or_returned(wait: Wait) -> None:
    service = Service(VirtualClock(), 3)
    service.settles(2, (0, "processing"), (5, "paid"))
    assert wait(service, 2).status == "paid"
    service = Service(VirtualClock(), 3)
    service.settles(2, (0, "processing"), (5, "paid"))
    assert wait(service, 2, on_unknown="return").status == "processing"


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_thousand_waits_share_their_looks_and_all_end(backend: str) -> None:
    service = Service(VirtualClock(), 1000)
    service.lag = 0.1
    for invoice_id in range(1, 1001):
        if invoice_id % 10:
            service.settles(invoice_id, (invoice_id / 2, "paid"))
    ended: dict[int, tuple[float, str]] = {}

    async def main() -> None:
        waits = AsyncPaymentWaits(service.async_resources(), service.clock)

        async def one(invoice_id: int) -> None:
            try:
                invoice = await waits.wait(invoice_id, timeout=600)
                ended[invoice_id] = (service.clock.monotonic(), str(invoice.status))
            except WaitTimeoutError:
                ended[invoice_id] = (service.clock.monotonic(), "timeout")

        async with anyio.create_task_group() as group:
            for invoice_id in range(1, 1001):
                group.start_soon(one, invoice_id)

    anyio.run(main, backend=backend)
    assert len(ended) == 1000
    for invoice_id, (at, how) in ended.items():
        if invoice_id % 10:
            assert how == "paid"
            assert at <= invoice_id / 2 + 30
        else:
            assert how == "timeout"
            assert 600 <= at <= 630
    assert len(service.requests) < 330


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_cancelled_wait_ends_at_once_and_another_takes_the_lead(backend: str) -> None:
    service = Service(VirtualClock(), 5)
    service.settles(2, (50, "paid"))
    service.settles(3, (60, "paid"))
    ended: list[tuple[int, float]] = []

    async def main() -> None:
        waits = AsyncPaymentWaits(service.async_resources(), service.clock)
        first = anyio.CancelScope()

        async def one(invoice_id: int, scope: anyio.CancelScope) -> None:
            with scope:
                await waits.wait(invoice_id, pace=Pace(2))
                ended.append((invoice_id, service.clock.monotonic()))

        async with anyio.create_task_group() as group:
            group.start_soon(one, 1, first)
            await anyio.lowlevel.checkpoint()
            group.start_soon(one, 2, anyio.CancelScope())
            group.start_soon(one, 3, anyio.CancelScope())
            await service.clock.sleep_async(21)
            first.cancel()
            await anyio.lowlevel.checkpoint()
            assert service.clock.monotonic() < 22
        assert waits._shared.waits() == []
        assert waits._shared.watch.last == {}

    anyio.run(main, backend=backend)
    assert [invoice_id for invoice_id, _ in ended] == [2, 3]
    assert ended[0][1] <= 53
    assert ended[1][1] <= 63


def test_a_wait_that_comes_late_with_less_time_is_not_kept_waiting() -> None:
    service = Service(VirtualClock(), 5)
    ended: list[tuple[int, float]] = []

    async def main() -> None:
        waits = AsyncPaymentWaits(service.async_resources(), service.clock)

        async def one(invoice_id: int, seconds: float) -> None:
            with pytest.raises(WaitTimeoutError):
                await waits.wait(invoice_id, timeout=seconds, pace=Pace(20, longest=20))
            ended.append((invoice_id, service.clock.monotonic()))

        async with anyio.create_task_group() as group:
            group.start_soon(one, 1, 100)
            await service.clock.sleep_async(25)
            group.start_soon(one, 2, 3)

    anyio.run(main)
    assert [(each, round(at)) for each, at in ended] == [(2, 28), (1, 100)]


def test_a_wait_that_comes_in_the_middle_of_a_round_gets_a_look_of_its_own() -> None:
    service = Service(VirtualClock(), 5)
    service.lag = 1
    service.settles(2, (0, "paid"))
    ended: list[str] = []

    async def main() -> None:
        waits = AsyncPaymentWaits(service.async_resources(), service.clock)

        async def late() -> None:
            await service.clock.sleep_async(0.5)
            ended.append(str((await waits.wait(2, timeout=0)).status))

        async with anyio.create_task_group() as group:
            group.start_soon(late)
            with pytest.raises(WaitTimeoutError):
                await waits.wait(1, timeout=30)

    anyio.run(main)
    assert ended == ["paid"]


def test_two_waits_for_one_invoice_may_think_differently_of_unknown_statuses() -> None:
    service = Service(VirtualClock(), 5)
    service.settles(1, (5, "processing"), (30, "paid"))
    ended: list[str] = []

    async def main() -> None:
        waits = AsyncPaymentWaits(service.async_resources(), service.clock)

        async def one(on_unknown: Any) -> None:
            ended.append(str((await waits.wait(1, on_unknown=on_unknown)).status))

        async with anyio.create_task_group() as group:
            group.start_soon(one, "wait")
            group.start_soon(one, "return")

    anyio.run(main)
    assert ended == ["processing", "paid"]


def test_threads_share_their_looks() -> None:
    clock = VirtualClock()
    service = Service(clock, 100)
    for invoice_id in range(1, 101):
        service.settles(invoice_id, (invoice_id, "paid"))
    waits = PaymentWaits(service.resources(), clock)
    ended: dict[int, float] = {}
    start = threading.Barrier(20)

    def one(invoice_id: int) -> None:
        with clock.participant():
            start.wait(10)
            assert waits.wait(invoice_id, timeout=300).status == "paid"
            ended[invoice_id] = clock.monotonic()

    threads = [
        threading.Thread(target=one, args=(invoice_id,), daemon=True)
        for invoice_id in range(5, 101, 5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(ended) == list(range(5, 101, 5))
    assert all(at <= invoice_id + 20 for invoice_id, at in ended.items())
    assert len(service.requests) < 40


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_lasting_failure_reaches_every_wait(flavour: str) -> None:
    service = Service(VirtualClock(), 100)
    service.failures = [AuthenticationError("no", status_code=401)]
    caught: list[Exception] = []

    async def main() -> None:
        waits = AsyncPaymentWaits(service.async_resources(), service.clock)

        async def one(invoice_id: int) -> None:
            try:
                await waits.wait(invoice_id)
            except AuthenticationError as error:
                caught.append(error)

        async with anyio.create_task_group() as group:
            for invoice_id in (1, 2, 3):
                group.start_soon(one, invoice_id)
                # All are there before the first look is answered.
        assert len(set(map(id, caught))) == 3

    if flavour == "sync":
        with pytest.raises(AuthenticationError):
            PaymentWaits(service.resources(), service.clock).wait(1)
    else:
        service.lag = 1
        service.failures *= 4
        anyio.run(main, backend=flavour)
        assert len(caught) == 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_process_waits_by_itself_although_a_thread_of_the_parent_leads() -> None:
    service = Service(VirtualClock(), 5)
    service.settles(1, (0, "paid"))
    waits = PaymentWaits(service.resources(), service.clock)
    waits._shared.leader = waits._shared.add(2, None, Pace(2), "wait", None)
    context = multiprocessing.get_context("fork")
    answers: Any = context.Queue()
    with waits._lock:
        process = context.Process(target=lambda: answers.put(str(waits.wait(1).status)))
        process.start()
    assert answers.get(timeout=20) == "paid"
    process.join(10)
