"""What the inbox knows of one invoice, and how claims change it: pure, no clock and no store.

One record per invoice (per event, where an event has no invoice), so that two events of the same
invoice are never handled at the same moment and each handler sees what was handled before it. A
claim is a lease: it ends by itself at `until`, and its token is the fence that keeps a handler
which outlived it from marking anything done.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from apipay_client.models import InvoiceStatus

# A settled invoice never becomes pending again, and one that was paid is neither cancelled nor
# expired, whatever the clocks say: the money has moved. Other statuses are ordered by time.
_RANK: Final[Mapping[str, int]] = {
    InvoiceStatus.PENDING: 0,
    InvoiceStatus.CANCELLED: 1,
    InvoiceStatus.EXPIRED: 1,
    InvoiceStatus.PAID: 2,
}
_VERSION = 1


@dataclass(frozen=True, slots=True)
class EventKey:
    """What makes two deliveries the same event: the invoice and the status it came to."""

    subject: str
    """`invoice:<id>`, or `event:<digest>` for an event without an invoice."""

    status: str
    """The invoice's status; for an event without an invoice, the event's name."""

    at: float | None = None
    """When the status was reached, in Unix seconds; not part of the identity."""

    def __str__(self) -> str:
        return f"{self.subject}/{self.status}"


@dataclass(frozen=True, slots=True)
class Claim:
    """Who handles which event of the invoice at the moment, and until when."""

    status: str
    token: str
    until: float
    at: float | None


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of one invoice."""

    done: Mapping[str, str] = field(default_factory=dict[str, str])
    """Status -> token of the claim under which it was handled."""

    tries: Mapping[str, int] = field(default_factory=dict[str, int])
    """Status -> how often its handling has begun, as long as it is not done."""

    latest: tuple[str, float | None] | None = None
    """The furthest status that was handled, and when it was reached."""

    claim: Claim | None = None

    def is_stale(self, status: str, at: float | None) -> bool:
        """Say whether the invoice is known to have gone further than `status`."""
        if self.latest is None:
            return False
        latest, latest_at = self.latest
        rank, latest_rank = _RANK.get(status), _RANK.get(latest)
        if rank is not None and latest_rank is not None and rank != latest_rank:
            return rank < latest_rank
        return at is not None and latest_at is not None and at < latest_at

    def busy_for(self, now: float) -> float:
        """Return for how many seconds another claim still holds; 0 when there is none."""
        return max(0.0, self.claim.until - now) if self.claim is not None else 0.0

    def claimed(self, key: EventKey, token: str, until: float) -> "Record":
        """Return the record with a new claim in place of none or of one whose lease is over."""
        tries = {**self.tries, key.status: self.tries.get(key.status, 0) + 1}
        return replace(self, tries=tries, claim=Claim(key.status, token, until, key.at))

    def is_held(self, token: str) -> bool:
        """Say whether the claim is still the one with this token: nobody took it over."""
        return self.claim is not None and self.claim.token == token

    def renewed(self, token: str, until: float) -> "Record | None":
        """Return the record with a later end of the lease, or None if the claim was lost."""
        if self.claim is None or self.claim.token != token:
            return None
        return replace(self, claim=replace(self.claim, until=max(until, self.claim.until)))

    def released(self, token: str) -> "Record | None":
        """Return the record without the claim, or None if it was lost already."""
        return replace(self, claim=None) if self.is_held(token) else None

    def completed(self, token: str) -> "Record | None":
        """Return the record with the claimed event done, or None if the claim was lost."""
        claim = self.claim
        if claim is None or claim.token != token:
            return None
        stale = self.is_stale(claim.status, claim.at)
        return Record(
            done={**self.done, claim.status: token},
            tries={status: n for status, n in self.tries.items() if status != claim.status},
            latest=self.latest if stale else (claim.status, claim.at),
        )


def dump(record: Record) -> str:
    """Return the record as the text that stores keep."""
    claim = record.claim
    data: dict[str, Any] = {"v": _VERSION, "done": record.done, "tries": record.tries}
    data["latest"] = record.latest
    data["claim"] = None if claim is None else [claim.status, claim.token, claim.until, claim.at]
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
        raise ValueError("the store holds something that this inbox did not write") from None
