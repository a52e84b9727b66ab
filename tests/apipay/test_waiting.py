"""Waits of both clients against a scripted service, on a virtual clock: sync, asyncio and trio."""

import inspect
import math
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any, cast

import anyio
import httpx
import pytest

from apipay import ApiPay, AsyncApiPay
from apipay._steps import run
from apipay.errors import (
    APIConnectionError,
    ApiPayError,
    APIStatusError,
    AuthenticationError,
    ClientClosedError,
    GoneError,
    InvalidRequestError,
    NotFoundError,
    OutcomeUnknownError,
    RateLimitError,
    ServerError,
    VerificationFailedError,
    VerificationTimeoutError,
    WaitTimeoutError,
)
from apipay.testing import VirtualClock
from apipay.waiting import LAST_POLL_SECONDS, LONGEST_RETRY_AFTER, Pace, wait_for_payment
from apipay_client.models import Invoice, InvoiceStatus, Organization

URL = "http://127.0.0.1:9/api"
IDN = "123456789012"
WAYS = ["sync", "asyncio", "trio"]
EVEN = Pace(2)

Failure = httpx.Response | Exception


class Service:
    """Invoices that change their status at set times, and one organization.

    `script` replaces the responses to the first polls, None where there is no replacement;
    `always` replaces all. `lag` is how long each response takes.
    """

    def __init__(self, count: int = 0, way: str = "sync") -> None:
        self.way = way
        self.clock = VirtualClock()
        self.ids = list(range(count, 0, -1))
        self.changes: dict[int, list[tuple[float, str]]] = {}
        self.script: list[Failure | None] = []
        self.always: Failure | None = None
        self.lag = 0.0
        self.requests: list[tuple[float, str]] = []
        self.options: list[Any] = []
        self.confirmed_at = math.inf
        self.verified = "verified"
        self.states_time = True
        self.rate_limit: Any = None

    def becomes(self, invoice_id: int, *changes: tuple[float, str]) -> None:
        self.changes[invoice_id] = list(changes)

    @property
    def polls(self) -> list[float]:
        return [at for at, sent in self.requests if sent.startswith("GET")]

    def status(self, invoice_id: int) -> str:
        now = self.clock.monotonic()
        passed = [status for at, status in self.changes.get(invoice_id, ()) if at <= now]
        return passed[-1] if passed else "pending"

    def handle(self, request: httpx.Request) -> httpx.Response:
        limit = request.extensions["timeout"]["read"]
        self.clock.sleep(min(self.lag, limit))
        if self.lag > limit:
            raise httpx.ReadTimeout("slow")
        return self.respond(request)

    async def handle_async(self, request: httpx.Request) -> httpx.Response:
        limit = request.extensions["timeout"]["read"]
        await self.clock.sleep_async(min(self.lag, limit))
        if self.lag > limit:
            raise httpx.ReadTimeout("slow")
        return self.respond(request)

    def respond(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api")
        self.requests.append((self.clock.monotonic() - self.lag, f"{request.method} {path}"))
        self.options.append(request.extensions["options"])
        scripted = self.script.pop(0) if self.script and request.method == "GET" else None
        failure = scripted if self.always is None else self.always
        if isinstance(failure, Exception):
            raise failure
        if failure is not None:
            return httpx.Response(failure.status_code, content=failure.content)
        if path.startswith("/organizations"):
            return self.organization()
        last = path.rsplit("/", 1)[1]
        if last.isdigit():
            if int(last) not in self.ids:
                return httpx.Response(404, json={"message": "no such invoice"})
            return httpx.Response(200, json={"id": int(last), "status": self.status(int(last))})
        query = request.url.params
        page, size, wanted = int(query["page"]), int(query["per_page"]), query.get_list("status[]")
        ids = [each for each in self.ids if not wanted or self.status(each) in wanted]
        rows = [
            {"id": each, "status": self.status(each)} for each in ids[(page - 1) * size :][:size]
        ]
        meta = {"current_page": page, "per_page": size, "total": len(ids)}
        return httpx.Response(200, json={"data": rows, "meta": meta})

    def organization(self) -> httpx.Response:
        now = self.clock.monotonic()
        if now > 120:
            return httpx.Response(410, json={"message": "over"})
        found: dict[str, Any] = {"id": 7, "status": "pending", "idn": IDN}
        if now >= self.confirmed_at:
            found["status"] = self.verified
        elif self.states_time:
            found["time_remaining"] = int(120 - now)
        return httpx.Response(200, json={"organization": found, "message": "ok"})

    def run(self, name: str, *args: Any, **options: Any) -> Any:
        """Call the client's method; an iterator is read into a list of (when, id, status)."""
        seen: list[tuple[float, int, str]] = options.pop("seen", [])
        on_each: Callable[[], Any] = options.pop("on_each", lambda: None)
        common: dict[str, Any] = {
            "base_url": URL,
            "clock": self.clock,
            "rate_limit": self.rate_limit,
        }

        def take(invoice: Invoice) -> None:
            seen.append((self.clock.monotonic(), invoice.id, str(invoice.status)))
            on_each()

        if self.way == "sync":
            client = ApiPay("key", transport=httpx.MockTransport(self.handle), **common)
            result = getattr(client, name)(*args, **options)
            if not inspect.isgenerator(result):
                return result
            for invoice in cast("Iterator[Invoice]", result):
                take(invoice)
            return seen

        async def main() -> Any:
            transport = httpx.MockTransport(self.handle_async)
            client = AsyncApiPay("key", transport=transport, **common)
            result = getattr(client, name)(*args, **options)
            if inspect.isawaitable(result):
                return await result
            async for invoice in result:
                take(invoice)
            return seen

        return anyio.run(main, backend=self.way)

    def wait(self, invoice: Any, **options: Any) -> Invoice:
        return cast("Invoice", self.run("wait_for_payment", invoice, **options))

    def watch(self, ids: Sequence[int], **options: Any) -> list[tuple[float, int, str]]:
        return cast("list[tuple[float, int, str]]", self.run("watch_invoices", ids, **options))

    def verify(self, subject: str | int, **options: Any) -> Organization:
        is_new = isinstance(subject, str)
        name = "verify_organization" if is_new else "wait_for_verification"
        return cast("Organization", self.run(name, subject, **options))


Make = Callable[..., Service]


@pytest.fixture(params=WAYS)
def make(request: pytest.FixtureRequest) -> Make:
    """Make a service that is called in one of the three ways."""
    return lambda count=0: Service(count, request.param)


def status(code: int, **body: Any) -> httpx.Response:
    return httpx.Response(code, json={"message": "no", **body})


# Pace and arguments


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
def test_a_pace_that_makes_no_sense_is_rejected(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidRequestError):
        Pace(**wrong)


@pytest.mark.parametrize("wrong", [-1, math.nan, "5", True])
def test_a_timeout_that_is_not_a_number_of_seconds_is_rejected(wrong: Any) -> None:
    service = Service(3)
    with pytest.raises(InvalidRequestError):
        service.wait(2, timeout=wrong)
    with pytest.raises(InvalidRequestError):
        service.watch([2], timeout=wrong)
    assert service.requests == []


@pytest.mark.parametrize("wrong", ["2", None, True, 1.5])
def test_what_is_neither_an_invoice_nor_an_id_is_rejected(wrong: Any) -> None:
    with pytest.raises(InvalidRequestError):
        Service(3).wait(wrong)
    with pytest.raises(InvalidRequestError):
        Service(3).watch([wrong])


# One invoice


def test_a_wait_ends_when_the_invoice_is_paid(make: Make) -> None:
    service = make(3)
    service.becomes(2, (5, "paid"))
    seen: list[str] = []
    invoice = service.wait(
        Invoice(id=2, status=InvoiceStatus.PENDING),
        pace=EVEN,
        on_progress=lambda each: seen.append(str(each.status)),
    )
    assert (invoice.id, invoice.status) == (2, "paid")
    assert service.polls == [0, 2, 4, 6]
    assert seen == ["pending"] * 3


@pytest.mark.parametrize("final", ["paid", "cancelled", "expired"])
def test_the_final_statuses_end_a_wait_and_a_new_one_does_not(final: str) -> None:
    service = Service(3)
    service.becomes(2, (0, "processing"), (3, "partially_refunded"), (5, final))
    assert service.wait(2).status == final
    service = Service(3)
    service.becomes(2, (0, "processing"), (5, final))
    service.becomes(3, (0, "paid"))
    assert [(each, how) for _, each, how in service.watch([2, 3])] == [(3, "paid"), (2, final)]


def test_a_wait_in_vain_has_what_was_seen_last_and_how_to_go_on(make: Make) -> None:
    service = make(3)
    with pytest.raises(WaitTimeoutError) as caught:
        service.wait(2, timeout=30)
    assert caught.value.last.status == "pending"
    assert caught.value.resume == [2]
    assert caught.value.__cause__ is None
    assert service.clock.monotonic() == pytest.approx(30)
    assert service.polls[-1] == pytest.approx(30)


def test_a_timeout_of_zero_is_one_poll(make: Make) -> None:
    service = make(3)
    with pytest.raises(WaitTimeoutError):
        service.wait(2, timeout=0)
    assert len(service.requests) == 1
    service.becomes(2, (0, "paid"))
    assert service.wait(2, timeout=0).status == "paid"


def test_without_a_timeout_it_goes_on(make: Make) -> None:
    service = make(3)
    service.becomes(2, (2000, "paid"))
    assert service.wait(2, timeout=None).status == "paid"
    assert {"priority": "low", "max_retries": 0} in service.options


def test_each_poll_has_the_time_that_is_left_and_the_last_one_two_seconds(make: Make) -> None:
    service = make(3)
    with pytest.raises(WaitTimeoutError):
        service.wait(2, timeout=5, pace=EVEN)
    common = {"priority": "low", "max_retries": 0}
    assert service.options == [{**common, "deadline": left} for left in (5, 3, 1, 2)]


def test_an_error_in_the_callback_reaches_the_caller(make: Make) -> None:
    def broken(_: Invoice) -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        make(3).wait(2, on_progress=broken)


# Failed polls


@pytest.mark.parametrize("code", [302, 400, 401, 403, 404, 410, 500, 503])
def test_one_or_two_failed_polls_do_not_end_a_wait_and_three_in_a_row_do(code: int) -> None:
    service = Service(3)
    service.becomes(2, (11, "paid"))
    service.script = [status(code), None, status(code), status(code), None, status(code)]
    assert service.wait(2, pace=EVEN).status == "paid"
    assert service.polls == [0, 2, 4, 6, 8, 10, 12]
    service = Service(3)
    service.script = [status(code), status(code), status(500), None]
    with pytest.raises(ServerError):
        service.wait(2, pace=EVEN)
    assert service.polls == [0, 2, 4]


def test_the_error_that_ends_a_wait_is_the_last_one(make: Make) -> None:
    service = make(3)
    service.script = [status(503), status(404), httpx.ConnectError("refused"), status(401)]
    with pytest.raises(AuthenticationError):
        service.wait(2)
    with pytest.raises(NotFoundError):
        make(3).wait(77)


def test_a_response_that_cannot_be_read_is_a_failed_poll(make: Make) -> None:
    service = make(3)
    service.becomes(2, (3, "paid"))
    service.script = [httpx.Response(200, text="<html>"), httpx.Response(200, text='{"id": 2}')]
    assert service.wait(2).status == "paid"


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("refused"),
        httpx.ReadError("cut"),
        status(429),
        status(429, retry_after=1),
    ],
    ids=["refused", "cut", "429", "429 with Retry-After"],
)
def test_no_connection_and_429_are_waited_through(make: Make, failure: Failure) -> None:
    service = make(3)
    service.becomes(2, (100, "paid"))
    service.script = [failure] * 10
    assert service.wait(2, pace=EVEN).status == "paid"
    service = make(3)
    service.always = failure
    with pytest.raises(WaitTimeoutError) as caught:
        service.wait(2, timeout=60, pace=EVEN)
    assert isinstance(caught.value.__cause__, APIConnectionError | RateLimitError)
    assert caught.value.last is None


