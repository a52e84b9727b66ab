"""The budget in Redis: a real server, shared by several budgets as by several processes."""

import asyncio
import logging
import os
import random
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import pytest
import redis
import redis.asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apipay._process import key_id
from apipay._steps import Blocking, run, run_async
from apipay.errors import InvalidRequestError, RateLimitWaitError
from apipay.pacing import Outcome, Priority, RateLimit
from apipay.pacing.limits import NO_RESPONSE, NOT_SENT
from apipay.pacing.redis import RedisBudget, _Request
from apipay.pacing.window import Permit, Window
from apipay.testing import VirtualClock

OK = Outcome(200)
Make = Callable[..., RedisBudget]


def acquire(budget: RedisBudget, *arguments: Any, **named: Any) -> Permit:
    return run(budget.acquire(*arguments, **named), budget._clock)


async def acquire_async(budget: RedisBudget, priority: Priority = "normal") -> Permit:
    return await run_async(budget.acquire(priority), budget._clock)


def release(budget: RedisBudget, permit: Permit, outcome: Outcome = OK) -> None:
    run(budget.release(permit, outcome), budget._clock)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def make(redis_url: str, api_key: str, clock: VirtualClock) -> Iterator[Make]:
    """Makes budgets of one key as of so many processes, all on one virtual clock."""
    servers: list[redis.Redis] = []

    def make(limit: RateLimit, **options: Any) -> RedisBudget:
        server = redis.Redis.from_url(redis_url, socket_timeout=5)
        servers.append(server)
        budget = RedisBudget(server, api_key, limit=limit, clock=clock, **options)
        budget._moment = lambda: 1_000_000_000 + round(clock.monotonic() * 1_000_000)
        return budget

    yield make
    for server in servers:
        server.close()


async def until(happened: Callable[[], bool]) -> None:
    """Let real time pass: Redis is asked through threads."""
    with anyio.fail_after(10):
        while not happened():  # noqa: ASYNC110 - a thread sets it, which an event cannot see
            await anyio.sleep(0.001)


def use(budget: RedisBudget, count: int, outcome: Outcome = OK) -> None:
    for _ in range(count):
        release(budget, acquire(budget), outcome)


def test_budgets_of_one_key_share_the_limit(make: Make, clock: VirtualClock) -> None:
    first, second = make(RateLimit(60, 60)), make(RateLimit(60, 60))
    use(first, 40)
    use(second, 20)
    assert clock.monotonic() == 0
    assert second.state().remaining == 0
    use(first, 1)
    assert clock.monotonic() == pytest.approx(60.3, abs=0.01)


def test_a_deadline_that_cannot_be_met_is_refused_at_once(make: Make, clock: VirtualClock) -> None:
    first, second = make(RateLimit(60, 60)), make(RateLimit(60, 60))
    use(first, 60)
    with pytest.raises(RateLimitWaitError) as caught:
        acquire(second, deadline=clock.monotonic() + 30)
    assert clock.monotonic() == 0
    assert caught.value.retry_after == pytest.approx(60.3)
    assert second.state().waiting == 0
    clock.advance(61)
    use(second, 60)
    assert clock.monotonic() == 61


def test_a_429_of_one_closes_the_door_for_all_and_one_goes_first(
    make: Make, clock: VirtualClock
) -> None:
    first, second = make(RateLimit(60, 60)), make(RateLimit(60, 60))
    use(first, 1, Outcome(429, retry_after=20))
    asked = clock.monotonic()
    probe = acquire(second)
    assert clock.monotonic() - asked == pytest.approx(20.3, abs=0.5)
    with pytest.raises(RateLimitWaitError):
        acquire(first, deadline=clock.monotonic() + 0.1)
    release(second, probe, Outcome(200, remaining=3))
    now = clock.monotonic()
    use(first, 3)
    assert clock.monotonic() == now
    with pytest.raises(RateLimitWaitError):
        acquire(first, deadline=now + 5)


