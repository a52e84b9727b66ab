"""One budget for the threads and tasks of a process: order, deadlines, cancelling, forking."""

import gc
import multiprocessing
import os
import random
import threading
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from apipay.errors import RateLimitWaitError
from apipay.pacing import LocalBudget, Outcome, Priority, RateLimit, local_budget
from apipay.pacing.budget import key_id
from apipay.testing import VirtualClock

OK = Outcome(200)


def use_up(budget: LocalBudget, count: int) -> None:
    for _ in range(count):
        budget.settle(budget.acquire(), OK)


def test_a_burst_takes_no_time_and_the_next_waits_for_the_window() -> None:
    clock = VirtualClock()
    budget = LocalBudget(RateLimit(60, 60), clock)
    use_up(budget, 60)
    assert clock.monotonic() == 0
    use_up(budget, 1)
    assert clock.monotonic() == pytest.approx(60.3)


def test_a_deadline_that_cannot_be_met_is_refused_at_once() -> None:
    clock = VirtualClock()
    budget = LocalBudget(RateLimit(60, 60), clock)
    use_up(budget, 60)
    with pytest.raises(RateLimitWaitError) as caught:
        budget.acquire(deadline=clock.monotonic() + 30)
    assert clock.monotonic() == 0
    assert caught.value.retry_after == pytest.approx(60.3)
    assert "Nothing was sent" in str(caught.value)
    budget.settle(budget.acquire(deadline=clock.monotonic() + 61), OK)
    assert budget.state().waiting == 0


def test_on_wait_is_called_once_and_only_when_there_is_a_wait() -> None:
    clock = VirtualClock()
    budget = LocalBudget(RateLimit(1, 60), clock)
    waits: list[float] = []
    budget.settle(budget.acquire(on_wait=waits.append), OK)
    budget.settle(budget.acquire(on_wait=waits.append), OK)
    assert waits == [pytest.approx(60.3)]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_high_goes_before_normal_before_low_each_in_order(backend: str) -> None:
    clock = VirtualClock()
    budget = LocalBudget(RateLimit(1, 10), clock)
    order: list[str] = []

    async def call(name: str, priority: Priority) -> None:
        permit = await budget.acquire_async(priority)
        order.append(name)
        budget.settle(permit, OK)

    async def main() -> None:
        use_up(budget, 1)
        names: list[tuple[str, Priority]] = [
            ("low 1", "low"),
            ("normal 1", "normal"),
            ("low 2", "low"),
            ("high 1", "high"),
            ("normal 2", "normal"),
            ("high 2", "high"),
        ]
        async with anyio.create_task_group() as group:
            for name, priority in names:
                group.start_soon(call, name, priority)
                await anyio.lowlevel.checkpoint()

    anyio.run(main, backend=backend)
    highs, rest = order[:2], order[2:]
    assert highs == ["high 1", "high 2"]
    # Low is served as normal once it has waited a window, so nothing starves.
    assert sorted(rest, key=rest.index) == ["low 1", "normal 1", "low 2", "normal 2"]


def test_a_refund_does_not_wait_behind_polling() -> None:
    """Pollers that want far more than the budget; refunds come now and then."""
    clock = VirtualClock()
    budget = LocalBudget(RateLimit(60, 60), clock)
    waits: list[float] = []

    async def poller() -> None:
        while clock.monotonic() < 600:
            permit = await budget.acquire_async("low")
            await clock.sleep_async(0.1)
            budget.settle(permit, OK)

    async def refunds() -> None:
        for _ in range(50):
            await clock.sleep_async(11)
            asked = clock.monotonic()
            permit = await budget.acquire_async("high")
            waits.append(clock.monotonic() - asked)
            budget.settle(permit, OK)

    async def main() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(poller)
            group.start_soon(refunds)

    anyio.run(main)
    assert len(waits) == 50
    assert max(waits) < 1


