"""Invoices: pending -> paid | cancelled | expired; and what is left of a paid one to refund."""

import attrs

from ..records import Invoice, InvoiceStatus


def settle(
    invoice: Invoice, status: InvoiceStatus, at: float, client_name: str | None = None
) -> Invoice:
    """Leave `pending`. The caller has checked that the invoice is pending."""
    return attrs.evolve(
        invoice,
        status=status,
        settled_at=at,
        client_name=invoice.client_name if client_name is None else client_name,
    )


def refundable(invoice: Invoice) -> int:
    """How many tiyn can still be given back."""
    return invoice.amount - invoice.refunded if invoice.status == "paid" else 0


def give_back(invoice: Invoice, amount: int) -> Invoice:
    """Take `amount` tiyn from what is left. The caller has checked that it is there."""
    return attrs.evolve(invoice, refunded=invoice.refunded + amount)
