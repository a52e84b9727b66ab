"""`kill -9` between claim and done: the event is handled after the restart, and its effect is one.

Real processes, a real SQLite file and a real Redis server.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import apipay
import apipay_client
from apipay.webhooks import (
    Event,
    EventContext,
    HandleResult,
    Inbox,
    InvoiceEvent,
    RedisStore,
    SQLiteStore,
    Store,
)

SHOP = Path(__file__).parent / "crashing_shop.py"
SOURCES = os.pathsep.join(
    str(Path(package.__path__[0]).parent) for package in (apipay, apipay_client)
)


@pytest.fixture(params=["sqlite", "redis"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "inbox.db")
    import redis

    url: str = request.getfixturevalue("redis_url")
    with redis.from_url(url) as client:
        client.flushall()
    return url


def start(url: str, ledger: Path, stop: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, str(SHOP), url, str(ledger), stop],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": SOURCES},
    )


def run(url: str, ledger: Path) -> list[str]:
    with start(url, ledger, "never") as shop:
        out, _ = shop.communicate(timeout=60)
    assert shop.returncode == 0
    return out.split("\n")[:-1]


@pytest.mark.parametrize("stop", ["before", "after"])
def test_killed_between_claim_and_done(store_url: str, tmp_path: Path, stop: str) -> None:
    ledger = tmp_path / "ledger"
    with start(store_url, ledger, stop) as shop:
        assert shop.stdout is not None
        assert shop.stdout.readline() == "claimed\n"
        shop.send_signal(signal.SIGKILL)
    assert shop.returncode == -signal.SIGKILL
    assert ledger.exists() == (stop == "after")

    deadline = time.monotonic() + 30
    while (answer := run(store_url, ledger)) == ["in_progress"]:
        assert time.monotonic() < deadline
    # The lease of the dead process is over: the event is handled, and told to be a second try.
    assert answer == ["attempt 2", "handled"]
    assert run(store_url, ledger) == ["duplicate"]
    # The effect is there once: made by the first process if it had come so far, else by the second.
    assert ledger.read_text().count("\n") == 1
    assert ledger.read_text().startswith(f"shipped by {shop.pid}\n") == (stop == "after")


def test_a_living_process_is_not_taken_for_a_dead_one(store_url: str, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    with start(store_url, ledger, "before") as shop:
        assert shop.stdout is not None
        assert shop.stdout.readline() == "claimed\n"
        until = time.monotonic() + 2.0  # more than a lease
        while time.monotonic() < until:
            assert run(store_url, ledger) == ["in_progress"]
        shop.kill()


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_many_processes_handle_each_event_once(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, event_of: Callable[..., InvoiceEvent]
) -> None:
    """Four forked workers get every one of 25 events; the store was made before the fork."""
    store: Store
    if kind == "redis":
        import redis

        client = redis.from_url(request.getfixturevalue("redis_url"))
        client.flushall()
        store = RedisStore(client)
    else:
        store = SQLiteStore(tmp_path / "inbox.db")
    store.read("opened before the fork")
    inbox = Inbox(store)
    ledger = os.open(tmp_path / "ledger", os.O_CREAT | os.O_APPEND | os.O_WRONLY)

    def ship(event: Event, context: EventContext) -> None:
        os.write(ledger, f"{context.key}\n".encode())

    def work() -> None:
        for number in range(25):
            while inbox.handle(event_of(number), ship) is HandleResult.IN_PROGRESS:
                time.sleep(0.001)

    children = []
    for _ in range(4):
        child = os.fork()
        if child == 0:
            try:
                work()
                os._exit(0)
            except BaseException:
                os._exit(1)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
    os.close(ledger)
    lines = (tmp_path / "ledger").read_text().split()
    assert sorted(lines) == sorted(f"invoice:{number}/paid" for number in range(25))
    if kind == "redis":
        client.close()
    elif isinstance(store, SQLiteStore):
        store.close()
