"""One row of the fault run: calls under one fault, sync and async at once, and the truth after it.

Waits of the client and the sandbox's time run on one clock, ten times as fast as real time;
timeouts and the faults' own delays are real.
"""

import itertools
import random
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import anyio
import httpx
from _common import FastClock
from _truth import Findings, Told, judge_creates, judge_refunds, untold

from apipay import ApiPay, AsyncApiPay
from apipay.errors import ApiPayError, Lookup, OutcomeUnknownError
from apipay.hooks import Hook, RetryEvent, SendEvent
from apipay_sandbox import Fault, Sandbox

_SPEED = 10.0
_TIMEOUT = 0.35  # real seconds
_THREADS = 16
_TASKS = 48
_PART = 2500  # tiyn: a quarter of each invoice
_WHOLE = 4 * _PART
_LOOKUPS = {
    "createInvoice": ("listInvoices", "getInvoice"),
    "createRefund": ("listInvoiceRefunds", "getRefund", "getInvoice"),
}


@dataclass(frozen=True)
class Scenario:
    """A row: the faults, each with the share of the creates and refunds that it hits."""

    name: str
    faults: tuple[tuple[dict[str, Any], float], ...]


@dataclass
class Row:
    """What came of one scenario."""

    name: str
    creates: int = 0
    refunds: int = 0
    hits: int = 0
    resent: int = 0
    looked_up: int = 0
    returned: int = 0
    failed: int = 0
    unknown: int = 0
    untyped: int = 0
    duplicates: int = 0
    lost: int = 0
    misled: int = 0
    """Unknown outcomes whose `lookup` did not lead to the truth."""
    late: int = 0
    """Late duplicates that the client cancelled and reported."""
    errors: Counter[str] = field(default_factory=Counter[str])
    notes: list[str] = field(default_factory=list[str])

    def count(self, told: Iterable[Told]) -> None:
        for one in told:
            setattr(self, one.kind, getattr(self, one.kind) + 1)
            if one.error is not None:
                self.errors[type(one.error).__name__] += 1
                if one.kind == "untyped":
                    self.notes.append(f"untyped: {one.error!r}")

    def add(self, found: Findings) -> None:
        self.duplicates += found.duplicates
        self.lost += found.lost
        self.notes += found.notes


class _Counting(Hook):
    """Counts what the client did about the faults. Threads may lose a count; it is for show."""

    def __init__(self, row: Row) -> None:
        self._row = row

    def before_retry(self, event: RetryEvent) -> None:
        self._row.resent += 1

    def before_send(self, event: SendEvent) -> None:
        self._row.looked_up += event.purpose == "lookup"


