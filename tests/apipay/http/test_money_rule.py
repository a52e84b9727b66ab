"""A write in doubt is never sent again: it is confirmed on exact evidence, or its outcome is open.

Each test plays one way in which the first version charged or refunded twice, or reported what was
not so.
"""

import contextlib
import copy
import json
import pickle
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest

from apipay import ApiPay, Lookup, RateLimit, RetryPolicy
from apipay.errors import (
    ApiPayError,
    OutcomeUnknownError,
    RateLimitError,
    ResponseDecodeError,
    ServerError,
)
from apipay.pacing import LocalBudget
from apipay_client.operations import CREATE_INVOICE

HTML = b"<html>error</html>"
KEY = "test-key-0f9e8d7c"

WRITES = {
    "createInvoice": lambda client: client.invoices.create(
        amount="15.50", phone_number="87001234567", external_order_id="order  é 😀\r\n1"
    ),
    "createRefund": lambda client: client.refunds.create(
        100, amount="10.50", reason="jar  é 😀\r\n1"
    ),
    "cancelInvoice": lambda client: client.invoices.cancel(101),
    "pauseRecurringInvoice": lambda client: client.recurring_invoices.pause(1),
    "resumeRecurringInvoice": lambda client: client.recurring_invoices.resume(2),
    "cancelRecurringInvoice": lambda client: client.recurring_invoices.cancel(1),
    "billNowRecurringInvoice": lambda client: client.recurring_invoices.bill_now(1),
}
CONFIRMED = [name for name in WRITES if name != "billNowRecurringInvoice"]

LOST = [
    ("cut", {}),
    ("timeout", {}),
    ("broken", {}),
    *(("status", {"status": status}) for status in (202, 204, 301, 408, 500, 501, 502, 503)),
    *(("status", {"status": status, "body": HTML}) for status in (200, 500, 502, 503, 504, 520)),
    *(
        ("status", {"status": 200, "body": body})
        for body in (b"", b"{}", b"null", b'{"id": 5', b'{"id": 5, "status": "pending"', b"[]")
    ),
]


@pytest.fixture
def shop(service: Any) -> Any:
    """A service with a paid invoice 100, a pending one 101, an active and a paused subscription."""
    service.paid_invoice()
    service.do_createInvoice(0, {"amount": "1.00", "phone_number": "87001234567"}, None)
    service.recurring = {
        1: {"id": 1, "status": "active"},
        2: {"id": 2, "status": "paused"},
    }
    return service


def effects(service: Any) -> int:
    """Return how many invoices and refunds there are."""
    return len(service.invoices) + len(service.refunds)


@pytest.mark.parametrize(("kind", "settings"), LOST, ids=str)
@pytest.mark.parametrize("name", CONFIRMED)
def test_a_write_that_happened_is_confirmed_and_not_sent_again(
    make_api: Any, shop: Any, name: str, kind: str, settings: Any
) -> None:
    shop.fail(name, kind, processed=True, **settings)
    before = effects(shop)
    result = make_api()(WRITES[name])
    assert shop.seen.count(name) == 1
    assert effects(shop) == before + (name in ("createInvoice", "createRefund"))
    assert result.id in (*shop.invoices, *shop.refunds, *shop.recurring)


@pytest.mark.parametrize(("kind", "settings"), LOST, ids=str)
@pytest.mark.parametrize("name", WRITES)
def test_a_write_that_did_not_happen_is_not_sent_again(
    make_api: Any, shop: Any, name: str, kind: str, settings: Any
) -> None:
    shop.fail(name, kind, **settings)
    before = copy.deepcopy((shop.invoices, shop.refunds, shop.recurring))
    with pytest.raises(OutcomeUnknownError) as caught:
        make_api()(WRITES[name])
    assert not caught.value.is_retryable
    assert shop.seen.count(name) == 1
    assert (shop.invoices, shop.refunds, shop.recurring) == before


