"""Each receiver on a real port, sent raw requests: chunked, badly chunked, cut short, too large."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from apipay.webhooks import Event, EventContext, Inbox, MemoryStore, Unverified, sign

SECRET = "whsec_for_tests"
PATH = "/webhooks/apipay"
MAX_BYTES = 2000


class Shop:
    def __init__(self) -> None:
        self.handled: list[str] = []
        self.asked: list[Unverified] = []
        self.port = 0

    def handle(self, event: Event, context: EventContext) -> None:
        self.handled.append(f"{event.event} {context.key}")

    def secret(self, unverified: Unverified) -> str | None:
        """The secret of the department that the query names: one URL, many secrets."""
        self.asked.append(unverified)
        request = unverified.request
        if isinstance(request, dict):  # an ASGI scope
            department = request["query_string"].decode()
        elif hasattr(request, "query_string"):
            query = request.query_string  # str in aiohttp, bytes in Flask
            department = query if isinstance(query, str) else query.decode()
        else:
            department = request.META["QUERY_STRING"]
        return {"honey": "secret of honey", "": SECRET}.get(department)

    @property
    def options(self) -> dict[str, Any]:
        return {"inbox": Inbox(MemoryStore()), "secret": self.secret, "max_bytes": MAX_BYTES}


@contextlib.contextmanager
def uvicorn_server(app: Any) -> Iterator[int]:
    import uvicorn

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_config=None, lifespan="off", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(20)


@contextlib.contextmanager
def starlette(shop: Shop) -> Iterator[int]:
    from starlette.applications import Starlette
    from starlette.routing import Route

    from apipay.webhooks.receivers.asgi import receiver

    app = Starlette(routes=[Route(PATH, receiver(shop.handle, **shop.options))])
    with uvicorn_server(app) as port:
        yield port


@contextlib.contextmanager
def litestar(shop: Shop) -> Iterator[int]:
    from litestar import Litestar, asgi

    from apipay.webhooks.receivers.asgi import receiver

    app = Litestar([asgi(PATH, copy_scope=False)(receiver(shop.handle, **shop.options))])
    with uvicorn_server(app) as port:
        yield port


@contextlib.contextmanager
def werkzeug_server(app: Any) -> Iterator[int]:
    from werkzeug.serving import make_server

    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join(20)
        server.server_close()


@contextlib.contextmanager
def flask(shop: Shop) -> Iterator[int]:
    from flask import Flask

    from apipay.webhooks.receivers.flask import receiver

    app = Flask("shop")
    app.add_url_rule(PATH, view_func=receiver(shop.handle, **shop.options))
    with werkzeug_server(app) as port:
        yield port


def django_urls(shop: Shop) -> Any:
    import django
    from django.conf import settings
    from django.test import override_settings
    from django.urls import path

    from apipay.webhooks.receivers.django import receiver

    if not settings.configured:
        settings.configure(ALLOWED_HOSTS=["*"], SECRET_KEY="for tests", ROOT_URLCONF="none")
        django.setup()
    urls: Any = ModuleType("urls")
    urls.urlpatterns = [path(PATH[1:], receiver(shop.handle, **shop.options))]
    return override_settings(ROOT_URLCONF=urls, ALLOWED_HOSTS=["*"])


@contextlib.contextmanager
def django_wsgi(shop: Shop) -> Iterator[int]:
    from django.core.handlers.wsgi import WSGIHandler

    with django_urls(shop), werkzeug_server(WSGIHandler()) as port:
        yield port


@contextlib.contextmanager
def django_wsgiref(shop: Shop) -> Iterator[int]:
    """A WSGI server that does not read chunked bodies."""
    from wsgiref.simple_server import WSGIRequestHandler, make_server

    from django.core.handlers.wsgi import WSGIHandler

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_: object) -> None: ...

    with django_urls(shop):
        server = make_server("127.0.0.1", 0, WSGIHandler(), handler_class=Quiet)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join(20)
            server.server_close()


@contextlib.contextmanager
def django_asgi(shop: Shop) -> Iterator[int]:
    from django.core.handlers.asgi import ASGIHandler

    with django_urls(shop), uvicorn_server(ASGIHandler()) as port:
        yield port


@contextlib.contextmanager
def aiohttp(shop: Shop) -> Iterator[int]:
    import asyncio

    from aiohttp import web

    from apipay.webhooks.receivers.aiohttp import receiver

    app = web.Application()
    app.router.add_route("*", PATH, receiver(shop.handle, **shop.options))
    started, stop = threading.Event(), asyncio.Event()
    ports: list[int] = []
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        ports.append(runner.addresses[0][1])
        loops.append(asyncio.get_running_loop())
        started.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert started.wait(20)
    try:
        yield ports[0]
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join(20)


SERVERS = {
    server.__name__: server
    for server in (starlette, litestar, flask, django_wsgi, django_wsgiref, django_asgi, aiohttp)
}


@pytest.fixture(params=list(SERVERS))
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    shop = Shop()
    with SERVERS[request.param](shop) as shop.port:
        deadline = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", shop.port)):
                break
            assert time.monotonic() < deadline
        yield shop


def send(
    shop: Shop,
    head: str,
    body: bytes,
    secret: str = SECRET,
    signed: bytes = b"",
    query: str = "",
    cut: bool = False,
) -> tuple[int, bytes]:
    """Send one raw request; return the status and the body of the response."""
    with socket.create_connection(("127.0.0.1", shop.port), timeout=30) as connection:
        text = (
            f"POST {PATH}{query} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n"
            f"X-Webhook-Signature: {sign(signed or body, secret)}\r\n{head}\r\n"
        )
        connection.sendall(text.encode() + body)
        if cut:
            connection.shutdown(socket.SHUT_WR)
        received = b""
        with contextlib.suppress(ConnectionResetError):
            while chunk := connection.recv(65536):
                received += chunk
    if not received:
        return 0, b""
    head_, _, rest = received.partition(b"\r\n\r\n")
    return int(head_.split(b" ")[1]), rest


def chunked(*parts: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (*parts, b""))


Body = Callable[..., bytes]
CHUNKED = "Transfer-Encoding: chunked\r\n"


def reads_chunks(request: pytest.FixtureRequest) -> bool:
    return "wsgiref" not in request.node.name


def test_a_delivery_is_handled(shop: Shop, event_body: Body) -> None:
    body = event_body(1)
    for result in ("handled", "duplicate"):
        status, rest = send(shop, f"Content-Length: {len(body)}\r\n", body)
        assert (status, json.loads(rest)) == (200, {"result": result})
    assert shop.handled == ["invoice.status_changed invoice:1/paid"]


def test_one_url_serves_senders_with_secrets_of_their_own(shop: Shop, event_body: Body) -> None:
    body = event_body(1)
    head = f"Content-Length: {len(body)}\r\n"
    assert send(shop, head, body, secret="secret of honey", query="?honey")[0] == 200
    assert send(shop, head, body, query="?honey")[0] == 401
    assert send(shop, head, body, query="?tea")[0] == 401
    assert shop.asked[0].ids["invoice.id"] == 1
    assert len(shop.handled) == 1


def test_a_chunked_body_is_read_or_refused_with_the_reason(
    shop: Shop, event_body: Body, request: pytest.FixtureRequest
) -> None:
    body = event_body(1)
    raw = chunked(body[:7], body[7:20], body[20:])
    status, rest = send(shop, CHUNKED, raw, signed=body)
    if reads_chunks(request):
        assert (status, shop.handled) == (200, ["invoice.status_changed invoice:1/paid"])
    else:
        assert status == 411
        assert b"chunked" in rest
        assert not shop.handled


@pytest.mark.parametrize(
    "raw",
    [b"zz\r\n{}\r\n0\r\n\r\n", b"5\r\n{}", b"-2\r\n{}\r\n0\r\n\r\n", b"2\r\n{}XX0\r\n\r\n", b"5"],
)
def test_a_badly_chunked_body_is_400_and_not_500(
    shop: Shop, raw: bytes, request: pytest.FixtureRequest
) -> None:
    status, _ = send(shop, CHUNKED, raw, signed=b"{}", cut=True)
    # 0: the server hung up, which it may where the sender did so in the middle of a body.
    assert status in ((400, 0) if reads_chunks(request) else (411,))
    assert not shop.handled


def test_a_body_cut_short_is_not_handled(shop: Shop, event_body: Body) -> None:
    body = event_body(1)
    status, _ = send(shop, f"Content-Length: {len(body)}\r\n", body[:-5], signed=body, cut=True)
    assert status in (0, 400, 401)
    assert not shop.handled


def test_a_body_over_the_limit_is_413(
    shop: Shop, event_body: Body, request: pytest.FixtureRequest
) -> None:
    body = b" " * (MAX_BYTES + 1)
    assert send(shop, f"Content-Length: {len(body)}\r\n", body)[0] in (413, 0)
    if reads_chunks(request):
        assert send(shop, CHUNKED, chunked(body), signed=body)[0] in (413, 0)
    assert not shop.handled
