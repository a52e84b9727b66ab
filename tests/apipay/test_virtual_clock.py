"""Time that moves only when everyone sleeps: threads, asyncio and trio."""

import threading
import time

import anyio
import pytest

from apipay._clock import SYSTEM_CLOCK, Clock
from apipay.testing import VirtualClock


def test_one_thread_moves_the_time_at_once() -> None:
    clock: Clock = VirtualClock()
    unix, began = clock.time(), time.monotonic()
    clock.sleep(3600)
    assert clock.monotonic() == 3600
    assert clock.time() - unix == 3600
    assert time.monotonic() - began < 5


def test_negative_sleep_takes_no_time_and_time_never_goes_back() -> None:
    clock = VirtualClock()
    clock.sleep(-5)
    assert clock.monotonic() == 0
    with pytest.raises(ValueError, match="back"):
        clock.advance(-1)


def test_setting_the_wall_clock_leaves_monotonic_alone() -> None:
    clock = VirtualClock(unix_time=1000)
    clock.set_time(50)
    assert (clock.time(), clock.monotonic()) == (50, 0)
    clock.advance(7)
    assert (clock.time(), clock.monotonic()) == (57, 7)


def test_threads_side_by_side_wake_in_the_order_of_time() -> None:
    clock = VirtualClock()
    seen: list[tuple[str, float]] = []
    ready = threading.Barrier(3)

    def work(name: str, nap: float) -> None:
        with clock.participant():
            ready.wait(5)
            for _ in range(3):
                clock.sleep(nap)
                seen.append((name, clock.monotonic()))

    threads = [
        threading.Thread(target=work, args=(name, nap), daemon=True)
        for name, nap in [("slow", 10.0), ("quick", 3.0), ("middle", 7.0)]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(seen, key=lambda entry: entry[1]) == [
        ("quick", 3.0),
        ("quick", 6.0),
        ("middle", 7.0),
        ("quick", 9.0),
        ("slow", 10.0),
        ("middle", 14.0),
        ("slow", 20.0),
        ("middle", 21.0),
        ("slow", 30.0),
    ]
    assert clock.monotonic() == 30


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_tasks_wake_in_the_order_of_time(backend: str) -> None:
    clock = VirtualClock()
    seen: list[tuple[int, float]] = []

    async def nap(seconds: int) -> None:
        for _ in range(2):
            await clock.sleep_async(seconds)
            seen.append((seconds, clock.monotonic()))

    async def main() -> None:
        async with anyio.create_task_group() as group:
            for seconds in (9, 2, 5):
                group.start_soon(nap, seconds)

    anyio.run(main, backend=backend)
    assert seen == [(2, 2), (2, 4), (5, 5), (9, 9), (5, 10), (9, 18)]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_cancelled_sleep_ends_at_once_and_the_next_sleeper_goes_on(backend: str) -> None:
    clock = VirtualClock()

    async def main() -> None:
        async with anyio.create_task_group() as group:
            inner = anyio.CancelScope()

            async def short() -> None:
                with inner:
                    await clock.sleep_async(10_000)

            async def breaker() -> None:
                await clock.sleep_async(1)
                inner.cancel()

            group.start_soon(short)
            group.start_soon(breaker)
            group.start_soon(clock.sleep_async, 50)

    anyio.run(main, backend=backend)
    assert clock.monotonic() == 50


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_thousand_tasks(backend: str) -> None:
    clock = VirtualClock()
    order: list[int] = []

    async def nap(seconds: int) -> None:
        await clock.sleep_async(seconds)
        order.append(seconds)

    async def main() -> None:
        async with anyio.create_task_group() as group:
            for seconds in range(1000, 0, -1):
                group.start_soon(nap, seconds)

    anyio.run(main, backend=backend)
    assert order == list(range(1, 1001))


def test_the_system_clock_is_the_machines() -> None:
    assert abs(SYSTEM_CLOCK.time() - time.time()) < 5
    assert abs(SYSTEM_CLOCK.monotonic() - time.monotonic()) < 5
    SYSTEM_CLOCK.sleep(0)
    SYSTEM_CLOCK.sleep(-1)
    anyio.run(SYSTEM_CLOCK.sleep_async, 0.0)
