"""The dashboard's first page and its organizations: what waits for somebody, and the clock."""

from collections.abc import Mapping, Sequence

import attrs

from ..domain import verification
from ..records import Delivery, Invoice, Organization, RecurringInvoice, Refund
from .addresses import Addresses
from .deliveries import delivery_table
from .html import Child, Html, tag
from .invoices import invoice_table
from .layout import actions, badge, button, document, link, section, table
from .words import count, moment, tenge

_LATEST = 5
UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
"""In what the clock can be moved: name -> seconds."""


@attrs.frozen(kw_only=True)
class Snapshot:
    """What the sandbox holds at a moment; records oldest first."""

    now: float
    organizations: Sequence[Organization]
    invoices: Sequence[Invoice]
    refunds: Sequence[Refund]
    recurring_invoices: Sequence[RecurringInvoice]
    deliveries: Sequence[Delivery]
    environment: Mapping[str, str] = attrs.field(repr=False)


def overview_page(addresses: Addresses, seen: Snapshot) -> str:
    """Return the dashboard's first page."""
    waiting = [one for one in seen.organizations if verification.is_open(one, seen.now)]
    here = addresses.at("/")
    return document(
        addresses,
        "Dashboard",
        tag("h1", "Dashboard"),
        _tiles(addresses, seen),
        _waiting(addresses, waiting, seen.now) if waiting else None,
        section("Clock", clock_form(addresses, seen.now)),
        section(
            "Latest invoices",
            invoice_table(addresses, seen.invoices[: -_LATEST - 1 : -1], back=here),
            aside=link(addresses.at("/invoices"), "All invoices"),
        ),
        section(
            "Latest deliveries",
            delivery_table(addresses, seen.deliveries[: -_LATEST - 1 : -1], back=here),
            aside=link(addresses.at("/deliveries"), "All deliveries"),
        ),
        _environment(seen.environment),
        section="Overview",
    )


def _tiles(addresses: Addresses, seen: Snapshot) -> Html:
    paid = [one for one in seen.invoices if one.status == "paid"]
    pending = sum(one.status == "pending" for one in seen.invoices)
    active = sum(one.status == "active" for one in seen.recurring_invoices)
    undelivered = sum(one.status != "delivered" for one in seen.deliveries)

    def tile(path: str, label: str, value: str | int, more: str) -> Html:
        return tag(
            "li",
            tag(
                "a",
                tag("span", label, class_="label"),
                tag("strong", value),
                tag("span", more, class_="more"),
                href=addresses.at(path),
            ),
        )

    return tag(
        "ul",
        tile("/invoices", "Paid", tenge(sum(one.amount for one in paid)), _invoices(len(paid))),
        tile(
            "/refunds",
            "Refunded",
            tenge(sum(one.amount for one in seen.refunds)),
            count(len(seen.refunds), "refund", "refunds"),
        ),
        tile("/invoices?status=pending", "Pending", pending, f"of {_invoices(len(seen.invoices))}"),
        tile(
            "/recurring-invoices",
            "Recurring",
            active,
            f"active of {len(seen.recurring_invoices)}",
        ),
        tile(
            "/deliveries",
            "Deliveries",
            len(seen.deliveries),
            f"{undelivered} not received" if undelivered else "all received",
        ),
        class_="tiles",
    )


def _invoices(number: int) -> str:
    return count(number, "invoice", "invoices")


def _waiting(addresses: Addresses, waiting: Sequence[Organization], now: float) -> Html:
    cards = [
        tag(
            "li",
            tag("div", link(addresses.organization(one.id), f"Organization {one.id}")),
            tag("div", f"{verification.seconds_left(one, now)} seconds left", class_="more"),
            owner_buttons(addresses, one, back=addresses.at("/")),
        )
        for one in waiting
    ]
    return section("Waiting for the owner", tag("ul", cards, class_="waiting"))


def owner_buttons(addresses: Addresses, organization: Organization, back: str) -> Html:
    """Write the owner's two buttons, for a list of organizations."""
    about = f"organization {organization.id}"
    return actions(
        button(
            addresses.organization(organization.id, "/confirm"), "Confirm", about=about, back=back
        ),
        button(
            addresses.organization(organization.id, "/refuse"),
            "Refuse",
            about=about,
            look="quiet",
            back=back,
        ),
    )


def clock_form(addresses: Addresses, now: float) -> Html:
    """Write the sandbox's time, and the form that moves it."""
    options = [tag("option", name, value=name, selected=name == "minutes") for name in UNITS]
    return tag(
        "div",
        tag("p", moment(now), class_="now"),
        tag(
            "form",
            tag("label", "Let time pass", for_="amount"),
            tag(
                "input",
                id="amount",
                name="amount",
                type="number",
                min=0,
                step="any",
                value=2,
                required=True,
                inputmode="decimal",
            ),
            tag("label", "Unit", for_="unit", class_="unseen"),
            tag("select", options, id="unit", name="unit"),
            tag("button", "Advance", type="submit"),
            method="post",
            action=addresses.at("/clock/advance"),
            class_="clock",
        ),
        tag(
            "p",
            "Everything that falls into that time happens at once: invoices expire, recurring "
            "invoices bill, webhooks are delivered again.",
            class_="hint",
        ),
    )


def _environment(environment: Mapping[str, str]) -> Html:
    shown = "\n".join(f"{name}={value}" for name, value in environment.items())
    return tag(
        "details",
        tag("summary", "Environment for a service under test"),
        tag("pre", tag("code", shown), tabindex=0, aria_label="Environment variables"),
    )


def organizations_page(
    addresses: Addresses, organizations: Sequence[Organization], now: float
) -> str:
    """Return the list of organizations, each with what its owner can do."""

    def row(one: Organization) -> Sequence[Child]:
        over = verification.is_over(one, now)
        left = verification.seconds_left(one, now)
        return (
            link(addresses.organization(one.id), f"Organization {one.id}"),
            one.idn,
            [
                badge("expired" if over else one.status),
                tag("div", f"{left} seconds left", class_="more") if left is not None else None,
            ],
            owner_buttons(addresses, one, back=addresses.at("/organizations"))
            if left is not None
            else tag("span", "–", class_="none", aria_label="none"),
        )

    return document(
        addresses,
        "Organizations",
        tag("h1", "Organizations"),
        table(
            "Organizations, newest first",
            ("Organization", "IIN/BIN", "Status", "Owner"),
            [row(one) for one in reversed(organizations)],
            "No organization asked for a verification yet.",
        ),
        section="Organizations",
    )
