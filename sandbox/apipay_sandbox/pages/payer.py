"""The payer's page, behind `payment_url`: what Kaspi Pay would show."""

import segno

from ..records import Invoice, Organization
from .addresses import Addresses
from .html import Child, Html, tag
from .layout import actions, badge, button, document, facts, notice, user_text
from .words import hidden_phone, moment, tenge


def payer_page(
    addresses: Addresses,
    invoice: Invoice,
    merchant: Organization | None,
    payment_url: str,
    notice_code: str | None = None,
) -> str:
    """Return the page of one invoice: to be paid, or what became of it."""
    title, content = _content(addresses, invoice, payment_url)
    card = tag(
        "article",
        tag("h1", title),
        tag("p", tenge(invoice.amount), class_="amount"),
        badge(invoice.status) if invoice.status != "pending" else None,
        facts(
            [
                ("Merchant", merchant_name(merchant)),
                ("For", user_text(invoice.description) if invoice.description else None),
                ("Invoice", invoice.kaspi_invoice_id),
                ("Customer", hidden_phone(invoice.client_phone)),
            ]
        ),
        content,
        class_="card",
    )
    return document(addresses, f"{title}: {tenge(invoice.amount)}", notice(notice_code), card)


def merchant_name(merchant: Organization | None) -> Child:
    """Name the merchant: the API knows an organization by its IIN or BIN alone."""
    if merchant is None:
        return "Sandbox merchant"
    return ["Sandbox merchant", tag("span", f"IIN/BIN {merchant.idn}", class_="more")]


def _content(addresses: Addresses, invoice: Invoice, payment_url: str) -> tuple[str, Child]:
    at = invoice.settled_at
    when: Child = None if at is None else [" on ", moment(at)]
    match invoice.status:
        case "pending":
            return "Pay an invoice", _to_pay(addresses, invoice, payment_url)
        case "paid":
            back = invoice.refunded
            return "This invoice is paid", [
                tag("p", "Paid", when, ". There is nothing more to pay."),
                tag("p", f"{tenge(back)} of it was given back.") if back else None,
            ]
        case "cancelled":
            said = ". It was cancelled by the merchant or declined. Nothing was paid."
            return "This invoice is cancelled", tag("p", "Cancelled", when, said)
        case "expired":
            said = ". Nothing was paid. Ask the merchant for a new invoice."
            return "This invoice has expired", tag("p", "Expired", when, said)


def _to_pay(addresses: Addresses, invoice: Invoice, payment_url: str) -> Child:
    token = invoice.kaspi_qr_token
    return [
        actions(
            button(addresses.payer(token, "/pay"), "Pay", look="primary"),
            button(addresses.payer(token, "/decline"), "Decline", look="quiet"),
        ),
        tag("p", "Pay before ", moment(invoice.deadline), ".", class_="hint"),
        tag(
            "figure",
            qr_code(payment_url),
            tag("figcaption", "Scan to open this page on a phone that can reach this machine."),
        ),
    ]


def qr_code(payment_url: str) -> Html:
    """Draw an address as a QR code, dark on light whatever the page's colours are."""
    drawing = segno.make_qr(payment_url, error="m").svg_data_uri(
        border=4, dark="#111827", light="#ffffff", omitsize=True
    )
    return tag(
        "img", src=drawing, alt="QR code of this page's address", width=176, height=176, class_="qr"
    )
