"""The sandbox's time: real, sped up, by hand, and another clock's."""

import time
from datetime import UTC, date, datetime
from typing import Any

import pytest

from apipay.testing import VirtualClock
from apipay_sandbox import Sandbox, SandboxError
from apipay_sandbox.clock import FollowingClock, RunningClock, day_of, start_of, timestamp


def test_a_running_clock_follows_the_real_one() -> None:
    assert abs(RunningClock().now() - time.time()) < 1


def test_a_clock_can_run_faster() -> None:
    clock = RunningClock(speed=100_000, start=0.0)

    time.sleep(0.002)

    assert clock.now() >= 200
    wait = clock.real_seconds_until(clock.now() + 100_000)
    assert wait is not None
    assert 0 < wait <= 1


def test_a_clock_at_speed_zero_moves_by_hand_only() -> None:
    clock = RunningClock(speed=0, start=1000.0)

    clock.advance(5)

    assert clock.now() == 1005
    assert clock.real_seconds_until(2000) is None


@pytest.mark.parametrize("seconds", [-1, float("nan"), 1e12])
def test_time_does_not_go_back_nor_past_the_calendar(seconds: float) -> None:
    with pytest.raises(SandboxError, match="clock"):
        RunningClock().advance(seconds)


def test_a_sandbox_can_follow_the_clients_clock(api_of: Any) -> None:
    shared = VirtualClock()
    with Sandbox(clock=shared, payment_deadline=600) as sandbox:
        api = api_of(sandbox)
        number = api.invoice()["id"]
        shared.sleep(601)
        assert api.get(f"/invoices/{number}").json()["status"] == "expired"
        sandbox.advance(10)
        assert sandbox.now.timestamp() == shared.time()


def test_a_followed_clock_that_goes_back_does_not_take_the_sandbox_with_it() -> None:
    shared = VirtualClock()
    clock = FollowingClock(shared)
    before = clock.now()

    shared.set_time(before - 3600)

    assert clock.now() == before


def test_a_clock_without_advance_cannot_be_moved() -> None:
    class Plain:
        def time(self) -> float:
            return 0.0

    with pytest.raises(SandboxError, match="no method `advance`"):
        FollowingClock(Plain()).advance(1)


def test_a_start_needs_a_time_zone() -> None:
    with pytest.raises(SandboxError, match="time zone"):
        Sandbox(start_at=datetime(2026, 1, 1))
    with pytest.raises(SandboxError, match="own time"):
        Sandbox(clock=VirtualClock(), start_at=datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(SandboxError, match="speed"):
        Sandbox(speed=-1)


def test_a_fast_clock_brings_what_is_due_without_a_request(receiver: Any, eventually: Any) -> None:
    with Sandbox(speed=100_000, webhook_url=receiver.url, payment_deadline=600) as sandbox:
        state = sandbox.world.state
        with state.store.lock:
            state.issue(state.clock.now(), amount=1, client_phone="8")
        eventually(lambda: bool(receiver.received))
    assert b'"expired"' in receiver.received[0].body


def test_moments_and_days_are_utc() -> None:
    moment = datetime(2026, 1, 31, 23, 59, 59, 900_000, tzinfo=UTC).timestamp()

    assert timestamp(moment) == "2026-01-31T23:59:59Z"
    assert day_of(moment) == date(2026, 1, 31)
    assert start_of(date(2026, 2, 1)) > moment
