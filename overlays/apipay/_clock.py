"""The clock that every wait and every deadline in apipay uses.

Nothing in apipay calls `time.sleep` or `time.monotonic` itself, so that a test can pass an
`apipay.testing.VirtualClock` and let two minutes go by at once.
"""

import time
from typing import Protocol


class Clock(Protocol):
    """A source of time. All values are seconds."""

    def time(self) -> float:
        """Return Unix time. It can jump when the clock is set: never measure with it."""
        ...

    def monotonic(self) -> float:
        """Return the time since some moment in the past. It never goes back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Block this thread."""
        ...

    async def sleep_async(self, seconds: float) -> None:
        """Suspend this task (asyncio or trio). Cancelling the task ends the sleep at once."""
        ...


class SystemClock:
    """The clock of this machine."""

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
"""The default clock of every client."""
