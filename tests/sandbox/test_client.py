"""The client against the sandbox: every operation, the errors, and what takes several requests.

Each test runs with `ApiPay` and with `AsyncApiPay` on asyncio and on trio, on one virtual clock
that client and sandbox share.
"""

import inspect
from collections.abc import AsyncIterable, Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import anyio.from_thread
import pytest

from apipay import ApiPay, AsyncApiPay, RetryPolicy, errors
from apipay.testing import Coverage, VirtualClock, validating_transport
from apipay_client import models
from apipay_client.operations import OPERATIONS
from apipay_sandbox import Fault, RateLimit, Sandbox

START = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
TODAY = START.date()
DAY = timedelta(days=1)
IDN = "990140012345"
PHONE = "87001234567"


class Shop:
    """A sandbox and a client of it; `shop(lambda client: ...)` gives a call's result.

    `all` gives the items of what a client iterates over.
    """

    def __init__(self, flavour: str, cleanup: ExitStack, **settings: Any) -> None:
        self.clock = VirtualClock(START.timestamp())
        settings = {"rate_limit": None, "clock": self.clock, **settings}
        self.sandbox = cleanup.enter_context(Sandbox(**settings))
        self._flavour = flavour
        self._cleanup = cleanup
        self.coverage = Coverage()
        if flavour != "sync":
            self._portal = cleanup.enter_context(
                anyio.from_thread.start_blocking_portal(backend=flavour)
            )
        self.client = self.connect()

    def connect(
        self, key: str | None = None, *, retry: int = 0, check_requests: bool = True
    ) -> Any:
        transport = validating_transport(
            coverage=self.coverage, check_requests=check_requests, reject_unknown_fields=True
        )
        # Also fails the test if a call catches the error.
        self._cleanup.callback(lambda: self._check(transport.problems))
        settings: dict[str, Any] = {
            "transport": transport,
            "api_key": key or self.sandbox.api_key,
            "base_url": self.sandbox.base_url,
            "clock": self.clock,
            "rate_limit": None,
            "retry": RetryPolicy(max_retries=retry),
        }
        if self._flavour == "sync":
            return self._cleanup.enter_context(ApiPay(**settings))
        return self._cleanup.enter_context(
            self._portal.wrap_async_context_manager(AsyncApiPay(**settings))
        )

    @staticmethod
    def _check(problems: list[Any]) -> None:
        assert problems == []

    def __call__(self, call: Callable[[Any], Any], client: Any = None) -> Any:
        client = client or self.client
        if self._flavour == "sync":
            return call(client)

        async def wait() -> Any:
            result = call(client)
            return await result if inspect.isawaitable(result) else result

        return self._portal.call(wait)

    def all(self, call: Callable[[Any], Any]) -> list[Any]:
        if self._flavour == "sync":
            return list(call(self.client))

        async def gather() -> list[Any]:
            items: AsyncIterable[Any] = call(self.client)
            return [item async for item in items]

        return self._portal.call(gather)

    def invoice(self, amount: Any = 1000, **fields: Any) -> models.CreatedInvoice:
        created: models.CreatedInvoice = self(
            lambda c: c.invoices.create(amount=amount, phone_number=PHONE, **fields)
        )
        return created


@pytest.fixture(params=["sync", "asyncio", "trio"])
def open_shop(request: Any) -> Iterator[Callable[..., Shop]]:
    with ExitStack() as cleanup:
        yield partial(Shop, request.param, cleanup)


@pytest.fixture
def shop(open_shop: Callable[..., Shop]) -> Shop:
    return open_shop()


def use_organizations(shop: Shop) -> None:
    begun = shop(lambda c: c.organizations.verify(idn=IDN))
    assert type(begun) is models.OrganizationVerification
    number = begun.organization.id
    assert begun.organization == models.Organization(
        id=number, status=models.OrganizationStatus.PENDING, idn=IDN, time_remaining=120
    )

    shop.sandbox.advance(20)
    waiting = shop(lambda c: c.organizations.status(number))
    shop.sandbox.confirm_verification(number)
    verified = shop(lambda c: c.organizations.status(number))

    assert type(waiting) is type(verified) is models.OrganizationEnvelope
    assert waiting.organization.time_remaining == 100
    assert verified.organization.status is models.OrganizationStatus.VERIFIED
    assert verified.organization.time_remaining == 100


