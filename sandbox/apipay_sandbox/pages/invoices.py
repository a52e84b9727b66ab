"""The dashboard's invoices, refunds and recurring invoices."""

from collections import Counter
from collections.abc import Sequence

import attrs

from ..domain import invoices
from ..records import Delivery, Invoice, RecurringInvoice, Refund
from .addresses import Addresses
from .deliveries import delivery_table
from .html import Child, Html, tag
from .layout import (
    Choice,
    actions,
    back_to,
    badge,
    button,
    cut,
    document,
    facts,
    filters,
    lines,
    link,
    notice,
    page_links,
    section,
    table,
    user_text,
)
from .words import moment, phone, tenge


def invoice_table(
    addresses: Addresses, shown: Sequence[Invoice], back: str, empty: str = "No invoice yet."
) -> Html:
    """Write a table of invoices. `back`: the page to return to after a button."""
    return table(
        "Invoices, newest first",
        ("Invoice", "For", "Amount", "Status", "Customer", "Created", "Actions"),
        [_invoice_row(addresses, one, back) for one in shown],
        empty,
    )


def _invoice_row(addresses: Addresses, one: Invoice, back: str) -> Sequence[Child]:
    return (
        link(addresses.invoice(one.id), f"Invoice {one.id}"),
        lines(
            user_text(one.description),
            tag("span", "Order ", tag("bdi", one.external_order_id), class_="more")
            if one.external_order_id
            else None,
        ),
        lines(
            tag("span", tenge(one.amount), class_="money"),
            tag("span", f"{tenge(one.refunded)} refunded", class_="more") if one.refunded else None,
        ),
        badge(one.status),
        lines(phone(one.client_phone), tag("bdi", one.client_name) if one.client_name else None),
        moment(one.created_at),
        _invoice_buttons(addresses, one, back),
    )


def _invoice_buttons(addresses: Addresses, one: Invoice, back: str | None) -> Child:
    if one.status != "pending":
        return tag("span", "–", class_="none", aria_label="none")
    about = f"invoice {one.id}"
    return actions(
        button(addresses.invoice(one.id, "/pay"), "Pay", about=about, back=back),
        button(
            addresses.invoice(one.id, "/expire"), "Expire", about=about, look="quiet", back=back
        ),
    )


def invoices_page(
    addresses: Addresses,
    records: Sequence[Invoice],
    statuses: Sequence[str],
    choice: Choice,
    notice_code: str | None = None,
) -> str:
    """Return the list of invoices, narrowed as chosen."""
    if choice.recurring is not None:
        records = [one for one in records if one.recurring_invoice_id == choice.recurring]
    counts: Counter[str] = Counter(one.status for one in records)
    chosen = [one for one in records if choice.status in {None, one.status}]
    shown, number, pages = cut(chosen, choice.page)
    choice = attrs.evolve(choice, page=number)
    title = "Invoices"
    if choice.recurring is not None:
        title = f"Invoices of recurring invoice {choice.recurring}"
    return document(
        addresses,
        title,
        tag("h1", title),
        notice(notice_code),
        filters(addresses, "/invoices", choice, statuses, counts),
        invoice_table(
            addresses,
            shown,
            back=addresses.at("/invoices", **choice.query()),
            empty="No such invoice." if counts or choice.recurring else "No invoice yet.",
        ),
        page_links(addresses, "/invoices", choice, pages),
        section="Invoices",
    )