def test_a_process_that_died_gives_back_what_it_held(make: Make, clock: VirtualClock) -> None:
    first, second = make(RateLimit(2, 10)), make(RateLimit(2, 10))
    acquire(first)
    acquire(first)  # and it is never heard of again
    use(second, 1)
    assert 100 < clock.monotonic() < 200


class HeldClock(VirtualClock):
    """Its tasks sleep on until `go` is set: the time stands still while a test gets ready."""

    go: anyio.Event

    async def sleep_async(self, seconds: float) -> None:
        await self.go.wait()
        await super().sleep_async(seconds)


def test_one_who_waited_and_died_is_not_waited_for(make: Make, clock: VirtualClock) -> None:
    first, second = make(RateLimit(1, 10)), make(RateLimit(1, 10))
    use(first, 1)
    first._ask(_Request("dead#1"), 0, 0)
    use(second, 1)
    assert 15 <= clock.monotonic() < 20


def test_waiters_of_all_processes_form_one_queue(redis_url: str, api_key: str) -> None:
    clock = HeldClock()
    server = redis.Redis.from_url(redis_url)
    budgets = [RedisBudget(server, api_key, limit=RateLimit(1, 10), clock=clock) for _ in range(2)]
    for budget in budgets:
        budget._moment = lambda: 1_000_000_000 + round(clock.monotonic() * 1_000_000)
    order: list[str] = []

    async def call(budget: RedisBudget, name: str, priority: Priority) -> None:
        permit = await acquire_async(budget, priority)
        order.append(name)
        await run_async(budget.release(permit, OK), clock)

    async def main() -> None:
        clock.go = anyio.Event()
        use(budgets[0], 1)
        calls: list[tuple[str, Priority]] = [
            ("normal 1", "normal"),
            ("high 1", "high"),
            ("normal 2", "normal"),
        ]
        async with anyio.create_task_group() as group:
            for turn, (name, priority) in enumerate(calls):
                group.start_soon(call, budgets[turn % 2], name, priority)
                await until(lambda: sum(each.state().waiting for each in budgets) > turn)  # noqa: B023
            clock.go.set()

    anyio.run(main)
    server.close()
    assert order == ["high 1", "normal 1", "normal 2"]


def traces(redis_url: str, api_key: str) -> dict[str, int]:
    """Return how many requests Redis believes to be waiting or in flight."""
    with redis.Redis.from_url(redis_url) as server:
        name = f"apipay:budget:{{{key_id(api_key)}}}:"
        counts: Any = {each: server.zcard(name + each) for each in ("flight", "queue", "alive")}
        return {each: count for each, count in counts.items() if count}


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_cancelled_wait_leaves_the_queue(
    make: Make, redis_url: str, api_key: str, backend: str
) -> None:
    budget = make(RateLimit(1, 60))

    async def main() -> None:
        release(budget, await acquire_async(budget))
        async with anyio.create_task_group() as group:
            group.start_soon(acquire_async, budget)
            await until(lambda: budget.state().waiting == 1)
            group.cancel_scope.cancel()
        assert budget.state().waiting == 0
        assert traces(redis_url, api_key) == {}

    anyio.run(main, backend=backend)


class Slow:
    """Scripts that wait, before or after they run, until `go` is set."""

    def __init__(self, budget: RedisBudget, *, before: bool) -> None:
        self.entered, self.go, self.left = threading.Event(), threading.Event(), threading.Event()
        script = budget._scripts._scripts["acquire"]

        def run(**arguments: Any) -> Any:
            if not before:
                reply = script(**arguments)
            self.entered.set()
            self.go.wait(10)
            if before:
                reply = script(**arguments)
            self.left.set()
            return reply

        budget._scripts._scripts["acquire"] = run


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_cancelling_while_redis_is_asked_takes_nothing(
    make: Make, redis_url: str, api_key: str, backend: str, before: bool
) -> None:
    budget = make(RateLimit(5, 60))
    slow = Slow(budget, before=before)

    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(acquire_and_send)
            await until(slow.entered.is_set)
            group.cancel_scope.cancel()
            slow.go.set()

    async def acquire_and_send() -> None:
        permit = await acquire_async(budget)
        try:
            await anyio.sleep(5)
        except BaseException:
            await run_async(budget.release(permit, NOT_SENT), budget._clock)
            raise

    anyio.run(main, backend=backend)
    assert traces(redis_url, api_key) == {}


