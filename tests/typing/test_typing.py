"""mypy and pyright, both strict, accept the service and refuse each wrong use at its line."""

import json
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FILES = [str(HERE / name) for name in ("service.py", "wrong_uses.py")]
Places = set[tuple[str, int]]


def expected() -> Places:
    lines = (HERE / "wrong_uses.py").read_text().splitlines()
    marked = {number for number, line in enumerate(lines, 1) if line.endswith("# wrong")}
    assert len(marked) >= 50
    return {("wrong_uses.py", number) for number in marked}


def run(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    return done.stdout


def test_mypy_refuses_each_wrong_use_and_nothing_else() -> None:
    output = run("mypy", "--strict", "--no-error-summary", "--explicit-package-bases", *FILES)

    found = {
        (Path(match[1]).name, int(match[2]))
        for match in re.finditer(r"^(.+?):(\d+): error:", output, re.M)
    }
    assert found == expected()


def test_pyright_refuses_each_wrong_use_and_nothing_else() -> None:
    output = run("pyright", "--outputjson", *FILES)

    report = json.loads(output)
    found = {
        (Path(it["file"]).name, it["range"]["start"]["line"] + 1)
        for it in report["generalDiagnostics"]
    }
    assert report["summary"]["filesAnalyzed"] == 2
    assert found == expected()
