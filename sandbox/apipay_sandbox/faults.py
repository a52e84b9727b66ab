"""Faults: failures on purpose, and which calls they hit.

Pure: this module chooses the calls and changes response bodies. `api` handles connections.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from enum import StrEnum
from types import UnionType

import attrs

from .errors import SandboxError
from .jsons import Json, encode, is_list, is_object
from .responses import Response, error


class FaultKind(StrEnum):
    """Every kind of fault. Times are real seconds, as a client's timeouts are, except in LATE."""

    DELAY = "delay"
    """Wait `seconds`, then process; with `after_commit`, process, then wait."""
    CONNECTION_REFUSED = "connection_refused"
    """Respond to this call, close its connection, and refuse new ones for `seconds`.

    A refused connection sends no request, so the server cannot know whose it is: the fault chooses
    the call after which connections are refused.
    """
    RESET_BEFORE = "reset_before"
    """Reset the connection; the request is not processed."""
    RESET_AFTER_COMMIT = "reset_after_commit"
    """Process the request, then reset the connection instead of responding."""
    LATE = "late"
    """Reset the connection now; process the request `seconds` of the sandbox's clock later."""
    DUPLICATE = "duplicate"
    """Process the request twice, as if a proxy had resent it; send the second response."""
    RATE_LIMITED = "rate_limited"
    """Respond 429 with `retry_after`; the request is not processed."""
    STATUS = "status"
    """Respond `status` as JSON, or with `html` as a proxy; processed only with `after_commit`."""
    TRUNCATED_JSON = "truncated_json"
    """Process; the response is a complete HTTP message, but its JSON ends in the middle."""
    CUT_BODY = "cut_body"
    """Process; the connection closes in the middle of the response body."""
    MALFORMED_JSON = "malformed_json"
    """Process; the response has its full length and is not JSON."""
    MISSING_FIELD = "missing_field"
    """Process; the response lacks `field` (by default a random one)."""
    NULL_FIELD = "null_field"
    """Process; `field` of the response (by default a random one) is null."""
    UNKNOWN_FIELD = "unknown_field"
    """Process; every object of the response has one more field."""
    UNKNOWN_ENUM = "unknown_enum"
    """Process; `field` (by default "status") has a `value` that the specification does not have."""
    DRIP = "drip"
    """Process; the response body arrives in small pieces over `seconds`."""


NEEDS_RELAY = frozenset(
    {
        FaultKind.CONNECTION_REFUSED,
        FaultKind.RESET_BEFORE,
        FaultKind.RESET_AFTER_COMMIT,
        FaultKind.LATE,
        FaultKind.CUT_BODY,
    }
)
"""Faults below HTTP, for which the server puts a TCP relay in front of itself."""


