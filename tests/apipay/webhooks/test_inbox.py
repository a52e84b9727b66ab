"""The inbox over each store: an event is handled once, however it is delivered."""

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from apipay.errors import InvalidRequestError
from apipay.testing import VirtualClock
from apipay.webhooks import (
    Event,
    EventContext,
    HandleResult,
    Inbox,
    InboxStoreError,
    InvoiceEvent,
    LeaseLostError,
    MemoryStore,
    PayloadError,
    RedisStore,
    SQLiteStore,
    Store,
    UnknownEvent,
)
from apipay.webhooks.events import event_key

Make = Callable[..., InvoiceEvent]


class Seen:
    """A handler that remembers what it was called with, and fails as often as it is told."""

    def __init__(self, failures: int = 0) -> None:
        self.calls: list[tuple[str, EventContext]] = []
        self.failures = failures

    def __call__(self, event: Event, context: EventContext) -> None:
        self.calls.append((str(context.key), context))
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the shop's database is away")


def test_a_repeat_is_acknowledged_without_running(store: Store, event_of: Make) -> None:
    inbox, seen = Inbox(store), Seen()
    assert inbox.handle(event_of(), seen) is HandleResult.HANDLED
    for _ in range(3):
        assert inbox.handle(event_of(), seen) is HandleResult.DUPLICATE
    assert [key for key, _ in seen.calls] == ["invoice:4217/paid"]
    context = seen.calls[0][1]
    assert (context.attempt, context.stale, context.latest_status) == (1, False, None)


def test_other_invoices_and_other_statuses_are_other_events(store: Store, event_of: Make) -> None:
    inbox, seen = Inbox(store), Seen()
    for number, status in ((1, "expired"), (1, "paid"), (2, "paid"), (12, "paid")):
        assert inbox.handle(event_of(number, status), seen) is HandleResult.HANDLED
    assert len(seen.calls) == 4


def test_a_handler_that_raises_is_run_again_for_the_next_delivery(
    store: Store, event_of: Make
) -> None:
    inbox, seen = Inbox(store, lease=3600), Seen(failures=2)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="database is away"):
            inbox.handle(event_of(), seen)
    assert inbox.handle(event_of(), seen) is HandleResult.HANDLED
    assert [context.attempt for _, context in seen.calls] == [1, 2, 3]
    assert inbox.handle(event_of(), seen) is HandleResult.DUPLICATE


def test_even_an_exit_gives_the_claim_back(store: Store, event_of: Make) -> None:
    inbox = Inbox(store, lease=3600)

    def leave(_: Event, __: EventContext) -> None:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        inbox.handle(event_of(), leave)
    assert inbox.handle(event_of(), Seen()) is HandleResult.HANDLED


def test_the_handler_is_told_what_came_out_of_order(store: Store, event_of: Make) -> None:
    inbox, seen = Inbox(store), Seen()
    inbox.handle(event_of(1, "paid", "2026-11-20T09:18:40Z"), seen)
    inbox.handle(event_of(1, "expired", "2026-11-20T09:30:00Z"), seen)
    inbox.handle(event_of(1, "refunded", "2026-11-20T10:00:00Z"), seen)
    inbox.handle(event_of(1, "cancelled", "2026-11-20T09:00:00Z"), seen)
    told = [(str(c.key), c.stale, c.latest_status) for _, c in seen.calls]
    assert told == [
        ("invoice:1/paid", False, None),
        ("invoice:1/expired", True, "paid"),
        ("invoice:1/refunded", False, "paid"),
        ("invoice:1/cancelled", True, "refunded"),
    ]


def test_while_it_is_handled_another_delivery_is_put_off(store: Store, event_of: Make) -> None:
    inbox = Inbox(store)
    inner: list[HandleResult] = []

    def slow(_: Event, __: EventContext) -> None:
        inner.append(inbox.handle(event_of(1, "paid"), Seen()))
        inner.append(inbox.handle(event_of(1, "expired"), Seen()))  # the same invoice
        inner.append(inbox.handle(event_of(2, "paid"), Seen()))

    assert inbox.handle(event_of(1, "paid"), slow) is HandleResult.HANDLED
    assert inner == ["in_progress", "in_progress", "handled"]
    assert inbox.handle(event_of(1, "expired"), Seen()) is HandleResult.HANDLED


