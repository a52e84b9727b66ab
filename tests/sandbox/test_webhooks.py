"""Webhooks: who is told what, signed how, retried when, and where they may go."""

import json
import socket
import time
from typing import Any

import pytest

from apipay import webhooks
from apipay_sandbox import Sandbox, SandboxError
from apipay_sandbox.network import check_url, is_loopback

LOCAL = "http://127.0.0.1:9"


@pytest.fixture
def told(api: Any, receiver: Any) -> Any:
    api.sandbox.add_webhook(receiver.url)
    return receiver


def answer(status: int, body: bytes = b"") -> Any:
    def reply(handler: Any, _: int) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return reply


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        (lambda api, n: api.sandbox.pay(n, "Daniyar S."), "paid", "paid_at"),
        (lambda api, n: api.post(f"/invoices/{n}/cancel"), "cancelled", "cancelled_at"),
        (lambda api, n: api.sandbox.decline(n), "cancelled", "cancelled_at"),
        (lambda api, n: api.sandbox.expire(n), "expired", "expired_at"),
        (lambda api, n: api.sandbox.advance(86_400), "expired", "expired_at"),
    ],
)
def test_an_invoice_that_settles_is_told_with_a_signature(
    api: Any, told: Any, change: Any, status: str, field: str
) -> None:
    created = api.invoice(2500, external_order_id="order-1", description="Мёд")

    change(api, created["id"])
    (delivery,) = api.sandbox.wait_for_deliveries()

    (request,) = told.received
    webhooks.verify(request.body, request.headers, api.sandbox.webhook_secret)
    assert request.headers["content-type"] == "application/json"
    event = json.loads(request.body)
    settled = api.get(f"/invoices/{created['id']}").json()
    assert event == {
        "event": "invoice.status_changed",
        "invoice": {
            "id": created["id"],
            "external_order_id": "order-1",
            "amount": "2500.00",
            "status": status,
            "description": "Мёд",
            "kaspi_invoice_id": created["kaspi_invoice_id"],
            "client_name": "Daniyar S." if status == "paid" else None,
            "client_phone": "87001234567",
            field: settled[field],
        },
        "timestamp": settled[field],
    }
    assert (delivery.status, delivery.next_attempt_at) == ("delivered", None)
    assert delivery.body.encode() == request.body


def test_nothing_else_is_told(api: Any, told: Any) -> None:
    number = api.paid_invoice()["id"]
    api.post(f"/invoices/{number}/refund")
    api.invoice()

    assert len(api.sandbox.wait_for_deliveries()) == 1


def test_a_chosen_webhook_is_told_alone_and_otherwise_all_are(api: Any, receiver: Any) -> None:
    first = api.sandbox.add_webhook(receiver.url + "/1", secret="one")
    second = api.sandbox.add_webhook(receiver.url + "/2", secret="two", webhook_id=17)

    api.paid_invoice(webhook_id=17)
    api.sandbox.wait_for_deliveries()
    assert [one.path for one in receiver.received] == ["/hook/2"]
    webhooks.verify(receiver.received[0].body, receiver.received[0].headers, "two")

    api.paid_invoice()
    api.sandbox.wait_for_deliveries()
    assert sorted(one.path for one in receiver.received[1:]) == ["/hook/1", "/hook/2"]

    api.sandbox.remove_webhook(first.id)
    api.paid_invoice()
    api.sandbox.wait_for_deliveries()
    assert [one.path for one in receiver.received[3:]] == ["/hook/2"]
    assert [one.id for one in api.sandbox.webhooks()] == [second.id]
    body = {"amount": 1, "phone_number": "87001234567", "webhook_id": first.id}
    assert api.post("/invoices", body).status_code == 422


def test_a_recurring_invoice_hands_its_webhook_on(api: Any, receiver: Any) -> None:
    api.sandbox.add_webhook(receiver.url)
    api.sandbox.add_webhook(receiver.url + "/2")
    body = {"amount": 1, "phone_number": "87001234567", "interval": "daily", "webhook_id": 2}
    api.post("/recurring-invoices", body)

    (bill,) = api.sandbox.invoices()
    api.sandbox.pay(bill.id)
    api.sandbox.wait_for_deliveries()

    assert [one.path for one in receiver.received] == ["/hook/2"]


