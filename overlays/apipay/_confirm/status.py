"""cancel, pause and resume: the resource has the target status."""

from collections.abc import Callable, Generator
from typing import Any

from apipay._confirm.evidence import NO_TRACE, UNCLEAR, Ask, Excluded, Finding, Plan, Sent, decoded
from apipay._options import ApiKey
from apipay._steps import Step
from apipay.errors import Lookup
from apipay_client import operations
from apipay_client.errors import DecodeError
from apipay_client.models import Invoice, RecurringInvoice
from apipay_client.operations import Operation


class StatusPlan(Plan):
    """The plan of an operation that gives a resource another status."""

    needs = frozenset({"id", "status"})

    def __init__(
        self, call: Operation, getter: Operation, model: Callable[[object], Any], status: str
    ) -> None:
        self.call = call
        self.getter = getter
        self.model = model
        self.status = status

    def accepts(self, sent: Sent, body: object) -> bool:
        try:
            changed = self.model(body)
        except DecodeError:
            return False
        # A status that the specification does not know can be one on the way to the target.
        is_plausible = changed.status == self.status or not changed.status.is_known
        return str(changed.id) == sent.path_id and is_plausible

    def lookup(self, sent: Sent, sent_at: float, key: ApiKey) -> Lookup | None:
        match = {"status": self.status}
        return Lookup(self.call.id, self.getter.id, {"id": sent.path_id}, match, sent_at)

    def find(
        self, lookup: Lookup, ask: Ask, key: ApiKey, excluded: Excluded
    ) -> Generator[Step, Any, Finding]:
        reply = yield from ask(self.getter, lookup.arguments, {})
        found = decoded(self.model, reply)
        if found is None or str(found.id) != str(lookup.arguments["id"]):
            return UNCLEAR
        return Finding(reply) if found.status == lookup.match["status"] else NO_TRACE


_PLANS = {
    plan.call.id: plan
    for plan in (
        StatusPlan(
            operations.CANCEL_INVOICE, operations.GET_INVOICE, Invoice.from_dict, "cancelled"
        ),
        StatusPlan(
            operations.PAUSE_RECURRING_INVOICE,
            operations.GET_RECURRING_INVOICE,
            RecurringInvoice.from_dict,
            "paused",
        ),
        StatusPlan(
            operations.RESUME_RECURRING_INVOICE,
            operations.GET_RECURRING_INVOICE,
            RecurringInvoice.from_dict,
            "active",
        ),
        StatusPlan(
            operations.CANCEL_RECURRING_INVOICE,
            operations.GET_RECURRING_INVOICE,
            RecurringInvoice.from_dict,
            "cancelled",
        ),
    )
}


def plan(operation_id: str) -> Plan:
    """Return the plan of one of the operations."""
    return _PLANS[operation_id]
