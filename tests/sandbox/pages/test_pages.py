"""Every page and every form over HTTP, without a browser."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from apipay_sandbox import RateLimit, Sandbox
from apipay_sandbox.faults import PROFILES
from apipay_sandbox.pages.render import static


def everything(sandbox: Sandbox) -> Any:
    """All that a form could change."""
    return (
        sandbox.now,
        sandbox.organizations(),
        sandbox.invoices(),
        sandbox.refunds(),
        sandbox.recurring_invoices(),
        [(one.id, one.status, len(one.attempts)) for one in sandbox.deliveries()],
    )


def crawl(web: Any, busy: Any) -> tuple[dict[str, Any], dict[str, dict[str, str]]]:
    """Follow every link from the dashboard and the payer's pages: (pages, forms by address)."""
    pages: dict[str, Any] = {}
    forms: dict[str, dict[str, str]] = {}
    waiting = ["/", *(busy.payer(one) for one in busy.payment_urls)]
    while waiting:
        path = waiting.pop()
        if path in pages or "lang=" in path:
            continue
        pages[path] = page = web.get(path)
        for one in page.all("a"):
            target = urljoin(path, one.attributes["href"].partition("#")[0])
            assert not urlsplit(target).netloc, "a link leaves the sandbox"
            waiting.append(target)
        for form in page.all("form"):
            assert form.attributes["method"] == "post"
            fields = {
                one.attributes["name"]: one.attributes.get("value") or ""
                for one in form.all("input")
                if one.attributes.get("type") != "checkbox"
            }
            for one in form.all("select"):
                options = one.all("option")
                chosen = next((o for o in options if "selected" in o.attributes), options[0])
                fields[one.attributes["name"]] = chosen.attributes["value"]
            forms[form.attributes["action"]] = fields
    return pages, forms


def assert_accessible(page: Any, language: str = "en") -> None:
    assert page.one("html").attributes["lang"] == language
    assert page.one("title").text.strip()
    assert page.one("h1").text.strip()
    assert len(page.all("main")) == 1
    assert len(page.all("nav")[0].all("a")) == 3
    described = {
        one.attributes["aria-describedby"]
        for one in page.all("input")
        if "aria-describedby" in one.attributes
    }
    ids = [one.attributes["id"] for one in page.all() if "id" in one.attributes]
    assert len(ids) == len(set(ids))
    assert described <= set(ids)
    labelled = {one.attributes["for"] for one in page.all("label")}
    for one in page.all("input", "select"):
        assert one.attributes.get("type") == "hidden" or one.attributes["id"] in labelled
    for one in page.all("button", "a", "summary", "h2", "h3"):
        assert one.text.strip()
    for one in page.all("img"):
        assert one.attributes["alt"]
    for one in page.all("table", "progress", "pre", "nav"):
        assert one.attributes.get("aria-label") or one.one("caption").text
    names = [one.text for one in page.all("button")]
    assert len(names) == len(set(names)), "two buttons cannot be told apart"
    for one in page.all("script"):
        assert one.text == "", "an inline script"
    for one in page.all():
        assert one.name not in {"style", "iframe", "object", "base"}
        assert not [name for name in one.attributes if name.startswith("on") or name == "style"]


def test_every_page_that_a_link_leads_to_is_there_and_accessible(web: Any, busy: Any) -> None:
    pages, forms = crawl(web, busy)
    assert set(busy.pages) <= pages.keys()
    assert len(forms) > 20
    for page in pages.values():
        assert_accessible(page)
    for path in busy.refusals:
        response = web.request("GET", path)
        assert response.status_code in {404, 405}


def test_a_page_for_what_is_not_there(web: Any, busy: Any) -> None:
    huge = "9" * 5000
    for path in (
        "/nothing",
        "//shop.example/x",
        "/pay/0000",
        "/invoices/1",
        "/invoices/x",
        f"/invoices/{huge}",
    ):
        page = web.get(path, status=404)
        assert_accessible(page)
        assert page.one("h1").text == "Not found"
        assert [one.attributes["href"] for one in page.one("footer").all("a")] == ["/"]
        assert not any(one.attributes["href"].startswith("//") for one in page.all("a"))
    for path in ("/organizations/99", "/deliveries/99"):
        web.get(path, status=404)
    for path in ("/invoices/1/pay", "/deliveries/99/redeliver", "/organizations/99/confirm"):
        assert web.request("POST", path).status_code == 404


