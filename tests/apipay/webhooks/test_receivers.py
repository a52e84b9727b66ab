"""The receivers, each behind its own framework: one table of deliveries, one table of answers."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from apipay.errors import InvalidRequestError
from apipay.testing import VirtualClock
from apipay.webhooks import (
    Event,
    EventContext,
    Inbox,
    InvoiceEvent,
    MemoryStore,
    SignatureError,
    SQLiteStore,
    WebhookSecretError,
    sign,
)

SECRET = "whsec_for_tests"
PATH = "/webhooks/apipay"
Make = Callable[..., InvoiceEvent]
Body = Callable[..., bytes]


@dataclass
class Reply:
    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Shop:
    """A service with one receiver in it, and a way to send it requests."""

    send: Callable[..., Reply]

    def __init__(self, framework: str, is_async: bool, inbox: Inbox, **options: Any) -> None:
        self.framework = framework
        self.handled: list[str] = []
        self.failures = 0
        self.failure: Exception = RuntimeError("the shop's database is away")
        handler = self._handle_async if is_async else self._handle
        options = {"inbox": inbox, "secret": SECRET, **options}
        getattr(self, f"_{framework}")(handler, options)

    def post(self, body: bytes, secret: str | None = SECRET, **headers: str) -> Reply:
        if secret is not None:
            headers["X-Webhook-Signature"] = sign(body, secret)
        return self.send("POST", body, headers)

    def _handle(self, event: Event, context: EventContext) -> None:
        if self.failures:
            self.failures -= 1
            raise self.failure
        self.handled.append(event.event if context.key.status == event.event else str(context.key))

    async def _handle_async(self, event: Event, context: EventContext) -> None:
        self._handle(event, context)

    def _starlette(self, handler: Any, options: dict[str, Any]) -> None:
        from starlette.applications import Starlette
        from starlette.routing import Route

        from apipay.webhooks.receivers.asgi import receiver

        self._asgi(Starlette(routes=[Route(PATH, receiver(handler, **options))]))

    def _fastapi(self, handler: Any, options: dict[str, Any]) -> None:
        from fastapi import FastAPI

        from apipay.webhooks.receivers.asgi import receiver

        app = FastAPI()
        app.add_route(PATH, receiver(handler, **options))
        self._asgi(app)

    def _asgi(self, app: Any) -> None:
        import anyio
        import httpx

        def send(method: str, body: Any, headers: dict[str, str]) -> Reply:
            async def main() -> Reply:
                transport = httpx.ASGITransport(app, raise_app_exceptions=False)
                async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
                    answer = await client.request(method, PATH, content=body, headers=headers)
                return Reply(answer.status_code, answer.content, dict(answer.headers))

            return anyio.run(main)

        self.send = send

    def _flask(self, handler: Any, options: dict[str, Any]) -> None:
        from flask import Flask

        from apipay.webhooks.receivers.flask import receiver

        app = Flask("shop")
        app.add_url_rule(PATH, view_func=receiver(handler, **options))

        def send(method: str, body: bytes, headers: dict[str, str]) -> Reply:
            answer = app.test_client().open(PATH, method=method, data=body, headers=headers)
            low = {name.lower(): value for name, value in answer.headers.items()}
            return Reply(answer.status_code, answer.data, low)

        self.send = send

    def _django(self, handler: Any, options: dict[str, Any]) -> None:
        import django
        from django.conf import settings

        if not settings.configured:
            settings.configure(
                DEBUG=False,
                ALLOWED_HOSTS=["*"],
                SECRET_KEY="for tests",
                ROOT_URLCONF="none",
                MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware"],
            )
            django.setup()
        from django.test import Client, override_settings
        from django.urls import path

        from apipay.webhooks.receivers.django import receiver

        urls: Any = ModuleType("urls")
        urls.urlpatterns = [path(PATH[1:], receiver(handler, **options))]

        def send(method: str, body: bytes, headers: dict[str, str]) -> Reply:
            client = Client(enforce_csrf_checks=True, raise_request_exception=False)
            with override_settings(ROOT_URLCONF=urls):
                answer = client.generic(
                    method, PATH, body, content_type="application/json", headers=headers
                )
            low = {name.lower(): value for name, value in answer.items()}
            return Reply(answer.status_code, answer.content, low)

        self.send = send


FRAMEWORKS = [
    *(("starlette", False), ("starlette", True), ("fastapi", False), ("fastapi", True)),
    *(("flask", False), ("django", False), ("django", True)),
]


@pytest.fixture(params=FRAMEWORKS, ids=[f"{name}{'-async' * flag}" for name, flag in FRAMEWORKS])
def make_shop(request: pytest.FixtureRequest) -> Callable[..., Shop]:
    framework, is_async = request.param

    def make(inbox: Inbox | None = None, **options: Any) -> Shop:
        return Shop(framework, is_async, inbox or Inbox(MemoryStore()), **options)

    return make


def test_an_event_is_handled_once(make_shop: Callable[..., Shop], event_body: Body) -> None:
    shop = make_shop()
    first, second = shop.post(event_body(1)), shop.post(event_body(1))
    assert (first.status, first.json) == (200, {"result": "handled"})
    assert (second.status, second.json) == (200, {"result": "duplicate"})
    assert first.headers["content-type"] == "application/json"
    assert shop.handled == ["invoice:1/paid"]


def test_an_unknown_event_reaches_the_handler(make_shop: Callable[..., Shop]) -> None:
    shop = make_shop()
    assert shop.post(b'{"event":"webhook.test"}').status == 200
    assert shop.handled == ["webhook.test"]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{}", {}, 401),
        (b"{}", {"X-Webhook-Signature": ""}, 401),
        (b"{}", {"X-Webhook-Signature": "sha256=" + "0" * 64}, 401),
        (b"{}", {"X-Webhook-Signature": "sha1=" + "0" * 40}, 401),
        (b"{}", {"X-Webhook-Signature": sign(b"{}", "another")}, 401),
        (b"{}", {"X-Webhook-Signature": sign(b"{}", SECRET)}, 400),
        (b"", {"X-Webhook-Signature": sign(b"", SECRET)}, 400),
        (b"\xff", {"X-Webhook-Signature": sign(b"\xff", SECRET)}, 400),
        (b"x" * 2001, {"X-Webhook-Signature": sign(b"x" * 2001, SECRET)}, 413),
        (b"x" * 2000, {"X-Webhook-Signature": sign(b"x" * 2000, SECRET)}, 400),
    ],
)
def test_what_is_not_a_genuine_event_is_refused(
    make_shop: Callable[..., Shop], body: bytes, headers: dict[str, str], status: int
) -> None:
    shop = make_shop(max_bytes=2000)
    reply = shop.send("POST", body, headers)
    assert reply.status == status
    assert reply.json["message"]
    assert not shop.handled


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused(make_shop: Callable[..., Shop], method: str) -> None:
    reply = make_shop().send(method, b"", {})
    assert reply.status == 405
    assert "POST" in reply.headers["allow"]
    assert "GET" not in reply.headers["allow"]


def test_what_the_handler_raises_is_500_and_the_next_delivery_is_handled(
    make_shop: Callable[..., Shop], event_body: Body
) -> None:
    shop = make_shop()
    shop.failures = 2
    assert [shop.post(event_body()).status for _ in range(4)] == [500, 500, 200, 200]
    assert shop.handled == ["invoice:4217/paid"]


def test_a_webhook_error_of_the_handler_is_not_taken_for_a_bad_signature(
    make_shop: Callable[..., Shop], event_body: Body
) -> None:
    shop = make_shop()
    shop.failure = SignatureError("from something that the handler itself verified", "mismatch")
    shop.failures = 1
    assert [shop.post(event_body()).status for _ in range(2)] == [500, 200]


def test_an_event_in_progress_elsewhere_is_put_off(
    make_shop: Callable[..., Shop], event_of: Make, event_body: Body
) -> None:
    inbox = Inbox(MemoryStore(), lease=7.5)
    shop = make_shop(inbox)
    replies: list[Reply] = []
    inbox.handle(event_of(), lambda *_: replies.append(shop.post(event_body())))
    assert (replies[0].status, replies[0].headers["retry-after"]) == (503, "8")
    assert not shop.handled


def test_a_store_that_fails_is_503(
    make_shop: Callable[..., Shop], event_body: Body, tmp_path: Path
) -> None:
    (tmp_path / "inbox.db").write_text("this is not a database, but long enough to look like one")
    with SQLiteStore(tmp_path / "inbox.db") as store:
        shop = make_shop(Inbox(store))
        reply = shop.post(event_body())
    assert reply.status == 503
    assert b"Database" not in reply.body
    assert not shop.handled


def test_an_event_over_the_age_limit_is_400(
    make_shop: Callable[..., Shop], event_body: Body
) -> None:
    shop = make_shop(Inbox(MemoryStore(clock=VirtualClock(2e9)), max_age=60))
    assert shop.post(event_body()).status == 400


def test_both_secrets_of_a_rotation_are_accepted(
    make_shop: Callable[..., Shop], event_body: Body
) -> None:
    shop = make_shop(secret=["new", "old"])
    statuses = [shop.post(event_body(), secret=secret).status for secret in ("new", "old", "older")]
    assert statuses == [200, 200, 401]


def test_the_secret_comes_from_the_environment(
    make_shop: Callable[..., Shop], event_body: Body, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APIPAY_WEBHOOK_SECRET", "from the environment")
    shop = make_shop(secret=None)
    assert shop.post(event_body(), secret="from the environment").status == 200
    assert shop.post(event_body()).status == 401


@pytest.mark.parametrize("secret", ["", " ", None])
def test_a_shop_without_a_secret_does_not_start(
    make_shop: Callable[..., Shop], secret: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("APIPAY_WEBHOOK_SECRET", raising=False)
    with pytest.raises(WebhookSecretError):
        make_shop(secret=secret)


def test_senseless_settings_are_refused(make_shop: Callable[..., Shop]) -> None:
    with pytest.raises(InvalidRequestError, match="max_bytes"):
        make_shop(max_bytes=0)


def test_no_refusal_tells_the_log_who_the_customer_is(
    make_shop: Callable[..., Shop], event_body: Body, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    shop = make_shop()
    shop.post(event_body(), secret="another")
    shop.post(event_body(id="no number"))
    shop.post(event_body())
    shop.post(event_body())
    text = caplog.text
    assert "webhook refused" in text
    assert "duplicate" in text
    for private in ("87001234567", "Aigerim", SECRET, "no number"):
        assert private not in text


# -- what only one of them has ---------------------------------------------------------------------


def asgi_call(app: Any, scope: dict[str, Any], messages: list[dict[str, Any]]) -> list[Any]:
    import anyio

    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    anyio.run(app, scope, receive, send)
    return sent


@pytest.fixture
def asgi_app() -> Any:
    from apipay.webhooks.receivers.asgi import receiver

    return receiver(lambda *_: None, inbox=Inbox(MemoryStore()), secret=SECRET, max_bytes=1000)


def scope(*headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {"type": "http", "method": "POST", "headers": list(headers)}


def test_asgi_puts_chunks_together(asgi_app: Any, event_body: Body) -> None:
    body = event_body()
    chunks = [
        {"type": "http.request", "body": body[:7], "more_body": True},
        {"type": "http.request", "more_body": True},
        {"type": "http.request", "body": body[7:]},
    ]
    signature = (b"x-webhook-signature", sign(body, SECRET).encode())
    assert asgi_call(asgi_app, scope(signature), chunks)[0]["status"] == 200


def test_asgi_stops_reading_at_the_limit(asgi_app: Any) -> None:
    endless = [{"type": "http.request", "body": b"x" * 400, "more_body": True}] * 9
    assert asgi_call(asgi_app, scope(), endless)[0]["status"] == 413
    assert len(endless) == 6


def test_asgi_does_not_read_what_says_it_is_too_large(asgi_app: Any) -> None:
    assert asgi_call(asgi_app, scope((b"content-length", b"1001")), [])[0]["status"] == 413
    assert asgi_call(asgi_app, scope((b"content-length", b"many")), [])[0]["status"] == 400


def test_asgi_handles_nothing_when_the_sender_goes_away(asgi_app: Any) -> None:
    gone = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    ]
    assert asgi_call(asgi_app, scope(), gone) == []


def test_asgi_refuses_a_doubled_signature(asgi_app: Any) -> None:
    signature = (b"x-webhook-signature", sign(b"{}", SECRET).encode())
    body = [{"type": "http.request", "body": b"{}"}]
    assert asgi_call(asgi_app, scope(signature, signature), body)[0]["status"] == 401


def test_asgi_lets_other_protocols_be(asgi_app: Any) -> None:
    assert asgi_call(asgi_app, {"type": "lifespan"}, []) == []


def test_flask_reads_a_chunked_body_up_to_the_limit() -> None:
    from io import BytesIO

    shop = Shop("flask", False, Inbox(MemoryStore()), max_bytes=1000)
    from flask import Flask

    from apipay.webhooks.receivers.flask import receiver

    app = Flask("shop")
    app.post(PATH)(receiver(shop._handle, inbox=Inbox(MemoryStore()), secret=SECRET, max_bytes=99))
    for size, status in ((99, 400), (100, 413), (100_000, 413)):
        body = b"x" * size
        answer = app.test_client().open(
            PATH,
            method="POST",
            input_stream=BytesIO(body),
            environ_overrides={"wsgi.input_terminated": True},
            headers={"X-Webhook-Signature": sign(body, SECRET)},
        )
        assert answer.status_code == status


def test_flask_refuses_an_async_handler() -> None:
    from apipay.webhooks.receivers.flask import receiver

    async def handler(_: Event, __: EventContext) -> None: ...

    with pytest.raises(InvalidRequestError, match="plain function"):
        receiver(handler, inbox=Inbox(MemoryStore()), secret=SECRET)


def test_a_receiver_needs_something_to_call() -> None:
    from apipay.webhooks.receivers.asgi import receiver

    wrong: Any = None
    with pytest.raises(InvalidRequestError, match="handler"):
        receiver(wrong, inbox=Inbox(MemoryStore()), secret=SECRET)


def test_webhooks_import_no_framework() -> None:
    import subprocess

    code = (
        "import sys, apipay.webhooks, apipay.webhooks.receivers.asgi as s\n"
        "print([m for m in ('flask', 'django', 'starlette', 'redis', 'sqlalchemy') "
        "if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
