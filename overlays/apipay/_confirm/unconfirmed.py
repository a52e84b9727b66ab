"""Operations that create something and have no lookup: only their responses are checked."""

from apipay._confirm.evidence import Plan, Sent, is_same_amount
from apipay_client.errors import DecodeError
from apipay_client.models import Invoice, InvoiceStatus, RecurringInvoice


class BillNowPlan(Plan):
    """The plan of billNowRecurringInvoice: the response is a new invoice."""

    creates = "invoice"

    def accepts(self, sent: Sent, body: object) -> bool:
        try:
            made = Invoice.from_dict(body)
        except DecodeError:
            return False
        # No order id was sent, so an invoice that has one belongs to another request.
        return made.status == InvoiceStatus.PENDING and made.external_order_id is None


class CreateRecurringPlan(Plan):
    """The plan of createRecurringInvoice."""

    creates = "recurring invoice"

    def accepts(self, sent: Sent, body: object) -> bool:
        try:
            made = RecurringInvoice.from_dict(body)
        except DecodeError:
            return False
        return (
            (made.amount is None or is_same_amount(made.amount, sent.body.get("amount")))
            and made.interval in (None, sent.body.get("interval"))
            and made.phone_number in (None, sent.body.get("phone_number"))
        )


_PLANS: dict[str, Plan] = {
    "billNowRecurringInvoice": BillNowPlan(),
    "createRecurringInvoice": CreateRecurringPlan(),
}


def plan(operation_id: str) -> Plan:
    """Return the plan of one of the operations."""
    return _PLANS[operation_id]
