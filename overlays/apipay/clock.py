"""The clock: where every wait and every deadline in apipay takes its time from.

Nothing in apipay calls `time.sleep` or `time.monotonic` itself. It asks a `Clock`, so that a test
can put `apipay.testing.VirtualClock` in its place and let two minutes pass at once.
"""

import time
from typing import Protocol


class Clock(Protocol):
    """What apipay needs from a clock. All values are seconds."""

    def time(self) -> float:
        """Unix time. It can jump when the machine's clock is set: never measure with it."""
        ...

    def monotonic(self) -> float:
        """Time since some moment in the past; never goes back. Deadlines are measured with it."""
        ...

    def sleep(self, seconds: float) -> None:
        """Block this thread."""
        ...

    async def sleep_async(self, seconds: float) -> None:
        """Suspend this task (asyncio or trio). Cancelling the task ends the sleep at once."""
        ...


class SystemClock:
    """The machine's own clock."""

    def time(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds)

    async def sleep_async(self, seconds: float) -> None:
        # Not at the top: anyio takes tens of milliseconds to import and sync users never need it.
        import anyio

        await anyio.sleep(max(seconds, 0.0))

    def __repr__(self) -> str:
        return "SYSTEM_CLOCK"


SYSTEM_CLOCK: Clock = SystemClock()
"""The clock that every client uses unless it is given another."""