def test_the_wrong_method_says_so(web: Any, busy: Any) -> None:
    response = web.request("GET", f"/invoices/{busy.pending}/pay")
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert web.request("DELETE", f"/invoices/{busy.pending}").status_code == 405


def test_control_and_api_answer_for_their_own_addresses(web: Any, api: Any) -> None:
    assert web.request("GET", "/_sandbox/clock").json()
    for path in ("/_sandbox/nothing", "/api/nothing"):
        response = web.request("GET", path)
        assert response.status_code in {401, 404}
        assert "text/html" not in response.headers["content-type"]
    assert web.request("PUT", "/_sandbox/clock").status_code == 405


def test_looking_changes_nothing(web: Any, busy: Any) -> None:
    before = everything(busy.sandbox)
    _, forms = crawl(web, busy)
    for method in ("GET", "HEAD"):
        for path in [*busy.pages, *forms, *busy.refusals]:
            assert web.request(method, path).status_code in {200, 404, 405}
    busy.sandbox.wait_for_deliveries()
    assert everything(busy.sandbox) == before


def test_head_answers_without_a_body(web: Any, busy: Any) -> None:
    response = web.request("HEAD", busy.payer(busy.pending))
    assert response.status_code == 200
    assert response.content == b""


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://shop.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_no_form_is_taken_from_another_site(web: Any, busy: Any, headers: dict[str, str]) -> None:
    before = everything(busy.sandbox)
    _, forms = crawl(web, busy)
    for address, fields in forms.items():
        response = web.request("POST", address, data=fields, headers=headers)
        assert response.status_code == 403, address
        assert "another site" in response.text
    busy.sandbox.wait_for_deliveries()
    assert everything(busy.sandbox) == before


def test_every_form_works_and_leads_to_a_page(web: Any, busy: Any) -> None:
    _, forms = crawl(web, busy)
    for address, fields in forms.items():
        filled = {**fields, "url": busy.receiver_url} if "url" in fields else fields
        if address == "/faults/1/remove":
            continue  # after all faults were removed
        assert_accessible(web.get(web.send(address, **filled)))


def test_every_answer_has_the_strict_headers(web: Any, busy: Any) -> None:
    answers = [web.request("GET", path) for path in [*busy.pages, *busy.refusals, "/style.css"]]
    answers.append(web.request("POST", f"/invoices/{busy.pending}/expire"))
    answers.append(web.request("POST", "/clock/advance", headers={"Origin": "null"}))
    for answer in answers:
        policy = dict(
            one.strip().split(" ", 1)
            for one in answer.headers["content-security-policy"].split(";")
        )
        assert policy == {
            "default-src": "'none'",
            "style-src": "'self'",
            "script-src": "'self'",
            "connect-src": "'self'",
            "img-src": "'self' data:",
            "form-action": "'self'",
            "base-uri": "'none'",
            "frame-ancestors": "'none'",
        }
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"


def test_static_files_are_cached_and_pages_are_not(web: Any, busy: Any) -> None:
    path = busy.payer(busy.pending)
    assert web.request("GET", path).headers["cache-control"] == "no-store"
    page = web.get(path)
    sheet = next(
        one.attributes["href"] for one in page.all("link") if one.attributes["rel"] == "stylesheet"
    )
    script = page.one("script").attributes["src"]
    for address, kind, name in (
        (sheet, "text/css", "style.css"),
        (script, "text/javascript", "countdown.js"),
    ):
        response = web.request("GET", address)
        assert response.headers["content-type"] == f"{kind}; charset=utf-8"
        assert "immutable" in response.headers["cache-control"]
        assert response.text == static(name)


# The payer


def test_the_payer_sees_what_to_pay(web: Any, busy: Any) -> None:
    page = web.get(busy.payer(busy.pending))
    for said in (
        "10\u00a0000,00\u00a0₸",
        "Sandbox merchant",
        "123456789012",
        "25 roses",
        "order-42",
        "24:00:00",
        "Pay before 01.02.2026\u00a015:00.",
    ):
        assert said in page.text
    assert "QR" in page.one("img").attributes["alt"]
    assert [one.text for one in page.all("button")] == ["Pay", "Decline"]
    # The page may be seen by others, and a phone number says who pays.
    assert "1234567" not in page.text.replace("\u00a0", "").replace("123456789012", "")