def test_what_is_not_received_comes_three_more_times_at_growing_intervals(
    api: Any, told: Any
) -> None:
    told.answer = answer(500, b"no")
    api.paid_invoice()
    waits, sandbox = [], api.sandbox
    for _ in range(3):
        (delivery,) = sandbox.wait_for_deliveries()
        assert delivery.status == "pending"
        wait = delivery.next_attempt_at - sandbox.now.timestamp()
        sandbox.advance(wait - 1)
        (same,) = sandbox.wait_for_deliveries()
        assert same == delivery
        sandbox.advance(1)
        waits.append(wait)
    (failed,) = sandbox.wait_for_deliveries()

    assert waits == sorted(set(waits))
    assert (failed.status, failed.next_attempt_at) == ("failed", None)
    assert [(one.status, one.body) for one in failed.attempts] == [(500, "no")] * 4
    sandbox.advance(30 * 86_400)
    assert len(sandbox.wait_for_deliveries()[0].attempts) == 4
    assert len({one.body for one in told.received}) == 1


def test_a_later_delivery_can_be_received(api: Any, told: Any) -> None:
    told.answer = lambda handler, count: answer(503 if count == 1 else 200)(handler, count)
    api.paid_invoice()
    api.sandbox.wait_for_deliveries()
    api.sandbox.advance(10)
    (delivery,) = api.sandbox.wait_for_deliveries()

    assert [one.status for one in delivery.attempts] == [503, 200]
    assert delivery.status == "delivered"


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_is_received(api: Any, told: Any, status: int) -> None:
    told.answer = answer(status)
    api.paid_invoice()
    assert api.sandbox.wait_for_deliveries()[0].status == "delivered"


def test_a_redirect_is_not_followed(api: Any, told: Any) -> None:
    def redirect(handler: Any, _: int) -> None:
        handler.send_response(307)
        handler.send_header("Location", told.url)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    told.answer = redirect
    api.paid_invoice()

    (delivery,) = api.sandbox.wait_for_deliveries()
    assert (len(told.received), delivery.attempts[0].status) == (1, 307)


