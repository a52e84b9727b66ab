"""Faults: what goes wrong on purpose, and for which calls.

Pure: which call is hit, and what a fault makes of an answer's body. `api` does what concerns the
connection.
"""

import hashlib
import json
from collections.abc import Collection, Iterator
from enum import StrEnum
from types import UnionType

import attrs

from .answers import Answer, error
from .errors import SandboxError
from .jsons import Json, encode, is_list, is_object


class FaultKind(StrEnum):
    """Everything that can go wrong. Times are real seconds: a client's timeouts are real too."""

    DELAY = "delay"
    """Wait `seconds`, then process; with `after_commit` process, then wait before answering."""
    CONNECTION_REFUSED = "connection_refused"
    """Answer this call, close its connection, and refuse new ones for `seconds`.

    A refused connection never reaches the server, so the server cannot know whose it is: what is
    chosen is the call after which it happens.
    """
    RESET_BEFORE = "reset_before"
    """Cut the connection with a reset; the request is not processed."""
    RESET_AFTER_COMMIT = "reset_after_commit"
    """Process the request, then cut the connection with a reset instead of answering."""
    RATE_LIMITED = "rate_limited"
    """Answer 429 with `retry_after`; the request is not processed."""
    STATUS = "status"
    """Answer `status` as JSON, or with `html` a proxy's page; processed only if `after_commit`."""
    TRUNCATED_JSON = "truncated_json"
    """Process; the answer ends in the middle of its JSON, but is a whole HTTP message."""
    CUT_BODY = "cut_body"
    """Process; the connection is closed in the middle of the answer's body."""
    MALFORMED_JSON = "malformed_json"
    """Process; the answer is as long as it should be and is not JSON."""
    MISSING_FIELD = "missing_field"
    """Process; the answer lacks `field` (without it: one drawn with the seed)."""
    NULL_FIELD = "null_field"
    """Process; `field` of the answer is null (without it: one drawn with the seed)."""
    UNKNOWN_FIELD = "unknown_field"
    """Process; every object of the answer has one more field."""
    UNKNOWN_ENUM = "unknown_enum"
    """Process; `field` ("status" without it) has a `value` that the specification does not know."""
    DRIP = "drip"
    """Process; the answer's body comes in small pieces over `seconds`."""


def _kind(value: str) -> FaultKind:
    try:
        return FaultKind(value)
    except ValueError:
        raise SandboxError(
            f"There is no fault {value!r}; there are {', '.join(FaultKind)}.", status=422
        ) from None


_HTML = (
    "<!DOCTYPE html><html><head><title>{status} {reason}</title></head>"
    "<body><center><h1>{status} {reason}</h1></center><hr><center>nginx</center></body></html>"
)
_REASONS = {
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Temporarily Unavailable",
    504: "Gateway Time-out",
    520: "Web server is returning an unknown error",
    522: "Connection timed out",
    524: "A timeout occurred",
}
_EXTRA_FIELD = ("sandbox_unknown_field", {"nested": [1, None, "new"]})


@attrs.frozen
class Fault:
    """One fault: its kind, which calls it hits, and the details that its kind uses.

    `Fault("reset_after_commit", operation="createInvoice", nth=1)` hits one call. Without `nth`,
    `every` and `probability` every matching call is hit.
    """

    kind: FaultKind = attrs.field(converter=_kind)
    operation: str | None = attrs.field(default=None, kw_only=True)
    """The id of the operation in the specification; None: any."""
    nth: int | Collection[int] | None = attrs.field(default=None, kw_only=True)
    """Only this of the matching calls, or these, counted from 1 when the fault is injected."""
    every: int | None = attrs.field(default=None, kw_only=True)
    """Only every so many-th matching call."""
    probability: float | None = attrs.field(default=None, kw_only=True)
    """Each matching call with this probability; the same `seed` draws the same calls."""
    seed: int = attrs.field(default=0, kw_only=True)
    times: int | None = attrs.field(default=None, kw_only=True)
    """At most so many calls."""
    seconds: float = attrs.field(default=0.2, kw_only=True)
    after_commit: bool = attrs.field(default=False, kw_only=True)
    status: int = attrs.field(default=500, kw_only=True)
    html: bool = attrs.field(default=False, kw_only=True)
    retry_after: int = attrs.field(default=1, kw_only=True)
    field: str | None = attrs.field(default=None, kw_only=True)
    value: str = attrs.field(default="on_hold", kw_only=True)

    def __attrs_post_init__(self) -> None:
        problem = self._wrong_type()
        numbers = () if problem else self._numbers()
        if problem is not None:
            pass
        elif any(number < 1 for number in numbers):
            problem = "nth counts from 1"
        elif self.every is not None and self.every < 1:
            problem = "every must be at least 1"
        elif self.probability is not None and not 0 <= self.probability <= 1:
            problem = "probability must be between 0 and 1"
        elif not 400 <= self.status <= 599:
            problem = "status must be between 400 and 599"
        elif not 0 <= self.seconds <= 3600:
            problem = "seconds must be between 0 and 3600"
        if problem is not None:
            raise SandboxError(f"The fault cannot be used: {problem}.", status=422)

    def hits(self, call: int, draw: float) -> bool:
        """Whether the `call`-th matching call is hit; `draw` is random in [0, 1)."""
        if self.nth is not None and call not in self._numbers():
            return False
        if self.every is not None and call % self.every:
            return False
        return self.probability is None or draw < self.probability

    def _numbers(self) -> Collection[int]:
        return (self.nth,) if isinstance(self.nth, int) else self.nth or ()

    def _wrong_type(self) -> str | None:
        """Say what is of a wrong type: faults also come as JSON."""
        wanted: dict[str, tuple[object, type[object] | UnionType]] = {
            "operation": (self.operation, str | None),
            "every": (self.every, int | None),
            "probability": (self.probability, int | float | None),
            "seed": (self.seed, int),
            "times": (self.times, int | None),
            "seconds": (self.seconds, int | float),
            "after_commit": (self.after_commit, bool),
            "status": (self.status, int),
            "html": (self.html, bool),
            "retry_after": (self.retry_after, int),
            "field": (self.field, str | None),
            "value": (self.value, str),
        }
        for name, (value, kind) in wanted.items():
            if not isinstance(value, kind):
                return f"{name} cannot be a {type(value).__name__}"
        whole = isinstance(self.nth, int | None) or (
            isinstance(self.nth, Collection) and all(isinstance(one, int) for one in self.nth)
        )
        return None if whole else "nth must be a whole number, or several"


