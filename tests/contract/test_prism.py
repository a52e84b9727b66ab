"""The client and the sandbox, judged by Prism: a reading of openapi.yaml that is not ours.

`make contract` installs Prism (npm) and requires it; elsewhere these tests are skipped without it.
"""

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from apipay import ApiPay, ApiPayError, RetryPolicy
from apipay_client.operations import OPERATIONS
from apipay_sandbox import Fault, Sandbox

ROOT = Path(__file__).parents[2]
SPEC = ROOT / "openapi.yaml"
FOLDER = Path(os.environ.get("APIPAY_PRISM", ROOT / ".venv/npm")).resolve()
PRISM = FOLDER / "node_modules/@stoplight/prism-cli/dist/index.js"
PHONE = "87001234567"

pytestmark = pytest.mark.skipif(
    not PRISM.exists() and "APIPAY_PRISM" not in os.environ, reason="Prism is not installed"
)


@contextmanager
def prism(command: str, *arguments: str) -> Iterator[str]:
    """Run Prism on a free port and return its URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        ["node", str(PRISM), command, str(SPEC), *arguments, "-h", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert process.poll() is None, process.stdout and process.stdout.read()
                assert time.monotonic() < deadline, "Prism did not start in 60 seconds."
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=20)


class Witness(httpx.HTTPTransport):
    """Keeps what Prism reports about each exchange in its header `sl-violations`."""

    def __init__(self) -> None:
        super().__init__()
        self.violations: list[dict[str, Any]] = []
        self.paths: set[str] = set()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        operation = request.extensions["operation"]
        self.paths.add(operation.id)
        for one in json.loads(response.headers.get("sl-violations", "[]")):
            self.violations.append({"operation": operation.id, **one})
        return response


def connect(url: str, witness: Witness, key: str) -> ApiPay:
    return ApiPay(
        key, base_url=url, transport=witness, rate_limit=None, retry=RetryPolicy(max_retries=0)
    )


def test_through_prism_as_a_proxy_client_and_sandbox_agree_and_a_fault_is_caught(
    everything: Callable[[ApiPay, Sandbox], None],
) -> None:
    witness, control = Witness(), Witness()
    with (
        Sandbox(rate_limit=None, organization=None) as sandbox,
        prism("proxy", sandbox.base_url) as url,
        connect(url, witness, sandbox.api_key) as client,
    ):
        everything(client, sandbox)
        refund = client.refunds.list().data[0].id
        sandbox.inject(Fault("unknown_enum", operation="getRefund", field="amount", value="1"))
        sandbox.inject(Fault("null_field", operation="getInvoice", field="id"))
        with connect(url, control, sandbox.api_key) as second:
            for call in (lambda: second.refunds.get(refund), lambda: second.invoices.get(1001)):
                with suppress(ApiPayError):
                    call()

    assert witness.paths == OPERATIONS.keys()
    assert witness.violations == []
    caught = {(it["operation"], *it["location"]) for it in control.violations}
    assert ("getRefund", "response", "body", "amount") in caught
    # Prism cannot compile a schema that refers to NullValue, and then checks nothing.
    if "NullValue" not in SPEC.read_text(encoding="utf-8"):
        assert ("getInvoice", "response", "body", "id") in caught


def test_against_prism_as_a_mock_every_request_is_accepted() -> None:
    """The responses are the examples; Prism refuses a request that does not conform (422)."""
    witness = Witness()
    with prism("mock") as url, connect(url, witness, "key") as client:
        refused = httpx.post(f"{url}/invoices", json={"amount": 1}, headers={"X-API-Key": "key"})
        use_mock(client)

    assert refused.status_code == 422
    assert witness.paths == OPERATIONS.keys()
    assert witness.violations == []


def use_mock(client: ApiPay) -> None:
    """Call all 19 operations with the values of the examples, which a mock responds with."""
    client.organizations.verify(idn="123456789012")
    client.organizations.status(31)
    client.invoices.create(
        amount="10000.50",
        phone_number=PHONE,
        description="Two jars of honey",
        external_order_id="order-1042",
    )
    client.invoices.get(4217)
    client.invoices.list(per_page=5, status=["paid", "pending"])
    client.invoices.cancel(4219)
    client.refunds.create(4217, amount=2500, reason="One jar was broken")
    client.refunds.get(85)
    client.refunds.list()
    client.refunds.list_for_invoice(4217)
    plans = client.recurring_invoices
    plans.create(amount=4990, phone_number=PHONE, interval="monthly")
    plans.list(status="active")
    plans.get(12)
    plans.update(12, amount=5990)
    plans.skip_period(12)
    plans.bill_now(12)
    plans.pause(12)
    plans.resume(12)
    plans.cancel(12)
