"""Writes whose answers are lost: looked up, never done twice, never lost in silence."""

import contextlib
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from apipay.errors import (
    APIConnectionError,
    BadRequestError,
    OutcomeUnknownError,
    ServerError,
)

HTML = b"<html><body>502 Bad Gateway</body></html>"
LOST = [
    {"kind": "cut"},
    {"kind": "timeout"},
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 502, "body": HTML},
    {"kind": "status", "status": 504, "body": HTML},
    {"kind": "status", "status": 520, "body": HTML},
    {"kind": "status", "status": 200, "body": b'{"id": 100, "stat'},
    {"kind": "status", "status": 200, "body": HTML},
    {"kind": "status", "status": 200, "body": b""},
]
lost = pytest.mark.parametrize("fault", LOST, ids=lambda f: f"{f['kind']}-{f.get('status', '')}")


def create(client: Any, order: str | None = "order-1", amount: Any = "15.50") -> Any:
    extra = {} if order is None else {"external_order_id": order}
    return client.invoices.create(amount=amount, phone_number="87001234567", **extra)


@lost
def test_a_created_invoice_is_found(api: Any, service: Any, fault: dict[str, Any]) -> None:
    service.fail("createInvoice", processed=True, **fault)
    made = api(create)
    assert (made.id, made.payment_url) == (100, "https://pay.example/100")
    assert service.seen.count("createInvoice") == 1
    assert len(service.invoices) == 1


@lost
def test_an_invoice_that_was_not_created_is_sent_again(
    api: Any, service: Any, fault: dict[str, Any]
) -> None:
    service.fail("createInvoice", processed=False, **fault)
    made = api(create)
    assert made.id == 100
    assert service.seen.count("createInvoice") == 2
    assert list(service.invoices) == [100]
    first_look = service.seen.index("listInvoices")
    assert service.seen.index("createInvoice", 1) > first_look


@pytest.mark.parametrize("body", [b'{"id": 100, "status": "pending"}', b'{"payment_url": null}'])
def test_an_answer_without_what_is_always_there_is_looked_up(
    api: Any, service: Any, body: bytes
) -> None:
    service.fail("createInvoice", "status", status=200, body=body, processed=True)
    assert api(create).payment_url == "https://pay.example/100"
    assert service.seen.count("createInvoice") == 1


@lost
def test_without_an_order_id_the_outcome_is_unknown(
    api: Any, service: Any, fault: dict[str, Any]
) -> None:
    service.fail("createInvoice", processed=True, **fault)
    with pytest.raises(OutcomeUnknownError) as caught:
        api(lambda client: create(client, order=None))
    assert caught.value.lookup.operation == "listInvoices"
    assert caught.value.__cause__ is not None
    assert service.seen == ["createInvoice"]


def test_a_refused_connection_and_429_are_sent_again_without_looking(
    api: Any, service: Any
) -> None:
    service.fail("createInvoice", "refused")
    service.fail("createInvoice", "status", status=429, body=b'{"message":"x","retry_after":60}')
    assert api(create).id == 100
    assert service.seen == ["createInvoice"] * 3
    assert service.clock.monotonic() >= 60


def made_before(service: Any, gap: float) -> None:
    service.do_createInvoice(
        0, {"amount": "15.50", "phone_number": "87001234567", "external_order_id": "order-1"}, None
    )
    service.clock.advance(gap)


@pytest.mark.parametrize("gap", [63, 86_400])
def test_an_older_invoice_of_the_same_order_is_not_mistaken(
    api: Any, service: Any, gap: float
) -> None:
    made_before(service, gap)
    service.fail("createInvoice", "cut", processed=True)
    assert api(create).id == 101


@pytest.mark.parametrize("processed", [True, False])
@pytest.mark.parametrize("gap", [2.5, 30, 59])
def test_one_that_is_a_little_older_is_not_guessed_at(
    api: Any, service: Any, gap: float, processed: bool
) -> None:
    made_before(service, gap)
    service.fail("createInvoice", "cut", processed=processed)
    with pytest.raises(OutcomeUnknownError):
        api(create)
    assert service.seen.count("createInvoice") == 1


@pytest.mark.parametrize("behind", [0.5, 2, 5, 30])
def test_a_proxy_with_another_clock_than_the_service_makes_no_duplicate(
    api: Any, service: Any, behind: float
) -> None:
    """`created_at` is behind `Date`: what we have just made looks older than our call."""
    now = service.clock.time
    service.now = lambda: datetime.fromtimestamp(int(now() - behind), UTC).isoformat()
    service.fail("createInvoice", "cut", processed=True)
    with contextlib.suppress(OutcomeUnknownError):
        assert api(create).id == 100
    assert len(service.invoices) == 1


