"""`Sandbox`: the whole API on a free port of this machine, in a thread of its own."""

import asyncio
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, Self
from urllib.parse import urlsplit

from . import spec as specification
from .api import Api, Receive, Scope, Send
from .clock import FollowingClock, RunningClock, SandboxClock, TimeSource
from .control import control_routes
from .engine import Engine, Start, new_key, new_secret
from .errors import SandboxError
from .httpserver import HttpServer
from .pages import page_routes
from .ratelimit import RateLimit
from .site import Site
from .sqlite import SqliteJournal
from .state import PAYMENT_DEADLINE, Settings
from .store import Store


class Sandbox(Engine):
    """A local ApiPay that keeps state. `with Sandbox() as sandbox:` starts and stops it.

    Every argument is a keyword:
        organization: "verified" (one is there from the start), or None (verify one first).
        rate_limit: "spec" (as the specification states), a `RateLimit`, or None (off).
        clock: "real", "manual" (stands still until `advance`), or an object with a method
            `time()` to follow, such as `apipay.testing.VirtualClock`: client and sandbox share it.
        speed: how many sandbox seconds pass in one real second; only with clock="real".
        start_at: the sandbox's time at the start; needs a time zone. Default: now.
        api_key, webhook_secret: invented when not given.
        webhook_url: a first webhook.
        allow_remote_webhooks: let webhooks leave this machine.
        webhook_timeout: real seconds a receiver has to answer; default as in the specification.
        payment_deadline: seconds after which an unpaid invoice expires; default a day.
        auto_confirm, auto_pay: confirm verifications and pay invoices by itself after so many
            seconds; None: never.
        db: a SQLite file that keeps everything over restarts and crashes; None: memory only.
        host, port: where to listen; port 0 takes a free one.
        public_url: how clients reach the sandbox, if not by http://host:port.

    Attributes: `base_url` (for the client; ends in /api), `url` (of pages and control), `api_key`,
    `webhook_secret`.

    Raises:
        SandboxError: an argument cannot be used, or the port is taken.
    """

    def __init__(
        self,
        *,
        organization: Literal["verified"] | None = "verified",
        rate_limit: RateLimit | Literal["spec"] | None = "spec",
        clock: Literal["real", "manual"] | TimeSource = "real",
        speed: float = 1.0,
        start_at: datetime | None = None,
        api_key: str | None = None,
        webhook_secret: str | None = None,
        webhook_url: str | None = None,
        allow_remote_webhooks: bool = False,
        webhook_timeout: float | None = None,
        payment_deadline: float = PAYMENT_DEADLINE,
        auto_confirm: float | None = None,
        auto_pay: float | None = None,
        db: str | Path | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        public_url: str | None = None,
    ) -> None:
        spec = specification.load()
        if public_url is not None:
            _check_public_url(public_url)
        if webhook_timeout is not None and not 0 < webhook_timeout <= 3600:
            raise SandboxError(
                "webhook_timeout must be more than 0 and at most 3600 seconds.", status=422
            )
        if rate_limit == "spec":
            rate_limit = RateLimit(*spec.rate_limit)
        self.url: str
        self.base_url: str
        self._base_path = spec.base_path
        self._server = HttpServer(self._serve, self._send_webhooks, host, port)
        journal = None
        try:
            journal = None if db is None else SqliteJournal(db)
            if journal is not None:
                api_key = journal.setting("api_key", api_key, new_key)
                webhook_secret = journal.setting("webhook_secret", webhook_secret, new_secret)
            running = _clock(clock, speed, start_at, journal)
            shown = f"[{host}]" if ":" in host else host
            self.url = (public_url or f"http://{shown}:{self._server.port}").rstrip("/")
            self.base_url = self.url + spec.base_path
            super().__init__(
                spec,
                Store(journal),
                running,
                Settings(
                    payment_deadline=payment_deadline, auto_confirm=auto_confirm, auto_pay=auto_pay
                ),
                Start(
                    api_key=api_key or new_key(),
                    webhook_secret=webhook_secret or new_secret(),
                    webhook_url=webhook_url,
                    verified=organization == "verified",
                    rate_limit=rate_limit,
                    allow_remote_webhooks=allow_remote_webhooks,
                    webhook_timeout=webhook_timeout,
                ),
                self.url,
            )
        except BaseException:
            self._server.stop()
            if journal is not None:
                journal.close()
            raise
        self._api = Api(
            self._state,
            self._actions,
            self._keys,
            self._limiter,
            self._plan,
            self.calls,
            self._server.refuse,
        )
        self._site = Site([*control_routes(self), *page_routes(self)])
        self._state.on_news = lambda: self._server.call_soon(self._sender.wake)

    def start(self) -> Self:
        """Begin to accept connections."""
        self._server.start()
        return self

    def stop(self) -> None:
        """Stop. What was kept in memory can still be looked at; it cannot be started again."""
        self._server.stop()
        self._store.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"Sandbox({self.base_url!r})"

    @property
    def environment(self) -> Mapping[str, str]:
        """What a service under test needs in its environment variables."""
        return {
            "APIPAY_BASE_URL": self.base_url,
            "APIPAY_API_KEY": self.api_key,
            "APIPAY_WEBHOOK_SECRET": self.webhook_secret,
        }

    def refuse_connections(self, seconds: float) -> None:
        """Refuse new connections for so many real seconds. Open ones go on."""
        if not 0 < seconds <= 3600:
            raise SandboxError("Connections are refused for 0 to 3600 seconds.", status=422)
        self._in_server(lambda: self._server.refuse(seconds))

    @contextmanager
    def down(self) -> Generator[None]:
        """The server is down within: idle connections end, new ones are refused."""

        def go_down() -> None:
            self._server.refuse(None)
            self._server.close_idle()

        self._in_server(go_down)
        try:
            yield
        finally:
            self._in_server(self._server.accept)

    def _in_server(self, function: Callable[[], object]) -> None:
        """Run a function in the server's thread, and wait for it."""
        if self._server.in_own_thread():
            function()
            return
        if not self._server.running:
            raise SandboxError("The sandbox is not running.")
        done = threading.Event()

        def run() -> None:
            try:
                function()
            finally:
                done.set()

        self._server.call_soon(run)
        done.wait(5)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, base = scope["path"], self._base_path
        in_api = path.startswith(base) and path[len(base) : len(base) + 1] in {"/", ""}
        try:
            await (self._api if in_api else self._site)(scope, receive, send)
        except asyncio.CancelledError:
            # Only stopping cancels, after it has cut the connection. Raised further, uvicorn would
            # log it as a failure.
            return

    async def _send_webhooks(self) -> None:
        await self._sender.run()


