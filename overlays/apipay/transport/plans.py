"""How one call can be looked up: the base of all plans, and the plan of status changes."""

from collections.abc import Callable, Generator, Hashable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar

import attrs
import httpx

from apipay.errors import Lookup
from apipay.hooks import LateDuplicate
from apipay.transport.ledger import Ledger
from apipay.transport.lookups import Reply, body_of, derive, fields_of, path_arguments
from apipay.transport.policy import RetryPolicy
from apipay.transport.verdict import DONE, Doubt, Kind, Verdict
from apipay_client import operations
from apipay_client.models import (
    Invoice,
    InvoiceStatus,
    RecurringInvoice,
    RecurringInvoiceStatus,
)
from apipay_client.operations import Operation

Ask = Callable[[httpx.Request], Generator[Any, Any, "Reply | None"]]
"""Sends a look-up, with retries of its own; None when no good answer came in time."""

Pause = Callable[[float], Generator[Any, Any, bool]]
"""Waits so many seconds before another look; False when there is no time for it."""


class Seen(Enum):
    """What a look-up showed."""

    HAPPENED = "happened"
    ABSENT = "absent"
    BUSY = "busy"
    """Not settled yet: look again shortly."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one look-up."""

    seen: Seen
    response: httpx.Response | None = None
    """For HAPPENED: an answer that reads as the lost one would have."""


ABSENT = Finding(Seen.ABSENT)
BUSY = Finding(Seen.BUSY)
UNKNOWN = Finding(Seen.UNKNOWN)


def required_of(model: type[Any]) -> tuple[str, ...]:
    """The fields that a model of an answer always has."""
    return tuple(item.name for item in attrs.fields(model) if item.default is attrs.NOTHING)


def ids_of(path: Mapping[str, str]) -> Mapping[str, int | str]:
    """The values of a path as a caller gave them."""
    return {name: int(value) if value.isdecimal() else value for name, value in path.items()}


class Plan:
    """How one call can be looked up. This base cannot: the finding is always UNKNOWN."""

    always: tuple[str, ...] = ()
    """The fields that the answer always has, where a look-up can stand in for a broken one."""

    def __init__(
        self, request: httpx.Request, operation: Operation, ledger: Ledger, began_at: float
    ) -> None:
        self.request = request
        self.operation = operation
        self.ledger = ledger
        self.began_at = began_at
        self.name: Hashable | None = None
        """Under which the ledger counts this write; None where there is nothing to count."""

    def derive(
        self,
        target: Operation,
        path: Mapping[str, object] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> httpx.Request:
        """Return a look-up's request, to the same server with the same key."""
        return derive(self.request, self.operation, target, path, params)

    def lookup(self, since: float) -> Lookup | None:
        """What the caller can look up when the truth stays unknown. `since`: Unix seconds."""
        return _lookup_by_eye(self.request, self.operation, since)

    def received(self, response: httpx.Response) -> Verdict:
        """Take in the answer of a success; a plan that can look it up also checks that it is whole.

        An answer that lacks what is always there reads as a lost one.
        """
        if self.always:
            body = fields_of(response)
            if any(body.get(name) is None for name in self.always):
                return Verdict(Kind.FAILED, Doubt.ANSWERED)
        return DONE

    def settle_time(self, policy: RetryPolicy, doubt: Doubt) -> float:
        """Seconds for which to look on before the write is held lost: sent again too early, it
        could be done twice."""
        settles = {
            Doubt.CUT: policy.settle_after_cut,
            Doubt.IN_FLIGHT: policy.settle_after_timeout,
        }
        return settles.get(doubt, 0.0)

    def look(self, ask: Ask) -> Generator[Any, Any, Finding]:
        """Look once."""
        return UNKNOWN
        yield

    def may_resend(self, ask: Ask, worst: Doubt) -> Generator[Any, Any, bool]:
        """Whether the write can be sent again after look-ups that did not find it.

        `worst`: the greatest doubt that any attempt so far has left.
        """
        return True
        yield

    def after_resend(
        self, ask: Ask, pause: Pause, response: httpx.Response
    ) -> Generator[Any, Any, tuple[httpx.Response, list[LateDuplicate]]]:
        """Look for a late duplicate after a resend that worked; return the answer to keep."""
        return response, []
        yield


class StatusPlan(Plan):
    """cancel, pause and resume: by the status of the resource.

    Sending one again too early does no harm: the service refuses it when the first took effect.
    """

    always = required_of(Invoice)  # of a recurring invoice, too
    targets: ClassVar[dict[str, tuple[Operation, Callable[[object], Any], str]]] = {
        operations.CANCEL_INVOICE.id: (
            operations.GET_INVOICE,
            Invoice.from_dict,
            InvoiceStatus.CANCELLED,
        ),
        operations.PAUSE_RECURRING_INVOICE.id: (
            operations.GET_RECURRING_INVOICE,
            RecurringInvoice.from_dict,
            RecurringInvoiceStatus.PAUSED,
        ),
        operations.RESUME_RECURRING_INVOICE.id: (
            operations.GET_RECURRING_INVOICE,
            RecurringInvoice.from_dict,
            RecurringInvoiceStatus.ACTIVE,
        ),
        operations.CANCEL_RECURRING_INVOICE.id: (
            operations.GET_RECURRING_INVOICE,
            RecurringInvoice.from_dict,
            RecurringInvoiceStatus.CANCELLED,
        ),
    }

    def lookup(self, since: float) -> Lookup | None:
        getter, _, status = self.targets[self.operation.id]
        arguments = ids_of(path_arguments(self.request, self.operation))
        return Lookup(getter.id, arguments, {"status": str(status)}, since=since)

    def settle_time(self, policy: RetryPolicy, doubt: Doubt) -> float:
        return 0.0

    def look(self, ask: Ask) -> Generator[Any, Any, Finding]:
        getter, convert, status = self.targets[self.operation.id]
        path = path_arguments(self.request, self.operation)
        reply = yield from ask(self.derive(getter, path))
        item = None if reply is None else reply.read(convert)
        if reply is None:
            return UNKNOWN
        if item is None:
            return BUSY  # a broken answer: the next one may be whole
        if item.status == status:
            return Finding(Seen.HAPPENED, reply.response)
        return ABSENT if item.status.is_known else BUSY  # "cancelling", say


def _lookup_by_eye(request: httpx.Request, operation: Operation, since: float) -> Lookup | None:
    """What to look at after a write that no plan covers."""
    path = path_arguments(request, operation)
    body = body_of(request)
    if operation.id == operations.CREATE_RECURRING_INVOICE.id:
        match = {name: body[name] for name in ("amount", "interval") if name in body}
        return Lookup(operations.LIST_RECURRING_INVOICES.id, {}, match, since=since)
    if operation.id == operations.BILL_NOW_RECURRING_INVOICE.id:
        return Lookup(operations.LIST_INVOICES.id, {}, {}, since=since)
    if operation.id == operations.SKIP_PERIOD_RECURRING_INVOICE.id:
        return Lookup(operations.GET_RECURRING_INVOICE.id, ids_of(path), {}, since=since)
    return None
