"""The count of requests in a window: pure, so driven by hand with plain numbers."""

from heapq import heappop, heappush
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apipay.pacing.limits import NO_RESPONSE, NOT_SENT, Outcome, RateLimit
from apipay.pacing.window import Window

OK = Outcome(200)


def burst(window: Window, count: int, now: float, outcome: Outcome = OK) -> None:
    for _ in range(count):
        assert window.wait(now) == 0
        window.release(window.start(now), now, outcome)


def test_a_burst_goes_at_once_and_then_waits_a_window() -> None:
    window = Window(RateLimit(60, 60))
    burst(window, 60, now=0)
    assert window.remaining(0) == 0
    assert window.wait(0) == pytest.approx(60.3)
    assert window.wait(60.2) == pytest.approx(0.1)
    assert window.wait(60.3) == 0


def test_a_request_counts_from_its_response_because_the_server_may_have_counted_it_then() -> None:
    window = Window(RateLimit(1, 10))
    permit = window.start(0)
    assert window.wait(4) >= 10
    window.release(permit, 5, OK)
    assert window.wait(5) == pytest.approx(10.05)


def test_a_request_that_never_left_gives_its_place_back() -> None:
    window = Window(RateLimit(1, 10))
    window.release(window.start(0), 1, NOT_SENT)
    assert window.wait(1) == 0


def test_a_request_without_a_response_counts_too() -> None:
    window = Window(RateLimit(1, 10))
    window.release(window.start(0), 1, NO_RESPONSE)
    assert window.wait(1) > 9


def test_those_ahead_push_the_expected_moment_window_by_window() -> None:
    window = Window(RateLimit(2, 10))
    burst(window, 1, now=0)
    burst(window, 1, now=4)
    hold = 10.05
    waits = [window.wait(5, ahead=ahead) for ahead in range(5)]
    expected = [hold - 5, hold - 1, 2 * hold - 5, 2 * hold - 1, 3 * hold - 5]
    assert waits == pytest.approx(expected)


def test_low_leaves_a_tenth_for_others() -> None:
    window = Window(RateLimit(60, 60))
    for _ in range(54):
        assert window.wait(0, low=True) == 0
        window.release(window.start(0), 0, OK)
    assert window.wait(0, low=True) > 60
    burst(window, 6, now=0)


def test_a_429_closes_the_budget_for_as_long_as_it_says_and_then_one_goes_first() -> None:
    window = Window(RateLimit(60, 60))
    window.release(window.start(0), 0, Outcome(429, retry_after=30))
    assert window.remaining(0) == 0
    assert window.wait(0) == pytest.approx(30.3)
    assert window.wait(31) == 0
    assert window.remaining(31) == 1
    probe = window.start(31)
    assert window.wait(31) > 0
    window.release(probe, 32, Outcome(200, remaining=5))
    assert window.remaining(32) == 5


def test_a_429_closes_the_budget_for_a_window_at_most() -> None:
    window = Window(RateLimit(60, 60))
    window.release(window.start(0), 0, Outcome(429, retry_after=86_400))
    assert window.wait(0) == pytest.approx(60.3)
    window.release(window.start(61), 61, Outcome(429, retry_after=86_339))
    assert window.wait(61) == pytest.approx(60.3)


def test_a_429_without_a_time_closes_longer_and_longer_up_to_a_window() -> None:
    window = Window(RateLimit(60, 60))
    now, pauses = 0.0, []
    for _ in range(10):
        window.release(window.start(now), now, Outcome(429))
        pauses.append(round(window.wait(now) - 0.3, 3))
        now += window.wait(now)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]
    window.release(window.start(now), now, OK)
    assert window.wait(now) == 0


def test_a_probe_without_a_response_is_followed_by_another() -> None:
    window = Window(RateLimit(60, 60))
    window.release(window.start(0), 0, Outcome(429, retry_after=1))
    window.release(window.start(2), 3, NO_RESPONSE)
    assert window.wait(3) == 0
    probe = window.start(3)
    assert window.wait(3) > 0
    window.release(probe, 4, OK)
    assert window.remaining(4) == 58


