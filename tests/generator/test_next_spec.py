"""A client of the spec as it may look next, without a hand-written line."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import generator.package
from generator.changes import compare
from generator.document import load, validate
from generator.repair import repair
from tests.generator.next_spec import OPENAPI, next_spec

ROOT = Path(__file__).parents[2]

#: Calls that must type-check.
CALLS = """\
from next_client import AuthenticatedClient
from next_client.models import Payout, PayoutStatus
from next_client.resources import Resources

payouts = Resources(AuthenticatedClient(token="k")).payouts
payout: Payout = payouts.create(amount=1500, phone_number="87001234567")
amount: int = payout.amount
payouts.list(page=1, per_page=50)
payouts.list_archived(page=1)
payouts.list_linked(page=1)
payouts.list_payout_feed(cursor="c", limit=200)
status: PayoutStatus | str = payouts.get(id=payout.id).status
payouts.send(id=payout.id)
"""


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return next_spec()


def test_it_is_valid_without_repairs_and_adds_only(document: dict[str, Any]) -> None:
    repaired, repairs = repair(document)
    assert repairs == []
    validate(repaired)
    changes = compare(repair(load(OPENAPI))[0], repaired)
    assert {change.severity for change in changes} == {"additive", "cosmetic"}
    assert sorted({change.id for change in changes}) == [
        "api-version-changed",
        "operation-added",
        "response-enum-value-added",
        "webhook-added",
    ]


def test_its_client_generates_and_passes_mypy_strict(
    document: dict[str, Any], tmp_path: Path
) -> None:
    generator.package.generate(repair(document)[0], tmp_path / "next_client")
    (tmp_path / "calls.py").write_text(CALLS)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir=/dev/null"]
    done = subprocess.run(
        [*command, "--python-version=3.11", "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_overlays_serve_it_without_a_hand_written_line(
    document: dict[str, Any], tmp_path: Path
) -> None:
    """Calls, pages, pacing, errors and events of the new resource, sync and async."""
    generator.package.generate(repair(document)[0], tmp_path / "apipay_client")
    program = Path(__file__).with_name("next_service.py")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(program)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT / "overlays")])},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split() == [
        "calls",
        "pages",
        "async-pages",
        "pacing",
        "no-content",
        "no-effect",
        "errors",
        "events",
    ]
