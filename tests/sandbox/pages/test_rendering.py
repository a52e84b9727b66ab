"""What somebody typed never changes the structure of a page; lists and addresses."""

import json
from collections.abc import Callable
from typing import Any

import attrs
import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from apipay_sandbox import (
    Attempt,
    Delivery,
    Fault,
    Invoice,
    Organization,
    RecurringInvoice,
    Refund,
)
from apipay_sandbox.faults import InjectedFault
from apipay_sandbox.pages.app import PAGE_SIZE, cut
from apipay_sandbox.pages.render import Renderer, qr_code
from apipay_sandbox.records import RecordedRequest

NOW = 1_800_000_000.0
ORIGIN = "http://127.0.0.1:8080"
URL = f"{ORIGIN}/pay/0123456789abcdef"
TYPED = st.text(st.characters(codec=None), min_size=1)
PAYABLE = Invoice(
    id=1001,
    status="pending",
    amount=1_000_000,
    client_phone="87001234567",
    kaspi_invoice_id="9081001001",
    kaspi_qr_token="0123456789abcdef",
    created_at=NOW,
    deadline=NOW + 60,
)
ASKED = Organization(id=7, idn="123456789012", status="pending", window_ends=NOW + 9)
LIST = {"page": 1, "pages": 1, "choice": {}}


def render(
    template: str, public_url: str = ORIGIN, query: bytes = b"lang=en", **values: Any
) -> str:
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": query, "headers": []}
    page = Renderer(public_url).page(Request(scope), template, now=NOW, **values)
    return bytes(page.body).decode()


def payer(invoice: Invoice, **options: Any) -> str:
    values = {"invoice": invoice, "merchant": None, "left": 60, "qr_code": qr_code(URL)}
    return render("payer.html", **values, **options)


def owner(left: int | None, **options: Any) -> str:
    values = {"organization": ASKED, "left": left, "window": 120, "refresh": left}
    return render("owner.html", **values, **options)


def overview(**values: Any) -> str:
    empty = {"invoices": [], "refunds": [], "recurring": [], "deliveries": [], "waiting": []}
    rest = {"latest": 5, "environment": {}, "units": ["days"], "form": {}}
    return render("overview.html", **(empty | rest | values))


def every_page(typed: str) -> list[str]:
    """Every page, with `typed` wherever a record or a form has text of people or programs."""
    invoice = attrs.evolve(
        PAYABLE, description=typed, external_order_id=typed, client_name=typed, refunded=1
    )
    paid = attrs.evolve(invoice, status="paid", settled_at=NOW)
    refund = Refund(
        id=1, invoice_id=1001, status="completed", amount=1, created_at=NOW, reason=typed
    )
    recurring = RecurringInvoice(
        id=101,
        status="active",
        amount=1,
        phone_number="87001234567",
        interval="daily",
        created_at=NOW,
        start_date="2026-01-31",
        description=typed,
    )
    delivery = Delivery(
        id=1,
        webhook_id=1,
        invoice_id=1001,
        event=typed,
        url="http://127.0.0.1/" + typed,
        body=json.dumps({"event": typed}),
        created_at=NOW,
        attempts=(Attempt(NOW, status=200, body=typed), Attempt(NOW, error=typed)),
    )
    recorded = RecordedRequest(
        at=NOW,
        operation="getInvoice",
        method="GET",
        path=typed,
        query=typed,
        body=typed,
        fault=None,
        status=200,
    )
    form = {"url": typed, "seconds": typed, "field": typed, "amount": typed}
    return [
        payer(invoice),
        payer(paid),
        overview(
            invoices=[invoice, paid],
            refunds=[refund],
            recurring=[recurring],
            deliveries=[delivery],
            environment={"APIPAY_API_KEY": typed},
            form=form,
        ),
        render(
            "invoices.html",
            **LIST | {"choice": {"status": typed, "recurring": None}},
            records=[invoice, paid],
            counts={"pending": 1},
            total=2,
        ),
        render(
            "invoice.html",
            invoice=paid,
            payment_url=URL,
            refunds=[refund],
            deliveries=[delivery],
        ),
        render("refunds.html", records=[refund], **LIST),
        render("recurring.html", records=[recurring], **LIST),
        render(
            "deliveries.html",
            records=[delivery],
            webhooks=[],
            default_secret="",
            form=form,
            **LIST,
        ),
        render("delivery.html", delivery=delivery, readable=typed),
        render("requests.html", records=[recorded], **LIST),
        render(
            "faults.html",
            faults=[InjectedFault(1, Fault("delay", field=typed, value=typed))],
            profiles=["flaky"],
            kinds=["delay"],
            operations=["getInvoice"],
            limit=None,
            form=form,
        ),
    ]