def _kind(value: str) -> FaultKind:
    try:
        return FaultKind(value)
    except ValueError:
        raise SandboxError(
            f"Unknown fault {value!r}. Expected one of: {', '.join(FaultKind)}.", status=422
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
_TYPES: dict[str, type[object] | UnionType] = {
    "operation": str | None,
    "every": int | None,
    "probability": int | float | None,
    "seed": int,
    "times": int | None,
    "seconds": int | float,
    "after_commit": bool,
    "status": int,
    "html": bool,
    "retry_after": int,
    "field": str | None,
    "value": str,
}


@attrs.frozen
class Fault:
    """A fault: its kind, the calls it hits, and details of its kind.

    `Fault("reset_after_commit", operation="createInvoice", nth=1)` hits one call. Without `nth`,
    `every` and `probability` it hits every matching call.
    """

    kind: FaultKind = attrs.field(converter=_kind)
    operation: str | None = attrs.field(default=None, kw_only=True)
    """The operation's id in the specification; None for all operations."""
    nth: int | Collection[int] | None = attrs.field(default=None, kw_only=True)
    """Hit only these matching calls, counted from 1 since the injection."""
    every: int | None = attrs.field(default=None, kw_only=True)
    """Hit every n-th matching call."""
    probability: float | None = attrs.field(default=None, kw_only=True)
    """Hit each matching call with this probability; the same `seed` hits the same calls."""
    seed: int = attrs.field(default=0, kw_only=True)
    times: int | None = attrs.field(default=None, kw_only=True)
    """Hit at most this many calls."""
    seconds: float = attrs.field(default=0.2, kw_only=True)
    after_commit: bool = attrs.field(default=False, kw_only=True)
    status: int = attrs.field(default=500, kw_only=True)
    html: bool = attrs.field(default=False, kw_only=True)
    retry_after: int = attrs.field(default=1, kw_only=True)
    field: str | None = attrs.field(default=None, kw_only=True)
    value: str = attrs.field(default="on_hold", kw_only=True)

    def __attrs_post_init__(self) -> None:
        problem = self._problem()
        if problem is not None:
            raise SandboxError(f"The fault cannot be used: {problem}.", status=422)

    def hits(self, call: int, draw: float) -> bool:
        """Return whether matching call number `call` is hit; `draw` is random in [0, 1)."""
        if self.nth is not None and call not in self._numbers():
            return False
        if self.every is not None and call % self.every:
            return False
        return self.probability is None or draw < self.probability

    def _numbers(self) -> Collection[int]:
        return (self.nth,) if isinstance(self.nth, int) else self.nth or ()

    def _problem(self) -> str | None:
        # Faults also come as JSON, so the types are checked.
        for name, kind in _TYPES.items():
            value: object = getattr(self, name)
            if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
                return f"{name} cannot be a {type(value).__name__}"
        numbers = self._numbers() if isinstance(self.nth, int | Collection | None) else (None,)
        if any(not isinstance(one, int) or one < 1 for one in numbers):
            return "nth must be one or more integers from 1"
        if self.every is not None and self.every < 1:
            return "every must be at least 1"
        if self.probability is not None and not 0 <= self.probability <= 1:
            return "probability must be between 0 and 1"
        if not 400 <= self.status <= 599:
            return "status must be between 400 and 599"
        return None if 0 <= self.seconds <= 3600 else "seconds must be between 0 and 3600"


PROFILES: dict[str, Sequence[Fault]] = {
    "flaky": (
        Fault("status", status=503, probability=0.1),
        Fault("status", status=502, html=True, probability=0.05),
        Fault("reset_before", probability=0.05),
        Fault("reset_after_commit", probability=0.05),
        Fault("truncated_json", probability=0.05),
    ),
    "slow": (Fault("delay", seconds=2, probability=0.5), Fault("drip", seconds=3, probability=0.2)),
    "lost-answers": (
        Fault("reset_after_commit", probability=0.1),
        Fault("status", status=504, html=True, after_commit=True, probability=0.1),
        Fault("cut_body", probability=0.05),
        Fault("late", seconds=5, probability=0.05),
    ),
    "rate-limited": (Fault("rate_limited", probability=0.3),),
}
"""Named sets of faults."""


def profile(name: str, seed: int = 0) -> list[Fault]:
    """Return the faults of a profile, each with a seed of its own."""
    if name not in PROFILES:
        raise SandboxError(
            f"Unknown fault profile {name!r}. Expected one of: {', '.join(PROFILES)}.", status=422
        )
    return [
        attrs.evolve(fault, seed=seed * len(PROFILES[name]) + index)
        for index, fault in enumerate(PROFILES[name])
    ]


class InjectedFault:
    """An active fault. `calls` counts the calls that matched, `hits` those that it hit."""

    def __init__(self, number: int, fault: Fault) -> None:
        self.id = number
        self.fault = fault
        self.calls = 0
        self.hits = 0

    def matches(self, operation: str) -> bool:
        """Count a call; return whether the fault hits it."""
        fault = self.fault
        if fault.operation is not None and fault.operation != operation:
            return False
        self.calls += 1
        hit = fault.hits(self.calls, self.draw())
        return hit and (fault.times is None or self.hits < fault.times)

    def draw(self) -> float:
        """Return a number in [0, 1) that depends only on the seed and the call's number."""
        text = f"{self.fault.seed} {self.calls}"
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=6).digest()) / 2**48

    def shown(self) -> dict[str, Json]:
        """Return the fault and its counts as JSON data."""
        return {"id": self.id, **attrs.asdict(self.fault), "calls": self.calls, "hits": self.hits}