def use_invoices(shop: Shop) -> models.CreatedInvoice:
    """Leave one paid invoice of 10000.50 and a cancelled one."""
    now = shop.sandbox.now
    created = shop.invoice("10000.50", description="Мёд 🍯", external_order_id="o-1")
    assert type(created) is models.CreatedInvoice
    assert (created.amount, created.status) == (Decimal("10000.50"), models.InvoiceStatus.PENDING)
    assert (created.description, created.external_order_id) == ("Мёд 🍯", "o-1")
    assert created.payment_url.startswith(shop.sandbox.url)
    assert (created.created_at, created.paid_at, created.client_phone) == (now, None, PHONE)
    other = shop.invoice()

    cancelled = shop(lambda c: c.invoices.cancel(other.id))
    shop.sandbox.pay(created.id, "Aliya N.")
    read = shop(lambda c: c.invoices.get(created.id))
    page = shop(
        lambda c: c.invoices.list(
            per_page=5, search="O-1", status=["paid"], date_from=TODAY, date_to=TODAY + DAY
        )
    )

    assert type(cancelled) is type(read) is models.Invoice
    # The service's answer to an action can be this short.
    assert cancelled == models.Invoice(
        id=other.id, status=models.InvoiceStatus.CANCELLED, cancelled_at=cancelled.cancelled_at
    )
    assert isinstance(cancelled.cancelled_at, datetime)
    assert (read.status, read.client_name) == (models.InvoiceStatus.PAID, "Aliya N.")
    assert (read.paid_at, read.kaspi_invoice_id) == (now, created.kaspi_invoice_id)
    assert type(page) is models.InvoicePage
    assert (page.page_number, page.page_size, page.page_total) == (1, 5, 1)
    assert [(one.id, one.amount) for one in page.page_items] == [(created.id, read.amount)]
    return created


def use_refunds(shop: Shop, paid: int) -> None:
    part = shop(lambda c: c.refunds.create(paid, amount=Decimal("0.5"), reason="Cracked"))
    rest = shop(lambda c: c.refunds.create(paid))
    assert type(part) is type(rest) is models.Refund
    assert part == models.Refund(
        id=part.id,
        status=models.RefundStatus.COMPLETED,
        amount=Decimal("0.50"),
        invoice_id=paid,
        reason="Cracked",
        created_at=shop.sandbox.now,
    )
    assert (rest.amount, rest.reason) == (Decimal("10000.00"), None)

    of_invoice = shop(lambda c: c.refunds.list_for_invoice(paid))
    page = shop(lambda c: c.refunds.list(page=2, per_page=1))

    assert type(of_invoice) is models.RefundList
    assert [(one.id, one.invoice_id) for one in of_invoice.data] == [
        (rest.id, None),
        (part.id, None),
    ]
    assert type(page) is models.RefundPage
    assert (page.page_items, page.page_number, page.page_total) == ([part], 2, 2)
    assert shop(lambda c: c.refunds.get(part.id)) == part


def use_recurring_invoices(shop: Shop) -> None:
    active, paused = models.RecurringInvoiceStatus.ACTIVE, models.RecurringInvoiceStatus.PAUSED
    made = shop(
        lambda c: c.recurring_invoices.create(
            amount=990,
            phone_number=PHONE,
            interval="monthly",
            description="Club",
            start_date=TODAY + DAY,
            end_date=date(2026, 12, 31),
        )
    )
    assert made == models.RecurringInvoice(
        id=made.id,
        status=active,
        amount=Decimal("990.00"),
        phone_number=PHONE,
        description="Club",
        interval=models.BillingInterval.MONTHLY,
        start_date=TODAY + DAY,
        end_date=date(2026, 12, 31),
        next_billing_date=TODAY + DAY,
        created_at=shop.sandbox.now,
    )

    skipped = shop(lambda c: c.recurring_invoices.skip_period(made.id))
    billed = shop(lambda c: c.recurring_invoices.bill_now(made.id))
    updated = shop(lambda c: c.recurring_invoices.update(made.id, amount=5, interval="yearly"))
    stopped = shop(lambda c: c.recurring_invoices.pause(made.id))
    page = shop(lambda c: c.recurring_invoices.list(page=1, per_page=3, status="paused"))
    resumed = shop(lambda c: c.recurring_invoices.resume(made.id))
    read = shop(lambda c: c.recurring_invoices.get(made.id))
    ended = shop(lambda c: c.recurring_invoices.cancel(made.id))

    assert skipped.next_billing_date == date(2026, 3, 1)
    assert type(billed) is models.Invoice
    assert (billed.amount, billed.description) == (Decimal("990.00"), "Club")
    assert billed.payment_url is not None
    assert (updated.amount, updated.interval) == (Decimal("5.00"), models.BillingInterval.YEARLY)
    assert stopped == models.RecurringInvoice(id=made.id, status=paused)
    assert resumed == models.RecurringInvoice(id=made.id, status=active)
    assert type(page) is models.RecurringInvoicePage
    assert [(one.id, one.status) for one in page.page_items] == [(made.id, paused)]
    assert (read.status, read.amount, read.end_date) == (active, Decimal("5.00"), made.end_date)
    assert ended.status is models.RecurringInvoiceStatus.CANCELLED