@pytest.mark.parametrize("kind", [ClientClosedError, InvalidRequestError, OutcomeUnknownError])
def test_some_errors_end_a_wait_at_once(make: Make, kind: type[ApiPayError]) -> None:
    service = make(3)
    service.always = kind("at once")
    for call in (lambda: service.wait(2), lambda: service.watch([1, 2]), lambda: service.verify(7)):
        service.requests.clear()
        with pytest.raises(kind):
            call()
        assert len(service.requests) == 1


def test_a_defect_is_not_taken_for_a_failed_poll() -> None:
    def get(invoice_id: int, options: Any) -> Invoice:
        raise LookupError(invoice_id)

    client: Any = SimpleNamespace(invoices=SimpleNamespace(get=get))
    clock = VirtualClock()
    with pytest.raises(LookupError):
        run(wait_for_payment(client, clock, 2, 60, None, None), clock)


def test_retry_after_is_obeyed_and_a_very_long_one_probed_once_a_minute() -> None:
    service = Service(3)
    service.script = [status(429, retry_after=30), status(429, retry_after=86_400)]
    service.becomes(2, (80, "paid"))
    assert service.wait(2, pace=EVEN).status == "paid"
    assert service.polls == [0, 30, 30 + LONGEST_RETRY_AFTER]


