"""Sending: a user's own client, redirects, forks, deadlines, sizes, what cannot be sent."""

import contextlib
import http.server
import os
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from typing import Any

import anyio
import httpx
import pytest

from apipay import ApiPay, AsyncApiPay, RetryPolicy
from apipay._http.client import MAX_BODY
from apipay.errors import (
    ApiPayError,
    APIStatusError,
    APITimeoutError,
    ClientClosedError,
    InvalidRequestError,
    NotFoundError,
    OutcomeUnknownError,
    ResponseDecodeError,
)

KEY = "test-key-0f9e8d7c"
INVOICE = {"id": 1, "status": "pending"}


def answer(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json=INVOICE)


# -- a user's own httpx client ------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_takes_the_key_nowhere(status: int) -> None:
    """Not even through a client that follows redirects: to httpx the key is a header like any."""
    hosts = []

    def handle(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        return httpx.Response(status, headers={"Location": "https://elsewhere.example/invoices"})

    theirs = httpx.Client(transport=httpx.MockTransport(handle), follow_redirects=True)
    client = ApiPay(KEY, http_client=theirs, base_url="https://api.example")
    with pytest.raises(APIStatusError):
        client.invoices.get(1)
    with pytest.raises(OutcomeUnknownError):  # some services redirect after a write
        client.invoices.create(amount=5, phone_number="87001234567")
    assert hosts == ["api.example", "api.example"]


def raise_for_status(response: httpx.Response) -> None:
    response.raise_for_status()


async def raise_for_status_async(response: httpx.Response) -> None:
    response.raise_for_status()


def not_found(request: httpx.Request) -> httpx.Response:
    not_found.seen += 1  # type: ignore[attr-defined]
    return httpx.Response(404, json={"message": "no"})


def test_an_event_hook_that_raises_for_the_status_changes_no_class() -> None:
    """A common hook. Its error names the whole address, so it is not shown as a cause either."""
    not_found.seen = 0  # type: ignore[attr-defined]
    theirs = httpx.Client(
        transport=httpx.MockTransport(not_found), event_hooks={"response": [raise_for_status]}
    )
    with pytest.raises(NotFoundError) as caught:
        ApiPay(KEY, http_client=theirs).invoices.list(search="87015554433")
    assert caught.value.__cause__ is None
    assert not_found.seen == 1  # type: ignore[attr-defined]


def test_an_event_hook_of_an_async_client_changes_no_class_either() -> None:
    async def act() -> None:
        theirs = httpx.AsyncClient(
            transport=httpx.MockTransport(not_found),
            event_hooks={"response": [raise_for_status_async]},
        )
        not_found.seen = 0  # type: ignore[attr-defined]
        async with theirs, AsyncApiPay(KEY, http_client=theirs) as client:
            with pytest.raises(NotFoundError):
                await client.invoices.get(1)

    anyio.run(act)


def test_a_closed_http_client_sends_nothing_and_says_so() -> None:
    theirs = httpx.Client(transport=httpx.MockTransport(answer))
    client = ApiPay(KEY, http_client=theirs)
    theirs.close()
    for call in (
        lambda: client.invoices.get(1),
        lambda: client.recurring_invoices.bill_now(1),
    ):
        with pytest.raises(ClientClosedError, match="nothing was sent"):
            call()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = b'{"id": 1, "status": "pending"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


@contextlib.contextmanager
def serving() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def outcome_in_child(client: ApiPay) -> str:
    """The name of what a call raises in a child process, or "returned"."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            try:
                client.invoices.get(1)
                said = "returned"
            except BaseException as error:
                said = type(error).__name__
            os.write(write, said.encode())
        finally:
            os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read) as pipe:
        return pipe.read()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
@pytest.mark.parametrize("given", ["http_client", "transport"])
def test_connections_of_a_user_are_not_shared_with_a_child_process(given: str) -> None:
    """Parent and child on one connection would read each other's answers."""
    with serving() as url, httpx.Client() as theirs, httpx.HTTPTransport() as transport:
        settings: dict[str, Any] = {given: theirs if given == "http_client" else transport}
        with ApiPay(KEY, base_url=url, **settings) as client:
            assert outcome_in_child(client) == "returned"  # nothing was open yet
            assert client.invoices.get(1).id == 1
            assert outcome_in_child(client) == "InvalidRequestError"
            assert client.invoices.get(1).id == 1


# -- deadlines ----------------------------------------------------------------------------------


@pytest.mark.parametrize("timeout", [30.0, None])
@pytest.mark.parametrize("deadline", [1.0, 10.0])
def test_all_phases_together_end_with_the_deadline(
    clock: Any, deadline: float, timeout: float | None
) -> None:
    """Waiting for a connection, opening it, writing and reading each take all that they may."""

    def handle(request: httpx.Request) -> httpx.Response:
        for phase in ("pool", "connect", "connect", "write", "read"):
            clock.advance(request.extensions["timeout"].get(phase) * 0.99)
        raise httpx.ReadTimeout("x", request=request)

    transport = httpx.MockTransport(handle)
    client = ApiPay(KEY, transport=transport, clock=clock, timeout=timeout)
    with pytest.raises(APITimeoutError):
        client.invoices.get(1, options={"deadline": deadline})
    assert clock.monotonic() <= deadline * 1.01
    with pytest.raises(OutcomeUnknownError):
        client.with_options(deadline=deadline).recurring_invoices.bill_now(1)
    assert clock.monotonic() <= 2 * deadline * 1.01


# -- what cannot be sent ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"headers": {"X-Trace": "ж"}},
        {"headers": {"X-Trace": None}},
        {"headers": {"X-Trace": "a\nb"}},
        {"timeout": "soon"},
        {"timeout": -1},
        {"timeout": float("inf")},
        {"deadline": float("inf")},
        {"priority": "urgent"},
        {"max_retries": 1.5},
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["get", "create"])
def test_options_that_cannot_be_used_are_named_before_anything_is_sent(
    options: Any, method: str
) -> None:
    sent = []

    def handle(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return answer(request)

    client = ApiPay(KEY, transport=httpx.MockTransport(handle))
    arguments = {"id": 1} if method == "get" else {"amount": 5, "phone_number": "87001234567"}
    with pytest.raises(InvalidRequestError):
        getattr(client.invoices, method)(**arguments, options=options)
    assert sent == []


def test_a_text_that_utf_8_does_not_have_is_named_before_anything_is_sent() -> None:
    client = ApiPay(KEY, transport=httpx.MockTransport(answer))
    for call in (
        lambda: client.invoices.list(search="\ud800"),
        lambda: client.invoices.create(amount=5, phone_number="87001234567", description="\ud800"),
    ):
        with pytest.raises(InvalidRequestError):
            call()


@pytest.mark.parametrize("made", ["7", "x", "1/cancel", "1/../2"])
def test_an_odd_id_leaves_no_other_error_and_no_other_path(made: Any) -> None:
    paths = []

    def handle(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.raw_path)
        raise httpx.ReadError("x", request=request)

    transport = httpx.MockTransport(handle)
    client = ApiPay(KEY, transport=transport, retry=RetryPolicy(max_retries=0))
    for call in (
        client.invoices.cancel,
        client.refunds.create,
        client.recurring_invoices.skip_period,
    ):
        paths.clear()
        with pytest.raises(ApiPayError):
            call(made)
        assert paths[0].count(b"/") == 4  # /api/invoices/{id}/cancel


# -- sizes and slow responses -------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_the_size_of_a_response_counts_after_decompression(encoding: str) -> None:
    """100 KB can expand to 100 MB: it is refused before it fills the memory."""
    zeros = b" " * 1_000_000
    wbits = 31 if encoding == "gzip" else 15
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    bomb = b"".join([packer.compress(zeros) for _ in range(100)]) + packer.flush()
    assert len(bomb) < 200_000
    headers = {"Content-Encoding": encoding}
    transport = httpx.MockTransport(
        lambda request: httpx.Response(200, stream=httpx.ByteStream(bomb), headers=headers)
    )
    client = ApiPay(KEY, transport=transport)
    tracemalloc.start()
    with pytest.raises(ResponseDecodeError, match="larger"):
        client.invoices.get(1)
    with pytest.raises(OutcomeUnknownError):
        client.recurring_invoices.bill_now(1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * MAX_BODY


@pytest.mark.parametrize("wbits", [31, 15])
def test_a_compressed_response_is_read(wbits: int) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    body = packer.compress(b'{"id": 1, "status": "pending"}') + packer.flush()
    headers = {"Content-Encoding": "gzip" if wbits == 31 else "deflate"}
    transport = httpx.MockTransport(
        lambda request: httpx.Response(200, stream=httpx.ByteStream(body), headers=headers)
    )
    assert ApiPay(KEY, transport=transport).invoices.get(1).id == 1


@contextlib.contextmanager
def dripping_server() -> Iterator[str]:
    """Send one byte of a header every 50 ms, without end."""
    listener = socket.create_server(("127.0.0.1", 0))
    stopped = threading.Event()

    def drip() -> None:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Drip: ")
            while not stopped.wait(0.05):
                connection.sendall(b"x")

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        stopped.set()
        listener.close()
        thread.join()


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_an_async_call_ends_at_its_deadline_while_header_bytes_drip(backend: str) -> None:
    async def act(url: str) -> None:
        async with AsyncApiPay(KEY, base_url=url, retry=RetryPolicy(max_retries=0)) as client:
            with pytest.raises(APITimeoutError):
                await client.invoices.get(1, options={"deadline": 0.5})

    with dripping_server() as url:
        began = time.monotonic()
        anyio.run(act, url, backend=backend)
        assert time.monotonic() - began < 5


# -- what goes wrong in code of the user ----------------------------------------------------------


@pytest.mark.parametrize("failure", ["no connection", "status 429", "status 404", "another client"])
def test_a_request_that_an_event_hook_makes_proves_nothing_about_ours(failure: str) -> None:
    """A hook can tell another service of each response, and that service can be away."""
    sent = []

    def handle(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json=INVOICE)

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    def notify(response: httpx.Response) -> None:
        if failure == "another client":
            policy = RetryPolicy(max_retries=0)
            ApiPay(KEY, transport=httpx.MockTransport(refuse), retry=policy).invoices.get(1)
        status = int(failure[-3:]) if failure.startswith("status") else None
        answer = refuse if status is None else (lambda _: httpx.Response(status))
        other = httpx.Client(transport=httpx.MockTransport(answer))
        other.post("https://audit.example/").raise_for_status()

    theirs = httpx.Client(transport=httpx.MockTransport(handle), event_hooks={"response": [notify]})
    with pytest.raises(OutcomeUnknownError) as caught:
        ApiPay(KEY, http_client=theirs).recurring_invoices.bill_now(1)
    assert len(sent) == 1
    assert not caught.value.is_retryable


def test_an_event_hook_may_read_the_response() -> None:
    theirs = httpx.Client(event_hooks={"response": [lambda response: response.read()]})
    policy = RetryPolicy(max_retries=0)
    with serving() as url, theirs:
        client = ApiPay(KEY, base_url=url, http_client=theirs, timeout=2, retry=policy)
        assert client.invoices.get(1).id == 1


@pytest.mark.parametrize("location", ["mailto:a@b", "javascript:x", "http://[::1", "//"])
def test_a_broken_redirect_leaves_a_write_open(location: str) -> None:
    transport = httpx.MockTransport(
        lambda request: httpx.Response(302, headers={"Location": location})
    )
    with pytest.raises(OutcomeUnknownError):
        ApiPay(KEY, transport=transport).recurring_invoices.bill_now(1)


@pytest.mark.parametrize("call", ["get", "bill_now"])
def test_a_client_that_is_closed_during_a_call_says_so(clock: Any, call: str) -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        client.close()
        raise httpx.ConnectError("refused", request=request)

    client = ApiPay(KEY, transport=httpx.MockTransport(handle), clock=clock)
    resource = client.invoices if call == "get" else client.recurring_invoices
    with pytest.raises(ClientClosedError):
        getattr(resource, call)(1)


@pytest.mark.parametrize("url", ["https://other.example/x", "http://api.example/x", "http://[::1"])
def test_a_request_to_another_service_is_not_sent(url: str) -> None:
    """It would carry the key."""
    sent = []

    def handle(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return answer(request)

    transport = httpx.MockTransport(handle)
    client = ApiPay(KEY, transport=transport, base_url="https://api.example")
    with pytest.raises(InvalidRequestError):
        client.raw.get_httpx_client().post(url)
    assert sent == []


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ALL_PROXY", "socks9://127.0.0.1:1"),
        ("ALL_PROXY", "socks5://127.0.0.1:1"),
        ("SSL_CERT_FILE", __file__),
    ],
)
def test_connections_that_cannot_be_set_up_show_no_key(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ApiPayError) as caught:
        ApiPay(KEY, base_url="http://localhost:1", retry=RetryPolicy(max_retries=0)).invoices.get(1)
    error: BaseException | None = caught.value
    while error is not None:
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename != __file__:
                for found in trace.tb_frame.f_locals.values():
                    assert KEY not in repr(found)
            trace = trace.tb_next
        error = error.__cause__
