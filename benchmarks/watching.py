"""Watching 1,000 pending invoices: requests in each round, and how soon a payment is reported.

    python benchmarks/watching.py [--quick]

`watch_invoices` reads lists, 100 invoices in a request, compared with one request per invoice.
Between rounds some invoices are paid, cancelled or expire; each must be given in the next round.
Time is virtual; the sandbox is real.

- `newest`: the watched invoices are the merchant's only open ones; 40 become final between two
  rounds. What is left of the list of open ones is read, and the list of final ones, as each of its
  pages shows several.
- `others`: 500 newer invoices are open too, and not watched; 3,000 newer ones are final. 1 becomes
  final between two rounds and is read by itself.

Figures: in a round at most P / 100 + k + 2 requests, where P invoices are open and k watched ones
became final, 13 on average where only watched ones are open; none is reported late.
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
    final: int = 0
    late: int = 0
    """Final invoices that the next round did not report."""
    seconds: float = 0.0
    """Virtual."""


class _Case:
    """A sandbox with invoices, a client that counts, and payers that act between rounds."""

    def __init__(self, sandbox: Sandbox, client: ApiPay, counter: _Requests, clock: VirtualClock):
        self.sandbox = sandbox
        self.client = client
        self.counter = counter
        self.clock = clock
        self.random = random.Random(20261122)

    def create(self, count: int) -> list[int]:
        return [self.client.invoices.create(**_INVOICE).id for _ in range(count)]

    def finish(self, number: int) -> None:
        ways: list[Callable[[int], object]] = [
            self.sandbox.pay,
            self.sandbox.expire,
            self.sandbox.decline,
        ]
        self.random.choice(ways)(number)

    def watch(self, watched: list[int], each_round: int, rounds: int) -> Result:
        """Watch for `rounds` rounds; before each but the first, `each_round` become final."""
        result = Result()
        left = set(watched)
        waiting: set[int] = set()  # final, and not given yet
        began, self.counter.sent = self.clock.monotonic(), 0

        def after_round(_: int) -> None:
            result.rounds.append(self.counter.sent)
            result.late += len(waiting)
            if len(result.rounds) < rounds:
                for number in self.random.sample(sorted(left), min(each_round, len(left))):
                    self.finish(number)
                    left.discard(number)
                    waiting.add(number)
                    result.final += 1
            else:  # so that the watch gives one more, and can be left
                for number in left:
                    self.sandbox.pay(number)
            self.counter.sent = 0

        given = self.client.watch_invoices(watched, timeout=None, on_round=after_round)
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
            watched = case.create(1000)
            results["newest, 40 final a round"] = case.watch(watched, 40, rounds)
            watched = case.create(1000)
            case.create(500)
            for number in case.create(3000):
                case.finish(number)
            results["one request per invoice"] = case.poll_singly(watched)
            results["others, 1 final a round"] = case.watch(watched, 1, rounds)
    for name, result in results.items():
        print(f"{name}: {result.rounds}")
    print_table(
        ["watching 1,000 invoices", "rounds", "most", "mean", "final", "late", "min at 60/min"],
        [
            [
                name,
                len(one.rounds),
                max(one.rounds),
                sum(one.rounds) / len(one.rounds),
                one.final,
                one.late,
                max(one.rounds) / 60,
            ]
            for name, one in results.items()
        ],
    )
    ours = [one for one in results.values() if one.final]
    newest, others = ours
    mean = round(sum(newest.rounds) / len(newest.rounds), 1)
    return conclude(
        [
            Figure("requests in a round on average, newest, 40 final", mean, 13),
            Figure("requests in any round, newest, 40 final", max(newest.rounds), 10 + 40 + 2),
            Figure("requests in any round, others, 1 final", max(others.rounds), 15 + 1 + 2),
            Figure("final, and not reported in the next round", sum(one.late for one in ours), 0),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
