"""The open writes of this process, and which resource was given to which of them."""

from collections import OrderedDict
from collections.abc import Generator, Hashable, Mapping
from dataclasses import replace
from typing import Any

import httpx

from apipay._confirm.evidence import UNCLEAR, Ask, Finding, Plan, Sent, sent_by
from apipay._options import ApiKey
from apipay._process import LOCK
from apipay._steps import Step
from apipay.errors import Lookup
from apipay_client.errors import DecodeError
from apipay_client.operations import Operation
from apipay_client.parsing import json_body

_MAX_REMEMBERED = 10_000


class Writes:
    """The writes of one API key in this process; safe for threads."""

    def __init__(self) -> None:
        self._open: dict[Hashable, list[Write]] = {}
        self._unresolved: OrderedDict[Hashable, None] = OrderedDict()
        self._owners: OrderedDict[tuple[str, int], Hashable] = OrderedDict()

    def open(
        self, plan: Plan, request: httpx.Request, operation: Operation, key: ApiKey
    ) -> "Write":
        """Register a write that starts. Close what this returns when it ends."""
        write = Write(self, plan, sent_by(request, operation), key)
        if write.name is not None:
            with LOCK:
                others = self._open.setdefault(write.name, [])
                if others or write.name in self._unresolved:
                    for other in (write, *others):
                        other.is_contested = True
                others.append(write)
        return write

    def close(self, write: "Write", *, is_resolved: bool) -> None:
        """Register the end of a write. `is_resolved`: its outcome is known."""
        if write.name is None:
            return
        with LOCK:
            others = self._open[write.name]
            others.remove(write)
            if not others:
                del self._open[write.name]
            if not is_resolved:
                self._unresolved[write.name] = None
                if len(self._unresolved) > _MAX_REMEMBERED:
                    self._unresolved.popitem(last=False)

    def claim(self, kind: str, resource_id: int, owner: Hashable) -> bool:
        """Give a resource to `owner`. Returns False if it belongs to another owner already."""
        with LOCK:
            known = self._owners.setdefault((kind, resource_id), owner)
            if len(self._owners) > _MAX_REMEMBERED:
                self._owners.popitem(last=False)
            return known == owner

    def belongs_to_other(self, kind: str, resource_id: int, owner: Hashable) -> bool:
        """Return True if a resource was given to another owner."""
        with LOCK:
            return self._owners.get((kind, resource_id), owner) != owner


class Write:
    """One write from its start to its end.

    Attributes:
        name: The same for two writes whose results could be taken for each other's; None if
            results cannot be.
        is_contested: Another write of the same name overlaps with this one, or ended without a
            known outcome. What a lookup finds could be the result of either.
    """

    name: int | None

    def __init__(self, writes: Writes, plan: Plan, sent: Sent, key: ApiKey) -> None:
        self._writes = writes
        self._plan = plan
        self._sent = sent
        self._key = key
        self._known_ids: set[int] = set()
        self._owner = object()  # remembered for long, so not the write with its phone number
        self.is_contested = False
        evidence = tuple(str(sent.body[name]) for name in plan.evidence if name in sent.body)
        is_exact = len(evidence) == len(plan.evidence) > 0
        # A hash, so that no phone number is kept. If two collide, both count as contested.
        self.name = hash((plan, sent.path_id, evidence)) if is_exact else None

    def close(self, *, is_resolved: bool) -> None:
        """Register the end. `is_resolved`: its outcome is known."""
        self._writes.close(self, is_resolved=is_resolved)

    def accepts(self, response: httpx.Response) -> bool:
        """Return True if a successful response can only be the one to this write.

        What it created then belongs to this write, and to no other.
        """
        try:
            body = json_body(response)
        except DecodeError:
            return False
        plan = self._plan
        if not plan.accepts(self._sent, body):
            return False
        return plan.creates is None or self._writes.claim(plan.creates, body["id"], self._owner)

    def lookup(self, sent_at: float) -> Lookup | None:
        """Return how to look the outcome up, without evidence if the write is contested."""
        lookup = self._plan.lookup(self._sent, sent_at, self._key)
        if lookup is None:
            return None
        match: Mapping[str, str] = {} if self.is_contested else lookup.match
        return replace(lookup, match=match, known_ids=tuple(sorted(self._known_ids)))

    def look(self, lookup: Lookup, ask: Ask) -> Generator[Step, Any, httpx.Response | None]:
        """Look once; return a response that shows the result, or None without exact evidence."""
        finding = yield from look(
            self._plan, lookup, ask, self._key, self._writes, self._owner, self._known_ids
        )
        if finding.reply is None or self.is_contested:
            return None
        return finding.reply.response if self.accepts(finding.reply.response) else None


def look(
    plan: Plan,
    lookup: Lookup,
    ask: Ask,
    key: ApiKey,
    writes: Writes,
    owner: Hashable,
    known_ids: set[int],
) -> Generator[Step, Any, Finding]:
    """Look once. Resources of other owners are passed over, and added to `known_ids`."""
    known = frozenset(lookup.known_ids)

    def excluded(resource_id: int) -> bool:
        if resource_id in known:
            return True
        kind = plan.creates
        if kind is None or not writes.belongs_to_other(kind, resource_id, owner):
            return False
        known_ids.add(resource_id)
        return True

    return (yield from plan.find(lookup, ask, key, excluded))


def look_again(
    plan: Plan, lookup: Lookup, ask: Ask, key: ApiKey, writes: Writes
) -> Generator[Step, Any, Finding]:
    """Look once, for a write that has ended before."""
    owner = (_identity(lookup), lookup.sent_at)
    finding = yield from look(plan, lookup, ask, key, writes, owner, set())
    if plan.creates is None or finding.made_id is None:
        return finding
    return finding if writes.claim(plan.creates, finding.made_id, owner) else UNCLEAR


def _identity(lookup: Lookup) -> Hashable:
    return lookup.call, frozenset(lookup.arguments.items()), frozenset(lookup.match.items())
