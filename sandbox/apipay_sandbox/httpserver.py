"""uvicorn in a thread of its own, on a port that stays ours even while connections are refused."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import uvicorn

from . import connections
from .errors import SandboxError

_STOP_SECONDS = 0.5
"""Requests that are still under way when the server stops may end within this time."""


class _Uvicorn(uvicorn.Server):
    """uvicorn's server, told to stop by an event instead of looking every 0.1 seconds."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.stop = asyncio.Event()
        self.on_started: Callable[[], None] = lambda: None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        self.on_started()

    async def main_loop(self) -> None:
        """Wait for the end."""
        await self.stop.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, and give requests under way a moment to end."""
        self.close_listeners()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        tasks = list(self.server_state.tasks)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_STOP_SECONDS)
            for connection in list(self.server_state.connections):
                connection.transport.abort()
            await asyncio.sleep(0)  # now they know that nobody listens any more
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def close_listeners(self) -> None:
        """Refuse new connections; open ones go on."""
        for server in self.servers:
            server.close()


class HttpServer:
    """Serves an ASGI application, and runs `background` beside it, until `stop`."""

    def __init__(
        self,
        app: Callable[..., Any],
        background: Callable[[], Coroutine[Any, Any, None]],
        host: str,
        port: int,
    ) -> None:
        self._app = app
        self._background = background
        self._host = host
        try:
            connections.check_free(host, port)
            self._holder = connections.bind(host, port)
        except (OSError, OverflowError) as problem:
            why = getattr(problem, "strerror", None) or "a port is from 0 to 65535"
            raise SandboxError(
                f"The sandbox cannot listen on {host}, port {port}: {why}. "
                "Give another one; port 0 takes one that is free."
            ) from problem
        self.port: int = self._holder.getsockname()[1]
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: _Uvicorn | None = None
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._refused_until = 0.0

    def start(self) -> None:
        """Start the thread, and return when connections are accepted."""
        self._thread = threading.Thread(target=self._run, name="apipay-sandbox", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._holder.close()
            raise self._failure

    def stop(self) -> None:
        """Stop listening, end what is under way, and wait for the thread."""
        loop, server, thread = self._loop, self._server, self._thread
        if loop is not None and server is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended by itself
                loop.call_soon_threadsafe(server.stop.set)
        if thread is not None:
            thread.join()
        self._holder.close()

    def call_soon(self, function: Callable[[], None]) -> None:
        """Run a function in the server's thread. Nothing happens when the server does not run."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(function)

    @property
    def running(self) -> bool:
        """Whether it was started and not stopped."""
        return self._ready.is_set() and self._thread is not None and self._thread.is_alive()

    def in_own_thread(self) -> bool:
        """Whether the caller runs in the server's thread."""
        return threading.current_thread() is self._thread

    def refuse(self, seconds: float | None) -> None:
        """Refuse new connections for so long, or (None) until `accept`. In the server's thread."""
        assert self._loop is not None
        assert self._server is not None
        self._server.close_listeners()
        until = float("inf") if seconds is None else self._loop.time() + seconds
        self._refused_until = max(self._refused_until, until)
        if seconds is not None:
            self._loop.call_later(seconds, self._accept_if_over)

    def close_idle(self) -> None:
        """Close the connections on which nothing is under way. In the server's thread."""
        assert self._server is not None
        for connection in list(self._server.server_state.connections):
            connection.shutdown()

    def accept(self) -> None:
        """Accept connections again. In the server's thread."""
        self._refused_until = 0.0
        self._accept_if_over()

    def _accept_if_over(self) -> None:
        loop, server = self._loop, self._server
        assert loop is not None
        assert server is not None
        if loop.time() < self._refused_until - 0.001 or server.stop.is_set():
            return
        if any(one.is_serving() for one in server.servers):
            return
        listener = connections.bind(self._host, self.port)
        task = loop.create_task(server.startup(sockets=[listener]))
        server.server_state.tasks.add(task)
        task.add_done_callback(server.server_state.tasks.discard)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as failure:
            self._failure = failure
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        config = uvicorn.Config(
            self._app,
            http=connections.Protocol,
            interface="asgi3",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            date_header=False,
            server_header=False,
            timeout_keep_alive=3600,
        )
        self._loop = asyncio.get_running_loop()
        self._server = _Uvicorn(config)
        self._server.on_started = self._ready.set
        serving = asyncio.create_task(
            self._server.serve(sockets=[connections.bind(self._host, self.port)])
        )
        beside = asyncio.create_task(self._background())
        done, _ = await asyncio.wait({serving, beside}, return_when=asyncio.FIRST_COMPLETED)
        self._server.stop.set()
        await serving
        beside.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beside
        for task in done:
            task.result()
