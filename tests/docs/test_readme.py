"""The README against a sandbox: its Python blocks run, its commands, extras and files exist."""

import ast
import importlib
import inspect
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import httpx
import pytest

import apipay
import apipay_client
from apipay import ApiPay, webhooks
from apipay_client.operations import OPERATIONS
from apipay_sandbox import Fault, Sandbox

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
SOURCES = os.pathsep.join(
    str(Path(package.__path__[0]).parent) for package in (apipay, apipay_client)
)
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
PYTHON = [code for language, code in BLOCKS if language == "python"]
TESTS = [code for code in PYTHON if "def test_" in code]
PROGRAMS = [code for code in PYTHON if code not in TESTS]
DELIVERY = (
    b'{"event":"invoice.status_changed","invoice":{"id":1001,"status":"paid","amount":"10.00",'
    b'"external_order_id":"order-1"},"source":"kaspi","timestamp":"2026-11-22T10:00:00Z"}'
)


@pytest.fixture
def apipay_sandbox_options() -> dict[str, Any]:
    return {"auto_pay": 0.0}


@pytest.fixture
def names(
    apipay_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[dict[str, Any]]:
    """What the reader of a block has by then: a client, invoice 1001, a delivery, its secret."""
    monkeypatch.chdir(tmp_path)
    secret = apipay_sandbox.webhook_secret
    headers = {"X-Webhook-Signature": webhooks.sign(DELIVERY, secret)}
    with ApiPay() as client:
        first = client.invoices.create(amount=1, phone_number="87001234567")
        assert first.id == 1001
        around: dict[str, Any] = {
            "client": client,
            "request": SimpleNamespace(body=DELIVERY, headers=headers),
            "secret": secret,
            "store": webhooks.SQLiteStore("before.db"),
        }
        before = around["store"]
        yield around
        before.close()
        around["store"].close()  # a shop keeps it open for as long as it runs


def only(mark: str) -> str:
    """The one block that has this in it."""
    (found,) = (code for code in PROGRAMS if mark in code)
    return found


def run(code: str, names: dict[str, Any], backend: str = "asyncio") -> None:
    """Run a block as it is printed, with the sandbox's key and address where it says "..."."""
    key, address = os.environ["APIPAY_API_KEY"], os.environ["APIPAY_BASE_URL"]
    code = code.replace('api_key="..."', f"api_key={key!r}")
    code = code.replace('token="..."', f"token={key!r}, base_url={address!r}")
    program = compile(code, "README.md", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    result = eval(program, names)
    if inspect.iscoroutine(result):

        async def finish() -> None:
            await result

        anyio.run(finish, backend=backend)


@pytest.mark.parametrize("code", PROGRAMS)
def test_every_block_runs(code: str, names: dict[str, Any]) -> None:
    run(code, names)


def test_the_first_payment_ends_with_a_refund(
    names: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    run(only("with ApiPay("), names)
    with ApiPay() as client:
        paid = client.invoices.get(1002)
        refunds = client.refunds.list_for_invoice(paid.id).data
    assert paid.status == "paid"
    assert paid.external_order_id == "order-1042"
    assert [refund.amount for refund in refunds] == [Decimal(2500)]
    assert f"1002 10000.00 {paid.paid_at}" in capsys.readouterr().out


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_the_async_block_runs_on_both(backend: str, names: dict[str, Any]) -> None:
    run(only("async with AsyncApiPay"), names, backend)
    assert names["invoice"].id in (1001, 1002)


def failures(
    names: dict[str, Any], capsys: pytest.CaptureFixture[str], old: str = "", new: str = ""
) -> str:
    """What the block about errors prints."""
    run(only("except ValidationError").replace(old, new), names)
    return capsys.readouterr().out


def test_the_block_about_errors_meets_each(
    apipay_sandbox: Sandbox, names: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert failures(names, capsys) == ""
    assert failures(names, capsys, '"10.00"', '"0.00"').startswith("{'amount': ['")
    names["client"] = names["client"].with_options(max_retries=0, deadline=2)
    apipay_sandbox.inject(Fault("reset_after_commit", operation="createInvoice", nth=1))
    apipay_sandbox.inject(Fault("status", operation="listInvoices", status=503))
    shown = failures(names, capsys, "order-7", "order-70")
    assert shown.startswith("Lookup(createInvoice by listInvoices(search=")
    apipay_sandbox.clear_faults()
    apipay_sandbox.inject(Fault("rate_limited", operation="createInvoice"))
    assert failures(names, capsys).rstrip().endswith("True")


@pytest.mark.parametrize(("fault", "said"), [("status", "no trace of it so far None"), (None, "")])
def test_the_recipe_for_an_unknown_outcome(
    apipay_sandbox: Sandbox,
    names: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
    fault: str | None,
    said: str,
) -> None:
    names["client"] = names["client"].with_options(max_retries=0, deadline=2)
    if fault is not None:
        apipay_sandbox.inject(Fault("status", operation="createInvoice", status=500, nth=1))
    run(only("Lookup.from_dict"), names)
    assert capsys.readouterr().out.strip() == said


def test_the_recipe_confirms_an_invoice_that_was_created(
    apipay_sandbox: Sandbox, names: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = only("Lookup.from_dict").split("if order[", 1)
    names["client"] = names["client"].with_options(max_retries=0, deadline=2)
    apipay_sandbox.inject(Fault("reset_after_commit", operation="createInvoice", nth=1))
    apipay_sandbox.inject(Fault("status", operation="listInvoices", status=503))
    run(first, names)
    apipay_sandbox.clear_faults()
    run("if order[" + second, names)
    assert capsys.readouterr().out.startswith("confirmed Invoice(id=1002")


def test_the_receiver_takes_what_is_signed_and_only_that(
    names: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    run(only("app.add_route"), names)
    statuses: list[int] = []

    async def deliver() -> None:
        transport = httpx.ASGITransport(names["app"])
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as sender:
            for headers in (names["request"].headers, names["request"].headers, {}):
                answer = await sender.post("/webhooks/apipay", content=DELIVERY, headers=headers)
                statuses.append(answer.status_code)

    anyio.run(deliver)
    assert [status // 100 for status in statuses] == [2, 2, 4]
    assert capsys.readouterr().out == "1001 order-1 paid\n"


@pytest.mark.parametrize("code", TESTS)
def test_the_printed_tests_pass(code: str, tmp_path: Path) -> None:
    (tmp_path / "test_shop.py").write_text(code)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": SOURCES},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def test_the_table_of_retries_names_every_class() -> None:
    table = README[README.index("| class | operations") :].partition("\n\n")[0]
    rows = re.findall(r"^\| (\w+) \| ([^|]+) \|", table, re.MULTILINE)
    assert {name for name, _ in rows[1:]} == {item.retry for item in OPERATIONS.values()}
    assert f"All {len(OPERATIONS)} operations" in README


def test_commands_extras_and_files_exist() -> None:
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"make (demo|test)\b", README)) <= set(targets)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = {*re.findall(r"apipay\[(\w+)\]", README), "redis", "otel"}
    assert extras <= project["optional-dependencies"].keys()
    for name in re.findall(r"\]\((?!https?:)([^)]+)\)", README):
        assert (ROOT / name).exists(), name
    for name in re.findall(r"`(apipay(?:\.\w+)+)`", README):
        importlib.import_module(name)
