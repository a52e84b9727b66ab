"""`/_sandbox/`: the same verbs over HTTP."""

from typing import Any

import httpx
import pytest


@pytest.fixture
def control(sandbox: Any) -> Any:
    with httpx.Client(base_url=sandbox.url + "/_sandbox") as client:
        yield client


def test_the_state_says_what_a_service_needs(control: Any, sandbox: Any) -> None:
    state = control.get("/state").json()

    assert state["base_url"] == sandbox.base_url
    assert state["api_key"] == sandbox.api_key
    assert state["webhook_secret"] == sandbox.webhook_secret
    assert (state["organizations"], state["invoices"], state["calls"]) == (1, 0, {})


def test_the_owner_and_the_payer(control: Any, api: Any) -> None:
    body = {"idn": "990140004321"}
    first = api.post("/organizations/verify", body).json()["organization"]["id"]
    second = api.post("/organizations/verify", {"idn": "990140004322"}).json()["organization"]["id"]
    numbers = [api.invoice()["id"] for _ in range(4)]

    said = [
        control.post(f"/organizations/{first}/confirm"),
        control.post(f"/organizations/{second}/refuse"),
        control.post(f"/invoices/{numbers[0]}/pay", json={"client_name": "Aliya N."}),
        control.post(f"/invoices/{numbers[1]}/decline"),
        control.post(f"/invoices/{numbers[2]}/expire"),
    ]

    assert [one.json()["status"] for one in said] == [
        "verified", "failed", "paid", "cancelled", "expired",
    ]  # fmt: skip
    assert said[2].json()["client_name"] == "Aliya N."
    assert control.post(f"/invoices/{numbers[0]}/pay").status_code == 409
    assert control.post("/invoices/5/pay").status_code == 404
    assert control.post("/organizations/5/confirm").status_code == 404


def test_the_clock(control: Any, api: Any) -> None:
    number = api.invoice()["id"]

    moved = control.post("/clock/advance", json={"seconds": 86_400}).json()

    assert moved == {"now": "2026-02-01T10:00:00Z"} == control.get("/clock").json()
    assert api.get(f"/invoices/{number}").json()["status"] == "expired"
    assert control.post("/clock/advance", json={"seconds": -1}).status_code == 422


def test_webhooks_and_deliveries(control: Any, api: Any, receiver: Any) -> None:
    added = control.post("/webhooks", json={"url": receiver.url, "secret": "s3", "id": 7}).json()
    assert added == {"id": 7, "url": receiver.url, "active": True, "secret": "s3"}
    assert control.get("/webhooks").json()["data"] == [
        {"id": 7, "url": receiver.url, "active": True}
    ]
    number = api.paid_invoice()["id"]

    (delivery,) = control.get("/deliveries?wait=5").json()["data"]
    assert (delivery["status"], delivery["attempts"][0]["status"]) == ("delivered", 204)
    control.post(f"/deliveries/{delivery['id']}/redeliver")
    sent = control.post("/events", json={"event": {"event": "webhook.test"}, "webhook_id": 7})
    assert sent.json()["data"][0]["event"] == "webhook.test"
    log = control.get("/deliveries?wait=5").json()["data"]
    assert [len(one["attempts"]) for one in log] == [2, 1]
    assert len(control.get(f"/deliveries?invoice_id={number}").json()["data"]) == 1
    assert control.delete("/webhooks/7").status_code == 200
    assert control.delete("/webhooks/7").status_code == 404
    assert control.post("/webhooks", json={"url": "http://10.0.0.1/"}).status_code == 422
    assert control.get("/deliveries?wait=x").status_code == 422


def test_faults(control: Any, api: Any) -> None:
    fault = {"kind": "status", "operation": "listInvoices", "status": 503, "nth": [1, 2]}
    first = control.post("/faults", json=fault).json()
    assert api.get("/invoices").status_code == 503

    (shown,) = control.get("/faults").json()["data"]
    assert (shown["id"], shown["kind"], shown["calls"], shown["hits"]) == (
        first["id"],
        "status",
        1,
        1,
    )
    control.delete(f"/faults/{first['id']}")
    assert api.get("/invoices").status_code == 200
    control.post("/faults", json={"kind": "status"})
    control.delete("/faults")
    assert control.get("/faults").json() == {"data": []}