class _Run:
    """The clients, the sandbox and the row of one scenario."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario = scenario
        self.random = random.Random(f"{seed} {scenario.name}")
        self.row = Row(scenario.name)
        self.clock = FastClock(_SPEED)
        self.sandbox = Sandbox(rate_limit=None, clock=self.clock)

    def settings(self) -> dict[str, Any]:
        return {
            "api_key": self.sandbox.api_key,
            "base_url": self.sandbox.base_url,
            "timeout": httpx.Timeout(_TIMEOUT),
            "rate_limit": None,
            "hooks": [_Counting(self.row)],
            "clock": self.clock,
        }

    def inject(self, operation: str) -> None:
        """Let the operation go wrong, and its look-ups a third as often."""
        for name in (operation, *_LOOKUPS[operation]):
            for details, share in self.scenario.faults:
                probability = share if name == operation else share / 3
                seed = self.random.randrange(2**32)
                self.sandbox.inject(
                    Fault(**details, operation=name, probability=probability, seed=seed)
                )

    def end_faults(self) -> None:
        self.row.hits += sum(one.hits for one in self.sandbox.faults())
        self.sandbox.clear_faults()

    def make_all(
        self,
        sync_calls: list[Callable[[ApiPay], Told]],
        async_calls: list[Callable[[AsyncApiPay], Awaitable[Told]]],
        backend: str,
    ) -> tuple[list[Told], list[Told]]:
        """Make all calls: from threads on one client, and from tasks on another, side by side."""
        with ThreadPoolExecutor(_THREADS) as pool, ApiPay(**self.settings()) as client:
            futures = [pool.submit(call, client) for call in sync_calls]
            told = anyio.run(self._make_async, async_calls, backend=backend)
            return [future.result() for future in futures], told

    async def _make_async(
        self, calls: list[Callable[[AsyncApiPay], Awaitable[Told]]]
    ) -> list[Told]:
        told: dict[int, Told] = {}
        queue = iter(enumerate(calls))

        async def work(client: AsyncApiPay) -> None:
            for place, call in queue:
                told[place] = await call(client)

        async with AsyncApiPay(**self.settings()) as client, anyio.create_task_group() as group:
            for _ in range(_TASKS):
                group.start_soon(work, client)
        return [told[place] for place in range(len(calls))]

    # Creates

    def creates(self, count: int) -> None:
        orders = [f"order-{number}" for number in range(1, count + 1)]
        amounts = {order: self.random.randrange(1, 10_000_000) for order in orders}
        half = count // 2

        def create(order: str) -> Callable[[ApiPay], Told]:
            return lambda client: _tell(
                lambda: client.invoices.create(**_invoice(order, amounts[order])), amounts[order]
            )

        def create_async(order: str) -> Callable[[AsyncApiPay], Awaitable[Told]]:
            return lambda client: _tell_async(
                lambda: client.invoices.create(**_invoice(order, amounts[order])), amounts[order]
            )

        self.inject("createInvoice")
        first, second = self.make_all(
            [create(order) for order in orders[:half]],
            [create_async(order) for order in orders[half:]],
            "asyncio",
        )
        self.end_faults()
        told = dict(zip(orders, first + second, strict=True))
        standing: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for invoice in self.sandbox.invoices():
            if invoice.status == "cancelled":
                self.row.late += 1
            else:
                standing[str(invoice.external_order_id)].append((invoice.id, invoice.amount))
        self.row.creates += count
        self.row.count(told.values())
        self.row.add(judge_creates(told, standing))
        with ApiPay(**self.settings()) as client:
            for order, one in told.items():
                if one.kind == "unknown":
                    self.check_lookups(client, [one], {made for made, _ in standing[order]})

    # Refunds

    def refunds(self, count: int) -> None:
        invoices, plan = self.paid_invoices(count)

        def refund(invoice: int, amount: int, said: dict[str, Any]) -> Callable[[ApiPay], Told]:
            return lambda client: _tell(
                lambda: client.refunds.create(invoice, **said), amount, checks_amount=True
            )

        def refund_async(
            invoice: int, amount: int, said: dict[str, Any]
        ) -> Callable[[AsyncApiPay], Awaitable[Told]]:
            return lambda client: _tell_async(
                lambda: client.refunds.create(invoice, **said), amount, checks_amount=True
            )

        # One client makes all refunds of an invoice: two processes that do so at the same moment
        # cannot tell whose is whose when both lose their answers.
        middle = invoices[len(invoices) // 2]
        first = [one for one in plan if one[0] < middle]
        second = [one for one in plan if one[0] >= middle]
        self.inject("createRefund")
        told = self.make_all(
            [refund(*one) for one in first], [refund_async(*one) for one in second], "trio"
        )
        self.end_faults()
        by_invoice: defaultdict[int, list[Told]] = defaultdict(list)
        for (invoice, _, _), one in zip(first + second, itertools.chain(*told), strict=True):
            by_invoice[invoice].append(one)
            self.row.count([one])
        true: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        for made in self.sandbox.refunds():
            true[made.invoice_id].append((made.id, made.amount))
        self.row.refunds += len(plan)
        self.row.add(judge_refunds(by_invoice, true, dict.fromkeys(invoices, _WHOLE)))
        with ApiPay(**self.settings()) as client:
            for invoice, calls in by_invoice.items():
                unknown = [one for one in calls if one.kind == "unknown"]
                known = {one.made for one in calls}
                self.check_lookups(client, unknown, set(untold(calls, true[invoice])), known)

    def paid_invoices(self, count: int) -> tuple[list[int], list[tuple[int, int, dict[str, Any]]]]:
        """Make paid invoices and plan their refunds: (invoice, tiyn, arguments), shuffled.

        Most are given back in quarters, all at about the same moment; some in one piece without
        an amount; some in five quarters, of which the last cannot work.
        """
        invoices: list[int] = []
        plan: list[tuple[int, int, dict[str, Any]]] = []
        with ApiPay(**self.settings()) as client:
            while len(plan) < count:
                made = client.invoices.create(**_invoice(f"paid-{len(invoices)}", _WHOLE)).id
                self.sandbox.pay(made)
                invoices.append(made)
                kind = self.random.random()
                if kind < 0.15:
                    plan.append((made, _WHOLE, {}))
                    continue
                for number in range(5 if kind < 0.3 else 4):
                    said: dict[str, Any] = {"amount": _tenge(_PART)}
                    if self.random.random() < 0.5:
                        said["reason"] = f"piece {number}"
                    plan.append((made, _PART, said))
        self.random.shuffle(plan)
        return invoices, plan

    # Unknown outcomes

    def check_lookups(
        self,
        client: ApiPay,
        unknown: list[Told],
        true: set[int],
        known: set[int | None] | None = None,
    ) -> None:
        """Follow the `lookup` of unknown outcomes: together they must lead to what is true.

        `known`: what other calls were told, which a caller takes out of what it finds.
        """
        found = set[int]()
        for one in unknown:
            assert isinstance(one.error, OutcomeUnknownError)
            if one.error.lookup is not None:
                found |= set(_follow(client, one.error.lookup)) - (known or set())
        if unknown and found != true:
            self.row.misled += len(unknown)
            self.row.notes.append(f"misled: {unknown[0].error!r} leads to {found}, true is {true}")


def _follow(client: ApiPay, lookup: Lookup) -> Iterable[int]:
    """Look up by machine what a `Lookup` says."""
    for resource in (client.invoices, client.refunds):
        for name, operation in resource.OPERATIONS.items():
            if operation.id != lookup.operation:
                continue
            method = getattr(resource, name)
            if operation.pagination is not None:
                answer = list(client.paginate(method, **lookup.arguments))
            else:
                answer = method(**lookup.arguments)
                answer = getattr(answer, "data", [answer])
            for item in answer:
                fits = all(
                    str(getattr(item, field)) == str(value)
                    or (field == "amount" and item.amount == Decimal(str(value)))
                    for field, value in lookup.match.items()
                )
                new = lookup.since is None or item.created_at.timestamp() > lookup.since - 2
                if fits and new and item.id not in lookup.known_ids and item.status != "cancelled":
                    yield item.id


def _invoice(order: str, amount: int) -> dict[str, Any]:
    return {
        "amount": _tenge(amount),
        "phone_number": "87001234567",
        "external_order_id": order,
    }


def _tenge(tiyn: int) -> Decimal:
    return Decimal(tiyn) / 100


def _tell(call: Callable[[], Any], amount: int, *, checks_amount: bool = False) -> Told:
    try:
        return _returned(call(), amount, checks_amount)
    except Exception as error:
        return _raised(error, amount)


async def _tell_async(
    call: Callable[[], Awaitable[Any]], amount: int, *, checks_amount: bool = False
) -> Told:
    try:
        return _returned(await call(), amount, checks_amount)
    except Exception as error:
        return _raised(error, amount)


def _returned(made: Any, amount: int, checks_amount: bool) -> Told:
    if checks_amount and made.amount * 100 != amount:
        return Told("untyped", amount, error=AssertionError(f"it returned {made!r}"))
    return Told("returned", amount, made.id)


def _raised(error: Exception, amount: int) -> Told:
    if isinstance(error, OutcomeUnknownError):
        return Told("unknown", amount, error=error)
    return Told("failed" if isinstance(error, ApiPayError) else "untyped", amount, error=error)


def run(scenario: Scenario, creates: int, refunds: int, seed: int) -> Row:
    """Run one scenario against a sandbox of its own."""
    this = _Run(scenario, seed)
    with this.sandbox:
        this.creates(creates)
        this.refunds(refunds)
    return this.row
