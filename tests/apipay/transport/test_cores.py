"""The pure cores: verdicts, backoff, what answers say, dating, the ledger."""

import email.utils
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apipay import answers
from apipay.errors import InvalidRequestError
from apipay.transport.ledger import Ledger
from apipay.transport.lookups import Age, Reply, age, derive, path_arguments
from apipay.transport.policy import RetryPolicy, backoff
from apipay.transport.verdict import BodyTooLarge, Doubt, Kind, judge
from apipay_client import operations

JSON = b'{"message": "x"}'
HTML = b"<html></html>"


@pytest.mark.parametrize(
    ("status", "body", "kind", "doubt"),
    [
        (200, b'{"id": 1}', Kind.DONE, Doubt.NONE),
        (201, b' {"id": 1}\n', Kind.DONE, Doubt.NONE),
        (200, b"[]", Kind.DONE, Doubt.NONE),
        (200, HTML, Kind.FAILED, Doubt.ANSWERED),
        (200, b"", Kind.FAILED, Doubt.ANSWERED),
        (200, b'{"id": {}', Kind.FAILED, Doubt.ANSWERED),
        (200, b'{"id": }', Kind.FAILED, Doubt.ANSWERED),
        (200, b"\xff\xfe{}", Kind.FAILED, Doubt.ANSWERED),
        (204, b"", Kind.FAILED, Doubt.ANSWERED),
        (302, b"", Kind.REFUSED, Doubt.NONE),
        (400, JSON, Kind.REFUSED, Doubt.NONE),
        (401, HTML, Kind.REFUSED, Doubt.NONE),
        (408, b"", Kind.FAILED, Doubt.CUT),
        (418, b"", Kind.REFUSED, Doubt.NONE),
        (422, JSON, Kind.REFUSED, Doubt.NONE),
        (429, HTML, Kind.FAILED, Doubt.NONE),
        (500, JSON, Kind.FAILED, Doubt.ANSWERED),
        (501, JSON, Kind.REFUSED, Doubt.NONE),
        (502, HTML, Kind.FAILED, Doubt.CUT),
        (503, JSON, Kind.FAILED, Doubt.ANSWERED),
        (504, JSON, Kind.FAILED, Doubt.IN_FLIGHT),
        (520, HTML, Kind.FAILED, Doubt.CUT),
        (522, b"", Kind.FAILED, Doubt.IN_FLIGHT),
        (524, HTML, Kind.FAILED, Doubt.IN_FLIGHT),
        (599, b"", Kind.FAILED, Doubt.CUT),
    ],
)
def test_the_verdict_on_an_answer_to_a_write(
    status: int, body: bytes, kind: Kind, doubt: Doubt
) -> None:
    verdict = judge(httpx.Response(status, content=body), success=(200,), writes=True)
    assert (verdict.kind, verdict.doubt) == (kind, doubt)


def test_an_empty_answer_is_done_where_it_is_promised() -> None:
    assert judge(httpx.Response(204), success=(204,), writes=True).kind is Kind.DONE


def test_any_body_of_a_request_that_is_no_operation_is_done() -> None:
    response = httpx.Response(200, content=b"%PDF-1.7")
    assert judge(response, success=None, writes=False).kind is Kind.DONE


@pytest.mark.parametrize(
    ("error", "kind", "doubt"),
    [
        (httpx.ConnectError("x"), Kind.FAILED, Doubt.NONE),
        (httpx.ConnectTimeout("x"), Kind.FAILED, Doubt.NONE),
        (httpx.PoolTimeout("x"), Kind.FAILED, Doubt.NONE),
        (httpx.ProxyError("x"), Kind.FAILED, Doubt.NONE),
        (httpx.ReadTimeout("x"), Kind.FAILED, Doubt.IN_FLIGHT),
        (httpx.WriteTimeout("x"), Kind.FAILED, Doubt.CUT),
        (httpx.ReadError("x"), Kind.FAILED, Doubt.CUT),
        (httpx.WriteError("x"), Kind.FAILED, Doubt.CUT),
        (httpx.RemoteProtocolError("x"), Kind.FAILED, Doubt.CUT),
        (httpx.LocalProtocolError("x"), Kind.FAILED, Doubt.CUT),
        (httpx.DecodingError("x"), Kind.FAILED, Doubt.CUT),
        (OSError("x"), Kind.FAILED, Doubt.CUT),
        (RuntimeError("x"), Kind.FAILED, Doubt.CUT),
        (BodyTooLarge("x"), Kind.FAILED, Doubt.ANSWERED),
        (httpx.UnsupportedProtocol("x"), Kind.REFUSED, Doubt.NONE),
        (httpx.InvalidURL("x"), Kind.REFUSED, Doubt.NONE),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_verdict_on_a_write_without_an_answer(
    error: Exception, kind: Kind, doubt: Doubt
) -> None:
    verdict = judge(error, success=(200,), writes=True)
    assert (verdict.kind, verdict.doubt) == (kind, doubt)


@given(st.integers(1, 10_000), st.floats(0, 1), st.floats(0, 100), st.floats(0, 100))
def test_backoff_stays_under_its_ceiling(
    retry: int, random: float, base: float, most: float
) -> None:
    policy = RetryPolicy(backoff_base=base, backoff_max=most)
    assert 0 <= backoff(policy, retry, lambda: random) <= most


def test_backoff_doubles_and_uses_the_whole_range() -> None:
    policy = RetryPolicy(backoff_base=0.5, backoff_max=8)
    assert [backoff(policy, n, lambda: 1.0) for n in range(1, 7)] == [0.5, 1, 2, 4, 8, 8]
    assert [backoff(policy, n, lambda: 0.0) for n in range(1, 4)] == [0, 0, 0]


@pytest.mark.parametrize(
    "settings",
    [
        {"max_retries": -1},
        {"max_retries": True},
        {"max_retries": 1.5},
        {"deadline": 0},
        {"deadline": float("nan")},
        {"backoff_base": -1},
        {"settle_after_cut": float("inf")},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError):
        RetryPolicy(**settings)


NOW = 1_700_000_000.0


def date(moment: float) -> str:
    return email.utils.formatdate(moment, usegmt=True)


@pytest.mark.parametrize(
    ("body", "headers", "seconds"),
    [
        ({"retry_after": 60}, {}, 60),
        ({}, {"retry-after": "7"}, 7),
        ({"retry_after": 3}, {"retry-after": "7"}, 7),
        ({}, {"retry-after": date(NOW + 30)}, 30),
        ({}, {"retry-after": date(NOW + 30), "date": date(NOW + 20)}, 10),
        ({}, {"retry-after": date(NOW - 30)}, 0),
        ({"retry_after": "12"}, {}, 12),
        ({"retry_after": 1e300}, {}, answers.MAX_RETRY_AFTER),
        ({"retry_after": -1}, {}, None),
        ({"retry_after": True}, {}, None),
        ({"retry_after": None}, {"retry-after": "soon"}, None),
        ({"retry_after": float("nan")}, {}, None),
        ([1], {}, None),
        ("text", {}, None),
    ],
)
def test_how_long_to_wait(body: object, headers: dict[str, str], seconds: float | None) -> None:
    assert answers.retry_after(body, httpx.Headers(headers), NOW) == seconds


@given(st.binary(max_size=200), st.text(max_size=40), st.text(max_size=40))
def test_no_answer_makes_the_readers_raise(content: bytes, header: str, name: str) -> None:
    body = answers.read_body(content)
    answers.message_of(body)
    answers.field_errors(body)
    answers.retry_after(body, {"retry-after": header, "date": name}, NOW)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["message", "errors", "retry_after", "error", "detail", "id"]),
                inner,
                max_size=4,
            )
        ),
    )
)
def test_no_json_makes_the_readers_raise(body: object) -> None:
    answers.message_of(body)
    for messages in answers.field_errors(body).values():
        assert all(isinstance(message, str) for message in messages)
    wait = answers.retry_after(body, {}, NOW)
    assert wait is None or 0 <= wait <= answers.MAX_RETRY_AFTER


