"""The chaos proxy of the fault run: HTTP/1.1 over TCP, between real clients and the sandbox.

Each request carries the header `X-Fault-Call: <call number>/<row>`; the row names the fault. The
choice for request k of a call is seeded by the run's seed, the call and k. All delays are seconds
of the sandbox's clock, which runs `speed` times as fast as real time.

The proxy reads every response of the sandbox to its end, whatever it lets the client see, and logs
each write that a client sent and each effect that the sandbox confirmed.
"""

import asyncio
import contextlib
import json
import math
import multiprocessing
import random
import re
import socket
import struct
import time
import unicodedata
from collections import Counter
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from multiprocessing.connection import Connection
from typing import Any

from _faults_judge import CREATES, Effect, Send

HEADER = "X-Fault-Call"
_OPERATIONS = (
    (re.compile(r"POST .*/invoices$"), "createInvoice"),
    (re.compile(r"POST .*/invoices/\d+/refund$"), "createRefund"),
    (re.compile(r"POST .*/invoices/\d+/cancel$"), "cancelInvoice"),
    (re.compile(r"POST .*/recurring-invoices/\d+/pause$"), "pauseRecurringInvoice"),
    (re.compile(r"POST .*/recurring-invoices/\d+/resume$"), "resumeRecurringInvoice"),
    (re.compile(r"POST .*/recurring-invoices/\d+/bill-now$"), "billNowRecurringInvoice"),
)
_CREATED_AT = re.compile(rb'"created_at":"([^"]*)"')
_LOST = object()
"""A response that never comes: the connection stays open until the client gives up."""


@dataclass(frozen=True)
class Message:
    """A request or a response: its first line, headers as sent, and its body."""

    start: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    @property
    def status(self) -> int:
        return int(self.start.split(" ", 2)[1])

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def with_body(self, body: bytes) -> "Message":
        kept = tuple(pair for pair in self.headers if pair[0].lower() != "content-length")
        return replace(self, headers=(*kept, ("Content-Length", str(len(body)))), body=body)

    def with_header(self, name: str, value: str) -> "Message":
        kept = tuple(pair for pair in self.headers if pair[0].lower() != name.lower())
        return replace(self, headers=(*kept, (name, value)))

    def encode(self) -> bytes:
        lines = [self.start, *(f"{name}: {value}" for name, value in self.headers)]
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + self.body


async def read_message(reader: asyncio.StreamReader) -> Message | None:
    """Read one message that states its length; None at the end of the stream."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    start, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    message = Message(start, tuple((name, value.strip()) for name, _, value in pairs))
    length = int(message.header("Content-Length") or 0)
    try:
        return replace(message, body=await reader.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


def respond(status: int, body: bytes, content_type: str = "application/json") -> Message:
    """Make a response that the sandbox did not send."""
    message = Message(f"HTTP/1.1 {status} Fault", (("Content-Type", content_type),))
    return message if status == 204 else message.with_body(body)


class Upstream:
    """A pool of connections to the sandbox."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def send(self, request: Message) -> Message:
        reader, writer = (
            self._idle.pop() if self._idle else await asyncio.open_connection(*self._address)
        )
        writer.write(request.encode())
        response = await read_message(reader)
        if response is None:
            raise RuntimeError("The sandbox closed a connection in the middle of a response.")
        if (response.header("Connection") or "").lower() == "close":
            writer.close()
        else:
            self._idle.append((reader, writer))
        return response

    def close(self) -> None:
        for _, writer in self._idle:
            writer.close()


@dataclass
class Connected:
    """A connection of a client: what was sent on it, and what waits for its next request."""

    writer: asyncio.StreamWriter
    delivered: list[Message] = field(default_factory=list[Message])
    left_over: Message | None = None


@dataclass
class Exchange:
    """One request of a client, on its way."""

    request: Message
    call: int
    row: str
    operation: str | None
    """The operation when it is a write that the judge knows, else None."""
    send: int
    random: random.Random
    connection: "Connected"
    sent_429: bool = False


