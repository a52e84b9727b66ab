"""Short fault runs: every fault between real processes, and a control that must be convicted."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

PROGRAM = Path(__file__).parents[2] / "benchmarks" / "faults.py"


def fault_run(*arguments: str) -> tuple[int, str, dict[str, int]]:
    """Run the program; return its exit status, its output, and its figures by name."""
    done = subprocess.run(
        [sys.executable, "-W", "error", PROGRAM, "--seed", "8", *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,  # a machine under load; it takes about 15 s
    )
    output = f"{done.stdout}\n{done.stderr}"
    figures = re.findall(r"^(\w+): (\d+) \(<= 0\)", done.stdout, re.MULTILINE)
    return done.returncode, output, {name: int(value) for name, value in figures}


def test_no_fault_makes_the_client_break_the_money_rule() -> None:
    status, output, figures = fault_run("--calls", "250")
    assert set(figures.values()) == {0}, output
    assert status == 0, output


def test_a_client_that_retries_on_every_failure_is_convicted() -> None:
    status, output, figures = fault_run("--calls", "300", "--client", "naive")
    assert status == 1, output
    for name in ("duplicates", "resent", "lost"):
        assert figures[name] > 0, output
    assert figures["not_done"] + figures["foreign"] > 0, output
    # The run itself is sound: each record of the sandbox has a call that made it.
    assert figures["unexplained"] == 0, output
    rows = re.findall(r"^(\S.*?) {2,}(\d+) +(\d+) ", output, re.MULTILINE)
    assert len(rows) == 21, output  # 20 rows and the total
    # The proxy does not see refused connections; a slow machine repeats no response.
    unmet = {row[0] for row in rows if int(row[2]) == 0}
    assert unmet <= {"no fault", "connection refused", "stale response"}, output


def test_a_client_that_never_sends_twice_is_acquitted() -> None:
    status, output, figures = fault_run("--calls", "200", "--client", "strict")
    assert set(figures.values()) == {0}, output
    assert status == 0, output


def test_a_missed_figure_makes_the_program_fail(
    benchmark_module: Callable[[str], ModuleType], capsys: pytest.CaptureFixture[str]
) -> None:
    common = benchmark_module("_common")
    kept = common.Figure("requests", 11, 11)
    assert common.conclude([kept]) == 0
    assert common.conclude([kept, common.Figure("used", 0.96, 0.97, at_least=True)]) == 1
    assert "used: 0.96 (>= 0.97) MISSED" in capsys.readouterr().out