# A timeout holds whatever the service does. `benchmarks/waits.py` prints the table.

SCENARIOS: dict[str, Callable[[Service], None]] = {
    "429, retry_after 60": lambda s: setattr(s, "always", status(429, retry_after=60)),
    "429, retry_after a day": lambda s: setattr(s, "always", status(429, retry_after=86_400)),
    "responses after 3 s": lambda s: setattr(s, "lag", 3.0),
    "no response": lambda s: setattr(s, "lag", math.inf),
    "503 every second time": lambda s: setattr(s, "script", [None, status(503)] * 500),
    "connection refused": lambda s: setattr(s, "always", httpx.ConnectError("refused")),
}


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("timeout", [0, 5, 61])
@pytest.mark.parametrize("limited", [False, True], ids=["", "with a rate limit"])
def test_a_timeout_holds_whatever_the_service_does(
    make: Make, scenario: str, timeout: float, limited: bool
) -> None:
    for name, subject in (("wait", 2), ("watch", [1, 2, 3])):
        service = make(3)
        service.rate_limit = "spec" if limited else None
        SCENARIOS[scenario](service)
        with pytest.raises(WaitTimeoutError):
            getattr(service, name)(subject, timeout=timeout)
        over = service.clock.monotonic() - timeout
        assert -1e-6 <= over <= LAST_POLL_SECONDS + 1e-6