@dataclass
class Log:
    """What the proxy knows at the end."""

    sends: list[Send] = field(default_factory=list[Send])
    effects: list[Effect] = field(default_factory=list[Effect])
    hits: Counter[str] = field(default_factory=Counter[str])
    """Row -> requests that met a fault."""
    cut_at: set[int] = field(default_factory=set[int])
    """Byte offsets at which responses were truncated."""


Fault = Callable[["Proxy", Exchange], Awaitable[Message | object | None]]
"""Returns the response; `_LOST`; or None when the connection was ended."""


class Proxy:
    """The proxy: one port that always listens, and one that comes and goes."""

    def __init__(self, upstream: tuple[str, int], speed: float, seed: int) -> None:
        self.speed = speed
        self.seed = seed
        self.log = Log()
        self.upstream = Upstream(*upstream)
        self._requests: Counter[int] = Counter()
        self._writes: Counter[int] = Counter()
        self._held = set[asyncio.Task[None]]()
        self._serving = set[asyncio.Task[None] | None]()
        self._forwarding = 0
        self._made: dict[tuple[str, int], float] = {}
        self.waiting: dict[str, tuple[Message, asyncio.Future[Message]]] = {}
        self.cuts = 0

    # Connections

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # asyncio keeps no strong reference once the client has left.
        self._serving.add(asyncio.current_task())
        connection = Connected(writer)
        try:
            while (request := await read_message(reader)) is not None:
                exchange = self._exchange(request, connection)
                try:
                    response = await self._respond(exchange)
                finally:
                    if exchange.operation is not None:
                        sent = Send(exchange.call, exchange.send, not exchange.sent_429)
                        self.log.sends.append(sent)
                if response is _LOST:
                    # The client gives up, and closes.
                    with contextlib.suppress(TimeoutError, ConnectionError):
                        await asyncio.wait_for(reader.read(), 60)
                    break
                if response is None:
                    break
                assert isinstance(response, Message)
                if response.is_success:
                    connection.delivered.append(response)
                writer.write(response.encode())
                await writer.drain()
                if response.header("Connection") == "close":
                    break
        except ConnectionError:
            pass  # the client left
        finally:
            writer.close()
            self._serving.discard(asyncio.current_task())

    def _exchange(self, request: Message, connection: Connected) -> Exchange:
        number, _, row = (request.header(HEADER) or "0/").partition("/")
        call = int(number)
        line = request.start.rsplit(" ", 1)[0].partition("?")[0]
        operation = next((name for pattern, name in _OPERATIONS if pattern.match(line)), None)
        self._requests[call] += 1
        if operation is not None:
            self._writes[call] += 1
        chance = random.Random(f"{self.seed}/{call}/{self._requests[call]}")
        return Exchange(request, call, row, operation, self._writes[call], chance, connection)

    async def _respond(self, exchange: Exchange) -> Message | object | None:
        return await FAULTS.get(exchange.row, _pass)(self, exchange)

    def hit(self, exchange: Exchange) -> None:
        self.log.hits[exchange.row] += 1

    # To the sandbox

    async def forward(
        self, exchange: Exchange, request: Message | None = None, *, copy: bool = False
    ) -> Message:
        """Forward the request; log its effect."""
        forwarded = time.monotonic()
        self._forwarding += 1
        try:
            response = await self.upstream.send(request or exchange.request)
        finally:
            self._forwarding -= 1
        operation = exchange.operation
        if operation is not None and response.is_success:
            made = json.loads(response.body)["id"]
            now = time.monotonic()
            effect = Effect(exchange.call, exchange.send, copy, made, forwarded, now)
            self.log.effects.append(effect)
            if operation in CREATES:
                self._made[CREATES[operation], made] = now
        return response

    def forward_later(self, exchange: Exchange, seconds: float, *, copy: bool = False) -> None:
        """Hold the request, and forward it after `seconds` of the sandbox's time."""

        async def hold() -> None:
            await asyncio.sleep(seconds / self.speed)
            await self.forward(exchange, copy=copy)

        task = asyncio.create_task(hold())
        self._held.add(task)
        task.add_done_callback(self._held.discard)

    async def drain(self) -> None:
        """Wait until no request is held, under way or unread."""
        quiet = 0
        while quiet < 10:
            await asyncio.sleep(0.05)
            quiet = 0 if self._held or self._forwarding else quiet + 1

    # To the client

    def reset(self, exchange: Exchange) -> None:
        """End the connection with RST."""
        sock: socket.socket = exchange.connection.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        exchange.connection.writer.transport.abort()

    def is_fresh(self, kind: str, number: int, seconds: float) -> bool:
        """Return whether the record was made within the last `seconds` of the sandbox's time."""
        made = self._made.get((kind, number))
        return made is not None and time.monotonic() - made < seconds / self.speed