@pytest.mark.parametrize(
    "wrong",
    [
        {}, {"kind": "earthquake"}, {"kind": "status", "nth": "1"}, {"kind": "delay", "speed": 1},
        {"kind": "delay", "operation": "x"}, {"kind": "delay", "probability": "half"},
        {"kind": 5}, {"kind": ["delay"]}, {"kind": "delay", "seconds": "long"},
        {"kind": "delay", "nth": [None]}, {"kind": "unknown_enum", "value": 5},
        {"kind": "delay", "times": "x"}, {"kind": "delay", "seed": {}},
    ],
)  # fmt: skip
def test_a_fault_that_cannot_be_is_422(control: Any, api: Any, wrong: dict[str, Any]) -> None:
    assert control.post("/faults", json=wrong).status_code == 422
    assert api.get("/invoices").status_code == 200


def test_the_rate_limit(control: Any, api: Any) -> None:
    control.put("/rate-limit", json={"requests": 1, "window_seconds": 60, "window": "sliding"})
    assert [api.get("/invoices").status_code for _ in range(2)] == [200, 429]
    control.delete("/rate-limit")
    assert api.get("/invoices").status_code == 200
    for wrong in ({"requests": 0, "window_seconds": 1}, {"requests": 1}, {"window": "round"}):
        assert control.put("/rate-limit", json=wrong).status_code == 422


def test_api_keys(control: Any, api: Any) -> None:
    key = control.post("/api-keys").json()["key"]
    control.post("/api-keys/expire")

    assert api.get("/invoices").status_code == 401
    api._http.headers["X-API-Key"] = key
    assert api.get("/invoices").status_code == 200
    assert control.post("/api-keys/expire", json={"key": "unknown"}).status_code == 404
    assert control.post("/api-keys", json={"key": " x"}).status_code == 422


def test_a_reset_forgets_everything_but_the_key_and_the_time(
    control: Any, api: Any, sandbox: Any
) -> None:
    first = api.paid_invoice()["id"]
    api.post(f"/invoices/{first}/refund")
    sandbox.advance(60)
    control.post("/faults", json={"kind": "status"})

    assert control.post("/reset").status_code == 200

    assert api.get("/invoices").json()["meta"]["total"] == 0
    assert api.get("/refunds").json()["meta"]["total"] == 0
    assert sandbox.now.minute == 1
    assert sandbox.calls == {"listInvoices": 1, "listRefunds": 1}
    assert api.invoice()["id"] == first


def test_connections_can_be_refused(control: Any, sandbox: Any) -> None:
    # Long enough for a busy machine to get here; the sandbox stops before the time is over.
    assert control.post("/refuse-connections", json={"seconds": 30}).status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(sandbox.url)