@pytest.mark.parametrize("before", [True, False])
def test_asyncio_cancels_without_waiting_for_redis(
    make: Make, redis_url: str, api_key: str, before: bool
) -> None:
    """`task.cancel()` leaves the thread behind; what that is still given, it gives back."""
    budget = make(RateLimit(5, 60))
    slow = Slow(budget, before=before)

    async def main() -> None:
        task = asyncio.create_task(acquire_async(budget))
        await until(slow.entered.is_set)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        slow.go.set()
        await until(slow.left.is_set)
        await until(lambda: traces(redis_url, api_key) == {})

    asyncio.run(main())


def test_an_interrupt_while_redis_is_asked_takes_nothing(
    make: Make, redis_url: str, api_key: str
) -> None:
    budget = make(RateLimit(5, 60))
    script = budget._scripts._scripts["acquire"]

    def interrupted(**arguments: Any) -> Any:
        script(**arguments)
        raise KeyboardInterrupt

    budget._scripts._scripts["acquire"] = interrupted
    with pytest.raises(KeyboardInterrupt):
        acquire(budget)
    assert traces(redis_url, api_key) == {}


def test_a_wait_that_is_dropped_half_way_ends_without_a_step(make: Make) -> None:
    budget = make(RateLimit(1, 60))
    use(budget, 1)
    steps = budget.acquire()
    ask = next(steps)
    assert isinstance(ask, Blocking)
    assert isinstance(steps.send(ask.function()), float)
    assert budget.state().waiting == 1
    steps.close()
    assert budget.state().waiting == 0


def test_an_operation_with_its_own_limit_has_its_own_count(
    make: Make, redis_url: str, api_key: str, clock: VirtualClock
) -> None:
    first, second = make(RateLimit(5, 60)), make(RateLimit(5, 60))
    limit = RateLimit(2, 30)
    refunds = first.scoped("createRefund", limit)
    assert first.scoped("createRefund", limit) is refunds
    use(refunds, 1, Outcome(429, retry_after=20))
    use(second, 5)
    assert clock.monotonic() == 0
    with pytest.raises(RateLimitWaitError):
        acquire(second.scoped("createRefund", limit), deadline=19)
    with pytest.raises(RateLimitWaitError):
        acquire(first, deadline=50)


def test_a_long_429_is_probed_once_per_window(make: Make, clock: VirtualClock) -> None:
    first, second = make(RateLimit(60, 60)), make(RateLimit(60, 60))
    use(first, 1, Outcome(429, retry_after=86_400))
    use(second, 1, Outcome(429, retry_after=86_400))
    assert clock.monotonic() == pytest.approx(60.3, abs=0.01)
    use(first, 1)
    assert clock.monotonic() == pytest.approx(120.6, abs=0.01)
    use(second, 58)
    assert clock.monotonic() == pytest.approx(120.6, abs=0.01)


def test_redis_sees_no_key_and_forgets(redis_url: str, api_key: str, make: Make) -> None:
    use(make(RateLimit(60, 60)), 3)
    server = redis.Redis.from_url(redis_url)
    keys: Any = server.keys(f"*{key_id(api_key)}*")
    assert keys
    for key in keys:
        assert api_key.encode() not in key
        left: Any = server.pttl(key)
        assert 0 < left < 300_000
        kind: Any = server.type(key)
        values: Any = server.hgetall(key) if kind == b"hash" else server.zrange(key, 0, -1)
        assert api_key not in str(values)
    server.close()