# Ways to leave a client in doubt

_PAGES = (408, 500, 502, 503, 504, 520)
_JSON = b'{"message":"Kaspi did not respond."}'
_HTML = b"<html><head><title>Error</title></head><body><h1>Error</h1></body></html>"


def _log_uniform(chance: random.Random, low: float, high: float) -> float:
    return math.exp(chance.uniform(math.log(low), math.log(high)))


async def _end_badly(
    proxy: Proxy, exchange: Exchange, how: tuple[str, ...] = ("reset", "timeout", "JSON", "HTML")
) -> Message | object | None:
    """Reset, never respond, or respond with an error page."""
    chosen = exchange.random.choice(how)
    if chosen == "reset":
        proxy.reset(exchange)
        return None
    if chosen == "timeout":
        return _LOST
    status = exchange.random.choice(_PAGES)
    return respond(status, _JSON) if chosen == "JSON" else respond(status, _HTML, "text/html")


async def _in_doubt(proxy: Proxy, exchange: Exchange) -> Message | object | None:
    """Leave the client in doubt: the effect comes at once, late, or never."""
    match exchange.random.randrange(3):
        case 0:
            await proxy.forward(exchange)
        case 1:
            proxy.forward_later(exchange, _log_uniform(exchange.random, 0.2, 60))
        case _:
            pass
    return await _end_badly(proxy, exchange)


def _on_writes(share: float, fault: Fault, lookups: Fault | None = None) -> Fault:
    """Apply a fault to a share of the writes, and another one to a third of the lookups."""

    async def choose(proxy: Proxy, exchange: Exchange) -> Message | object | None:
        if exchange.operation is not None and exchange.random.random() < share:
            proxy.hit(exchange)
            return await fault(proxy, exchange)
        if lookups is not None and exchange.operation is None and exchange.random.random() < 1 / 3:
            proxy.hit(exchange)
            return await lookups(proxy, exchange)
        return await proxy.forward(exchange)

    return choose


def _late(*how: str, low: float = 0.2, high: float = 60) -> Fault:
    async def fault(proxy: Proxy, exchange: Exchange) -> Message | object | None:
        proxy.forward_later(exchange, _log_uniform(exchange.random, low, high))
        return await _end_badly(proxy, exchange, how)

    return fault


async def _fail(proxy: Proxy, exchange: Exchange) -> Message | object | None:
    return await _end_badly(proxy, exchange)


async def _lose_response(proxy: Proxy, exchange: Exchange) -> Message | object | None:
    await proxy.forward(exchange)
    return await _end_badly(proxy, exchange)


# Duplicated requests


async def _duplicate(proxy: Proxy, exchange: Exchange) -> Message | object | None:
    """Send the request twice: at the same time, or the copy later; sometimes lose the response."""
    if exchange.random.random() < 0.5:
        proxy.forward_later(exchange, 0, copy=True)
    else:
        proxy.forward_later(exchange, _log_uniform(exchange.random, 0.2, 60), copy=True)
    response = await proxy.forward(exchange)
    if exchange.random.random() < 0.4:
        return await _end_badly(proxy, exchange)
    return response


# Responses of other requests


# Only successes are given to other requests: nothing in an error can be compared with a request.


def _names_its_amount(exchange: Exchange) -> bool:
    return exchange.operation != "createRefund" or b'"amount"' in exchange.request.body


