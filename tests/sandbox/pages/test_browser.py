"""The pages in a browser: Debian's chromium, driven by Playwright.

Without a browser these tests are skipped, and say so.
"""

import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from apipay import ApiPay
from apipay_client.models import InvoiceStatus
from apipay_sandbox import Sandbox

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
CHROMIUM = shutil.which("chromium")
if CHROMIUM is None:
    pytest.skip("there is no chromium: apt-get install chromium", allow_module_level=True)

PHONE = {"width": 375, "height": 720}
DESKTOP = {"width": 1280, "height": 800}
NARROWEST = {"width": 320, "height": 640}

# The contrast of each text with its background (WCAG 2): texts below the ratio they need.
CONTRAST = """() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => {
      v /= 255;
      return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = rgb(getComputedStyle(e).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const e of document.body.querySelectorAll("*")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || !e.checkVisibility()) continue;
    const style = getComputedStyle(e);
    const [a, b] = [light(rgb(style.color)), light(behind(e))].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (large ? 3 : 4.5)) poor.push([e.textContent, ratio]);
  }
  return poor;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    # For this module only: while Playwright runs, its event loop counts as running in this thread,
    # and no other test of the same worker could start one.
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser: Any, sandbox: Sandbox) -> Iterator[Callable[..., Any]]:
    """Open a tab. A message of a page in the console or in a dialog fails the test."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def note(message: Any) -> None:
        # The browser itself reports a 4xx response, which a test may expect.
        if "Failed to load resource" not in message.text:
            complaints.append(message.text)

    def refuse(dialog: Any) -> None:
        complaints.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def visit(path: str = "", **options: Any) -> Any:
        context = browser.new_context(base_url=sandbox.url, **options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", refuse)
        if path:
            page.goto(path)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[ApiPay]:
    with ApiPay(sandbox.api_key, base_url=sandbox.base_url, rate_limit=None) as running:
        yield running


@pytest.fixture
def wait_for(client: ApiPay) -> Iterator[Callable[[int], "Future[InvoiceStatus]"]]:
    """Let a shop's client wait in another thread until an invoice is paid or cancelled."""
    over = threading.Event()

    def wait(invoice_id: int, begun: threading.Event) -> InvoiceStatus:
        while True:
            status = client.invoices.get(invoice_id).status
            begun.set()
            if status != InvoiceStatus.PENDING or over.wait(0.02):
                return status

    with ThreadPoolExecutor() as threads:

        def start(invoice_id: int) -> "Future[InvoiceStatus]":
            begun = threading.Event()
            waiting = threads.submit(wait, invoice_id, begun)
            assert begun.wait(10)
            return waiting

        yield start
        over.set()


@pytest.mark.parametrize(
    ("button", "status", "heading"),
    [
        ("Pay", InvoiceStatus.PAID, "This invoice is paid"),
        ("Decline", InvoiceStatus.CANCELLED, "You declined the payment"),
    ],
)
def test_the_customer_decides_and_the_waiting_client_sees_it(
    visit: Callable[..., Any],
    client: ApiPay,
    wait_for: Callable[[int], "Future[InvoiceStatus]"],
    button: str,
    status: InvoiceStatus,
    heading: str,
) -> None:
    invoice = client.invoices.create(
        amount=10_000, phone_number="87001234567", description="25 roses"
    )
    waiting = wait_for(invoice.id)
    page = visit(invoice.payment_url)
    assert not waiting.done()
    assert "10\u00a0000,00\u00a0₸" in page.title()
    page.get_by_role("button", name=button).click()
    page.get_by_role("heading", name=heading).wait_for()
    assert waiting.result(timeout=10) == status
    assert page.url == invoice.payment_url
    page.reload()  # sends nothing again
    assert page.get_by_role("heading", level=1).inner_text() == heading
    assert page.get_by_role("button").count() == 0


@pytest.mark.parametrize(
    ("status", "word"), [("paid", "paid"), ("cancelled", "declined"), ("expired", "expired")]
)
def test_a_settled_invoice_offers_nothing(
    visit: Callable[..., Any], busy: Any, status: str, word: str
) -> None:
    page = visit(busy.payer(getattr(busy, status)))
    assert word in page.get_by_role("heading", level=1).inner_text()
    assert page.locator("form").count() == 0
    page.get_by_role("link", name="Sandbox dashboard").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Dashboard"


def test_markup_in_a_description_stays_text(visit: Callable[..., Any], api: Any) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    invoice = api.invoice(description=evil, external_order_id=evil)
    for path in (invoice["payment_url"], "/", "/invoices", f"/invoices/{invoice['id']}"):
        page = visit(path)
        assert page.get_by_text(evil, exact=True).first.is_visible()
        assert page.locator("script:not([src]), [onerror], img[src=x]").count() == 0


def test_a_form_of_another_site_does_nothing(
    visit: Callable[..., Any], api: Any, httpserver: Any
) -> None:
    invoice = api.invoice()
    evil = "".join(
        f'<form method="post" action="{invoice["payment_url"]}/{action}">'
        f"<button>{action}</button></form>"
        for action in ("pay", "decline")
    )
    httpserver.expect_request("/evil").respond_with_data(evil, content_type="text/html")
    for action in ("pay", "decline"):
        page = visit(httpserver.url_for("/evil"))
        page.get_by_role("button", name=action).click()
        page.get_by_role("heading", name="Not allowed from another site").wait_for()
    assert api.get(f"/invoices/{invoice['id']}").json()["status"] == "pending"


def test_all_of_it_without_javascript(
    visit: Callable[..., Any], sandbox: Sandbox, api: Any, receiver: Any
) -> None:
    sandbox.add_webhook(receiver.url)
    first, second, third = (api.invoice(1000 * number) for number in (1, 2, 3))
    asked = api.post("/organizations/verify", {"idn": "987654321098"}).json()["organization"]
    page = visit(first["payment_url"], java_script_enabled=False, viewport=PHONE)
    page.get_by_role("button", name="Pay").click()
    page.get_by_role("heading", name="This invoice is paid").wait_for()

    page.get_by_role("link", name="Sandbox dashboard").click()
    page.get_by_role("button", name=f"Confirm organization {asked['id']}").click()
    status = api.get(f"/organizations/{asked['id']}/status").json()
    assert status["organization"]["status"] == "verified"

    page.get_by_role("button", name=f"Pay invoice {second['id']}").click()
    page.get_by_role("button", name=f"Expire invoice {third['id']}").click()
    settled = [api.get(f"/invoices/{one['id']}").json()["status"] for one in (second, third)]
    assert settled == ["paid", "expired"]

    page.get_by_label("Let time pass").fill("1.5")
    page.get_by_label("Unit").select_option("days")
    before = sandbox.now
    page.get_by_role("button", name="Advance").click()
    page.get_by_text("The clock was moved.").wait_for()
    assert (sandbox.now - before).total_seconds() == pytest.approx(129_600)

    sandbox.wait_for_deliveries()
    sent = len(receiver.received)
    page.get_by_role("link", name="Webhooks", exact=True).click()
    page.get_by_role("link", name="Delivery 1", exact=True).click()
    page.get_by_role("button", name="Redeliver").click()
    sandbox.wait_for_deliveries()
    assert len(receiver.received) == sent + 1
    page.get_by_role("link", name=str(first["id"]), exact=True).click()
    page.get_by_role("link", name="Payer's page").click()
    assert page.url == first["payment_url"]

    page.goto("/faults")
    page.get_by_label("Profile").select_option("flaky")
    page.get_by_role("button", name="Start profile").click()
    page.get_by_text("The fault was started.").wait_for()
    assert len(sandbox.faults()) == page.locator("tbody tr").count() > 1
    page.get_by_label("Requests", exact=True).fill("5")
    page.get_by_role("button", name="Set limit").click()
    assert page.get_by_text("Now: 5 requests in 60 s per key").is_visible()

    page.goto("/deliveries")
    page.get_by_label("Receiver's URL").fill(receiver.url)
    page.get_by_role("button", name="Add webhook").click()
    page.get_by_role("button", name="Remove webhook 2").click()
    assert [one.id for one in sandbox.webhooks()] == [1]


def test_without_javascript_the_countdown_is_reloaded(
    visit: Callable[..., Any], sandbox: Sandbox, api: Any
) -> None:
    asked = api.post("/organizations/verify", {"idn": "987654321098"}).json()["organization"]
    sandbox.advance(119)
    page = visit(f"/organizations/{asked['id']}", java_script_enabled=False)
    assert page.get_by_role("timer").inner_text() == "00:01"
    sandbox.advance(1)
    page.get_by_role("heading", name="The time to confirm is over").wait_for()


def test_the_countdown_follows_the_sandboxs_clock(
    visit: Callable[..., Any], sandbox: Sandbox, api: Any
) -> None:
    page = visit(api.invoice()["payment_url"])
    # The page itself stays: a reload would lose the focus and the position.
    page.evaluate("window.same = true")
    assert page.get_by_role("timer").inner_text() == "24:00:00"
    sandbox.advance(3600 * 23 + 1)
    page.get_by_role("timer").get_by_text("59:59", exact=True).wait_for()
    assert page.evaluate("window.same")
    sandbox.advance(3600)
    page.get_by_role("heading", name="This invoice has expired").wait_for()


def test_a_payment_elsewhere_appears_on_the_payers_page(
    visit: Callable[..., Any], sandbox: Sandbox, api: Any
) -> None:
    invoice = api.invoice()
    page = visit(invoice["payment_url"])
    sandbox.pay(invoice["id"])
    page.get_by_role("heading", name="This invoice is paid").wait_for()


def test_a_customer_switches_the_language_and_pays(
    visit: Callable[..., Any], sandbox: Sandbox, api: Any
) -> None:
    invoice = api.invoice(15_000.5)
    page = visit(invoice["payment_url"], locale="ru-KZ")
    assert page.get_by_role("heading", level=1).inner_text() == "Оплата счёта"
    page.get_by_role("link", name="Қазақша").click()
    page.get_by_role("heading", name="Шотты төлеу").wait_for()
    assert page.locator("html").get_attribute("lang") == "kk"
    assert page.get_by_role("link", name="Қазақша").get_attribute("aria-current") == "true"
    page.get_by_role("button", name="Төлеу").click()
    page.get_by_role("heading", name="Шот төленді").wait_for()
    assert page.get_by_text("15\u00a0000,50\u00a0₸").is_visible()
    page.get_by_role("link", name="Құмсалғыш панелі").click()
    page.get_by_role("heading", name="Құмсалғыш панелі").wait_for()
    page.get_by_role("link", name="English").click()
    page.get_by_role("heading", name="Dashboard").wait_for()


@pytest.mark.parametrize(
    ("locale", "heading"),
    [
        ("ru-RU", "Вы отказались от оплаты"),
        ("kk-KZ", "Сіз төлемнен бас тарттыңыз"),
        ("en-GB", "You declined the payment"),
    ],
)
def test_a_customer_declines_in_each_language(
    visit: Callable[..., Any], api: Any, locale: str, heading: str
) -> None:
    invoice = api.invoice()
    page = visit(invoice["payment_url"], locale=locale)
    page.locator("button.quiet").click()
    page.get_by_role("heading", name=heading).wait_for()
    assert api.get(f"/invoices/{invoice['id']}").json()["status"] == "cancelled"


def test_with_the_keyboard_alone(visit: Callable[..., Any], api: Any) -> None:
    invoice = api.invoice()
    page = visit(invoice["payment_url"])
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    assert skip.evaluate("e => e === document.activeElement && e.getBoundingClientRect().top >= 0")
    page.keyboard.press("Tab")
    focus = "e => [e.textContent, getComputedStyle(e).outlineStyle]"
    for language in ("Русский", "Қазақша", "English"):
        assert page.locator(":focus").evaluate(focus) == [language, "solid"]
        page.keyboard.press("Tab")
    assert page.locator(":focus").evaluate(focus) == ["Pay", "solid"]
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="This invoice is paid").wait_for()


