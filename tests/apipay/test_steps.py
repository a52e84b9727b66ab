"""The drivers: the same generator gives the same result in sync code, on asyncio and on trio."""

import threading
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from apipay._steps import Blocking, Give, Iteration, Steps, iterate, iterate_async, run, run_async
from apipay.testing import VirtualClock


class _Backend:
    """Runs steps in one of the three ways; `call(x)` is a function to yield, for that way."""

    def __init__(self, name: str) -> None:
        self.name = name

    def call(self, function: Callable[[], Any]) -> Callable[[], Any]:
        if self.name == "sync":
            return function

        async def called() -> Any:
            return function()

        return called

    def run(self, steps: Steps[Any], clock: VirtualClock) -> Any:
        if self.name == "sync":
            return run(steps, clock)
        return anyio.run(run_async, steps, clock, backend=self.name)

    def collect(self, steps: Iteration[Any], clock: VirtualClock) -> list[Any]:
        if self.name == "sync":
            return list(iterate(steps, clock))

        async def collected() -> list[Any]:
            return [value async for value in iterate_async(steps, clock)]

        return anyio.run(collected, backend=self.name)


@pytest.fixture(params=["sync", "asyncio", "trio"])
def backend(request: pytest.FixtureRequest) -> _Backend:
    return _Backend(request.param)


def _fail() -> None:
    raise LookupError("no such thing")


def test_a_step_gets_the_result_of_its_function_and_time_passes(backend: _Backend) -> None:
    clock = VirtualClock()

    def steps() -> Steps[tuple[int, float]]:
        began = clock.monotonic()
        one = yield backend.call(lambda: 1)
        yield 2.5
        two = yield Blocking(lambda: 2)
        return one + two, clock.monotonic() - began

    assert backend.run(steps(), clock) == (3, 2.5)


def test_an_exception_of_a_step_is_raised_at_its_yield(backend: _Backend) -> None:
    def steps() -> Steps[str]:
        try:
            yield backend.call(_fail)
        except LookupError:
            return "caught"
        return "missed"

    assert backend.run(steps(), VirtualClock()) == "caught"


def test_an_exception_that_the_generator_does_not_catch_comes_out(backend: _Backend) -> None:
    def steps() -> Steps[None]:
        yield Blocking(_fail)

    with pytest.raises(LookupError):
        backend.run(steps(), VirtualClock())


def test_values_are_given_between_the_steps(backend: _Backend) -> None:
    def steps() -> Iteration[int]:
        for number in range(3):
            yield 1.0
            doubled = yield backend.call(lambda number=number: 2 * number)
            yield Give(doubled)

    clock = VirtualClock()
    began = clock.monotonic()
    assert backend.collect(steps(), clock) == [0, 2, 4]
    assert clock.monotonic() - began == 3.0


def test_an_iteration_that_is_left_early_is_closed() -> None:
    closed: list[bool] = []

    def steps() -> Iteration[int]:
        try:
            yield Give(1)
            yield Give(2)
        finally:
            closed.append(True)

    values = iterate(steps(), VirtualClock())
    assert next(values) == 1
    values.close()  # type: ignore[attr-defined]
    assert closed == [True]


def test_a_blocking_step_of_async_code_runs_in_a_worker_thread() -> None:
    def steps() -> Steps[int]:
        thread: int = yield Blocking(threading.get_ident)
        return thread

    assert anyio.run(run_async, steps(), VirtualClock()) != threading.get_ident()


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_cancelled_task_still_cleans_up(backend: str) -> None:
    done: list[str] = []

    async def never() -> None:
        await anyio.sleep_forever()

    def steps() -> Steps[None]:
        try:
            yield never
        finally:
            yield Blocking(lambda: done.append("cleaned up"))

    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(run_async, steps(), VirtualClock())
            await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()

    anyio.run(main, backend=backend)
    assert done == ["cleaned up"]
