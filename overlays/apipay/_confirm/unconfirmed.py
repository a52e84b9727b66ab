"""Operations that create something and have no lookup: only their responses are checked."""

from apipay import _response
from apipay._confirm.evidence import Plan, Sent, is_same_amount


class CreatingPlan(Plan):
    """The plan of an operation whose response is a new resource with an id of its own."""

    def __init__(self, creates: str) -> None:
        self.creates = creates

    def accepts(self, sent: Sent, body: object) -> bool:
        fields = _response.fields(body)
        amount = sent.body.get("amount")
        return isinstance(fields.get("id"), int) and (
            amount is None
            or fields.get("amount") is None
            or is_same_amount(amount, fields["amount"])
        )


_PLANS = {
    "billNowRecurringInvoice": CreatingPlan("invoice"),
    "createRecurringInvoice": CreatingPlan("recurring invoice"),
}


def plan(operation_id: str) -> Plan:
    """Return the plan of one of the operations."""
    return _PLANS[operation_id]
