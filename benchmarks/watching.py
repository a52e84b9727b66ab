"""Watching 1,000 pending invoices: requests in each round, and how soon a payment is reported.

    python benchmarks/watching.py [--quick]

`watch_invoices` reads lists, 100 invoices in a request. Between rounds some invoices are paid,
cancelled or expire; each must be given in the very next round. Beside it stands polling every
invoice by itself, as most SDKs leave it to their users. Time is virtual; the sandbox is real.

- `newest`: the watched invoices are the merchant's latest; 40 settle between two rounds. (500 older
  ones are pending too, and not watched.)
- `deep`: 3,000 later invoices, settled by now, lie on top of them. Then the list of pending ones is
  read, and each invoice that has left it costs one request, once: 1 settles between two rounds.

Figures: at most 11 requests in any round, and no settled invoice left out of the next one.
"""

import argparse
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from _common import Figure, conclude, print_table

from apipay import ApiPay
from apipay.hooks import Hook, SendEvent
from apipay.payments import watch_invoices
from apipay.testing import VirtualClock
from apipay_sandbox import Sandbox

_INVOICE: dict[str, Any] = {"amount": 100, "phone_number": "87001234567"}


class _Requests(Hook):
    def __init__(self) -> None:
        self.sent = 0

    def before_send(self, event: SendEvent) -> None:
        self.sent += 1


@dataclass
class Result:
    """What one way of watching cost."""

    rounds: list[int] = field(default_factory=list[int])
    """Requests in each."""
    settled: int = 0
    late: int = 0
    """Settled invoices that the next round did not report."""
    seconds: float = 0.0
    """Virtual."""


class _Case:
    """A sandbox with invoices, a client that counts, and payers that settle some each round."""

    def __init__(self, sandbox: Sandbox, client: ApiPay, counter: _Requests, clock: VirtualClock):
        self.sandbox = sandbox
        self.client = client
        self.counter = counter
        self.clock = clock
        self.random = random.Random(20261122)

    def create(self, count: int) -> list[int]:
        return [self.client.invoices.create(**_INVOICE).id for _ in range(count)]

    def settle(self, number: int) -> None:
        verbs: list[Callable[[int], object]] = [
            self.sandbox.pay,
            self.sandbox.expire,
            self.sandbox.decline,
        ]
        self.random.choice(verbs)(number)

    def watch(self, watched: list[int], each_round: int, rounds: int) -> Result:
        """Watch; settle so many before each round but the first; stop after so many rounds."""
        result = Result()
        left = set(watched)
        waiting: set[int] = set()  # settled, and not given yet
        began, self.counter.sent = self.clock.monotonic(), 0

        def after_round(_: int) -> None:
            result.rounds.append(self.counter.sent)
            result.late += len(waiting)
            if len(result.rounds) < rounds:
                for number in self.random.sample(sorted(left), min(each_round, len(left))):
                    self.settle(number)
                    left.discard(number)
                    waiting.add(number)
                    result.settled += 1
            else:  # so that the watch gives one more, and can be left
                for number in left:
                    self.sandbox.pay(number)
            self.counter.sent = 0

        given = watch_invoices(
            self.client, watched, timeout=None, on_round=after_round, clock=self.clock
        )
        for invoice in given:
            waiting.discard(invoice.id)
            result.seconds = self.clock.monotonic() - began
            if len(result.rounds) >= rounds:
                break
        return result

    def poll_singly(self, watched: list[int]) -> Result:
        """One round of asking for each invoice by itself."""
        self.counter.sent = 0
        for number in watched:
            self.client.invoices.get(number)
        return Result([self.counter.sent])


def main() -> int:
    """Watch, print the table, and check the figures."""
    parser = argparse.ArgumentParser(description="Watching many invoices.")
    parser.add_argument("--quick", action="store_true", help="few rounds")
    rounds = 5 if parser.parse_args().quick else 20
    clock, counter = VirtualClock(), _Requests()
    results: dict[str, Result] = {}
    with Sandbox(rate_limit=None, payment_deadline=10**9, clock=clock) as sandbox:
        url, key = sandbox.base_url, sandbox.api_key
        with ApiPay(key, base_url=url, rate_limit=None, hooks=[counter], clock=clock) as client:
            case = _Case(sandbox, client, counter, clock)
            case.create(500)
            watched = case.create(1000)
            results["newest, 40 settle a round"] = case.watch(watched, 40, rounds)
            watched = case.create(1000)
            for number in case.create(3000):
                case.settle(number)
            results["one request per invoice"] = case.poll_singly(watched)
            results["deep, 1 settles a round"] = case.watch(watched, 1, rounds)
    for name, result in results.items():
        print(f"{name}: {result.rounds}")
    print_table(
        ["watching 1,000 invoices", "rounds", "most", "mean", "settled", "late", "min at 60/min"],
        [
            [
                name,
                len(one.rounds),
                max(one.rounds),
                sum(one.rounds) / len(one.rounds),
                one.settled,
                one.late,
                max(one.rounds) / 60,
            ]
            for name, one in results.items()
        ],
    )
    ours = [one for name, one in results.items() if one.settled]
    return conclude(
        [
            Figure("requests in any round", max(max(one.rounds) for one in ours), 11),
            Figure("settled, and not reported in the next round", sum(one.late for one in ours), 0),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