@pytest.mark.parametrize(
    ("status", "heading", "said"),
    [
        ("paid", "This invoice is paid", "2\u00a0510,50\u00a0₸ of it was refunded"),
        ("cancelled", "You declined the payment", "Nothing was paid"),
        ("expired", "This invoice has expired", "Ask the merchant for a new invoice"),
    ],
)
def test_what_a_settled_invoice_shows(
    web: Any, busy: Any, status: str, heading: str, said: str
) -> None:
    page = web.get(busy.payer(getattr(busy, status)))
    assert page.one("h1").text == heading
    assert said in page.text
    assert page.all("form", "img") == []


def test_an_invoice_that_the_merchant_cancelled(web: Any, sandbox: Sandbox, api: Any) -> None:
    created = api.invoice()
    api.post(f"/invoices/{created['id']}/cancel")
    page = web.get(created["payment_url"].removeprefix(sandbox.url))
    assert page.one("h1").text == "This invoice is cancelled"


def test_paying_and_declining(web: Any, sandbox: Sandbox, api: Any) -> None:
    for action, status in (("pay", "paid"), ("decline", "cancelled")):
        created = api.invoice()
        path = created["payment_url"].removeprefix(sandbox.url)
        assert web.send(f"{path}/{action}") == path
        assert api.get(f"/invoices/{created['id']}").json()["status"] == status


def test_paying_twice_pays_once(web: Any, sandbox: Sandbox, api: Any, receiver: Any) -> None:
    sandbox.add_webhook(receiver.url)
    created = api.invoice()
    path = created["payment_url"].removeprefix(sandbox.url)
    web.send(f"{path}/pay")
    page = web.get(web.send(f"{path}/pay"))
    assert "not pending any more" in page.text
    assert page.one("h1").text == "This invoice is paid"
    web.get(web.send(f"{path}/decline"))
    assert api.get(f"/invoices/{created['id']}").json()["status"] == "paid"
    assert len(sandbox.wait_for_deliveries()) == 1


def test_an_invoice_expires_while_the_payer_reads(web: Any, sandbox: Sandbox, api: Any) -> None:
    path = api.invoice()["payment_url"].removeprefix(sandbox.url)
    web.get(path)
    sandbox.advance(86_400)
    assert web.get(web.send(f"{path}/pay")).one("h1").text == "This invoice has expired"


def test_the_page_cannot_be_guessed_from_the_id(web: Any, busy: Any) -> None:
    record = next(one for one in busy.sandbox.invoices() if one.id == busy.pending)
    assert len(record.kaspi_qr_token) >= 16
    for guess in (record.id, record.kaspi_invoice_id, "%2e%2e"):
        web.get(f"/pay/{guess}", status=404)


# The owner


def test_the_owner_confirms_or_refuses(web: Any, sandbox: Sandbox, api: Any) -> None:
    for action, status, idn in (
        ("confirm", "verified", "111111111111"),
        ("refuse", "failed", "222222222222"),
    ):
        asked = api.post("/organizations/verify", {"idn": idn}).json()
        number = asked["organization"]["id"]
        page = web.get(f"/organizations/{number}")
        assert "02:00" in page.text
        assert [one.text for one in page.all("button")] == ["Confirm", "Refuse"]
        web.send(f"/organizations/{number}/{action}")
        answer = api.get(f"/organizations/{number}/status").json()
        assert answer["organization"]["status"] == status
        assert web.get(f"/organizations/{number}").all("button", "progress", "script") == []


def test_the_countdown_follows_the_clock(web: Any, sandbox: Sandbox, api: Any) -> None:
    asked = api.post("/organizations/verify", {"idn": "111111111111"}).json()["organization"]
    path = f"/organizations/{asked['id']}"
    sandbox.advance(119)
    page = web.get(path)
    assert "00:01" in page.text
    progress = page.one("progress").attributes
    assert (progress["value"], progress["max"]) == ("1", "120")
    assert "1\u00a0second left" in web.get("/").text
    sandbox.advance(1)
    assert web.get(path).one("h1").text == "The time to confirm is over"
    assert not [one for one in web.get(path).all("meta") if "http-equiv" in one.attributes]
    page = web.get(web.send(f"{path}/confirm"))
    assert "not waiting any more" in page.text
    assert api.get(f"{path}/status").status_code == 410


# The dashboard