@pytest.mark.parametrize("lag", [0.9, 1.0, 1.5])
def test_all_requests_of_the_last_round_share_its_two_seconds(make: Make, lag: float) -> None:
    service = make(900)
    service.lag = lag
    with pytest.raises(WaitTimeoutError):
        service.watch(range(1, 901), timeout=0)
    assert 0 <= service.clock.monotonic() <= LAST_POLL_SECONDS + 1e-6
    assert len(service.requests) == int(LAST_POLL_SECONDS / lag)


def test_a_used_up_budget_does_not_keep_a_wait_beyond_its_timeout(make: Make) -> None:
    for name, subject in (("wait", 2), ("watch", [1, 2, 3])):
        service = make(100)
        service.rate_limit = "spec"
        service.becomes(1, (0, "paid"))

        def use_up(service: Service = service) -> None:
            with pytest.raises(WaitTimeoutError) as caught:
                service.run("wait_for_payment", 5, timeout=40, pace=Pace(0.1))
            assert caught.value.last.status == "pending"

        use_up()  # the budget of a key is shared by the clients of a process
        began = service.clock.monotonic()
        with pytest.raises(WaitTimeoutError):
            getattr(service, name)(subject, timeout=5)
        assert service.clock.monotonic() - began <= 5 + LAST_POLL_SECONDS + 1e-6


