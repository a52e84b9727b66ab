"""Each receiver on a real port, told by the sandbox's real deliveries: retried, doubled, reordered.

The sandbox's clock is moved by hand, so that hours between deliveries pass at once.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from apipay import ApiPay
from apipay.webhooks import (
    Event,
    EventContext,
    Inbox,
    InvoiceEvent,
    MemoryStore,
    RedisStore,
    SQLiteStore,
    UnknownEvent,
)
from apipay_sandbox import Sandbox

PATH = "/webhooks/apipay"


class Orders:
    """What a shop does with the news: it writes them down, and fails when it is told to."""

    def __init__(self) -> None:
        self.failures = 0
        self.seen: list[tuple[str, int, bool]] = []
        self.unknown: list[str] = []

    def handle(self, event: Event, context: EventContext) -> None:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the shop's database is away")
        if isinstance(event, UnknownEvent):
            self.unknown.append(event.event)
            return
        assert isinstance(event, InvoiceEvent)
        self.seen.append((str(context.key), context.attempt, context.stale))

    async def handle_async(self, event: Event, context: EventContext) -> None:
        self.handle(event, context)


@contextmanager
def serve_asgi(app: Any, port: int) -> Iterator[None]:
    import uvicorn

    config = uvicorn.Config(app, port=port, log_config=None, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + 20
        while not server.started:
            assert thread.is_alive()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        thread.join(20)


@contextmanager
def serve_wsgi(app: Any, port: int) -> Iterator[None]:
    from werkzeug.serving import make_server

    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join(20)
        server.server_close()


def starlette_app(orders: Orders, inbox: Inbox, secret: str) -> Any:
    from starlette.applications import Starlette
    from starlette.routing import Route

    from apipay.webhooks.receivers.asgi import receiver

    endpoint = receiver(orders.handle_async, inbox=inbox, secret=secret)
    return Starlette(routes=[Route(PATH, endpoint)])


def fastapi_app(orders: Orders, inbox: Inbox, secret: str) -> Any:
    from fastapi import FastAPI

    from apipay.webhooks.receivers.asgi import receiver

    app = FastAPI()
    app.add_route(PATH, receiver(orders.handle, inbox=inbox, secret=secret))
    return app


def flask_app(orders: Orders, inbox: Inbox, secret: str) -> Any:
    from flask import Flask

    from apipay.webhooks.receivers.flask import receiver

    app = Flask("shop")
    app.add_url_rule(PATH, view_func=receiver(orders.handle, inbox=inbox, secret=secret))
    return app


def django_view(handler: Any, inbox: Inbox, secret: str) -> None:
    import django
    from django.conf import settings
    from django.test import override_settings
    from django.urls import path

    from apipay.webhooks.receivers.django import receiver

    if not settings.configured:
        settings.configure(
            ALLOWED_HOSTS=["*"],
            SECRET_KEY="for tests",
            ROOT_URLCONF="none",
            MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware"],
        )
        django.setup()
    urls: Any = ModuleType("urls")
    urls.urlpatterns = [path(PATH[1:], receiver(handler, inbox=inbox, secret=secret))]
    override_settings(ROOT_URLCONF=urls).enable()


def django_app(orders: Orders, inbox: Inbox, secret: str) -> Any:
    django_view(orders.handle, inbox, secret)
    from django.core.handlers.wsgi import WSGIHandler

    return WSGIHandler()


def django_async_app(orders: Orders, inbox: Inbox, secret: str) -> Any:
    django_view(orders.handle_async, inbox, secret)
    from django.core.handlers.asgi import ASGIHandler

    return ASGIHandler()


FRAMEWORKS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "starlette": (starlette_app, serve_asgi),
    "fastapi": (fastapi_app, serve_asgi),
    "flask": (flask_app, serve_wsgi),
    "django": (django_app, serve_wsgi),
    "django-async": (django_async_app, serve_asgi),
}


class Shop:
    """A sandbox, a client of it, and a receiver that can be put up and taken down."""

    def __init__(self, framework: str, inbox: Inbox, sandbox: Sandbox) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.orders = Orders()
        self.sandbox = sandbox
        make, self._serve = FRAMEWORKS[framework]
        self._app = make(self.orders, inbox, sandbox.webhook_secret)
        sandbox.add_webhook(f"http://127.0.0.1:{self.port}{PATH}", secret=sandbox.webhook_secret)

    def up(self) -> Any:
        return self._serve(self._app, self.port)

    def invoice(self) -> int:
        with ApiPay(api_key=self.sandbox.api_key, base_url=self.sandbox.base_url) as client:
            return client.invoices.create(amount=1000, phone_number="87001234567").id

    def answers(self) -> list[list[int | None]]:
        """The statuses of all attempts, for each delivery."""
        log = self.sandbox.wait_for_deliveries(20)
        return [[attempt.status for attempt in delivery.attempts] for delivery in log]


@pytest.fixture(params=list(FRAMEWORKS))
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    with Sandbox(clock="manual", rate_limit=None) as sandbox:
        yield Shop(request.param, Inbox(MemoryStore()), sandbox)


HOUR = 3600


def test_what_is_paid_is_told_once(shop: Shop) -> None:
    with shop.up():
        number = shop.invoice()
        shop.sandbox.pay(number)
        assert shop.answers() == [[200]]
    assert shop.orders.seen == [(f"invoice:{number}/paid", 1, False)]


def test_each_way_an_invoice_ends_is_told(shop: Shop) -> None:
    with shop.up():
        paid, expired, declined = shop.invoice(), shop.invoice(), shop.invoice()
        shop.sandbox.pay(paid)
        shop.sandbox.expire(expired)
        shop.sandbox.decline(declined)
        assert shop.answers() == [[200]] * 3
    assert {key for key, _, _ in shop.orders.seen} == {
        *(f"invoice:{paid}/paid", f"invoice:{expired}/expired", f"invoice:{declined}/cancelled")
    }


def test_a_repeat_is_acknowledged(shop: Shop) -> None:
    with shop.up():
        shop.sandbox.pay(shop.invoice())
        shop.answers()
        for _ in range(3):
            shop.sandbox.redeliver(shop.sandbox.deliveries()[0].id)
            answers = shop.answers()
        assert answers == [[200] * 4]
    assert len(shop.orders.seen) == 1


def test_a_failure_is_delivered_again(shop: Shop) -> None:
    shop.orders.failures = 2
    with shop.up():
        number = shop.invoice()
        shop.sandbox.pay(number)
        assert shop.answers() == [[500]]
        shop.sandbox.advance(HOUR)
        assert shop.answers() == [[500, 500]]
        shop.sandbox.advance(HOUR)
        assert shop.answers() == [[500, 500, 200]]
    assert shop.orders.seen == [(f"invoice:{number}/paid", 3, False)]


def test_a_receiver_that_was_down_gets_it_when_it_is_back(shop: Shop) -> None:
    number = shop.invoice()
    with shop.up():
        shop.sandbox.pay(shop.invoice())
        assert shop.answers() == [[200]]
    shop.sandbox.pay(number)
    assert shop.answers() == [[200], [None]]
    with shop.up():
        shop.sandbox.advance(HOUR)
        assert shop.answers() == [[200], [None, 200]]
    assert [key for key, _, _ in shop.orders.seen][1:] == [f"invoice:{number}/paid"]


def test_what_arrives_out_of_order_is_told_as_such(shop: Shop) -> None:
    shop.orders.failures = 1
    with shop.up():
        number = shop.invoice()
        shop.sandbox.pay(number)
        assert shop.answers() == [[500]]
        shop.sandbox.advance(1)
        later = {"id": number, "status": "refunded"}
        shop.sandbox.send_event(
            {
                "event": "invoice.status_changed",
                "invoice": later,
                "timestamp": shop.sandbox.now.isoformat(),
            }
        )
        assert shop.answers() == [[500], [200]]
        shop.sandbox.advance(HOUR)
        assert shop.answers() == [[500, 200], [200]]
    assert shop.orders.seen == [
        (f"invoice:{number}/refunded", 1, False),
        (f"invoice:{number}/paid", 2, True),
    ]


def test_an_unknown_event_is_acknowledged(shop: Shop) -> None:
    with shop.up():
        shop.sandbox.send_event({"event": "webhook.test"})
        assert shop.answers() == [[200]]
    assert shop.orders.unknown == ["webhook.test"]


def test_a_webhook_with_another_secret_is_refused(shop: Shop) -> None:
    for webhook in shop.sandbox.webhooks():
        shop.sandbox.remove_webhook(webhook.id)
    shop.sandbox.add_webhook(f"http://127.0.0.1:{shop.port}{PATH}", secret="somebody else's")
    with shop.up():
        shop.sandbox.pay(shop.invoice())
        assert shop.answers() == [[401]]
    assert not shop.orders.seen


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_two_receivers_with_one_store_handle_it_once(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """A Starlette and a Flask process for the same webhook, as behind a load balancer."""
    if kind == "redis":
        url = request.getfixturevalue("redis_url")
        one, two = RedisStore(url, prefix="two:"), RedisStore(url, prefix="two:")
    else:
        one, two = (SQLiteStore(tmp_path / "inbox.db") for _ in range(2))
    with Sandbox(clock="manual", rate_limit=None) as sandbox:
        shops = [Shop("starlette", Inbox(one), sandbox), Shop("flask", Inbox(two), sandbox)]
        with shops[0].up(), shops[1].up():
            numbers = [shops[0].invoice() for _ in range(10)]
            for number in numbers:
                sandbox.pay(number)
            answers = shops[0].answers()
            for _ in range(3):  # what was put off (503) is delivered again
                sandbox.advance(24 * HOUR)
                answers = shops[0].answers()
        assert len(answers) == 20
        assert all(statuses[-1] == 200 for statuses in answers)
        assert {status for statuses in answers for status in statuses} <= {200, 503}
    handled = [key for shop in shops for key, _, _ in shop.orders.seen]
    assert sorted(handled) == sorted(f"invoice:{number}/paid" for number in numbers)
    one.close()
    two.close()
