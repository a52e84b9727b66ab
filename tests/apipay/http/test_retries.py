"""Retries, deadlines, per-call options, hooks and logs, sync and async, on a virtual clock."""

import email.utils
import logging
from typing import Any

import httpx
import pytest

from apipay import ApiPay, Hook, RetryPolicy
from apipay.errors import (
    APIConnectionError,
    ApiPayError,
    APIStatusError,
    APITimeoutError,
    InvalidRequestError,
    OutcomeUnknownError,
    RateLimitError,
    RateLimitWaitError,
    ResponseDecodeError,
    ServerError,
)

INVOICE = b'{"id": 1, "status": "pending"}'
HTML = b"<html>" + b"x" * 1000 + b"</html>"


def get(client: Any) -> Any:
    return client.invoices.get(1)


def script(*steps: Any) -> Any:
    """A handler that goes through `steps` (answers or exceptions) and repeats the last."""
    left = list(steps)

    def handle(request: httpx.Request) -> httpx.Response:
        handle.requests.append(request)  # type: ignore[attr-defined]
        step = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(step, Exception):
            raise step
        status, body, *headers = step
        # A stream, so that the body is decoded as one from the network is.
        return httpx.Response(status, stream=httpx.ByteStream(body), headers=dict(*headers))

    handle.requests = []  # type: ignore[attr-defined]
    return handle


TRANSIENT = [
    httpx.ConnectError("x"),
    httpx.ReadTimeout("x"),
    httpx.ReadError("x"),
    httpx.RemoteProtocolError("x"),
    httpx.DecodingError("x"),
    OSError("x"),
    (429, HTML),
    (500, b""),
    (502, HTML),
    (503, b"{}"),
    (520, HTML),
    (200, HTML),
    (200, b""),
    (200, b'{"id": 1, "status": "pen'),
    (200, b"\xff\xfe"),
]


@pytest.mark.parametrize("step", TRANSIENT, ids=str)
def test_reads_are_sent_again(make_api: Any, step: Any) -> None:
    handle = script(step, step, (200, INVOICE))
    assert make_api(handle)(get).id == 1
    assert len(handle.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 418, 422, 501])
def test_refusals_are_not_sent_again(make_api: Any, status: int) -> None:
    handle = script((status, b'{"message": "no"}'))
    with pytest.raises(APIStatusError) as caught:
        make_api(handle)(get)
    assert len(handle.requests) == 1
    assert (caught.value.attempts, caught.value.operation) == (1, "getInvoice")


def test_a_put_is_sent_again(make_api: Any) -> None:
    handle = script(httpx.ReadTimeout("x"), (502, HTML), (200, b'{"id": 1, "status": "active"}'))
    make_api(handle)(lambda client: client.recurring_invoices.update(1, amount=5))
    assert [request.method for request in handle.requests] == ["PUT"] * 3
    assert len({request.content for request in handle.requests}) == 1


# Each broken answer and the class that it is mapped to when it stays.
BROKEN = [
    ((200, HTML), ResponseDecodeError),
    ((200, b""), ResponseDecodeError),
    ((200, b"null"), ResponseDecodeError),
    ((200, b"[]"), ResponseDecodeError),
    ((200, b'"text"'), ResponseDecodeError),
    ((200, b"{}"), ResponseDecodeError),
    ((200, b'{"id": "one", "status": "pending"}'), ResponseDecodeError),
    ((200, b'{"id": 1, "status": null}'), ResponseDecodeError),
    ((200, b'{"id": 1, "status": "pending"'), ResponseDecodeError),
    ((200, b'{"id": 1, "status": "\xff"}'), ResponseDecodeError),
    ((200, b"[" * 100_000 + b"]" * 100_000), ResponseDecodeError),
    ((204, b""), ResponseDecodeError),
    ((200, b"no gzip", {"Content-Encoding": "gzip"}), APIConnectionError),
    ((200, INVOICE, {"Content-Encoding": "br"}), APIConnectionError),
    ((301, b"", {"Location": "https://elsewhere.example/"}), APIStatusError),
    ((500, HTML), ServerError),
    ((500, b""), ServerError),
    ((502, b"\xff\xfe\x00"), ServerError),
    ((503, b'{"message": {"deep": []}}'), ServerError),
    ((520, HTML), ServerError),
    ((524, HTML), ServerError),
    ((599, b"[]"), ServerError),
    ((429, b"{not json"), RateLimitError),
    ((404, b'{"message": 5, "errors": "x"}'), APIStatusError),
    ((422, b'{"errors": [1, 2]}'), APIStatusError),
    ((httpx.ReadTimeout("x")), APITimeoutError),
    ((httpx.ConnectTimeout("x")), APITimeoutError),
    ((httpx.ReadError("x")), APIConnectionError),
    ((httpx.RemoteProtocolError("x")), APIConnectionError),
    ((httpx.UnsupportedProtocol("x")), InvalidRequestError),
    ((ConnectionResetError("x")), APIConnectionError),
]


