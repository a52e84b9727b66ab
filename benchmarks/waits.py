"""1,000 tasks that each wait for a payment, on one async client.

    python benchmarks/waits.py [--quick]

The sandbox, in another process, pays each invoice three seconds after its creation; 20 waits have
too short a timeout and end with `WaitTimeoutError`. Connections are counted by the system, memory
is what Python allocates (tracemalloc) from before the first wait to its highest.

Figures: all waits end, each as it should; at most 2 connections at any moment (the waits share
their rounds, and a round reads one page after the other); at most 1 MiB for what they share (a
page, code that is read meanwhile) and 8 KiB for each wait; and fewer requests than one for each
wait.
"""

import argparse
import contextlib
import sys
import time
import tracemalloc
from collections import Counter
from pathlib import Path

import anyio
import httpx
from _common import Figure, conclude, print_table, sandbox_process

from apipay import AsyncApiPay
from apipay.errors import WaitTimeoutError
from apipay.hooks import Hook, SendEvent

_KEY = "sandbox_waits"
_PAID_AFTER = 3.0
_SHARED = 1024 * 1024  # bytes
_HURRIED = 50  # every so many-th wait has too short a timeout


def connections_to(port: int) -> int:
    """How many connections of this machine are open to a port of it; 0 where nobody can tell."""
    table = Path("/proc/net/tcp")
    if not table.exists():
        return 0
    rows = (line.split() for line in table.read_text().splitlines()[1:])
    return sum(row[2].endswith(f":{port:04X}") and row[3] == "01" for row in rows)


class _Watcher(Hook):
    """Counts requests, and the connections that are open when one is sent, once it is `on`."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.on = False
        self.requests = 0
        self.connections = 0

    def before_send(self, event: SendEvent) -> None:
        if not self.on:
            return
        self.requests += 1
        self.connections = max(self.connections, connections_to(self._port))


async def _wait_for_all(url: str, count: int) -> tuple[Counter[str], _Watcher, int, float]:
    watcher = _Watcher(httpx.URL(url).port or 0)
    ends: Counter[str] = Counter()
    async with AsyncApiPay(_KEY, base_url=url, rate_limit=None, hooks=[watcher]) as client:
        ids = [
            (await client.invoices.create(amount=100, phone_number="87001234567")).id
            for _ in range(count)
        ]
        with contextlib.suppress(WaitTimeoutError):  # what it imports is no memory of the waits
            await client.wait_for_payment(ids[0], timeout=0.001)
        watcher.on = True

        async def wait(place: int, invoice: int) -> None:
            hurried = place % _HURRIED == 0
            try:
                paid = await client.wait_for_payment(invoice, timeout=0.5 if hurried else 120)
            except WaitTimeoutError:
                ends["timed out" if hurried else "wrong"] += 1
            else:
                right = paid.id == invoice and paid.status == "paid"
                ends["paid" if right else "wrong"] += 1

        began = time.perf_counter()
        tracemalloc.start()
        async with anyio.create_task_group() as group:
            for place, invoice in enumerate(ids):
                group.start_soon(wait, place, invoice)
        memory = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return ends, watcher, memory, time.perf_counter() - began


def main() -> int:
    """Wait, print the table, and check the figures."""
    parser = argparse.ArgumentParser(description="Many waits on one client.")
    parser.add_argument("--quick", action="store_true", help="200 waits instead of 1,000")
    count = 200 if parser.parse_args().quick else 1000
    with sandbox_process(api_key=_KEY, rate_limit=None, auto_pay=_PAID_AFTER) as url:
        ends, watcher, memory, seconds = anyio.run(_wait_for_all, url, count)
    own = max(0, memory - _SHARED)
    print_table(
        ["waits", "paid", "timed out", "wrong", "requests", "connections", "KiB a wait", "seconds"],
        [
            [
                count,
                ends["paid"],
                ends["timed out"],
                ends["wrong"],
                watcher.requests,
                watcher.connections,
                memory / count / 1024,
                seconds,
            ]
        ],
    )
    return conclude(
        [
            Figure("waits that did not end well", count - ends["paid"] - ends["timed out"], 0),
            Figure("connections at once", watcher.connections, 2),
            Figure("KiB for each wait, beyond 1 MiB", round(own / count / 1024, 1), 8),
            Figure("requests for each wait", round(watcher.requests / count, 3), 1),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