@pytest.mark.parametrize("late", [0.2, 1, 5, 20, 60])
@pytest.mark.parametrize("kind", ["cut", "timeout", "status"])
@pytest.mark.parametrize("name", ["createInvoice", "createRefund"])
def test_a_late_effect_is_confirmed_or_open_and_confirmed_later(
    make_api: Any, shop: Any, clock: Any, name: str, kind: str, late: float
) -> None:
    api = make_api()
    shop.fail(name, kind, late=late + (30 if kind == "timeout" else 0))
    before = effects(shop)
    try:
        made = api(WRITES[name])
    except OutcomeUnknownError as error:
        lookup = error.lookup
        assert api(lambda client: client.confirm(lookup)) is None or effects(shop) > before
        clock.advance(60)
        made = api(lambda client: client.confirm(lookup))
        assert made == api(lambda client: client.confirm(lookup))  # asking twice is fine
    assert shop.seen.count(name) == 1
    assert effects(shop) == before + 1
    assert made.id in (*shop.invoices, *shop.refunds)


@pytest.mark.parametrize("lag", [0.05, 0.5, 3, 12])
@pytest.mark.parametrize("name", ["createInvoice", "createRefund"])
def test_a_list_that_lags_is_no_evidence_of_absence(
    make_api: Any, shop: Any, clock: Any, name: str, lag: float
) -> None:
    shop.lag = lag
    shop.fail(name, "cut", processed=True)
    api = make_api()
    try:
        made = api(WRITES[name])
    except OutcomeUnknownError as error:
        lookup = error.lookup
        clock.advance(60)
        made = api(lambda client: client.confirm(lookup))
    assert made is not None
    assert shop.seen.count(name) == 1


def _text(name: str) -> str:
    return "external_order_id" if name == "createInvoice" else "reason"