def test_many_deliveries_at_once_are_handled_once(store: Store, event_of: Make) -> None:
    inbox, seen = Inbox(store), Seen()
    start = threading.Barrier(16)

    def deliver(number: int) -> HandleResult:
        start.wait()
        return inbox.handle(event_of(number % 2), seen)

    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(deliver, range(16)))
    assert results.count(HandleResult.HANDLED) == len(seen.calls) == 2
    assert set(results) <= set(HandleResult)


def test_events_without_an_invoice_are_known_by_their_content(store: Store) -> None:
    inbox, seen = Inbox(store), Seen()
    first = UnknownEvent("webhook.test", {"event": "webhook.test", "n": 1})
    again = UnknownEvent("webhook.test", {"n": 1, "event": "webhook.test"})
    other = UnknownEvent("webhook.test", {"event": "webhook.test", "n": 2})
    results = [inbox.handle(event, seen) for event in (first, again, other)]
    assert results == ["handled", "duplicate", "handled"]


def test_a_claim_of_a_dead_process_ends_with_its_lease(event_of: Make, clock: VirtualClock) -> None:
    from apipay.webhooks.claims import HeldClaim, take

    store = MemoryStore(clock=clock)
    dead = take(store, event_key(event_of()), 20.0, clock)  # and never heard of again
    assert isinstance(dead, HeldClaim)
    inbox, seen = Inbox(store, lease=20.0), Seen()
    clock.advance(19.9)
    assert inbox.handle(event_of(), seen) is HandleResult.IN_PROGRESS
    clock.advance(0.1)
    assert inbox.handle(event_of(), seen) is HandleResult.HANDLED
    assert seen.calls[0][1].attempt == 2


def test_a_handler_that_outlived_its_claim_marks_nothing(
    event_of: Make, clock: VirtualClock
) -> None:
    store = MemoryStore(clock=clock)
    inbox, seen = Inbox(store, lease=20.0), Seen()

    def frozen(event: Event, _: EventContext) -> None:
        clock.advance(60)  # the process was stopped, and could not renew
        assert inbox.handle(event, seen) is HandleResult.HANDLED

    with pytest.raises(LeaseLostError, match="another delivery"):
        inbox.handle(event_of(), frozen)
    assert len(seen.calls) == 1
    assert inbox.handle(event_of(), seen) is HandleResult.DUPLICATE


def test_a_failing_handler_that_outlived_its_claim_frees_nothing(
    event_of: Make, clock: VirtualClock
) -> None:
    store = MemoryStore(clock=clock)
    inbox = Inbox(store, lease=20.0)
    inner: list[HandleResult] = []

    def second(event: Event, _: EventContext) -> None:
        first_fails.set()
        assert first_failed.wait(10)
        inner.append(inbox.handle(event, Seen()))

    def first(event: Event, _: EventContext) -> None:
        clock.advance(60)
        thread.start()
        assert first_fails.wait(10)
        raise RuntimeError("late")

    first_fails, first_failed = threading.Event(), threading.Event()
    thread = threading.Thread(target=inbox.handle, args=(event_of(), second))
    with pytest.raises(RuntimeError, match="late"):
        inbox.handle(event_of(), first)
    first_failed.set()
    thread.join(10)
    # While the second one ran, the late release of the first must not have let in a third.
    assert inner == [HandleResult.IN_PROGRESS]


# -- the lease -----------------------------------------------------------------------------------


@pytest.mark.parametrize("back", [60.0, 2160.0, 1e9])
def test_a_clock_set_back_after_a_crash_does_not_keep_a_claim(
    event_of: Make, clock: VirtualClock, tmp_path: Path, back: float
) -> None:
    from apipay.webhooks.claims import take

    with SQLiteStore(tmp_path / "inbox.db", clock=clock) as store:
        take(store, event_key(event_of()), 20.0, clock)  # by a process that dies
        clock.set_time(clock.time() - back)
        assert Inbox(store, lease=20.0).handle(event_of(), Seen()) is HandleResult.HANDLED


