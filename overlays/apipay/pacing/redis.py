"""The request budget of one API key, shared by all processes and hosts through Redis.

Needs the extra `redis` (redis-py) and a Redis server from version 5 on.
"""

import itertools
import logging
import os
import socket
import threading
import uuid
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Final, Literal, Self

try:
    import redis
    import redis.exceptions
except ImportError as missing:
    raise ImportError("RedisBudget needs the package redis: install apipay[redis].") from missing

from apipay import settings
from apipay._clock import SYSTEM_CLOCK, Clock
from apipay.errors import InvalidRequestError, RateLimitWaitError
from apipay.pacing import scripts
from apipay.pacing.budget import BudgetState, LocalBudget, OnWait, key_id, refuse_too_long
from apipay.pacing.limits import LEVELS, Outcome, Priority, RateLimit
from apipay.pacing.window import Permit
from apipay_client.operations import EXTENSIONS

_logger = logging.getLogger("apipay")

OnUnavailable = Literal["local", "wait", "error"]

_MICRO: Final = 1_000_000
_TRY_AGAIN = 1.0  # seconds between two tries while Redis is away
_PATIENCE = 15.0  # seconds after which one who waits and does not ask is taken for dead
_LONGEST_LOOK = 5.0  # seconds between two looks of one who waits, at most

_UNREACHABLE = (redis.exceptions.RedisError, OSError)


@dataclass(slots=True)
class SharedPermit(Permit):
    """A permit that Redis gave, or this process in its place."""

    name: str
    mirror: Permit
    """The same request in this process's own count."""
    shared: bool
    """False when Redis was away: then only the mirror knows of it."""


@dataclass(frozen=True, slots=True)
class _Ask:
    """A script to run in Redis."""

    script: Any
    arguments: tuple[Any, ...]


_Steps = Generator[_Ask | float, Any, SharedPermit]
"""Yields scripts to run and seconds to sleep; takes what the script gave, or its exception."""


