"""Invoices: pending -> paid | cancelled | expired, and the refunds of a paid one."""

import attrs

from ..records import Invoice, InvoiceStatus


def settle(
    invoice: Invoice, status: InvoiceStatus, at: float, client_name: str | None = None
) -> Invoice:
    """Return the invoice in a final status. The caller checks that it is pending."""
    return attrs.evolve(
        invoice,
        status=status,
        settled_at=at,
        client_name=invoice.client_name if client_name is None else client_name,
    )


def refundable(invoice: Invoice) -> int:
    """Return how many tiyn can still be refunded."""
    return invoice.amount - invoice.refunded if invoice.status == "paid" else 0


def refund(invoice: Invoice, amount: int) -> Invoice:
    """Return the invoice with `amount` tiyn more refunded. The caller checks `refundable`."""
    return attrs.evolve(invoice, refunded=invoice.refunded + amount)
