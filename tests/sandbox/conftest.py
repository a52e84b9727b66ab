"""A sandbox for each test, a client that checks every answer against the specification, and a
receiver of webhooks."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from openapi_schema_validator import OAS30Validator, oas30_format_checker

from apipay_sandbox import Sandbox
from apipay_sandbox import spec as specification
from apipay_sandbox.jsons import parse

START = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
PHONE = "87001234567"
# The transport's own answers, which no operation documents.
GENERAL_STATUSES = {400, 404, 405, 413, 415}


def inlined(node: Any) -> Any:
    """Return a schema with every `$ref` replaced by what it points to."""
    if isinstance(node, Mapping):
        if "$ref" in node:
            return inlined(specification.load().resolve(node))
        return {name: inlined(value) for name, value in node.items()}
    if isinstance(node, list):
        return [inlined(value) for value in node]
    return node


class CheckedApi:
    """Calls the API, and checks that each answer is one that the specification documents."""

    def __init__(self, sandbox: Sandbox, key: str | None = None) -> None:
        self.sandbox = sandbox
        self._http = httpx.Client(
            base_url=sandbox.base_url, headers={"X-API-Key": key or sandbox.api_key}, timeout=10
        )
        self._document = specification.load()._document
        self._validators: dict[tuple[str, int], OAS30Validator] = {}

    def __call__(self, method: str, path: str, **options: Any) -> httpx.Response:
        response = self._http.request(method, path, **options)
        assert response.headers["content-type"] == "application/json"
        self.check(method, path, response.status_code, response.text)
        return response

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self("GET", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> httpx.Response:
        return self("POST", path, **({} if json is None else {"json": json}), **options)

    def put(self, path: str, json: Any) -> httpx.Response:
        return self("PUT", path, json=json)

    def invoice(self, amount: Any = 1000, **fields: Any) -> dict[str, Any]:
        """Create an invoice that has to succeed."""
        body = {"amount": amount, "phone_number": PHONE, **fields}
        response = self.post("/invoices", body)
        assert response.status_code == 200, response.text
        created: dict[str, Any] = response.json()
        return created

    def paid_invoice(self, amount: Any = 1000, **fields: Any) -> dict[str, Any]:
        created = self.invoice(amount, **fields)
        self.sandbox.pay(created["id"])
        return created

    def close(self) -> None:
        self._http.close()

    def check(self, method: str, path: str, status: int, text: str) -> None:
        """Check that an answer is one that the specification documents."""
        body = parse(text)
        found = specification.load().route(path.partition("?")[0])
        operation = found[0].operations.get(method) if found is not None else None
        if operation is None:
            assert status in GENERAL_STATUSES
            assert set(body) == {"message"}
            return
        documented = self._document["paths"][operation.path][method.lower()]["responses"]
        if str(status) not in documented and status in GENERAL_STATUSES:
            assert set(body) == {"message"}
            return
        assert str(status) in documented, f"{operation.id} does not document {status}"
        if (operation.id, status) not in self._validators:
            answer = specification.load().resolve(documented[str(status)])
            schema = inlined(answer["content"]["application/json"]["schema"])
            self._validators[operation.id, status] = OAS30Validator(
                schema, format_checker=oas30_format_checker
            )
        self._validators[operation.id, status].validate(body)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Time stands still at START, nothing limits the rate, one organization is verified."""
    with Sandbox(rate_limit=None, clock="manual", start_at=START) as running:
        yield running


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[CheckedApi]:
    checked = CheckedApi(sandbox)
    yield checked
    checked.close()


@dataclass
class Received:
    """One request that the receiver got."""

    path: str
    headers: dict[str, str]
    body: bytes


class _Server(ThreadingHTTPServer):
    request_queue_size = 64


class Receiver:
    """A receiver of webhooks. `answer` decides what it says; by default 204."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answer: Callable[[BaseHTTPRequestHandler, int], None] = lambda handler, _: say(
            handler, 204
        )
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.received.append(Received(self.path, headers, self.rfile.read(length)))
                receiver.answer(self, len(receiver.received))

            def log_message(self, *_: Any) -> None:
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        self._thread = threading.Thread(
            target=lambda: self._server.serve_forever(poll_interval=0.01), daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def say(handler: BaseHTTPRequestHandler, status: int, body: bytes = b"") -> None:
    """Answer a request in a receiver."""
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.close()


@pytest.fixture
def api_of() -> Iterator[Callable[[Sandbox], CheckedApi]]:
    """Make a checked client for a sandbox that a test has made itself."""
    made: list[CheckedApi] = []

    def make(sandbox: Sandbox) -> CheckedApi:
        made.append(CheckedApi(sandbox))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Wait until something in another thread has happened; fail after some seconds."""

    def wait(happened: Callable[[], bool]) -> None:
        end = time.monotonic() + 10
        while not happened():
            assert time.monotonic() < end, "It did not happen in 10 seconds."
            time.sleep(0.005)

    return wait