class RedisBudget:
    """A `Budget` that lives in Redis: `ApiPay(budget=RedisBudget.from_url("redis://..."))`.

    All that wait, wherever they run, form one queue: `high` before `normal` before `low`, each in
    the order of arrival. A process that dies gives back what it held within a few minutes.

    While Redis cannot be reached, `on_unavailable` says what to do:

    - "local": each process goes on with its share of the limit: the limit divided by the number of
      processes that were there last, or by `assume_processes` before any contact.
    - "wait": calls wait until Redis is back, or until their deadline: `RateLimitWaitError`.
    - "error": `RateLimitWaitError` at once. Nothing is sent.

    A Redis that lost its data starts counting anew; what answers say is left, and at the worst a
    429, set it right.

    Args:
        server: A `redis.Redis`. Give it timeouts (`socket_timeout`), or a call waits for a dead
            server as long as the operating system does.
        api_key: The key whose budget it is; else APIPAY_API_KEY. Redis sees a hash of it only.
        limit: How many requests the key may send; else what the specification states.
    """

    def __init__(
        self,
        server: "redis.Redis",
        api_key: str | None = None,
        limit: RateLimit | None = None,
        *,
        on_unavailable: OnUnavailable = "local",
        assume_processes: int = 4,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        if on_unavailable not in ("local", "wait", "error"):
            raise InvalidRequestError('on_unavailable is "local", "wait" or "error".')
        if assume_processes < 1:
            raise InvalidRequestError("assume_processes is 1 or more.")
        limit = limit or RateLimit.from_spec(EXTENSIONS)
        if limit is None:
            raise InvalidRequestError("The specification states no rate limit: pass limit.")
        self.limit = limit
        self._on_unavailable: OnUnavailable = on_unavailable
        self._clock = clock
        self._processes = assume_processes
        self._mirror = LocalBudget(self._share(), clock)
        self._left = limit.requests
        self._waiting = 0
        self._lock = threading.Lock()
        self._away_until = 0.0
        self._was_away = False
        self._numbers = itertools.count()
        self._process = ("", 0)
        name = f"apipay:budget:{{{key_id(settings.read_api_key(api_key))}}}:"
        self._keys = [name + key for key in ("log", "flight", "queue", "alive", "members", "state")]
        self._acquire = server.register_script(scripts.ACQUIRE)
        self._settle = server.register_script(scripts.SETTLE)
        self._leave = server.register_script(scripts.LEAVE)
        self._moment: Callable[[], int] = lambda: 0  # 0: by Redis's own clock
        lease = max(120.0, 2 * limit.window_seconds)
        self._numbers_of_limit = (
            limit.requests,
            _micro(limit.window_seconds),
            _micro(limit.hold_seconds),
            _micro(lease),
        )

    @classmethod
    def from_url(
        cls,
        url: str,
        api_key: str | None = None,
        *,
        limit: RateLimit | None = None,
        on_unavailable: OnUnavailable = "local",
        assume_processes: int = 4,
        timeout: float = 0.5,
        clock: Clock = SYSTEM_CLOCK,
    ) -> Self:
        """Connect to the Redis at `url`; `timeout` seconds without an answer mean it is away."""
        # redis-py leaves the other arguments of from_url without types.
        server: redis.Redis = redis.Redis.from_url(  # pyright: ignore[reportUnknownMemberType]
            url, socket_timeout=timeout, socket_connect_timeout=timeout
        )
        return cls(
            server,
            api_key,
            limit=limit,
            on_unavailable=on_unavailable,
            assume_processes=assume_processes,
            clock=clock,
        )

    def acquire(
        self,
        priority: Priority = "normal",
        deadline: float | None = None,
        on_wait: OnWait | None = None,
    ) -> Permit:
        steps = self._course(priority, deadline, on_wait)
        answer: Any = None
        try:
            while True:
                step = steps.send(answer)
                if isinstance(step, _Ask):
                    answer = self._run(step)
                else:
                    self._clock.sleep(step)
                    answer = None
        except StopIteration as end:
            permit: SharedPermit = end.value
            return permit
        finally:
            steps.close()

    async def acquire_async(
        self,
        priority: Priority = "normal",
        deadline: float | None = None,
        on_wait: OnWait | None = None,
    ) -> Permit:
        # redis-py's own async client knows asyncio only; a thread serves trio as well.
        import anyio
        import anyio.to_thread

        steps = self._course(priority, deadline, on_wait)
        answer: Any = None
        try:
            while True:
                step = steps.send(answer)
                if isinstance(step, _Ask):
                    # Not cancelled half way: Redis has counted what the answer says.
                    with anyio.CancelScope(shield=True):
                        answer = await anyio.to_thread.run_sync(self._run, step)
                else:
                    await self._clock.sleep_async(step)
                    answer = None
        except StopIteration as end:
            permit: SharedPermit = end.value
            return permit
        except BaseException:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(steps.close)
            raise

    def settle(self, permit: Permit, outcome: Outcome) -> None:
        ask = self._end(permit, outcome)
        if ask is not None:
            self._run(ask)

    async def settle_async(self, permit: Permit, outcome: Outcome) -> None:
        import anyio
        import anyio.to_thread

        ask = self._end(permit, outcome)
        if ask is not None:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(self._run, ask)

    def state(self) -> BudgetState:
        """The budget as this process saw it last; asks nobody."""
        return BudgetState(self.limit, self._left, self._waiting)

    def __repr__(self) -> str:
        return f"RedisBudget({self.limit!r}, on_unavailable={self._on_unavailable!r})"

    def _course(self, priority: Priority, deadline: float | None, on_wait: OnWait | None) -> _Steps:
        """The course of one `acquire`."""
        low = priority == "low"
        level = LEVELS[priority]
        name = self._name()
        promoted_at = self._clock.monotonic() + self.limit.window_seconds
        queued = False
        try:
            while True:
                now = self._clock.monotonic()
                if level == LEVELS["low"] and now >= promoted_at:
                    level = LEVELS["normal"]
                reserve = self.limit.reserve if low else 0
                answer = yield self._asking(name, level, reserve)
                if isinstance(answer, Exception):
                    if self._on_unavailable == "local":
                        mirror = yield from self._mirror.turns(priority, deadline, on_wait)
                        return _permit(mirror, name, shared=False)
                    yield self._pause_while_away(deadline)
                    continue
                pause, ahead = int(answer[0]) / _MICRO, int(answer[1])
                self._know(processes=int(answer[2]), left=int(answer[3]))
                if not pause:
                    if queued:
                        self._count_waiting(-1)
                        queued = False
                    return self._given(name, answer)
                if not queued:
                    self._count_waiting(1)
                    queued = True
                if deadline is not None and self._clock.monotonic() + pause > deadline:
                    yield _Ask(self._leave, (name,))
                    self._count_waiting(-1)
                    queued = False
                    refuse_too_long(self._clock.monotonic(), pause, deadline)
                if on_wait is not None:
                    on_wait(pause)
                    on_wait = None
                look = min(1.0, self.limit.window_seconds / 60)
                yield min(pause, _LONGEST_LOOK, look * (1 + ahead / self.limit.requests))
        finally:
            if queued:
                self._count_waiting(-1)
                self._run(_Ask(self._leave, (name,)))

    def _asking(self, name: str, level: int, reserve: int) -> _Ask:
        process = name.partition("#")[0]
        patience = _micro(_PATIENCE)
        return _Ask(self._acquire, (reserve, name, name, level, patience, process))

    def _given(self, name: str, answer: Any) -> SharedPermit:
        mirror = self._mirror.count()
        permit = _permit(mirror, name, shared=True)
        permit.held, permit.started = int(answer[4]), int(answer[5])
        permit.sent_at = int(answer[6])
        permit.probe = bool(answer[7])
        return permit

    def _end(self, permit: Permit, outcome: Outcome) -> _Ask | None:
        """Count the end of a request here; gives what to tell Redis."""
        assert isinstance(permit, SharedPermit), "a permit goes back where it came from"
        # What is left of the whole budget says nothing about this process's share of it.
        self._mirror.settle(permit.mirror, outcome._replace(remaining=None))
        if not permit.shared:
            return None
        if outcome.remaining is not None:
            self._left = min(self.limit.requests, outcome.remaining)
        retry_after = -1 if outcome.retry_after is None else _micro(outcome.retry_after)
        return _Ask(
            self._settle,
            (
                permit.name,
                permit.held,
                permit.started,
                int(permit.sent_at),
                int(outcome.sent),
                outcome.status or 0,
                -1 if outcome.remaining is None else outcome.remaining,
                retry_after,
            ),
        )

    def _run(self, ask: _Ask) -> Any:
        """Run a script; gives its answer, or the exception while Redis is away."""
        now = self._clock.monotonic()
        if self._was_away and now < self._away_until:
            return ConnectionError("Redis was away a moment ago.")
        head = () if ask.script is self._leave else (self._moment(), *self._numbers_of_limit)
        try:
            answer = ask.script(keys=self._keys, args=[*head, *ask.arguments])
        except _UNREACHABLE as error:
            self._away_until = self._clock.monotonic() + _TRY_AGAIN
            if not self._was_away:
                self._was_away = True
                # The message of the error can hold the address and with it a password.
                _logger.warning(
                    "The shared rate budget in Redis cannot be used (%s); on_unavailable=%s.",
                    type(error).__name__,
                    self._on_unavailable,
                )
            return error
        if self._was_away:
            self._was_away = False
            _logger.warning("The shared rate budget in Redis is back.")
        return answer

    def _pause_while_away(self, deadline: float | None) -> float:
        now = self._clock.monotonic()
        if self._on_unavailable == "error" or (
            deadline is not None and now + _TRY_AGAIN > deadline
        ):
            raise RateLimitWaitError(
                "The shared rate budget in Redis cannot be reached, and on_unavailable is "
                f"{self._on_unavailable!r}. Nothing was sent.",
                retry_after=_TRY_AGAIN,
            )
        return _TRY_AGAIN

    def _know(self, processes: int, left: int) -> None:
        self._left = left
        if processes != self._processes:
            self._processes = max(1, processes)
            self._mirror.limit = self._share()

    def _share(self) -> RateLimit:
        share = max(1, self.limit.requests // self._processes)
        return RateLimit(share, self.limit.window_seconds)

    def _count_waiting(self, change: int) -> None:
        with self._lock:
            self._waiting += change

    def _name(self) -> str:
        """A name that no other request has, on any host; the part before # is the process's."""
        process, pid = self._process
        if pid != os.getpid():
            pid = os.getpid()
            process = f"{socket.gethostname()}-{pid}-{uuid.uuid4().hex[:12]}"
            self._process = (process, pid)
        return f"{process}#{next(self._numbers)}"


def _permit(mirror: Permit, name: str, *, shared: bool) -> SharedPermit:
    return SharedPermit(
        sent_at=mirror.sent_at,
        held=mirror.held,
        started=mirror.started,
        finished=mirror.finished,
        probe=mirror.probe,
        name=name,
        mirror=mirror,
        shared=shared,
    )


def _micro(seconds: float) -> int:
    # Cut to years, so that a Redis score still holds it to the microsecond.
    return round(min(max(seconds, 0.0), 1e8) * _MICRO)