class ActiveFaults:
    """The injected faults, oldest first. A call is hit by the first that matches."""

    def __init__(self, operations: Collection[str]) -> None:
        self._operations = operations
        self._next_id = 1
        self.all: list[InjectedFault] = []

    def inject(self, fault: Fault) -> InjectedFault:
        """Add a fault; 422 if its operation does not exist."""
        if fault.operation is not None and fault.operation not in self._operations:
            raise SandboxError(
                f"Unknown operation {fault.operation!r}. Expected an id of the specification: "
                f"{', '.join(sorted(self._operations))}.",
                status=422,
            )
        injected = InjectedFault(self._next_id, fault)
        self._next_id += 1
        self.all.append(injected)
        return injected

    def choose(self, operation: str) -> InjectedFault | None:
        """Count a call in every fault, and return the one that hits it."""
        matching = [one for one in self.all if one.matches(operation)]
        if not matching:
            return None
        matching[0].hits += 1
        return matching[0]

    def clear(self, number: int | None = None) -> None:
        """Remove one fault, or all."""
        self.all = [one for one in self.all if number is not None and one.id != number]


def failure(fault: Fault, message: str) -> Response:
    """Return the response of a rate limit or of a failing server or proxy."""
    if fault.kind is FaultKind.RATE_LIMITED:
        return error(SandboxError(message, status=429, retry_after=fault.retry_after))
    if fault.html:
        reason = _REASONS.get(fault.status, "Error")
        page = _HTML.format(status=fault.status, reason=reason)
        return Response(fault.status, page.encode(), b"text/html; charset=utf-8")
    return error(SandboxError(message, status=fault.status))


def spoiled(injected: InjectedFault, response: Response) -> Response:
    """Return a successful response as the fault changes it; other responses stay as they are."""
    if not 200 <= response.status < 300:
        return response
    fault, body = injected.fault, response.body
    match fault.kind:
        case FaultKind.TRUNCATED_JSON:
            body = body[: len(body) // 2]
        case FaultKind.MALFORMED_JSON:
            body = body.replace(b":", b"=", 1)
        case _:
            data = json.loads(body)
            _change_fields(injected, data)
            body = encode(data).encode()
    return Response(response.status, body, headers=response.headers)


def _change_fields(injected: InjectedFault, data: Json) -> None:
    fault = injected.fault
    objects = list(_objects(data))
    match fault.kind:
        case FaultKind.UNKNOWN_FIELD:
            for one in objects:
                one[_EXTRA_FIELD[0]] = _EXTRA_FIELD[1]
        case FaultKind.UNKNOWN_ENUM:
            for one in objects:
                if (fault.field or "status") in one:
                    one[fault.field or "status"] = fault.value
        case _:
            names = sorted({name for one in objects for name in one})
            name = fault.field or names[int(injected.draw() * len(names))]
            for one in objects:
                if name not in one:
                    continue
                if fault.kind is FaultKind.MISSING_FIELD:
                    del one[name]
                else:
                    one[name] = None


def _objects(data: Json) -> Iterator[dict[str, Json]]:
    """Yield every object in the data, outermost first."""
    inner: list[Json] = []
    if is_object(data):
        yield data
        inner = list(data.values())
    elif is_list(data):
        inner = data
    for value in inner:
        yield from _objects(value)
