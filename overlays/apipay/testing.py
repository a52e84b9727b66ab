"""Tools for testing code that uses apipay: a clock on which sleeping takes no time, and a
transport that compares every request and response with openapi.yaml.

clock = VirtualClock()
client = ApiPay(clock=clock, transport=...)
"""

import heapq
import itertools
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from apipay._clock import Clock
from apipay.contract.coverage import ContractError, Coverage, Problem

if TYPE_CHECKING:
    import anyio
    import httpx

    from apipay.contract.document import Spec
    from apipay.contract.transport import ValidatingTransport

__all__ = ["Clock", "ContractError", "Coverage", "Problem", "VirtualClock", "validating_transport"]

_QUIET_ROUNDS = 25
"""Turns of the event loop with no change among sleepers after which all tasks count as waiting."""


@dataclass(order=True)
class _Sleeper:
    wake: float
    number: int
    awake: bool = field(default=False, compare=False)
    turn: "anyio.Event | None" = field(default=None, compare=False)


@dataclass
class _Loop:
    """The sleeping tasks of one event loop; `changes` counts sleeps begun and ended."""

    sleepers: list[_Sleeper] = field(default_factory=list[_Sleeper])
    changes: int = 0


class VirtualClock:
    """A `Clock` whose time moves only by sleeping or by `advance`.

    - One thread that sleeps moves the time at once.
    - Threads that sleep at the same time call `with clock.participant():` each; the time then moves
      only when all of them sleep, to the earliest wake-up.
    - Tasks of asyncio or trio need no such call: the time moves when nothing but sleepers is left,
      and they wake in the order of time. A task that waits for a real socket counts as waiting.

    `sleeps` lists the seconds of every sleep, in the order in which they began.
    """

    def __init__(self, unix_time: float = 1_700_000_000.0) -> None:
        self._changed = threading.Condition()
        self._now = 0.0
        self._unix_offset = unix_time
        self._numbers = itertools.count()
        self._participants = 0
        self._threads: list[_Sleeper] = []
        # Kept by thread, because an anyio event may be set only from its own loop's thread.
        self._loops: dict[int, _Loop] = {}
        self.sleeps: list[float] = []

    def time(self) -> float:
        with self._changed:
            return self._unix_offset + self._now

    def monotonic(self) -> float:
        with self._changed:
            return self._now

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass; whoever sleeps until then wakes."""
        if seconds < 0:
            raise ValueError("Time does not go back; use set_time to set the wall clock.")
        with self._changed:
            self._move_to(self._now + seconds)

    def set_time(self, unix_time: float) -> None:
        """Set the wall clock, as an administrator would; `monotonic` does not notice."""
        with self._changed:
            self._unix_offset = unix_time - self._now

    @contextmanager
    def participant(self) -> Generator[None]:
        """Say that this thread takes part: while it does not sleep, the time stands still."""
        with self._changed:
            self._participants += 1
        try:
            yield
        finally:
            with self._changed:
                self._participants -= 1
                self._move_if_all_sleep()

    def sleep(self, seconds: float) -> None:
        with self._changed:
            self.sleeps.append(seconds)
            sleeper = _Sleeper(self._now + max(seconds, 0.0), next(self._numbers))
            heapq.heappush(self._threads, sleeper)
            self._move_if_all_sleep()
            while not sleeper.awake:
                self._changed.wait()

    async def sleep_async(self, seconds: float) -> None:
        import anyio
        import anyio.lowlevel

        loop = self._loops.setdefault(threading.get_ident(), _Loop())
        with self._changed:
            self.sleeps.append(seconds)
            sleeper = _Sleeper(self._now + max(seconds, 0.0), next(self._numbers))
        heapq.heappush(loop.sleepers, sleeper)
        loop.changes += 1
        quiet, seen = 0, loop.changes
        try:
            while True:
                # Only the next sleeper in line watches; the others are told when it is their turn.
                if loop.sleepers[0] is not sleeper:
                    sleeper.turn = anyio.Event()
                    await sleeper.turn.wait()
                await anyio.lowlevel.checkpoint()
                quiet, seen = (quiet + 1, seen) if seen == loop.changes else (0, loop.changes)
                with self._changed:
                    if self._now < sleeper.wake and quiet >= _QUIET_ROUNDS:
                        self._move_to(sleeper.wake)
                    if self._now >= sleeper.wake:
                        return
        finally:
            loop.changes += 1
            loop.sleepers.remove(sleeper)
            heapq.heapify(loop.sleepers)
            if loop.sleepers and loop.sleepers[0].turn is not None:
                loop.sleepers[0].turn.set()

    def _move_if_all_sleep(self) -> None:
        if self._threads and len(self._threads) >= self._participants:
            self._move_to(max(self._now, self._threads[0].wake))

    def _move_to(self, moment: float) -> None:
        self._now = moment
        while self._threads and self._threads[0].wake <= moment:
            heapq.heappop(self._threads).awake = True
        self._changed.notify_all()

    def __repr__(self) -> str:
        return f"VirtualClock(monotonic={self.monotonic():.3f})"


def validating_transport(
    transport: "httpx.BaseTransport | httpx.AsyncBaseTransport | None" = None,
    *,
    spec: "Spec | None" = None,
    coverage: Coverage | None = None,
    check_requests: bool = True,
    reject_unknown_fields: bool = False,
) -> "ValidatingTransport":
    """Return an httpx transport that fails the test when a request or response breaks the contract.

    It serves `ApiPay(transport=...)` and `AsyncApiPay(transport=...)`. Needs the extra `testing`.

    Args:
        transport: The transport to send through. Default: httpx's own.
        spec: The path of an openapi.yaml, or the document. Default: the one that apipay-sandbox
            ships.
        coverage: Counts operations and statuses; share one between several transports.
        check_requests: False to send requests that the service has to refuse.
        reject_unknown_fields: Also reject response fields that the specification does not name. It
            allows the service to add some.

    Raises:
        ContractError: From the call, with the JSON pointer of each problem. `problems` of the
            transport keeps them.
    """
    from apipay.contract.transport import ValidatingTransport  # needs openapi-core

    return ValidatingTransport(
        transport,
        spec=spec,
        coverage=coverage,
        check_requests=check_requests,
        reject_unknown_fields=reject_unknown_fields,
    )