@settings(deadline=None, max_examples=30)
@given(TYPED)
def test_what_was_typed_never_becomes_markup(parse: Callable[[str], Any], typed: str) -> None:
    for page, plain in zip(every_page(typed), every_page("x"), strict=True):
        page.encode()
        assert parse(page).shape == parse(plain).shape


def test_what_was_typed_is_shown(parse: Callable[[str], Any]) -> None:
    typed = "<script>alert('Цветы')</script>"
    first, *rest = every_page(typed)
    shown = [one for one in parse(first).all("bdi") if one.text == typed]
    assert len(shown) == 2  # the description and the order
    for page in rest[:-1]:
        assert typed in parse(page).text
    assert typed in [one.attributes.get("value") for one in parse(rest[-1]).all("input")]


@pytest.mark.parametrize("unfit", ["\x00", "\x1b", "\x7f", "\x85", "\ud800", "\uffff"])
def test_what_html_cannot_hold_is_replaced(parse: Callable[[str], Any], unfit: str) -> None:
    page = payer(attrs.evolve(PAYABLE, description=f"a{unfit}b"))
    assert "a\N{REPLACEMENT CHARACTER}b" in [one.text for one in parse(page).all("bdi")]


@pytest.mark.parametrize("notice", ["", "%3Cb%3E", "paid", "..", "title"])
def test_a_link_cannot_make_a_page_say_anything(notice: str) -> None:
    query = f"lang=en&notice={notice}".encode()
    assert 'role="status"' not in payer(PAYABLE, query=query)
    known = payer(PAYABLE, query=b"lang=en&notice=not-pending")
    assert "the invoice was not pending any more" in known


def test_every_link_keeps_the_path_of_the_public_url(parse: Callable[[str], Any]) -> None:
    shop = "https://pay.example/shop"
    for html in (
        overview(public_url=shop, invoices=[PAYABLE] * 30, waiting=[ASKED]),
        render("organizations.html", shop, records=[ASKED]),
        owner(9, public_url=shop),
        payer(PAYABLE, public_url=shop),
    ):
        page = parse(html)
        for element in page.all("a", "form", "link", "script"):
            found = [element.attributes.get(one) for one in ("href", "action", "src")]
            (address,) = [one for one in found if one is not None]
            assert address.startswith(("/shop/", "#", "data:")), address
        for element in page.all("input"):
            if element.attributes["name"] == "back":
                assert element.attributes["value"].startswith("/shop/")


def test_the_qr_code_holds_the_payment_url(parse: Callable[[str], Any]) -> None:
    drawn = segno.make_qr(URL, error="m").svg_data_uri(
        border=4, dark="#111827", light="#ffffff", omitsize=True
    )
    assert parse(payer(PAYABLE)).one("img").attributes["src"] == drawn
    assert qr_code(URL) != qr_code(URL + "0")


@given(st.integers(0, 200), st.integers(-3, 30))
def test_pages_of_a_list_hold_every_record_once(total: int, asked: int) -> None:
    records = list(range(total))
    shown, number, pages = cut(records, asked)
    assert 1 <= number <= pages
    assert len(shown) <= PAGE_SIZE
    assert (len(shown) == 0) == (total == 0)
    every = [one for page in range(1, pages + 1) for one in cut(records, page)[0]]
    assert every == records[::-1]


def test_without_javascript_the_owners_page_reloads_itself(parse: Callable[[str], Any]) -> None:
    (found,) = parse(owner(5)).one("noscript").all("meta")
    assert found.attributes == {"http-equiv": "refresh", "content": "5"}
    assert parse(owner(None)).all("noscript", "script") == []
