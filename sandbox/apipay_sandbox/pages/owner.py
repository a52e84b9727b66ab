"""The owner's page: what the Kaspi Business app would ask while a verification counts down."""

from ..domain import verification
from ..records import Organization
from .addresses import Addresses
from .html import Child, tag
from .layout import actions, badge, button, document, facts, notice

_REFRESH_SECONDS = 5
"""The countdown is drawn again this often. More often would take the page from under a click."""


def owner_page(
    addresses: Addresses,
    organization: Organization,
    now: float,
    window: float,
    notice_code: str | None = None,
) -> str:
    """Return the page of one organization. `window`: seconds that the owner has in all."""
    left = verification.seconds_left(organization, now)
    title, content = _content(addresses, organization, left, window)
    over = verification.is_over(organization, now)
    card = tag(
        "article",
        tag("h1", title),
        badge("expired" if over else organization.status),
        facts([("IIN/BIN", organization.idn), ("Organization", organization.id)]),
        content,
        class_="card",
    )
    refresh = None if left is None else min(_REFRESH_SECONDS, left)
    return document(addresses, title, notice(notice_code), card, refresh=refresh)


def _content(
    addresses: Addresses, organization: Organization, left: int | None, window: float
) -> tuple[str, Child]:
    if left is not None:
        return "Let ApiPay take payments for you?", [
            tag(
                "p",
                "ApiPay asks to act as a cashier of this organization. As its owner, confirm or "
                "refuse.",
            ),
            tag(
                "p",
                tag("strong", left, class_="count"),
                " second left" if left == 1 else " seconds left",
                class_="countdown",
            ),
            tag(
                "progress",
                value=left,
                max=round(window),
                aria_label="Time left",
            ),
            actions(
                button(
                    addresses.organization(organization.id, "/confirm"), "Confirm", look="primary"
                ),
                button(addresses.organization(organization.id, "/refuse"), "Refuse", look="quiet"),
            ),
        ]
    match organization.status:
        case "verified":
            said = "ApiPay may take payments for this organization. Invoices can be created."
            return "This organization is verified", tag("p", said)
        case "failed":
            said = "The owner refused. A new verification can be started."
            return "The verification was refused", tag("p", said)
        case "pending":
            said = "The owner did not answer in time. A new verification can be started."
            return "The time to confirm is over", tag("p", said)
