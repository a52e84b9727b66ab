"""State that the clients of one process share, and forks."""

import gc
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from apipay._clock import SYSTEM_CLOCK
from apipay._confirm.writes import Writes
from apipay._process import LOCK, key_id, shared_state
from apipay._steps import run
from apipay.pacing import LocalBudget, Outcome, RateLimit, local_budget
from apipay.testing import VirtualClock

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
# Python 3.12 warns of every fork with threads: the case that these tests are about.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


def test_state_is_shared_by_key_service_and_clock() -> None:
    clock = VirtualClock()
    state = shared_state("key", "http://a", clock)
    assert shared_state("key", "http://a", clock) is state
    assert shared_state("other", "http://a", clock) is not state
    assert shared_state("key", "http://b", clock) is not state
    assert shared_state("key", "http://a", VirtualClock()) is not state


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://localhost:8000/api", "http://127.0.0.1:8000/api", True),
        ("http://localhost:8000/api", "http://[::1]:8000/api/", True),
        ("http://localhost", "http://LOCALHOST:80/", True),
        ("https://Api.example/api", "https://api.example:443/api/", True),
        ("http://localhost:8000/api", "http://localhost:8001/api", False),
        ("http://localhost:8000/api", "http://localhost:8000/v2", False),
        ("https://localhost", "http://localhost", False),
        ("http://127.0.0.1", "http://127.0.0.2", False),
    ],
)
def test_spellings_of_one_service(one: str, other: str, same: bool) -> None:
    clock = VirtualClock()
    state = shared_state("key", one, clock)
    assert (shared_state("key", other, clock) is state) is same


def test_state_is_dropped_with_its_last_client() -> None:
    clock, limit = VirtualClock(), RateLimit(5, 60)
    state = shared_state("key", "http://a", clock)
    budget = local_budget(state, limit)
    run(budget.release(run(budget.acquire(), clock), Outcome(200)), clock)
    del state, budget
    gc.collect()
    again = local_budget(shared_state("key", "http://a", clock), limit)
    assert again.state().remaining == 5


def test_the_name_of_a_key_does_not_contain_it() -> None:
    assert "secret" not in key_id("secret")
    assert key_id("secret") == key_id("secret") != key_id("other")
    assert "secret" not in repr(vars(shared_state("secret", "http://a", SYSTEM_CLOCK)))


def test_a_resource_belongs_to_one_owner_per_kind() -> None:
    writes = shared_state("key", "http://a", VirtualClock()).shared("writes", Writes)
    assert writes.claim("invoice", 7, "first")
    assert writes.claim("invoice", 7, "first")
    assert not writes.claim("invoice", 7, "second")
    assert writes.belongs_to_other("invoice", 7, "second")
    assert writes.claim("refund", 7, "second")
    assert not writes.belongs_to_other("invoice", 8, "second")


def test_of_many_threads_one_gets_a_resource() -> None:
    writes = Writes()
    ready = threading.Barrier(8)

    def work(owner: int) -> int:
        ready.wait(10)
        return sum(writes.claim("invoice", number, owner) for number in range(1000))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8))) == 1000


def test_the_last_ten_thousand_resources_are_remembered() -> None:
    writes = Writes()
    for number in range(10_001):
        assert writes.claim("invoice", number, number)
    assert not writes.claim("invoice", 1, "other")
    assert writes.claim("invoice", 0, "other")


def _exit_code_of_child(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@needs_fork
def test_no_fork_happens_while_another_thread_holds_the_lock() -> None:
    """A child that got the lock held would hang; its alarm then ends it."""
    budget = LocalBudget(RateLimit(1_000_000, 60))
    writes = Writes()
    stop = threading.Event()

    def use() -> None:
        while not stop.is_set():
            for _ in range(100):
                run(budget.release(run(budget.acquire(), SYSTEM_CLOCK), Outcome(200)), SYSTEM_CLOCK)
                with LOCK:
                    writes.claim("invoice", 1, "parent")
                    sum(range(200))

    thread = threading.Thread(target=use)
    thread.start()
    try:
        for _ in range(30):
            pid = os.fork()
            if pid == 0:
                signal.alarm(5)
                code = 1
                try:
                    run(budget.acquire(), SYSTEM_CLOCK)
                    code = 0 if writes.claim("refund", 1, "child") else 2
                finally:
                    os._exit(code)
            assert _exit_code_of_child(pid) == 0
            with LOCK:
                pass  # the parent has released it, too
    finally:
        stop.set()
        thread.join(10)


@needs_fork
def test_a_signal_handler_can_fork_while_its_own_thread_holds_the_lock() -> None:
    with LOCK:
        pid = os.fork()
        if pid == 0:
            signal.alarm(5)
            os._exit(0 if Writes().claim("invoice", 1, "child") else 1)
    assert _exit_code_of_child(pid) == 0
