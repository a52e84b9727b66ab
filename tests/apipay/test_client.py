"""The front door: settings, options, lifetime, privacy, threads, forks, real sockets."""

import asyncio
import copy
import gc
import itertools
import os
import pickle
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import anyio
import httpx
import pytest
from pytest_httpserver import HTTPServer

from apipay import ApiPay, AsyncApiPay, ClientClosedError, InvalidRequestError, RetryPolicy
from apipay._http import client as http_client_module
from apipay.errors import (
    APIConnectionError,
    ApiPayError,
    APITimeoutError,
    OutcomeUnknownError,
    ResponseDecodeError,
)
from apipay_client.operations import SERVER_URL

KEY = "sk_live_Zq93kd02mmXX"
INVOICE = {"id": 1, "status": "pending"}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("APIPAY_API_KEY", "APIPAY_BASE_URL", "HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def answer(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json=INVOICE)


MOCK = httpx.MockTransport(answer)


@pytest.mark.parametrize("kind", [ApiPay, AsyncApiPay])
def test_settings_come_from_arguments_then_the_environment(
    kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert kind(KEY).base_url == SERVER_URL
    monkeypatch.setenv("APIPAY_API_KEY", "from-environment")
    monkeypatch.setenv("APIPAY_BASE_URL", "http://localhost:1234/api/")
    client = kind()
    assert client.base_url == "http://localhost:1234/api"
    assert client.raw.token.reveal() == "from-environment"
    assert kind("argument", base_url="https://x.example/api").base_url == "https://x.example/api"
    monkeypatch.setenv("APIPAY_BASE_URL", "")
    assert kind().base_url == SERVER_URL


@pytest.mark.parametrize("kind", [ApiPay, AsyncApiPay])
@pytest.mark.parametrize(
    ("key", "hint"),
    [
        (None, "APIPAY_API_KEY"),
        ("", "blank"),
        ("  \n", "blank"),
        ("abc\ndef", "line break"),
        ("abc def", "space"),
        ("ключ", "character"),
        ("abc\x00", "character"),
        (b"bytes", "string"),
        (5, "string"),
    ],
)
def test_a_key_that_cannot_be_one_is_refused_at_once(kind: Any, key: Any, hint: str) -> None:
    with pytest.raises(InvalidRequestError, match=hint) as caught:
        kind(key)
    assert isinstance(caught.value, ValueError)
    if isinstance(key, str) and key.strip():
        assert key not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.kz/api",
        "http://10.0.0.1/api",
        "http://localhost.example.kz/api",
        "http://127.0.0.1.example.kz/api",
        "http://0.0.0.0/api",
        "https://user:password@example.kz/api",
        "https://example.kz/api?x=1",
        "https://example.kz/api#x",
        "ftp://example.kz",
        "example.kz/api",
        "https://",
        "https://exa mple.kz:port",
        "",
        " ",
        7,
    ],
)
def test_an_address_that_is_not_safe_is_refused(url: Any) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        ApiPay(KEY, base_url=url)
    assert "password" not in str(caught.value).replace("name or password", "")


@pytest.mark.parametrize(
    "url",
    ["http://localhost:8000/api", "http://127.3.2.1", "http://[::1]:8000", "https://example.kz"],
)
def test_plain_http_is_for_this_machine_only(url: str) -> None:
    assert ApiPay(KEY, base_url=url).base_url == url


