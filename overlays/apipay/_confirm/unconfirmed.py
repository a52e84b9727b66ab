"""Operations that have no lookup: only their responses are checked."""

from apipay._confirm.evidence import Plan, Sent, is_same_amount
from apipay._response import fields
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


class SkipPeriodPlan(Plan):
    """The plan of skipPeriodRecurringInvoice: the response is the recurring invoice."""

    def accepts(self, sent: Sent, body: object) -> bool:
        return str(fields(body).get("id")) == sent.path_id


class OrganizationPlan(Plan):
    """The plan of the operations whose response holds the organization that was sent."""

    def accepts(self, sent: Sent, body: object) -> bool:
        shown = fields(fields(body).get("organization"))
        if sent.path_id is not None:
            return str(shown.get("id")) == sent.path_id
        return shown.get("idn") in (None, sent.body.get("idn"))


_PLANS: dict[str, Plan] = {
    "billNowRecurringInvoice": BillNowPlan(),
    "createRecurringInvoice": CreateRecurringPlan(),
    "skipPeriodRecurringInvoice": SkipPeriodPlan(),
    "verifyOrganization": OrganizationPlan(),
    "getOrganizationStatus": OrganizationPlan(),
}


def plan(operation_id: str) -> Plan:
    """Return the plan of one of the operations."""
    return _PLANS[operation_id]
