"""The example shops, run as processes: bought, paid, told by webhook, shown as paid."""

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from apipay.webhooks import sign

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium")
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
PAID = "Paid. Thank you!"


@pytest.fixture
def visitor(shop: Any) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=shop.url, trust_env=False, timeout=20) as client:
        yield client


def buy(visitor: httpx.Client, phone: str = "87001234567") -> httpx.Response:
    front = visitor.get("/").text
    form = {"phone": phone}
    if token := re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', front):
        form["csrfmiddlewaretoken"] = token[1]
    return visitor.post("/buy", data=form)


def test_an_order_is_paid(shop: Any, visitor: httpx.Client) -> None:
    assert "have not ordered" in visitor.get("/order").text
    answer = buy(visitor)
    invoice = shop.sandbox.invoices()[0]
    assert answer.status_code in (302, 303)
    assert answer.headers["location"].startswith(shop.sandbox.url)
    assert "Waiting" in visitor.get("/order").text
    shop.sandbox.pay(invoice.id)
    [delivery] = shop.sandbox.wait_for_deliveries(20)
    assert [attempt.status for attempt in delivery.attempts] == [200]
    assert PAID in visitor.get("/order").text
    shop.sandbox.redeliver(delivery.id)
    [delivery] = shop.sandbox.wait_for_deliveries(20)
    assert [attempt.body for attempt in delivery.attempts] == [
        '{"result": "handled"}',
        '{"result": "duplicate"}',
    ]


def test_an_order_expires_and_is_not_moved_back(shop: Any, visitor: httpx.Client) -> None:
    buy(visitor)
    invoice = shop.sandbox.invoices()[0]
    shop.sandbox.expire(invoice.id)
    shop.sandbox.wait_for_deliveries(20)
    assert "time to pay is over" in visitor.get("/order").text
    late = {"id": invoice.id, "status": "pending", "external_order_id": invoice.external_order_id}
    event = {"event": "invoice.status_changed", "invoice": late}
    shop.sandbox.send_event({**event, "timestamp": "2020-01-01T00:00:00Z"})
    log = shop.sandbox.wait_for_deliveries(20)
    assert log[-1].attempts[0].status == 200
    assert "time to pay is over" in visitor.get("/order").text


def test_a_forged_payment_ships_nothing(shop: Any, visitor: httpx.Client) -> None:
    buy(visitor)
    invoice = shop.sandbox.invoices()[0]
    body = (
        '{"event":"invoice.status_changed","timestamp":"2026-11-20T09:18:42Z","invoice":'
        f'{{"id":{invoice.id},"status":"paid","external_order_id":"{invoice.external_order_id}"}}}}'
    ).encode()
    for secret, status in (("guessed", 401), (shop.sandbox.webhook_secret, 200)):
        headers = {"X-Webhook-Signature": sign(body, secret)}
        answer = visitor.post("/webhooks/apipay", content=body, headers=headers)
        assert answer.status_code == status
        assert (PAID in visitor.get("/order").text) == (status == 200)


def test_a_refused_phone_is_told_to_the_customer(shop: Any, visitor: httpx.Client) -> None:
    answer = buy(visitor, phone="12")
    assert answer.status_code == 502
    assert 'class="problem"' in answer.text
    assert not shop.sandbox.invoices()


@pytest.fixture
def browser_page(tmp_path: Path) -> "Iterator[Page]":
    if CHROMIUM is None:
        pytest.skip("chromium is not installed (Debian's package chromium)")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser.new_page()
        browser.close()


def test_in_a_browser(shop: Any, browser_page: "Page", tmp_path: Path) -> None:
    page = browser_page
    page.goto(shop.url)
    page.get_by_label("Phone with Kaspi").fill("87001234567")
    page.get_by_role("button", name="Buy").click()
    page.wait_for_url(f"{shop.sandbox.url}/pay/**")
    assert "Two jars of honey" in page.inner_text("body")
    payer = page.url
    page.goto(f"{shop.url}/order")
    assert page.inner_text("#status") == "Waiting for the payment."
    page.goto(payer)
    page.get_by_role("button", name=re.compile("^Pay")).first.click()
    deadline = time.monotonic() + 20
    while shop.sandbox.invoices()[0].status != "paid":
        assert time.monotonic() < deadline
        page.wait_for_timeout(50)
    page.goto(f"{shop.url}/order")
    # The page looks again by itself until the webhook has come.
    page.get_by_text(PAID).wait_for(timeout=20_000)
    assert shop.sandbox.wait_for_deliveries(20)[0].attempts[0].status == 200
    page.screenshot(path=tmp_path / "paid.png")