def test_use_by_others_is_learned_from_what_responses_say_is_left() -> None:
    window = Window(RateLimit(60, 60))
    window.release(window.start(0), 0, Outcome(200, remaining=39))
    assert window.remaining(0) == 39
    window.release(window.start(1), 1, Outcome(200, remaining=38))
    assert window.remaining(1) == 38
    # The others' requests have left the server's window: more is left than was thought.
    window.release(window.start(2), 2, Outcome(200, remaining=50))
    assert window.remaining(2) == 50
    assert window.remaining(63) == 60


def test_use_by_others_is_forgotten_after_a_window() -> None:
    window = Window(RateLimit(10, 10))
    window.release(window.start(0), 0, Outcome(200, remaining=0))
    assert window.wait(0) == pytest.approx(10.05)
    assert window.wait(10.05) == 0


def test_responses_to_parallel_requests_do_not_count_as_use_by_others() -> None:
    window = Window(RateLimit(60, 60))
    permits = [window.start(0) for _ in range(60)]
    for remaining, permit in enumerate(reversed(permits)):
        window.release(permit, 1, Outcome(200, remaining=remaining))
    assert window.wait(60.2) > 0
    assert window.remaining(61.3) == 60


def test_requests_sent_later_may_have_been_counted_first() -> None:
    window = Window(RateLimit(60, 60))
    first, *others = [window.start(now) for now in range(10)]
    window.release(first, 10, Outcome(200, remaining=50))
    assert window.remaining(10) == 50
    for permit in others:
        window.release(permit, 11, OK)
    assert window.remaining(11) == 50


def test_a_slow_request_of_ours_may_have_left_the_servers_window_before_ours() -> None:
    window = Window(RateLimit(60, 60))
    slow = window.start(0)
    window.release(window.start(30), 30, Outcome(200, remaining=40))  # so 18 or 19 are of others
    window.release(slow, 58, OK)
    window.release(window.start(61), 61, Outcome(200, remaining=40))
    assert window.remaining(61) == 60 - 3 - 18


def test_a_server_that_says_nonsense_is_not_believed_beyond_the_limit() -> None:
    window = Window(RateLimit(2, 10))
    burst(window, 2, now=0, outcome=Outcome(200, remaining=1_000_000))
    assert window.wait(0) > 9


def test_a_child_process_does_not_wait_for_responses_that_only_the_parent_gets() -> None:
    window = Window(RateLimit(2, 10))
    window.start(0)
    window.start(0)
    window.after_fork(1)
    assert window.wait(1) == pytest.approx(10.05)
    assert window.wait(11.05) == 0


@settings(max_examples=200, deadline=None)
@given(
    requests=st.integers(1, 12),
    lanes=st.integers(1, 8),
    begin=st.floats(0, 10),
    legs=st.lists(st.tuples(st.floats(0, 0.9), st.floats(0, 0.9)), min_size=1, max_size=20),
    gaps=st.lists(st.floats(0, 3), min_size=1, max_size=9),
)
def test_no_429_from_any_limiter_with_any_delays(
    make_limiter: Any,
    requests: int,
    lanes: int,
    begin: float,
    legs: list[tuple[float, float]],
    gaps: list[float],
) -> None:
    """Requests in several lanes, each with its own way there and back; the server never refuses."""
    limiter = make_limiter(requests, 10.0)
    window = Window(RateLimit(requests, 10.0))
    events: list[tuple[float, int, str, Any]] = []
    for lane in range(lanes):
        heappush(events, (begin, lane, "ask", None))
    turn = 0
    while events and turn < 120:
        now, lane, what, value = heappop(events)
        if what == "ask":
            pause = window.wait(now)
            if pause:
                heappush(events, (now + pause, lane, "ask", None))
                continue
            turn += 1
            heappush(events, (now + legs[turn % len(legs)][0], lane, "arrive", window.start(now)))
        elif what == "arrive":
            allowed, remaining, _ = limiter(now)
            assert allowed
            back = now + legs[turn % len(legs)][1]
            heappush(events, (back, lane, "respond", (value, Outcome(200, remaining))))
        else:
            window.release(value[0], now, value[1])
            heappush(events, (now + gaps[turn % len(gaps)], lane, "ask", None))
