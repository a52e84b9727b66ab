"""Pacing as a transport layer: what it reads from a request and an answer, sync and async."""

from types import SimpleNamespace
from typing import Any

import anyio
import httpx
import pytest

from apipay.errors import RateLimitWaitError
from apipay.pacing import (
    DEADLINE_EXTENSION,
    AsyncPacingTransport,
    LocalBudget,
    PacingTransport,
    RateLimit,
)
from apipay.pacing.transport import deadline_of, priority_of
from apipay.testing import VirtualClock

URL = "http://test/api/invoices"


def request(method: str = "GET", **extensions: Any) -> httpx.Request:
    return httpx.Request(method, URL, extensions=extensions)


def operation(retry: str) -> Any:
    return SimpleNamespace(id="x", retry=retry)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (request("GET"), "normal"),
        (request("POST"), "high"),
        (request("GET", operation=operation("safe")), "normal"),
        (request("POST", operation=operation("safe")), "normal"),
        (request("POST", operation=operation("confirm")), "high"),
        (request("PUT", operation=operation("idempotent")), "high"),
        (request("GET", operation=operation("safe"), options={"priority": "low"}), "low"),
        (request("POST", options={"priority": "normal"}), "normal"),
        (request("POST", options={"priority": "urgent"}), "high"),
    ],
)
def test_priority(sent: httpx.Request, expected: str) -> None:
    assert priority_of(sent) == expected


def test_deadline() -> None:
    clock = VirtualClock()
    clock.advance(100)
    assert deadline_of(request(), clock) is None
    assert deadline_of(request(options={"deadline": 5}), clock) == 105
    extensions: dict[str, Any] = {"options": {"deadline": 5}, DEADLINE_EXTENSION: 103.0}
    both = request(**extensions)
    assert deadline_of(both, clock) == 103


class Lazy(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that is read late, as from a socket."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __iter__(self) -> Any:
        yield self._body

    async def __aiter__(self) -> Any:
        yield self._body


def client(clock: VirtualClock, answer: Any, limit: int = 2) -> tuple[httpx.Client, LocalBudget]:
    budget = LocalBudget(RateLimit(limit, 60), clock)
    transport = PacingTransport(httpx.MockTransport(answer), budget, clock=clock)
    return httpx.Client(transport=transport), budget


def test_calls_wait_for_the_budget_and_the_hook_hears_of_it() -> None:
    clock = VirtualClock()
    waits: list[tuple[str, Any]] = []
    transport = PacingTransport(
        httpx.MockTransport(lambda _: httpx.Response(200)),
        LocalBudget(RateLimit(2, 60), clock),
        clock=clock,
        on_wait=lambda sent, seconds: waits.append((sent.url.path, seconds)),
    )
    with httpx.Client(transport=transport) as http:
        for _ in range(3):
            assert http.get(URL).status_code == 200
    assert clock.monotonic() == pytest.approx(60.3)
    assert waits == [("/api/invoices", pytest.approx(60.3))]


def test_a_429_is_read_here_and_can_still_be_read_above() -> None:
    clock = VirtualClock()

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(429, stream=Lazy(b'{"message": "slow down", "retry_after": 20}'))

    http, budget = client(clock, answer)
    assert http.get(URL).json()["message"] == "slow down"
    assert budget.state().remaining == 0
    clock.advance(19.9)
    assert budget.state().remaining == 0
    clock.advance(0.5)
    assert budget.state().remaining == 1


@pytest.mark.parametrize(
    ("failure", "left"),
    [
        (httpx.ConnectError("refused"), 2),
        (httpx.ConnectTimeout("slow"), 2),
        (httpx.PoolTimeout("busy"), 2),
        (httpx.ReadTimeout("slow"), 1),
        (httpx.ReadError("cut"), 1),
        (KeyboardInterrupt(), 1),
    ],
)
def test_only_requests_that_may_have_arrived_count(failure: BaseException, left: int) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        raise failure

    http, budget = client(VirtualClock(), answer)
    with pytest.raises(type(failure)):
        http.get(URL)
    assert budget.state().remaining == left


def test_a_call_with_a_short_deadline_is_not_sent() -> None:
    clock = VirtualClock()
    sent: list[httpx.Request] = []

    def answer(got: httpx.Request) -> httpx.Response:
        sent.append(got)
        return httpx.Response(200)

    http, _ = client(clock, answer, limit=1)
    http.get(URL)
    with pytest.raises(RateLimitWaitError):
        http.get(URL, extensions={"options": {"deadline": 10.0}})
    assert len(sent) == 1
    assert clock.monotonic() == 0


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_async_calls_share_one_budget(backend: str) -> None:
    clock = VirtualClock()
    budget = LocalBudget(RateLimit(10, 60), clock)
    seen: list[float] = []

    async def answer(_: httpx.Request) -> httpx.Response:
        seen.append(clock.monotonic())
        await clock.sleep_async(0.5)
        return httpx.Response(200, stream=Lazy(b"{}"))

    async def main() -> None:
        transport = AsyncPacingTransport(httpx.MockTransport(answer), budget, clock=clock)
        async with (
            httpx.AsyncClient(transport=transport) as http,
            anyio.create_task_group() as group,
        ):
            for _ in range(25):
                group.start_soon(http.get, URL)

    anyio.run(main, backend=backend)
    assert [round(moment) for moment in seen] == [0] * 10 + [61] * 10 + [122] * 5


def test_async_429_and_failures_are_counted_too() -> None:
    clock = VirtualClock()
    budget = LocalBudget(RateLimit(5, 60), clock)

    async def answer(got: httpx.Request) -> httpx.Response:
        if got.method == "POST":
            raise httpx.ConnectError("refused")
        return httpx.Response(429, stream=Lazy(b'{"retry_after": 9}'))

    async def main() -> None:
        transport = AsyncPacingTransport(httpx.MockTransport(answer), budget, clock=clock)
        async with httpx.AsyncClient(transport=transport) as http:
            with pytest.raises(httpx.ConnectError):
                await http.post(URL)
            assert budget.state().remaining == 5
            assert (await http.get(URL)).json() == {"retry_after": 9}
            assert budget.state().remaining == 0

    anyio.run(main)
