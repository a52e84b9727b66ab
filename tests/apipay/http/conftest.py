"""A small stateful service behind httpx.MockTransport, with faults, and both kinds of client."""

import email.utils
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import anyio
import httpx
import pytest

from apipay import ApiPay, AsyncApiPay, RetryPolicy
from apipay.testing import VirtualClock

KEY = "test-key-0f9e8d7c"


@dataclass
class Fault:
    """What goes wrong with the next request of an operation."""

    operation: str
    kind: str
    processed: bool = False
    """Whether the service does its work before it goes wrong."""
    late: float | None = None
    """Seconds after which the service does its work all the same."""
    status: int = 500
    body: bytes = b'{"message": "Server error"}'
    headers: dict[str, str] = field(default_factory=dict)


class FakeService:
    """Invoices, refunds and recurring invoices in memory. `seen` lists operation ids in order."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.invoices: dict[int, dict[str, Any]] = {}
        self.refunds: dict[int, dict[str, Any]] = {}
        self.recurring: dict[int, dict[str, Any]] = {}
        self.faults: list[Fault] = []
        self.seen: list[str] = []
        self.options: list[dict[str, Any]] = []
        self.pending: list[tuple[float, Callable[[], Any]]] = []
        self.short_items = False
        self.dated = True
        self.skew = 0.0
        self.created_skew: float | None = 0.0
        """How far the clock of `created_at` is ahead of that of `Date`. None: no `created_at`."""
        self.store: Callable[[dict[str, Any]], None] = lambda item: None
        """Changes what is stored of a new invoice or refund."""
        self.lag = 0.0
        self.ago = 0.0
        """Seconds until lists show what was created."""
        self.made_at: dict[int, float] = {}
        self.latency = 0.05

    def fail(self, operation: str, kind: str, **settings: Any) -> None:
        self.faults.append(Fault(operation, kind, **settings))

    def now(self) -> str | None:
        if self.created_skew is None:
            return None
        unix = int(self.clock.time() - self.ago + self.skew + self.created_skew)
        return datetime.fromtimestamp(unix, UTC).isoformat().replace("+00:00", "Z")

    def is_listed(self, item: dict[str, Any]) -> bool:
        return self.made_at[item["id"]] + self.lag <= self.clock.monotonic()

    def handle(self, request: httpx.Request) -> httpx.Response:
        operation = request.extensions["operation"].id
        self.seen.append(operation)
        self.options.append(dict(request.extensions["options"]))
        self.run_pending()
        fault = next((item for item in self.faults if item.operation == operation), None)
        if fault is None:
            self.clock.advance(self.latency)
            return self.answer(request, operation)
        self.faults.remove(fault)
        if fault.processed:
            self.answer(request, operation)
        elif fault.late is not None:
            moment = self.clock.monotonic() + fault.late
            self.pending.append((moment, lambda: self.answer(request, operation)))
        match fault.kind:
            case "refused":
                raise httpx.ConnectError("refused", request=request)
            case "cut":
                raise httpx.ReadError("reset", request=request)
            case "timeout":
                self.clock.advance(request.extensions["timeout"]["read"])
                raise httpx.ReadTimeout("slow", request=request)
            case "broken":
                raise KeyError("a defect in a transport")
            case "status":
                return self.response(fault.status, fault.body, fault.headers)
        raise AssertionError(fault.kind)

    def run_pending(self) -> None:
        due = [item for item in self.pending if item[0] <= self.clock.monotonic()]
        for item in due:
            self.pending.remove(item)
            self.ago = self.clock.monotonic() - item[0]
            item[1]()
            self.ago = 0.0

    def response(
        self, status: int, body: bytes, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        date = {"Date": email.utils.formatdate(int(self.clock.time() + self.skew), usegmt=True)}
        return httpx.Response(
            status,
            content=body,
            headers={"Content-Type": "application/json", **(date if self.dated else {})}
            | (headers or {}),
        )

    def answer(self, request: httpx.Request, operation: str) -> httpx.Response:
        numbers = re.findall(r"/(\d+)", request.url.path)
        number = int(numbers[0]) if numbers else 0
        body = json.loads(request.content or b"{}", parse_float=Decimal)
        status, result = getattr(self, f"do_{operation}")(number, body, request.url.params)
        return self.response(status, json.dumps(result, default=str).encode())

    def do_createInvoice(self, _: int, body: dict[str, Any], __: Any) -> tuple[int, Any]:  # noqa: N802
        number = 100 + len(self.invoices)
        self.invoices[number] = {
            "id": number,
            "status": "pending",
            "amount": f"{Decimal(body['amount']):.2f}",
            "payment_url": f"https://pay.example/{number}",
            "external_order_id": body.get("external_order_id"),
            "client_phone": body["phone_number"],
            "created_at": self.now(),
        }
        self.store(self.invoices[number])
        self.made_at[number] = self.clock.monotonic()
        return 200, self.invoices[number]

    def do_getInvoice(self, number: int, _: Any, __: Any) -> tuple[int, Any]:  # noqa: N802
        found = self.invoices.get(number)
        return (404, {"message": "Resource not found"}) if found is None else (200, found)

    def do_listInvoices(self, _: int, __: Any, params: httpx.QueryParams) -> tuple[int, Any]:  # noqa: N802
        search = params.get("search", "")
        found = [
            item
            for item in reversed(self.invoices.values())
            if search in (item["external_order_id"] or "") and self.is_listed(item)
        ]
        page, size = int(params.get("page", 1)), int(params.get("per_page", 10))
        rows = found[(page - 1) * size : page * size]
        if self.short_items:
            rows = [{"id": item["id"], "status": item["status"]} for item in rows]
        meta = {"current_page": page, "per_page": size, "total": len(found)}
        return 200, {"data": rows, "meta": meta}

    def do_cancelInvoice(self, number: int, _: Any, __: Any) -> tuple[int, Any]:  # noqa: N802
        if self.invoices[number]["status"] != "pending":
            return 400, {"message": "Invoice is not pending"}
        self.invoices[number]["status"] = "cancelled"
        return 200, {"id": number, "status": "cancelled"}

    def do_createRefund(self, number: int, body: dict[str, Any], __: Any) -> tuple[int, Any]:  # noqa: N802
        left = Decimal(self.invoices[number]["amount"]) - self.refunded(number)
        amount = Decimal(body.get("amount", left))
        if not 0 < amount <= left:
            return 400, {"message": "Refund exceeds the amount"}
        refund = 500 + len(self.refunds)
        self.refunds[refund] = {
            "id": refund,
            "status": "completed",
            "invoice_id": number,
            "amount": f"{amount:.2f}",
            "reason": body.get("reason"),
            "created_at": self.now(),
        }
        self.store(self.refunds[refund])
        self.made_at[refund] = self.clock.monotonic()
        return 200, self.refunds[refund]

    def refunded(self, number: int) -> Decimal:
        mine = (item for item in self.refunds.values() if item["invoice_id"] == number)
        return sum((Decimal(item["amount"]) for item in mine), Decimal(0))

    def do_listInvoiceRefunds(self, number: int, _: Any, __: Any) -> tuple[int, Any]:  # noqa: N802
        hidden = {"invoice_id"} | ({"created_at", "reason"} if self.short_items else set())
        rows = [
            {name: value for name, value in item.items() if name not in hidden}
            for item in self.refunds.values()
            if item["invoice_id"] == number and self.is_listed(item)
        ]
        return 200, {"data": rows}

    def do_getRefund(self, number: int, _: Any, __: Any) -> tuple[int, Any]:  # noqa: N802
        return 200, self.refunds[number]

    def do_getRecurringInvoice(self, number: int, _: Any, __: Any) -> tuple[int, Any]:  # noqa: N802
        return 200, self.recurring[number]

    def change(self, number: int, wanted: tuple[str, ...], status: str) -> tuple[int, Any]:
        if self.recurring[number]["status"] not in wanted:
            return 400, {"message": "Not possible in this state"}
        self.recurring[number]["status"] = status
        return 200, self.recurring[number]

    def do_pauseRecurringInvoice(self, number: int, _: Any, __: Any) -> tuple[int, Any]:  # noqa: N802
        return self.change(number, ("active",), "paused")

    def do_resumeRecurringInvoice(self, number: int, _: Any, __: Any) -> tuple[int, Any]:  # noqa: N802
        return self.change(number, ("paused",), "active")

    def do_cancelRecurringInvoice(self, number: int, _: Any, __: Any) -> tuple[int, Any]:  # noqa: N802
        return self.change(number, ("active", "paused"), "cancelled")

    def do_billNowRecurringInvoice(self, number: int, _: Any, __: Any) -> tuple[int, Any]:  # noqa: N802
        return self.do_createInvoice(0, {"amount": 5, "phone_number": "87001234567"}, None)

    def paid_invoice(self, amount: str = "100.00") -> int:
        number: int = self.do_createInvoice(
            0, {"amount": amount, "phone_number": "87001234567"}, None
        )[1]["id"]
        self.invoices[number]["status"] = "paid"
        self.clock.advance(3600)
        return number


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def service(clock: VirtualClock) -> FakeService:
    return FakeService(clock)


class Api:
    """One client of either kind: `api(lambda client: client.invoices.get(1))`."""

    def __init__(self, backend: str, client: Any) -> None:
        self.backend = backend
        self.client = client

    def __call__(self, action: Callable[[Any], Any]) -> Any:
        if self.backend == "sync":
            return action(self.client)

        async def act() -> Any:
            return await action(self.client)

        return anyio.run(act, backend=self.backend)


@pytest.fixture(params=["sync", "asyncio", "trio"])
def make_api(
    request: pytest.FixtureRequest, clock: VirtualClock, service: FakeService
) -> Callable[..., Api]:
    def make(handle: Callable[..., Any] = service.handle, **settings: Any) -> Api:
        kind = ApiPay if request.param == "sync" else AsyncApiPay
        settings.setdefault("rate_limit", None)
        settings.setdefault("retry", RetryPolicy(max_retries=3))
        transport = httpx.MockTransport(handle)
        return Api(request.param, kind(KEY, transport=transport, clock=clock, **settings))

    return make


@pytest.fixture
def api(make_api: Callable[..., Api]) -> Api:
    return make_api()