@pytest.mark.parametrize(("step", "expected"), BROKEN, ids=lambda value: str(value)[:50])
def test_each_broken_answer_to_a_read_has_its_class(
    make_api: Any, step: Any, expected: type[ApiPayError]
) -> None:
    with pytest.raises(expected) as caught:
        make_api(script(step), retry=RetryPolicy(max_retries=1, backoff_base=0.01))(get)
    assert isinstance(caught.value, ApiPayError)
    assert "x" * 20 not in f"{caught.value}{caught.value!r}"


@pytest.mark.parametrize(("step", "expected"), BROKEN, ids=lambda value: str(value)[:50])
def test_each_broken_answer_to_a_write_leaves_its_outcome_open_or_is_a_refusal(
    make_api: Any, step: Any, expected: type[ApiPayError]
) -> None:
    handle = script(step)
    with pytest.raises(ApiPayError) as caught:
        make_api(handle)(lambda client: client.recurring_invoices.bill_now(1))
    never_sent = isinstance(step, httpx.ConnectTimeout | httpx.UnsupportedProtocol)
    refused = isinstance(step, tuple) and (step[0] in (404, 422, 429))
    assert isinstance(caught.value, OutcomeUnknownError) == (not never_sent and not refused)
    if isinstance(caught.value, OutcomeUnknownError):
        assert len(handle.requests) == 1


@pytest.mark.parametrize("kind", [KeyError, ZeroDivisionError, TypeError])
def test_a_defect_is_not_presented_as_a_network_failure(make_api: Any, kind: Any) -> None:
    handle = script(kind("x"))
    with pytest.raises(kind):
        make_api(handle)(get)
    assert len(handle.requests) == 1
    with pytest.raises(OutcomeUnknownError) as caught:  # it may have been sent
        make_api(handle)(lambda client: client.recurring_invoices.bill_now(1))
    assert isinstance(caught.value.__cause__, kind)
    assert "network" not in str(caught.value)


def test_an_undocumented_success_reads_as_the_documented_one(make_api: Any) -> None:
    assert make_api(script((201, INVOICE)))(get).id == 1


def test_a_wrong_content_type_does_no_harm(make_api: Any) -> None:
    assert make_api(script((200, INVOICE, {"Content-Type": "text/html"})))(get).id == 1


def test_retry_after_is_obeyed(make_api: Any, clock: Any) -> None:
    wait_date = email.utils.formatdate(clock.time() + 100, usegmt=True)
    handle = script(
        (429, b'{"message": "x", "retry_after": 60}'),
        (503, b"", {"Retry-After": "20"}),
        (503, b"", {"Retry-After": wait_date}),
        (200, INVOICE),
    )
    api = make_api(handle)
    api(lambda client: client.invoices.get(1, options={"deadline": 300}))
    first, second, third = clock.sleeps
    assert 60 <= first <= 61
    assert 20 <= second <= 21
    assert 100 - first - second <= third <= 101 - first - second + 1


def test_a_wait_past_the_deadline_is_not_begun(make_api: Any, clock: Any) -> None:
    handle = script((429, b'{"message": "x", "retry_after": 3600}'))
    with pytest.raises(RateLimitError) as caught:
        make_api(handle)(get)
    assert caught.value.retry_after == 3600
    assert clock.sleeps == []


def test_the_defaults_outlive_a_window_of_the_rate_limit(make_api: Any) -> None:
    handle = script((429, b'{"message": "x", "retry_after": 60}'), (200, INVOICE))
    assert make_api(handle, retry=None)(get).id == 1


def test_per_call_options(make_api: Any, clock: Any) -> None:
    handle = script((500, b"{}"))
    api = make_api(handle)
    with pytest.raises(ServerError):
        api(lambda client: client.invoices.get(1, options={"max_retries": 0}))
    assert len(handle.requests) == 1
    with pytest.raises(ServerError) as caught:
        api(lambda client: client.with_options(max_retries=7, deadline=1e6).invoices.get(1))
    assert caught.value.attempts == 8
    api.client.with_options(headers={"X-Trace": "a"})
    with pytest.raises(ServerError):
        api(
            lambda client: client.with_options(
                headers={"X-Trace": "a", "X-Two": "2"}, timeout=3
            ).invoices.get(1, options={"headers": {"X-Trace": "b"}, "max_retries": 0})
        )
    request = handle.requests[-1]
    assert (request.headers["x-trace"], request.headers["x-two"]) == ("b", "2")
    assert request.extensions["timeout"] == {"connect": 3, "read": 3, "write": 3, "pool": 3}


