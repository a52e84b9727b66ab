"""The built wheel, installed alone in a new environment: what it holds, and that it calls."""

import json
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

ROOT = Path(__file__).parents[2]

CALL = """
import sys
from importlib.metadata import distributions

from apipay import ApiPay

with ApiPay(api_key="k", base_url=sys.argv[1]) as client:
    invoice = client.invoices.create(amount="10.00", phone_number="+7 700 123-45-67")
    print(invoice.id, invoice.amount, invoice.status)
print(*sorted(d.metadata["Name"].lower() for d in distributions()))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_both_packages_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"apipay", "apipay_client"}
    for name in ("apipay/py.typed", "apipay_client/py.typed"):
        assert name in names


def test_installed_alone_it_makes_a_call(
    wheel: Path, tmp_path: Path, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/api/invoices", method="POST").respond_with_json(
        {"id": 7, "status": "pending", "amount": "10.00", "payment_url": "https://pay.example/7"}
    )
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    constraints = ["-c", str(ROOT / "constraints.txt")]
    installed = subprocess.run(
        [python, "-m", "pip", "install", "--quiet", *constraints, str(wheel)],
        capture_output=True,
        text=True,
        check=False,
    )
    if "No matching distribution" in installed.stderr or "Connection" in installed.stderr:
        pytest.skip("no package index is reachable here, so httpx cannot be installed")
    assert installed.returncode == 0, installed.stderr
    done = subprocess.run(
        [python, "-W", "error", "-c", CALL, httpserver.url_for("/api")],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first == "7 10.00 pending"
    # httpx, attrs, python-dateutil and what they bring.
    assert set(second.split()) - {"pip", "setuptools"} == {
        *("anyio", "apipay", "attrs", "certifi", "h11", "httpcore", "httpx", "idna"),
        *("python-dateutil", "six", "typing_extensions"),
    }
    assert json.loads(httpserver.log[0][0].get_data())["phone_number"] == "87001234567"
