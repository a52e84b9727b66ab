"""The request budget of one API key, shared by all processes and hosts through Redis.

Needs the extra `redis` (redis-py) and a Redis server from version 5 on.
"""

import copy
import itertools
import logging
import socket
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

try:
    import redis
    import redis.exceptions
except ImportError as missing:
    raise ImportError("RedisBudget needs the package redis: install apipay[redis].") from missing

from apipay._clock import SYSTEM_CLOCK, Clock
from apipay._options import parse_api_key
from apipay._process import adjust_after_fork, key_id
from apipay._steps import Blocking, Steps
from apipay.errors import InvalidRequestError, RateLimitWaitError
from apipay.pacing.budget import BudgetState, LocalBudget, OnWait, Wait
from apipay.pacing.limits import NOT_SENT, Outcome, Priority, RateLimit
from apipay.pacing.window import Permit
from apipay_client.operations import EXTENSIONS

_logger = logging.getLogger("apipay")

OnUnavailable = Literal["local", "wait", "error"]
"""Reaction to a Redis that cannot be reached; see `RedisBudget`."""

_MICRO: Final = 1_000_000
_RETRY_INTERVAL: Final = 1.0  # seconds between two tries while Redis is unavailable
_PATIENCE: Final = 15.0  # seconds without a try after which a waiting request counts as dead
_LONGEST_SLEEP: Final = 5.0  # seconds between two tries of a waiting request, at most
_UNREACHABLE: Final = "The shared rate budget in Redis cannot be reached"