CHANGES: dict[str, Callable[[str], str]] = {
    "spaces collapsed": lambda text: " ".join(text.split()),
    "line ends": lambda text: text.replace("\r\n", "\n"),
    "escaped": json.dumps,
    "cut": lambda text: text[:5],
    "normalised": lambda text: unicodedata.normalize("NFD", text),
    "emoji": lambda text: text.replace("😀", "?"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", ["createInvoice", "createRefund"])
@pytest.mark.parametrize("lost", [True, False])
def test_a_text_that_is_stored_changed_leaves_the_outcome_open(
    make_api: Any, shop: Any, name: str, change: str, lost: bool
) -> None:
    def store(item: dict[str, Any]) -> None:
        item[_text(name)] = CHANGES[change](item[_text(name)])

    shop.store = store
    if lost:
        shop.fail(name, "cut", processed=True)
    before = effects(shop)
    with pytest.raises(OutcomeUnknownError):
        make_api()(WRITES[name])
    assert shop.seen.count(name) == 1
    assert effects(shop) == before + 1


@pytest.mark.parametrize("lost", [True, False])
@pytest.mark.parametrize("name", ["createInvoice", "createRefund"])
def test_an_amount_that_is_stored_rounded_leaves_the_outcome_open(
    make_api: Any, shop: Any, name: str, lost: bool
) -> None:
    shop.store = lambda item: item.update(amount=f"{round(Decimal(item['amount']))}.00")
    if lost:
        shop.fail(name, "cut", processed=True)
    with pytest.raises(OutcomeUnknownError):
        make_api()(WRITES[name])
    assert shop.seen.count(name) == 1


@pytest.mark.parametrize("skew", [-36000, -18000, -120, 120, 18000, None])
@pytest.mark.parametrize("name", ["createInvoice", "createRefund"])
def test_creation_times_by_a_wrong_clock_prove_nothing(
    make_api: Any, shop: Any, name: str, skew: float | None
) -> None:
    shop.created_skew = skew
    shop.fail(name, "cut", processed=True)
    api = make_api()
    with pytest.raises(OutcomeUnknownError) as caught:
        api(WRITES[name])
    with pytest.raises(OutcomeUnknownError):  # something is there, so None would be wrong
        api(lambda client: client.confirm(caught.value.lookup))
    assert shop.seen.count(name) == 1


@pytest.mark.parametrize("skew", [-36000, -120, 120, 18000])
@pytest.mark.parametrize("name", ["createInvoice", "createRefund"])
def test_a_service_whose_clocks_are_all_wrong_alike_is_understood(
    make_api: Any, shop: Any, name: str, skew: float
) -> None:
    shop.skew = skew
    shop.fail(name, "cut", processed=True)
    assert make_api()(WRITES[name]).id in (*shop.invoices, *shop.refunds)


def test_without_the_clock_of_the_service_nothing_is_confirmed(make_api: Any, shop: Any) -> None:
    shop.dated = False
    shop.fail("createRefund", "cut", processed=True)
    with pytest.raises(OutcomeUnknownError):
        make_api()(WRITES["createRefund"])


# -- equal writes of others ---------------------------------------------------------------------

THEIRS = {"amount": "10.50", "reason": "jar  é 😀\r\n1"}


@pytest.mark.parametrize(
    ("when", "reason", "processed"),
    [
        (when, reason, processed)
        for when in ("before", "after")
        for reason in ("same", "another", None)
        for processed in (True, False)
        if (when, reason, processed) != ("after", "same", False)  # the next test
    ],
)
def test_an_equal_refund_by_another_process_is_never_taken_for_ours(
    make_api: Any, shop: Any, clock: Any, when: str, reason: str | None, processed: bool
) -> None:
    """Two of them are never told apart by a guess, and neither is ours sent twice."""
    text = THEIRS["reason"] if reason == "same" else reason
    api = make_api()
    if when == "before":
        shop.do_createRefund(100, {**THEIRS, "reason": text}, None)
        clock.advance(10)
    shop.fail("createRefund", "cut", processed=processed)
    before = effects(shop)
    ours = before + 500 - len(shop.invoices)
    try:
        made = api(WRITES["createRefund"])
    except OutcomeUnknownError as error:
        lookup = error.lookup
        if when == "after":
            clock.advance(10)
            shop.do_createRefund(100, {**THEIRS, "reason": text}, None)
        with pytest.raises(OutcomeUnknownError):
            api(lambda client: client.confirm(lookup))
    else:
        assert processed
        assert made.id == ours
        assert made.reason == THEIRS["reason"]
    assert shop.seen.count("createRefund") == 1


def test_refunds_of_two_processes_with_one_reason_are_one_to_any_observer(
    make_api: Any, shop: Any
) -> None:
    """The documented limit of this evidence: a reason has to be the refund's own."""
    shop.fail("createRefund", "cut")
    api = make_api()
    with pytest.raises(OutcomeUnknownError) as caught:
        api(WRITES["createRefund"])
    shop.do_createRefund(100, THEIRS, None)
    assert api(lambda client: client.confirm(caught.value.lookup)).id == 500
    assert len(shop.refunds) == 1


def test_an_equal_refund_while_ours_waits_for_the_rate_budget_is_not_ours(
    make_api: Any, shop: Any, clock: Any
) -> None:
    """The time in the queue is not part of the time in which ours can have been created."""
    api = make_api(rate_limit=RateLimit(1, 30))
    api(lambda client: client.invoices.get(100))
    moment = clock.monotonic() + 10
    shop.pending.append((moment, lambda: shop.do_createRefund(100, THEIRS, None)))
    shop.fail("createRefund", "cut")
    with pytest.raises(OutcomeUnknownError) as caught:
        api(WRITES["createRefund"])
    assert len(shop.refunds) == 1
    with pytest.raises(OutcomeUnknownError):
        api(lambda client: client.confirm(caught.value.lookup))


def test_two_equal_refunds_of_one_process_are_not_taken_for_each_other(
    shop: Any, clock: Any
) -> None:
    """One has no effect and looks while the response to the other is on its way."""
    client: ApiPay

    def handle(request: httpx.Request) -> httpx.Response:
        if request.extensions["operation"].id == "createRefund" and not nested:
            nested.append(True)
            answer = shop.handle(request)  # the outer one takes effect
            with pytest.raises(OutcomeUnknownError):
                WRITES["createRefund"](client)  # the inner one is lost without effect
            return answer
        if request.extensions["operation"].id == "createRefund":
            raise httpx.ReadError("lost", request=request)
        return shop.handle(request)

    nested: list[bool] = []
    client = ApiPay(KEY, transport=httpx.MockTransport(handle), clock=clock, rate_limit=None)
    made = WRITES["createRefund"](client)
    assert made.id == 500
    assert len(shop.refunds) == 1


def test_a_second_write_after_an_open_one_is_not_confirmed_by_the_first_ones_late_effect(
    make_api: Any, shop: Any, clock: Any
) -> None:
    api = make_api()
    shop.fail("createInvoice", "cut", late=20)
    with pytest.raises(OutcomeUnknownError):
        api(WRITES["createInvoice"])
    clock.advance(12)
    shop.fail("createInvoice", "cut")
    with pytest.raises(OutcomeUnknownError) as caught:
        api(WRITES["createInvoice"])
    clock.advance(30)
    with pytest.raises(OutcomeUnknownError):  # what is there now is the first one's
        api(lambda client: client.confirm(caught.value.lookup))
    assert shop.seen.count("createInvoice") == 2


@pytest.mark.parametrize("status", ["pending", "failed", "processing", "unheard_of"])
def test_a_refund_that_is_not_completed_proves_nothing(
    make_api: Any, shop: Any, status: str
) -> None:
    shop.store = lambda item: item.update(status=status)
    shop.fail("createRefund", "cut", processed=True)
    api = make_api()
    with pytest.raises(OutcomeUnknownError) as caught:
        api(WRITES["createRefund"])
    with pytest.raises(OutcomeUnknownError):
        api(lambda client: client.confirm(caught.value.lookup))


@pytest.mark.parametrize("arguments", [{}, {"amount": "10.50"}, {"reason": "jar"}])
def test_a_refund_without_an_amount_and_a_reason_is_never_confirmed(
    make_api: Any, shop: Any, arguments: dict[str, str]
) -> None:
    shop.fail("createRefund", "cut", processed=True)
    api = make_api()
    with pytest.raises(OutcomeUnknownError) as caught:
        api(lambda client: client.refunds.create(100, **arguments))
    with pytest.raises(OutcomeUnknownError):
        api(lambda client: client.confirm(caught.value.lookup))
    assert "listInvoiceRefunds" not in shop.seen


def test_an_invoice_without_an_order_id_is_never_confirmed(make_api: Any, shop: Any) -> None:
    shop.fail("createInvoice", "cut", processed=True)
    with pytest.raises(OutcomeUnknownError):
        make_api()(lambda client: client.invoices.create(amount=5, phone_number="87001234567"))
    assert "listInvoices" not in shop.seen


def test_two_invoices_of_one_order_prove_nothing(make_api: Any, shop: Any) -> None:
    body = {"amount": "15.50", "phone_number": "87001234567"}
    shop.do_createInvoice(0, {**body, "external_order_id": "order  é 😀\r\n1"}, None)
    shop.fail("createInvoice", "cut", processed=True)
    with pytest.raises(OutcomeUnknownError):
        make_api()(WRITES["createInvoice"])
    assert len(shop.invoices) == 4


@pytest.mark.parametrize("field", ["client_phone", "external_order_id", "amount"])
def test_an_invoice_that_lacks_evidence_proves_nothing(
    make_api: Any, shop: Any, field: str
) -> None:
    shop.store = lambda item: item.update({field: None})
    shop.fail("createInvoice", "cut", processed=True)
    with pytest.raises(OutcomeUnknownError):
        make_api()(WRITES["createInvoice"])


def test_an_invoice_for_another_phone_is_not_ours(make_api: Any, shop: Any) -> None:
    shop.store = lambda item: item.update(client_phone="87009999999")
    shop.fail("createInvoice", "cut", processed=True)
    with pytest.raises(OutcomeUnknownError):
        make_api()(WRITES["createInvoice"])


# -- responses that belong to others ------------------------------------------------------------

STRANGE = [
    ("createInvoice", {"external_order_id": "order-8"}),
    ("createInvoice", {"amount": "15.51"}),
    ("createInvoice", {"client_phone": "87001234568"}),
    ("createRefund", {"invoice_id": 101}),
    ("createRefund", {"amount": "10.49"}),
    ("createRefund", {"reason": "another"}),
    ("cancelInvoice", {"id": 100}),
    ("pauseRecurringInvoice", {"id": 2}),
    ("getInvoice", {"id": 101}),
]


@pytest.mark.parametrize(("name", "other"), STRANGE, ids=str)
def test_a_response_to_another_request_is_a_lost_one_and_closes_its_connection(
    make_api: Any, shop: Any, name: str, other: dict[str, Any]
) -> None:
    closed: list[str] = []

    class Stream:
        def get_extra_info(self, key: str) -> Any:
            return self if key == "socket" else None

        def shutdown(self, how: int) -> None:
            closed.append(name)

    def handle(request: httpx.Request) -> httpx.Response:
        response: httpx.Response = shop.handle(request)
        if request.extensions["operation"].id != name or closed:
            return response
        body = {**json.loads(response.content), **other}
        return httpx.Response(
            200, json=body, headers=response.headers, extensions={"network_stream": Stream()}
        )

    calls = {**WRITES, "getInvoice": lambda client: client.invoices.get(100)}
    result = make_api(handle)(calls[name])
    assert closed == [name]
    assert name == "getInvoice" or shop.seen.count(name) == 1
    assert all(getattr(result, key, None) != value for key, value in other.items())


@pytest.mark.parametrize("name", ["createInvoice", "createRefund", "billNowRecurringInvoice"])
def test_an_id_that_was_given_to_another_call_is_refused(
    make_api: Any, shop: Any, name: str
) -> None:
    """The stale response to an equal request on a kept connection looks right in every field."""
    answers: list[httpx.Response] = []

    def handle(request: httpx.Request) -> httpx.Response:
        response: httpx.Response = shop.handle(request)
        if request.extensions["operation"].id != name:
            return response
        answers.append(response)
        first = answers[0]
        return httpx.Response(200, content=first.content, headers=first.headers)

    api = make_api(handle)
    made = api(WRITES[name])
    second: Any = None
    with contextlib.suppress(OutcomeUnknownError):
        second = api(WRITES[name])
    assert second is None or second.id != made.id
    assert shop.seen.count(name) == 2


def test_known_ids_never_contain_what_the_call_may_have_made(make_api: Any, shop: Any) -> None:
    api = make_api()
    first = api(lambda client: client.refunds.create(100, amount=5, reason="a"))
    shop.lag = 1000
    shop.fail("createRefund", "cut", processed=True)
    with pytest.raises(OutcomeUnknownError) as caught:
        api(lambda client: client.refunds.create(100, amount=5, reason="b"))
    shop.lag = 0
    shop.fail("createRefund", "cut")
    with pytest.raises(OutcomeUnknownError) as again:
        api(lambda client: client.refunds.create(100, amount=5, reason="b"))
    made = next(number for number in shop.refunds if number != first.id)
    for error in (caught.value, again.value):
        assert error.lookup is not None
        assert made not in error.lookup.known_ids
    assert api(lambda client: client.confirm(caught.value.lookup)).id == made


# -- is_retryable and confirm -------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "settings"), LOST, ids=str)
def test_no_error_is_retryable_while_the_outcome_is_open(
    make_api: Any, shop: Any, kind: str, settings: Any
) -> None:
    names = [*WRITES, "updateRecurringInvoice"]
    calls = {
        **WRITES,
        "updateRecurringInvoice": lambda client: client.recurring_invoices.update(1, amount=5),
    }
    for name in names:
        for _ in range(9):
            shop.fail(name, kind, **settings)
        if kind == "broken" and name == "updateRecurringInvoice":
            continue  # a defect is raised as it is
        with pytest.raises(ApiPayError) as caught:
            make_api(retry=RetryPolicy(max_retries=1))(calls[name])
        assert not caught.value.is_retryable, (name, type(caught.value))
        shop.faults.clear()


def test_a_request_that_had_no_effect_is_sent_again_and_retryable(make_api: Any, shop: Any) -> None:
    shop.fail("createRefund", "status", status=429)
    shop.fail("createRefund", "refused")
    assert make_api()(WRITES["createRefund"]).id == 500
    shop.fail("createInvoice", "status", status=429)
    with pytest.raises(RateLimitError) as caught:
        make_api(retry=RetryPolicy(max_retries=0))(WRITES["createInvoice"])
    assert caught.value.is_retryable
    assert len(shop.refunds) == 1


def test_a_lookup_survives_a_pickle_and_json_and_holds_no_private_text(
    make_api: Any, shop: Any
) -> None:
    for name in ("createInvoice", "createRefund"):
        shop.fail(name, "cut", late=50)
        with pytest.raises(OutcomeUnknownError) as caught:
            make_api()(WRITES[name])
        error = pickle.loads(pickle.dumps(caught.value))
        assert error.lookup == caught.value.lookup
        assert Lookup.from_dict(json.loads(json.dumps(error.lookup.to_dict()))) == error.lookup
        for private in ("7001234567", "jar", KEY):
            assert private not in repr(error.lookup.to_dict())
        assert "é" not in repr(error.lookup)


def test_another_process_confirms_from_the_stored_lookup(
    make_api: Any, shop: Any, clock: Any
) -> None:
    shop.fail("createInvoice", "cut", late=50)
    with pytest.raises(OutcomeUnknownError) as caught:
        make_api()(WRITES["createInvoice"])
    stored = json.dumps(caught.value.lookup.to_dict())  # type: ignore[union-attr]
    other = make_api()  # in a new process nothing else is known
    clock.advance(60)
    lookup = Lookup.from_dict(json.loads(stored))
    made = other(lambda client: client.confirm(lookup))
    assert made.id == 102
    assert made.payment_url


def test_confirm_reports_a_lookup_that_fails(make_api: Any, shop: Any, clock: Any) -> None:
    shop.fail("createInvoice", "cut", late=50)
    api = make_api()
    with pytest.raises(OutcomeUnknownError) as caught:
        api(WRITES["createInvoice"])
    for _ in range(9):
        shop.fail("listInvoices", "status", status=500)
    with pytest.raises(ServerError):
        api(lambda client: client.confirm(caught.value.lookup))


@pytest.mark.parametrize("value", [None, "createInvoice", {}])
def test_confirm_says_what_it_takes(make_api: Any, value: Any) -> None:
    with pytest.raises(ValueError, match="OutcomeUnknownError"):
        make_api()(lambda client: client.confirm(value))


@pytest.mark.parametrize("values", [{}, {"call": 1}, {"match": []}])
def test_a_stored_lookup_that_is_none_is_refused(values: Any) -> None:
    with pytest.raises(ValueError, match="to_dict"):
        Lookup.from_dict(values)


def test_reads_are_never_unknown(make_api: Any, shop: Any) -> None:
    for _ in range(9):
        shop.fail("getInvoice", "status", status=200, body=HTML)
    with pytest.raises(ResponseDecodeError):
        make_api()(lambda client: client.invoices.get(100))


def test_the_search_limit_is_the_one_of_the_specification() -> None:
    from ruamel.yaml import YAML

    from apipay._confirm.invoice import MAX_SEARCH

    with open("openapi.yaml", encoding="utf-8") as file:
        spec = YAML(typ="safe").load(file)
    assert spec["components"]["parameters"]["InvoiceSearch"]["schema"]["maxLength"] == MAX_SEARCH


# -- found by attack ------------------------------------------------------------------------------


def test_a_defect_during_a_lookup_leaves_the_outcome_open(make_api: Any, shop: Any) -> None:
    shop.fail("createInvoice", "cut", processed=True)
    shop.fail("listInvoices", "broken")
    with pytest.raises(OutcomeUnknownError) as caught:
        make_api()(WRITES["createInvoice"])
    assert isinstance(caught.value.__cause__, KeyError)
    assert caught.value.lookup is not None


@pytest.mark.parametrize("name", ["createInvoice", "createRefund"])
def test_an_amount_that_needs_rounding_is_never_confirmed(
    make_api: Any, shop: Any, name: str
) -> None:
    shop.store = lambda item: item.update(amount=f"{Decimal(item['amount']):.2f}")
    shop.fail(name, "cut", processed=True)
    api = make_api()
    text = {"external_order_id": "o", "phone_number": "87001234567"}
    calls: dict[str, Callable[[Any], Any]] = {
        "createInvoice": lambda client: client.invoices.create(amount="10.004", **text),
        "createRefund": lambda client: client.refunds.create(100, amount="10.004", reason="o"),
    }
    with pytest.raises(OutcomeUnknownError) as caught:
        api(calls[name])
    with pytest.raises(OutcomeUnknownError):
        api(lambda client: client.confirm(caught.value.lookup))


def test_a_put_in_doubt_is_not_retryable_because_a_later_attempt_was_not_sent(
    make_api: Any, shop: Any
) -> None:
    shop.fail("updateRecurringInvoice", "timeout", processed=False)
    shop.fail("updateRecurringInvoice", "refused")
    api = make_api(retry=RetryPolicy(max_retries=1))
    with pytest.raises(ApiPayError) as caught:
        api(lambda client: client.recurring_invoices.update(1, amount=5))
    assert not caught.value.is_retryable


@pytest.mark.parametrize("status", [408, 460, 499])
def test_a_4xx_of_a_proxy_that_stopped_waiting_is_doubt(
    make_api: Any, shop: Any, status: int
) -> None:
    shop.fail("createInvoice", "status", status=status, processed=True)
    assert make_api()(WRITES["createInvoice"]).id == 102


@pytest.mark.parametrize(
    ("call", "body"),
    [
        (lambda c: c.recurring_invoices.skip_period(1), {"id": 9, "status": "active"}),
        (
            lambda c: c.organizations.verify(idn="111111111111"),
            {"organization": {"id": 9, "status": "verified", "idn": "222222222222"}, "message": ""},
        ),
        (
            lambda c: c.organizations.status(1),
            {"organization": {"id": 9, "status": "verified"}},
        ),
    ],
)
def test_a_response_about_another_resource_is_not_returned(
    make_api: Any, call: Any, body: Any
) -> None:
    with pytest.raises((OutcomeUnknownError, ResponseDecodeError)):
        make_api(lambda request: httpx.Response(200, json=body))(call)


@pytest.mark.parametrize("status", [201, 202])
def test_a_success_that_the_client_cannot_read_is_no_failure_of_a_write(
    make_api: Any, shop: Any, status: int
) -> None:
    api = make_api(lambda request: httpx.Response(status, json={"id": 7, "status": "pending"}))
    with contextlib.suppress(OutcomeUnknownError):
        assert api(lambda client: client.recurring_invoices.bill_now(1)).id == 7


@pytest.mark.parametrize("call", ["createInvoice", "createRefund", "cancelInvoice"])
def test_an_incomplete_lookup_is_named(make_api: Any, call: str) -> None:
    with pytest.raises(ValueError, match="incomplete"):
        make_api()(lambda client: client.confirm(Lookup(call, "x", {}, {"x": "y"})))


def test_a_cached_response_is_no_evidence(make_api: Any, shop: Any) -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        response: httpx.Response = shop.handle(request)
        response.headers["Age"] = "5"
        return response

    shop.fail("createInvoice", "cut", processed=True)
    with pytest.raises(OutcomeUnknownError):
        make_api(handle)(WRITES["createInvoice"])


def test_a_budget_that_fails_in_release_does_not_hide_the_result(
    make_api: Any, shop: Any, clock: Any
) -> None:
    class Failing(LocalBudget):
        def release(self, permit: Any, outcome: Any) -> Any:
            raise ConnectionError("the server of the budget")

    api = make_api(budget=Failing(RateLimit(60, 60), clock))
    assert api(WRITES["createInvoice"]).id == 102


def test_a_request_of_the_users_own_is_compared_with_its_response_too(shop: Any) -> None:
    """`raw` with a body of one's own: no generated function has noted what it holds."""
    client = ApiPay(KEY, transport=httpx.MockTransport(shop.handle), rate_limit=None)
    extensions = {"operation": CREATE_INVOICE, "options": {}}
    sent = {"amount": 5, "phone_number": "87001234567", "external_order_id": "order-9"}
    http = client.raw.get_httpx_client()
    response = http.request("POST", "/invoices", json=sent, extensions=extensions)
    assert response.json()["external_order_id"] == "order-9"
