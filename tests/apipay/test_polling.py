"""When to ask again, when to stop, which failures to live with."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apipay.errors import (
    APIConnectionError,
    ApiPayError,
    AuthenticationError,
    InvalidRequestError,
    NotFoundError,
    RateLimitError,
    ResponseDecodeError,
    ServerError,
)
from apipay.polling import Pace, Poll, check_timeout, is_survivable, poll
from apipay.testing import VirtualClock


def test_the_pace_grows_up_to_its_longest_pause() -> None:
    pace = Pace(2, growth=1.5, longest=10)
    assert [pace.after(polls) for polls in range(1, 7)] == [2, 3, 4.5, 6.75, 10, 10]
    assert pace.after(10**6) == 10


@pytest.mark.parametrize(
    "wrong",
    [
        {"interval": 0},
        {"interval": -1},
        {"interval": math.nan},
        {"growth": 0.5},
        {"interval": 5, "longest": 4},
        {"longest": math.inf},
    ],
)
def test_a_pace_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidRequestError):
        Pace(**wrong)


def test_timeouts() -> None:
    check_timeout(None)
    check_timeout(0)
    for wrong in (-1, math.nan):
        with pytest.raises(InvalidRequestError):
            check_timeout(wrong)


@pytest.mark.parametrize(
    ("error", "survivable"),
    [
        (APIConnectionError("x"), True),
        (ServerError("x", status_code=502), True),
        (RateLimitError("x", status_code=429), True),
        (ResponseDecodeError("x", status_code=200), True),
        (AuthenticationError("x", status_code=401), False),
        (NotFoundError("x", status_code=404), False),
        (ValueError("x"), False),
    ],
)
def test_passing_failures_are_survived_and_others_not(error: Exception, survivable: bool) -> None:
    assert is_survivable(error) is survivable
    state: Poll[int] = Poll(Pace(2), deadline=100)
    if survivable:
        assert state.failed(error, now=0) == 2
        assert state.failure is error
    else:
        with pytest.raises(type(error)):
            state.failed(error, now=0)


def test_retry_after_is_obeyed_but_not_beyond_the_deadline() -> None:
    state: Poll[int] = Poll(Pace(2), deadline=100)
    assert state.failed(RateLimitError("x", status_code=429, retry_after=30), now=0) == 30
    assert state.failed(RateLimitError("x", status_code=429, retry_after=30), now=90) == 10
    assert state.failed(RateLimitError("x", status_code=429, retry_after=30), now=100) is None


def test_without_a_deadline_it_goes_on() -> None:
    state: Poll[int] = Poll(Pace(2), deadline=None)
    assert state.answered(1, now=1e9) == 2
    assert state.options(now=0) == {"priority": "low"}


def test_each_question_may_take_until_the_deadline_and_the_last_an_interval() -> None:
    state: Poll[int] = Poll(Pace(2), deadline=100, priority="normal")
    assert state.options(now=40) == {"priority": "normal", "deadline": 60}
    assert state.options(now=99.5) == {"priority": "normal", "deadline": 2}


@given(
    interval=st.floats(0.1, 10),
    growth=st.floats(1, 2),
    timeout=st.floats(0, 500),
    cost=st.floats(0, 3),
)
def test_it_asks_until_the_deadline_once_at_it_and_never_after(
    interval: float, growth: float, timeout: float, cost: float
) -> None:
    clock = VirtualClock()
    asked: list[float] = []

    def ask(_: object) -> int:
        asked.append(clock.monotonic())
        clock.sleep(cost)
        return len(asked)

    state: Poll[int] = Poll(Pace(interval, growth, max(interval, 20)), deadline=timeout)
    assert poll(ask, lambda _: False, state, clock) is None
    assert state.last == len(asked)
    assert asked[-1] <= timeout + 1e-6
    assert clock.monotonic() >= timeout - 1e-6
    assert clock.monotonic() <= timeout + cost + 1e-6


def test_the_error_for_a_wait_in_vain_says_what_was_seen_last_and_how_to_go_on() -> None:
    state: Poll[int] = Poll(Pace(2), deadline=10)
    state.answered(7, now=0)
    failure = ServerError("x", status_code=500)
    state.failed(failure, now=1)
    error = state.timed_out("It did not happen in time.", resume=[5])
    assert isinstance(error, ApiPayError)
    assert (error.last, error.resume, error.__cause__) == (7, [5], failure)
