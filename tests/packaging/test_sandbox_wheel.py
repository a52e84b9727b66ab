"""The wheel of apipay-sandbox, installed alone in a new environment."""

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

USE = """
import importlib.util
import urllib.request

from apipay_sandbox import Sandbox

assert importlib.util.find_spec("apipay") is None
assert importlib.util.find_spec("apipay_client") is None
with Sandbox() as sandbox:
    request = urllib.request.Request(
        sandbox.base_url + "/invoices", headers={"X-API-Key": sandbox.api_key}
    )
    print(urllib.request.urlopen(request).status)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT / "sandbox",
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_the_package_and_the_specification(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    names = archive.namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"apipay_sandbox"}
    assert archive.read("apipay_sandbox/openapi.yaml") == (ROOT / "openapi.yaml").read_bytes()
    assert "apipay_sandbox/py.typed" in names


def test_installed_alone_it_serves_the_api(wheel: Path, tmp_path: Path) -> None:
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
        pytest.skip("no package index is reachable here")
    assert installed.returncode == 0, installed.stderr
    done = subprocess.run(
        [python, "-W", "error", "-c", USE],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stdout) == (0, "200\n"), done.stderr
    command = tmp_path / "venv" / "bin" / "apipay-sandbox"
    assert b"--webhook-url" in subprocess.check_output([command, "--help"])