async def _stale(proxy: Proxy, exchange: Exchange) -> Message | object | None:
    """Repeat an earlier response of this connection; the own one waits for the next request.

    A client that does not close the connection then stays one response behind. A bill-now and a
    refund without an amount get their own: nothing of the request is repeated in the response, so
    that no client could tell.
    """
    connection = exchange.connection
    if exchange.operation == "billNowRecurringInvoice" or not _names_its_amount(exchange):
        connection.left_over = None
        return await proxy.forward(exchange)
    earlier, connection.left_over = connection.left_over, None
    if earlier is None:
        share = 0.5 if exchange.operation is not None else 1 / 3
        if not connection.delivered or exchange.random.random() >= share:
            return await proxy.forward(exchange)
        earlier = exchange.random.choice(connection.delivered[-3:])
    proxy.hit(exchange)
    if exchange.random.random() < 0.25:
        return earlier  # the request does not even arrive
    response = await proxy.forward(exchange)
    if not response.is_success:
        return response
    connection.left_over = response
    return earlier


async def _swap(proxy: Proxy, exchange: Exchange) -> Message | object | None:
    """Exchange the responses of two requests that are under way at the same time.

    Not those of two bill-now or of refunds without an amount: the response repeats nothing of the
    request, so that no client could tell.
    """
    same = exchange.operation or "read"
    if same == "billNowRecurringInvoice" or not _names_its_amount(exchange):
        return await proxy.forward(exchange)
    response = await proxy.forward(exchange)
    if not response.is_success:
        return response
    if same in proxy.waiting:
        other, future = proxy.waiting.pop(same)
        if not future.done():
            future.set_result(response)
            return other
    future = asyncio.get_running_loop().create_future()
    proxy.waiting[same] = response, future
    try:
        return await asyncio.wait_for(future, 0.1)
    except TimeoutError:
        if proxy.waiting.get(same, (None, None))[1] is future:
            del proxy.waiting[same]
        return response


# Damaged responses


async def _truncate(proxy: Proxy, exchange: Exchange) -> Message | object | None:
    """Cut the response, at another byte each time; or shorten it with a length that fits."""
    response = await proxy.forward(exchange)
    whole = response.encode()
    proxy.cuts += 1
    at = proxy.cuts * 7919 % len(whole)  # a prime: visits every offset of a length
    proxy.log.cut_at.add(at)
    if exchange.random.random() < 0.3:
        return response.with_body(response.body[: at % max(len(response.body), 1)])
    exchange.connection.writer.write(whole[:at])
    with contextlib.suppress(ConnectionError):
        await exchange.connection.writer.drain()
    if exchange.random.random() < 0.5:
        return None  # FIN
    return _LOST


async def _empty(proxy: Proxy, exchange: Exchange) -> Message | object | None:
    response = await proxy.forward(exchange)
    body = exchange.random.choice((b"", b"", b"{}", b"null", b"[]", b'{"data":[]}'))
    return response.with_body(body)


async def _accepted(proxy: Proxy, exchange: Exchange) -> Message | object | None:
    """202 and 204: it took effect, will, or never does."""
    match exchange.random.randrange(3):
        case 0:
            await proxy.forward(exchange)
        case 1:
            proxy.forward_later(exchange, _log_uniform(exchange.random, 0.2, 60))
        case _:
            pass
    status = exchange.random.choice((202, 204))
    body = exchange.random.choice((b"", b'{"message":"Accepted"}'))
    return respond(status, body)


# Altered texts and amounts

ALTERATIONS: dict[str, Callable[[str], str]] = {
    "spaces collapsed": lambda text: re.sub(" +", " ", text),
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "cut": lambda text: text[:-3],
    "NFC": lambda text: unicodedata.normalize("NFC", text),
    "? for emoji": lambda text: re.sub("[\U00010000-\U0010ffff]", "?", text),
    "escaped": lambda text: text.replace("&", "&amp;"),
}


