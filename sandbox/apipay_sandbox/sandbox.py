"""`Sandbox`: the whole API on a port of this machine."""

import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, Self
from urllib.parse import urlsplit

from . import seed as seed_data
from . import spec as specification
from .app import RootApp
from .clock import FollowingClock, RunningClock, SandboxClock, TimeSource
from .control import refusal_seconds
from .errors import SandboxError
from .faults import NEEDS_RELAY, Fault, InjectedFault
from .ratelimit import RateLimit
from .server import Server
from .sqlite import SqliteDatabase
from .state import PAYMENT_DEADLINE, Settings
from .store import Store
from .world import World, new_key, new_secret


class Sandbox:
    """A local ApiPay with state. `with Sandbox() as sandbox:` starts and stops it.

    Args:
        organization: "verified" (one exists from the start) or None (verify one first).
        rate_limit: "spec" (as the specification states), a `RateLimit`, or None (no limit).
        clock: "real", "manual" (stands still until `advance`), or an object with a method
            `time()` to follow, such as `apipay.testing.VirtualClock`: client and sandbox share it.
        speed: sandbox seconds per real second; only with clock="real".
        start_at: the sandbox's time at the start, with a time zone. Default: now.
        api_key, webhook_secret: random by default.
        webhook_url: a first webhook.
        allow_remote_webhooks: let webhooks leave this machine.
        webhook_timeout: real seconds in which a receiver must respond; default: the specification.
        payment_deadline: seconds after which an unpaid invoice expires; default: a day.
        auto_confirm, auto_pay: seconds after which verifications are confirmed and invoices paid
            automatically; None: never.
        db: a SQLite file that keeps everything across restarts and crashes; None: memory only.
        seed: a JSON file with data to start from, loaded if there are no invoices yet.
        host, port: where to listen; port 0 chooses a free one.
        public_url: the URL under which clients reach it, if not http://host:port.

    All verbs of its `World` are methods: `pay`, `advance`, `inject`, `deliveries` and so on.

    Raises:
        SandboxError: an argument cannot be used, or the port is in use.
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
        seed: str | Path | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        public_url: str | None = None,
    ) -> None:
        spec = specification.load()
        if public_url is not None:
            _check_public_url(public_url)
        if rate_limit == "spec":
            rate_limit = RateLimit(*spec.rate_limit)
        self._server = Server(host, port)
        database = None
        try:
            if db is not None:
                database = SqliteDatabase(db)
                api_key = database.setting("api_key", api_key, new_key)
                webhook_secret = database.setting("webhook_secret", webhook_secret, new_secret)
            shown = f"[{host}]" if ":" in host else host
            self.world = World(
                spec,
                Store(database),
                _clock(clock, speed, start_at, database),
                Settings(
                    api_key=api_key or new_key(),
                    webhook_secret=webhook_secret or new_secret(),
                    webhook_url=webhook_url,
                    verified=organization == "verified",
                    rate_limit=rate_limit,
                    allow_remote_webhooks=allow_remote_webhooks,
                    webhook_timeout=webhook_timeout,
                    payment_deadline=payment_deadline,
                    auto_confirm=auto_confirm,
                    auto_pay=auto_pay,
                ),
                (public_url or f"http://{shown}:{self._server.port}").rstrip("/"),
            )
            if seed is not None and not self.world.invoices():
                seed_data.load_file(self.world, seed)
        except BaseException:
            self._server.stop()
            if database is not None:
                database.close()
            raise
        world = self.world
        self._app = RootApp(world, self._server, host)
        world.state.on_change = lambda: self._server.call_soon(world.sender.wake)
        self.url = world.url
        self.base_url = world.base_url
        self.api_key = world.settings.api_key
        self.webhook_secret = world.settings.webhook_secret
        self.calls = world.calls
        self.confirm_verification = world.confirm_verification
        self.refuse_verification = world.refuse_verification
        self.pay = world.pay
        self.decline = world.decline
        self.expire = world.expire
        self.advance = world.advance
        self.faults = world.active_faults
        self.clear_faults = world.clear_faults
        self.set_rate_limit = world.set_rate_limit
        self.add_api_key = world.add_api_key
        self.expire_api_key = world.expire_api_key
        self.add_webhook = world.add_webhook
        self.remove_webhook = world.remove_webhook
        self.webhooks = world.webhooks
        self.send_event = world.send_event
        self.deliveries = world.deliveries
        self.redeliver = world.redeliver
        self.wait_for_deliveries = world.wait_for_deliveries
        self.organizations = world.organizations
        self.invoices = world.invoices
        self.refunds = world.refunds
        self.recurring_invoices = world.recurring_invoices
        self.invoice_by_token = world.invoice_by_token
        self.requests = world.requests
        self.reset = world.reset

    def start(self) -> Self:
        """Accept connections."""
        self._server.start(self._app, self.world.sender.run)
        return self

    def stop(self) -> None:
        """Stop. Records in memory can still be read; the sandbox cannot be started again."""
        self._server.stop()
        self.world.close()

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
        """The environment variables for a service under test."""
        return self.world.environment

    @property
    def now(self) -> datetime:
        """The sandbox's time, in UTC."""
        return self.world.now

    def inject(self, fault: Fault) -> InjectedFault:
        """Start a fault. The returned object counts the calls that it hits."""
        injected = self.world.inject(fault)
        if fault.kind in NEEDS_RELAY:
            self._server.require_relay()
        return injected

    def inject_profile(self, name: str, seed: int = 0) -> list[InjectedFault]:
        """Start the faults of a profile: flaky, slow, lost-answers or rate-limited."""
        injected = self.world.inject_profile(name, seed)
        if any(one.fault.kind in NEEDS_RELAY for one in injected):
            self._server.require_relay()
        return injected

    def load_seed(self, path: str | Path) -> None:
        """Add the data of a seed file."""
        seed_data.load_file(self.world, path)

    def refuse_connections(self, seconds: float) -> None:
        """Refuse new connections for real seconds. Open ones continue."""
        refusal_seconds(seconds)
        self._server.run(lambda: self._server.refuse(seconds))

    @contextmanager
    def down(self) -> Generator[None]:
        """Take the server down inside: connections are closed, new ones are refused."""
        self._server.run(lambda: self._server.refuse(float("inf"), close=True))
        try:
            yield
        finally:
            self._server.run(self._server.accept)


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
            "public_url must begin with http:// or https:// and contain a host, without a query.",
            status=422,
        )


def _clock(
    clock: Literal["real", "manual"] | TimeSource,
    speed: float,
    start_at: datetime | None,
    database: SqliteDatabase | None,
) -> SandboxClock:
    """Return the clock; with a database it continues from the stored time."""
    if start_at is not None and start_at.tzinfo is None:
        raise SandboxError("start_at needs a time zone.", status=422)
    if not isinstance(clock, str):
        if start_at is not None or speed != 1.0:
            raise SandboxError("A followed clock has its own time and speed.", status=422)
        made: SandboxClock = FollowingClock(clock)
    else:
        if clock == "manual":
            if speed != 1.0:
                raise SandboxError("A manual clock has no speed.", status=422)
            speed = 0.0
        start = None if start_at is None else start_at.timestamp()
        last = None if database is None else database.last_time()
        if last is not None:
            before, then = last
            passed = 0.0 if speed == 0 else max(0.0, time.time() - then)
            start = max(before + passed, start or 0.0)
        made = RunningClock(speed, start)
    if database is not None:
        database.now = made.now
    return made
