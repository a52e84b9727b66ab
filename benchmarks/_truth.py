"""What calls were told beside what is true: the pure judge of the fault run.

A call is told one of four things: it returned something, it failed for certain, its outcome is
unknown, or it raised what is no error of apipay. The sandbox knows what really happened.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["returned", "failed", "unknown", "untyped"]


@dataclass(frozen=True)
class Told:
    """What one call was told. `amount`: tiyn that it asked for."""

    kind: Kind
    amount: int
    made: int | None = None
    """The id that it returned."""
    error: BaseException | None = None


@dataclass
class Findings:
    """What is wrong with a set of calls; `notes` says where."""

    duplicates: int = 0
    lost: int = 0
    """Told that it exists, and it does not; or told for certain that it does not, and it does."""
    notes: list[str] = field(default_factory=list[str])

    def duplicate(self, note: str, count: int = 1) -> None:
        self.duplicates += count
        self.notes.append(f"duplicate: {note}")

    def lose(self, note: str) -> None:
        self.lost += 1
        self.notes.append(f"lost: {note}")


def judge_creates(
    told: Mapping[str, Told], standing: Mapping[str, Sequence[tuple[int, int]]]
) -> Findings:
    """Compare creates by their order id with the (id, amount) of the invoices that stand.

    An invoice stands when it was not cancelled.
    """
    found = Findings()
    for order, one in told.items():
        true = standing.get(order, ())
        if len(true) > 1:
            found.duplicate(f"{order} has invoices {sorted(true)}", len(true) - 1)
        if one.kind == "returned" and (one.made, one.amount) not in true:
            found.lose(f"{order} was told {one.made}, and there is {sorted(true)}")
        if one.kind == "failed" and true:
            found.lose(f"{order} was told {one.error!r}, and there is {sorted(true)}")
    for order in standing.keys() - told.keys():
        found.duplicate(f"{order} was never asked for", len(standing[order]))
    return found


def untold(told: Iterable[Told], true: Iterable[tuple[int, int]]) -> dict[int, int]:
    """The refunds, id -> amount, that no call returned."""
    made = {one.made for one in told}
    return {number: amount for number, amount in true if number not in made}


def judge_refunds(
    told: Mapping[int, Sequence[Told]],
    true: Mapping[int, Sequence[tuple[int, int]]],
    amounts: Mapping[int, int],
) -> Findings:
    """Compare refunds by their invoice with the (id, amount) of the refunds that exist.

    `amounts`: what each invoice was paid with, in tiyn: more must never be given back.
    """
    found = Findings()
    for invoice, calls in told.items():
        exist = dict(true.get(invoice, ()))
        if sum(exist.values()) > amounts[invoice]:
            found.duplicate(f"invoice {invoice} gave back {exist} of {amounts[invoice]}")
        returned = Counter(one.made for one in calls if one.kind == "returned")
        for one in calls:
            if one.kind == "returned" and exist.get(one.made or 0) != one.amount:
                found.lose(f"invoice {invoice}: told refund {one.made}, and there is {exist}")
        for made, times in returned.items():
            for _ in range(times - 1):
                found.lose(f"invoice {invoice}: refund {made} was told to {times} calls")
        unknown = Counter(one.amount for one in calls if one.kind in ("unknown", "untyped"))
        failed = Counter(one.amount for one in calls if one.kind == "failed")
        for extra, amount in untold(calls, exist.items()).items():
            if unknown[amount]:
                unknown[amount] -= 1
            elif failed[amount]:
                failed[amount] -= 1
                found.lose(f"invoice {invoice}: refund {extra} was told to have failed")
            else:
                found.duplicate(f"invoice {invoice}: nobody was told of refund {extra}")
    return found
