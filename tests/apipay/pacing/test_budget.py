"""One budget for the threads and tasks of a process: order, deadlines, cancellation, forks."""

import multiprocessing
import os
import random
import threading
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from apipay._process import shared_state
from apipay._steps import run, run_async
from apipay.errors import RateLimitWaitError
from apipay.pacing import LocalBudget, Outcome, Permit, Priority, RateLimit, local_budget
from apipay.testing import VirtualClock

OK = Outcome(200)


def acquire(budget: LocalBudget, *arguments: Any, **named: Any) -> Permit:
    return run(budget.acquire(*arguments, **named), budget._clock)


async def acquire_async(budget: LocalBudget, priority: Priority = "normal") -> Permit:
    return await run_async(budget.acquire(priority), budget._clock)


def release(budget: LocalBudget, permit: Permit, outcome: Outcome = OK) -> None:
    run(budget.release(permit, outcome), budget._clock)


def use_up(budget: LocalBudget, count: int) -> None:
    for _ in range(count):
        release(budget, acquire(budget))


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
        acquire(budget, deadline=clock.monotonic() + 30)
    assert clock.monotonic() == 0
    assert caught.value.retry_after == pytest.approx(60.3)
    assert "Nothing was sent" in str(caught.value)
    release(budget, acquire(budget, deadline=clock.monotonic() + 61))
    assert budget.state().waiting == 0


def test_on_wait_is_called_once_and_only_when_there_is_a_wait() -> None:
    clock = VirtualClock()
    budget = LocalBudget(RateLimit(1, 60), clock)
    waits: list[float] = []
    release(budget, acquire(budget, on_wait=waits.append))
    release(budget, acquire(budget, on_wait=waits.append))
    assert waits == [pytest.approx(60.3)]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_high_goes_before_normal_before_low_each_in_order(backend: str) -> None:
    clock = VirtualClock()
    budget = LocalBudget(RateLimit(1, 10), clock)
    order: list[str] = []

    async def call(name: str, priority: Priority) -> None:
        permit = await acquire_async(budget, priority)
        order.append(name)
        release(budget, permit)

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
            permit = await acquire_async(budget, "low")
            await clock.sleep_async(0.1)
            release(budget, permit)

    async def refunds() -> None:
        for _ in range(50):
            await clock.sleep_async(11)
            asked = clock.monotonic()
            permit = await acquire_async(budget, "high")
            waits.append(clock.monotonic() - asked)
            release(budget, permit)

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
                group.start_soon(acquire_async, budget)
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
                permit = acquire(budget)
                clock.sleep(random_.uniform(0.02, 0.4))
                with lock:
                    allowed, remaining, retry_after = limiter(clock.monotonic())
                    refused += not allowed
                    served.append(clock.monotonic())
                clock.sleep(random_.uniform(0.02, 0.4))
                status = 200 if allowed else 429
                release(budget, permit, Outcome(status, remaining, retry_after or None))
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


def test_two_programs_on_one_key_share_by_what_responses_say(
    make_limiter: Callable[[int, float], Any],
) -> None:
    """Nothing is shared but the server's responses: hardly a 429, and the allowance is used."""
    clock = VirtualClock()
    budgets = [LocalBudget(RateLimit(60, 60), clock) for _ in range(2)]
    limiter = make_limiter(60, 60.0)
    refused = served = 0

    async def program(budget: LocalBudget) -> None:
        nonlocal refused, served
        while clock.monotonic() < 600:
            permit = await acquire_async(budget)
            await clock.sleep_async(0.1)
            allowed, remaining, retry_after = limiter(clock.monotonic())
            refused += not allowed
            served += allowed
            release(
                budget, permit, Outcome(200 if allowed else 429, remaining, retry_after or None)
            )

    async def main() -> None:
        async with anyio.create_task_group() as group:
            for budget in budgets:
                group.start_soon(program, budget)

    anyio.run(main)
    assert refused <= 20
    assert served >= 0.85 * 600


