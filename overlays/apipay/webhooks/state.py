"""The inbox's record of one resource, and how claims change it: pure functions, no clock, no store.

There is one record per invoice (per event, where an event has no status), so that two events of an
invoice are never handled at the same time and each handler sees what was handled before. A claim is
a lease: it ends by itself, and its token is the fence that keeps a handler which outlived it from
marking anything as done.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

_VERSION: Final = 1
_CLOCK_TOLERANCE: Final = 0.25
"""Part of a lease by which the clocks of two hosts may differ."""


@dataclass(frozen=True, slots=True)
class EventKey:
    """The identity of an event: the resource, and the status that it reached."""

    subject: str
    """Such as `invoice:4217`, or `event:<digest>` for an event that is not in the specification."""

    status: str
    """The resource's status; for an event without one, the event's name."""

    at: float | None = field(default=None, compare=False)
    """When the status was reached, in Unix seconds; not part of the identity."""

    ranks: Mapping[str, int] = field(default_factory=dict[str, int], compare=False, repr=False)
    """Status -> its place in the order (`x-order` in the specification)."""

    def __str__(self) -> str:
        return f"{self.subject}/{self.status}"


@dataclass(frozen=True, slots=True)
class Claim:
    """Who handles an event of the resource, and until when."""

    token: str
    until: float
    lease: float

    def is_over(self, now: float) -> bool:
        """Say whether the lease has ended.

        A lease that ends later than a new one would was made before the clock was set back: it is
        over, because nobody can say when it would end.
        """
        return not now < self.until <= now + self.lease * (1 + _CLOCK_TOLERANCE)


@dataclass(frozen=True, slots=True)
class Record:
    """What is known about one resource."""

    done: Mapping[str, str] = field(default_factory=dict[str, str])
    """Status -> token of the claim under which it was handled."""

    tries: Mapping[str, int] = field(default_factory=dict[str, int])
    """Status -> how often its handling began, as long as it is not done."""

    latest: tuple[str, float | None] | None = None
    """The furthest status that was handled, and when it was reached."""

    claim: Claim | None = None

    def is_stale(self, key: EventKey) -> bool:
        """Say whether the resource is known to have gone further than the event's status."""
        if self.latest is None:
            return False
        latest, latest_at = self.latest
        rank, latest_rank = key.ranks.get(key.status), key.ranks.get(latest)
        if rank is not None and latest_rank is not None and rank != latest_rank:
            return rank < latest_rank
        return key.at is not None and latest_at is not None and key.at < latest_at

    def is_busy(self, now: float) -> bool:
        """Say whether a claim holds."""
        return self.claim is not None and not self.claim.is_over(now)

    def claimed(self, key: EventKey, token: str, now: float, lease: float) -> "Record":
        """Return the record with a new claim, which replaces one that is over."""
        tries = {**self.tries, key.status: self.tries.get(key.status, 0) + 1}
        return replace(self, tries=tries, claim=Claim(token, now + lease, lease))

    def is_held(self, token: str) -> bool:
        """Say whether the claim is still the one with this token."""
        return self.claim is not None and self.claim.token == token

    def renewed(self, token: str, now: float) -> "Record | None":
        """Return the record with a new end of the lease, or None if another claim replaced it."""
        if self.claim is None or self.claim.token != token:
            return None
        return replace(self, claim=replace(self.claim, until=now + self.claim.lease))

    def released(self, token: str) -> "Record | None":
        """Return the record without the claim, or None if another claim replaced it."""
        return replace(self, claim=None) if self.is_held(token) else None

    def completed(self, key: EventKey, token: str) -> "Record | None":
        """Return the record with the event done, or None if another claim has replaced this one.

        A claim that is gone, with no other in its place (the store was flushed, or another handler
        had claimed the event and failed), does not undo the work: nobody else is at it.
        """
        if key.status in self.done or not (self.claim is None or self.is_held(token)):
            return None
        return Record(
            done={**self.done, key.status: token},
            tries={status: n for status, n in self.tries.items() if status != key.status},
            latest=self.latest if self.is_stale(key) else (key.status, key.at),
        )


def dump(record: Record) -> str:
    """Return the record as the text that stores keep."""
    claim = record.claim
    data: dict[str, Any] = {"v": _VERSION, "done": record.done, "tries": record.tries}
    data["latest"] = record.latest
    data["claim"] = claim and [claim.token, claim.until, claim.lease]
    return json.dumps(data, separators=(",", ":"))


def load(text: str | None) -> Record:
    """Return the record in a store's text; an empty one for None.

    Raises:
        ValueError: the text was not written by `dump` of this version.
    """
    if text is None:
        return Record()
    try:
        data = json.loads(text)
        if data["v"] != _VERSION:
            raise ValueError
        latest, claim = data["latest"], data["claim"]
        return Record(
            done=data["done"],
            tries=data["tries"],
            latest=None if latest is None else (latest[0], latest[1]),
            claim=None if claim is None else Claim(*claim),
        )
    except (ValueError, KeyError, TypeError, IndexError):
        raise ValueError("the store contains a record that this inbox did not write") from None
