"""schemathesis, with the specification and all of its checks, against the sandbox."""

import os
import re
import shutil
import subprocess
import sysconfig
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from apipay_sandbox import Sandbox

START = datetime(2026, 11, 24, tzinfo=UTC)

HERE = Path(__file__).parent
SPEC = HERE.parents[1] / "openapi.yaml"
COMMAND = shutil.which("schemathesis", path=sysconfig.get_path("scripts"))
LEAST_CASES = 2000
# A valid request can be refused because of the state, where the specification declares it.
CONFIG = """
[checks.positive_data_acceptance]
expected-statuses = [200, 400, 404, 410]
"""


def run(sandbox: Sandbox, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    assert COMMAND is not None
    (folder / "schemathesis.toml").write_text(CONFIG)
    return subprocess.run(
        [
            *(COMMAND, "run", str(SPEC), "--url", sandbox.base_url, "--checks", "all"),
            *("--header", f"X-API-Key: {sandbox.api_key}", "--continue-on-failure"),
            *("--seed", "1", "--warnings", "off", "--no-color", *arguments),
        ],
        cwd=folder,
        env={**os.environ, "SCHEMATHESIS_HOOKS": str(HERE / "schemathesis_hooks.py")},
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )


def furnish(api: Any) -> None:
    """Make what the hooks point requests at: invoices and recurring ones in every state."""
    api.sandbox.add_webhook("http://127.0.0.1:9/")
    for number in range(40):
        created = api.invoice(100 + number)["id"]
        if number % 4:
            api.sandbox.pay(created)
        if number % 5 == 1:
            api.post(f"/invoices/{created}/refund", {"amount": 1})
    for number in range(20):
        interval = ("daily", "weekly", "monthly", "yearly")[number % 4]
        body = {"amount": 1, "phone_number": "87001234567", "interval": interval}
        created = api.post("/recurring-invoices", {**body, "start_date": "2030-01-31"}).json()["id"]
        if number % 3 == 1:
            api.post(f"/recurring-invoices/{created}/pause")


@pytest.mark.skipif(COMMAND is None, reason="schemathesis is not installed")
def test_thousands_of_generated_cases_find_no_failure(tmp_path: Path, api_of: Any) -> None:
    with Sandbox(rate_limit=None, clock="manual", start_at=START) as sandbox:
        furnish(api_of(sandbox))
        done = run(sandbox, tmp_path, "--max-examples", "80")
        calls = sum(sandbox.calls.values())

    assert done.returncode == 0, done.stdout[-6000:]
    said = re.search(r"(\d+) generated", done.stdout)
    assert said is not None, done.stdout
    assert int(said.group(1)) >= LEAST_CASES
    # The cases did reach the operations, and not only their 404s.
    assert calls >= LEAST_CASES / 2
    assert len(sandbox.invoices()) > 60
    assert len(sandbox.recurring_invoices()) > 30
    assert len(sandbox.refunds()) > 8


@pytest.mark.skipif(COMMAND is None, reason="schemathesis is not installed")
def test_a_sandbox_that_breaks_its_specification_is_found_out(tmp_path: Path, api_of: Any) -> None:
    from apipay_sandbox import Fault

    with Sandbox(rate_limit=None) as sandbox:
        furnish(api_of(sandbox))
        sandbox.inject(Fault("null_field", field="id", every=3, operation="getInvoice"))
        done = run(
            sandbox, tmp_path, "--max-examples", "10", "--include-operation-id", "getInvoice"
        )

    assert done.returncode == 1
    assert "schema" in done.stdout