@pytest.mark.parametrize("skew", [-7200, -3, 3, 7200])
def test_a_wrong_clock_on_our_side_changes_nothing(api: Any, service: Any, skew: float) -> None:
    service.skew = skew
    made_before(service, 100)
    service.fail("createInvoice", "cut", processed=True)
    assert api(create).id == 101
    assert len(service.invoices) == 2


def test_another_order_whose_id_contains_ours_is_not_mistaken(api: Any, service: Any) -> None:
    service.fail("createInvoice", "cut", processed=False)
    api(lambda client: create(client, "order-12"))
    service.fail("createInvoice", "cut", processed=False)
    assert api(lambda client: create(client, "order-1")).external_order_id == "order-1"
    assert len(service.invoices) == 2


def test_another_amount_is_another_invoice(api: Any, service: Any) -> None:
    service.do_createInvoice(
        0, {"amount": "99", "phone_number": "87001234567", "external_order_id": "order-1"}, None
    )
    service.fail("createInvoice", "cut", processed=False)
    assert api(create).amount == Decimal("15.50")
    assert len(service.invoices) == 2


def test_an_invoice_this_client_was_given_is_not_handed_out_again(api: Any, service: Any) -> None:
    first = api(create)
    service.fail("createInvoice", "cut", processed=False)
    second = api(create)  # at the same second, the same in every field
    assert first.id != second.id


def test_the_look_up_goes_across_pages_and_reads_short_items(api: Any, service: Any) -> None:
    for number in range(250):
        service.do_createInvoice(
            0,
            {"amount": 1, "phone_number": "87000000000", "external_order_id": f"order-1{number}"},
            None,
        )
    service.fail("createInvoice", "cut", processed=True)
    service.invoices = dict(reversed(service.invoices.items()))  # ours is on the last page
    assert api(create).external_order_id == "order-1"
    assert service.seen.count("listInvoices") == 3

    service.short_items = True
    service.clock.advance(100)
    service.fail("createInvoice", "cut", processed=True)
    assert api(lambda client: create(client, "other")).external_order_id == "other"


def test_what_cannot_be_dated_is_not_guessed(api: Any, service: Any) -> None:
    service.dated = False
    service.fail("createInvoice", "cut", processed=True)
    with pytest.raises(OutcomeUnknownError) as caught:
        api(create)
    lookup = caught.value.lookup
    assert lookup.arguments == {"search": "order-1"}
    assert lookup.match["external_order_id"] == "order-1"
    assert len(service.invoices) == 1


def test_a_long_order_id_is_searched_by_its_beginning(api: Any, service: Any) -> None:
    order = "x" * 255
    service.fail("createInvoice", "cut", processed=True)
    assert api(lambda client: create(client, order)).external_order_id == order


def test_a_failing_look_up_is_tried_again(api: Any, service: Any) -> None:
    service.fail("createInvoice", "cut", processed=True)
    service.fail("listInvoices", "cut")
    service.fail("listInvoices", "status", status=503)
    service.fail("getInvoice", "timeout")
    assert api(create).id == 100


def test_when_looking_fails_for_good_the_outcome_is_unknown(api: Any, service: Any) -> None:
    service.fail("createInvoice", "cut", processed=True)
    for _ in range(20):
        service.fail("listInvoices", "cut")
    with pytest.raises(OutcomeUnknownError):
        api(create)
    assert service.seen.count("createInvoice") == 1


def test_look_ups_go_first_in_the_budget(api: Any, service: Any) -> None:
    service.fail("createInvoice", "cut", processed=True)
    api(create)
    assert [options.get("priority") for options in service.options] == [None, "high", "high"]


def land_after_resend(service: Any, operation: str, then: Any = None) -> None:
    """Let the lost first request take effect once its resend has been answered, or just before."""

    def run_pending() -> None:
        if service.seen.count(operation) == 2 and service.pending:
            service.pending.pop()[1]()
            if then is not None:
                then()

    service.fail(operation, "timeout", late=1e9)
    service.run_pending = run_pending


def test_a_late_duplicate_is_cancelled_and_reported(make_api: Any, service: Any) -> None:
    api = make_api()
    land_after_resend(service, "createInvoice")
    made = api(create)
    assert sorted(item["status"] for item in service.invoices.values()) == ["cancelled", "pending"]
    assert service.invoices[made.id]["status"] == "pending"
    (report,) = api.client.late_duplicates
    assert (report.kept_id, report.action) == (made.id, "cancelled")
    assert service.invoices[report.extra_id]["status"] == "cancelled"