@pytest.mark.parametrize(
    ("viewport", "scheme", "locale"),
    [(NARROWEST, "dark", "kk"), (PHONE, "light", "ru"), (DESKTOP, "light", "en")],
    ids=["320-dark-kk", "375-light-ru", "1280-light-en"],
)
def test_every_page_fits_and_can_be_read(
    visit: Callable[..., Any],
    busy: Any,
    tmp_path: Path,
    viewport: dict[str, int],
    scheme: str,
    locale: str,
) -> None:
    page = visit(viewport=viewport, color_scheme=scheme, locale=locale)
    for number, path in enumerate([*busy.pages, *busy.refusals]):
        page.goto(path)
        for closed in page.locator("summary").all():
            closed.click()
        page.screenshot(path=tmp_path / f"{number:02}.png", full_page=True)
        wide, fits = page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert wide <= fits, f"{path} is {wide} pixels wide"
        assert page.evaluate(CONTRAST) == [], path
        for image in page.locator("img").all():
            assert image.evaluate("e => e.complete && e.naturalWidth > 0")
        if viewport is not DESKTOP:
            small = page.locator("button, .button, nav a").evaluate_all(
                "all => all.map(e => [e.textContent, e.getBoundingClientRect().height])"
                ".filter(([, height]) => height < 24)"
            )
            assert small == [], f"too small for a finger: {path}"
    assert len(list(tmp_path.glob("*.png"))) == len(busy.pages) + len(busy.refusals)


def test_rows_are_a_table_on_a_desktop_and_cards_on_a_phone(
    visit: Callable[..., Any], busy: Any
) -> None:
    for viewport, display in ((DESKTOP, "table-row"), (PHONE, "block")):
        page = visit("/invoices", viewport=viewport)
        row = page.get_by_role("row").filter(has_text="25 roses")
        assert row.evaluate("e => getComputedStyle(e).display") == display
        cell = row.get_by_role("cell", name="10\u00a0000,00\u00a0₸")
        assert cell.is_visible()