async def _alter(proxy: Proxy, exchange: Exchange) -> Message | object | None:
    """Let the service store a text or an amount that differs from what was sent."""
    fields = json.loads(exchange.request.body or b"{}")
    for name in ("external_order_id", "reason"):
        if fields.get(name):
            fields[name] = exchange.random.choice(list(ALTERATIONS.values()))(fields[name])
    if "amount" in fields and exchange.random.random() < 0.3:
        fields["amount"] = max(round(fields["amount"]), 1)
    request = exchange.request
    if fields:
        request = request.with_body(json.dumps(fields).encode())
    response = await proxy.forward(exchange, request)
    if exchange.random.random() < 0.6:
        return await _end_badly(proxy, exchange)
    return response


# Clocks


def _shift_clock(response: Message, chance: random.Random) -> Message:
    """Shift `created_at` and `Date`, or one of them, or leave `created_at` out."""
    mode = chance.choice(("both", "both", "created_at", "Date", "absent"))
    seconds = chance.choice((-1, 1)) * chance.choice((90, 180, 900, 3600, 5 * 3600, 6 * 3600))

    def shift(match: re.Match[bytes]) -> bytes:
        moment = datetime.fromisoformat(match[1].decode()) + timedelta(seconds=seconds)
        text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return f'"created_at":"{text}"'.encode()

    if mode == "absent":
        return response.with_body(re.sub(rb',"created_at":"[^"]*"', b"", response.body))
    if mode in ("both", "created_at"):
        response = response.with_body(_CREATED_AT.sub(shift, response.body))
    date = response.header("Date")
    if mode in ("both", "Date") and date is not None:
        moment = parsedate_to_datetime(date) + timedelta(seconds=seconds)
        response = response.with_header("Date", format_datetime(moment, usegmt=True))
    return response


async def _skew(proxy: Proxy, exchange: Exchange) -> Message | object | None:
    """Doubt, and a service whose clock is wrong by the same time for 50 calls in a row."""
    if exchange.operation is not None and exchange.random.random() < 0.7:
        proxy.hit(exchange)
        return await _in_doubt(proxy, exchange)
    response = await proxy.forward(exchange)
    return _shift_clock(response, random.Random(f"{proxy.seed}/skew/{exchange.call // 50}"))


# Lists that lag


async def _lag(proxy: Proxy, exchange: Exchange) -> Message | object | None:
    """Doubt, and lists that do not show the newest records for 0.05 to 12 s."""
    if exchange.operation is not None and exchange.random.random() < 0.7:
        proxy.hit(exchange)
        return await _in_doubt(proxy, exchange)
    response = await proxy.forward(exchange)
    if exchange.operation is not None or response.status != 200:
        return response
    shown = json.loads(response.body)
    if "data" not in shown:
        return response
    lag = _log_uniform(random.Random(f"{proxy.seed}/lag/{exchange.call}"), 0.05, 12)
    kind = "refund" if "refunds" in exchange.request.start else "invoice"
    kept = [item for item in shown["data"] if not proxy.is_fresh(kind, item["id"], lag)]
    if "meta" in shown:
        shown["meta"]["total"] -= len(shown["data"]) - len(kept)
    return response.with_body(json.dumps({**shown, "data": kept}).encode())


async def _limit(proxy: Proxy, exchange: Exchange) -> Message | object | None:
    exchange.sent_429 = True
    seconds = exchange.random.choice((1, 2, 5))
    body = {"message": "Too many requests. Please retry after 60 seconds."}
    if exchange.random.random() < 0.5:
        return respond(429, json.dumps({**body, "retry_after": seconds}).encode())
    return respond(429, json.dumps(body).encode()).with_header("Retry-After", str(seconds))


async def _close_each(proxy: Proxy, exchange: Exchange) -> Message | object | None:
    """Close after each response, so that each request needs a connection of its own."""
    return (await proxy.forward(exchange)).with_header("Connection", "close")


async def _pass(proxy: Proxy, exchange: Exchange) -> Message | object | None:
    return await proxy.forward(exchange)


