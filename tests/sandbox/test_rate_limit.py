"""The rate limit: per key, in fixed and sliding windows, changed and taken off."""

import math
from collections import deque
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apipay_sandbox import RateLimit, Sandbox, SandboxError
from apipay_sandbox.ratelimit import Limiter

steps = st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 40)), max_size=80)


@given(steps=steps, requests=st.integers(1, 6))
def test_a_sliding_window_never_lets_more_through(
    steps: list[tuple[str, float]], requests: int
) -> None:
    limiter, now = Limiter(RateLimit(requests, 60, "sliding")), 0.0
    passed: dict[str, deque[float]] = {"a": deque(), "b": deque()}
    for key, wait in steps:
        now += wait
        verdict = limiter.take(key, now)
        assert verdict is not None
        recent = [one for one in passed[key] if one > now - 60]
        assert verdict.passes == (len(recent) < requests)
        if verdict.passes:
            passed[key].append(now)
            assert verdict.remaining == requests - len(recent) - 1
        else:
            wait = min(recent[0] + 60 - now, 60)
            assert verdict.retry_after == max(1, math.ceil(wait))


@given(steps=steps, requests=st.integers(1, 6))
def test_a_fixed_window_opens_with_its_first_request(
    steps: list[tuple[str, float]], requests: int
) -> None:
    limiter, now = Limiter(RateLimit(requests, 60)), 0.0
    windows: dict[str, tuple[float, int]] = {}
    for key, wait in steps:
        now += wait
        verdict = limiter.take(key, now)
        assert verdict is not None
        opened, used = windows.get(key, (now, 0))
        if opened <= now - 60:
            opened, used = now, 0
        assert verdict.passes == (used < requests)
        windows[key] = (opened, used + verdict.passes)
        if not verdict.passes:
            assert 1 <= verdict.retry_after <= 60


def test_waiting_for_as_long_as_told_is_enough() -> None:
    for window in ("fixed", "sliding"):
        limiter = Limiter(RateLimit(2, 10.5, window))
        limiter.take("k", 0.0)
        limiter.take("k", 0.2)
        refused = limiter.take("k", 0.3)
        assert refused is not None
        again = limiter.take("k", 0.3 + refused.retry_after)
        assert again is not None
        assert again.passes


@pytest.mark.parametrize("limit", [(0, 60), (60, 0), (60, -1), (60, float("nan"))])
def test_a_limit_that_cannot_be_is_refused(limit: tuple[int, float]) -> None:
    with pytest.raises(SandboxError, match="rate limit"):
        RateLimit(*limit)


def test_the_limit_of_the_specification_is_on_by_default(api_of: Any) -> None:
    with Sandbox(clock="manual") as sandbox:
        api = api_of(sandbox)
        left = [api.get("/invoices").headers["x-ratelimit-remaining"] for _ in range(60)]
        refused = api.post("/invoices", {"amount": 1, "phone_number": "87001234567"})

        assert left == [str(number) for number in range(59, -1, -1)]
        assert refused.status_code == 429
        assert refused.json() == {
            "message": "Too many requests. Please retry after 60 seconds.",
            "retry_after": 60,
        }
        assert refused.headers["x-ratelimit-remaining"] == "0"
        assert sandbox.invoices() == []

        sandbox.advance(59)
        assert api.get("/invoices").json()["retry_after"] == 1
        sandbox.advance(1)
        assert api.get("/invoices").status_code == 200


def test_each_key_has_its_own_limit(api_of: Any) -> None:
    with Sandbox(rate_limit=RateLimit(1, 60)) as sandbox:
        first, second = api_of(sandbox), api_of(sandbox)
        second._http.headers["X-API-Key"] = sandbox.add_api_key("another")
        statuses = [one.get("/invoices").status_code for one in (first, second, first, second)]
    assert statuses == [200, 200, 429, 429]


def test_errors_count_and_carry_the_header_too(api_of: Any) -> None:
    with Sandbox(rate_limit=RateLimit(3, 60)) as sandbox:
        api = api_of(sandbox)
        answers = [api.get("/invoices/5"), api.get("/invoices?page=0"), api.post("/invoices")]
    assert [one.headers["x-ratelimit-remaining"] for one in answers] == ["2", "1", "0"]


def test_the_limit_can_be_changed_and_taken_off(api: Any) -> None:
    assert "x-ratelimit-remaining" not in api.get("/invoices").headers
    api.sandbox.set_rate_limit(RateLimit(1, 5))
    assert [api.get("/invoices").status_code for _ in range(2)] == [200, 429]
    api.sandbox.set_rate_limit(None)
    assert api.get("/invoices").status_code == 200
