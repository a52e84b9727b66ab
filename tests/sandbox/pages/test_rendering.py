"""The pages as pure functions: what somebody typed changes no page's structure."""

import json
from collections.abc import Callable
from typing import Any

import attrs
import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st

from apipay_sandbox import Attempt, Delivery, Invoice, Organization, RecurringInvoice, Refund
from apipay_sandbox.pages.addresses import Addresses
from apipay_sandbox.pages.dashboard import Snapshot, organizations_page, overview_page
from apipay_sandbox.pages.deliveries import deliveries_page, delivery_page
from apipay_sandbox.pages.invoices import invoice_page, invoices_page, recurring_page, refunds_page
from apipay_sandbox.pages.layout import PAGE_SIZE, Choice, cut
from apipay_sandbox.pages.owner import owner_page
from apipay_sandbox.pages.payer import payer_page, qr_code

NOW = 1_800_000_000.0
NONE = Addresses()
URL = "http://127.0.0.1:8080/pay/0123456789abcdef"
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


def every_page(typed: str) -> list[str]:
    """Every page, with `typed` wherever a record holds what somebody wrote."""
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
    seen = Snapshot(
        now=NOW,
        organizations=[],
        invoices=[invoice, paid],
        refunds=[refund],
        recurring_invoices=[recurring],
        deliveries=[delivery],
        environment={"APIPAY_API_KEY": typed},
    )
    return [
        payer_page(NONE, invoice, None, URL, typed),
        payer_page(NONE, paid, None, URL, typed),
        overview_page(NONE, seen),
        invoices_page(NONE, [invoice, paid], ["pending"], Choice(), typed),
        invoice_page(NONE, paid, URL, [refund], [delivery], typed),
        refunds_page(NONE, [refund], Choice()),
        recurring_page(NONE, [recurring], Choice()),
        deliveries_page(NONE, [delivery], [], Choice()),
        delivery_page(NONE, delivery),
    ]


@settings(deadline=None)
@given(TYPED)
def test_what_was_typed_never_becomes_markup(parse: Callable[[str], Any], typed: str) -> None:
    for page, plain in zip(every_page(typed), every_page("x"), strict=True):
        page.encode()
        assert parse(page).shape == parse(plain).shape


def test_what_was_typed_is_shown(parse: Callable[[str], Any]) -> None:
    typed = "<script>alert('Цветы')</script>"
    payer, *rest = every_page(typed)
    shown = [one for one in parse(payer).all("bdi") if one.text == typed]
    assert len(shown) == 1
    for page in rest:
        assert typed in parse(page).text


@pytest.mark.parametrize("notice", [None, "", "<b>", "paid"])
def test_a_link_cannot_make_a_page_say_anything(notice: str | None) -> None:
    assert 'role="status"' not in payer_page(NONE, PAYABLE, None, URL, notice)
    known = payer_page(NONE, PAYABLE, None, URL, "not-pending")
    assert "the invoice was not pending any more" in known


def test_every_link_keeps_the_path_of_the_public_url(parse: Callable[[str], Any]) -> None:
    at = Addresses("/shop")
    asked = Organization(id=1, idn="123456789012", status="pending", window_ends=NOW + 9)
    seen = Snapshot(
        now=NOW,
        organizations=[asked],
        invoices=[PAYABLE] * 30,
        refunds=[],
        recurring_invoices=[],
        deliveries=[],
        environment={},
    )
    for page in (
        overview_page(at, seen),
        invoices_page(at, seen.invoices, ["pending"], Choice()),
        organizations_page(at, [asked], NOW),
        owner_page(at, asked, NOW, 120),
        payer_page(at, PAYABLE, None, URL),
    ):
        for element in parse(page).all("a", "form", "link"):
            address = element.attributes.get("href", element.attributes.get("action"))
            assert address.startswith(("/shop/", "#", "data:")), address
        for element in parse(page).all("input"):
            if element.attributes["name"] == "back":
                assert element.attributes["value"].startswith("/shop/")


def test_the_qr_code_holds_the_payment_url() -> None:
    drawn = segno.make_qr(URL, error="m").svg_data_uri(
        border=4, dark="#111827", light="#ffffff", omitsize=True
    )
    assert f'src="{drawn.replace("&", "&amp;")}"' in qr_code(URL)
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


@pytest.mark.parametrize(("left", "refresh"), [(120, "5"), (5, "5"), (2, "2"), (0.4, "1")])
def test_the_owners_page_loads_itself_again_in_time(
    parse: Callable[[str], Any], left: float, refresh: str
) -> None:
    asked = Organization(id=7, idn="123456789012", status="pending", window_ends=NOW + left)
    page = parse(owner_page(NONE, asked, NOW, 120))
    (found,) = [one for one in page.all("meta") if "http-equiv" in one.attributes]
    assert found.attributes == {"http-equiv": "refresh", "content": refresh}