def test_a_late_duplicate_that_was_paid_is_the_one_to_keep(api: Any, service: Any) -> None:
    paid = {"status": "paid"}
    land_after_resend(service, "createInvoice", lambda: service.invoices[100].update(paid))
    made = api(create)
    assert (made.id, made.status) == (100, "paid")
    assert service.invoices[101]["status"] == "cancelled"


def test_one_that_lands_during_the_look_ups_is_found(api: Any, service: Any) -> None:
    service.fail("createInvoice", "timeout", late=36)  # the read timeout is 30 s
    assert api(create).id == 100
    assert service.seen.count("createInvoice") == 1


@pytest.mark.parametrize("kind", ["cut", "timeout", "status"])
def test_when_attempts_run_out_the_error_says_what_is_known(
    api: Any, service: Any, kind: str
) -> None:
    for _ in range(10):
        service.fail("createInvoice", kind)
    expected = {"cut": APIConnectionError, "timeout": OutcomeUnknownError, "status": ServerError}
    with pytest.raises(expected[kind]) as caught:
        api(lambda client: create(client.with_options(max_retries=2, deadline=1e6)))
    assert caught.value.attempts == 3
    assert service.invoices == {}


# -- refunds ------------------------------------------------------------------------------------


@lost
@pytest.mark.parametrize("amount", [None, "30", "100"])
def test_a_made_refund_is_found(
    api: Any, service: Any, fault: dict[str, Any], amount: str | None
) -> None:
    number = service.paid_invoice()
    extra = {} if amount is None else {"amount": amount}
    service.fail("createRefund", processed=True, **fault)
    made = api(lambda client: client.refunds.create(number, **extra))
    assert (made.id, made.invoice_id) == (500, number)
    assert service.seen.count("createRefund") == 1


@lost
@pytest.mark.parametrize("amount", [None, "60", "100"])
def test_a_refund_that_was_not_made_is_sent_again(
    api: Any, service: Any, fault: dict[str, Any], amount: str | None
) -> None:
    number = service.paid_invoice()
    extra = {} if amount is None else {"amount": amount}
    service.fail("createRefund", processed=False, **fault)
    made = api(lambda client: client.refunds.create(number, **extra))
    assert made.id == 500
    assert service.refunded(number) == Decimal(amount or 100)


def test_a_small_refund_is_not_sent_again_after_a_timeout(api: Any, service: Any) -> None:
    """It could still land, and 30 fits into 100 twice."""
    number = service.paid_invoice()
    service.fail("createRefund", "timeout")
    with pytest.raises(OutcomeUnknownError) as caught:
        api(lambda client: client.refunds.create(number, amount=30))
    assert service.seen.count("createRefund") == 1
    assert caught.value.lookup.arguments == {"id": number}


def test_a_refund_that_lands_after_the_resend_is_refused_by_the_service(
    api: Any, service: Any
) -> None:
    number = service.paid_invoice()
    service.fail("createRefund", "timeout", late=1000)
    api(lambda client: client.refunds.create(number, amount=60))
    service.clock.advance(2000)
    service.run_pending()
    assert service.refunded(number) == 60


def test_a_refund_that_lands_just_before_the_resend_is_found(api: Any, service: Any) -> None:
    number = service.paid_invoice()
    land_after_resend(service, "createRefund")
    made = api(lambda client: client.refunds.create(number, amount=60))
    assert made.id == 500  # the resend was refused with 400, and the look-up saw why
    assert service.refunded(number) == 60


def test_an_equal_refund_from_before_is_not_mistaken(api: Any, service: Any) -> None:
    number = service.paid_invoice()
    service.do_createRefund(number, {"amount": "30"}, None)
    service.clock.advance(100)
    service.fail("createRefund", "cut", processed=False)
    api(lambda client: client.refunds.create(number, amount=30))
    assert service.refunded(number) == 60
    assert len(service.refunds) == 2


def test_equal_refunds_of_one_client_are_told_apart(api: Any, service: Any) -> None:
    number = service.paid_invoice()
    for processed in (True, False, True):
        service.fail("createRefund", "cut", processed=processed)
        api(lambda client: client.refunds.create(number, amount=30))
    assert service.refunded(number) == 90