def test_five_windows_of_calls_by_four_programs_meet_no_429_and_use_the_allowance(
    make_limiter: Callable[[int, float], Any], make: Make, clock: VirtualClock
) -> None:
    """Round robin, so that each call comes while the others' calls are on their way."""
    limiter = make_limiter(60, 60.0)
    budgets = [make(RateLimit(60, 60)) for _ in range(4)]
    random_ = random.Random(7)
    served, refused = 0, 0
    on_their_way: list[tuple[float, RedisBudget, Permit, Outcome]] = []
    turn = 0
    while clock.monotonic() < 300:
        turn += 1
        budget = budgets[turn % 4]
        while on_their_way and on_their_way[0][0] <= clock.monotonic():
            _, late, permit, outcome = on_their_way.pop(0)
            release(late, permit, outcome)
        try:
            permit = acquire(budget, deadline=clock.monotonic())
        except RateLimitWaitError:
            clock.sleep(random_.uniform(0.05, 0.2))
            continue
        clock.sleep(random_.uniform(0, 0.2))
        allowed, remaining, retry_after = limiter(clock.monotonic())
        served, refused = served + allowed, refused + (not allowed)
        outcome = Outcome(200 if allowed else 429, remaining, retry_after or None)
        on_their_way.append((clock.monotonic() + 0.4, budget, permit, outcome))
    assert refused == 0
    assert served >= 0.97 * 300


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data(), requests=st.integers(1, 12))
def test_it_counts_as_the_local_window_does(
    redis_url: str, data: st.DataObject, requests: int
) -> None:
    """The same requests, moment by moment, against the pure core: the same pauses."""
    server = redis.Redis.from_url(redis_url)
    server.flushdb()
    limit, clock = RateLimit(requests, 10), VirtualClock()
    budget = RedisBudget(server, "key", limit=limit, clock=clock)
    budget._moment = lambda: 1_000_000_000 + round(clock.monotonic() * 1_000_000)
    window = Window(limit)
    pending: list[tuple[Permit, Permit]] = []
    for _ in range(data.draw(st.integers(1, 40))):
        clock.advance(data.draw(st.integers(0, 40)) / 8)
        now = clock.monotonic()
        if data.draw(st.booleans()) and pending:
            shared, local = pending.pop(data.draw(st.integers(0, len(pending) - 1)))
            outcome: Outcome = data.draw(
                st.one_of(
                    st.integers(0, requests).map(lambda left: Outcome(200, left)),
                    st.integers(0, 40).map(lambda pause: Outcome(429, 0, float(pause))),
                    st.sampled_from([OK, Outcome(429), NO_RESPONSE, NOT_SENT]),
                )
            )
            release(budget, shared, outcome)
            window.release(local, now, outcome)
            continue
        low = data.draw(st.booleans())
        pause = window.wait(now, low=low)
        priority: Priority = "low" if low else "normal"
        if pause:
            with pytest.raises(RateLimitWaitError) as caught:
                acquire(budget, priority, deadline=now)
            assert caught.value.retry_after == pytest.approx(pause, abs=0.001)
        else:
            pending.append((acquire(budget, priority, deadline=now), window.start(now)))
        assert budget.state().remaining == max(
            0, limit.requests - len(window._ended) - window._in_flight - window._foreign
        )
    server.close()


