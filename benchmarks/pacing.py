"""Pacing against a limit that is enforced: no 429, and little of the allowance left unused.

    python benchmarks/pacing.py [--quick]

The sandbox's limiter allows 60 requests in each window and refuses more. The clients make five
windows' worth of calls, 300, as fast as their budget lets them. The allowance of four windows is
240 requests: `used` is four windows over the time from the first response to the 241st, which is
the first of the fifth window.

- `virtual`: windows of 60 s as in the spec and round trips of 0.1 s, on a virtual clock:
  8 threads or 8 tasks on one client, against a fixed and against a sliding window.
- `real`: the sandbox over HTTP, in another process, with windows of 4 s, in which every lost
  millisecond weighs 15 times as much: 8 threads on one client; and 4 processes, each with a client
  of 2 threads, that share one budget in one Redis (Debian's redis-server, started on a free port;
  without it these rows are left out, and say so). The best of at most three runs counts for
  `used`, since a busy machine takes time that no pacing can give back; every run for 429.

Figures: no 429, and at least 97% used, in every row.
"""

import argparse
import contextlib
import multiprocessing
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from typing import Any, Literal

import anyio
import httpx
from _common import Figure, conclude, print_table, sandbox_process

from apipay import ApiPay, AsyncApiPay, RetryPolicy
from apipay._clock import SYSTEM_CLOCK, Clock
from apipay.hooks import Hook, ResponseEvent
from apipay.pacing import RateLimit
from apipay.testing import VirtualClock
from apipay_sandbox import RateLimit as EnforcedLimit
from apipay_sandbox.ratelimit import Limiter

_KEY = "sandbox_pacing"
_REQUESTS = 60
_PROCESSES = 4
_ROUND_TRIP = 0.1  # virtual seconds
_LIST = {"data": [], "meta": {"current_page": 1, "per_page": 1, "total": 0}}

_LEAST_USED = 0.97
_KINDS: tuple[Literal["fixed", "sliding"], ...] = ("fixed", "sliding")


class _Times(Hook):
    """When responses came, and how many of them were 429."""

    def __init__(self, clock: Clock = SYSTEM_CLOCK) -> None:
        self._now = clock.monotonic  # the same in all processes of a machine
        self.answered: list[float] = []
        self.refused = 0

    def after_response(self, event: ResponseEvent) -> None:
        self.answered.append(self._now())
        self.refused += event.status_code == 429