NO_FAULT = "no fault"
REFUSED = "connection refused"
EQUAL = "equal refunds by other processes"
SAME_REASON = "equal refunds, same reason"
TRUE_TIME = "late effect, true 20 to 60 s"
FAULTS: dict[str, Fault] = {
    "late effect, reset": _on_writes(0.6, _late("reset")),
    "late effect, timeout": _on_writes(0.6, _late("timeout")),
    "late effect, 408 and 5xx": _on_writes(0.6, _late("JSON", "HTML")),
    "effect, response lost": _on_writes(0.6, _lose_response, _fail),
    "no effect, response lost": _on_writes(0.6, _fail, _fail),
    "duplicated request": _on_writes(0.6, _duplicate, _fail),
    "stale response": _stale,
    "swapped responses": _on_writes(0.5, _swap, _swap),
    "truncated response": _on_writes(0.8, _truncate, _truncate),
    "empty 2xx": _on_writes(0.6, _empty, _empty),
    "202 and 204": _on_writes(0.6, _accepted),
    "altered texts and amounts": _on_writes(0.8, _alter),
    "skewed clocks": _skew,
    "lists that lag": _lag,
    "429 with Retry-After": _on_writes(0.6, _limit, _limit),
    REFUSED: _close_each,
    EQUAL: _on_writes(0.5, _in_doubt),
    SAME_REASON: _on_writes(0.5, _in_doubt),
    NO_FAULT: _pass,
}


async def _any(proxy: Proxy, exchange: Exchange) -> Message | object | None:
    names = [name for name in FAULTS if name not in (NO_FAULT, REFUSED, ALL, TRUE_TIME)]
    # `hit` counts for the row of the exchange, which stays.
    return await FAULTS[exchange.random.choice(names)](proxy, exchange)


ALL = "all together"
FAULTS[ALL] = _any
FAULTS[TRUE_TIME] = _on_writes(1.0, _late("reset", "timeout", "JSON", "HTML", low=20))


# The process


async def _come_and_go(proxy: Proxy, port: int) -> None:
    """Listen on the port, and refuse connections in between."""
    chance = random.Random(f"{proxy.seed}/flap")
    while True:
        server = await asyncio.start_server(proxy.serve, "127.0.0.1", port)
        try:
            await asyncio.sleep(chance.uniform(0.02, 0.1))
        finally:
            server.close()
        await asyncio.sleep(chance.uniform(0.02, 0.1))


async def _run(upstream: tuple[str, int], speed: float, seed: int, pipe: Connection) -> None:
    proxy = Proxy(upstream, speed, seed)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, backlog=512)
    with socket.socket() as holder:
        # Bound and not listening: refuses connections, and keeps the port from other programs.
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
        flapping = asyncio.create_task(_come_and_go(proxy, port))
        pipe.send((server.sockets[0].getsockname()[1], port))
        with contextlib.suppress(EOFError):
            await asyncio.to_thread(pipe.recv)  # asks for the log
            await proxy.drain()
            pipe.send(proxy.log)
            await asyncio.to_thread(pipe.recv)
        flapping.cancel()
        server.close()
        proxy.upstream.close()
        await asyncio.sleep(0)  # lets the connections close


def _serve(upstream: tuple[str, int], speed: float, seed: int, pipe: Connection) -> None:
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(upstream, speed, seed, pipe))


class Running:
    """A proxy in another process: its ports, and its log once the calls are over."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.port: int
        self.flapping_port: int
        self.port, self.flapping_port = pipe.recv()

    def log(self) -> Log:
        """Wait until nothing is held any more, and return the log."""
        self._pipe.send("log")
        if not self._pipe.poll(120):
            raise RuntimeError("The proxy did not finish.")
        log: Any = self._pipe.recv()
        assert isinstance(log, Log)
        return log


@contextlib.contextmanager
def proxy_process(upstream: tuple[str, int], speed: float, seed: int) -> Generator[Running]:
    """Run a proxy in front of the sandbox."""
    forked = multiprocessing.get_context("forkserver")
    ours, theirs = forked.Pipe()
    process = forked.Process(target=_serve, args=(upstream, speed, seed, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(30):
            raise RuntimeError("The proxy did not start.")
        yield Running(ours)
    finally:
        ours.close()
        process.join(10)
        process.terminate()