def test_a_cancelled_wait_leaves_the_queue_and_takes_nothing() -> None:
    clock = VirtualClock()
    budget = LocalBudget(RateLimit(1, 60), clock)

    async def main() -> None:
        use_up(budget, 1)
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:
                group.start_soon(budget.acquire_async)
                await anyio.lowlevel.checkpoint()
                assert budget.state().waiting == 1
                scope.cancel()

    anyio.run(main)
    assert budget.state().waiting == 0
    clock.advance(61)
    assert budget.state().remaining == 1


@pytest.mark.parametrize("lanes", [1, 8])
def test_five_windows_of_calls_meet_no_429_and_use_the_allowance(
    make_limiter: Callable[[int, float], Any], lanes: int
) -> None:
    """The figure: 5 windows against an enforced limit, no 429, at least 97 % used."""
    clock = VirtualClock()
    budget = LocalBudget(RateLimit(60, 60), clock)
    limiter = make_limiter(60, 60.0)
    random_ = random.Random(4)
    served: list[float] = []
    refused = 0
    lock = threading.Lock()

    def lane() -> None:
        nonlocal refused
        with clock.participant():
            start.wait(5)
            while True:
                permit = budget.acquire()
                clock.sleep(random_.uniform(0.02, 0.4))
                with lock:
                    allowed, remaining, retry_after = limiter(clock.monotonic())
                    refused += not allowed
                    served.append(clock.monotonic())
                clock.sleep(random_.uniform(0.02, 0.4))
                status = 200 if allowed else 429
                budget.settle(permit, Outcome(status, remaining, retry_after or None))
                if clock.monotonic() >= 300:
                    return

    start = threading.Barrier(lanes)
    threads = [threading.Thread(target=lane, daemon=True) for _ in range(lanes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert refused == 0
    assert sum(moment < 300 for moment in served) >= 0.97 * 300


def test_two_programs_on_one_key_share_by_what_the_answers_say(
    make_limiter: Callable[[int, float], Any],
) -> None:
    """No shared state but the server's answers: hardly a 429, and the allowance is used."""
    clock = VirtualClock()
    budgets = [LocalBudget(RateLimit(60, 60), clock) for _ in range(2)]
    limiter = make_limiter(60, 60.0)
    refused = served = 0

    async def program(budget: LocalBudget) -> None:
        nonlocal refused, served
        while clock.monotonic() < 600:
            permit = await budget.acquire_async()
            await clock.sleep_async(0.1)
            allowed, remaining, retry_after = limiter(clock.monotonic())
            refused += not allowed
            served += allowed
            budget.settle(permit, Outcome(200 if allowed else 429, remaining, retry_after or None))

    async def main() -> None:
        async with anyio.create_task_group() as group:
            for budget in budgets:
                group.start_soon(program, budget)

    anyio.run(main)
    assert refused <= 20
    assert served >= 0.85 * 600


def test_a_second_client_with_the_same_key_shares_the_budget() -> None:
    clock, limit = VirtualClock(), RateLimit(5, 60)
    first = local_budget("key", "http://a", limit, clock)
    assert local_budget("key", "http://a", limit, clock) is first
    assert local_budget("other", "http://a", limit, clock) is not first
    assert local_budget("key", "http://b", limit, clock) is not first
    use_up(first, 2)
    assert local_budget("key", "http://a", limit, clock).state().remaining == 3
    del first
    gc.collect()
    assert local_budget("key", "http://a", limit, clock).state().remaining == 5


def test_the_name_of_a_budget_does_not_hold_the_key() -> None:
    assert "secret" not in key_id("secret")
    assert key_id("secret") == key_id("secret") != key_id("other")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_goes_on_with_what_was_used() -> None:
    clock = VirtualClock()
    budget = LocalBudget(RateLimit(3, 60), clock)
    use_up(budget, 1)
    permit = budget.acquire()  # on its way when the fork happens
    context = multiprocessing.get_context("fork")
    answers: Any = context.Queue()

    def child() -> None:
        before = budget.state().remaining
        clock.advance(61)
        answers.put((before, budget.state().remaining))

    with budget._lock:  # as if another thread were in the middle of something
        process = context.Process(target=child)
        process.start()
    assert answers.get(timeout=10) == (1, 3)
    process.join(10)
    budget.settle(permit, OK)
    assert budget.state().remaining == 1
