"""What all pages are put together from: the document, badges, facts, tables, forms, page links."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import TypeVar
from urllib.parse import quote

import attrs

from .addresses import Addresses
from .html import Child, Html, join, tag

PAGE_SIZE = 20
"""So many rows are on one page of a list."""
T = TypeVar("T")
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" '
    'rx="8" fill="#0f766e"/><path d="M8 9h16M8 14h16M16 14v11" stroke="#fff" stroke-width="3"/>'
    "</svg>"
)
_SECTIONS = (
    ("Overview", "/"),
    ("Invoices", "/invoices"),
    ("Refunds", "/refunds"),
    ("Recurring", "/recurring-invoices"),
    ("Deliveries", "/deliveries"),
    ("Organizations", "/organizations"),
)
_NOTICES = {
    "not-pending": "Nothing was changed: the invoice was not pending any more.",
    "not-waiting": "Nothing was changed: the organization was not waiting any more.",
}


@cache
def stylesheet() -> str:
    """Return the CSS of all pages."""
    return resources.files("apipay_sandbox.pages").joinpath("style.css").read_text(encoding="utf-8")


@cache
def stylesheet_version() -> str:
    """Return what changes whenever the CSS does, so that browsers may keep it for ever."""
    return hashlib.sha256(stylesheet().encode()).hexdigest()[:12]


def document(
    addresses: Addresses,
    title: str,
    *content: Child,
    section: str | None = None,
    refresh: int | None = None,
) -> str:
    """Return a whole page.

    Args:
        section: the part of the dashboard it belongs to; None for a page with no navigation.
        refresh: after so many seconds the browser loads it again.
    """
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("title", f"{title} · ApiPay sandbox"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="robots", content="noindex"),
        tag("meta", http_equiv="refresh", content=refresh) if refresh is not None else None,
        tag("link", rel="icon", href=f"data:image/svg+xml,{quote(_ICON)}"),
        tag("link", rel="stylesheet", href=addresses.at("/style.css", v=stylesheet_version())),
    )
    body = tag(
        "body",
        tag("a", "Skip to the content", href="#content", class_="skip"),
        tag("p", tag("strong", "Sandbox:"), " no real money", class_="banner", role="note"),
        _navigation(addresses, section) if section is not None else None,
        tag("main", *content, id="content", tabindex="-1"),
        tag("footer", tag("a", "Sandbox dashboard", href=addresses.at("/")))
        if section is None
        else None,
        class_="narrow" if section is None else "wide",
    )
    return "<!DOCTYPE html>" + tag("html", head, body, lang="en")


def _navigation(addresses: Addresses, section: str) -> Html:
    links = [
        tag("li", tag("a", name, href=addresses.at(path), aria_current=name == section and "page"))
        for name, path in _SECTIONS
    ]
    return tag("nav", tag("ul", links), aria_label="Dashboard")


def notice(code: str | None) -> Html | None:
    """Say what became of a button; only known codes say anything, so that no link can."""
    found = _NOTICES.get(code or "")
    return tag("p", found, class_="notice", role="status") if found is not None else None


def badge(status: str) -> Html:
    """Write a status. Its colour repeats the word and says nothing more."""
    return tag("span", status, class_=f"badge {status}")


def user_text(value: str | None) -> Html:
    """Write what somebody typed, its direction kept from the words around; a dash for nothing."""
    return tag("bdi", value) if value else tag("span", "–", class_="none", aria_label="none")


def facts(pairs: Iterable[tuple[str, Child]]) -> Html:
    """Write names and values. A value that is None is left out with its name."""
    rows = [
        tag("div", tag("dt", name), tag("dd", value)) for name, value in pairs if value is not None
    ]
    return tag("dl", rows, class_="facts")


def table(
    caption: str, headers: Sequence[str], rows: Iterable[Sequence[Child]], empty: str
) -> Html:
    """Write a table; on a phone its rows become cards. With no row it is the sentence `empty`.

    The roles keep it a table for screen readers when the style sheet changes how it is displayed.
    """
    lines: list[Html] = []
    for row in rows:
        cells = [
            tag(
                "th" if index == 0 else "td",
                tag("div", value),
                scope="row" if index == 0 else None,
                role="rowheader" if index == 0 else "cell",
                data_label=label,
            )
            for index, (label, value) in enumerate(zip(headers, row, strict=True))
        ]
        lines.append(tag("tr", cells, role="row"))
    if not lines:
        return tag("p", empty, class_="empty")
    head = [tag("th", one, scope="col", role="columnheader") for one in headers]
    return tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", head, role="row"), role="rowgroup"),
        tag("tbody", lines, role="rowgroup"),
        role="table",
    )


def button(
    action: str, label: str, *, about: str = "", look: str = "", back: str | None = None
) -> Html:
    """Write a form that is one button.

    Args:
        about: what screen readers hear after the label, to tell equal buttons apart.
        look: "primary", "quiet", or plain.
        back: the page to return to.
    """
    return tag(
        "form",
        tag("input", type="hidden", name="back", value=back) if back is not None else None,
        tag(
            "button",
            label,
            tag("span", f" {about}", class_="unseen") if about else None,
            type="submit",
            class_=look or None,
        ),
        method="post",
        action=action,
    )


def actions(*buttons: Child) -> Html:
    """Put buttons side by side."""
    return tag("div", *buttons, class_="actions")


def link(href: str, label: Child) -> Html:
    """Write a link."""
    return tag("a", label, href=href)


def back_to(href: str, label: str) -> Html:
    """Write the link from a thing to the list that it is in."""
    return tag("p", tag("a", f"← {label}", href=href), class_="trail")


@attrs.frozen
class Choice:
    """What a list shows: one page of the records, newest first, and what it was narrowed to."""

    page: int = 1
    status: str | None = None
    recurring: int | None = None

    def query(self) -> Mapping[str, str | int | None]:
        """Return the choice as a page's query."""
        return {
            "status": self.status,
            "recurring": self.recurring,
            "page": None if self.page == 1 else self.page,
        }