@given(
    server_ahead=st.floats(-1e6, 1e6),
    before=st.floats(0, 1e5),
    took=st.floats(0, 300),
    latency=st.floats(0, 5),
)
def test_nothing_of_this_call_is_ever_dated_older(
    server_ahead: float, before: float, took: float, latency: float
) -> None:
    """Whatever the clocks say: what was made after the call began is never OLDER, and what was
    made more than two seconds and the latency before it is never RECENT."""
    began_server = 1_700_000_000 + server_ahead + 100

    def judge_age(created: float) -> Age:
        answered = began_server + took
        reply = Reply(
            httpx.Response(200, headers={"Date": date(int(answered))}),
            sent_at=50 + took,
            received_at=50 + took + latency,
        )
        return age(datetime.fromtimestamp(int(created), UTC), reply, began_at=50)

    assert judge_age(began_server + min(took, before)) is not Age.OLDER
    assert judge_age(began_server - before - latency - 2.001) is not Age.RECENT


def test_what_has_no_date_cannot_be_dated() -> None:
    dated = Reply(httpx.Response(200, headers={"Date": date(NOW)}), 0, 0)
    moment = datetime.fromtimestamp(NOW, UTC)
    assert age(moment, dated, 0) is Age.RECENT
    assert age(None, dated, 0) is Age.UNKNOWN
    assert age(moment.replace(tzinfo=None), dated, 0) is Age.UNKNOWN
    assert age(moment, Reply(httpx.Response(200), 0, 0), 0) is Age.UNKNOWN
    assert age(moment + timedelta(hours=5), dated, 0) is Age.UNKNOWN
    assert age(moment.astimezone(timezone(timedelta(hours=5))), dated, 0) is Age.RECENT


def test_a_derived_request_keeps_server_key_and_timeout() -> None:
    request = httpx.Request(
        "POST",
        "https://host:8443/prefix/api/invoices/17/refund",
        headers={"X-API-Key": "k", "X-Trace": "t"},
        json={"amount": 1},
        extensions={
            "operation": operations.CREATE_REFUND,
            "options": {"deadline": 5},
            "timeout": {"read": 3},
        },
    )
    assert path_arguments(request, operations.CREATE_REFUND) == {"id": "17"}
    made = derive(request, operations.CREATE_REFUND, operations.GET_REFUND, {"id": 9}, {"page": 2})
    assert (made.method, str(made.url)) == ("GET", "https://host:8443/prefix/api/refunds/9?page=2")
    assert (made.headers["x-api-key"], made.headers["x-trace"]) == ("k", "t")
    assert "content-length" not in made.headers
    assert made.content == b""
    assert made.extensions["timeout"] == {"read": 3}
    assert made.extensions["options"] == {"deadline": 5, "priority": "high"}


def test_the_ledger_hands_out_an_id_once() -> None:
    ledger = Ledger()
    ledger.begin("a")
    ledger.begin("a")
    ledger.end("a")
    assert ledger.is_sending("a")
    ledger.end("a")
    assert not ledger.is_sending("a")
    assert ledger.claim("a", 1)
    assert not ledger.claim("a", 1)
    assert ledger.claim("b", 1)
    for name in range(20_000):
        ledger.claim(name, 1)
    assert ledger.claimed("a") == frozenset()
    assert ledger.claimed(19_999) == {1}
