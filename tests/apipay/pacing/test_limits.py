"""Rate limits, and what a response says about them: pure functions."""

import email.utils
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apipay.errors import InvalidRequestError
from apipay.pacing import NOT_SENT, Outcome, RateLimit, outcome_of
from apipay.pacing.window import Window


@pytest.mark.parametrize(("requests", "seconds"), [(0, 60), (-1, 60), (1, 0), (1, float("inf"))])
def test_a_limit_that_allows_nothing_is_refused(requests: int, seconds: float) -> None:
    with pytest.raises(InvalidRequestError):
        RateLimit(requests, seconds)


def test_the_limit_is_read_from_the_specification() -> None:
    stated = {"x-rate-limit": {"requests": 60, "window_seconds": 60, "per": "api-key"}}
    assert RateLimit.from_spec(stated) == RateLimit(60, 60)
    assert RateLimit.from_spec({}) is None


def date(moment: float) -> str:
    return email.utils.formatdate(moment, usegmt=True)


@pytest.mark.parametrize(
    ("status", "headers", "body", "expected"),
    [
        (200, {}, None, Outcome(200)),
        (200, {"X-RateLimit-Remaining": "7"}, None, Outcome(200, 7)),
        (200, {"X-RateLimit-Remaining": "0"}, {"data": []}, Outcome(200, 0)),
        (429, {}, {"retry_after": 17}, Outcome(429, None, 17)),
        (429, {}, {"retry_after_seconds": 17}, Outcome(429, None, 17)),
        (429, {"Retry-After": "3"}, None, Outcome(429, None, 3)),
        (429, {"Retry-After": "3"}, {"retry_after": 17}, Outcome(429, None, 17)),
        (429, {"Retry-After": "30"}, {"retry_after": 17}, Outcome(429, None, 30)),
        (429, {"Retry-After": date(1040)}, None, Outcome(429, None, 40)),
        (429, {"Retry-After": date(940)}, None, Outcome(429, None, 0)),
        (429, {"Retry-After": date(5040), "Date": date(5000)}, None, Outcome(429, None, 40)),
        (429, {"Retry-After": "999999999"}, None, Outcome(429, None, 86_400)),
        (503, {"Retry-After": "3"}, None, Outcome(503, None, 3)),
    ],
)
def test_what_a_response_says(
    status: int, headers: dict[str, str], body: object, expected: Outcome
) -> None:
    assert outcome_of(status, httpx.Headers(headers), body, now=1000) == expected


@pytest.mark.parametrize(
    "value", [-1, float("nan"), float("inf"), 10**400, True, "soon", "", None, [5], {"seconds": 5}]
)
def test_a_malformed_body_counts_as_silent(value: object) -> None:
    body = {"retry_after": value, "retry_after_seconds": value}
    assert outcome_of(429, httpx.Headers(), body, now=0) == Outcome(429)


@pytest.mark.parametrize("value", ["-7", "7.5", "many", "\xb2", "9" * 5000, "nan", "1e999", ""])
def test_a_malformed_header_counts_as_absent(value: str) -> None:
    headers = httpx.Headers([(b"x-ratelimit-remaining", value.encode("latin-1"))])
    assert outcome_of(200, headers, None, now=0) == Outcome(200)
    if value != "7.5":
        headers = httpx.Headers([(b"retry-after", value.encode("latin-1"))])
        assert outcome_of(429, headers, None, now=0) == Outcome(429)


@pytest.mark.parametrize("body", [None, "text", 5, [], ["retry_after"]])
def test_a_body_that_is_not_an_object_counts_as_silent(body: object) -> None:
    assert outcome_of(429, httpx.Headers(), body, now=0) == Outcome(429)


_JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(
    remaining=st.text(st.characters(max_codepoint=255)),
    retry_after=st.text(st.characters(max_codepoint=255))
    | st.datetimes().map(lambda moment: moment.strftime("%a, %d %b %Y %H:%M:%S GMT"))
    | st.from_regex(r"[A-Z]{3}, [0-9]+ (Jan|Oct) [0-9]+ [0-9]+:[0-9]+ [-+A-Z0-9]*", fullmatch=True),
    body=st.fixed_dictionaries({"retry_after": _JSON, "retry_after_seconds": _JSON}) | _JSON,
)
def test_no_response_does_harm(remaining: str, retry_after: str, body: object) -> None:
    headers = httpx.Headers(
        [
            (b"x-ratelimit-remaining", remaining.encode("latin-1")),
            (b"retry-after", retry_after.encode("latin-1")),
            (b"date", retry_after[::-1].encode("latin-1")),
        ]
    )
    outcome = outcome_of(429, headers, body, now=1e9)
    assert outcome.retry_after is None or 0 <= outcome.retry_after <= 86_400
    assert outcome.remaining is None or outcome.remaining >= 0
    window = Window(RateLimit(5, 10))
    window.release(window.start(0), 0, outcome)
    assert 0 < window.wait(0) <= 10.05
    window.release(window.start(11), 11, NOT_SENT)
    assert window.wait(11) == 0
