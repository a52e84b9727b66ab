"""The table of failures: how often an event's effect happens, with real processes and stores.

The effect is one more line in a file, the worst kind: it is not in the inbox's transaction and does
not recognise a repeat. It happens twice only where the documentation says so (a process that dies
or stands still between its effect and the mark; a store that is away then, or that is flushed while
another delivery comes). It is never lost. Leases end by a clock that is ahead, not by waiting.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import apipay
import apipay_client

WORKER = Path(__file__).parent / "once_worker.py"
SOURCES = os.pathsep.join(
    str(Path(package.__path__[0]).parent) for package in (apipay, apipay_client)
)
AFTER_THE_LEASE = 61.0


class RedisServer:
    """A Redis server of our own that can be killed, frozen and flushed."""

    def __init__(self, folder: Path) -> None:
        self.path = Path("/tmp") / f"apipay-once-{os.getpid()}-{time.monotonic_ns():x}.sock"
        self.url = f"unix://{self.path}"
        self._folder = folder
        self.start()

    def start(self) -> None:
        self.path.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [
                *("redis-server", "--port", "0", "--unixsocket", str(self.path)),
                *("--dir", str(self._folder), "--save", ""),
                *("--appendonly", "yes", "--appendfsync", "always"),
            ],
            stdout=subprocess.DEVNULL,
        )
        import redis

        deadline = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError, redis.RedisError):
                with socket.socket(socket.AF_UNIX) as probe:
                    probe.connect(str(self.path))
                with redis.from_url(self.url) as client:
                    client.ping()
                return
            assert time.monotonic() < deadline

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def flush(self) -> None:
        import redis

        with redis.from_url(self.url) as client:
            client.flushall()


class Shop:
    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.ledger = folder / "ledger"
        self.workers: list[subprocess.Popen[str]] = []

    def start(self, wait: str, ahead: float = 0.0) -> "subprocess.Popen[str]":
        worker = subprocess.Popen(
            [sys.executable, str(WORKER), self.url, str(self.ledger), wait, str(ahead)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": SOURCES},
        )
        self.workers.append(worker)
        if wait != "never":
            assert worker.stdout is not None
            assert worker.stdout.readline() == "holding\n"
        return worker

    def deliver(self, ahead: float = 0.0) -> str:
        return self.start("never", ahead).communicate(timeout=60)[0].strip()

    @staticmethod
    def go_on(worker: "subprocess.Popen[str]") -> str:
        return worker.communicate("go\n", timeout=60)[0].strip()

    @property
    def effects(self) -> int:
        return self.ledger.read_text().count("\n") if self.ledger.exists() else 0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed (Debian's package redis-server)")
    folder = tmp_path / "redis"
    folder.mkdir()
    server = RedisServer(folder)
    yield server
    server.process.send_signal(signal.SIGCONT)
    server.kill()
    server.path.unlink(missing_ok=True)


def killed(shop: Shop, wait: str) -> list[str]:
    worker = shop.start(wait)
    worker.kill()
    worker.communicate()
    return [shop.deliver(), shop.deliver(AFTER_THE_LEASE)]


def stopped(shop: Shop, wait: str) -> list[str]:
    worker = shop.start(wait)
    worker.send_signal(signal.SIGSTOP)
    results = [shop.deliver(), shop.deliver(AFTER_THE_LEASE)]
    worker.send_signal(signal.SIGCONT)
    return [*results, shop.go_on(worker)]


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
@pytest.mark.parametrize(
    ("act", "wait", "results", "effects"),
    [
        (killed, "before", ["in_progress", "handled"], 1),
        (killed, "after", ["in_progress", "handled"], 2),
        (stopped, "before", ["in_progress", "handled", "LeaseLostError"], 2),
        (stopped, "after", ["in_progress", "handled", "LeaseLostError"], 2),
    ],
    ids=["kill -9 before", "kill -9 after", "SIGSTOP before", "SIGSTOP after"],
)
def test_a_process_that_dies_or_stands_still(
    kind: str,
    act: Callable[[Shop, str], list[str]],
    wait: str,
    results: list[str],
    effects: int,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    server = request.getfixturevalue("server") if kind == "redis" else None
    shop = Shop(server.url if server else str(tmp_path / "inbox.db"), tmp_path)
    assert act(shop, wait) == results
    assert shop.deliver(AFTER_THE_LEASE) == "duplicate"
    print(f"{kind:7}{act.__name__:9}{wait:8} effects {shop.effects}, lost 0")
    assert shop.effects == effects


def test_redis_killed_and_back_before_the_mark(server: RedisServer, tmp_path: Path) -> None:
    shop = Shop(server.url, tmp_path)
    worker = shop.start("after")
    server.kill()
    server.start()
    assert shop.go_on(worker) == "handled"
    assert shop.deliver() == "duplicate"
    assert shop.effects == 1


def test_redis_killed_and_away_at_the_mark(server: RedisServer, tmp_path: Path) -> None:
    """Twice, as documented: the effect is there, and its mark could not be written."""
    shop = Shop(server.url, tmp_path)
    worker = shop.start("after")
    server.kill()
    assert shop.go_on(worker) == "InboxStoreError"
    assert shop.deliver() == "InboxStoreError"
    assert shop.effects == 1  # nothing runs while the store is away
    server.start()
    assert shop.deliver() == "in_progress"
    assert shop.deliver(AFTER_THE_LEASE) == "handled"
    assert shop.deliver() == "duplicate"
    assert shop.effects == 2


def test_redis_frozen_at_the_mark(server: RedisServer, tmp_path: Path) -> None:
    shop = Shop(server.url, tmp_path)
    worker = shop.start("after")
    server.process.send_signal(signal.SIGSTOP)
    assert shop.go_on(worker) == "InboxStoreError"
    assert shop.deliver() == "InboxStoreError"
    server.process.send_signal(signal.SIGCONT)
    # The mark may have been in the frozen server's queue: then it was made.
    assert shop.deliver(AFTER_THE_LEASE) in ("duplicate", "handled")
    assert shop.deliver() == "duplicate"
    assert shop.effects in (1, 2)


def test_redis_flushed_before_the_mark(server: RedisServer, tmp_path: Path) -> None:
    shop = Shop(server.url, tmp_path)
    worker = shop.start("after")
    server.flush()
    assert shop.go_on(worker) == "handled"
    assert shop.deliver() == "duplicate"
    assert shop.effects == 1


def test_redis_flushed_and_delivered_before_the_mark(server: RedisServer, tmp_path: Path) -> None:
    """Twice, as documented: the store forgot that a handler was running."""
    shop = Shop(server.url, tmp_path)
    worker = shop.start("after")
    server.flush()
    assert shop.deliver() == "handled"
    assert shop.go_on(worker) == "LeaseLostError"
    assert shop.deliver() == "duplicate"
    assert shop.effects == 2
