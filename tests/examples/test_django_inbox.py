"""The Django ORM example: the order and the inbox's mark commit together or not at all."""

import os
import subprocess
import sys
from pathlib import Path

import apipay
import apipay_client

EXAMPLE = Path(__file__).parents[2] / "examples" / "django_inbox.py"
SOURCES = os.pathsep.join(
    str(Path(package.__path__[0]).parent) for package in (apipay, apipay_client)
)


def test_effect_and_mark_are_one_transaction() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLE)],
        env={**os.environ, "PYTHONPATH": SOURCES},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "the power failed: shipped 0 time(s)",
        *("handled", "duplicate", "duplicate"),
        "order-1042: paid, shipped 1 time(s)",
    ]
