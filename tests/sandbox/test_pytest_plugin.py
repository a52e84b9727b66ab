"""The fixture `apipay_sandbox`, in a pytest run of its own."""

import os
import subprocess
import sys
from pathlib import Path

TESTS = """
import os
import httpx
import pytest

seen = set()

@pytest.mark.parametrize("number", [1, 2])
def test_each_test_has_its_own(apipay_sandbox, number):
    assert os.environ["APIPAY_BASE_URL"] == apipay_sandbox.base_url
    assert os.environ["APIPAY_API_KEY"] == apipay_sandbox.api_key
    assert os.environ["APIPAY_WEBHOOK_SECRET"] == apipay_sandbox.webhook_secret
    assert apipay_sandbox.api_key not in seen
    seen.add(apipay_sandbox.api_key)
    for _ in range(61):
        answer = httpx.get(
            apipay_sandbox.base_url + "/invoices", headers={"X-API-Key": apipay_sandbox.api_key}
        )
        assert answer.status_code == 200
    assert len(apipay_sandbox.organizations()) == 1

class TestOptions:
    @pytest.fixture
    def apipay_sandbox_options(self):
        return {"organization": None, "clock": "manual"}

    def test_can_be_chosen(self, apipay_sandbox):
        before = apipay_sandbox.now
        assert apipay_sandbox.organizations() == []
        assert apipay_sandbox.now == before

def test_the_environment_is_put_back():
    assert "APIPAY_BASE_URL" not in os.environ
"""


def test_the_fixture_works_in_a_users_tests(tmp_path: Path) -> None:
    (tmp_path / "test_shop.py").write_text(TESTS)
    environment = {name: value for name, value in os.environ.items() if "APIPAY" not in name}

    run = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"),
            *("-p", "apipay_sandbox.pytest_plugin", str(tmp_path)),
        ],
        check=False,
        env={
            **environment,
            # The installed package would bring the plugin a second time.
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )

    assert "4 passed" in run.stdout, run.stdout + run.stderr