def test_a_receiver_that_is_down_or_silent_is_logged_as_such(api_of: Any, receiver: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent_url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with Sandbox(clock="manual", webhook_timeout=0.1) as sandbox:
            sandbox.add_webhook(silent_url)
            sandbox.add_webhook("http://127.0.0.1:1/")
            api_of(sandbox).paid_invoice()
            quiet, down = (one.attempts[0] for one in sandbox.wait_for_deliveries())
    assert quiet.status is None
    assert quiet.error == "No response within 0.1 seconds."
    assert down.error
    assert (quiet.seconds >= 0.1, down.status) == (True, None)


def test_a_receiver_that_drips_is_cut_off_in_time(api_of: Any, receiver: Any) -> None:
    def drip(handler: Any, _: int) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(100):
            try:
                handler.wfile.write(b".")
            except OSError:
                return
            time.sleep(0.02)

    receiver.answer = drip
    with Sandbox(clock="manual", webhook_timeout=0.2, webhook_url=receiver.url) as sandbox:
        api_of(sandbox).paid_invoice()
        (delivery,) = sandbox.wait_for_deliveries()
    assert delivery.attempts[0].seconds < 1
    assert delivery.status == "pending"


def test_a_long_answer_is_kept_in_part(api: Any, told: Any) -> None:
    told.answer = answer(200, b"x" * 100_000)
    api.paid_invoice()

    (delivery,) = api.sandbox.wait_for_deliveries()
    assert delivery.attempts[0].body == "x" * 16_384


def test_delivering_again_by_hand(api: Any, told: Any) -> None:
    number = api.paid_invoice()["id"]
    (first,) = api.sandbox.wait_for_deliveries()

    api.sandbox.redeliver(first.id)
    (again,) = api.sandbox.wait_for_deliveries()

    assert len(told.received) == 2
    assert told.received[0].body == told.received[1].body
    assert (again.status, len(again.attempts)) == ("delivered", 2)
    assert [one.id for one in api.sandbox.deliveries(number)] == [first.id]
    assert api.sandbox.deliveries(invoice_id=5) == []
    with pytest.raises(SandboxError, match="no delivery"):
        api.sandbox.redeliver(99)


def test_delivering_again_by_hand_after_the_last_try_adds_one(api: Any, told: Any) -> None:
    told.answer = answer(500)
    api.paid_invoice()
    for _ in range(4):
        api.sandbox.wait_for_deliveries()
        api.sandbox.advance(3600)
    api.sandbox.redeliver(1)
    (delivery,) = api.sandbox.wait_for_deliveries()

    assert (delivery.status, len(delivery.attempts)) == ("failed", 5)


def test_any_event_can_be_sent(api: Any, told: Any) -> None:
    api.sandbox.send_event({"event": "webhook.test", "sent_by": "Алия"})
    (delivery,) = api.sandbox.wait_for_deliveries()

    (request,) = told.received
    webhooks.verify(request.body, request.headers, api.sandbox.webhook_secret)
    assert json.loads(request.body) == {"event": "webhook.test", "sent_by": "Алия"}
    assert (delivery.event, delivery.invoice_id) == ("webhook.test", None)


def test_many_deliveries_at_once_all_arrive(api: Any, told: Any) -> None:
    numbers = [api.invoice()["id"] for _ in range(100)]
    for number in numbers:
        api.sandbox.pay(number)

    log = api.sandbox.wait_for_deliveries(timeout=20)

    assert {one.status for one in log} == {"delivered"}
    assert sorted(json.loads(one.body)["invoice"]["id"] for one in told.received) == numbers


def test_waiting_has_an_end(api: Any, told: Any) -> None:
    told.answer = lambda handler, count: (time.sleep(0.3), answer(200)(handler, count))
    api.paid_invoice()

    with pytest.raises(SandboxError, match="still being delivered"):
        api.sandbox.wait_for_deliveries(timeout=0.05)
    assert api.sandbox.wait_for_deliveries()[0].status == "delivered"


def test_a_reset_forgets_deliveries_under_way(api: Any, told: Any, eventually: Any) -> None:
    told.answer = lambda handler, count: (time.sleep(0.1), answer(200)(handler, count))
    api.paid_invoice()
    eventually(lambda: bool(told.received))
    api.sandbox.reset()

    assert api.sandbox.wait_for_deliveries() == []
    assert api.sandbox.webhooks() == []


# Where they may go


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/",
        "http://192.168.1.1:8000/hook",
        "http://169.254.169.254/latest",
        "http://[fe80::1]/",
        "http://0.0.0.0/",
        "http://93.184.216.34/",
        "http://no-such-host.invalid/",
        "ftp://127.0.0.1/",
        "http://user:secret@127.0.0.1/",
        "http://127.0.0.1:99999/",
        "http:///hook",
        "127.0.0.1/hook",
        "",
    ],
)
def test_a_webhook_cannot_leave_this_machine(api: Any, url: str) -> None:
    with pytest.raises(SandboxError, match="url") as refused:
        api.sandbox.add_webhook(url)

    assert refused.value.status == 422
    assert set(refused.value.errors or ()) == {"url"}
    assert "secret" not in str(refused.value)
    assert api.sandbox.webhooks() == []


@pytest.mark.parametrize(
    "url", [LOCAL, "http://localhost:9/", "http://[::1]:9/", "http://127.8.8.8/"]
)
def test_this_machine_is_allowed(url: str) -> None:
    check_url(url, allow_remote=False)


def test_remote_webhooks_can_be_allowed() -> None:
    check_url("http://93.184.216.34/", allow_remote=True)


def test_a_mapped_address_counts_as_what_it_maps() -> None:
    assert is_loopback("::ffff:127.0.0.1")
    assert not is_loopback("::ffff:10.0.0.1")


def test_a_name_that_moved_away_is_refused_at_delivery(
    api: Any, receiver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.sandbox.add_webhook(receiver.url.replace("127.0.0.1", "localhost"))
    real = socket.getaddrinfo

    def moved(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        return real("10.0.0.1" if host == "localhost" else host, port, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", moved)
    api.paid_invoice()
    (delivery,) = api.sandbox.wait_for_deliveries()

    assert receiver.received == []
    assert "not this machine" in (delivery.attempts[0].error or "")