@pytest.mark.parametrize(
    "settings",
    [
        {"timeout": 0},
        {"timeout": "5"},
        {"timeout": -1},
        {"headers": {"X-API-Key": "other"}},
        {"headers": {"X-A": "a\nb"}},
        {"http_client": httpx.AsyncClient()},
        {"http_client": httpx.Client(), "transport": MOCK},
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError):
        ApiPay(KEY, **settings)


@pytest.mark.parametrize(
    "options",
    [{"timeout": 0}, {"max_retries": -1}, {"deadline": 0}, {"priority": "urgent"}],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError):
        ApiPay(KEY, transport=MOCK).with_options(**options)


def test_the_key_is_shown_nowhere() -> None:
    client = ApiPay(KEY, transport=MOCK)
    shown = [repr(client), str(client), repr(client.raw), repr(client.invoices), repr(vars(client))]
    shown.append(repr(client.with_options(max_retries=1)))
    assert KEY not in "".join(shown)


@pytest.mark.parametrize("kind", [ApiPay, AsyncApiPay])
@pytest.mark.parametrize("how", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_client_is_not_pickled_or_copied(kind: Any, how: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match="Create one in each process") as caught:
        how(kind(KEY, transport=MOCK))
    assert KEY not in str(caught.value)


def test_closing() -> None:
    client = ApiPay(KEY, transport=MOCK)
    with client as entered:
        assert entered is client
        assert client.invoices.get(1).id == 1
    assert client.is_closed
    client.close()
    for call in (
        lambda: client.invoices.get(1),
        lambda: client.with_options(max_retries=0).invoices.get(1),
        lambda: client.raw.get_httpx_client().get("/x"),
        client.__enter__,
    ):
        with pytest.raises(ClientClosedError):
            call()


def test_closing_async() -> None:
    async def act() -> None:
        client = AsyncApiPay(KEY, transport=MOCK)
        async with client:
            assert (await client.invoices.get(1)).id == 1
        await client.close()
        with pytest.raises(ClientClosedError):
            await client.invoices.get(1)
        with pytest.raises(ClientClosedError):
            async with client:
                pass

    anyio.run(act)
    anyio.run(act, backend="trio")


def test_with_options_shares_the_pool_and_the_budget() -> None:
    client = ApiPay(KEY, transport=MOCK)
    other = client.with_options(timeout=3, priority="low").with_options(max_retries=1)
    assert other.raw.get_httpx_client() is client.raw.get_httpx_client()
    assert other.raw.default_options["priority"] == "low"
    before = client.rate_limit
    other.invoices.get(1)
    after = client.rate_limit
    assert before is not None
    assert after is not None
    assert after.remaining == before.remaining - 1
    with other:
        pass
    assert client.invoices.get(1).id == 1  # closing the other did not close this one


def test_a_users_own_client_is_sent_through_and_stays_open() -> None:
    seen: list[httpx.Request] = []
    own = httpx.Client(
        transport=MOCK,
        headers={"X-Mine": "1", "User-Agent": "mine"},
        params={"tenant": "a"},
        timeout=7,
        auth=("user", "password"),
        event_hooks={"request": [seen.append]},
    )
    with ApiPay(KEY, http_client=own) as client:
        client.invoices.get(1)
    (request,) = seen
    assert request.headers["x-mine"] == "1"
    assert request.headers["x-api-key"] == KEY
    assert request.headers["user-agent"].startswith("apipay-python/")
    assert request.headers["authorization"].startswith("Basic ")
    assert request.url.params["tenant"] == "a"
    assert request.extensions["timeout"]["read"] == 7
    assert not own.is_closed
    own.close()


def test_the_default_timeout_is_sane() -> None:
    client = ApiPay(KEY, http_client=httpx.Client(transport=MOCK))
    assert client.raw.get_httpx_client().timeout == httpx.Timeout(30, connect=5)


# -- real sockets -------------------------------------------------------------------------------


@contextmanager
def raw_server(*answers: bytes | None, pause: float = 0.0) -> Iterator[str]:
    """Answers each connection with the next bytes (None: closes at once), then repeats the last."""
    listener = socket.create_server(("127.0.0.1", 0))
    left = list(answers)
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                data = left.pop(0) if len(left) > 1 else left[0]
                try:
                    connection.recv(65536)
                    if data is None:
                        continue
                    head, mark, body = data.partition(b"\r\n\r\n")
                    single = [body[i : i + 1] for i in range(len(body))]
                    pieces = [head + mark, *single] if pause else [data]
                    for piece in pieces:
                        if stop.is_set():
                            break
                        connection.sendall(piece)
                        if pause:
                            time.sleep(pause)
                except OSError:
                    pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        stop.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


BODY = b'{"id": 1, "status": "pending"}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
GOOD = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
CUT = HEAD + b"Content-Length: 500\r\n\r\n" + BODY
QUICK = RetryPolicy(max_retries=2, backoff_base=0.001, confirm_for=0)


def call_either(kind: str, url: str, action: Callable[[Any], Any], **settings: Any) -> Any:
    settings.setdefault("retry", QUICK)
    if kind == "sync":
        with ApiPay(KEY, base_url=url, **settings) as client:
            return action(client)

    async def act() -> Any:
        async with AsyncApiPay(KEY, base_url=url, **settings) as client:
            return await action(client)

    return anyio.run(act, backend=kind)


kinds = pytest.mark.parametrize("kind", ["sync", "asyncio", "trio"])
# httpx reads through a chain of async generators; trio complains when one is left in the middle.
left_open = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning", "ignore:Async generator:ResourceWarning"
)


@kinds
@pytest.mark.parametrize(
    "broken",
    [
        None,
        b"",
        CUT,
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"garbage\r\n\r\n",
        HEAD + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"id"\r\n',
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    ],
)
def test_a_connection_cut_anywhere_is_seen_and_tried_again(kind: str, broken: bytes | None) -> None:
    with raw_server(broken, broken, GOOD) as url:
        assert call_either(kind, url, lambda client: client.invoices.get(1)).id == 1
    with raw_server(broken) as url, pytest.raises(APIConnectionError) as caught:
        call_either(kind, url, lambda client: client.invoices.get(1))
    assert caught.value.attempts == 3
    with raw_server(broken) as url, pytest.raises(OutcomeUnknownError):
        call_either(kind, url, lambda client: client.recurring_invoices.bill_now(1))


@left_open
@kinds
def test_an_answer_that_drips_ends_at_the_deadline(kind: str) -> None:
    with raw_server(GOOD, pause=0.03) as url, pytest.raises(APITimeoutError):
        call_either(kind, url, lambda client: client.with_options(deadline=0.3).invoices.get(1))


@left_open
@kinds
def test_an_answer_without_end_is_not_read_to_the_end(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_client_module, "MAX_BODY", 50_000)
    with (
        raw_server(HEAD + b"\r\n" + b"[" * 200_000) as url,
        pytest.raises(ResponseDecodeError, match="larger"),
    ):
        call_either(kind, url, lambda client: client.invoices.get(1))


@kinds
def test_a_closed_port(kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(APIConnectionError, match="could not be opened") as caught:
        call_either(kind, url, lambda client: client.recurring_invoices.bill_now(1))
    assert caught.value.attempts == 3
    assert isinstance(caught.value.__cause__, httpx.ConnectError)


def test_what_a_proxy_in_the_environment_sees(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpserver.expect_request("/api/invoices/1").respond_with_json(INVOICE)
    monkeypatch.setenv("http_proxy", httpserver.url_for("/"))
    # The host does not exist: only the proxy can answer for it.
    with ApiPay(KEY, base_url="http://localhost:9/api", retry=QUICK) as client:
        assert client.invoices.get(1).id == 1
    monkeypatch.setenv("no_proxy", "localhost")
    with (
        ApiPay(KEY, base_url="http://localhost:9/api", retry=QUICK) as client,
        pytest.raises(APIConnectionError),
    ):
        client.invoices.get(1)


def test_a_ca_bundle_of_the_environment_is_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    with ApiPay(KEY, retry=QUICK) as client, pytest.raises(ApiPayError):
        client.invoices.get(1)


def test_many_threads_share_one_client(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/invoices/1").respond_with_json(INVOICE)
    with (
        ApiPay(KEY, base_url=httpserver.url_for("").rstrip("/"), rate_limit=None) as client,
        ThreadPoolExecutor(16) as pool,
    ):
        assert {made.id for made in pool.map(lambda _: client.invoices.get(1), range(200))} == {1}


@contextmanager
def keeping_server() -> Iterator[tuple[str, list[int]]]:
    """Keeps connections open, and notes for each request the number of its connection."""
    listener = socket.create_server(("127.0.0.1", 0))
    requests: list[int] = []

    def serve(connection: socket.socket, number: int) -> None:
        with connection:
            while connection.recv(65536):
                requests.append(number)
                connection.sendall(GOOD)

    def accept() -> None:
        for number in itertools.count():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection, number), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", requests
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_client_made_before_a_fork_has_connections_of_its_own_after_it() -> None:
    with keeping_server() as (url, requests), ApiPay(KEY, base_url=url) as client:
        assert client.invoices.get(1).id == 1
        child = os.fork()
        if child == 0:
            try:
                os._exit(0 if client.invoices.get(1).id == 1 else 1)
            except BaseException:
                os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert client.invoices.get(1).id == 1
    assert requests == [0, 1, 0]


def test_a_cancelled_call_ends_at_once() -> None:
    async def act() -> float:
        began = time.monotonic()
        transport = httpx.MockTransport(lambda request: httpx.Response(500, content=b"{}"))
        policy = RetryPolicy(backoff_base=100, backoff_max=100)
        async with AsyncApiPay(KEY, transport=transport, retry=policy) as client:
            task = asyncio.create_task(client.invoices.get(1))
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        return time.monotonic() - began

    assert asyncio.run(act()) < 1


def test_importing_costs_next_to_nothing() -> None:
    code = (
        "import apipay, sys; assert 'httpx' not in sys.modules; apipay.ApiPay; apipay.ServerError"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd="/")


def test_every_public_name_is_there() -> None:
    import apipay

    assert [name for name in apipay.__all__ if not hasattr(apipay, name)] == []
    assert apipay.__all__ == sorted(apipay.__all__)
    with pytest.raises(AttributeError):
        _ = apipay.nothing  # type: ignore[attr-defined]
    gc.collect()