# Many invoices


def test_each_invoice_is_given_as_it_becomes_final(make: Make) -> None:
    service = make(5)
    service.becomes(3, (0, "paid"))
    service.becomes(1, (5, "cancelled"))
    service.becomes(5, (13, "expired"))
    rounds: list[int] = []
    seen = service.watch([1, 3, 5], pace=Pace(10, longest=10), on_round=rounds.append)
    assert seen == [(0, 3, "paid"), (10, 1, "cancelled"), (20, 5, "expired")]
    assert rounds == [2, 1, 0]


def test_a_thousand_invoices_take_ten_requests_a_round_and_one_for_each_that_is_paid() -> None:
    service = Service(1000)
    service.becomes(400, (1, "paid"))
    costs: list[int] = []

    def after_round(_: int) -> None:
        costs.append(len(service.requests) - sum(costs))

    with pytest.raises(WaitTimeoutError):
        service.watch(range(1, 1001), timeout=65, on_round=after_round)
    assert costs[:3] == [10, 11, 10]


def test_a_thousand_that_became_final_meanwhile_are_read_in_pages() -> None:
    service = Service(1000)
    for invoice_id in range(1, 1001):
        service.becomes(invoice_id, (0, "paid"))
    assert len(service.watch(range(1, 1001))) == 1000
    assert len(service.requests) == 11


def test_a_few_among_many_open_invoices_are_read_one_by_one() -> None:
    service = Service(5000)
    service.becomes(3, (1, "paid"))
    service.becomes(4, (1, "paid"))
    assert len(service.watch([3, 4])) == 2
    assert len(service.requests) <= 6


def test_rounds_leave_half_of_the_rate_limit_to_others(make: Make) -> None:
    service = make(1000)
    for invoice_id in range(1, 1001):
        service.becomes(invoice_id, (200 if invoice_id % 2 else 400, "paid"))
    seen = service.watch(range(1, 1001), timeout=None)
    assert len(seen) == 1000
    by_minute = [
        sum(minute * 60 <= at < (minute + 1) * 60 for at in service.polls) for minute in range(7)
    ]
    assert max(by_minute) <= 35
    assert max(at for at, _, _ in seen) <= 400 + 40


def test_a_watch_ends_with_what_is_left(make: Make) -> None:
    service = make(5)
    service.becomes(2, (1, "paid"))
    seen: list[tuple[float, int, str]] = []
    with pytest.raises(WaitTimeoutError) as caught:
        service.watch([1, 2, 3], timeout=30, seen=seen)
    assert [invoice_id for _, invoice_id, _ in seen] == [2]
    assert caught.value.resume == [1, 3]
    assert sorted(invoice.id for invoice in caught.value.last) == [1, 3]
    assert service.clock.monotonic() == pytest.approx(30)
    assert service.polls[-1] == pytest.approx(30)


def test_a_failed_request_ends_a_round_and_not_the_watch(make: Make) -> None:
    service = make(5)
    service.becomes(1, (0, "paid"))
    service.script = [status(503), httpx.ConnectError("refused"), status(429, retry_after=20)]
    rounds: list[int] = []
    seen = service.watch([1], pace=EVEN, on_round=rounds.append)
    assert seen == [(2 + 2 + 20, 1, "paid")]
    assert rounds == [0]


def test_good_pages_do_not_hide_that_the_next_one_always_fails(make: Make) -> None:
    service = make(250)
    service.script = [None, status(500)] * 3
    with pytest.raises(ServerError):
        service.watch(range(1, 251))
    assert len(service.requests) == 6