def cut(records: Sequence[T], page: int) -> tuple[Sequence[T], int, int]:
    """Return (one page's records, newest first; that page's number; the number of pages)."""
    pages = max(1, -(-len(records) // PAGE_SIZE))
    page = min(max(page, 1), pages)
    newest_first = records[::-1]
    return newest_first[(page - 1) * PAGE_SIZE : page * PAGE_SIZE], page, pages


def page_links(addresses: Addresses, path: str, choice: Choice, pages: int) -> Html | None:
    """Write the links to the newer and the older rows."""
    if pages == 1:
        return None

    def to(page: int, label: str, rel: str) -> Html | None:
        if not 1 <= page <= pages:
            return None
        target = attrs.evolve(choice, page=page)
        return tag("a", label, href=addresses.at(path, **target.query()), rel=rel)

    return tag(
        "nav",
        to(choice.page - 1, "← Newer", "prev"),
        tag("span", f"Page {choice.page} of {pages}"),
        to(choice.page + 1, "Older →", "next"),
        class_="pages",
        aria_label="Pages",
    )


def filters(
    addresses: Addresses,
    path: str,
    choice: Choice,
    statuses: Iterable[str],
    counts: Mapping[str, int],
) -> Html:
    """Write the links that narrow a list to one status."""

    def to(status: str | None, label: str, number: int) -> Html:
        target = attrs.evolve(choice, status=status, page=1)
        return tag(
            "li",
            tag(
                "a",
                label,
                tag("span", number, class_="number"),
                href=addresses.at(path, **target.query()),
                aria_current=choice.status == status and "true",
            ),
        )

    shown = [to(one, one, counts.get(one, 0)) for one in statuses]
    every = to(None, "all", sum(counts.values()))
    return tag("ul", every, shown, class_="filters", aria_label="Status")


def message_page(addresses: Addresses, title: str, message: str) -> str:
    """Return a page that says one thing: what went wrong."""
    card = tag("article", tag("h1", title), tag("p", message), class_="card")
    return document(addresses, title, card)


def section(title: str, *content: Child, aside: Child = None) -> Html:
    """Write a part of a page under its heading."""
    heading = tag("h2", title)
    return tag("section", tag("header", heading, aside) if aside is not None else heading, *content)


def lines(*children: Child) -> Html:
    """Put parts below each other in one cell."""
    return join(tag("div", child) for child in children if child is not None)
