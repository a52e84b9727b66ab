"""Twenty single changes of openapi.yaml: `generator changes` classes each, and the contract tests
catch those where client or sandbox no longer agree with the changed file."""

import copy
import json
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from apipay import ApiPay, ApiPayError
from apipay.contract.checker import Checker
from apipay.contract.document import load
from apipay_sandbox import Sandbox
from generator.__main__ import main

SPEC = Path(__file__).parents[2] / "openapi.yaml"
Document = dict[str, Any]
Exchange = tuple[httpx.Request, httpx.Response]


class Recorder(httpx.HTTPTransport):
    """Keeps every exchange."""

    def __init__(self) -> None:
        super().__init__()
        self.exchanges: list[Exchange] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        response.read()
        self.exchanges.append((request, response))
        return httpx.Response(
            response.status_code,
            headers=[it for it in response.headers.items() if it[0] != "content-encoding"],
            content=response.content,
            extensions=response.extensions,
        )


@pytest.fixture(scope="module")
def exchanges(everything: Callable[[ApiPay, Sandbox], None]) -> list[Exchange]:
    recorder = Recorder()
    with (
        Sandbox(rate_limit=None, organization=None) as sandbox,
        ApiPay(
            sandbox.api_key, base_url=sandbox.base_url, transport=recorder, rate_limit=None
        ) as client,
    ):
        everything(client, sandbox)
        with suppress(ApiPayError):
            client.refunds.get(77)
    return recorder.exchanges


@cache
def unchanged() -> Document:
    return load(SPEC)


def problems(document: Document, exchanges: list[Exchange]) -> set[tuple[str, str]]:
    checker = Checker(document)
    return {
        (it.operation, it.kind)
        for request, response in exchanges
        for it in (
            *checker.check_request(request),
            *checker.check_response(
                request, response.status_code, response.headers, response.content
            ),
        )
    }


def at(document: Document, path: str) -> Any:
    found: Any = document
    for key in path.split():
        found = found[key]
    return found


def put(path: str, value: Any) -> Callable[[Document], Any]:
    holder, _, key = path.rpartition(" ")
    return lambda document: at(document, holder).__setitem__(key, value)


def drop(path: str) -> Callable[[Document], Any]:
    holder, _, key = path.rpartition(" ")
    return lambda document: at(document, holder).pop(key)


def listed(path: str, *values: str) -> Callable[[Document], Any]:
    return lambda document: at(document, path).extend(values)


def unlisted(path: str, value: str) -> Callable[[Document], Any]:
    return lambda document: at(document, path).remove(value)


def moved(path: str, old: str, new: str) -> Callable[[Document], Any]:
    def edit(document: Document) -> None:
        holder = at(document, path)
        holder[new] = holder.pop(old)

    return edit


def both(*edits: Callable[[Document], Any]) -> Callable[[Document], Any]:
    return lambda document: [edit(document) for edit in edits]


S = "components schemas"
TEXT = {"type": "string", "description": "New."}
CREATE = f"{S} CreateInvoiceRequest"
GET_REFUND = "paths /refunds/{id} get"
PING = {
    "operationId": "ping",
    "tags": ["Invoices"],
    "responses": {"200": {"description": "Alive."}},
}