def test_an_invoice_that_does_not_exist_is_named(make: Make) -> None:
    service = make(5)
    service.becomes(5, (0, "paid"))
    seen: list[tuple[float, int, str]] = []
    with pytest.raises(NotFoundError) as caught:
        service.watch([5, 77], seen=seen)
    assert [invoice_id for _, invoice_id, _ in seen] == [5]
    assert "77" in caught.value.__notes__[0]


def test_a_watch_of_nothing_ends_at_once(make: Make) -> None:
    service = make(5)
    assert service.watch([]) == []
    assert service.requests == []


def test_a_slow_handler_of_the_caller_does_not_lose_an_invoice(make: Make) -> None:
    service = make(5)
    for invoice_id in (1, 2, 3):
        service.becomes(invoice_id, (0, "paid"))
    seen = service.watch([1, 2, 3], timeout=10, on_each=lambda: service.clock.advance(100))
    assert sorted(invoice_id for _, invoice_id, _ in seen) == [1, 2, 3]


# Verification


def test_it_polls_every_two_seconds_until_the_owner_confirms(make: Make) -> None:
    service = make()
    service.confirmed_at = 9
    left: list[float] = []
    assert service.verify(IDN, on_progress=left.append).status == "verified"
    assert len(service.requests) - len(service.polls) == 1
    assert service.polls == [2, 4, 6, 8, 10]
    assert left[:5] == [120, 118, 116, 114, 112]
    assert service.options[1] == {"priority": "normal", "max_retries": 0, "deadline": 118}


def test_a_process_that_has_restarted_goes_on_without_a_new_request(make: Make) -> None:
    service = make()
    service.confirmed_at = 51
    service.clock.advance(50)
    assert service.verify(7).status == "verified"
    assert service.requests[0] == (50, "GET /organizations/7/status")
    assert service.polls == [50, 52]


def test_a_refusal_is_an_error_of_its_own(make: Make) -> None:
    service = make()
    service.confirmed_at, service.verified = 5, "failed"
    with pytest.raises(VerificationFailedError) as caught:
        service.verify(IDN)
    assert caught.value.organization_id == 7
    assert IDN not in str(caught.value) + repr(caught.value)


@pytest.mark.parametrize("states_time", [True, False])
def test_it_never_polls_past_the_window(make: Make, states_time: bool) -> None:
    service = make()
    service.states_time = states_time
    with pytest.raises(VerificationTimeoutError) as caught:
        service.verify(IDN)
    assert service.clock.monotonic() <= 120
    assert len(service.polls) <= 61
    assert caught.value.organization_id == 7
    assert "Start a new verification" in str(caught.value)


def test_the_time_in_the_response_is_used_and_not_the_stated_window(make: Make) -> None:
    service = make()
    service.clock.advance(110)
    with pytest.raises(VerificationTimeoutError):
        service.verify(7)
    assert service.polls == [110, 112, 114, 116, 118, 120]


def test_a_service_that_always_states_time_left_does_not_keep_it_forever(make: Make) -> None:
    service = make()
    found = {"organization": {"id": 7, "status": "pending", "time_remaining": 90}}
    service.always = httpx.Response(200, json=found)
    with pytest.raises(VerificationTimeoutError):
        service.verify(7)
    assert service.clock.monotonic() <= 120


def test_410_ends_a_verification_at_once(make: Make) -> None:
    service = make()
    service.clock.advance(500)
    with pytest.raises(VerificationTimeoutError) as caught:
        service.verify(7)
    assert isinstance(caught.value.__cause__, GoneError)
    assert service.polls == [500]


def test_failed_polls_do_not_end_a_verification_and_three_in_a_row_do(make: Make) -> None:
    service = make()
    service.confirmed_at = 9
    service.script = [httpx.ReadError("cut"), status(502), status(429, retry_after=5), status(404)]
    assert service.verify(IDN).status == "verified"
    assert service.polls == [2, 4, 6, 11, 13]
    service = make()
    service.always = status(404)
    with pytest.raises(NotFoundError):
        service.verify(7)
    assert len(service.polls) == 3