def test_invoices_are_narrowed_to_a_status(web: Any, busy: Any) -> None:
    rows = web.get("/invoices?status=paid").one("tbody").all("tr")
    assert [row.all("a")[0].text for row in rows] == [f"Invoice {busy.paid}"]
    assert "No such invoice" in web.get("/invoices?status=unheard").text


def test_a_list_is_cut_into_pages(web: Any, busy: Any) -> None:
    first, second = web.get("/invoices"), web.get("/invoices?page=2")
    assert len(first.one("tbody").all("tr")) == 20
    shown = [
        int(row.all("a")[0].text.removeprefix("Invoice "))
        for page in (first, second)
        for row in page.one("tbody").all("tr")
    ]
    assert shown == sorted((one.id for one in busy.sandbox.invoices()), reverse=True)
    for page in ("0", "-1", "x", "9" * 30, ""):
        assert web.get(f"/invoices?page={page}").one("h1").text == "Invoices"


def test_a_button_leads_back_to_the_list_it_was_in(web: Any, busy: Any) -> None:
    place = "/invoices?status=pending"
    form = next(
        one
        for one in web.get(place).all("form")
        if one.attributes["action"] == f"/invoices/{busy.pending}/pay"
    )
    back = form.one("input").attributes["value"]
    assert web.send(f"/invoices/{busy.pending}/pay", back=back) == place
    assert web.send(f"/invoices/{busy.pending}/pay", back=back) == (
        f"/invoices/{busy.pending}?notice=not-pending"
    )
    elsewhere = web.send(f"/deliveries/{busy.delivery}/redeliver", back="//shop.example/")
    assert elsewhere == f"/deliveries/{busy.delivery}"


def test_an_invoice_shows_its_refunds_and_deliveries(web: Any, busy: Any) -> None:
    page = web.get(f"/invoices/{busy.paid}")
    for said in ("99\u00a0999\u00a0999,99", "2\u00a0500,50", "Sold out", "HTTP 204"):
        assert said in page.text
    assert busy.payer(busy.paid) in [one.attributes["href"] for one in page.all("a")]


def test_a_recurring_invoice_leads_to_its_invoices(web: Any, busy: Any) -> None:
    page = web.get("/recurring-invoices")
    href = page.one("tbody").one("a").attributes["href"]
    rows = web.get(href).one("tbody").all("tr")
    assert len(rows) == 2  # the billing of the first day, and bill-now
    for row in rows:
        assert "4\u00a0990,00" in row.text


