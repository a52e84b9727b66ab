"""Signed deliveries, events and stores for the tests of webhooks."""

import contextlib
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from apipay.testing import VirtualClock
from apipay.webhooks import InvoiceEvent, MemoryStore, RedisStore, SQLiteStore, Store

SECRET = "whsec_for_tests"


def event_dict(
    invoice_id: int = 4217, status: str = "paid", at: str = "2026-11-20T09:18:40Z", **more: Any
) -> dict[str, Any]:
    """The JSON object of an event as the service sends it."""
    invoice: dict[str, Any] = {
        "id": invoice_id,
        "external_order_id": "order-1042",
        "amount": "10000.00",
        "status": status,
        "description": "Two jars of honey",
        "kaspi_invoice_id": "9081726354",
        "client_name": "Aigerim B.",
        "client_phone": "87001234567",
        f"{status}_at": at,
    }
    invoice.update(more)
    return {"event": "invoice.status_changed", "invoice": invoice, "timestamp": at}


def make_event(
    invoice_id: int = 4217, status: str = "paid", at: str = "2026-11-20T09:18:40Z"
) -> InvoiceEvent:
    return InvoiceEvent.from_dict(event_dict(invoice_id, status, at))


@pytest.fixture
def secret() -> str:
    return SECRET


@pytest.fixture
def event_json() -> Callable[..., dict[str, Any]]:
    return event_dict


@pytest.fixture
def event_body() -> Callable[..., bytes]:
    def body(*args: Any, **more: Any) -> bytes:
        return json.dumps(event_dict(*args, **more)).encode()

    return body


@pytest.fixture
def event_of() -> Callable[..., InvoiceEvent]:
    return make_event


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(1_800_000_000.0)


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis server of our own on a Unix socket, for this test process."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed (Debian's package redis-server)")
    folder = tmp_path_factory.mktemp("redis")
    with contextlib.ExitStack() as stack:
        # A short path: those of Unix sockets are limited to some 100 characters.
        path = Path("/tmp") / f"apipay-redis-{time.monotonic_ns():x}.sock"
        stack.callback(path.unlink, missing_ok=True)
        server = subprocess.Popen(
            [
                *(program, "--port", "0", "--unixsocket", str(path), "--dir", str(folder)),
                *("--save", "", "--appendonly", "yes", "--appendfsync", "always"),
            ],
            stdout=subprocess.DEVNULL,
        )
        stack.callback(server.wait)
        stack.callback(server.terminate)
        deadline = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
                probe.connect(str(path))
                break
            if time.monotonic() > deadline:
                pytest.fail("redis-server did not start within 20 seconds")
            time.sleep(0.02)
        yield f"unix://{path}"


@pytest.fixture(params=["memory", "sqlite", "redis"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Each of the stores that the SDK brings, empty."""
    with contextlib.ExitStack() as stack:
        if request.param == "memory":
            yield MemoryStore()
        elif request.param == "sqlite":
            yield stack.enter_context(SQLiteStore(tmp_path / "inbox.db"))
        else:
            import redis

            url = request.getfixturevalue("redis_url")
            client = stack.enter_context(redis.from_url(url))
            client.flushall()
            yield RedisStore(client)
