"""What the benchmark programs share: tables, figures with their limits, a fast clock, a server."""

import asyncio
import contextlib
import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import anyio


@dataclass(frozen=True)
class Figure:
    """One promised number: what was measured, and the limit that it has to keep."""

    name: str
    value: float
    limit: float
    at_least: bool = False

    @property
    def is_kept(self) -> bool:
        """Whether the measured value keeps the limit."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def __str__(self) -> str:
        sign = ">=" if self.at_least else "<="
        verdict = "ok" if self.is_kept else "MISSED"
        return f"{self.name}: {self.value:g} ({sign} {self.limit:g}) {verdict}"


def conclude(figures: Sequence[Figure]) -> int:
    """Print the figures; return the exit status of the program: 1 when one is missed."""
    print()
    for figure in figures:
        print(figure)
    return int(not all(figure.is_kept for figure in figures))


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows in columns: the first to the left, the others to the right."""
    cells = [list(header), *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    for number, row in enumerate(cells):
        first, *rest = (
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join([first, *rest]).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))
    sys.stdout.flush()


def _cell(value: object) -> str:
    return f"{value:,.3f}" if isinstance(value, float) else str(value)


class FastClock:
    """An `apipay._clock.Clock` on which `speed` seconds pass in one real second.

    For runs over real sockets: waits of a client shrink, and keep their proportion to those of the
    sandbox that follows the same clock. Timeouts of httpx stay real.
    """

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self._unix = time.time()
        self._began = time.monotonic()

    def time(self) -> float:
        return self._unix + self.monotonic()

    def monotonic(self) -> float:
        return (time.monotonic() - self._began) * self.speed

    def sleep(self, seconds: float) -> None:
        time.sleep(max(seconds, 0.0) / self.speed)

    async def sleep_async(self, seconds: float) -> None:
        await anyio.sleep(max(seconds, 0.0) / self.speed)


class _FixedAnswer(asyncio.Protocol):
    """Answers every request with the same bytes: the least that an HTTP server can do."""

    def __init__(self, answers: dict[bytes, bytes]) -> None:
        self._answers = answers
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        received = self._received + data
        head, end, body = received.partition(b"\r\n\r\n")
        length = 0
        if end and b"ontent-" in head:
            at = head.lower().find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if not end or len(body) < length:
            self._received = received
            return
        self._received = b""
        self._transport.write(self._answers[head.split(b"?", 1)[0].split(b" HTTP", 1)[0]])


def _serve_fixed(answers: dict[bytes, bytes], ready: Connection) -> None:
    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _FixedAnswer(answers), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        ready.send(f"http://127.0.0.1:{port}")
        await asyncio.to_thread(_wait_for_end, ready)

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve())


def http_answer(body: bytes) -> bytes:
    """The bytes of an HTTP answer with a JSON body."""
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nX-RateLimit-Remaining: 999999\r\n\r\n"
    )
    return head.encode() + body


@contextlib.contextmanager
def _in_process(serve: Callable[..., None], *arguments: object) -> Iterator[str]:
    """Run `serve` in another process; give the base URL that it sends through its pipe."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=serve, args=(*arguments, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(30):
            raise RuntimeError("The server did not start.")
        url: str = ours.recv()
        yield url
    finally:
        ours.close()  # which tells it to stop
        process.join(10)
        process.terminate()


def fixed_server(bodies: Mapping[str, bytes]) -> contextlib.AbstractContextManager[str]:
    """Serve fixed JSON bodies by "METHOD /path", in another process; give its base URL."""
    answers = {name.encode(): http_answer(body) for name, body in bodies.items()}
    return _in_process(_serve_fixed, answers)


def _serve_sandbox(settings: dict[str, Any], pipe: Connection) -> None:
    from apipay_sandbox import Sandbox

    with Sandbox(**settings) as sandbox:
        pipe.send(sandbox.base_url)
        _wait_for_end(pipe)


def _wait_for_end(pipe: Connection) -> None:
    with contextlib.suppress(EOFError, KeyboardInterrupt):
        pipe.recv()


def sandbox_process(**settings: object) -> contextlib.AbstractContextManager[str]:
    """Run a sandbox with these settings in another process; give its base URL."""
    return _in_process(_serve_sandbox, settings)