def test_an_operation_with_its_own_limit_has_its_own_count() -> None:
    clock, limit = VirtualClock(), RateLimit(2, 30)
    budget = LocalBudget(RateLimit(5, 60), clock)
    refunds = budget.scoped("createRefund", limit)
    release(refunds, acquire(refunds), Outcome(429, retry_after=20))
    assert refunds.state().remaining == 0
    assert budget.state().remaining == 5
    use_up(budget, 5)
    clock.advance(21)
    assert refunds.state().remaining == 1
    assert budget.state().remaining == 0


def test_the_budget_of_an_operation_is_found_again_by_name_and_limit() -> None:
    budget, limit = LocalBudget(RateLimit(5, 60)), RateLimit(2, 30)
    refunds = budget.scoped("createRefund", limit)
    assert budget.scoped("createRefund", limit) is refunds
    assert refunds.scoped("createRefund", limit) is refunds
    assert budget.scoped("createRefund", RateLimit(3, 30)) is not refunds
    assert budget.scoped("createInvoice", limit) is not refunds


def test_clients_of_one_key_share_all_its_budgets() -> None:
    clock, limit = VirtualClock(), RateLimit(5, 60)
    state = shared_state("key", "http://a", clock)
    first = local_budget(state, limit)
    again = shared_state("key", "http://a", clock)
    assert local_budget(again, limit) is first
    other_limit = local_budget(again, RateLimit(9, 60))
    assert other_limit is not first
    assert other_limit.scoped("x", limit) is first.scoped("x", limit)


@pytest.mark.parametrize("stated", [3600.0, 86_400.0])
def test_a_long_429_is_probed_once_per_window(stated: float) -> None:
    """The server refuses for three minutes whatever it says, and then serves again."""
    clock = VirtualClock()
    budget = LocalBudget(RateLimit(60, 60), clock)
    sent: list[float] = []
    while clock.monotonic() < 180:
        permit = acquire(budget)
        sent.append(clock.monotonic())
        refused = clock.monotonic() < 180
        release(budget, permit, Outcome(429, retry_after=stated) if refused else OK)
    assert sent == pytest.approx([0, 60.3, 120.6, 180.9])
    assert budget.state().remaining == 59


def test_a_wait_is_refused_as_soon_as_a_429_makes_it_too_long() -> None:
    """The permit was expected in time; then a 429 of another request closes the budget."""
    clock = VirtualClock()
    budget = LocalBudget(RateLimit(2, 10), clock)
    early = acquire(budget)
    release(budget, acquire(budget))
    waiting = budget.acquire(deadline=15)
    assert next(waiting) < 1
    clock.advance(6)
    release(budget, early, Outcome(429, retry_after=10))
    with pytest.raises(RateLimitWaitError) as caught:
        next(waiting)
    assert caught.value.retry_after == pytest.approx(10.05)
    assert budget.state().waiting == 0


def test_a_permit_at_once_is_no_step() -> None:
    budget = LocalBudget(RateLimit(5, 60), VirtualClock())
    with pytest.raises(StopIteration):
        next(budget.acquire())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_continues_with_what_was_used() -> None:
    clock = VirtualClock()
    budget = LocalBudget(RateLimit(3, 60), clock)
    use_up(budget, 1)
    permit = acquire(budget)  # in flight when the fork happens
    waiting = LocalBudget(RateLimit(1, 60), clock)
    acquire(waiting)
    next(waiting.acquire())
    context = multiprocessing.get_context("fork")
    results: Any = context.Queue()

    def child() -> None:
        before = budget.state().remaining
        clock.advance(61)
        results.put((before, budget.state().remaining, waiting.state().waiting))

    process = context.Process(target=child)
    process.start()
    assert results.get(timeout=10) == (1, 3, 0)
    process.join(10)
    release(budget, permit)
    assert budget.state().remaining == 1
