"""Compare a call through apipay with the same call with bare httpx, side by side in one run.

    python benchmarks/overhead.py [--quick]

Both send the same JSON over a kept connection and read the response: bare httpx to `dict` and
`list` with `response.json()`, apipay to typed models, through errors, retries, pacing and the key's
budget, with the default hooks. Sync; the async client shares all of that code.

Two servers, each in a process of its own:
- `sandbox`: `apipay_sandbox`, which parses, checks and stores as a service has to. The limits are
  for this one. It is far faster than any service behind a network, and each millisecond of distance
  brings the ratio nearer to 1.
- `fixed`: responds with fixed bytes, the least that any HTTP server can do. It shows what apipay
  itself takes in microseconds. No create here: apipay rejects a response that does not match its
  request.

The two take turns in short rounds, so that a busy machine meets both; what counts is the least time
of any round (what the code costs when nothing disturbs it).

Limits, against the sandbox: get and create at most 1.10 of bare httpx, a list of 100 invoices at
most 1.35.
"""

import argparse
import gc
import itertools
import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import httpx
from _common import Figure, conclude, fixed_server, print_table, sandbox_process

from apipay import ApiPay
from apipay.pacing import RateLimit
from apipay_sandbox import RateLimit as EnforcedLimit
from apipay_sandbox import Sandbox

_KEY = "sandbox_overhead"
_LIMIT = 1_000_000
_ROUND = 10  # calls: a few milliseconds, so that some rounds are not disturbed
_INVOICE: dict[str, Any] = {
    "amount": 10000.5,
    "phone_number": "87001234567",
    "description": "Two jars of honey",
}
_orders = map("order-{}".format, itertools.count())

Call = Callable[[], object]


def calls(client: ApiPay, bare: httpx.Client, invoice: int) -> dict[str, tuple[Call, Call]]:
    """By name: the call with bare httpx, and the same one with apipay."""
    return {
        "get": (
            lambda: bare.get(f"/invoices/{invoice}").json(),
            lambda: client.invoices.get(invoice),
        ),
        "create": (
            lambda: bare.post(
                "/invoices", json={**_INVOICE, "external_order_id": next(_orders)}
            ).json(),
            lambda: client.invoices.create(
                amount="10000.5",
                phone_number="87001234567",
                description="Two jars of honey",
                external_order_id=next(_orders),
            ),
        ),
        "list of 100": (
            lambda: bare.get("/invoices", params={"page": 1, "per_page": 100}).json(),
            lambda: client.invoices.list(per_page=100),
        ),
    }


def compare(bare: Call, ours: Call, rounds: int) -> tuple[float, float, float]:
    """Return the least microseconds of a call, bare and ours, and the median of the ratios."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        for which in (0, 1) if number % 2 else (1, 0):
            call = (bare, ours)[which]
            began = time.perf_counter()
            for _ in range(_ROUND):
                call()
            times[which].append((time.perf_counter() - began) / _ROUND * 1e6)
    ratios = [after / before for before, after in zip(*times, strict=True)]
    return min(times[0]), min(times[1]), statistics.median(ratios)


def measure(base_url: str, rounds: int, *, creates: bool) -> dict[str, tuple[float, float, float]]:
    """Compare every call against one server."""
    headers = {"X-API-Key": _KEY, "Accept": "application/json"}
    limit = RateLimit(_LIMIT, 60)
    with (
        httpx.Client(base_url=base_url, headers=headers, timeout=30) as bare,
        ApiPay(_KEY, base_url=base_url, rate_limit=limit) as client,
    ):
        for _ in range(100 if creates else 0):
            client.invoices.create(**_INVOICE)
        found: dict[str, tuple[float, float, float]] = {}
        newest = client.invoices.list(per_page=1).data[0].id
        for name, (one, other) in calls(client, bare, newest).items():
            if name == "create" and not creates:
                continue
            for _ in range(10):
                one()
                other()
            gc.collect()
            gc.disable()
            found[name] = compare(one, other, rounds if name != "list of 100" else rounds // 4)
            gc.enable()
        return found


def fixed_bodies() -> dict[str, bytes]:
    """Return the sandbox's own responses, for the server that sends fixed bytes."""
    with Sandbox(rate_limit=None, api_key=_KEY) as sandbox:
        headers = {"X-API-Key": _KEY}
        with httpx.Client(base_url=sandbox.base_url, headers=headers) as bare:
            for _ in range(99):
                bare.post("/invoices", json=_INVOICE)
            created = bare.post("/invoices", json=_INVOICE).content
            page = bare.get("/invoices", params={"per_page": 100}).content
    number = json.loads(created)["id"]
    return {
        f"GET /api/invoices/{number}": created,
        "GET /api/invoices": page,
    }


def main() -> int:
    """Measure, print the table, and check the figures."""
    parser = argparse.ArgumentParser(description="A call compared with bare httpx.")
    parser.add_argument("--quick", action="store_true", help="few rounds; shows, does not judge")
    options = parser.parse_args()
    rounds = 10 if options.quick else 600
    results: dict[str, dict[str, tuple[float, float, float]]] = {}
    with sandbox_process(rate_limit=EnforcedLimit(_LIMIT, 60), api_key=_KEY) as url:
        results["sandbox"] = measure(url, rounds, creates=True)
    with fixed_server(fixed_bodies()) as url:
        results["fixed"] = measure(f"{url}/api", rounds, creates=False)
    rows: list[list[Any]] = [
        [f"{name}, {server}", round(bare), round(ours), round(ours - bare), ours / bare, median]
        for server, found in results.items()
        for name, (bare, ours, median) in found.items()
    ]
    print_table(["call, server", "httpx us", "apipay us", "more us", "ratio", "median"], rows)
    if options.quick:
        return 0
    judged = results["sandbox"]
    limits = {"get": 1.10, "create": 1.10, "list of 100": 1.35}
    return conclude(
        [
            Figure(f"{name}, ratio to httpx", round(judged[name][1] / judged[name][0], 3), limit)
            for name, limit in limits.items()
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
