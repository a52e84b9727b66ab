"""How far waits exceed their timeout, whatever the service does.

    python benchmarks/waits.py [--quick]

Each scenario is a service that fails in one way for as long as the wait lasts. `wait_for_payment`
and `watch_invoices` wait with three timeouts, verification for its window of 120 s. The budget is
that of the spec and is used up before in one scenario. Time is virtual: the overrun is what the
rules of the waits bring, without the time that this machine takes.

Figures: an overrun of two seconds at most, and no wait that ends without its timeout error.
"""

import argparse
import itertools
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import httpx
from _common import Figure, conclude, print_table

from apipay import ApiPay
from apipay.errors import VerificationTimeoutError, WaitTimeoutError
from apipay.testing import VirtualClock

_Respond = Callable[[httpx.Request], httpx.Response]
_ROWS = [{"id": number, "status": "pending"} for number in (1, 2, 3)]


@dataclass
class _Service:
    """A service on a virtual clock. `lag` seconds pass before each response."""

    clock: VirtualClock = field(default_factory=VirtualClock)
    lag: Callable[[], float] = lambda: 0.0
    respond: _Respond | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        lag, limit = self.lag(), request.extensions["timeout"]["read"]
        self.clock.sleep(min(lag, limit))
        if lag > limit:
            raise httpx.ReadTimeout("no response")
        if self.respond is not None:
            return self.respond(request)
        if request.url.path.endswith("/status"):
            return httpx.Response(200, json={"organization": {"id": 7, "status": "pending"}})
        if request.url.path.endswith("/invoices"):
            meta = {"current_page": 1, "per_page": 100, "total": 3}
            return httpx.Response(200, json={"data": _ROWS, "meta": meta})
        return httpx.Response(200, json=_ROWS[0])


def _refuse(_: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused")


def _cut(_: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("cut")


def _status(code: int, **body: object) -> _Respond:
    return lambda _: httpx.Response(code, json={"message": "no", **body})


def _every_second(respond: _Respond) -> _Service:
    service = _Service()
    other = _Service(service.clock)
    turns: Iterator[_Respond] = itertools.cycle([other, respond])

    def respond_in_turn(request: httpx.Request) -> httpx.Response:
        return next(turns)(request)

    service.respond = respond_in_turn
    return service


def _growing() -> Callable[[], float]:
    lags = iter(range(10**9))
    return lambda: float(next(lags))


_SCENARIOS: dict[str, Callable[[], _Service]] = {
    "always pending": _Service,
    "429, retry_after 60": lambda: _Service(respond=_status(429, retry_after=60)),
    "429, retry_after a day": lambda: _Service(respond=_status(429, retry_after=86_400)),
    "429 without retry_after": lambda: _Service(respond=_status(429)),
    "each response after 3 s": lambda: _Service(lag=lambda: 3.0),
    "each response 1 s later than the last": lambda: _Service(lag=_growing()),
    "no response": lambda: _Service(lag=lambda: math.inf),
    "connection refused": lambda: _Service(respond=_refuse),
    "connection cut": lambda: _Service(respond=_cut),
    "503 every second time": lambda: _every_second(_status(503)),
    "302 every second time": lambda: _every_second(_status(302)),
    "rate budget used up": _Service,
}


def _overrun(make: Callable[[], _Service], what: str, timeout: float, used_up: bool) -> float:
    """Return by how many seconds a wait exceeded its timeout; infinity if it ended otherwise."""
    service = make()
    clock = service.clock
    with ApiPay(
        "key",
        base_url="http://127.0.0.1:9/api",
        transport=httpx.MockTransport(service),
        clock=clock,
    ) as client:
        if used_up:
            for _ in range(60):
                client.invoices.get(1, options={"priority": "high"})
        began = clock.monotonic()
        try:
            if what == "payment":
                client.wait_for_payment(1, timeout=timeout)
            elif what == "watch":
                list(client.watch_invoices([1, 2, 3], timeout=timeout))
            else:
                client.wait_for_verification(7)
        except (WaitTimeoutError, VerificationTimeoutError):
            return clock.monotonic() - began - timeout
        return math.inf


def main() -> int:
    """Wait in each scenario, print the table, and check the figures."""
    parser = argparse.ArgumentParser(description="Overruns of timeouts.")
    parser.add_argument("--quick", action="store_true", help="accepted for symmetry; no effect")
    parser.parse_args()
    columns = [(what, seconds) for what in ("payment", "watch") for seconds in (0.0, 5.0, 900.0)]
    columns.append(("verification", 120.0))
    rows: list[list[object]] = []
    overruns: list[float] = []
    for name, make in _SCENARIOS.items():
        row = [
            round(_overrun(make, *column, name == "rate budget used up"), 6) for column in columns
        ]
        overruns += row
        rows.append([name, *row])
    print("Overrun in seconds")
    print_table(["the service", *(f"{what} {seconds:g}" for what, seconds in columns)], rows)
    return conclude(
        [
            Figure("worst overrun, in seconds", round(max(overruns), 3), 2),
            Figure("waits that ended too early", sum(each < 0 for each in overruns), 0),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