@pytest.mark.parametrize(
    "options",
    [
        {"max_retries": -1},
        {"max_retries": "3"},
        {"deadline": 0},
        {"deadline": "soon"},
        {"headers": {"X-A": "b\r\nX-API-Key: c"}},
        {"headers": {"X A": "b"}},
        {"headers": {"x-api-key": "other"}},
    ],
)
def test_options_that_make_no_sense_are_refused_before_sending(
    make_api: Any, options: dict[str, Any]
) -> None:
    handle = script((200, INVOICE))
    with pytest.raises(InvalidRequestError):
        make_api(handle)(lambda client: client.invoices.get(1, options=options))
    assert handle.requests == []


def test_timeouts_are_cut_to_the_deadline(make_api: Any, clock: Any) -> None:
    seen = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"]["read"])
        clock.advance(4)
        return httpx.Response(500, content=b"{}")

    policy = RetryPolicy(deadline=10, backoff_base=0, max_retries=99)
    with pytest.raises(ServerError) as caught:
        make_api(handle, retry=policy)(get)
    assert seen == [10, 6, 2]
    assert caught.value.attempts == 3


def test_a_lost_write_leaves_time_for_lookups(make_api: Any, service: Any, clock: Any) -> None:
    service.fail("createInvoice", "timeout", processed=True)
    made = make_api(retry=RetryPolicy(deadline=10))(create)
    assert made.id == 100
    assert clock.monotonic() < 10


@pytest.mark.parametrize("call", ["create", "bill_now"])
def test_a_write_is_not_sent_in_the_last_second_of_its_deadline(
    make_api: Any, clock: Any, call: str
) -> None:
    handle = script((429, b'{"message": "x", "retry_after": 9.5}'), (200, INVOICE))
    api = make_api(handle, retry=RetryPolicy(deadline=10, backoff_base=0))

    def act(client: Any) -> Any:
        return create(client) if call == "create" else client.recurring_invoices.bill_now(1)

    with pytest.raises(RateLimitWaitError) as caught:
        api(act)
    assert len(handle.requests) == 1
    assert caught.value.is_retryable
    with pytest.raises(RateLimitWaitError):
        api(lambda client: act(client.with_options(deadline=0.9)))
    assert len(handle.requests) == 1
    assert api(lambda client: client.invoices.get(1, options={"deadline": 0.9})).id == 1


def test_a_request_that_is_no_operation_goes_through_the_layers(make_api: Any) -> None:
    handle = script(httpx.ReadError("x"), (200, b"hello"))
    api = make_api(handle)

    if api.backend == "sync":
        assert api.client.raw.get_httpx_client().get("/other").text == "hello"
        with pytest.raises(OutcomeUnknownError):
            make_api(script(httpx.ReadError("x"))).client.raw.get_httpx_client().post("/other")
        with api.client.raw.get_httpx_client().stream("GET", "/other") as response:
            assert b"".join(response.iter_bytes()) == b"hello"
    else:
        response = api(lambda client: client.raw.get_async_httpx_client().get("/other"))
        assert response.text == "hello"


class Recorder(Hook):
    def __init__(self) -> None:
        self.events: list[tuple[str, Any]] = []

    def call_started(self, call: Any) -> None:
        self.events.append(("started", call.operation))

    def before_send(self, event: Any) -> None:
        self.events.append(("send", event.operation))

    def after_response(self, event: Any) -> None:
        self.events.append(("response", event.status_code or event.error))

    def before_retry(self, event: Any) -> None:
        self.events.append(("retry", event.attempt))

    def before_wait(self, event: Any) -> None:
        self.events.append(("wait", event.reason))

    def call_ended(self, event: Any) -> None:
        self.events.append(("ended", event.error))


def create(client: Any) -> Any:
    return client.invoices.create(amount=5, phone_number="87015554433", external_order_id="order-1")


def test_hooks_see_the_course_of_a_call(make_api: Any, service: Any) -> None:
    recorder = Recorder()
    service.fail("createInvoice", "status", status=500, processed=True)
    make_api(hooks=[recorder])(create)
    assert recorder.events == [
        ("started", "createInvoice"),
        ("send", "createInvoice"),
        ("response", 500),
        ("send", "listInvoices"),
        ("response", 200),
        ("send", "getInvoice"),
        ("response", 200),
        ("ended", None),
    ]


