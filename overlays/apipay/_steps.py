"""Logic without I/O as generators, and the drivers that run it in sync and async code.

A generator yields steps and receives their results. So the logic of a call, a budget, a list or a
wait exists once. A step is one of

- a number of seconds to sleep,
- a function to call: the sync driver calls it, the async driver awaits what it returns,
- a `Blocking` function, which the async driver runs in a worker thread.

An exception that a step raises, the cancellation of a task included, is raised at its `yield`. The
generator can still yield `Blocking` steps then, to clean up: they are not cancelled.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from typing import Any, Generic, TypeVar, cast

from apipay._clock import Clock

T = TypeVar("T")


class Blocking:
    """A step that calls a function which blocks and cannot be awaited (a Redis client, say)."""

    __slots__ = ("function",)

    def __init__(self, function: Callable[[], Any]) -> None:
        self.function = function


Step = float | Callable[[], Any] | Blocking
"""Seconds to sleep, a function to call (and to await, in async code), or a `Blocking` function."""

Steps = Generator[Step, Any, T]
"""A generator of steps that returns a `T`."""


def perform(function: Callable[[], T | Awaitable[T]]) -> Steps[T]:
    """Yield `function` as a step and return its result, typed: `x = yield from perform(f)`."""
    result: T = yield function
    return result


def run(steps: Steps[T], clock: Clock) -> T:
    """Run `steps` to the end in this thread and return the result."""
    try:
        step = next(steps)
        while True:
            try:
                result = _do(step, clock)
            except BaseException as error:
                step = steps.throw(error)
            else:
                step = steps.send(result)
    except StopIteration as end:
        value: T = end.value
        return value
    finally:
        steps.close()


async def run_async(steps: Steps[T], clock: Clock) -> T:
    """Run `steps` to the end in this task (asyncio or trio) and return the result."""
    try:
        step = next(steps)
        while True:
            try:
                result = await _do_async(step, clock)
            except BaseException as error:
                step = steps.throw(error)
            else:
                step = steps.send(result)
    except StopIteration as end:
        value: T = end.value
        return value
    finally:
        steps.close()


def _do(step: Step, clock: Clock) -> Any:
    if isinstance(step, (int, float)):
        return clock.sleep(step)
    return step.function() if isinstance(step, Blocking) else step()


async def _do_async(step: Step, clock: Clock) -> Any:
    if isinstance(step, (int, float)):
        return await clock.sleep_async(step)
    if not isinstance(step, Blocking):
        return await step()
    # Not at the top: anyio takes tens of milliseconds to import, and few async users need it here.
    import anyio
    import anyio.to_thread

    with anyio.CancelScope(shield=True):
        return await anyio.to_thread.run_sync(step.function)


class Give(Generic[T]):
    """A step that passes a value on to whoever iterates."""

    __slots__ = ("value",)

    def __init__(self, value: T) -> None:
        self.value = value


Iteration = Generator[Step | Give[T], Any, None]
"""A generator of steps that also gives values; see `iterate`."""


def iterate(steps: Iteration[T], clock: Clock) -> Iterator[T]:
    """Run `steps` in this thread and yield each value that it gives."""
    try:
        step = next(steps)
        while True:
            if isinstance(step, Give):
                yield cast("Any", step).value
                step = next(steps)
                continue
            try:
                result = _do(step, clock)
            except BaseException as error:
                step = steps.throw(error)
            else:
                step = steps.send(result)
                del result  # a page is not kept while the caller handles its rows
    except StopIteration:
        return
    finally:
        steps.close()


async def iterate_async(steps: Iteration[T], clock: Clock) -> AsyncIterator[T]:
    """Run `steps` in this task (asyncio or trio) and yield each value that it gives."""
    try:
        step = next(steps)
        while True:
            if isinstance(step, Give):
                yield cast("Any", step).value
                step = next(steps)
                continue
            try:
                result = await _do_async(step, clock)
            except BaseException as error:
                step = steps.throw(error)
            else:
                step = steps.send(result)
                del result  # a page is not kept while the caller handles its rows
    except StopIteration:
        return
    finally:
        steps.close()
