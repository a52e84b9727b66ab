"""Every client, of every spec here, passes mypy --strict and pyright strict as it is."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from generator.document import load, validate
from generator.package import generate
from generator.repair import repair

HERE = Path(__file__).parent
SPECS = [*sorted((HERE / "clients").glob("*.yaml")), *sorted((HERE / "specs").glob("*.yaml"))]

#: Modules in which nothing of a spec stands.
STATIC = ("client.py", "codec.py", "errors.py", "parsing.py", "types.py")
#: Calls that must not type-check, each with the word that the checker must find fault with.
WRONG_CALLS = """\
from kinds import AuthenticatedClient
from kinds.resources import Resources

resources = Resources(AuthenticatedClient(token="k"))
number: str = resources.things.get_map().additional_properties["tea"]
resources.things.get_scalar(5)
resources.things.get_scalar("x", nothing=1)
resources.things.get_tree().by_name.name
"""


def all_clients(folder: Path) -> int:
    """Generate the client of every spec; returns how many modules that makes."""
    assert len(SPECS) > 30
    for spec in SPECS:
        document, _ = repair(load(spec))
        validate(document)
        generate(document, folder / spec.stem)
    for path in folder.rglob("*.py"):
        assert "ignore" not in path.read_text(), path
    return len(list(folder.rglob("*.py")))


def test_mypy_strict(tmp_path: Path) -> None:
    count = all_clients(tmp_path)
    (tmp_path / "wrong.py").write_text(WRONG_CALLS)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir=/dev/null"]
    done = subprocess.run(
        [*command, "--python-version=3.11", "--no-error-summary", "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if "note:" not in line]
    assert [line for line in lines if not line.startswith("wrong.py:")] == []
    assert {line.split(":")[1] for line in lines} == {"5", "6", "7", "8"}
    assert count > 400


@pytest.mark.skipif(find_spec("pyright") is None, reason="pyright is not installed")
def test_pyright_strict(tmp_path: Path) -> None:
    all_clients(tmp_path)
    (tmp_path / "wrong.py").write_text(WRONG_CALLS)
    venv = Path(sys.prefix)
    # The same in all packages: one copy is enough to look at.
    first, *others = (tmp_path / spec.stem for spec in SPECS)
    for name in STATIC:
        assert {(other / name).read_bytes() for other in others} == {(first / name).read_bytes()}
    settings = {
        "include": ["."],
        "exclude": [f"{other.name}/{name}" for other in others for name in STATIC],
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
        "venvPath": str(venv.parent),
        "venv": venv.name,
    }
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "-p", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    if not done.stdout.startswith("{"):
        pytest.skip(f"pyright cannot run here: {done.stderr[-200:]}")
    found = json.loads(done.stdout)["generalDiagnostics"]
    places = {
        (Path(it["file"]).name, it["range"]["start"]["line"] + 1, it["message"]) for it in found
    }
    assert [place for place in places if place[0] != "wrong.py"] == []
    assert {line for _, line, _ in places} == {5, 6, 7, 8}