def _check_public_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        good = (
            parts.scheme in {"http", "https"}
            and bool(parts.hostname)
            and parts.port != 0
            and not (parts.query or parts.fragment)
        )
    except ValueError:
        good = False
    if not good:
        raise SandboxError(
            "public_url must begin with http:// or https:// and name a host, with no query.",
            status=422,
        )


def _clock(
    clock: Literal["real", "manual"] | TimeSource,
    speed: float,
    start_at: datetime | None,
    journal: SqliteJournal | None,
) -> SandboxClock:
    """Make the clock; with a file it goes on from the time that the file knows."""
    if start_at is not None and start_at.tzinfo is None:
        raise SandboxError("start_at needs a time zone.", status=422)
    if not isinstance(clock, str):
        if start_at is not None or speed != 1.0:
            raise SandboxError("A clock to follow has its own time and speed.", status=422)
        made: SandboxClock = FollowingClock(clock)
    else:
        if clock == "manual":
            if speed != 1.0:
                raise SandboxError("A manual clock stands still: it takes no speed.", status=422)
            speed = 0.0
        start = None if start_at is None else start_at.timestamp()
        last = None if journal is None else journal.last_time()
        if last is not None:
            before, then = last
            passed = 0.0 if speed == 0 else max(0.0, time.time() - then)
            start = max(before + passed, start or 0.0)
        made = RunningClock(speed, start)
    if journal is not None:
        journal.now = made.now
    return made
