"""The calls of the fault run, and the resources that they need."""

import random
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import httpx
from _faults_clients import PHONE, Lane
from _faults_judge import Call, Record
from _faults_proxy import EQUAL, SAME_REASON

_SHARES = {"createInvoice": 0.3, "createRefund": 0.45, "cancel": 0.08, "status": 0.12, "bill": 0.05}
_EQUAL_SHARES = {"createRefund": 1.0}
_ALTERABLE = "Заказ  no\nCafe\u0301 & \U0001f600 "
"""A text that every alteration changes."""


class Ground:
    """Direct access to the sandbox: prepares resources, and reads the truth at the end."""

    def __init__(self, base_url: str, api_key: str) -> None:
        self._control = base_url.removesuffix("/api") + "/_sandbox"
        self._http = httpx.Client(base_url=base_url, headers={"X-API-Key": api_key}, timeout=30)
        self._pool = ThreadPoolExecutor(4)
        self.statuses: dict[tuple[str, int], str] = {}
        """What was prepared, and its status."""

    def __enter__(self) -> "Ground":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()
        self._http.close()

    def now(self) -> float:
        shown = self._http.get(f"{self._control}/clock").raise_for_status().json()["now"]
        return datetime.fromisoformat(shown).timestamp()

    def invoices(self, amounts: Sequence[int], *, paid: bool) -> list[int]:
        def make(amount: int) -> int:
            made = self._post("/invoices", amount=amount / 100, phone_number=PHONE)
            if paid:
                self._http.post(f"{self._control}/invoices/{made}/pay").raise_for_status()
            return made

        ids = list(self._pool.map(make, amounts))
        self.statuses |= {("invoice", number): "paid" if paid else "pending" for number in ids}
        return ids

    def recurring(self, amounts: Sequence[int]) -> list[int]:
        def make(amount: int) -> int:
            return self._post(
                "/recurring-invoices",
                amount=amount / 100,
                phone_number=PHONE,
                interval="monthly",
                start_date="2099-01-01",  # bills nothing by itself
            )

        ids = list(self._pool.map(make, amounts))
        self.statuses |= {("recurring_invoice", number): "active" for number in ids}
        return ids

    def _post(self, path: str, **body: object) -> int:
        response = self._http.post(path, json=body)
        made: int = response.raise_for_status().json()["id"]
        return made

    def records(self) -> dict[tuple[str, int], Record]:
        """Return all invoices and refunds that were not prepared."""
        found = {
            ("invoice", item["id"]): Record(_tiyn(item), item.get("external_order_id"))
            for item in self._list("/invoices")
        }
        found |= {
            ("refund", item["id"]): Record(_tiyn(item), item.get("reason"))
            for item in self._list("/refunds")
        }
        return {key: record for key, record in found.items() if key not in self.statuses}

    def _list(self, path: str) -> Iterable[dict[str, Any]]:
        page = 1
        while True:
            query = {"page": page, "per_page": 100}
            items = self._http.get(path, params=query).raise_for_status().json()["data"]
            yield from items
            if len(items) < 100:
                return
            page += 1


def _tiyn(item: dict[str, Any]) -> int:
    whole, _, part = item["amount"].partition(".")
    return int(whole) * 100 + int(part)


class Traffic:
    """Makes the calls of each row, and deals them to the client processes."""

    def __init__(self, ground: Ground, seed: int, alone: int, shared: int) -> None:
        """Deal to `alone` processes with invoices of their own, and `shared` that share theirs."""
        self._ground = ground
        self._random = random.Random(f"{seed}/traffic")
        self._alone = range(alone)
        self._shared = range(alone, alone + shared) or self._alone
        self._all = range(alone + shared)
        self.calls: list[Call] = []

    def row(self, row: str, count: int) -> list[list[Lane]]:
        """Return about `count` calls: the lanes of each process, shuffled."""
        self._lanes: list[list[Lane]] = [[] for _ in self._all]
        self._row = row
        shares = _EQUAL_SHARES if row in (EQUAL, SAME_REASON) else _SHARES
        numbers = {name: round(count * share) for name, share in shares.items()}
        self._creates(numbers.get("createInvoice", 0))
        self._refunds(numbers.get("createRefund", 0))
        self._cancels(numbers.get("cancel", 0))
        self._status_changes(numbers.get("status", 0))
        self._bills(numbers.get("bill", 0))
        for lanes in self._lanes:
            self._random.shuffle(lanes)
        return self._lanes

    def _call(self, operation: str, **details: Any) -> Call:
        call = Call(len(self.calls) + 1, self._row, operation, **details)
        self.calls.append(call)
        return call

    def _deal(self, lane: Lane) -> None:
        self._lanes[self._random.choice(self._all)].append(lane)

    def _amount(self) -> int:
        return self._random.randrange(1_000, 100_000)

    def _text(self, prefix: str) -> str:
        often = 0.7 if self._row.startswith("altered") else 0.1
        text = _ALTERABLE if self._random.random() < often else prefix
        return f"{text}{len(self.calls) + 1}"

    def _creates(self, count: int) -> None:
        for _ in range(count):
            text = self._text("order-") if self._random.random() < 0.65 else None
            self._deal([self._call("createInvoice", amount=self._amount(), text=text)])

    def _refunds(self, count: int) -> None:
        parts = [self._amount() for _ in range(-(-count // 4))]
        # On most invoices a second effect is possible; on some the money is used up.
        only_equal = self._row in (EQUAL, SAME_REASON)
        roomy = [self._random.random() < 0.7 for _ in parts]
        amounts = [part * (50 if room else 4) for part, room in zip(parts, roomy, strict=True)]
        ids = self._ground.invoices(amounts, paid=True)
        for part, amount, number in zip(parts, amounts, ids, strict=True):
            if self._random.random() < 0.1 and not only_equal:
                self._deal([self._call("createRefund", target=number, amount=amount)])
                continue
            owner = self._random.choice(self._alone)
            is_shared = self._random.random() < 0.5 or only_equal
            for _ in range(4 if self._random.random() < 0.8 else 5):
                reason = self._text("return-") if self._random.random() < 0.6 else None
                if self._row == SAME_REASON:
                    reason = "Returned"
                process = self._random.choice(self._shared) if is_shared else owner
                call = self._call("createRefund", target=number, amount=part, text=reason)
                self._lanes[process].append([call])

    def _cancels(self, count: int) -> None:
        ids = self._ground.invoices([self._amount() for _ in range(count)], paid=False)
        for number in ids:
            self._deal([self._call("cancelInvoice", target=number)])

    def _status_changes(self, count: int) -> None:
        for number in self._ground.recurring([self._amount() for _ in range(count // 2)]):
            names = ("pauseRecurringInvoice", "resumeRecurringInvoice")
            self._deal([self._call(name, target=number) for name in names])

    def _bills(self, count: int) -> None:
        amounts = [self._amount() for _ in range(count)]
        for amount, number in zip(amounts, self._ground.recurring(amounts), strict=True):
            self._deal([self._call("billNowRecurringInvoice", target=number, amount=amount)])
