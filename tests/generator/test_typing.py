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
STATIC = ("client.py", "errors.py", "parsing.py")
#: Code that must not type-check; the lines with an error are those of `WRONG_LINES`.
WRONG_CALLS = """\
from typing import assert_never
from answers.models import Kind
from kinds import AuthenticatedClient
from kinds.api.things import get_map
from kinds.models import Level
from kinds.resources import AsyncResources, Resources

client = AuthenticatedClient(token="k")
resources = Resources(client)
number: str = resources.things.get_map().additional_properties["tea"]
resources.things.get_scalar(5)
resources.things.get_scalar("x", nothing=1)
resources.things.get_tree().by_name.name
resources.things.with_raw_response.get_scalar(5)
name: int = resources.things.with_raw_response.get_tree().parsed.name
get_map.sync(client=client, nothing=1)
get_map.sync_detailed(client=client).parsed.additional_properties

async def called() -> None:
    raw = AsyncResources(client).things.with_raw_response
    name: int = (await raw.get_tree()).parsed.name
    await get_map.asyncio(client="x")

def closed(level: Level) -> None:
    match level:
        case Level.VALUE_1 | Level.VALUE_2 | Level.VALUE_NEGATIVE_3:
            pass
        case other:
            assert_never(other)

def closed_if(level: Level) -> str:
    if level is Level.VALUE_1 or level is Level.VALUE_2:
        return "x"
    elif level is Level.VALUE_NEGATIVE_3:
        return "y"
    else:
        assert_never(level)

def closed_text(kind: Kind) -> str:
    match kind:
        case Kind.A | Kind.B:
            return "known"
        case other:
            assert_never(other)
"""
WRONG_LINES = {10, 11, 12, 13, 14, 15, 16, 17, 21, 22, 29, 37, 44}
#: Code that must type-check.
RIGHT_CALLS = """\
from decimal import Decimal
from kinds import AuthenticatedClient
from kinds.api.things import get_map
from kinds.models import Colour, Level, Tree
from kinds.resources import AsyncResources, Resources
from kinds.types import Response

resources = Resources(AuthenticatedClient(token="k"))

def size(level: Level) -> str:
    match level:
        case Level.VALUE_1 | Level.VALUE_2 | Level.VALUE_NEGATIVE_3:
            return "known"
        case other:
            return f"{other.value + 1}"

def word(colour: Colour) -> str:
    if colour is Colour.RED:
        return "red"
    return colour.upper()

raw: Response[Tree] = resources.things.with_raw_response.get_tree()
names: str | None = raw.request_id or raw.parsed.name
answer = resources.request("POST", "/new", json={"amount": Decimal(1)})
status: int = answer.status_code
detailed = get_map.sync_detailed(client=AuthenticatedClient(token="k"))
price: Decimal | None = detailed.parsed["tea"] if detailed.parsed else None

async def called(resources: AsyncResources) -> str:
    answer = await resources.request("GET", "/new")
    response = await resources.things.with_raw_response.get_scalar("x")
    body = await get_map.asyncio(client=AuthenticatedClient(token="k"))
    assert body is not None
    return f"{answer.parsed} {response.headers} {body['tea'] + 1}"
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
    (tmp_path / "right.py").write_text(RIGHT_CALLS)
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
    assert {int(line.split(":")[1]) for line in lines} == WRONG_LINES
    assert count > 400


@pytest.mark.skipif(find_spec("pyright") is None, reason="pyright is not installed")
def test_pyright_strict(tmp_path: Path) -> None:
    all_clients(tmp_path)
    (tmp_path / "wrong.py").write_text(WRONG_CALLS)
    (tmp_path / "right.py").write_text(RIGHT_CALLS)
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
    assert {line for _, line, _ in places} == WRONG_LINES
