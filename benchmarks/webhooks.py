"""The cost of `unwrap`, as a ratio to bare `hmac` and `json.loads` of the same delivery.

    python benchmarks/webhooks.py

Prints the ratios, for a signature and for a mapping of headers, and exits with 1 when one is over
the limit (2.0). Both sides do the same work on the same bytes, in turns. Each counts with the
fastest tenth of many short rounds, so that what other processes take is not measured. `unwrap`
checks more (size, form, UTF-8, amounts, nesting) and gives an event with Decimal money and
datetimes; the bare side gives a dict with strings.
"""

import hashlib
import hmac
import json
import statistics
import sys
from collections.abc import Callable
from time import perf_counter

from apipay.webhooks import sign, unwrap

LIMIT = 2.0
ROUNDS = 3000
CALLS = 10
SECRET = "whsec_benchmark"
BODY = json.dumps(
    {
        "event": "invoice.status_changed",
        "invoice": {
            "id": 4217,
            "external_order_id": "order-1042",
            "amount": "10000.00",
            "status": "paid",
            "description": "Two jars of honey",
            "kaspi_invoice_id": "9081726354",
            "client_name": "Aigerim B.",
            "client_phone": "87001234567",
            "paid_at": "2026-11-20T09:18:40Z",
        },
        "timestamp": "2026-11-20T09:18:42Z",
    }
).encode()
SIGNATURE = sign(BODY, SECRET)
HEADERS = {
    "host": "shop.kz",
    "user-agent": "ApiPay",
    "content-type": "application/json",
    "content-length": str(len(BODY)),
    "x-webhook-signature": SIGNATURE,
}


def bare() -> object:
    """Verify and parse by hand."""
    mac = hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(f"sha256={mac}", SIGNATURE):
        raise ValueError("forged")
    return json.loads(BODY)


def from_signature() -> object:
    return unwrap(BODY, SIGNATURE, SECRET)


def from_headers() -> object:
    return unwrap(BODY, HEADERS, SECRET)


def microseconds(function: Callable[[], object]) -> float:
    start = perf_counter()
    for _ in range(CALLS):
        function()
    return (perf_counter() - start) / CALLS * 1e6


def main() -> int:
    sides = (bare, from_signature, from_headers)
    times: dict[str, list[float]] = {side.__name__: [] for side in sides}
    for _ in range(ROUNDS):
        for side in sides:
            times[side.__name__].append(microseconds(side))
    fastest = {name: statistics.quantiles(values, n=10)[0] for name, values in times.items()}
    for name, value in fastest.items():
        print(f"{name:15} {value:6.2f} us  {value / fastest['bare']:5.2f} x bare")
    ratios = [fastest[side.__name__] / fastest["bare"] for side in sides[1:]]
    print(f"verify and parse at {max(ratios):.2f} of bare hmac + json.loads (limit {LIMIT})")
    return 0 if max(ratios) <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