class RedisBudget:
    """A `Budget` in Redis, for many processes: `ApiPay(budget=RedisBudget("redis://..."))`.

    All waiting requests, in whatever process, form one queue: `high` before `normal` before `low`,
    each in the order of arrival. What a process held when it died is free again within minutes.

    While Redis cannot be reached, `on_unavailable` decides:

    - "local": each process continues with its share: the limit divided by the number of processes
      that were there last, or by `assume_processes` before any contact.
    - "wait": calls wait until Redis is back. Past their deadline they raise `RateLimitWaitError`.
    - "error": calls raise `RateLimitWaitError` at once.

    A Redis that lost its data counts from zero again. What responses say is left, at worst a 429,
    corrects the count.

    Args:
        server: The URL of the Redis server, or a `redis.Redis` or `redis.RedisCluster`. A client of
            your own should have a `socket_timeout`, or a call waits for a dead server as long as
            the operating system does.
        api_key: The API key, by default APIPAY_API_KEY. Redis sees only a hash of it.
        limit: The rate limit of the key, by default the one in the spec.
        on_unavailable: What to do while Redis cannot be reached.
        assume_processes: The number of processes, while Redis has not told it.
        timeout: Seconds without a response after which a server given as a URL is unavailable.
    """

    def __init__(
        self,
        server: "redis.Redis | str",
        api_key: str | None = None,
        limit: RateLimit | None = None,
        *,
        on_unavailable: OnUnavailable = "local",
        assume_processes: int = 4,
        timeout: float = 0.5,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        key = parse_api_key(api_key)
        del api_key  # a traceback of what follows does not show it
        if isinstance(key, str):
            raise InvalidRequestError(key)
        if on_unavailable not in ("local", "wait", "error"):
            raise InvalidRequestError('on_unavailable must be "local", "wait" or "error".')
        if assume_processes < 1:
            raise InvalidRequestError("assume_processes must be 1 or more.")
        limit = limit or RateLimit.from_spec(EXTENSIONS)
        if limit is None:
            raise InvalidRequestError("The spec states no rate limit. Pass limit.")
        self._on_unavailable: OnUnavailable = on_unavailable
        self._processes = assume_processes
        self._clock = clock
        self._key = key_id(key.value)
        self._scripts = _Scripts(_connect(server, timeout), on_unavailable, clock)
        self._scopes: dict[tuple[str, RateLimit], RedisBudget] = {}
        self._numbers = itertools.count()
        self._moment: Callable[[], int] = lambda: 0  # 0: by the clock of Redis
        self._open("", limit)

    def _open(self, scope: str, limit: RateLimit) -> None:
        """Set all that is separate for each scope."""
        name = f"apipay:budget:{{{self._key}{scope and ':' + scope}}}:"
        self._keys = [name + key for key in ("log", "flight", "queue", "alive", "members", "state")]
        self.limit = limit
        self._left = limit.requests
        self._waiting: set[str] = set()
        self._process = _process_name()
        self._mirror = LocalBudget(self._share(), self._clock)
        adjust_after_fork(self)

    def scoped(self, name: str, limit: RateLimit) -> "RedisBudget":
        """See `Budget.scoped`."""
        found = self._scopes.get((name, limit))
        if found is None:
            made = copy.copy(self)
            made._open(name, limit)
            found = self._scopes.setdefault((name, limit), made)
        return found

    def acquire(
        self,
        priority: Priority = "normal",
        deadline: float | None = None,
        on_wait: OnWait | None = None,
    ) -> Steps[Permit]:
        """See `Budget.acquire`."""
        request = _Request(f"{self._process}#{next(self._numbers)}")
        reserve = self.limit.reserve if priority == "low" else 0
        wait = Wait(self.limit, priority, deadline, on_wait, self._clock.monotonic())
        try:
            while True:
                level = wait.level(self._clock.monotonic())
                reply: _Reply | None = yield Blocking(partial(self._ask, request, level, reserve))
                if reply is None and self._on_unavailable == "local":
                    return (yield from self._mirror.acquire(priority, deadline, on_wait))
                if reply is not None and not reply.pause:
                    return self._permit(request, reply)
                self._waiting.add(request.name)
                yield self._sleep(wait, reply)
        except GeneratorExit:
            raise  # nothing can be yielded now; Redis takes the request for dead soon
        except BaseException:
            request.withdrawn = True
            yield Blocking(partial(self._withdraw, request))
            raise
        finally:
            self._waiting.discard(request.name)

    def release(self, permit: Permit, outcome: Outcome) -> Steps[None]:
        """See `Budget.release`."""
        # What is left of the whole budget says nothing about the share of this process.
        own = outcome._replace(remaining=None)
        if not isinstance(permit, _SharedPermit):
            self._mirror.count_end(permit, own)
            return
        self._mirror.count_end(permit.mirror, own)
        if outcome.remaining is not None:
            self._left = min(self.limit.requests, outcome.remaining)
        yield Blocking(partial(self._run_release, permit.name, permit, outcome))

    def state(self) -> BudgetState:
        """Return what this process saw last, without I/O."""
        return BudgetState(self.limit, self._left, len(self._waiting))

    def after_fork(self) -> None:
        """Continue in a child process, which is a process of its own and where no request waits."""
        self._waiting.clear()
        self._process = _process_name()

    def __repr__(self) -> str:
        return f"RedisBudget({self.limit!r}, on_unavailable={self._on_unavailable!r})"

    def _ask(self, request: "_Request", level: int, reserve: int) -> "_Reply | None":
        """Ask for a permit. Return None while Redis is unavailable."""
        arguments = (request.name, reserve, level, _micro(_PATIENCE), self._process)
        raw = self._scripts.run("acquire", self._keys, (*self._head(), *arguments))
        if request.withdrawn:
            # The task was cancelled while this thread was in Redis; asyncio does not wait for it.
            self._withdraw(request)
        if raw is None:
            return None
        reply = _Reply(*map(int, raw))
        self._left = reply.left
        if reply.members != self._processes:
            self._processes = max(1, reply.members)
            self._mirror.limit = self._share()
        return reply

    def _sleep(self, wait: Wait, reply: "_Reply | None") -> float:
        now = self._clock.monotonic()
        if reply is not None:
            return min(wait.sleep(now, reply.pause / _MICRO, reply.ahead), _LONGEST_SLEEP)
        if self._on_unavailable == "error":
            raise RateLimitWaitError(
                f"{_UNREACHABLE}, and on_unavailable is 'error'. Nothing was sent.",
                retry_after=_RETRY_INTERVAL,
            )
        return wait.sleep(now, _RETRY_INTERVAL, reason=_UNREACHABLE)

    def _permit(self, request: "_Request", reply: "_Reply") -> "_SharedPermit":
        return _SharedPermit(
            sent_at=reply.now,
            held=reply.held,
            started=reply.started,
            finished=0,
            probe=bool(reply.probe),
            name=request.name,
            mirror=self._mirror.count_start(),
        )

    def _withdraw(self, request: "_Request") -> None:
        self._run_release(request.name, None, NOT_SENT)

    def _run_release(self, name: str, permit: Permit | None, outcome: Outcome) -> None:
        arguments = (
            name,
            permit.held if permit else 0,
            permit.started if permit else 0,
            int(permit.sent_at) if permit else 0,
            int(outcome.sent),
            outcome.status or 0,
            -1 if outcome.remaining is None else outcome.remaining,
            -1 if outcome.retry_after is None else _micro(outcome.retry_after),
        )
        self._scripts.run("release", self._keys, (*self._head(), *arguments))

    def _head(self) -> tuple[int, ...]:
        """Return the first arguments of every script."""
        window = self.limit.window_seconds
        lease = max(120.0, 2 * window)
        times = (window, self.limit.hold_seconds, lease)
        return (self._moment(), self.limit.requests, *map(_micro, times))

    def _share(self) -> RateLimit:
        share = max(1, self.limit.requests // self._processes)
        return RateLimit(share, self.limit.window_seconds)


class _Scripts:
    """The Lua scripts in one Redis server, and whether it can be reached."""

    def __init__(self, server: "redis.Redis", on_unavailable: OnUnavailable, clock: Clock) -> None:
        folder = Path(__file__).parent
        common = (folder / "common.lua").read_text()
        self._scripts: dict[str, Any] = {
            name: server.register_script(common + (folder / f"{name}.lua").read_text())
            for name in ("acquire", "release")
        }
        self._on_unavailable = on_unavailable
        self._clock = clock
        self._unavailable = False
        self._retry_at = 0.0

    def run(self, name: str, keys: list[str], arguments: tuple[Any, ...]) -> Any:
        """Run a script and return its reply, or None while Redis is unavailable."""
        if self._unavailable and self._clock.monotonic() < self._retry_at:
            return None
        try:
            reply = self._scripts[name](keys=keys, args=arguments)
        except (redis.exceptions.RedisError, OSError) as error:
            self._retry_at = self._clock.monotonic() + _RETRY_INTERVAL
            if not self._unavailable:
                self._unavailable = True
                # Without the message of the error: it can contain the address with a password.
                _logger.warning(
                    "The shared rate budget in Redis cannot be used (%s); on_unavailable=%s.",
                    type(error).__name__,
                    self._on_unavailable,
                )
            return None
        if self._unavailable:
            self._unavailable = False
            _logger.warning("The shared rate budget in Redis is back.")
        return reply


@dataclass(slots=True)
class _Request:
    """A request that asks Redis for a permit."""

    name: str
    withdrawn: bool = False


class _Reply(NamedTuple):
    """The reply of `acquire.lua`."""

    pause: int
    ahead: int
    members: int
    left: int
    held: int
    started: int
    now: int
    probe: int


@dataclass(slots=True)
class _SharedPermit(Permit):
    """A permit from Redis."""

    name: str
    mirror: Permit
    """The same request in the count of this process."""


def _connect(server: "redis.Redis | str", timeout: float) -> "redis.Redis":
    if type(server).__module__.startswith("redis.asyncio"):
        raise InvalidRequestError(
            "RedisBudget needs a redis.Redis, also in async code, not one of redis.asyncio."
        )
    if not isinstance(server, str):
        return server
    try:
        # redis-py leaves the other arguments of from_url without types.
        return redis.Redis.from_url(  # pyright: ignore[reportUnknownMemberType]
            server, socket_timeout=timeout, socket_connect_timeout=timeout
        )
    except ValueError:
        # Without the URL: it can contain a password.
        raise InvalidRequestError(
            "The Redis URL is malformed. Pass one such as redis://localhost:6379/0."
        ) from None


def _process_name() -> str:
    """Return a name that no other process has, on any host."""
    return f"{socket.gethostname()}-{uuid.uuid4().hex}"


def _micro(seconds: float) -> int:
    # At most some years, so that a score of Redis still has microseconds.
    return round(min(max(seconds, 0.0), 1e8) * _MICRO)
