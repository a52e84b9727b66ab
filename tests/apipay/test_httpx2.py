"""The same code on httpx2, by its `alias_httpx()`: the tests of a call in a subprocess."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
RUN = """
import sys
import httpx2
httpx2.alias_httpx()
import httpx
assert httpx.__name__ == "httpx2", httpx.__name__
import pytest
sys.exit(pytest.main(sys.argv[1:]))
"""


@pytest.mark.skipif(importlib.util.find_spec("httpx2") is None, reason="httpx2 is not installed")
def test_calls_run_on_httpx2() -> None:
    chosen = [
        str(TESTS / name)
        for name in (
            "http/test_retries.py",
            "http/test_exchange.py",
            "test_client.py",
            "test_errors.py",
        )
    ]
    # pytest's schemathesis plug-in and others import httpx before this could alias it.
    plugins = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    plugins += ["-p", "no:schemathesis", "-p", "no:xdist", "-p", "no:cacheprovider"]
    finished = subprocess.run(
        [sys.executable, "-c", RUN, *chosen, "-q", "-x", "--no-header", *plugins],
        cwd=TESTS.parent.parent,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout[-3000:] + finished.stderr[-2000:]
    assert " passed" in finished.stdout
