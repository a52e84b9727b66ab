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

Busy = Callable[[], Generator[Any, Any, bool]]
"""Waits a moment for other calls of this client; False when there is no time for it."""


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


class Plan:
    """How one call can be looked up. This base cannot: the finding is always UNKNOWN."""

    always: tuple[str, ...] = ()
    """The fields that the answer always has, where a look-up can stand in for a broken one."""

    settles: ClassVar[bool] = True
    """Whether sending again too early could make a second one: then the look-ups go on for the
    settle time of the policy before the write is held lost."""

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

    def look(self, ask: Ask) -> Generator[Any, Any, Finding]:
        """Look once."""
        return UNKNOWN
        yield

    def may_resend(self, ask: Ask, doubt: Doubt) -> Generator[Any, Any, bool]:
        """Whether the write can be sent again after look-ups that did not find it."""
        return True
        yield

    def after_resend(
        self, ask: Ask, busy: Busy, response: httpx.Response
    ) -> Generator[Any, Any, tuple[httpx.Response, list[LateDuplicate]]]:
        """Look for a late duplicate after a resend that worked; return the answer to keep."""
        return response, []
        yield


class StatusPlan(Plan):
    """cancel, pause and resume: by the status of the resource.

    Sending one again too early does no harm: the service refuses it when the first took effect.
    """

    always = required_of(Invoice)  # of a recurring invoice, too
    settles: ClassVar[bool] = False
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
        path = path_arguments(self.request, self.operation)
        arguments = {name: int(value) for name, value in path.items()}
        return Lookup(getter.id, arguments, {"status": str(status)}, since=since)

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
        arguments = {name: int(value) for name, value in path.items()}
        return Lookup(operations.GET_RECURRING_INVOICE.id, arguments, {}, since=since)
    return None