class InjectedFault:
    """A fault at work: `calls` counts the calls that matched, `hits` those that went wrong."""

    def __init__(self, number: int, fault: Fault) -> None:
        self.id = number
        self.fault = fault
        self.calls = 0
        self.hits = 0

    def take(self, operation: str) -> bool:
        """Count a call, and say whether it is hit."""
        fault = self.fault
        if fault.operation is not None and fault.operation != operation:
            return False
        self.calls += 1
        hit = fault.hits(self.calls, self.draw())
        return hit and (fault.times is None or self.hits < fault.times)

    def draw(self) -> float:
        """Return a number in [0, 1) that depends on the seed and the call's number only."""
        text = f"{self.fault.seed} {self.calls}"
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=6).digest()) / 2**48

    def shown(self) -> dict[str, Json]:
        """Return the fault as JSON data, with its counts."""
        return {"id": self.id, **attrs.asdict(self.fault), "calls": self.calls, "hits": self.hits}


class FaultPlan:
    """All injected faults, in the order of injection; a call is hit by the first that fits."""

    def __init__(self, operations: Collection[str]) -> None:
        self._operations = operations
        self._next_id = 1
        self.faults: list[InjectedFault] = []

    def inject(self, fault: Fault) -> InjectedFault:
        """Add a fault; 422 if its operation does not exist."""
        if fault.operation is not None and fault.operation not in self._operations:
            raise SandboxError(
                f"There is no operation {fault.operation!r}; the ids are those of the "
                f"specification: {', '.join(sorted(self._operations))}.",
                status=422,
            )
        injected = InjectedFault(self._next_id, fault)
        self._next_id += 1
        self.faults.append(injected)
        return injected

    def choose(self, operation: str) -> InjectedFault | None:
        """Count a call of an operation, and return what goes wrong with it."""
        chosen: InjectedFault | None = None
        for fault in self.faults:
            if fault.take(operation) and chosen is None:
                chosen = fault
        if chosen is not None:
            chosen.hits += 1
        return chosen

    def clear(self, number: int | None = None) -> None:
        """Take away one fault, or all."""
        self.faults = [one for one in self.faults if number is not None and one.id != number]


def failure(fault: Fault, message: str) -> Answer:
    """Return the answer of a 429 or of a failing server or proxy."""
    if fault.kind is FaultKind.RATE_LIMITED:
        return error(SandboxError(message, status=429, retry_after=fault.retry_after))
    if fault.html:
        reason = _REASONS.get(fault.status, "Error")
        page = _HTML.format(status=fault.status, reason=reason)
        return Answer(fault.status, page.encode(), b"text/html; charset=utf-8")
    return error(SandboxError(message, status=fault.status))


def spoiled(injected: InjectedFault, answer: Answer) -> Answer:
    """Return a successful answer as the fault makes it; others stay as they are."""
    if not 200 <= answer.status < 300:
        return answer
    fault, body = injected.fault, answer.body
    match fault.kind:
        case FaultKind.TRUNCATED_JSON:
            return Answer(answer.status, body[: len(body) // 2], headers=answer.headers)
        case FaultKind.MALFORMED_JSON:
            broken = body.replace(b":", b"=", 1)
            return Answer(answer.status, broken, headers=answer.headers)
        case _:
            data = json.loads(body)
            _change_fields(injected, data)
            return Answer(answer.status, encode(data).encode(), headers=answer.headers)


def _change_fields(injected: InjectedFault, data: Json) -> None:
    fault = injected.fault
    resources = list(_objects(data))
    match fault.kind:
        case FaultKind.UNKNOWN_FIELD:
            for one in resources:
                one[_EXTRA_FIELD[0]] = _EXTRA_FIELD[1]
        case FaultKind.UNKNOWN_ENUM:
            for one in resources:
                if (fault.field or "status") in one:
                    one[fault.field or "status"] = fault.value
        case FaultKind.MISSING_FIELD | FaultKind.NULL_FIELD:
            names = sorted({name for one in resources for name in one})
            name = fault.field or names[int(injected.draw() * len(names))]
            for one in resources:
                if name not in one:
                    continue
                if fault.kind is FaultKind.MISSING_FIELD:
                    del one[name]
                else:
                    one[name] = None
        case _:
            pass


def _objects(data: Json) -> Iterator[dict[str, Json]]:
    """Every object in the data, outermost first."""
    inner: list[Json] = []
    if is_object(data):
        yield data
        inner = list(data.values())
    elif is_list(data):
        inner = data
    for value in inner:
        yield from _objects(value)
