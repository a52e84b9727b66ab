"""The client processes of the fault run: threads, asyncio, trio, and two controls."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import anyio
import httpx
from _common import FastClock
from _faults_judge import CREATES, STATUSES, Call, Told
from _faults_proxy import HEADER, REFUSED

from apipay import ApiPay, AsyncApiPay
from apipay.errors import ApiPayError, OutcomeUnknownError

TIMEOUT = 0.5
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
    """"apipay", or the name of a control."""
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
    if world.client in _CONTROLS:  # have no async form
        return _controls(concurrency, world, lanes)
    if kind == "threads":
        return _threads(concurrency, world, lanes)
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


# The controls: bare httpx


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


Outcome = tuple[Literal["returned", "failed", "unknown"], int | None]
Control = Callable[[httpx.Client, Call, "_Given"], Outcome]


class _Given:
    """The ids that calls of this process were given."""

    def __init__(self) -> None:
        self._ids = set[tuple[str, int]]()
        self._lock = threading.Lock()

    def claim(self, kind: str, number: int) -> bool:
        with self._lock:
            is_new = (kind, number) not in self._ids
            self._ids.add((kind, number))
            return is_new


def _post(client: httpx.Client, call: Call) -> httpx.Response:
    path = _PATHS[call.operation].format(call.target)
    return client.post(path, json=_body(call), headers=headers(call))


def _naive(client: httpx.Client, call: Call, given: _Given) -> Outcome:
    """Retry on every failure, and believe every 2xx."""
    for tries in range(4):
        try:
            return "returned", _post(client, call).raise_for_status().json()["id"]
        except Exception:
            time.sleep(0.02 * 2**tries)
    return "failed", None


def _strict(client: httpx.Client, call: Call, given: _Given) -> Outcome:
    """Follow the money rule in its shortest form: no lookup, so that each doubt stays unknown."""
    for tries in range(6):
        try:
            response = _post(client, call)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            time.sleep(0.02 * 2**tries)
            continue
        except httpx.HTTPError:
            return "unknown", None
        if response.status_code == 429:
            time.sleep(0.02 * 2**tries)
            continue
        if response.status_code in (400, 401, 403, 404, 409, 410, 422):
            return "failed", None
        number = _matching_id(call, response)
        if number is None or (
            call.operation in CREATES and not given.claim(CREATES[call.operation], number)
        ):
            return "unknown", None
        return "returned", number
    return "failed", None


def _matching_id(call: Call, response: httpx.Response) -> int | None:
    """Return the id in a response that fits the call, else None."""
    try:
        shown = response.json()
        if response.status_code != 200 or not isinstance(shown["id"], int):
            return None
        match call.operation:
            case "createInvoice":
                fits = shown["external_order_id"] == call.text and shown["client_phone"] == PHONE
                fits = fits and Decimal(shown["amount"]) * 100 == call.amount
            case "createRefund":
                fits = shown["invoice_id"] == call.target and shown["reason"] == call.text
                fits = fits and Decimal(shown["amount"]) * 100 == call.amount
            case "billNowRecurringInvoice":
                fits = "payment_url" in shown
            case _:
                fits = shown["id"] == call.target and shown["status"] == STATUSES[call.operation]
    except (ValueError, KeyError, TypeError):
        return None
    return shown["id"] if fits else None


_CONTROLS: dict[str, Control] = {"naive": _naive, "strict": _strict}


def _controls(concurrency: int, world: World, lanes: list[Lane]) -> list[Told]:
    control, given = _CONTROLS[world.client], _Given()
    told: list[Told] = []
    own = threading.local()  # each thread has connections of its own
    with ThreadPoolExecutor(concurrency) as pool, ExitStack() as stack:

        def client_for(url: str) -> httpx.Client:
            clients: dict[str, httpx.Client] = own.__dict__.setdefault("clients", {})
            if url not in clients:
                key = {"X-API-Key": world.api_key}
                client = httpx.Client(base_url=url, headers=key, timeout=TIMEOUT, verify=False)
                clients[url] = stack.enter_context(client)
            return clients[url]

        def follow(lane: Lane) -> None:
            for call in lane:
                url, began = world.url(call), time.monotonic()
                client = client_for(url)
                kind, number = control(client, call, given)
                told.append(Told(call.number, kind, began, time.monotonic(), id=number))
                if kind == "unknown":  # the connection may be a response behind
                    client.close()
                    del own.clients[url]

        _wait([pool.submit(follow, lane) for lane in lanes])
    return told