def test_hooks_see_how_a_call_fails(make_api: Any) -> None:
    recorder = Recorder()
    with pytest.raises(APIConnectionError):
        make_api(script(httpx.ReadError("x")), hooks=[recorder], retry=RetryPolicy(max_retries=0))(
            get
        )
    assert recorder.events[-2:] == [("response", "ReadError"), ("ended", "APIConnectionError")]


def test_hooks_see_retries(make_api: Any) -> None:
    recorder = Recorder()
    make_api(script((503, b""), (200, INVOICE)), hooks=[recorder])(get)
    assert ("retry", 2) in recorder.events
    assert ("wait", "backoff") in recorder.events


class Broken(Hook):
    def __getattribute__(self, name: str) -> Any:
        if name.startswith(("call_", "before_", "after_", "never_")):

            def fail(event: Any) -> None:
                raise RuntimeError("87015554433 secret")

            return fail
        return super().__getattribute__(name)

    call_started = before_send = after_response = before_retry = before_wait = call_ended = (
        lambda self, event: None
    )


def test_a_hook_that_raises_breaks_nothing(
    make_api: Any, service: Any, caplog: pytest.LogCaptureFixture
) -> None:
    service.fail("createInvoice", "cut", processed=True)
    assert make_api(hooks=[Broken()])(create).id == 100
    assert "A hook failed in before_send with RuntimeError" in caplog.text
    assert "secret" not in caplog.text


def test_waits_for_the_budget_are_told(make_api: Any, clock: Any) -> None:
    from apipay import RateLimit

    recorder = Recorder()
    api = make_api(
        script((200, INVOICE)), hooks=[recorder], rate_limit=RateLimit(2, 10), retry=None
    )
    for _ in range(3):
        api(get)
    assert recorder.events.count(("wait", "budget")) == 1
    assert api.client.rate_limit.limit.requests == 2


def test_the_log_is_useful_and_holds_nothing_private(
    make_api: Any, service: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    service.fail("createInvoice", "refused")
    make_api()(create)
    make_api()(lambda client: client.invoices.list(search="87015554433"))
    assert "createInvoice: ConnectError; retrying (attempt 2)" in caplog.text
    assert "POST createInvoice (call, attempt 1): ConnectError" in caplog.text
    for private in ("87015554433", "test-key", "search", "order-1", "5554433"):
        assert private not in caplog.text


def test_the_log_is_quiet_by_default(make_api: Any, service: Any, capsys: Any) -> None:
    service.fail("createInvoice", "refused")
    make_api()(create)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("status", [401, 403, 500])
def test_a_key_of_plain_words_is_not_shown_either(status: int) -> None:
    key = "payment-required"
    body = {"message": f"The key {key} is expired", "errors": {key: [key]}}
    transport = httpx.MockTransport(lambda request: httpx.Response(status, json=body))
    client = ApiPay(key, transport=transport, retry=RetryPolicy(max_retries=0))
    with pytest.raises(APIStatusError) as caught:
        client.invoices.get(1)
    assert key not in f"{caught.value}{caught.value!r}"


def test_a_hook_that_cannot_say_whether_it_listens_breaks_nothing(
    make_api: Any, caplog: pytest.LogCaptureFixture
) -> None:
    class Deaf(Hook):
        def is_listening(self) -> bool:
            raise RuntimeError("87015554433")

    assert make_api(script((200, INVOICE)), hooks=[Deaf()])(get).id == 1
    assert "A hook failed in is_listening with RuntimeError" in caplog.text
    assert "87015554433" not in caplog.text


def test_the_path_of_a_request_outside_the_specification_is_not_in_events() -> None:
    paths = []

    class Paths(Hook):
        def call_started(self, call: Any) -> None:
            paths.append(call.path)

    transport = httpx.MockTransport(lambda request: httpx.Response(200))
    client = ApiPay("key", transport=transport, hooks=[Paths()])
    client.raw.get_httpx_client().post("/customers/87015554433")
    assert paths == ["/{path}"]


@pytest.mark.parametrize(
    "settings",
    [
        {"hooks": Hook()},
        {"hooks": [Hook]},
        {"retry": 5},
        {"rate_limit": 60},
        {"rate_limit": "none"},
        {"headers": [("a", "b")]},
        {"base_url": f"https://{'a' * 70}.example"},
        {"base_url": "https://h:99999"},
        pytest.param(
            {"base_url": "https://xn--a.example"},
            marks=pytest.mark.skipif(httpx.__name__ == "httpx2", reason="httpx2 accepts this"),
        ),
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_an_argument_of_another_kind_is_named(settings: Any) -> None:
    with pytest.raises(InvalidRequestError):
        ApiPay("key", **settings)
