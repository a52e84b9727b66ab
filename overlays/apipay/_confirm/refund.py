"""createRefund: exactly one completed refund with this amount and this reason, created since.

Only a refund that was sent with an amount and a reason is ever confirmed.
"""

from collections.abc import Generator
from typing import Any

from apipay._confirm.evidence import (
    NO_TRACE,
    UNCLEAR,
    Ask,
    Excluded,
    Finding,
    Plan,
    Sent,
    amount_text,
    decoded,
    digest,
    is_created_since,
    is_repeated,
    is_same_amount,
)
from apipay._options import ApiKey
from apipay._steps import Step
from apipay.errors import Lookup
from apipay_client import operations
from apipay_client.errors import DecodeError
from apipay_client.models import Refund, RefundList, RefundStatus


class RefundPlan(Plan):
    """The plan of createRefund."""

    creates = "refund"
    evidence = ("amount", "reason")
    needs = frozenset({"id", "amount", "reason"})
    model = staticmethod(Refund.from_dict)

    def accepts(self, sent: Sent, body: object) -> bool:
        try:
            made = Refund.from_dict(body)
        except DecodeError:
            return False
        amount, reason = sent.body.get("amount"), sent.body.get("reason")
        return (
            (made.invoice_id is None or str(made.invoice_id) == sent.path_id)
            and (amount is None or is_same_amount(made.amount, amount))
            and is_repeated(body, "reason", reason)
        )

    def lookup(self, sent: Sent, sent_at: float, key: ApiKey) -> Lookup | None:
        amount, reason = amount_text(sent.body.get("amount")), sent.body.get("reason")
        exact = amount is not None and isinstance(reason, str) and reason.strip() != ""
        return Lookup(
            operations.CREATE_REFUND.id,
            operations.LIST_INVOICE_REFUNDS.id,
            {"id": sent.path_id},
            {"amount": str(amount), "reason": digest(key, str(reason))} if exact else {},
            sent_at,
        )

    def find(
        self, lookup: Lookup, ask: Ask, key: ApiKey, excluded: Excluded
    ) -> Generator[Step, Any, Finding]:
        reply = yield from ask(operations.LIST_INVOICE_REFUNDS, lookup.arguments, {})
        listed: RefundList | None = decoded(RefundList.from_dict, reply)
        if listed is None:
            return UNCLEAR
        candidates: list[int] = []
        is_clear = True
        for row in listed.data:
            if excluded(row.id):
                continue
            # Rows of a list can be shorter than the resource.
            if row.reason is None or digest(key, row.reason) == lookup.match["reason"]:
                candidates.append(row.id)
            elif is_same_amount(row.amount, lookup.match["amount"]):
                is_clear = False  # it could be this one, with its reason changed
        if not candidates:
            return NO_TRACE if is_clear else UNCLEAR
        if len(candidates) > 1:
            return UNCLEAR
        return (yield from self._check(candidates[0], lookup, ask, key))

    def _check(
        self, refund_id: int, lookup: Lookup, ask: Ask, key: ApiKey
    ) -> Generator[Step, Any, Finding]:
        reply = yield from ask(operations.GET_REFUND, {"id": refund_id}, {})
        refund: Refund | None = decoded(Refund.from_dict, reply)
        if refund is None or refund.id != refund_id:
            return UNCLEAR
        fits = (
            is_same_amount(refund.amount, lookup.match["amount"])
            and refund.reason is not None
            and digest(key, refund.reason) == lookup.match["reason"]
            and refund.status == RefundStatus.COMPLETED
            and (refund.invoice_id is None or str(refund.invoice_id) == str(lookup.arguments["id"]))
            and is_created_since(refund.created_at, lookup, reply)
        )
        return Finding(reply, refund.id) if fits else UNCLEAR


def plan(operation_id: str) -> Plan:
    """Return the plan of createRefund."""
    return RefundPlan()
