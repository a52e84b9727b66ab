"""The getting-started guide as plain programs: Python `requests` and Node `fetch`.

They are written against the service; only the host comes from the environment.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from apipay_sandbox import Sandbox

PYTHON = """
import os
import time

import requests

BASE_URL = os.environ["APIPAY_BASE_URL"]
headers = {"X-API-Key": os.environ["APIPAY_API_KEY"]}

answer = requests.post(
    f"{BASE_URL}/organizations/verify", json={"idn": "990140012345"}, headers=headers
)
organization = answer.json()["organization"]
while organization["status"] == "pending":
    time.sleep(0.05)
    answer = requests.get(f"{BASE_URL}/organizations/{organization['id']}/status", headers=headers)
    organization = answer.json()["organization"]

invoice = requests.post(
    f"{BASE_URL}/invoices",
    json={"amount": 10000.00, "phone_number": "87001234567", "external_order_id": "order_123"},
    headers=headers,
).json()
assert invoice["payment_url"].startswith("http")
while invoice["status"] == "pending":
    time.sleep(0.05)
    invoice = requests.get(f"{BASE_URL}/invoices/{invoice['id']}", headers=headers).json()

refund = requests.post(
    f"{BASE_URL}/invoices/{invoice['id']}/refund",
    json={"amount": 2500.00, "reason": "Returned"},
    headers=headers,
).json()
wrong = requests.post(f"{BASE_URL}/invoices", json={"amount": 1}, headers=headers)
print(organization["status"], invoice["status"], refund["amount"], wrong.status_code)
"""

NODE = """
const BASE_URL = process.env.APIPAY_BASE_URL;
const headers = {
  'X-API-Key': process.env.APIPAY_API_KEY,
  'Content-Type': 'application/json',
};
const call = async (method, path, body) => {
  const response = await fetch(`${BASE_URL}${path}`, {
    method, headers, body: body && JSON.stringify(body),
  });
  return { status: response.status, ...(await response.json()) };
};
const pause = () => new Promise((resolve) => setTimeout(resolve, 50));

(async () => {
  let { organization } = await call('POST', '/organizations/verify', { idn: '990140012345' });
  while (organization.status === 'pending') {
    await pause();
    ({ organization } = await call('GET', `/organizations/${organization.id}/status`));
  }
  let invoice = await call('POST', '/invoices', {
    amount: 10000.00, phone_number: '87001234567', external_order_id: 'order_123',
  });
  while (invoice.status === 'pending') {
    await pause();
    invoice = await call('GET', `/invoices/${invoice.id}`);
  }
  const refund = await call('POST', `/invoices/${invoice.id}/refund`, {
    amount: 2500.00, reason: 'Returned',
  });
  const response = await fetch(`${BASE_URL}/invoices`, {
    method: 'POST', headers, body: JSON.stringify({ amount: 1 }),
  });
  console.log(organization.status, invoice.status, refund.amount, response.status);
})();
"""


@pytest.mark.parametrize("language", ["python", "node"])
def test_the_guide_runs_unchanged_but_for_the_host(language: str, tmp_path: Path) -> None:
    command = {"python": sys.executable, "node": shutil.which("node")}[language]
    if command is None:
        pytest.skip("Node.js is not installed")
    program = tmp_path / f"guide.{'py' if language == 'python' else 'js'}"
    program.write_text(PYTHON if language == "python" else NODE)
    with Sandbox(organization=None, auto_confirm=0.2, auto_pay=0.2) as sandbox:
        done = subprocess.run(
            [command, str(program)],
            env={**os.environ, **sandbox.environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.stdout == "verified paid 2500.00 422\n", done.stderr