def test_a_slow_handler_keeps_its_claim(event_of: Make, clock: VirtualClock) -> None:
    inbox = Inbox(MemoryStore(clock=clock), lease=30, clock=clock)
    others: list[HandleResult] = []

    def slow(event: Event, _: EventContext) -> None:
        for _ in range(10):
            clock.sleep(29)  # nearly a lease
            others.append(Inbox(inbox._store, clock=clock).handle(event, Seen()))

    # Two take part in the time: the handler, and the thread that renews its claim.
    with clock.participant(), clock.participant():
        assert inbox.handle(event_of(), slow) is HandleResult.HANDLED
    assert others == [HandleResult.IN_PROGRESS] * 10
    # A renewal after every third of the lease, and the handler's own sleeps.
    assert sorted({round(seconds) for seconds in clock.sleeps if seconds}) == [10, 29]


class Signals(list[Any]):
    """A list that says when something was added."""

    def __init__(self) -> None:
        super().__init__()
        self.queue: queue.Queue[Any] = queue.Queue()

    def append(self, value: Any) -> None:
        super().append(value)
        self.queue.put(value)


class WatchedStore(MemoryStore):
    """A memory store that says when something was written."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock=clock)
        self.writes = Signals()

    def swap(self, key: str, old: str | None, new: str) -> bool:
        swapped = super().swap(key, old, new)
        self.writes.append(new)
        return swapped


def test_a_hung_handler_loses_its_claim(event_of: Make, clock: VirtualClock) -> None:
    store = WatchedStore(clock)
    clock.sleeps = sleeps = Signals()
    inbox = Inbox(store, lease=30, max_run=100, clock=clock)

    def hung(event: Event, _: EventContext) -> None:
        store.writes.queue.get(timeout=20)  # the claim
        for _ in range(9):  # renewed while it has run for less than max_run
            sleeps.queue.get(timeout=20)
            clock.advance(10)
            store.writes.queue.get(timeout=20)
            assert Inbox(store).handle(event, Seen()) is HandleResult.IN_PROGRESS
        clock.advance(29)
        assert Inbox(store).handle(event, Seen()) is HandleResult.IN_PROGRESS
        clock.advance(1)
        assert Inbox(store).handle(event, Seen()) is HandleResult.HANDLED

    # Two take part and one of them never sleeps, so that only the test moves the time.
    with clock.participant(), clock.participant(), pytest.raises(LeaseLostError):
        inbox.handle(event_of(), hung)


def test_quick_events_need_one_thread_for_all(event_of: Make) -> None:
    inbox = Inbox(MemoryStore())
    threads: set[str] = set()

    def handler(_: Event, __: EventContext) -> None:
        threads.update(
            str(thread.ident) for thread in threading.enumerate() if thread.name == "apipay-inbox"
        )

    before = {str(t.ident) for t in threading.enumerate() if t.name == "apipay-inbox"}
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda n: inbox.handle(event_of(n), handler), range(500)))
    assert set(results) == {HandleResult.HANDLED}
    assert len(threads - before) == 1


def test_a_store_that_was_flushed_does_not_undo_the_work(event_of: Make) -> None:
    """With nobody else at the event, the mark is made all the same."""
    store, seen = MemoryStore(), Seen()

    def handler(event: Event, context: EventContext) -> None:
        seen(event, context)
        store._states.clear()

    assert Inbox(store).handle(event_of(), handler) is HandleResult.HANDLED
    assert Inbox(store).handle(event_of(), seen) is HandleResult.DUPLICATE
    assert len(seen.calls) == 1


def test_a_lost_claim_says_what_is_known(event_of: Make) -> None:
    """After a flush it must not claim that this handler was slow."""
    store = MemoryStore()
    others: list[HandleResult] = []

    def flushes(event: Event, _: EventContext) -> None:
        store._states.clear()
        others.append(Inbox(store).handle(event, Seen()))

    with pytest.raises(LeaseLostError) as caught:
        Inbox(store).handle(event_of(), flushes)
    assert others == [HandleResult.HANDLED]
    text = str(caught.value)
    assert "invoice:4217/paid" in text
    assert "has claimed or handled" in text
    assert "the store lost its data" in text


class FailingStore:
    """A memory store whose calls fail when told, before or after they have had their effect."""

    def __init__(self) -> None:
        self.inner = MemoryStore()
        self.fail: list[str] = []

    def read(self, key: str) -> tuple[str | None, float]:
        if self.fail and self.fail[0] == "read":
            raise ConnectionError(self.fail.pop(0))
        return self.inner.read(key)

    def swap(self, key: str, old: str | None, new: str) -> bool:
        how = self.fail.pop(0) if self.fail and self.fail[0].startswith("swap") else ""
        if how == "swap lost":
            raise ConnectionError("the request was lost")
        result = self.inner.swap(key, old, new)
        if how == "swap answer lost":
            raise ConnectionError("only the answer was lost")
        return result


@pytest.mark.parametrize("failure", ["read", "swap lost"])
def test_nothing_runs_while_the_store_is_away(event_of: Make, failure: str) -> None:
    store, seen = FailingStore(), Seen()
    store.fail = [failure]
    with pytest.raises(InboxStoreError, match="ConnectionError") as caught:
        Inbox(store).handle(event_of(), seen)
    assert isinstance(caught.value.__cause__, ConnectionError)
    assert not seen.calls
    assert Inbox(store).handle(event_of(), seen) is HandleResult.HANDLED


@pytest.mark.parametrize("failure", ["swap lost", "swap answer lost"])
@pytest.mark.parametrize("times", [1, 2])
def test_a_store_that_fails_for_a_moment_does_not_undo_the_work(
    event_of: Make, failure: str, times: int, clock: VirtualClock
) -> None:
    store, seen = FailingStore(), Seen()

    def handler(event: Event, context: EventContext) -> None:
        seen(event, context)
        store.fail = [failure] * times

    assert Inbox(store, clock=clock).handle(event_of(), handler) is HandleResult.HANDLED
    assert Inbox(store).handle(event_of(), seen) is HandleResult.DUPLICATE
    assert len(seen.calls) == 1
    assert [seconds for seconds in clock.sleeps if 0 < seconds < 5] == [0.1, 0.5][:times]


def test_a_store_that_stays_away_after_the_work_is_reported(
    event_of: Make, clock: VirtualClock
) -> None:
    store = FailingStore()

    def handler(_: Event, __: EventContext) -> None:
        store.fail = ["swap lost"] * 9

    with pytest.raises(InboxStoreError):
        Inbox(store, clock=clock).handle(event_of(), handler)


def test_a_claim_that_cannot_be_released_does_not_hide_why(
    event_of: Make, clock: VirtualClock
) -> None:
    store = FailingStore()

    def handler(_: Event, __: EventContext) -> None:
        store.fail = ["swap lost"] * 9
        raise RuntimeError("why")

    with pytest.raises(RuntimeError, match="why"):
        Inbox(store, clock=clock).handle(event_of(), handler)


def test_a_redis_that_is_away_is_reported(event_of: Make, tmp_path: Path) -> None:
    inbox, seen = Inbox(RedisStore(f"unix://{tmp_path}/nobody.sock")), Seen()
    with pytest.raises(InboxStoreError, match="ConnectionError"):
        inbox.handle(event_of(), seen)
    assert not seen.calls


def test_what_another_program_wrote_into_the_store_is_reported(event_of: Make) -> None:
    store = MemoryStore()
    store.swap("invoice:4217", None, "something else")
    with pytest.raises(InboxStoreError, match="ValueError"):
        Inbox(store).handle(event_of(), Seen())


def test_events_over_the_age_limit_are_refused(event_of: Make, clock: VirtualClock) -> None:
    inbox, seen = Inbox(MemoryStore(clock=clock), max_age=timedelta(days=1)), Seen()
    made = event_of().timestamp.timestamp()
    clock.set_time(made + 86_400)
    assert inbox.handle(event_of(), seen) is HandleResult.HANDLED
    clock.set_time(made + 86_401)
    with pytest.raises(PayloadError, match="older than"):
        inbox.handle(event_of(), seen)
    with pytest.raises(PayloadError, match="older than"):
        inbox.handle(UnknownEvent("webhook.test", {"event": "webhook.test"}), seen)
    assert len(seen.calls) == 1


@pytest.mark.parametrize("wrong", [0, -1, float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["lease", "max_run", "max_age"])
def test_senseless_settings_are_refused(name: str, wrong: float) -> None:
    settings: dict[str, Any] = {name: wrong}
    with pytest.raises(InvalidRequestError, match=name):
        Inbox(MemoryStore(), **settings)


# -- async ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_async_handlers_are_awaited_and_plain_ones_run_in_a_thread(
    store: Store, event_of: Make, backend: str
) -> None:
    inbox, seen = Inbox(store), Seen()
    threads: list[int] = []

    async def handler(event: Event, context: EventContext) -> None:
        await anyio.lowlevel.checkpoint()
        threads.append(threading.get_ident())
        seen(event, context)

    def plain(event: Event, context: EventContext) -> None:
        threads.append(threading.get_ident())
        seen(event, context)

    async def main() -> list[HandleResult]:
        return [
            await inbox.handle_async(event_of(1), handler),
            await inbox.handle_async(event_of(1), handler),
            await inbox.handle_async(event_of(2), plain),
            await inbox.handle_async(event_of(2), plain),
        ]

    assert anyio.run(main, backend=backend) == ["handled", "duplicate", "handled", "duplicate"]
    assert threads[0] == threading.get_ident() != threads[1]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_an_async_handler_that_raises_is_run_again(
    store: Store, event_of: Make, backend: str
) -> None:
    inbox, seen = Inbox(store, lease=3600), Seen(failures=1)

    async def handler(event: Event, context: EventContext) -> None:
        seen(event, context)

    async def main() -> None:
        with pytest.raises(RuntimeError):
            await inbox.handle_async(event_of(), handler)
        assert await inbox.handle_async(event_of(), handler) is HandleResult.HANDLED

    anyio.run(main, backend=backend)
    assert [context.attempt for _, context in seen.calls] == [1, 2]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_cancelled_task_gives_its_claim_back(store: Store, event_of: Make, backend: str) -> None:
    inbox = Inbox(store, lease=3600)

    async def main() -> HandleResult:
        async def endless(_: Event, __: EventContext) -> None:
            scope.cancel()
            await anyio.sleep(3600)

        with anyio.CancelScope() as scope:
            await inbox.handle_async(event_of(), endless)
        assert scope.cancelled_caught
        return await inbox.handle_async(event_of(), Seen())

    assert anyio.run(main, backend=backend) is HandleResult.HANDLED


def test_a_task_cancelled_by_asyncio_itself_gives_its_claim_back(event_of: Make) -> None:
    inbox = Inbox(MemoryStore(), lease=3600)
    running = asyncio.Event()

    async def endless(_: Event, __: EventContext) -> None:
        running.set()
        await asyncio.sleep(3600)

    async def main() -> HandleResult:
        task = asyncio.create_task(inbox.handle_async(event_of(), endless))
        await running.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await inbox.handle_async(event_of(), Seen())

    assert asyncio.run(main()) is HandleResult.HANDLED


def test_an_async_handler_that_blocks_the_loop_keeps_its_claim(
    event_of: Make, clock: VirtualClock
) -> None:
    store = MemoryStore(clock=clock)
    inbox = Inbox(store, lease=30, clock=clock)
    others: list[HandleResult] = []

    async def blocking(event: Event, _: EventContext) -> None:
        clock.sleep(45)  # what users do
        others.append(Inbox(store).handle(event, Seen()))

    async def main() -> HandleResult:
        return await inbox.handle_async(event_of(), blocking)

    with clock.participant(), clock.participant():
        assert anyio.run(main) is HandleResult.HANDLED
    assert others == [HandleResult.IN_PROGRESS]


def test_an_async_handler_in_sync_code_is_refused_before_anything_is_claimed(
    event_of: Make,
) -> None:
    inbox, seen = Inbox(MemoryStore()), Seen()

    async def handler(_: Event, __: EventContext) -> None: ...

    class CallableObject:
        async def __call__(self, _: Event, __: EventContext) -> None: ...

    def hidden(event: Event, context: EventContext) -> object:
        return handler(event, context)

    for wrong in (handler, CallableObject(), hidden):
        with pytest.raises(InvalidRequestError, match="async"):
            inbox.handle(event_of(), wrong)
    assert inbox.handle(event_of(), seen) is HandleResult.HANDLED