class _LimitedServer(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """The sandbox's limiter at the end of a line that takes virtual time."""

    def __init__(self, limit: EnforcedLimit, clock: VirtualClock) -> None:
        self._limiter = Limiter(limit)
        self._clock = clock
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._clock.sleep(_ROUND_TRIP / 2)
        response = self._respond()
        self._clock.sleep(_ROUND_TRIP / 2)
        return response

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await self._clock.sleep_async(_ROUND_TRIP / 2)
        response = self._respond()
        await self._clock.sleep_async(_ROUND_TRIP / 2)
        return response

    def _respond(self) -> httpx.Response:
        with self._lock:
            decision = self._limiter.take(_KEY, self._clock.monotonic())
        assert decision is not None
        if not decision.passes:
            refusal = {"message": "Too many requests.", "retry_after": decision.retry_after}
            return httpx.Response(429, json=refusal)
        headers = {"X-RateLimit-Remaining": str(decision.remaining)}
        return httpx.Response(200, json=_LIST, headers=headers)


@dataclass
class Result:
    """What came of one way of calling."""

    name: str
    calls: int
    refused: int
    seconds: float
    used: float
    """Share of the allowance."""


def _result(name: str, times: list[_Times], windows: int, window: float) -> Result:
    answered = sorted(moment for one in times for moment in one.answered)
    allowed = (windows - 1) * _REQUESTS
    return Result(
        name=name,
        calls=len(answered),
        refused=sum(one.refused for one in times),
        seconds=answered[-1] - answered[0],
        used=(windows - 1) * window / (answered[allowed] - answered[0]),
    )


def with_threads(settings: dict[str, Any], calls: int, threads: int = 8) -> _Times:
    """Make the calls from threads on one client."""
    clock: Clock = settings.get("clock", SYSTEM_CLOCK)
    times = _Times(clock)
    left = iter(range(calls))
    take = threading.Lock()

    def work() -> None:
        # On the virtual clock a thread that does not sleep holds the time.
        takes_part = getattr(clock, "participant", contextlib.nullcontext)
        with takes_part():
            ready.wait()
            while True:
                with take:
                    if next(left, None) is None:
                        return
                client.invoices.list(per_page=1)

    ready = threading.Barrier(threads)
    with (
        ApiPay(**settings, api_key=_KEY, hooks=[times]) as client,
        ThreadPoolExecutor(threads) as pool,
    ):
        for future in [pool.submit(work) for _ in range(threads)]:
            future.result()
    return times


def with_tasks(settings: dict[str, Any], calls: int) -> _Times:
    """Make the calls from 8 tasks on one async client."""
    times = _Times(settings.get("clock", SYSTEM_CLOCK))

    async def run() -> None:
        left = iter(range(calls))

        async def work() -> None:
            for _ in left:
                await client.invoices.list(per_page=1)

        async with (
            AsyncApiPay(**settings, api_key=_KEY, hooks=[times]) as client,
            anyio.create_task_group() as group,
        ):
            for _ in range(8):
                group.start_soon(work)

    anyio.run(run)
    return times


@contextlib.contextmanager
def redis_server() -> Iterator[int]:
    """Run a redis-server that stores nothing; give its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1"]
    quiet = ["--save", "", "--appendonly", "no"]
    server = subprocess.Popen([*command, *quiet], stdout=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.02)
        yield port
    finally:
        server.terminate()
        server.wait()


def _process(url: str, port: int, window: float, calls: int, start: Barrier, results: Any) -> None:
    from apipay.pacing.redis import RedisBudget

    try:
        limit = RateLimit(_REQUESTS, window)
        budget = RedisBudget(f"redis://127.0.0.1:{port}", _KEY, limit, timeout=5)
        start.wait(60)
        times = with_threads({"base_url": url, "budget": budget}, calls, threads=2)
        results.put((times.answered, times.refused))
    except BaseException as error:
        results.put(error)  # or the parent would wait for it in vain
        raise


def with_processes(url: str, window: float, calls: int) -> list[_Times]:
    """Make the calls from several processes, whose budget is in one Redis."""
    spawn = multiprocessing.get_context("spawn")
    start, results = spawn.Barrier(_PROCESSES), spawn.Queue()
    found: list[_Times] = []
    with redis_server() as port:
        arguments = (url, port, window, calls // _PROCESSES, start, results)
        processes = [spawn.Process(target=_process, args=arguments) for _ in range(_PROCESSES)]
        for process in processes:
            process.start()
        for _ in processes:
            result = results.get(timeout=120)
            if isinstance(result, BaseException):
                raise result
            times = _Times()
            times.answered, times.refused = result
            found.append(times)
        for process in processes:
            process.join()
    return found


def virtual_rows(windows: int) -> Iterator[Result]:
    """Windows of a minute on a virtual clock."""
    window, calls = 60.0, windows * _REQUESTS
    ways = {"8 threads": with_threads, "8 tasks": with_tasks}
    for name, way in ways.items():
        for kind in _KINDS:
            clock = VirtualClock()
            settings = {
                "clock": clock,
                "rate_limit": RateLimit(_REQUESTS, window),
                "retry": RetryPolicy(deadline=None),
                "transport": _LimitedServer(EnforcedLimit(_REQUESTS, window, kind), clock),
            }
            times = way(settings, calls)
            yield _result(f"{name}, virtual, {kind}", [times], windows, window)


def real_rows(windows: int, window: float, most_runs: int) -> Iterator[Result]:
    """Short windows, the sandbox over HTTP."""
    calls = windows * _REQUESTS
    limit = RateLimit(_REQUESTS, window)
    ways: dict[str, Callable[[str], list[_Times]]] = {
        "8 threads": lambda url: [with_threads({"base_url": url, "rate_limit": limit}, calls)],
    }
    if shutil.which("redis-server"):
        ways["4 processes, Redis"] = lambda url: with_processes(url, window, calls)
    else:
        print("redis-server is not installed, so the rows with 4 processes are left out.")
    for name, way in ways.items():
        for kind in _KINDS:
            enforced = EnforcedLimit(_REQUESTS, window, kind)
            runs: list[Result] = []
            while len(runs) < most_runs and all(one.used < _LEAST_USED for one in runs):
                with sandbox_process(api_key=_KEY, rate_limit=enforced) as url:
                    found = way(url)
                runs.append(_result(f"{name}, real, {kind}", found, windows, window))
            best = max(runs, key=lambda one: one.used)
            best.refused = sum(one.refused for one in runs)
            yield best


def main() -> int:
    """Run every row, print the table, and check the figures."""
    parser = argparse.ArgumentParser(description="Pacing against an enforced limit.")
    parser.add_argument(
        "--quick", action="store_true", help="short; does not judge `used` in real time"
    )
    options = parser.parse_args()
    windows = 3 if options.quick else 5
    real = real_rows(windows, 0.6, 1) if options.quick else real_rows(windows, 4.0, 3)
    results = [*virtual_rows(windows), *real]
    print_table(
        ["calls from, server's window", "calls", "429", "seconds", "used"],
        [[one.name, one.calls, one.refused, one.seconds, f"{one.used:.1%}"] for one in results],
    )
    judged = [one for one in results if not options.quick or "virtual" in one.name]
    least = round(min(one.used for one in judged), 4)
    return conclude(
        [
            Figure("429", sum(one.refused for one in results), 0),
            Figure("used, share of the allowance", least, _LEAST_USED, at_least=True),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