@pytest.fixture
def dead_url() -> Iterator[str]:
    """An address at which no server listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"redis://127.0.0.1:{taken.getsockname()[1]}/0"


def test_away_local_goes_on_with_a_share(
    dead_url: str, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    budget = RedisBudget(dead_url, "key", limit=RateLimit(60, 60), assume_processes=4, clock=clock)
    with caplog.at_level(logging.WARNING, "apipay"):
        use(budget, 15)
        assert clock.monotonic() == 0
        with pytest.raises(RateLimitWaitError):
            acquire(budget, deadline=1)
        use(budget, 1)
    assert clock.monotonic() == pytest.approx(60.3)
    assert len(caplog.records) == 1
    assert "127.0.0.1" not in caplog.text


def test_away_error_and_wait(dead_url: str, clock: VirtualClock) -> None:
    limit = RateLimit(60, 60)
    refusing = RedisBudget(dead_url, "key", limit=limit, on_unavailable="error", clock=clock)
    with pytest.raises(RateLimitWaitError, match="Redis"):
        acquire(refusing)
    assert clock.monotonic() == 0
    patient = RedisBudget(dead_url, "key", limit=limit, on_unavailable="wait", clock=clock)
    with pytest.raises(RateLimitWaitError, match="Redis"):
        acquire(patient, deadline=10)
    assert 8 < clock.monotonic() <= 10


class Flaky:
    """A Redis that can be switched off."""

    def __init__(self, server: redis.Redis) -> None:
        self._server = server
        self.off = False

    def register_script(self, script: str) -> Callable[..., Any]:
        registered = self._server.register_script(script)

        def run(**arguments: Any) -> Any:
            if self.off:
                raise redis.ConnectionError("off")
            return registered(**arguments)

        return run


@pytest.fixture
def flaky(redis_url: str) -> Iterator[Flaky]:
    server = redis.Redis.from_url(redis_url)
    yield Flaky(server)
    server.close()


def test_it_falls_back_and_comes_back(
    flaky: Any, make: Make, api_key: str, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    limit = RateLimit(60, 60)
    budget = RedisBudget(flaky, api_key, limit=limit, clock=clock)
    budget._moment = lambda: 1_000_000_000 + round(clock.monotonic() * 1_000_000)
    use(make(limit), 1)  # another process is there, so half of the limit is this one's share
    use(budget, 20)
    flaky.off = True
    with caplog.at_level(logging.WARNING, "apipay"):
        permit = acquire(budget)
        use(budget, 9)
        assert clock.monotonic() == 0
        with pytest.raises(RateLimitWaitError):
            acquire(budget, deadline=5)
        flaky.off = False
        clock.advance(2)
        release(budget, permit)
        use(budget, 39)
        assert clock.monotonic() == 2
    assert [record.getMessage().split(" (")[0] for record in caplog.records] == [
        "The shared rate budget in Redis cannot be used",
        "The shared rate budget in Redis is back.",
    ]


def test_a_call_that_waits_goes_on_when_redis_is_back(
    flaky: Any, api_key: str, clock: VirtualClock
) -> None:
    limit = RateLimit(60, 60)
    budget = RedisBudget(flaky, api_key, limit=limit, on_unavailable="wait", clock=clock)
    flaky.off = True
    plain_sleep = clock.sleep

    def sleep(seconds: float) -> None:
        plain_sleep(seconds)
        flaky.off = clock.monotonic() < 30

    clock.sleep = sleep  # type: ignore[method-assign]
    use(budget, 1)
    assert 30 <= clock.monotonic() < 32


def test_redis_that_goes_away_while_a_call_is_on_its_way_does_no_harm(
    flaky: Any, api_key: str, clock: VirtualClock
) -> None:
    budget = RedisBudget(flaky, api_key, limit=RateLimit(5, 60), clock=clock)
    permit = acquire(budget)
    flaky.off = True
    release(budget, permit)


def test_a_wait_for_redis_is_announced_and_cut_to_the_deadline(
    dead_url: str, clock: VirtualClock
) -> None:
    budget = RedisBudget(dead_url, "key", on_unavailable="wait", clock=clock)
    waits: list[float] = []
    with pytest.raises(RateLimitWaitError, match="cannot be reached, and the deadline"):
        acquire(budget, deadline=3.5, on_wait=waits.append)
    assert waits == [1.0]
    assert clock.monotonic() == 3


def test_bad_settings_are_rejected(redis_url: str) -> None:
    wrong: list[dict[str, Any]] = [
        {"on_unavailable": "panic"},
        {"assume_processes": 0},
        {"api_key": " "},
        {"server": "http://user:secret@host"},
        {"server": redis.asyncio.Redis()},
    ]
    for settings_ in wrong:
        with pytest.raises(InvalidRequestError) as caught:
            RedisBudget(**{"server": redis_url, "api_key": "key", **settings_})
        assert "secret" not in str(caught.value)


def test_a_connection_that_the_server_closed_is_opened_again(
    redis_url: str, api_key: str, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    budget = RedisBudget(redis_url, api_key, clock=clock)
    use(budget, 1)
    with redis.Redis.from_url(redis_url) as other:
        other.client_kill_filter(_type="normal", skipme=True)
    use(budget, 1)
    assert budget.state().remaining == 58
    assert not caplog.records


def test_a_server_that_never_responds_is_given_up_after_the_timeout(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        budget = RedisBudget(url, "key", on_unavailable="error", timeout=0.05, clock=clock)
        with pytest.raises(RateLimitWaitError, match="on_unavailable is 'error'"):
            acquire(budget)
    assert "TimeoutError" in caplog.text


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_is_a_process_of_its_own(make: Make) -> None:
    budget = make(RateLimit(1, 60))
    use(budget, 1)
    steps = budget.acquire()
    steps.send(next(steps).function())  # type: ignore[arg-type, union-attr]
    name = budget._process
    pid = os.fork()
    if pid == 0:
        os._exit(0 if budget.state().waiting == 0 and budget._process != name else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert budget.state().waiting == 1
    assert budget._process == name
    steps.close()


_PROGRAM = """
    import sys, time, redis
    from apipay._clock import SYSTEM_CLOCK
    from apipay._steps import run
    from apipay.pacing import Outcome, RateLimit
    from apipay.pacing.redis import RedisBudget
    url, key, number = sys.argv[1:]
    server = redis.Redis.from_url(url)
    limiter = server.register_script('''
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - 500000)
        local used = redis.call('ZCARD', KEYS[1])
        if used >= 50 then return -1 end
        redis.call('ZADD', KEYS[1], now, string.format('%.0f', now) .. ARGV[1])
        return 49 - used
    ''')
    budget = RedisBudget(url, key, limit=RateLimit(50, 0.5), timeout=5)
    server.incr(key + ":ready")
    while int(server.get(key + ":ready")) < 4:
        time.sleep(0.001)
    served = refused = 0
    end = time.monotonic() + 2.5
    while time.monotonic() < end:
        permit = run(budget.acquire(), SYSTEM_CLOCK)
        left = limiter(keys=[key], args=[f":{number}:{served}"])
        outcome = Outcome(200 if left >= 0 else 429, max(left, 0), 0.5)
        run(budget.release(permit, outcome), SYSTEM_CLOCK)
        served += left >= 0
        refused += left < 0
    print(served, refused)
"""


def test_four_processes_meet_no_429_and_use_the_allowance(redis_url: str, api_key: str) -> None:
    """For real: 50 requests in half a second, five windows, against an enforced sliding window.

    On a busy machine a round trip is a good part of so short a window: what is used of the
    allowance is measured by `benchmarks/pacing.py`, with longer ones.
    """
    command = [sys.executable, "-c", textwrap.dedent(_PROGRAM), redis_url, api_key]
    programs = [
        subprocess.Popen([*command, str(number)], stdout=subprocess.PIPE, text=True)
        for number in range(4)
    ]
    counts = [program.communicate(timeout=60)[0].split() for program in programs]
    assert sum(int(refused) for _, refused in counts) == 0
    assert sum(int(served) for served, _ in counts) >= 0.7 * 250
    assert min(int(served) for served, _ in counts) >= 10
