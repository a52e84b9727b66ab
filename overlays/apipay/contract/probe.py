"""The calls that look for drift, through `ApiPay`, at the pace that the specification allows."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import httpx

from apipay import ApiPay
from apipay._clock import SYSTEM_CLOCK, Clock
from apipay._options import RetryPolicy
from apipay.contract.coverage import Coverage, Problem
from apipay.contract.document import Spec
from apipay.contract.transport import ValidatingTransport
from apipay.errors import APIConnectionError, ApiPayError, APIStatusError, AuthenticationError
from apipay_client.operations import OPERATIONS

_NO_SUCH_ID = 999_999_999_999


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A problem and the number of times that it was found. Indexes are `*` in the pointer."""

    problem: Problem
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Writes:
    """What `--allow-writes` needs to know; what is None is not called."""

    phone: str | None = None
    idn: str | None = None
    paid_invoice: int | None = None


@dataclass
class Report:
    """The findings, and the operations that were called and not called."""

    coverage: Coverage = field(default_factory=Coverage)
    problems: list[Problem] = field(default_factory=list[Problem])
    called: set[str] = field(default_factory=set[str])

    @property
    def not_called(self) -> list[str]:
        """The operations that were not called, in the order of the specification."""
        return [name for name in OPERATIONS if name not in self.called]

    @property
    def findings(self) -> list[Finding]:
        """Each problem once, with its count."""
        counts: dict[Problem, int] = {}
        for problem in self.problems:
            pointer = "/".join("*" if it.isdigit() else it for it in problem.pointer.split("/"))
            one = Problem(problem.kind, problem.operation, problem.where, pointer, problem.text)
            counts[one] = counts.get(one, 0) + 1
        return [Finding(problem=problem, count=count) for problem, count in counts.items()]


class Unusable(Exception):  # noqa: N818, not an error of the API
    """The service could not be checked; the message says why."""


def probe(
    *,
    base_url: str | None,
    spec: Spec | None = None,
    writes: Writes | None = None,
    organization: int | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Report:
    """Call the service and return the differences from the specification.

    Raises:
        Unusable: No connection, or a refused key.
        ApiPayError: An invalid key or URL.
    """
    report = Report()
    transport = ValidatingTransport(
        httpx.HTTPTransport(),
        spec=spec,
        coverage=report.coverage,
        check_requests=False,
        reject_unknown_fields=True,
        on_problems=report.problems.extend,
    )
    policy = RetryPolicy(max_retries=2, confirm_for=0)
    with ApiPay(base_url=base_url, transport=transport, retry=policy, clock=clock) as client:
        caller = _Caller(client, transport, report)
        _read(caller, organization)
        if writes is not None:
            _write(caller, writes)
    return report


class _Caller:
    def __init__(self, client: ApiPay, transport: ValidatingTransport, report: Report) -> None:
        self._http = client.raw.get_httpx_client()
        self._bodies = transport.bodies
        self._report = report

    def __call__(
        self,
        name: str,
        number: int | None = None,
        *,
        body: Any = None,
        query: Mapping[str, int | str] | None = None,
    ) -> Any:
        """Return the JSON of a response, or None after an error."""
        operation = OPERATIONS[name]
        self._report.called.add(name)
        settings: dict[str, Any] = {"params": query} if query else {}
        if body is not None:
            settings["json"] = body
        path = operation.path.replace("{id}", str(number))
        self._bodies.pop(name, None)
        try:
            self._http.request(
                operation.method, path, extensions={"operation": operation}, **settings
            )
        except AuthenticationError:
            raise Unusable("The service refused the API key (401). Check APIPAY_API_KEY.") from None
        except APIStatusError:
            return None
        except APIConnectionError as error:
            raise Unusable(f"The service cannot be reached ({type(error).__name__}).") from None
        except ApiPayError:
            pass  # the transport has reported the problem; what was created still gets cancelled
        try:
            return json.loads(self._bodies.get(name, b"null"))
        except ValueError:
            return None


def _read(call: _Caller, organization: int | None) -> None:
    for resource in ("Invoices", "Refunds", "RecurringInvoices"):
        one = resource.removesuffix("s")
        page = call(f"list{resource}", query={"per_page": 100})
        call(f"list{resource}", query={"page": 2, "per_page": 1})
        for number in _one_of_each_status(page):
            call(f"get{one}", number)
            if resource == "Invoices":
                call("listInvoiceRefunds", number)
        call(f"get{one}", _NO_SUCH_ID)
        call(f"list{resource}", query={"page": 0})
    for status in ("pending", "paid", "cancelled", "expired"):
        call("listInvoices", query={"status[]": status})
    call("listInvoiceRefunds", _NO_SUCH_ID)
    if organization is not None:
        call("getOrganizationStatus", organization)
    call("getOrganizationStatus", _NO_SUCH_ID)


def _write(call: _Caller, writes: Writes) -> None:
    if writes.phone is not None:
        body = {"amount": 1, "phone_number": writes.phone, "description": "apipay contract test"}
        if (number := _id(call("createInvoice", body=body))) is not None:
            call("getInvoice", number)
            call("cancelInvoice", number)
            call("cancelInvoice", number)
        far = {"start_date": "2090-01-01", "interval": "yearly"}
        if (number := _id(call("createRecurringInvoice", body={**body, **far}))) is not None:
            call("updateRecurringInvoice", number, body={"amount": 2})
            call("skipPeriodRecurringInvoice", number)
            if (billed := _id(call("billNowRecurringInvoice", number))) is not None:
                call("cancelInvoice", billed)
            for name in ("pause", "resume", "cancel", "cancel"):
                call(f"{name}RecurringInvoice", number)
    if writes.paid_invoice is not None:
        refund = {"amount": 0.01, "reason": "apipay contract test"}
        if (number := _id(call("createRefund", writes.paid_invoice, body=refund))) is not None:
            call("getRefund", number)
            call("listInvoiceRefunds", writes.paid_invoice)
    # Last: a new verification can suspend the organization until its owner confirms.
    if writes.idn is not None:
        begun = _fields(
            _fields(call("verifyOrganization", body={"idn": writes.idn})), "organization"
        )
        if (number := _id(begun)) is not None:
            call("getOrganizationStatus", number)


def _fields(value: object, name: str | None = None) -> Mapping[str, Any]:
    found = _fields(value).get(name) if name is not None else value
    return cast("Mapping[str, Any]", found) if isinstance(found, Mapping) else {}


def _id(value: object) -> int | None:
    found = _fields(value).get("id")
    return found if isinstance(found, int) else None


def _one_of_each_status(page: object) -> Iterator[int]:
    rows: object = _fields(page).get("data")
    seen: set[str] = set()
    for row in cast("list[object]", rows) if isinstance(rows, list) else []:
        status, number = str(_fields(row).get("status")), _id(row)
        if number is not None and status not in seen and len(seen) < 5:
            seen.add(status)
            yield number
