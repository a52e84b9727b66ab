"""The client processes of the fault run: threads, asyncio, trio, and the naive control."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import anyio
import httpx
from _common import FastClock
from _faults_judge import Call, Told
from _faults_proxy import HEADER, REFUSED

from apipay import ApiPay, AsyncApiPay
from apipay.errors import ApiPayError, OutcomeUnknownError

TIMEOUT = 0.4
"""Seconds of real time for one attempt of a client."""

_DEADLINE = 60.0
"""Seconds of the run for one call."""

_CONFIRM_AFTER = (0.0, 60.0)
"""Seconds of the run after which `client.confirm` is asked about unknown outcomes."""

PHONE = "87001234567"
Lane = list[Call]
"""Calls that are made one after another."""


class SharedClock(FastClock):
    """The sandbox's time, in every process."""

    def __init__(self, speed: float, unix: float, began: float) -> None:
        super().__init__(speed)
        self._unix = unix
        self._began = began


@dataclass(frozen=True)
class World:
    """What a client process needs to know."""

    client: str
    """"apipay", or "naive"."""
    base_url: str
    flapping_url: str
    api_key: str
    speed: float
    unix: float
    began: float

    def url(self, call: Call) -> str:
        return self.flapping_url if call.row == REFUSED else self.base_url

    def settings(self, url: str) -> dict[str, Any]:
        return {
            "api_key": self.api_key,
            "base_url": url,
            "timeout": httpx.Timeout(TIMEOUT),
            "rate_limit": None,
            "clock": SharedClock(self.speed, self.unix, self.began),
        }


def work(kind: str, concurrency: int, world: World, lanes: list[Lane]) -> list[Told]:
    """Make all calls of one process; return what they were told."""
    if kind == "threads":
        run = _naive if world.client == "naive" else _threads
        return run(concurrency, world, lanes)
    if world.client == "naive":  # has no async form
        return _naive(concurrency, world, lanes)
    return anyio.run(_tasks, concurrency, world, lanes, backend=kind)


def headers(call: Call) -> dict[str, str]:
    return {HEADER: f"{call.number}/{call.row}"}


def _method(client: Any, call: Call) -> Callable[[], Any]:
    """Return a function that makes the call with the client."""
    options = {"options": {"headers": headers(call), "deadline": _DEADLINE}}
    amount = {} if call.amount is None else {"amount": Decimal(call.amount) / 100}
    match call.operation:
        case "createInvoice":
            text = {} if call.text is None else {"external_order_id": call.text}
            return lambda: client.invoices.create(**amount, phone_number=PHONE, **text, **options)
        case "createRefund":
            text = {} if call.text is None else {"reason": call.text}
            return lambda: client.refunds.create(call.target, **amount, **text, **options)
        case "cancelInvoice":
            return lambda: client.invoices.cancel(call.target, **options)
        case "pauseRecurringInvoice":
            return lambda: client.recurring_invoices.pause(call.target, **options)
        case "resumeRecurringInvoice":
            return lambda: client.recurring_invoices.resume(call.target, **options)
        case "billNowRecurringInvoice":
            return lambda: client.recurring_invoices.bill_now(call.target, **options)
        case other:
            raise ValueError(other)