def test_a_service_without_a_response_does_not_keep_a_verification(make: Make) -> None:
    service = make()
    service.lag = math.inf
    with pytest.raises(VerificationTimeoutError) as caught:
        service.verify(7)
    assert service.clock.monotonic() <= 120 + LAST_POLL_SECONDS
    assert isinstance(caught.value.__cause__, APIConnectionError)


def test_a_lost_response_to_the_request_is_not_sent_again(make: Make) -> None:
    service = make()
    service.always = httpx.ReadError("cut")
    with pytest.raises(OutcomeUnknownError):
        service.verify(IDN)
    assert [sent for _, sent in service.requests] == ["POST /organizations/verify"]


def test_a_new_status_of_an_organization_is_waited_through(make: Make) -> None:
    strange = {"organization": {"id": 7, "status": "in_review", "time_remaining": 100}}
    service = make()
    service.confirmed_at = 3
    service.script = [httpx.Response(200, json=strange)]
    assert service.verify(IDN).status == "verified"


def test_an_organization_that_is_verified_already_needs_no_poll(make: Make) -> None:
    service = make()
    service.confirmed_at = 0
    assert service.verify(IDN).status == "verified"
    assert service.polls == []


# Cancelling


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_cancelling_ends_a_wait_at_once(backend: str) -> None:
    service = Service(3)

    async def main() -> None:
        transport = httpx.MockTransport(service.handle_async)
        client = AsyncApiPay(
            "key", base_url=URL, transport=transport, clock=service.clock, rate_limit=None
        )

        async def watch() -> None:
            async for _ in client.watch_invoices([1, 2, 3]):
                pass

        for wait in (
            lambda: client.verify_organization(IDN),
            lambda: client.wait_for_payment(2),
            watch,
        ):
            began = service.clock.monotonic()
            async with anyio.create_task_group() as group:
                group.start_soon(cast("Any", wait))
                await service.clock.sleep_async(5)
                group.cancel_scope.cancel()
            assert service.clock.monotonic() - began < 6
            sent = len(service.requests)
            await service.clock.sleep_async(60)
            assert len(service.requests) == sent

    anyio.run(main, backend=backend)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_hundred_tasks_wait_on_one_client(backend: str) -> None:
    service = Service(100)
    service.lag = 0.1
    for invoice_id in range(1, 101):
        if invoice_id % 10:
            service.becomes(invoice_id, (invoice_id / 5, "paid"))
    ended: dict[int, tuple[float, str]] = {}

    async def main() -> None:
        transport = httpx.MockTransport(service.handle_async)
        client = AsyncApiPay(
            "key", base_url=URL, transport=transport, clock=service.clock, rate_limit=None
        )

        async def one(invoice_id: int) -> None:
            try:
                invoice = await client.wait_for_payment(invoice_id, timeout=30)
                ended[invoice_id] = (service.clock.monotonic(), str(invoice.status))
            except WaitTimeoutError:
                ended[invoice_id] = (service.clock.monotonic(), "timeout")

        async with anyio.create_task_group() as group:
            for invoice_id in range(1, 101):
                group.start_soon(one, invoice_id)

    anyio.run(main, backend=backend)
    assert len(ended) == 100
    for invoice_id, (at, how) in ended.items():
        assert how == ("paid" if invoice_id % 10 else "timeout")
        assert at <= (invoice_id / 5 + 8 if invoice_id % 10 else 30 + LAST_POLL_SECONDS)


def test_errors_of_polls_carry_no_customer_data() -> None:
    service = Service(3)
    service.always = status(500, client_phone="87001234567")
    with pytest.raises(APIStatusError) as caught:
        service.wait(2)
    assert "87001234567" not in str(caught.value) + repr(caught.value)
