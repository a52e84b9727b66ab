"""Another process makes the same writes at the same moment: nothing of its own is ever touched."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from apipay import ApiPay, RetryPolicy
from apipay._clock import SystemClock
from apipay.errors import OutcomeUnknownError
from apipay_sandbox import Fault, Sandbox

ORDER = {"amount": "15.50", "phone_number": "87001234567", "external_order_id": "order-1"}


def create(client: Any) -> Any:
    return client.invoices.create(**ORDER)


def meddle(service: Any, operation: str, nth: int, act: Callable[[], Any]) -> None:
    """Let another process act just before the `nth` request of an operation is processed."""

    def run_pending() -> None:
        if service.seen[-1] == operation and service.seen.count(operation) == nth:
            service.run_pending = lambda: None
            act()

    service.run_pending = run_pending


def make_theirs(service: Any, **other: Any) -> None:
    service.do_createInvoice(0, {**ORDER, **other}, None)


def open_ones(service: Any) -> list[int]:
    return [key for key, item in service.invoices.items() if item["status"] == "pending"]


def test_ours_gives_way_to_an_older_one(make_api: Any, service: Any) -> None:
    """Ours was lost and is sent again; theirs comes up in between and looks like our first."""
    api = make_api()
    service.fail("createInvoice", "cut")
    meddle(service, "createInvoice", 2, lambda: make_theirs(service))
    assert api(create).id == 100
    assert open_ones(service) == [100]
    (report,) = api.client.late_duplicates
    assert (report.kept_id, report.extra_id, report.action) == (100, 101, "cancelled")


def test_a_newer_one_is_reported_and_left_alone(make_api: Any, service: Any) -> None:
    """It can have been given to another process, and ours to a third that found it."""
    api = make_api()
    service.fail("createInvoice", "cut")
    meddle(service, "listInvoices", 4, lambda: make_theirs(service))
    assert api(create).id == 100
    assert open_ones(service) == [100, 101]
    (report,) = api.client.late_duplicates
    assert (report.kept_id, report.extra_id, report.action) == (100, 101, "left")
    assert "cancelInvoice" not in service.seen


def test_ours_gives_way_to_a_newer_one_that_is_paid(make_api: Any, service: Any) -> None:
    api = make_api()
    service.fail("createInvoice", "cut")

    def theirs() -> None:
        make_theirs(service)
        service.invoices[101]["status"] = "paid"

    meddle(service, "listInvoices", 4, theirs)
    made = api(create)
    assert (made.id, made.status) == (101, "paid")
    assert service.invoices[100]["status"] == "cancelled"


@pytest.mark.parametrize("after_it", [True, False])
def test_when_it_is_not_known_that_ours_is_withdrawn_the_open_one_is_returned(
    make_api: Any, service: Any, after_it: bool
) -> None:
    api = make_api()
    service.fail("createInvoice", "cut")
    for _ in range(9):
        service.fail("cancelInvoice", "status", status=500, processed=after_it)

    def theirs() -> None:
        make_theirs(service)
        if after_it:
            handle = service.do_getInvoice
            service.do_getInvoice = lambda number, *rest: (
                (500, {"message": "x"}) if number == 101 else handle(number, *rest)
            )

    meddle(service, "createInvoice", 2, theirs)
    assert api(create).id == 100
    (report,) = api.client.late_duplicates
    assert (report.kept_id, report.extra_id, report.action) == (100, 101, "left")


def test_ours_that_is_paid_while_it_is_withdrawn_stays(api: Any, service: Any) -> None:
    service.fail("createInvoice", "cut")
    meddle(service, "createInvoice", 2, lambda: make_theirs(service))

    def pay_first(number: int, *_: Any) -> Any:
        service.invoices[number]["status"] = "paid"
        return 400, {"message": "Invoice is not pending"}

    service.do_cancelInvoice = pay_first
    made = api(create)
    assert (made.id, service.invoices[made.id]["status"]) == (101, "paid")


def test_ours_that_was_paid_meanwhile_stays_and_the_other_is_reported(
    make_api: Any, service: Any
) -> None:
    api = make_api()
    service.fail("createInvoice", "cut")

    def theirs() -> None:
        make_theirs(service)
        service.invoices[100]["status"] = "paid"

    meddle(service, "listInvoices", 4, theirs)
    assert api(create).id == 100
    assert service.invoices[101]["status"] == "pending"
    assert [report.action for report in api.client.late_duplicates] == ["left"]


def test_an_open_invoice_is_found_before_a_withdrawn_one(api: Any, service: Any) -> None:
    """Another process made two and withdrew the older; our own request came to nothing."""
    service.fail("createInvoice", "cut")

    def theirs() -> None:
        make_theirs(service)
        make_theirs(service)
        service.do_cancelInvoice(100, None, None)

    meddle(service, "listInvoices", 1, theirs)
    assert api(create).id == 101


def test_another_phone_number_is_no_proof(api: Any, service: Any) -> None:
    """It can be the payer's own: neither ours for sure, nor surely somebody else's."""
    service.fail("createInvoice", "cut")
    meddle(service, "listInvoices", 1, lambda: make_theirs(service, phone_number="87770001122"))
    with pytest.raises(OutcomeUnknownError):
        api(create)
    assert service.seen.count("createInvoice") == 1


@pytest.mark.parametrize("ours_landed", [True, False])
def test_more_equal_refunds_than_calls_are_not_guessed_at(
    api: Any, service: Any, ours_landed: bool
) -> None:
    number = service.paid_invoice()
    service.fail("createRefund", "cut", processed=ours_landed)

    def theirs() -> None:
        for _ in range(1 if ours_landed else 2):
            service.do_createRefund(number, {"amount": "20"}, None)

    meddle(service, "listInvoiceRefunds", 1, theirs)
    with pytest.raises(OutcomeUnknownError):
        api(lambda client: client.refunds.create(number, amount=20))
    assert service.refunded(number) == 40
    assert service.seen.count("createRefund") == 1


@pytest.mark.parametrize(("ours", "theirs"), [(None, "theirs"), ("ours", None)])
def test_a_refund_with_a_reason_and_one_without_are_not_taken_for_each_other(
    api: Any, service: Any, ours: str | None, theirs: str | None
) -> None:
    """The service could have left the reason out, or filled one in; so it is not ABSENT either."""
    number = service.paid_invoice()
    service.fail("createRefund", "cut")
    said = {"amount": "20", "reason": theirs}
    meddle(service, "listInvoiceRefunds", 1, lambda: service.do_createRefund(number, said, None))
    more = {} if ours is None else {"reason": ours}
    with pytest.raises(OutcomeUnknownError):
        api(lambda client: client.refunds.create(number, amount=20, **more))
    assert service.refunded(number) == 20


def test_a_reason_tells_equal_refunds_of_two_processes_apart(api: Any, service: Any) -> None:
    number = service.paid_invoice()
    service.fail("createRefund", "cut")
    meddle(
        service,
        "listInvoiceRefunds",
        1,
        lambda: service.do_createRefund(number, {"amount": "20", "reason": "theirs"}, None),
    )
    made = api(lambda client: client.refunds.create(number, amount=20, reason="ours"))
    assert made.reason == "ours"
    assert service.refunded(number) == 40


@pytest.mark.parametrize("seed", range(4))
def test_one_order_from_many_clients_ends_with_what_they_were_told(seed: int) -> None:
    """Eight clients that know nothing of each other, answers lost before and after, one order."""
    policy = RetryPolicy(backoff_base=0.02, settle_after_cut=0.05, settle_after_timeout=0.2)
    told: list[int] = []
    unknown: list[OutcomeUnknownError] = []

    def one(client: ApiPay) -> None:
        try:
            told.append(create(client).id)
        except OutcomeUnknownError as error:
            unknown.append(error)

    with Sandbox(rate_limit=None) as sandbox:
        for kind in ("reset_before", "reset_after_commit"):
            sandbox.inject(Fault(kind, operation="createInvoice", probability=0.3, seed=seed))
        clients = [
            ApiPay(
                sandbox.api_key,
                base_url=sandbox.base_url,
                rate_limit=None,
                retry=policy,
                clock=SystemClock(),  # of one process they would share what they know
            )
            for _ in range(8)
        ]
        threads = [threading.Thread(target=one, args=(client,)) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        for client in clients:
            client.close()
        pending = {item.id for item in sandbox.invoices() if item.status == "pending"}
    assert len(told) + len(unknown) == 8
    assert set(told) <= pending
