"""Look before sending again: how to find out whether a write whose answer was lost happened.

One plan per operation with the retry class `reconcile`. A plan knows no clock and sends nothing:
its methods are generators that ask for a request to be sent (`Ask`) and return a `Finding`.

What makes an invoice or refund the result of *this* call:
- it fits what was sent: for an invoice the exact `external_order_id`, and its amount and phone
  number where the answer has them; for a refund its invoice, amount and reason;
- it was not there before. The first look-up tells by `created_at`, against the service's clock;
  later ones by what the earlier ones did not see. What cannot be dated, or is older by less than a
  minute (clocks differ), gives no certainty: the finding is then UNKNOWN, never a guess;
- no other call of this process made it (`Ledger`).
An invoice of an earlier order with the same id is therefore not mistaken for the new one. One thing
cannot be seen: whether an equal write, made by another process while the call was under way, is
this call's own. For an invoice that is as it should be, one order has one invoice; for refunds a
`reason` of their own tells them apart.
"""

import httpx

from apipay.transport.created_invoice import InvoicePlan
from apipay.transport.created_refund import RefundPlan
from apipay.transport.ledger import Ledger
from apipay.transport.plans import Plan, StatusPlan
from apipay_client import operations
from apipay_client.operations import Operation

_PLANS: dict[str, type[Plan]] = {
    operations.CREATE_INVOICE.id: InvoicePlan,
    operations.CREATE_REFUND.id: RefundPlan,
    **dict.fromkeys(StatusPlan.targets, StatusPlan),
}


def plan_for(request: httpx.Request, operation: Operation, ledger: Ledger, began_at: float) -> Plan:
    """Return how this write can be looked up."""
    kind = _PLANS.get(operation.id, Plan) if operation.retry == "confirm" else Plan
    return kind(request, operation, ledger, began_at)
