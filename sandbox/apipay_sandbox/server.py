"""The HTTP server: uvicorn in a thread of its own, behind a TCP relay once a fault needs one.

The port stays bound until `stop`, also while connections are refused.
"""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from .errors import SandboxError
from .relay import Relay
from .responses import App, Message, Receive, Scope, Send

_STOP_SECONDS = 0.5
"""Requests in progress can finish within this time when the server stops."""
_HEAD_SECONDS = 20.0
_MAX_HEAD_BYTES = 32_768
_MAX_CONNECTIONS = 4000


class _Protocol(H11Protocol):
    """uvicorn's protocol with a time limit for the head of a request."""

    _timer: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        in_head = not self.cycle or self.cycle.response_complete
        if in_head and self._timer is None:
            self._timer = self.loop.call_later(_HEAD_SECONDS, self.transport.close)
        elif not in_head:
            self._cancel_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_timer()
        super().connection_lost(exc)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class Server:
    """Serves an application and runs a background task, from `start` to `stop`."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        try:
            # With SO_REUSEPORT, binding would share the port of another program: check first.
            with _socket(host) as probe:
                probe.bind((host, port))
            self._holder = _bind(host, port)
        except (OSError, OverflowError) as problem:
            why = getattr(problem, "strerror", None) or "a port is from 0 to 65535"
            raise SandboxError(
                f"The sandbox cannot listen on {host}, port {port}: {why}. "
                "Choose another port; port 0 chooses a free one."
            ) from problem
        self.port: int = self._holder.getsockname()[1]
        self._app: App
        self._config: uvicorn.Config
        self._stopping: asyncio.Event
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._stopped = threading.Event()
        self._failure: BaseException | None = None
        self._servers: list[uvicorn.Server] = []
        self._relay: Relay | None = None
        self._relay_wanted = False
        self._refused_until = 0.0
        self._in_progress: set[asyncio.Task[Any]] = set()
        self._closing: list[asyncio.Task[None]] = []

    # From any thread

    def start(self, app: App, background: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Start the thread; return when connections are accepted."""
        self._app = app
        self._config = uvicorn.Config(
            self._track,
            http=_Protocol,
            interface="asgi3",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            date_header=False,
            server_header=False,
            timeout_keep_alive=3600,
            limit_concurrency=_MAX_CONNECTIONS,
            h11_max_incomplete_event_size=_MAX_HEAD_BYTES,
        )
        self._thread = threading.Thread(
            target=self._run, args=(background,), name="apipay-sandbox", daemon=True
        )
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._holder.close()
            raise self._failure

    def stop(self) -> None:
        """Stop listening; return when no request is in progress."""
        if self._loop is not None:
            self.call_soon(self._stopping.set)
            self._stopped.wait()
        self._holder.close()

    def call_soon(self, function: Callable[[], None]) -> None:
        """Run a function in the server's thread, if it runs."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(function)

    def run(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run a coroutine in the server's thread, and wait for it."""
        if self._loop is None or self._stopped.is_set():
            raise SandboxError("The sandbox is not running.", status=409)
        asyncio.run_coroutine_threadsafe(work(), self._loop).result(10)

    def require_relay(self) -> None:
        """Put the relay in front, now or at the start."""
        if self._loop is None:
            self._relay_wanted = True
        else:
            self.run(self.use_relay)

    # In the server's thread

    @property
    def stopping(self) -> bool:
        """Whether `stop` was called."""
        return self._stopping.is_set()

    async def sleep(self, seconds: float) -> None:
        """Sleep for real seconds, at most until the server stops."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    async def use_relay(self) -> None:
        """Put the relay in front. Idle connections are closed; requests in progress finish."""
        if self._relay is not None:
            return
        self._relay_wanted = True
        before = self._servers[-1]
        inner = _bind("127.0.0.1", 0)
        address = inner.getsockname()[:2]
        await self._start_uvicorn(inner)
        self._relay = Relay(address, lambda: _bind(self._host, self.port))
        await self._relay.listen()
        self._closing.append(asyncio.ensure_future(before.shutdown()))
        await asyncio.sleep(0.01)  # until the idle connections are closed

    def reset(self, scope: Scope) -> None:
        """Reset the connection of a request."""
        if self._relay is not None:
            self._relay.reset(scope["client"])

    def cut(self, scope: Scope, keep: int) -> None:
        """Close the connection of a request after `keep` bytes of its response body."""
        if self._relay is not None:
            self._relay.cut(scope["client"], keep)

    async def refuse(self, seconds: float, *, close: bool = False) -> None:
        """Refuse new connections for real seconds; with `close`, also close the open ones."""
        await self.use_relay()
        loop = asyncio.get_running_loop()
        assert self._relay is not None
        if close:
            self._relay.close()
        else:
            self._relay.refuse()
        self._refused_until = max(self._refused_until, loop.time() + seconds)
        if seconds < float("inf"):
            loop.call_later(seconds, self._relisten_later)

    async def accept(self) -> None:
        """Accept connections again."""
        self._refused_until = 0.0
        await self._relisten()

    def _relisten_later(self) -> None:
        self._closing.append(asyncio.ensure_future(self._relisten()))

    async def _relisten(self) -> None:
        over = asyncio.get_running_loop().time() >= self._refused_until - 0.001
        if self._relay is not None and over and not self._stopping.is_set():
            await self._relay.listen()

    async def _track(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, which `stop` waits for."""
        task = asyncio.current_task()
        assert task is not None
        self._in_progress.add(task)
        servers = len(self._servers)

        async def send_and_close(message: Message) -> None:
            # The client must not reuse the connection of a server that was replaced meanwhile.
            if message["type"] == "http.response.start" and (
                self.stopping or len(self._servers) != servers
            ):
                message["headers"] = [*message["headers"], (b"connection", b"close")]
            await send(message)

        try:
            await self._app(scope, receive, send_and_close)
        except asyncio.CancelledError:
            # The server has stopped. A response keeps uvicorn from logging an error.
            await send({"type": "http.response.start", "status": 503, "headers": []})
            await send({"type": "http.response.body", "body": b""})
        finally:
            self._in_progress.discard(task)

    def _run(self, background: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            asyncio.run(self._serve(background))
        except BaseException as failure:
            self._failure = failure
        finally:
            self._ready.set()
            self._stopped.set()

    async def _serve(self, background: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._stopping = asyncio.Event()
        await self._start_uvicorn(_bind(self._host, self.port))
        self._loop = asyncio.get_running_loop()
        if self._relay_wanted:
            await self.use_relay()
        worker = asyncio.ensure_future(background())
        stopping = asyncio.ensure_future(self._stopping.wait())
        self._ready.set()
        await asyncio.wait({worker, stopping}, return_when=asyncio.FIRST_COMPLETED)
        self._stopping.set()
        if self._relay is not None:
            self._relay.refuse()
        self._closing += [asyncio.ensure_future(one.shutdown()) for one in self._servers]
        worker.cancel()
        await asyncio.sleep(0)
        if self._in_progress:
            await asyncio.wait(self._in_progress, timeout=_STOP_SECONDS)
        if self._relay is not None:
            self._relay.close()
        self._stopped.set()
        # The rest does not hold up the caller of `stop`.
        for server in self._servers:
            server.force_exit = True
        await asyncio.wait(self._closing, timeout=1)
        with contextlib.suppress(asyncio.CancelledError):
            await worker

    async def _start_uvicorn(self, listener: socket.socket) -> None:
        server = uvicorn.Server(self._config)
        if not self._config.loaded:
            self._config.load()
        server.lifespan = self._config.lifespan_class(self._config)
        await server.startup(sockets=[listener])
        self._servers.append(server)


def _bind(host: str, port: int) -> socket.socket:
    """Bind a socket that does not listen: connecting to its port is refused."""
    bound = _socket(host)
    # A listening socket shares the port with it. Windows lacks the option and does not need it.
    if hasattr(socket, "SO_REUSEPORT"):
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        bound.bind((host, port))
    except BaseException:
        bound.close()
        raise
    return bound


def _socket(host: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio disables Nagle's delay only where the protocol is named: else a response takes 40 ms.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return made
