"""Servers that enforce a limit, on a virtual clock, in the ways a real one may."""

import shutil
import socket
import subprocess
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import redis

Limiter = Callable[[float], "tuple[bool, int, float]"]


@dataclass
class FixedWindow:
    """The window begins with the first request and is emptied at its end."""

    requests: int
    seconds: float
    begun: float = float("-inf")
    used: int = 0

    def __call__(self, now: float) -> tuple[bool, int, float]:
        if now >= self.begun + self.seconds:
            self.begun, self.used = now, 0
        if self.used >= self.requests:
            return False, 0, self.begun + self.seconds - now
        self.used += 1
        return True, self.requests - self.used, 0.0


@dataclass
class AlignedWindow(FixedWindow):
    """Windows that begin at whole multiples of their length, whoever asks when."""

    def __call__(self, now: float) -> tuple[bool, int, float]:
        if now >= self.begun + self.seconds:
            self.begun, self.used = now - now % self.seconds, 0
        return super().__call__(now)


@dataclass
class SlidingLog:
    """Counts the requests of the last window, exactly."""

    requests: int
    seconds: float
    log: deque[float] = field(default_factory=deque)

    def __call__(self, now: float) -> tuple[bool, int, float]:
        while self.log and now - self.log[0] >= self.seconds:
            self.log.popleft()
        if len(self.log) >= self.requests:
            return False, 0, self.log[0] + self.seconds - now
        self.log.append(now)
        return True, self.requests - len(self.log), 0.0


LIMITERS = {"fixed": FixedWindow, "aligned": AlignedWindow, "sliding": SlidingLog}


@pytest.fixture(params=sorted(LIMITERS), scope="session")
def make_limiter(request: pytest.FixtureRequest) -> Callable[[int, float], Limiter]:
    """Makes a limiter from (requests, seconds); each gives (allowed, remaining, retry_after)."""
    kind: Callable[[int, float], Limiter] = LIMITERS[request.param]
    return kind


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis server of this test run's own, without persistence."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed (Debian: apt-get install redis-server)")
    folder = tmp_path_factory.mktemp("redis")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    server = subprocess.Popen([program, *settings, "--dir", str(folder)], stdout=subprocess.DEVNULL)
    try:
        client = redis.Redis(port=port)
        for _ in range(500):
            try:
                client.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.01)
        client.close()
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture
def api_key() -> str:
    """A key that no other test has, so that tests can share a server."""
    return f"key-{uuid.uuid4().hex}"