@pytest.mark.parametrize(
    ("content", "media", "status"),
    [
        (b"{", "application/json", 422),
        (b"[]", "application/json", 422),
        (b'{"seconds": 1}', "text/plain", 415),
        (b'{"seconds": 1}', "application/x-www-form-urlencoded", 415),
        (b'{"seconds": "1"}', "application/json", 422),
        (b'{"seconds": true}', "application/json", 422),
        (b'{"minutes": 1}', "application/json", 422),
        (b"{}", "application/json", 422),
        (b" " * 70_000, "application/json", 413),
    ],
)
def test_what_is_wrong_in_form_is_refused(
    control: Any, sandbox: Any, content: bytes, media: str, status: int
) -> None:
    before = sandbox.now

    response = control.post("/clock/advance", content=content, headers={"Content-Type": media})

    assert response.status_code == status
    assert response.json()["message"]
    assert sandbox.now == before


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("POST", "/invoices/1001/pay/now", 404),
        ("GET", "/clock/", 404),
        ("GET", "/reset", 405),
        ("POST", "/invoices/abc/pay", 404),
        ("POST", "/invoices/-1/pay", 404),
        ("POST", "/invoices/١/pay", 404),
        *(
            (method, path.format("9" * digits), 404)
            for digits in (19, 5000)
            for method, path in (
                ("POST", "/invoices/{}/pay"),
                ("POST", "/invoices/{}/decline"),
                ("POST", "/invoices/{}/expire"),
                ("POST", "/organizations/{}/confirm"),
                ("POST", "/organizations/{}/refuse"),
                ("POST", "/deliveries/{}/redeliver"),
                ("DELETE", "/webhooks/{}"),
                ("DELETE", "/faults/{}"),
            )
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_address_that_is_not_there_is_refused_in_json(
    control: Any, method: str, path: str, status: int
) -> None:
    response = control.request(method, path)

    assert response.status_code == status
    assert response.headers["content-type"] == "application/json"
    assert set(response.json()) == {"message"}
    assert ("allow" in response.headers) == (status == 405)


@pytest.mark.parametrize("number", ["x", "9" * 5000, "-1", ""])
def test_the_log_of_no_invoice_is_422(control: Any, number: str) -> None:
    response = control.get("/deliveries", params={"invoice_id": number})

    assert (response.status_code, set(response.json()["errors"])) == (422, {"invoice_id"})


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "/webhooks", {"url": "http://127.0.0.1:1/", "id": 2**63}, "id"),
        ("PUT", "/rate-limit", {"requests": 2**63, "window_seconds": 1}, "requests"),
        ("PUT", "/rate-limit", {"requests": 1, "window_seconds": 10**400}, "window_seconds"),
        ("POST", "/clock/advance", {"seconds": 10**400}, "seconds"),
    ],
)
def test_numbers_that_are_too_large_are_422(
    control: Any, method: str, path: str, body: dict[str, Any], field: str
) -> None:
    response = control.request(method, path, json=body)

    assert (response.status_code, set(response.json()["errors"])) == (422, {field})


def test_an_endless_window_is_refused(control: Any, api: Any) -> None:
    body = b'{"requests": 1, "window_seconds": 1e999}'
    headers = {"Content-Type": "application/json"}

    assert control.put("/rate-limit", content=body, headers=headers).status_code == 422
    assert [api.get("/invoices").status_code for _ in range(2)] == [200, 200]


def test_the_first_address_lists_all_verbs(control: Any) -> None:
    verbs = control.get("/").json()["verbs"]
    without_slash = httpx.get(str(control.base_url).rstrip("/"))

    assert without_slash.json()["verbs"] == verbs
    assert "POST /_sandbox/invoices/{id}/pay" in verbs
    for verb in verbs:
        method, _, path = verb.partition(" ")
        known = control.request(method, path.removeprefix("/_sandbox").replace("{id}", "1"))
        assert "no such address" not in known.text, verb
        assert known.status_code != 405, verb


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://shop.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:1"},
    ],
)
def test_a_page_of_another_site_controls_nothing(
    control: Any, api: Any, sandbox: Any, headers: dict[str, str]
) -> None:
    number = api.invoice()["id"]
    before = sandbox.now

    answers = [
        control.post("/reset", headers=headers),
        control.post(f"/invoices/{number}/pay", headers=headers),
        control.post("/clock/advance", json={"seconds": 9}, headers=headers),
        control.post("/api-keys/expire", headers=headers),
        control.delete("/rate-limit", headers=headers),
    ]

    assert {one.status_code for one in answers} == {403}
    assert all("other sites" in one.json()["message"] for one in answers)
    assert [(one.id, one.status) for one in sandbox.invoices()] == [(number, "pending")]
    assert sandbox.now == before


def test_a_page_of_the_sandbox_and_what_is_no_browser_control_it(
    control: Any, api: Any, sandbox: Any
) -> None:
    numbers = [api.invoice()["id"] for _ in range(3)]
    own = {"Origin": sandbox.url, "Sec-Fetch-Site": "same-origin"}

    for number, headers in zip(numbers, (own, {}, {"Sec-Fetch-Site": "none"}), strict=True):
        assert control.post(f"/invoices/{number}/pay", headers=headers).status_code == 200
