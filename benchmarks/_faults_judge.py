"""The judge of the fault run: what each call was told, compared with what happened.

It knows only facts: the calls that were made, the requests that the proxy received and forwarded,
the effects that the sandbox confirmed to the proxy, and the sandbox's records at the end. It does
not know how the client works.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

CREATES = {
    "createInvoice": "invoice",
    "billNowRecurringInvoice": "invoice",
    "createRefund": "refund",
}
"""The operations that make a record, and its kind."""

STATUSES = {
    "cancelInvoice": "cancelled",
    "pauseRecurringInvoice": "paused",
    "resumeRecurringInvoice": "active",
}
"""The operations that change a status, and the status."""


@dataclass(frozen=True)
class Call:
    """One call that a client is to make.

    Attributes:
        number: Unique in the run; a header carries it with every request of the call.
        row: The fault that its requests meet.
        operation: The operation's id in `openapi.yaml`.
        target: The id in the path, if the operation has one.
        amount: Tiyn; None lets the service choose.
        text: `external_order_id` of an invoice, `reason` of a refund.
    """

    number: int
    row: str
    operation: str
    target: int | None = None
    amount: int | None = None
    text: str | None = None


@dataclass
class Told:
    """What the caller of one call learned. Times are seconds of CLOCK_MONOTONIC.

    Attributes:
        kind: "failed" is a typed error that says the write had no effect.
        id: The id of the returned resource.
        error: The class name of the error, with its message when the error is untyped.
        retryable: Whether the error claims that the same call can be made again.
        confirmed: The id that `client.confirm` gave later.
        confirm_error: Like `error`, of `client.confirm`, when it raised an untyped exception.
    """

    call: int
    kind: Literal["returned", "failed", "unknown", "untyped"]
    began: float = 0.0
    ended: float = 0.0
    id: int | None = None
    error: str = ""
    retryable: bool = False
    confirmed: int | None = None
    confirmed_at: float = 0.0
    confirm_error: str = ""


@dataclass(frozen=True)
class Send:
    """A write that a client sent to the proxy.

    Attributes:
        call: The number of the call.
        send: 1 for the first request of the call that writes, 2 for the next, and so on.
        in_doubt: Whether the response (or its absence) left open if the write had an effect.
            Only a 429 does not.
    """

    call: int
    send: int
    in_doubt: bool


@dataclass(frozen=True)
class Effect:
    """A write that the sandbox carried out.

    Attributes:
        copy: The proxy sent the request a second time by itself; no client did.
        id: Of the record that was made, or whose status changed.
        forwarded, at: Between which moments, in seconds of CLOCK_MONOTONIC.
    """

    call: int
    send: int
    copy: bool
    id: int
    forwarded: float
    at: float


@dataclass(frozen=True)
class Record:
    """An invoice or a refund in the sandbox at the end. Amounts are tiyn."""

    amount: int
    text: str | None = None


@dataclass
class History:
    """All facts of a run. `records` has no record that existed before the calls."""

    calls: Sequence[Call]
    told: Sequence[Told]
    sends: Sequence[Send] = ()
    effects: Sequence[Effect] = ()
    records: Mapping[tuple[str, int], Record] = field(default_factory=dict[tuple[str, int], Record])
    statuses: Mapping[tuple[str, int], str] = field(default_factory=dict[tuple[str, int], str])
    """The status of each invoice and recurring invoice before the calls."""


VIOLATIONS = (
    "duplicates",
    "resent",
    "not_done",
    "foreign",
    "lost",
    "untyped",
    "retryable",
    "unexplained",
)


@dataclass
class Finding:
    """The figures of one row.

    Attributes:
        duplicates: Further effects of one call, copies of the proxy not counted.
        resent: Writes that the client sent again while an earlier one was in doubt.
        not_done: Calls that returned, and whose effect does not exist as it was asked for.
        foreign: Calls that returned, or were confirmed with, the result of something else.
        lost: Calls that failed for certain, and whose effect exists.
        untyped: Exceptions outside of the tree of `ApiPayError`.
        retryable: Unknown outcomes that claim to be retryable.
        unexplained: Records that no forwarded request made, and effects without a record. A
            defect of the run itself.
        equal: Results that belong to an equal call and were given to nobody else; harmless.
        copies: Effects of copies that the proxy sent.
        excused: Calls that failed for certain, and whose only effect is a copy's.
        confirmed: Unknown outcomes that `client.confirm` resolved.
        notes: One sentence for each violation.
    """

    calls: int = 0
    returned: int = 0
    failed: int = 0
    unknown: int = 0
    confirmed: int = 0
    copies: int = 0
    excused: int = 0
    equal: int = 0
    duplicates: int = 0
    resent: int = 0
    not_done: int = 0
    foreign: int = 0
    lost: int = 0
    untyped: int = 0
    retryable: int = 0
    unexplained: int = 0
    duplicates_by_operation: Counter[str] = field(default_factory=Counter[str])
    errors: Counter[str] = field(default_factory=Counter[str])
    notes: list[str] = field(default_factory=list[str])

    def violate(self, kind: str, note: str, count: int = 1) -> None:
        setattr(self, kind, getattr(self, kind) + count)
        self.notes.append(f"{kind}: {note}")

    @property
    def violations(self) -> int:
        return sum(getattr(self, name) for name in VIOLATIONS)


def judge(history: History) -> dict[str, Finding]:
    """Return the finding for each row, in the order of the calls."""
    return _Judge(history).run()


class _Judge:
    def __init__(self, history: History) -> None:
        self._history = history
        self._calls = {call.number: call for call in history.calls}
        self._effects: defaultdict[int, list[Effect]] = defaultdict(list)
        self._owner: dict[tuple[str, int], int] = {}
        self._changes: defaultdict[tuple[str, int], list[tuple[float, float, str]]]
        self._changes = defaultdict(list)
        for effect in sorted(history.effects, key=lambda one: one.at):
            operation = self._calls[effect.call].operation
            self._effects[effect.call].append(effect)
            if operation in CREATES:
                self._owner[CREATES[operation], effect.id] = effect.call
            else:
                key = _resource(operation), effect.id
                self._changes[key].append((effect.forwarded, effect.at, STATUSES[operation]))
        self._sends: defaultdict[int, list[Send]] = defaultdict(list)
        for send in history.sends:
            self._sends[send.call].append(send)
        self._times_given: Counter[tuple[str, int | None]] = Counter()
        for told in history.told:
            kind = CREATES.get(self._calls[told.call].operation)
            if kind is not None:
                self._times_given.update((kind, one) for one in {told.id, told.confirmed})
        self._found: dict[str, Finding] = {call.row: Finding() for call in history.calls}

    def run(self) -> dict[str, Finding]:
        told = {one.call: one for one in self._history.told}
        for call in self._history.calls:
            found = self._found[call.row]
            found.calls += 1
            self._writes(call, found)
            if call.number not in told:
                found.violate("unexplained", f"{_name(call)} has no result")
                continue
            self._outcome(call, told[call.number], found)
        self._records()
        return self._found

    def _writes(self, call: Call, found: Finding) -> None:
        effects = self._effects[call.number]
        own = [one for one in effects if not one.copy]
        found.copies += len(effects) - len(own)
        if len(own) > 1:
            sends = ", ".join(str(one.send) for one in own)
            found.violate("duplicates", f"{_name(call)}: sends {sends} took effect", len(own) - 1)
            found.duplicates_by_operation[call.operation] += len(own) - 1
        in_doubt = False
        for send in sorted(self._sends[call.number], key=lambda one: one.send):
            if in_doubt:
                found.violate("resent", f"{_name(call)}: send {send.send} followed one in doubt")
            in_doubt = in_doubt or send.in_doubt

    def _outcome(self, call: Call, told: Told, found: Finding) -> None:
        effects = self._effects[call.number]
        setattr(found, told.kind, getattr(found, told.kind) + (told.kind != "untyped"))
        if told.error:
            found.errors[told.error] += 1
        match told.kind:
            case "returned":
                self._result(call, told.id, told.began, told.ended, found, "returned")
            case "failed":
                if any(not one.copy for one in effects):
                    found.violate("lost", f"{_name(call)} raised {told.error} and took effect")
                elif effects:
                    found.excused += 1
            case "unknown":
                if told.retryable:
                    found.violate("retryable", f"{_name(call)} is unknown and is_retryable")
                if told.confirmed is not None:
                    found.confirmed += 1
                    self._result(
                        call, told.confirmed, told.began, told.confirmed_at, found, "confirmed"
                    )
            case "untyped":
                found.violate("untyped", f"{_name(call)} raised {told.error}")
        if told.confirm_error:
            found.violate("untyped", f"confirm of {_name(call)} raised {told.confirm_error}")

    def _result(
        self,
        call: Call,
        given: int | None,
        began: float,
        ended: float,
        found: Finding,
        how: str,
    ) -> None:
        """Judge a resource that the caller was given."""
        note = f"{_name(call)} {how} {given}"
        if call.operation in STATUSES:
            if given != call.target:
                found.violate("foreign", note)
            elif not self._had_status(call, began, ended):
                found.violate("not_done", f"{note}, never {STATUSES[call.operation]} meanwhile")
            return
        kind = CREATES[call.operation]
        record = None if given is None else self._history.records.get((kind, given))
        if given in {one.id for one in self._effects[call.number]}:
            if record is None:
                found.violate("not_done", f"{note}, which does not exist")
            elif call.amount is not None and record.amount != call.amount:
                found.violate("not_done", f"{note}, of {record.amount} and not {call.amount} tiyn")
            elif call.operation == "createInvoice" and record.text != call.text:
                found.violate("not_done", f"{note}, with another external_order_id")
        elif record is not None and self._is_interchangeable(call, kind, given):
            found.equal += 1
        elif record is not None or given in self._given_targets(kind):
            owner = self._owner.get((kind, given)) if given is not None else None
            found.violate("foreign", f"{note}, made by another call ({owner})")
        else:
            found.violate("not_done", f"{note}, which does not exist")

    def _is_interchangeable(self, call: Call, kind: str, given: int | None) -> bool:
        """Return whether the record is that of an equal call, and no other call was given it.

        Equal calls ask for the same thing in the same words. Which of two equal refunds belongs to
        which call has no meaning; that there are as many as the callers believe has.
        """
        assert given is not None
        owner = self._calls[self._owner[kind, given]] if (kind, given) in self._owner else None
        return (
            owner is not None
            and replace(owner, number=0, row="") == replace(call, number=0, row="")
            and self._times_given[kind, given] == 1
        )

    def _given_targets(self, kind: str) -> set[int]:
        """Ids of the kind that existed before the calls."""
        return {number for name, number in self._history.statuses if name == kind}

    def _had_status(self, call: Call, began: float, ended: float) -> bool:
        """Return whether the target had the status at some moment between the two."""
        wanted = STATUSES[call.operation]
        assert call.target is not None
        key = _resource(call.operation), call.target
        status, since = self._history.statuses.get(key), float("-inf")
        for forwarded, at, new in self._changes[key]:
            if status == wanted and since <= ended and began <= at:
                return True
            status, since = new, forwarded
        return status == wanted and since <= ended

    def _records(self) -> None:
        """Compare the sandbox's records with the effects that the proxy saw."""
        rows = list(self._found.values())
        records = self._history.records
        for kind, number in records.keys() - self._owner.keys():
            rows[0].violate("unexplained", f"{kind} {number} was made by no request of a call")
        for kind, number in self._owner.keys() - records.keys():
            found = self._found[self._calls[self._owner[kind, number]].row]
            found.violate("unexplained", f"{kind} {number} took effect and does not exist")


def _resource(operation: str) -> str:
    return "invoice" if operation == "cancelInvoice" else "recurring_invoice"


def _name(call: Call) -> str:
    return f"{call.operation} (call {call.number})"


def total(findings: Iterable[Finding]) -> Finding:
    """Return the sum of findings, without their notes."""
    whole = Finding()
    for found in findings:
        for name, value in vars(found).items():
            if isinstance(value, int):
                setattr(whole, name, getattr(whole, name) + value)
        whole.duplicates_by_operation += found.duplicates_by_operation
        whole.errors += found.errors
    return whole