# change: the edit, the id and severity of the row, and what the contract test finds.
CHANGES: dict[str, tuple[Callable[[Document], Any], str, str, tuple[str, str] | None]] = {
    "a value of a status is gone": (
        unlisted(f"{S} InvoiceStatus enum", "paid"),
        "request-enum-value-removed",
        "breaking",
        ("getInvoice", "unknown-enum-value"),
    ),
    "a new value of a status": (
        listed(f"{S} InvoiceStatus enum", "refunded"),
        "response-enum-value-added",
        "additive",
        None,
    ),
    "money becomes a number": (
        put(f"{S} Refund properties amount", {"type": "number"}),
        "response-type-changed",
        "breaking",
        ("getRefund", "wrong-type"),
    ),
    "a response field is gone": (
        drop(f"{S} Refund properties reason"),
        "response-property-removed",
        "breaking",
        ("getRefund", "undocumented-field"),
    ),
    "a new response field that is required": (
        both(
            put(f"{S} Refund properties currency", TEXT), listed(f"{S} Refund required", "currency")
        ),
        "response-required-property-added",
        "additive",
        ("getRefund", "missing-field"),
    ),
    "a new response field": (
        put(f"{S} Refund properties currency", TEXT),
        "response-property-added",
        "additive",
        None,
    ),
    "a field of a response becomes required": (
        listed(f"{S} Refund required", "invoice_id"),
        "response-property-became-required",
        "additive",
        ("listInvoiceRefunds", "missing-field"),
    ),
    "a new request field that is required": (
        both(put(f"{CREATE} properties currency", TEXT), listed(f"{CREATE} required", "currency")),
        "request-required-property-added",
        "breaking",
        ("createInvoice", "missing-field"),
    ),
    "a request field is gone": (
        drop(f"{CREATE} properties external_order_id"),
        "request-property-removed",
        "breaking",
        ("createInvoice", "undocumented-field"),
    ),
    "a shorter text": (
        put(f"{CREATE} properties description maxLength", 2),
        "request-limit-tightened",
        "breaking",
        ("createInvoice", "invalid-value"),
    ),
    "another phone number": (
        put(f"{S} PhoneNumber pattern", "^7[0-9]{10}$"),
        "request-limit-tightened",
        "breaking",
        ("createInvoice", "invalid-value"),
    ),
    "an operation is gone": (
        drop("paths /refunds/{id}"),
        "operation-removed",
        "breaking",
        ("GET of an unknown path", "undocumented-operation"),
    ),
    "an operation moves": (
        moved("paths", "/refunds/{id}", "/repayments/{id}"),
        "operation-moved",
        "breaking",
        ("GET of an unknown path", "undocumented-operation"),
    ),
    "another status of success": (
        moved(f"{GET_REFUND} responses", "200", "201"),
        "response-success-status-changed",
        "breaking",
        ("getRefund", "undocumented-status"),
    ),
    "a status of errors is gone": (
        drop(f"{GET_REFUND} responses 404"),
        "response-error-status-removed",
        "additive",
        ("getRefund", "undocumented-status"),
    ),
    "another header for the key": (
        put("components securitySchemes ApiKey name", "X-Key"),
        "authentication-changed",
        "breaking",
        ("getRefund", "missing-field"),
    ),
    "a new operation": (
        put("paths /ping", {"get": PING}),
        "operation-added",
        "additive",
        None,
    ),
    "larger pages": (
        put("components parameters PerPage schema minimum", 6),
        "request-limit-tightened",
        "breaking",
        ("listInvoices", "invalid-value"),
    ),
    "a value of a request is gone": (
        unlisted(f"{S} BillingInterval enum", "monthly"),
        "request-enum-value-removed",
        "breaking",
        ("createRecurringInvoice", "unknown-enum-value"),
    ),
    "another version": (
        put("info version", "1.0.1"),
        "api-version-changed",
        "cosmetic",
        None,
    ),
}


def test_the_unchanged_specification_agrees(exchanges: list[Exchange]) -> None:
    assert len(CHANGES) == 20
    assert problems(unchanged(), exchanges) == set()


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_classed_and_caught(
    change: str, exchanges: list[Exchange], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit, rule, severity, caught = CHANGES[change]
    document = copy.deepcopy(unchanged())
    edit(document)
    new = tmp_path / "openapi.yaml"
    new.write_text(json.dumps(document, default=float))

    assert main(["changes", str(SPEC), str(new), "--json"]) == 0

    rows = json.loads(capsys.readouterr().out)
    assert [(row["id"], row["severity"]) for row in rows] == [(rule, severity)]
    found = problems(document, exchanges)
    if caught is None:
        assert found == set()
    else:
        assert caught in found
