"""Every operation on a real socket: what is sent, to the byte, and what comes back, typed."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.metadata import version
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from apipay_client import AuthenticatedClient, models
from apipay_client.errors import InvalidArgument
from apipay_client.operations import OPERATIONS
from apipay_client.resources import AsyncResources, Resources

KEY = "test-key-1"
INVOICE: dict[str, Any] = {
    "id": 7,
    "status": "pending",
    "amount": "1234.50",
    "payment_url": "https://pay.example/7",
    "client_phone": "87001234567",
    "created_at": "2026-11-22T10:00:00Z",
    "paid_at": None,
}
REFUND: dict[str, Any] = {"id": 3, "status": "completed", "amount": "100.00", "invoice_id": 7}
RECURRING: dict[str, Any] = {
    "id": 5,
    "status": "active",
    "amount": "990.00",
    "interval": "monthly",
    "start_date": "2026-01-31",
    "next_billing_date": "2026-02-28",
}
META = {"current_page": 2, "per_page": 50, "total": 51}


@dataclass(frozen=True)
class Case:
    """One call: how it is made, what must be on the wire, what is answered, what comes out."""

    operation: str
    call: Callable[[Any], Any]
    path: str
    answer: Any
    result: type[Any]
    check: dict[str, Any]
    query: list[tuple[str, str]] = field(default_factory=list)
    body: Any = None


CASES = [
    Case(
        "verifyOrganization",
        lambda r: r.organizations.verify(idn="123456789012"),
        "/api/organizations/verify",
        {"organization": {"id": 1, "status": "pending", "time_remaining": 120}, "message": "go"},
        models.OrganizationVerification,
        {"organization.time_remaining": 120, "message": "go"},
        body={"idn": "123456789012"},
    ),
    Case(
        "getOrganizationStatus",
        lambda r: r.organizations.status(1),
        "/api/organizations/1/status",
        {"organization": {"id": 1, "status": "verified"}},
        models.OrganizationEnvelope,
        {"organization.status": models.OrganizationStatus.VERIFIED},
    ),
    Case(
        "createInvoice",
        lambda r: r.invoices.create(
            amount=Decimal("1234.50"),
            phone_number="87001234567",
            description="Кофе",
            external_order_id="order-1",
            webhook_id=2,
        ),
        "/api/invoices",
        INVOICE,
        models.CreatedInvoice,
        {
            "id": 7,
            "amount": Decimal("1234.50"),
            "status": models.InvoiceStatus.PENDING,
            "payment_url": "https://pay.example/7",
            "created_at": datetime(2026, 11, 22, 10, tzinfo=UTC),
            "paid_at": None,
            "cancelled_at": None,
        },
        body={
            "amount": 1234.5,
            "phone_number": "87001234567",
            "description": "Кофе",
            "external_order_id": "order-1",
            "webhook_id": 2,
        },
    ),
    Case(
        "listInvoices",
        lambda r: r.invoices.list(
            page=2,
            per_page=50,
            search="order 1",
            status=["paid", models.InvoiceStatus.EXPIRED],
            date_from=date(2026, 1, 1),
            date_to=date(2026, 1, 31),
        ),
        "/api/invoices",
        {"data": [INVOICE], "meta": META},
        models.InvoicePage,
        {"page_total": 51, "page_number": 2, "page_size": 50, "data.0.id": 7},
        query=[
            ("page", "2"),
            ("per_page", "50"),
            ("search", "order 1"),
            ("status[]", "paid"),
            ("status[]", "expired"),
            ("date_from", "2026-01-01"),
            ("date_to", "2026-01-31"),
        ],
    ),
    Case(
        "getInvoice",
        lambda r: r.invoices.get(7),
        "/api/invoices/7",
        INVOICE,
        models.Invoice,
        {"id": 7},
    ),
    Case(
        "cancelInvoice",
        lambda r: r.invoices.cancel(7),
        "/api/invoices/7/cancel",
        {"id": 7, "status": "cancelled"},
        models.Invoice,
        {"status": models.InvoiceStatus.CANCELLED, "amount": None},
    ),
    Case(
        "createRefund",
        lambda r: r.refunds.create(7, amount="100.00", reason="late"),
        "/api/invoices/7/refund",
        REFUND,
        models.Refund,
        {"amount": Decimal("100.00"), "status": models.RefundStatus.COMPLETED},
        body={"amount": 100, "reason": "late"},
    ),
    Case(
        "listInvoiceRefunds",
        lambda r: r.refunds.list_for_invoice(7),
        "/api/invoices/7/refunds",
        {"data": [{"id": 3, "status": "completed", "amount": "100.00"}]},
        models.RefundList,
        {"data.0.amount": Decimal("100.00"), "data.0.invoice_id": None},
    ),
    Case(
        "listRefunds",
        lambda r: r.refunds.list(page=2, per_page=50),
        "/api/refunds",
        {"data": [REFUND], "meta": META},
        models.RefundPage,
        {"data.0.id": 3, "page_total": 51},
        query=[("page", "2"), ("per_page", "50")],
    ),
    Case(
        "getRefund", lambda r: r.refunds.get(3), "/api/refunds/3", REFUND, models.Refund, {"id": 3}
    ),
    Case(
        "createRecurringInvoice",
        lambda r: r.recurring_invoices.create(
            amount=990,
            phone_number="87001234567",
            interval="monthly",
            description="Club",
            start_date=date(2026, 1, 31),
            end_date=date(2026, 12, 31),
            webhook_id=None,
        ),
        "/api/recurring-invoices",
        RECURRING,
        models.RecurringInvoice,
        {"interval": models.BillingInterval.MONTHLY, "start_date": date(2026, 1, 31)},
        body={
            "amount": 990,
            "phone_number": "87001234567",
            "interval": "monthly",
            "description": "Club",
            "start_date": "2026-01-31",
            "end_date": "2026-12-31",
            "webhook_id": None,
        },
    ),
    Case(
        "listRecurringInvoices",
        lambda r: r.recurring_invoices.list(page=2, per_page=50, status="paused"),
        "/api/recurring-invoices",
        {"data": [RECURRING], "meta": META},
        models.RecurringInvoicePage,
        {"data.0.next_billing_date": date(2026, 2, 28)},
        query=[("page", "2"), ("per_page", "50"), ("status", "paused")],
    ),
    Case(
        "getRecurringInvoice",
        lambda r: r.recurring_invoices.get(5),
        "/api/recurring-invoices/5",
        RECURRING,
        models.RecurringInvoice,
        {"amount": Decimal("990.00")},
    ),
    Case(
        "updateRecurringInvoice",
        lambda r: r.recurring_invoices.update(5, amount=1000, interval="weekly"),
        "/api/recurring-invoices/5",
        RECURRING,
        models.RecurringInvoice,
        {"id": 5},
        body={"amount": 1000, "interval": "weekly"},
    ),
    *(
        Case(
            f"{verb}RecurringInvoice",
            call,
            f"/api/recurring-invoices/5/{path}",
            {"id": 5, "status": status},
            models.RecurringInvoice,
            {"status": models.RecurringInvoiceStatus(status), "amount": None},
        )
        for verb, path, status, call in (
            ("pause", "pause", "paused", lambda r: r.recurring_invoices.pause(5)),
            ("resume", "resume", "active", lambda r: r.recurring_invoices.resume(5)),
            ("cancel", "cancel", "cancelled", lambda r: r.recurring_invoices.cancel(5)),
            ("skipPeriod", "skip-period", "active", lambda r: r.recurring_invoices.skip_period(5)),
        )
    ),
    Case(
        "billNowRecurringInvoice",
        lambda r: r.recurring_invoices.bill_now(5),
        "/api/recurring-invoices/5/bill-now",
        INVOICE,
        models.Invoice,
        {"id": 7, "payment_url": "https://pay.example/7"},
    ),
]


def test_every_operation_of_the_spec_has_a_case() -> None:
    assert sorted(case.operation for case in CASES) == sorted(OPERATIONS)
    assert len(CASES) == 19


@pytest.fixture
def client(httpserver: HTTPServer) -> Iterator[AuthenticatedClient]:
    made = AuthenticatedClient(base_url=httpserver.url_for("/api"), token=KEY)
    with made:
        yield made


def attribute(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = value[int(name)] if name.isdigit() else getattr(value, name)
    return value


@pytest.mark.parametrize("flavour", ["sync", "async"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.operation)
def test_on_the_wire(
    case: Case, flavour: str, httpserver: HTTPServer, client: AuthenticatedClient
) -> None:
    seen: list[Request] = []

    def handle(request: Request) -> Response:
        request.get_data()
        seen.append(request)
        return Response(json.dumps(case.answer), content_type="application/json")

    httpserver.expect_request(case.path).respond_with_handler(handle)
    if flavour == "sync":
        result = case.call(Resources(client))
    else:

        async def call() -> Any:
            async with client:
                return await case.call(AsyncResources(client))

        result = asyncio.run(call())

    (request,) = seen
    assert request.method == OPERATIONS[case.operation].method
    assert request.path == case.path
    assert list(request.args.items(multi=True)) == case.query
    body = request.get_data()
    assert (json.loads(body) if body else None) == case.body
    headers = {name.lower(): value for name, value in request.headers.items()}
    expected = {
        "host": f"localhost:{httpserver.port}",
        "accept": "*/*",
        "accept-encoding": headers["accept-encoding"],  # depends on what httpx finds installed
        "connection": "keep-alive",
        "user-agent": f"python-httpx/{version('httpx')}",
        "x-api-key": KEY,
    }
    if case.body is not None:
        expected |= {"content-type": "application/json", "content-length": str(len(body))}
    elif request.method in ("POST", "PUT"):
        expected["content-length"] = "0"
    assert headers == expected

    assert type(result) is case.result
    for path, value in case.check.items():
        assert attribute(result, path) == value, path


def test_a_refund_without_arguments_has_no_body(
    httpserver: HTTPServer, client: AuthenticatedClient
) -> None:
    httpserver.expect_request("/api/invoices/7/refund").respond_with_json(REFUND)
    Resources(client).refunds.create(7)
    request = httpserver.log[0][0]
    assert request.get_data() == b""
    assert "content-type" not in request.headers


def test_a_refund_of_none_is_refused_before_it_gives_everything_back(
    httpserver: HTTPServer, client: AuthenticatedClient
) -> None:
    with pytest.raises(InvalidArgument, match="leave the argument out"):
        Resources(client).refunds.create(7, amount=None)  # type: ignore[arg-type]
    assert httpserver.log == []
