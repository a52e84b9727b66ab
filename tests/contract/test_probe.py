"""`python -m apipay.contract` against the sandbox: each kind of drift is found, no other."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from apipay.contract import probe as probing
from apipay.contract.__main__ import main
from apipay.contract.coverage import Problem
from apipay.testing import VirtualClock
from apipay_sandbox import Fault, Sandbox

PHONE = "87001234567"
NAME = "Aliya N."


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A sandbox with one invoice of each kind; time on both sides is virtual."""
    clock = VirtualClock()
    monkeypatch.setattr(probing.probe, "__kwdefaults__", {**DEFAULTS, "clock": clock})
    with Sandbox(clock=clock) as running:
        monkeypatch.setenv("APIPAY_API_KEY", running.api_key)
        with httpx.Client(
            base_url=running.base_url, headers={"X-API-Key": running.api_key}
        ) as http:
            body = {"amount": 10, "phone_number": PHONE, "description": "Club"}
            for _ in range(2):
                number = http.post("/invoices", json=body).json()["id"]
            running.pay(number, NAME)
            http.post(f"/invoices/{number}/refund", json={"amount": 1}).raise_for_status()
            http.post(
                "/recurring-invoices", json={**body, "interval": "monthly"}
            ).raise_for_status()
        yield running


DEFAULTS: dict[str, Any] = dict(probing.probe.__kwdefaults__ or {})


def run(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str], *options: str
) -> tuple[int, dict[str, Any]]:
    code = main(["--base-url", sandbox.base_url, "--json", *options])
    printed = capsys.readouterr()
    for secret in (sandbox.api_key, PHONE, NAME, "Aliya"):
        assert secret not in printed.out + printed.err
    return code, json.loads(printed.out)


def test_without_drift_nothing_is_found(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    before = len(sandbox.invoices()), len(sandbox.refunds())

    code, report = run(sandbox, capsys)

    assert (code, report["findings"]) == (0, [])
    assert len(report["called"]) == 8
    assert (len(sandbox.invoices()), len(sandbox.refunds())) == before
    # The pace of the key was kept.
    assert sandbox.calls["getInvoice"] == 3


def test_with_writes_every_operation_is_called(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    paid = sandbox.invoices()[-1].id
    options = ["--allow-writes", "--phone", PHONE, "--idn", "990140012345"]

    code, report = run(sandbox, capsys, *options, "--refund-invoice", str(paid))

    assert (code, report["findings"], report["not_called"]) == (0, [], [])
    assert [one.status for one in sandbox.invoices()].count("cancelled") == 2
    assert {one.status for one in sandbox.recurring_invoices()} == {"active", "cancelled"}


DRIFTS: dict[str, tuple[Fault, str, str, str]] = {
    "a field that is not documented": (
        Fault("unknown_field", operation="getInvoice"),
        *("undocumented-field", "getInvoice", "/sandbox_unknown_field"),
    ),
    "an undocumented field in a list": (
        Fault("unknown_field", operation="listInvoices", nth=1),
        *("undocumented-field", "listInvoices", "/data/*/sandbox_unknown_field"),
    ),
    "a promised field that is missing": (
        Fault("missing_field", operation="getRefund", field="amount"),
        *("missing-field", "getRefund", "/amount"),
    ),
    "a promised field of a page that is missing": (
        Fault("missing_field", operation="listRefunds", field="total"),
        *("missing-field", "listRefunds", "/meta/total"),
    ),
    "an unknown enum value": (
        Fault("unknown_enum", operation="getRecurringInvoice"),
        *("unknown-enum-value", "getRecurringInvoice", "/status"),
    ),
    "an unknown value of a field that can be null": (
        Fault("unknown_enum", operation="getRecurringInvoice", field="interval"),
        *("unknown-enum-value", "getRecurringInvoice", "/interval"),
    ),
    "null where a number is promised": (
        Fault("null_field", operation="getInvoice", field="id"),
        *("wrong-type", "getInvoice", "/id"),
    ),
    "money that is not a decimal": (
        Fault("unknown_enum", operation="getRefund", field="amount", value="1000"),
        *("invalid-value", "getRefund", "/amount"),
    ),
    "a text where a number is promised": (
        Fault("unknown_enum", operation="listInvoiceRefunds", field="id", value=PHONE),
        *("wrong-type", "listInvoiceRefunds", "/data/*/id"),
    ),
    "a status that is not documented": (
        Fault("status", operation="listRefunds", status=418, nth=1),
        *("undocumented-status", "listRefunds", ""),
    ),
    "a body that is not JSON": (
        Fault("malformed_json", operation="getRefund"),
        *("unreadable-body", "getRefund", ""),
    ),
}


@pytest.mark.parametrize("drift", DRIFTS)
def test_each_kind_of_drift_is_found(
    drift: str, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    fault, kind, operation, pointer = DRIFTS[drift]
    sandbox.inject(fault)

    code, report = run(sandbox, capsys)

    found = {(it["kind"], it["operation"], it["pointer"]) for it in report["findings"]}
    assert code == 1
    assert (kind, operation, pointer) in found
    assert {it["operation"] for it in report["findings"]} == {operation}
    assert {it[0] for it in found} == {kind}


def test_a_table_and_junit_xml(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    sandbox.inject(Fault("unknown_field", operation="getInvoice"))
    file = tmp_path / "report.xml"

    code = main(["--base-url", sandbox.base_url, "--junit", str(file)])

    table = capsys.readouterr().out
    suite = ElementTree.parse(file).getroot()
    assert code == 1
    assert "undocumented-field  getInvoice" in table
    assert (suite.get("tests"), suite.get("failures")) == ("8", "1")
    failed = [case.get("name") for case in suite if case.find("failure") is not None]
    assert failed == ["getInvoice"]
    for secret in (sandbox.api_key, PHONE, "Aliya"):
        assert secret not in table + file.read_text()


def test_a_refused_key_or_no_service_is_2(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["--base-url", "http://127.0.0.1:9/api"]) == 2
    assert "cannot be reached" in capsys.readouterr().err
    monkeypatch.setenv("APIPAY_API_KEY", "another-key")
    assert main(["--base-url", sandbox.base_url]) == 2
    assert "refused the API key" in capsys.readouterr().err


def test_a_name_in_a_pointer_that_is_data_is_not_shown() -> None:
    from apipay.contract.checker import _safe

    assert _safe(f"/data/0/{PHONE}/Айгуль") == "/data/0/?/?"
    assert _safe("/meta/total") == "/meta/total"


def test_findings_are_counted_once_per_place() -> None:
    report = probing.Report()
    places: Callable[[int], Problem] = lambda it: Problem(  # noqa: E731
        "wrong-type", "listInvoices", "response 200", f"/data/{it}/id", "expected integer"
    )
    report.problems.extend(places(it) for it in range(3))

    assert [(it.problem.pointer, it.count) for it in report.findings] == [("/data/*/id", 3)]
