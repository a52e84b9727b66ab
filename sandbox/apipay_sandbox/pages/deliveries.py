"""The dashboard's log of webhook deliveries: what was sent, and what the receiver answered."""

import json
from collections.abc import Sequence

from ..records import Attempt, Delivery, Webhook
from .addresses import Addresses
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
    lines,
    link,
    page_links,
    section,
    table,
    user_text,
)
from .words import count, moment


def delivery_table(addresses: Addresses, shown: Sequence[Delivery], back: str) -> Html:
    """Write a table of deliveries. `back`: the page to return to after a button."""
    return table(
        "Deliveries, newest first",
        ("Delivery", "Event", "Receiver", "Status", "Last answer", "Actions"),
        [
            (
                link(addresses.delivery(one.id), f"Delivery {one.id}"),
                lines(
                    user_text(one.event),
                    link(addresses.invoice(one.invoice_id), f"Invoice {one.invoice_id}")
                    if one.invoice_id is not None
                    else None,
                ),
                tag("code", one.url),
                lines(
                    badge(one.status),
                    tag("span", count(len(one.attempts), "attempt", "attempts"), class_="more"),
                ),
                _answer(one.attempts[-1] if one.attempts else None),
                _redeliver(addresses, one, back),
            )
            for one in shown
        ],
        "Nothing was sent yet.",
    )


def _answer(attempt: Attempt | None) -> Child:
    if attempt is None:
        return tag("span", "–", class_="none", aria_label="none")
    if attempt.status is None:
        return tag("bdi", attempt.error or "No answer.")
    return f"HTTP {attempt.status}"


def _redeliver(addresses: Addresses, one: Delivery, back: str) -> Html:
    return button(
        addresses.delivery(one.id, "/redeliver"), "Redeliver", about=f"delivery {one.id}", back=back
    )


def deliveries_page(
    addresses: Addresses,
    records: Sequence[Delivery],
    webhooks: Sequence[Webhook],
    choice: Choice,
) -> str:
    """Return the delivery log and where events go."""
    shown, number, pages = cut(records, choice.page)
    choice = Choice(number)
    return document(
        addresses,
        "Deliveries",
        tag("h1", "Deliveries"),
        delivery_table(addresses, shown, back=addresses.at("/deliveries", **choice.query())),
        page_links(addresses, "/deliveries", choice, pages),
        section(
            "Webhooks",
            table(
                "Webhooks",
                ("Webhook", "Address"),
                [(f"Webhook {one.id}", tag("code", one.url)) for one in webhooks],
                "No webhook is set up, so nothing is sent. POST its url to /_sandbox/webhooks, or "
                "call add_webhook.",
            ),
        ),
        section="Deliveries",
    )


def delivery_page(addresses: Addresses, delivery: Delivery) -> str:
    """Return one delivery: its body, and every attempt with its answer."""
    title = f"Delivery {delivery.id}"
    invoice, next_at = delivery.invoice_id, delivery.next_attempt_at
    attempts = [_attempt(number, one) for number, one in enumerate(delivery.attempts, start=1)]
    return document(
        addresses,
        title,
        back_to(addresses.at("/deliveries"), "Deliveries"),
        tag("h1", title),
        tag("p", badge(delivery.status)),
        actions(_redeliver(addresses, delivery, addresses.delivery(delivery.id))),
        facts(
            [
                ("Event", user_text(delivery.event)),
                (
                    "Invoice",
                    link(addresses.invoice(invoice), invoice) if invoice is not None else None,
                ),
                ("Webhook", delivery.webhook_id),
                ("Receiver", tag("code", delivery.url)),
                ("Created", moment(delivery.created_at)),
                ("Next attempt", moment(next_at) if next_at is not None else None),
            ]
        ),
        section(
            "Body",
            _block(_readable(delivery.body), "Body, laid out for reading"),
            tag(
                "details",
                tag("summary", "Exactly as signed and sent"),
                _block(delivery.body, "Body, exactly as signed and sent"),
            ),
        ),
        section("Attempts", attempts or tag("p", "Not sent yet.", class_="empty")),
        section="Deliveries",
    )


def _attempt(number: int, attempt: Attempt) -> Html:
    return tag(
        "article",
        tag("h3", f"Attempt {number}: ", _answer(attempt)),
        tag(
            "p",
            moment(attempt.at),
            f", answered in {attempt.seconds:.3f} s"
            if attempt.status is not None
            else f", gave up after {attempt.seconds:.3f} s",
            class_="more",
        ),
        _block(attempt.body, f"Answer {number}")
        if attempt.body
        else tag("p", "The answer had no body.", class_="empty")
        if attempt.status is not None
        else None,
        class_="attempt",
    )


def _readable(body: str) -> str:
    """Lay JSON out for people: indented, and Cyrillic as letters."""
    return json.dumps(json.loads(body), indent=2, ensure_ascii=False)


def _block(content: str, label: str) -> Html:
    return tag("pre", tag("code", content), tabindex=0, role="region", aria_label=label)