def test_a_delivery_shows_bodies_and_answers(
    web: Any, sandbox: Sandbox, api: Any, receiver: Any
) -> None:
    sandbox.add_webhook(receiver.url)

    def answer(handler: Any, number: int) -> None:
        body = f"<b>no {number}</b>".encode()
        handler.send_response(500 if number == 1 else 200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    receiver.answer = answer
    api.paid_invoice(description="Цветы")
    (delivery,) = sandbox.wait_for_deliveries()
    page = web.get(f"/deliveries/{delivery.id}")
    readable, raw, said = (one.text for one in page.all("pre"))
    assert '"description": "Цветы"' in readable
    assert raw.encode() == receiver.received[0].body
    assert said == "<b>no 1</b>"
    assert "Next attempt" in page.text
    web.send(f"/deliveries/{delivery.id}/redeliver")
    sandbox.wait_for_deliveries()
    assert [one.body for one in receiver.received] == [raw.encode()] * 2
    page = web.get(f"/deliveries/{delivery.id}")
    assert "<b>no 2</b>" in page.text
    assert "Attempt 2: HTTP 200" in page.text


def test_a_receiver_that_is_away(web: Any, sandbox: Sandbox, api: Any, receiver: Any) -> None:
    sandbox.add_webhook(receiver.url)
    receiver.close()
    api.paid_invoice()
    (delivery,) = sandbox.wait_for_deliveries()
    assert "gave up after" in web.get(f"/deliveries/{delivery.id}").text


def test_what_is_empty_says_so(web: Any, sandbox: Sandbox) -> None:
    for path, said in (
        ("/", "No invoice yet."),
        ("/invoices", "No invoice yet."),
        ("/refunds", "No refund yet."),
        ("/recurring-invoices", "No recurring invoice yet."),
        ("/deliveries", "No webhook is set up"),
        ("/faults", "No fault is active."),
        ("/requests", "No request yet."),
    ):
        page = web.get(path)
        assert said in page.text
        assert_accessible(page)


def test_the_clock_is_moved(web: Any, sandbox: Sandbox) -> None:
    before = sandbox.now.timestamp()
    for amount, unit, seconds in (
        ("90", "seconds", 90),
        ("2", "minutes", 120),
        ("1.5", "hours", 5400),
        ("0,5", "hours", 1800),
        ("30", "days", 2_592_000),
        ("0", "days", 0),
    ):
        assert web.send("/clock/advance", amount=amount, unit=unit) == "/?notice=clock-moved"
        assert sandbox.now.timestamp() - before == pytest.approx(seconds)
        before = sandbox.now.timestamp()


@pytest.mark.parametrize("amount", ["", "two", "-1", "nan", "inf", "1e300", "9" * 400])
def test_a_clock_that_cannot_be_moved_so(
    web: Any, sandbox: Sandbox, parse: Callable[[str], Any], amount: str
) -> None:
    before = sandbox.now
    for form in ({"amount": amount, "unit": "days"}, {"amount": "1", "unit": "years"}, {}):
        response = web.request("POST", "/clock/advance", data=form)
        assert response.status_code == 422
        page = parse(response.text)
        assert_accessible(page)
        assert "alert" in [one.attributes.get("role") for one in page.all("p")]
        assert sandbox.now == before


def test_bodies_that_are_not_forms(web: Any, sandbox: Sandbox) -> None:
    before = sandbox.now
    for body, kind, status in (
        (b"a" * 5000, "application/x-www-form-urlencoded", 413),
        (b'{"amount": 1}', "application/json", 415),
        (b"amount=1", "text/plain", 415),
        (b"\xff\xfe=%ff&&&=&amount", "application/x-www-form-urlencoded", 422),
    ):
        response = web.request(
            "POST", "/clock/advance", content=body, headers={"Content-Type": kind}
        )
        assert response.status_code == status
        assert sandbox.now == before


@pytest.mark.parametrize(
    "typed", ['"><script>x</script>', "\ud800\x00", "\u202eabc", "</bdi></td>", "&amp;", "\r\n"]
)
def test_hostile_text_reaches_the_pages_as_text(
    web: Any, sandbox: Sandbox, api: Any, parse: Callable[[str], Any], typed: str
) -> None:
    fields = {"amount": 1, "phone_number": "87001234567", "description": f"a{typed}b"}
    created = api.post(
        "/invoices",
        content=json.dumps({**fields, "external_order_id": typed}),
        headers={"Content-Type": "application/json"},
    ).json()
    for path in (
        "/",
        "/invoices",
        f"/invoices/{created['id']}",
        f"/pay/{created['kaspi_qr_token']}",
    ):
        page = web.get(path)
        assert [one.text for one in page.all("script")] in ([], [""])
        shown = typed.replace("\ud800", "\ufffd").replace("\x00", "\ufffd").replace("\r\n", "\n")
        assert f"a{shown}b" in page.text.replace("\r\n", "\n")


# Webhooks


def test_a_webhook_is_added_used_and_removed(web: Any, sandbox: Sandbox, receiver: Any) -> None:
    secret = "whsec-of-a-test-0123456789"
    assert web.send("/webhooks", url=receiver.url, secret=secret) == (
        "/deliveries?notice=webhook-added"
    )
    assert web.send("/webhooks", url=receiver.url + "2", secret="")
    first, second = sandbox.webhooks()
    assert (first.url, first.secret) == (receiver.url, secret)
    assert second.secret == sandbox.webhook_secret
    web.send("/webhooks/test")
    sandbox.wait_for_deliveries()
    (event,) = {json.loads(one.body)["event"] for one in receiver.received}
    assert (event, len(receiver.received)) == ("webhook.test", 2)
    page = web.get("/deliveries")
    assert "its own" in page.text
    assert "the sandbox's secret" in page.text
    web.send(f"/webhooks/{first.id}/remove")
    assert [one.id for one in sandbox.webhooks()] == [second.id]
    assert web.request("POST", f"/webhooks/{first.id}/remove").status_code == 404


def test_secrets_are_not_shown_again(web: Any, sandbox: Sandbox, busy: Any) -> None:
    secret = "whsec-of-a-test-0123456789"
    web.send("/webhooks", url=busy.receiver_url, secret=secret)
    bad = web.request("POST", "/webhooks", data={"url": "ftp://x", "secret": secret})
    pages, _ = crawl(web, busy)
    assert secret not in bad.text
    for path, page in pages.items():
        assert secret not in page.text
        # The variables for a service under test are on the first page only.
        assert (sandbox.webhook_secret in page.text) == (path.partition("?")[0] == "/")
        assert (sandbox.api_key in page.text) == (path.partition("?")[0] == "/")


@pytest.mark.parametrize(
    "url", ["", "shop", "ftp://127.0.0.1/", "http://192.0.2.1/hook", "http://[", "<b>"]
)
def test_a_webhook_that_cannot_be_used(
    web: Any, sandbox: Sandbox, parse: Callable[[str], Any], url: str
) -> None:
    response = web.request("POST", "/webhooks", data={"url": url})
    assert response.status_code == 422
    page = parse(response.text)
    assert_accessible(page)
    (alert,) = [one for one in page.all("p") if one.attributes.get("role") == "alert"]
    assert "cannot be used" in alert.text
    assert alert.one("span").attributes["lang"] == "en"
    typed = next(one for one in page.all("input") if one.attributes["name"] == "url")
    assert typed.attributes["value"] == url
    assert sandbox.webhooks() == []


# Faults and the rate limit


def test_a_fault_is_started_counted_and_removed(web: Any, sandbox: Sandbox, api: Any) -> None:
    assert (
        web.send(
            "/faults/add",
            kind="status",
            operation="getInvoice",
            times="2",
            percent="100",
            status="503",
            seconds="",
        )
        == "/faults?notice=fault-added"
    )
    (injected,) = sandbox.faults()
    fault = injected.fault
    assert (fault.kind, fault.operation, fault.times) == ("status", "getInvoice", 2)
    assert (fault.status, fault.probability, fault.after_commit) == (503, 1.0, False)
    created = api.invoice()
    headers = {"X-API-Key": sandbox.api_key}
    path = f"{sandbox.base_url}/invoices/{created['id']}"
    statuses = [web.request("GET", path, headers=headers).status_code for _ in range(3)]
    assert statuses == [503, 503, 200]
    cells = [one.text.strip() for one in web.get("/faults").one("tbody").all("td")]
    assert cells[:3] == ["getInvoice", "3", "2"]
    assert "Error response" in web.get("/requests").text
    assert web.send(f"/faults/{injected.id}/remove") == "/faults?notice=fault-removed"
    assert sandbox.faults() == []
    web.send("/faults/add", kind="late", after_commit="on", html="on", field="amount", value="x")
    web.send("/faults/add", kind="drip")
    assert [one.fault.after_commit for one in sandbox.faults()] == [True, False]
    web.send("/faults/clear")
    assert sandbox.faults() == []


def test_a_fault_below_http_works(web: Any, sandbox: Sandbox) -> None:
    web.send("/faults/add", kind="reset_before", operation="listInvoices")
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{sandbox.base_url}/invoices", headers={"X-API-Key": sandbox.api_key})


@pytest.mark.parametrize("name", list(PROFILES))
def test_a_profile_is_started(web: Any, sandbox: Sandbox, name: str) -> None:
    assert web.send("/faults/profile", profile=name) == "/faults?notice=fault-added"
    assert [one.fault.kind for one in sandbox.faults()] == [one.kind for one in PROFILES[name]]


@pytest.mark.parametrize(
    ("path", "form", "said"),
    [
        ("/faults/add", {"kind": "smoke"}, "Unknown fault"),
        ("/faults/add", {}, "Unknown fault"),
        ("/faults/add", {"kind": "delay", "operation": "x"}, "Unknown operation"),
        ("/faults/add", {"kind": "delay", "seconds": "two"}, "a number in the field “Seconds”"),
        ("/faults/add", {"kind": "delay", "times": "1.5"}, "a whole number in the field “How many"),
        ("/faults/add", {"kind": "delay", "percent": "101"}, "probability must be"),
        ("/faults/add", {"kind": "status", "status": "200"}, "status must be"),
        ("/faults/profile", {"profile": "worse"}, "Unknown fault profile"),
        ("/rate-limit", {"requests": "0", "window_seconds": "60"}, "requests >= 1"),
        ("/rate-limit", {"requests": "many", "window_seconds": "60"}, "a number in the field “Req"),
        ("/rate-limit", {}, "requests >= 1"),
    ],
)
def test_what_a_form_rejects(
    web: Any, sandbox: Sandbox, parse: Callable[[str], Any], path: str, form: Any, said: str
) -> None:
    response = web.request("POST", path, data=form)
    assert response.status_code == 422
    page = parse(response.text)
    assert_accessible(page)
    (alert,) = [one for one in page.all("p") if one.attributes.get("role") == "alert"]
    assert said in alert.text
    assert page.one("h1").text == "Faults and rate limit"
    assert sandbox.faults() == []
    assert sandbox.world.limiter.limit is None


def test_the_rate_limit_is_set_and_removed(web: Any, sandbox: Sandbox) -> None:
    web.send("/rate-limit", requests="2", window_seconds="0,5", window="sliding")
    assert sandbox.world.limiter.limit == RateLimit(2, 0.5, "sliding")
    headers = {"X-API-Key": sandbox.api_key}
    address = f"{sandbox.base_url}/invoices"
    statuses = [web.request("GET", address, headers=headers).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert "2\u00a0requests in 0.5 s per key, window: sliding" in web.get("/faults").text
    web.send("/rate-limit/remove")
    assert sandbox.world.limiter.limit is None
    assert "no limit now" in web.get("/faults").text


# Languages


def test_pages_come_in_the_language_that_the_browser_prefers(
    web_in: Callable[[str], Any], busy: Any
) -> None:
    for header, language, heading in (
        ("ru-RU,ru;q=0.9,en;q=0.8", "ru", "Оплата счёта"),
        ("kk-KZ,kk;q=0.9,ru;q=0.8", "kk", "Шотты төлеу"),
        ("de,en-GB;q=0.5", "en", "Pay an invoice"),
        ("de", "ru", "Оплата счёта"),
    ):
        page = web_in(header).get(busy.payer(busy.pending))
        assert_accessible(page, language)
        assert page.one("h1").text == heading


def test_the_switch_is_remembered(web: Any, busy: Any) -> None:
    address = "/invoices?status=pending&page=2"
    switch = web.get(address).all("nav")[0].all("a")
    assert [one.text for one in switch] == ["Русский", "Қазақша", "English"]
    assert [one.attributes.get("aria-current") for one in switch] == [None, None, "true"]
    kazakh = switch[1].attributes["href"]
    assert kazakh == f"{address}&lang=kk"
    response = web.request("GET", kazakh)
    assert "SameSite=lax" in response.headers["set-cookie"]
    assert web.get("/").one("html").attributes["lang"] == "kk"
    refused = web.request("POST", f"/invoices/{busy.pending}/pay", headers={"Origin": "null"})
    assert "Басқа сайттан" in refused.text
    assert web.get("/?lang=de").one("html").attributes["lang"] == "kk"
    assert web.get("/?lang=en").one("html").attributes["lang"] == "en"
    assert web.get("/").one("html").attributes["lang"] == "en"


def texts(page: Any) -> set[str]:
    """The words of a page, without those that people or programs wrote."""
    found: set[str] = set()
    for one in page.children:
        if isinstance(one, str):
            found.add(one.strip())
        elif (
            one.name not in {"bdi", "code", "script"}
            and not {
                "lang",
                "translate",
            }
            & one.attributes.keys()
        ):
            found |= texts(one)
            for name in ("aria-label", "alt", "data-label", "title"):
                found.add(one.attributes.get(name) or "")
    return found


def test_every_page_is_translated(web_in: Callable[[str], Any], busy: Any) -> None:
    english, russian, kazakh = (web_in(code) for code in ("en", "ru", "kk"))
    for path in [*crawl(english, busy)[0], *busy.refusals]:
        status = english.request("GET", path).status_code
        pages = [web.get(path, status) for web in (english, russian, kazakh)]
        for page, code in zip(pages, ("en", "ru", "kk"), strict=True):
            assert_accessible(page, code)
        here, *others = (texts(page.one("body")) for page in pages)
        words = {one for one in here if re.search("[A-Za-z]{2}", one)}
        for other in others:
            assert words & other == set(), path
        # A text that is the same in Russian and Kazakh may be forgotten.
        letters = {one for one in others[0] & others[1] if re.search("[а-яё]{5}", one)}
        assert letters <= {"Операция", "Вебхук"}, path


@pytest.mark.parametrize("name", ["path", "self", "lang", "notice", "t", "status"])
def test_a_query_cannot_break_a_page(web: Any, name: str) -> None:
    web.get(f"/?{name}=<x>&{name}=%ff%00")