def test_another_amount_is_another_refund(api: Any, service: Any) -> None:
    number = service.paid_invoice()
    service.do_createRefund(number, {"amount": "20"}, None)
    service.fail("createRefund", "cut", processed=False)
    assert api(lambda client: client.refunds.create(number, amount=30)).amount == 30
    assert service.refunded(number) == 50


def test_another_reason_is_another_refund(api: Any, service: Any) -> None:
    number = service.paid_invoice()
    service.do_createRefund(number, {"amount": "30", "reason": "other"}, None)
    service.fail("createRefund", "cut", processed=False)
    made = api(lambda client: client.refunds.create(number, amount=30, reason="ours"))
    assert made.reason == "ours"


def test_everything_is_not_taken_for_a_part(api: Any, service: Any) -> None:
    """A refund of the rest is lost; a part that someone else gave back meanwhile is not it."""
    number = service.paid_invoice()
    service.fail("createRefund", "cut", processed=False)
    service.do_createRefund(number, {"amount": "30"}, None)
    assert api(lambda client: client.refunds.create(number)).amount == 70


def test_short_refund_items_are_read_whole(api: Any, service: Any) -> None:
    number = service.paid_invoice()
    service.short_items = True
    service.fail("createRefund", "cut", processed=True)
    assert api(lambda client: client.refunds.create(number, amount=30)).id == 500


# -- statuses -----------------------------------------------------------------------------------

STATUS_CALLS = [
    ("cancelInvoice", "pending", "cancelled", lambda client: client.invoices.cancel(1)),
    ("pauseRecurringInvoice", "active", "paused", lambda c: c.recurring_invoices.pause(1)),
    ("resumeRecurringInvoice", "paused", "active", lambda c: c.recurring_invoices.resume(1)),
    ("cancelRecurringInvoice", "paused", "cancelled", lambda c: c.recurring_invoices.cancel(1)),
]


@lost
@pytest.mark.parametrize("processed", [True, False])
@pytest.mark.parametrize("case", STATUS_CALLS, ids=lambda case: case[0])
def test_a_status_change_is_looked_up(
    api: Any, service: Any, case: Any, processed: bool, fault: dict[str, Any]
) -> None:
    operation, before, after, call = case
    resource = {"id": 1, "status": before}
    (service.invoices if operation == "cancelInvoice" else service.recurring)[1] = resource
    service.fail(operation, processed=processed, **fault)
    assert api(call).status == after
    assert resource["status"] == after
    assert service.seen.count(operation) == (1 if processed else 2)


def test_cancelling_what_was_paid_meanwhile_is_refused(api: Any, service: Any) -> None:
    service.invoices[1] = {"id": 1, "status": "paid"}
    service.fail("cancelInvoice", "cut")
    with pytest.raises(BadRequestError):
        api(lambda client: client.invoices.cancel(1))


def test_a_status_on_its_way_is_waited_for(api: Any, service: Any) -> None:
    service.invoices[1] = {"id": 1, "status": "cancelling"}
    service.fail("cancelInvoice", "cut")
    service.run_pending = lambda: (
        service.invoices[1].update(status="cancelled") if len(service.seen) > 4 else None
    )
    assert api(lambda client: client.invoices.cancel(1)).status == "cancelled"
    assert service.seen.count("cancelInvoice") == 1


# -- never --------------------------------------------------------------------------------------


@lost
def test_what_cannot_be_looked_up_is_never_sent_again(
    api: Any, service: Any, fault: dict[str, Any]
) -> None:
    service.fail("billNowRecurringInvoice", processed=True, **fault)
    with pytest.raises(OutcomeUnknownError) as caught:
        api(lambda client: client.recurring_invoices.bill_now(7))
    assert service.seen == ["billNowRecurringInvoice"]
    assert caught.value.lookup.operation == "listInvoices"


def test_what_was_never_processed_is_sent_again_all_the_same(api: Any, service: Any) -> None:
    service.fail("billNowRecurringInvoice", "refused")
    service.fail("billNowRecurringInvoice", "status", status=429)
    assert api(lambda client: client.recurring_invoices.bill_now(7)).id == 100


def test_a_status_change_whose_answer_lacks_its_status_is_looked_up(api: Any, service: Any) -> None:
    service.invoices[1] = {"id": 1, "status": "pending"}
    service.fail("cancelInvoice", "status", status=200, body=b'{"id": 1}', processed=True)
    assert api(lambda client: client.invoices.cancel(1)).status == "cancelled"
    assert service.seen == ["cancelInvoice", "getInvoice"]