class _Results:
    """What the calls of one process were told, and the lookups of unknown outcomes."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self._open: list[tuple[Call, Told, Any]] = []

    def returned(self, call: Call, began: float, result: Any) -> None:
        told = Told(call.number, "returned", began, time.monotonic(), id=result.id)
        self.told.append(told)

    def raised(self, call: Call, began: float, error: Exception) -> None:
        told = Told(call.number, "untyped", began, time.monotonic(), error=_describe(error))
        if isinstance(error, OutcomeUnknownError):
            told.kind, told.retryable = "unknown", error.is_retryable
            if error.lookup is not None:
                self._open.append((call, told, error.lookup))
        elif isinstance(error, ApiPayError):
            told.kind = "failed"
        self.told.append(told)

    def open(self) -> list[tuple[Call, Told, Any]]:
        """Return the outcomes that no confirmation has resolved so far."""
        return [one for one in self._open if one[1].confirmed is None and not one[1].confirm_error]

    @staticmethod
    def confirmed(told: Told, result: Any) -> None:
        if result is not None:
            told.confirmed, told.confirmed_at = result.id, time.monotonic()

    @staticmethod
    def confirm_failed(told: Told, error: Exception) -> None:
        if not isinstance(error, ApiPayError):
            told.confirm_error = _describe(error)


def _describe(error: Exception) -> str:
    name = type(error).__name__
    return name if isinstance(error, ApiPayError) else f"{name}: {error}"[:200]


def _threads(concurrency: int, world: World, lanes: list[Lane]) -> list[Told]:
    results = _Results()

    clients: dict[str, Any] = {}

    def follow(lane: Lane) -> None:
        for call in lane:
            began = time.monotonic()
            try:
                results.returned(call, began, _method(clients[world.url(call)], call)())
            except Exception as error:
                results.raised(call, began, error)

    def confirm(call: Call, told: Told, lookup: Any) -> None:
        client = clients[world.url(call)].with_options(headers=headers(call))
        try:
            results.confirmed(told, client.confirm(lookup))
        except Exception as error:
            results.confirm_failed(told, error)

    with ThreadPoolExecutor(concurrency) as pool, ExitStack() as stack:
        for url in (world.base_url, world.flapping_url):
            clients[url] = stack.enter_context(ApiPay(**world.settings(url)))
        _wait([pool.submit(follow, lane) for lane in lanes])
        for pause in _CONFIRM_AFTER if hasattr(ApiPay, "confirm") else ():
            if results.open():
                time.sleep(pause / world.speed)
            _wait([pool.submit(confirm, *one) for one in results.open()])
    return results.told


def _wait(futures: list[Future[None]]) -> None:
    for future in futures:
        future.result()


async def _tasks(concurrency: int, world: World, lanes: list[Lane]) -> list[Told]:
    results = _Results()

    clients: dict[str, Any] = {}

    async def follow(waiting: Iterator[Lane]) -> None:
        for lane in waiting:
            for call in lane:
                began = time.monotonic()
                try:
                    results.returned(call, began, await _method(clients[world.url(call)], call)())
                except Exception as error:
                    results.raised(call, began, error)

    async def confirm(waiting: Iterator[tuple[Call, Told, Any]]) -> None:
        for call, told, lookup in waiting:
            client = clients[world.url(call)].with_options(headers=headers(call))
            try:
                results.confirmed(told, await client.confirm(lookup))
            except Exception as error:
                results.confirm_failed(told, error)

    async with AsyncExitStack() as stack:
        for url in (world.base_url, world.flapping_url):
            client = AsyncApiPay(**world.settings(url))
            clients[url] = await stack.enter_async_context(client)
        queue = iter(lanes)
        async with anyio.create_task_group() as group:
            for _ in range(concurrency):
                group.start_soon(follow, queue)
        for pause in _CONFIRM_AFTER if hasattr(AsyncApiPay, "confirm") else ():
            found = results.open()
            if found:
                await anyio.sleep(pause / world.speed)
            waiting = iter(found)
            async with anyio.create_task_group() as group:
                for _ in range(concurrency):
                    group.start_soon(confirm, waiting)
    return results.told


# The control: what many integrations do


_PATHS = {
    "createInvoice": "/invoices",
    "createRefund": "/invoices/{}/refund",
    "cancelInvoice": "/invoices/{}/cancel",
    "pauseRecurringInvoice": "/recurring-invoices/{}/pause",
    "resumeRecurringInvoice": "/recurring-invoices/{}/resume",
    "billNowRecurringInvoice": "/recurring-invoices/{}/bill-now",
}


def _body(call: Call) -> dict[str, Any] | None:
    if call.operation not in ("createInvoice", "createRefund"):
        return None
    body: dict[str, Any] = {} if call.amount is None else {"amount": call.amount / 100}
    if call.operation == "createInvoice":
        body["phone_number"] = PHONE
    if call.text is not None:
        body["external_order_id" if call.operation == "createInvoice" else "reason"] = call.text
    return body


def _naive(concurrency: int, world: World, lanes: list[Lane]) -> list[Told]:
    """Retry with bare httpx on every failure, and believe every 2xx."""
    told: list[Told] = []

    def attempt(client: httpx.Client, call: Call) -> int:
        response = client.post(
            _PATHS[call.operation].format(call.target), json=_body(call), headers=headers(call)
        )
        response.raise_for_status()
        number: int = response.json()["id"]
        return number

    clients: dict[str, httpx.Client] = {}

    def follow(lane: Lane) -> None:
        for call in lane:
            began, result = time.monotonic(), None
            for tries in range(4):
                try:
                    result = attempt(clients[world.url(call)], call)
                    break
                except Exception:
                    time.sleep(0.02 * 2**tries)
            ended = time.monotonic()
            if result is None:
                told.append(Told(call.number, "failed", began, ended, error="gave up"))
            else:
                told.append(Told(call.number, "returned", began, ended, id=result))

    key = {"X-API-Key": world.api_key}
    with ThreadPoolExecutor(concurrency) as pool, ExitStack() as stack:
        for url in (world.base_url, world.flapping_url):
            client = httpx.Client(base_url=url, headers=key, timeout=TIMEOUT)
            clients[url] = stack.enter_context(client)
        _wait([pool.submit(follow, lane) for lane in lanes])
    return told