def invoice_page(
    addresses: Addresses,
    invoice: Invoice,
    payment_url: str,
    refunds: Sequence[Refund],
    deliveries: Sequence[Delivery],
    notice_code: str | None = None,
) -> str:
    """Return one invoice with its refunds and deliveries."""
    title = f"Invoice {invoice.id}"
    at = invoice.settled_at
    pending = invoice.status == "pending"
    number = invoice.recurring_invoice_id
    return document(
        addresses,
        title,
        back_to(addresses.at("/invoices"), "Invoices"),
        tag("h1", title),
        notice(notice_code),
        tag("p", tenge(invoice.amount), " ", badge(invoice.status), class_="amount"),
        actions(
            _invoice_buttons(addresses, invoice, None) if pending else None,
            tag("a", "Payer's page", href=addresses.payer(invoice.kaspi_qr_token), class_="button"),
        ),
        facts(
            [
                ("Description", user_text(invoice.description)),
                ("Order", user_text(invoice.external_order_id)),
                ("Customer", phone(invoice.client_phone)),
                ("Name", tag("bdi", invoice.client_name) if invoice.client_name else None),
                ("Refunded", tenge(invoice.refunded) if invoice.refunded else None),
                (
                    "Still refundable",
                    tenge(invoices.refundable(invoice)) if invoice.status == "paid" else None,
                ),
                ("Created", moment(invoice.created_at)),
                ("Pay before", moment(invoice.deadline) if pending else None),
                (invoice.status.capitalize(), moment(at) if at is not None else None),
                ("Kaspi invoice", invoice.kaspi_invoice_id),
                ("Webhook", invoice.webhook_id),
                (
                    "Recurring invoice",
                    link(addresses.at("/invoices", recurring=number), number)
                    if number is not None
                    else None,
                ),
                ("payment_url", tag("code", payment_url)),
            ]
        ),
        section("Refunds", refund_table(addresses, refunds[::-1])),
        section(
            "Deliveries",
            delivery_table(addresses, deliveries[::-1], back=addresses.invoice(invoice.id)),
        ),
        section="Invoices",
    )


def refund_table(addresses: Addresses, shown: Sequence[Refund]) -> Html:
    """Write a table of refunds."""
    return table(
        "Refunds, newest first",
        ("Refund", "Invoice", "Amount", "Status", "Reason", "Created"),
        [
            (
                f"Refund {one.id}",
                link(addresses.invoice(one.invoice_id), one.invoice_id),
                tag("span", tenge(one.amount), class_="money"),
                badge(one.status),
                user_text(one.reason),
                moment(one.created_at),
            )
            for one in shown
        ],
        "No refund yet.",
    )


def refunds_page(addresses: Addresses, records: Sequence[Refund], choice: Choice) -> str:
    """Return the list of refunds."""
    shown, number, pages = cut(records, choice.page)
    return document(
        addresses,
        "Refunds",
        tag("h1", "Refunds"),
        refund_table(addresses, shown),
        page_links(addresses, "/refunds", Choice(number), pages),
        section="Refunds",
    )


def recurring_page(
    addresses: Addresses, records: Sequence[RecurringInvoice], choice: Choice
) -> str:
    """Return the list of recurring invoices."""
    shown, number, pages = cut(records, choice.page)

    def row(one: RecurringInvoice) -> Sequence[Child]:
        end = one.end_date
        return (
            f"Recurring {one.id}",
            user_text(one.description),
            lines(
                tag("span", tenge(one.amount), class_="money"),
                tag("span", one.interval, class_="more"),
            ),
            badge(one.status),
            phone(one.phone_number),
            user_text(one.next_billing_date.isoformat() if one.next_billing_date else None),
            lines(
                f"from {one.start_date.isoformat()}",
                f"to {end.isoformat()}" if end is not None else None,
            ),
            link(addresses.at("/invoices", recurring=one.id), f"Invoices of {one.id}"),
        )

    return document(
        addresses,
        "Recurring invoices",
        tag("h1", "Recurring invoices"),
        table(
            "Recurring invoices, newest first",
            (
                "Recurring",
                "For",
                "Amount",
                "Status",
                "Customer",
                "Next billing",
                "Runs",
                "Invoices",
            ),
            [row(one) for one in shown],
            "No recurring invoice yet.",
        ),
        page_links(addresses, "/recurring-invoices", Choice(number), pages),
        section="Recurring",
    )