def test_every_operation_answers_with_its_type(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(organization=None)

    use_organizations(shop)
    paid = use_invoices(shop)
    use_refunds(shop, paid.id)
    use_recurring_invoices(shop)

    assert shop.sandbox.calls.keys() == OPERATIONS.keys()
    assert len(OPERATIONS) == 19


# Errors


def fails(
    shop: Shop, kind: type[errors.APIStatusError], call: Callable[[Any], Any], client: Any = None
) -> Any:
    """The error of a call; nothing was kept by the sandbox and nothing sent twice."""
    before = shop.sandbox.calls.total()
    with pytest.raises(errors.APIStatusError) as caught:
        shop(call, client)
    assert type(caught.value) is kind
    assert caught.value.server_message
    assert caught.value.attempts == 1
    assert shop.sandbox.calls.total() == before + 1
    return caught.value


def test_a_wrong_or_expired_key_is_401(shop: Shop) -> None:
    wrong = shop.connect("wrong-key")
    shop.sandbox.add_api_key("second-key")
    second = shop.connect("second-key")
    shop.sandbox.expire_api_key("second-key")

    for client, said in ((wrong, "Invalid API key"), (second, "expired")):
        error = fails(shop, errors.AuthenticationError, lambda c: c.invoices.list(), client)
        assert (error.status_code, error.operation) == (401, "listInvoices")
        assert said in error.server_message
        assert "-key" not in str(error) + repr(error)


def test_without_a_verified_organization_it_is_403(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(organization=None)

    for call in (
        lambda c: c.invoices.create(amount=1, phone_number=PHONE),
        lambda c: c.recurring_invoices.create(amount=1, phone_number=PHONE, interval="daily"),
    ):
        assert fails(shop, errors.PermissionDeniedError, call).status_code == 403
    assert shop.sandbox.invoices() == shop.sandbox.recurring_invoices() == []


UNKNOWN: dict[str, Callable[[Any], Any]] = {
    "getOrganizationStatus": lambda c: c.organizations.status(77),
    "getInvoice": lambda c: c.invoices.get(77),
    "cancelInvoice": lambda c: c.invoices.cancel(77),
    "createRefund": lambda c: c.refunds.create(77, amount=1),
    "listInvoiceRefunds": lambda c: c.refunds.list_for_invoice(77),
    "getRefund": lambda c: c.refunds.get(77),
    "getRecurringInvoice": lambda c: c.recurring_invoices.get(77),
    "updateRecurringInvoice": lambda c: c.recurring_invoices.update(77, amount=1),
    "pauseRecurringInvoice": lambda c: c.recurring_invoices.pause(77),
    "resumeRecurringInvoice": lambda c: c.recurring_invoices.resume(77),
    "cancelRecurringInvoice": lambda c: c.recurring_invoices.cancel(77),
    "billNowRecurringInvoice": lambda c: c.recurring_invoices.bill_now(77),
    "skipPeriodRecurringInvoice": lambda c: c.recurring_invoices.skip_period(77),
}


def test_what_is_not_there_is_404(shop: Shop) -> None:
    assert UNKNOWN.keys() == {one.id for one in OPERATIONS.values() if "{id}" in one.path}
    for operation, call in UNKNOWN.items():
        assert fails(shop, errors.NotFoundError, call).operation == operation


def test_what_the_state_forbids_is_400(shop: Shop) -> None:
    paid, pending = shop.invoice(10).id, shop.invoice(10).id
    shop.sandbox.pay(paid)
    plan = shop(
        lambda c: c.recurring_invoices.create(
            amount=1, phone_number=PHONE, interval="daily", start_date=TODAY + DAY
        )
    ).id

    fails(shop, errors.BadRequestError, lambda c: c.invoices.cancel(paid))
    fails(shop, errors.BadRequestError, lambda c: c.refunds.create(pending, amount=1))
    fails(shop, errors.BadRequestError, lambda c: c.recurring_invoices.resume(plan))
    shop(lambda c: c.refunds.create(paid))
    fails(shop, errors.BadRequestError, lambda c: c.refunds.create(paid, amount=1))
    shop(lambda c: c.recurring_invoices.cancel(plan))
    for name in ("pause", "resume", "cancel", "bill_now", "skip_period"):
        fails(
            shop,
            errors.BadRequestError,
            lambda c, name=name: getattr(c.recurring_invoices, name)(plan),
        )
    assert [one.amount for one in shop.sandbox.refunds()] == [1000]


def test_past_the_window_it_is_410(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(organization=None)
    number = shop(lambda c: c.organizations.verify(idn=IDN)).organization.id

    shop.sandbox.advance(120)

    error = fails(shop, errors.GoneError, lambda c: c.organizations.status(number))
    assert error.server_message == "Verification expired. Please start again."


def test_fields_that_are_wrong_are_422_and_named(shop: Shop) -> None:
    paid = shop.invoice(10).id
    shop.sandbox.pay(paid)
    wrong: list[tuple[Callable[[Any], Any], str]] = [
        (lambda c: c.organizations.verify(idn="12"), "idn"),
        (lambda c: c.invoices.create(amount=0, phone_number=PHONE), "amount"),
        (lambda c: c.invoices.create(amount=1, phone_number=PHONE, webhook_id=9), "webhook_id"),
        (lambda c: c.invoices.list(per_page=101), "per_page"),
        (lambda c: c.invoices.list(date_from=TODAY, date_to=TODAY - DAY), "date_to"),
        (lambda c: c.refunds.create(paid, amount="10.01"), "amount"),
        (lambda c: c.refunds.list(page=0), "page"),
        (lambda c: c.recurring_invoices.list(status="done"), "status"),
    ]

    careless = shop.connect(check_requests=False)
    for call, field in wrong:
        error = fails(shop, errors.ValidationError, call, careless)
        assert set(error.field_errors) == {field}, field
    assert shop.sandbox.refunds() == []


def test_too_many_requests_are_429_and_waiting_helps(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(rate_limit=RateLimit(2, 60))
    patient = shop.connect(retry=2)
    for _ in range(2):
        shop(lambda c: c.invoices.list())

    shop.sandbox.advance(15)
    error = fails(shop, errors.RateLimitError, lambda c: c.invoices.list())
    assert (error.status_code, error.retry_after) == (429, 45)
    before = shop.sandbox.now
    assert shop(lambda c: c.invoices.list(), patient).page_total == 0
    assert timedelta(seconds=45) <= shop.sandbox.now - before <= timedelta(seconds=60)


# Coverage

CALLS: dict[str, Callable[[Any], Any]] = {
    **UNKNOWN,
    "verifyOrganization": lambda c: c.organizations.verify(idn=IDN),
    "createInvoice": lambda c: c.invoices.create(amount=1, phone_number=PHONE),
    "listInvoices": lambda c: c.invoices.list(),
    "listRefunds": lambda c: c.refunds.list(),
    "createRecurringInvoice": lambda c: c.recurring_invoices.create(
        amount=1, phone_number=PHONE, interval="daily"
    ),
    "listRecurringInvoices": lambda c: c.recurring_invoices.list(),
}
INVALID: dict[str, Callable[[Any], Any]] = {
    "verifyOrganization": lambda c: c.organizations.verify(idn="12"),
    "createInvoice": lambda c: c.invoices.create(amount=0, phone_number=PHONE),
    "listInvoices": lambda c: c.invoices.list(per_page=101),
    "listRefunds": lambda c: c.refunds.list(page=0),
    "createRecurringInvoice": lambda c: c.recurring_invoices.create(
        amount=0, phone_number=PHONE, interval="daily"
    ),
    "listRecurringInvoices": lambda c: c.recurring_invoices.list(status="done"),
}


def _send_broken(client: Any, method: str, path: str, kind: str) -> Any:
    """Send a body that is not JSON; no generated function can."""
    is_async = isinstance(client, AsyncApiPay)
    http = client.raw.get_async_httpx_client() if is_async else client.raw.get_httpx_client()
    return http.request(method, path, content=b"{", headers={"Content-Type": kind})


def cover(shop: Shop) -> None:
    """Make every operation respond with every status that the specification documents."""

    def refuse(call: Callable[..., Any], client: Any = None, *arguments: str) -> None:
        with pytest.raises(errors.ApiPayError):
            shop(lambda given: call(given, *arguments), client)

    careless = shop.connect(check_requests=False)
    number = shop(lambda c: c.organizations.verify(idn=IDN)).organization.id
    refuse(CALLS["createInvoice"])  # 403: not verified
    refuse(CALLS["createRecurringInvoice"])
    shop.sandbox.advance(120)
    refuse(lambda c: c.organizations.status(number))  # 410
    use_organizations(shop)
    paid = use_invoices(shop).id
    use_refunds(shop, paid)
    use_recurring_invoices(shop)
    pending = shop.invoice().id
    refuse(lambda c: c.invoices.cancel(paid))
    refuse(lambda c: c.refunds.create(pending, amount=1))
    other = shop.invoice().id
    shop.sandbox.pay(other)
    ended = shop(CALLS["createRecurringInvoice"]).id
    refuse(lambda c: c.refunds.create(other, amount="5000"))
    shop(lambda c: c.recurring_invoices.cancel(ended))
    for name in ("pause", "resume", "cancel", "bill_now", "skip_period"):
        refuse(lambda c, name=name: getattr(c.recurring_invoices, name)(ended))
    refuse(lambda c: c.recurring_invoices.update(ended, amount=2))
    for call in UNKNOWN.values():
        refuse(call)
    for call in INVALID.values():
        refuse(call, careless)
    with_body = {
        "POST /organizations/verify",
        "POST /invoices",
        f"POST /invoices/{paid}/refund",
        "POST /recurring-invoices",
        f"PUT /recurring-invoices/{ended}",
    }
    for kind in ("application/json", "text/plain"):  # 400 and 415
        for method, path in map(str.split, sorted(with_body)):
            refuse(_send_broken, careless, method, path, kind)
    stranger = shop.connect("wrong-key")
    for call in CALLS.values():
        refuse(call, stranger)
    for fault in ("429", "500", "502", "503"):
        for operation, call in CALLS.items():
            kind = "rate_limited" if fault == "429" else "status"
            shop.sandbox.inject(Fault(kind, operation=operation, status=int(fault), times=1))
            refuse(call)
            shop.sandbox.clear_faults()


def test_every_operation_and_documented_status_is_covered(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(organization=None)
    assert CALLS.keys() == OPERATIONS.keys()

    cover(shop)

    shop.coverage.require_complete()
    assert shop.coverage.report().startswith("19 of 19 operations")


def test_less_than_full_coverage_fails(shop: Shop) -> None:
    shop.invoice()

    with pytest.raises(AssertionError, match="1 of 19 operations") as caught:
        shop.coverage.require_complete()
    assert "createInvoice: 1/10, missing 400, 401, 403, 415, 422, 429, 500, 502, 503" in str(
        caught.value
    )


# What takes several requests


def test_a_verification_is_waited_for(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(organization=None, auto_confirm=31)
    left: list[float] = []

    organization = shop(lambda c: c.verify_organization(IDN, on_progress=left.append))

    assert organization.status is models.OrganizationStatus.VERIFIED
    assert shop.sandbox.now - START < timedelta(seconds=35)
    assert shop.sandbox.calls["getOrganizationStatus"] <= 17
    assert left == sorted(left, reverse=True)
    assert shop(lambda c: c.wait_for_verification(organization.id)) == organization


def test_a_verification_that_nobody_confirms_ends(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(organization=None)

    with pytest.raises(errors.VerificationTimeoutError):
        shop(lambda c: c.verify_organization(IDN))

    assert timedelta(seconds=115) < shop.sandbox.now - START < timedelta(seconds=125)


def test_pages_give_everything_once(shop: Shop) -> None:
    made = [shop.invoice().id for _ in range(23)]
    for number in made[:5]:
        shop.sandbox.pay(number)
        shop(lambda c, number=number: c.refunds.create(number, amount=1))
        shop(lambda c, number=number: c.refunds.create(number, amount=2))

    invoices = shop.all(lambda c: c.paginate(c.invoices.list, per_page=10))
    assert shop.sandbox.calls["listInvoices"] == 3
    paid = shop.all(lambda c: c.paginate(c.invoices.list, status=["paid"], per_page=2))
    refunds = shop.all(lambda c: c.paginate(c.refunds.list, per_page=3))

    assert [one.id for one in invoices] == made[::-1]
    assert [one.id for one in paid] == made[4::-1]
    assert [one.id for one in refunds] == [one.id for one in shop.sandbox.refunds()][::-1]


def test_a_payment_is_waited_for_and_invoices_are_watched(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(auto_pay=20, payment_deadline=30)
    first = shop.invoice()
    assert shop(lambda c: c.wait_for_payment(first)).status is models.InvoiceStatus.PAID

    watched = [shop.invoice() for _ in range(3)]
    shop.sandbox.expire(watched[1].id)
    shop(lambda c: c.invoices.cancel(watched[2].id))
    settled = shop.all(lambda c: c.watch_invoices(watched))

    assert {one.id: one.status.value for one in settled} == dict(
        zip((one.id for one in watched), ("paid", "expired", "cancelled"), strict=True)
    )
