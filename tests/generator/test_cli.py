"""The command line: what it writes and says, its exit codes, and what failing leaves behind."""

import ast
import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest

from generator import render
from generator.__main__ import main

ROOT = Path(__file__).parents[2]
SPEC = ROOT / "openapi.yaml"
CLIENT = ROOT / "apipay_client"
SMALL = """\
openapi: 3.0.3
info: {title: Small, version: "1"}
servers: [{url: "https://small.test"}]
paths:
  /things/{id}:
    get:
      operationId: getThing
      tags: [things]
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses:
        "200":
          description: It.
          content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}
components:
  schemas:
    Thing: {type: object, required: [id], properties: {id: {type: integer}}}
"""


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def run(
    *arguments: str | Path, seed: str = "0", cwd: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "generator", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path


@pytest.fixture
def made(spec: Path, tmp_path: Path) -> Path:
    """A package made from the small spec, with what a user's tools may have left in it."""
    out = tmp_path / "small_client"
    assert main(["generate", "--spec", str(spec), "--out", str(out)]) == 0
    return out


def test_the_committed_client_is_what_the_spec_gives(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "--spec", str(SPEC), "--out", str(CLIENT), "--check"]) == 0
    assert capsys.readouterr().out == ""


def test_the_spec_needs_no_repair(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "apipay_client"
    assert main(["generate", "--spec", str(SPEC), "--out", str(out), "--strict"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out == f"{out} is generated from {SPEC}.\n"


def test_two_runs_give_the_same_bytes_whatever_the_hash_seed(tmp_path: Path) -> None:
    made = []
    for seed in ("1", "2"):
        done = run("generate", "--spec", SPEC, "--out", tmp_path / seed / "client", seed=seed)
        assert done.returncode == 0, done.stderr
        made.append(files(tmp_path / seed / "client"))
    assert made[0] == made[1] == files(CLIENT)


def test_a_new_parameter_reaches_the_wire_with_no_hand_edit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out, spec = tmp_path / "changed_client", tmp_path / "openapi.yaml"
    shutil.copytree(CLIENT, out)
    shutil.copy(SPEC, spec)
    arguments = ["generate", "--spec", str(spec), "--out", str(out)]
    assert main([*arguments, "--check"]) == 0

    text = spec.read_text()
    anchor = "    CreateInvoiceRequest:\n"
    head, body = text.split(anchor)
    line = "        tip_percent: {type: integer, minimum: 1}\n"
    spec.write_text(
        head + anchor + body.replace("      properties:\n", f"      properties:\n{line}", 1)
    )
    assert main([*arguments, "--check"]) == 1
    said = capsys.readouterr().err
    assert f"{out}: models/create_invoice_request.py differs\n" in said
    assert "Run the same command without --check." in said
    assert files(out) == files(CLIENT)

    assert main(arguments) == 0
    assert main([*arguments, "--check"]) == 0
    monkeypatch.syspath_prepend(str(tmp_path))
    resources = import_module("changed_client.resources")
    client = import_module("changed_client").AuthenticatedClient(token="k")
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        invoice = {
            "id": 1,
            "status": "pending",
            "payment_url": "https://pay.test/1",
            "amount": "1.00",
        }
        return httpx.Response(200, json=invoice | {"created_at": "2026-01-31T12:00:00Z"})

    client.set_httpx_client(
        httpx.Client(base_url="https://x.test", transport=httpx.MockTransport(answer))
    )
    resources.Resources(client).invoices.create(amount=1, phone_number="87001234567", tip_percent=5)
    assert b'"tip_percent":5' in seen[0].content


def test_a_package_of_any_name_stands_alone(made: Path, tmp_path: Path) -> None:
    for path in made.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            for name in names:
                top = name.partition(".")[0]
                assert top in {"httpx", "attrs"} or top in sys.stdlib_module_names
    code = (
        "import sys, small_client, small_client.resources\n"
        "from small_client.models import Thing\n"
        "assert Thing.from_dict({'id': 1}).id == 1\n"
        "bad = {'apipay', 'apipay_client', 'generator', 'openapi_python_client', 'dateutil'}\n"
        "assert not bad & sys.modules.keys()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (made / "py.typed").exists()


def test_importing_is_lazy(tmp_path: Path) -> None:
    code = (
        "import sys, apipay_client.resources, apipay_client.models\n"
        "loaded = [m for m in sys.modules if m.startswith('apipay_client.models.')]\n"
        "assert not loaded and 'apipay_client.api' not in sys.modules\n"
        "from apipay_client.models import Refund\n"
        "assert 'apipay_client.models.invoice' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_stale_files_go_and_what_is_not_generated_is_found(
    made: Path, spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = files(made)
    (made / "models" / "old.py").write_text("")
    (made / "resources" / "things.py").write_text("# edited by hand\n")
    (made / "errors.py").unlink()
    (made / "__pycache__").mkdir(exist_ok=True)
    assert main(["generate", "--spec", str(spec), "--out", str(made), "--check"]) == 1
    assert capsys.readouterr().err.splitlines()[:3] == [
        f"{made}: errors.py is missing",
        f"{made}: models/old.py is not generated",
        f"{made}: resources/things.py differs",
    ]
    assert main(["generate", "--spec", str(spec), "--out", str(made)]) == 0
    assert files(made) == before
    assert sorted(path.name for path in made.parent.iterdir()) == ["small.yaml", "small_client"]


def test_check_of_a_package_that_is_not_there_writes_nothing(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "deep" / "client"
    assert main(["generate", "--spec", str(spec), "--out", str(out), "--check"]) == 1
    assert "__init__.py is missing" in capsys.readouterr().err
    assert not out.parent.exists()
    assert main(["generate", "--spec", str(spec), "--out", str(out)]) == 0
    assert out.is_dir()


def test_repairs_are_reported_and_strict_refuses_them(
    made: Path, spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = files(made)
    spec.write_text(SMALL.replace('"200":', "200:"))
    assert main(["generate", "--spec", str(spec), "--out", str(made), "--strict"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("defect: /paths/~1things~1{id}/get/responses/200: the key is a number")
    assert said.endswith(
        f"error: {spec} has 1 defects and --strict repairs none. Fix them in the file.\n"
    )
    assert files(made) == before
    assert main(["generate", "--spec", str(spec), "--out", str(made)]) == 0
    assert capsys.readouterr().err.startswith("repaired: /paths/~1things~1{id}/get/responses/200:")
    assert files(made) == before


Break = Callable[[pytest.MonkeyPatch, Path], None]


def replaced(old: str, new: str) -> Break:
    def change(monkeypatch: pytest.MonkeyPatch, spec: Path) -> None:
        assert old in SMALL
        spec.write_text(SMALL.replace(old, new))

    return change


def crash_in_a_template(monkeypatch: pytest.MonkeyPatch, spec: Path) -> None:
    def view(*_: Any) -> Any:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(render, "model_view", view)


def no_python(monkeypatch: pytest.MonkeyPatch, spec: Path) -> None:
    real = render.operation_view

    def view(*arguments: Any) -> Any:
        found = real(*arguments)
        object.__setattr__(found, "url", '"unfinished')
        return found

    monkeypatch.setattr(render, "operation_view", view)


def full_disk(monkeypatch: pytest.MonkeyPatch, spec: Path) -> None:
    real = Path.write_text

    def write_text(self: Path, *arguments: Any, **named: Any) -> int:
        if self.name == "operations.py":
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, *arguments, **named)

    monkeypatch.setattr(Path, "write_text", write_text)


def failing_swap(monkeypatch: pytest.MonkeyPatch, spec: Path) -> None:
    real = Path.rename

    def rename(self: Path, target: Path) -> Path:
        if self.parent.name.startswith(".generate-") and self.name != ".old":
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", rename)


THING = "/components/schemas/Thing"
GET = "/paths/~1things~1{id}/get"
FAILURES: dict[str, tuple[Break, str, str]] = {
    "no YAML": (replaced("paths:", "paths: ["), "not YAML", "Correct the YAML there."),
    "no such reference": (
        replaced("schemas/Thing", "schemas/Thin"),
        "leads nowhere",
        "schemas/Thing",
    ),
    "not valid": (
        replaced("{type: integer}}}", "{type: whole}}}"),
        f"{THING}/properties/id",
        "Use one of",
    ),
    "a dropped answer": (
        replaced("application/json", "nonsense"),
        f"{GET}/responses/200: openapi-python-client cannot take this",
        "Rewrite it so that nothing is dropped from the client.",
    ),
    "a crash": (
        crash_in_a_template,
        f"{THING}: the generator fails at this (ZeroDivisionError: by nothing)",
        "simpler",
    ),
    "no Python": (
        no_python,
        f"{GET}: the code generated from this is not Python",
        "report the defect",
    ),
    "a full disk": (
        full_disk,
        "cannot be written (No space left on device)",
        "Nothing there has changed.",
    ),
    "a failing swap": (
        failing_swap,
        "cannot be written (Permission denied)",
        "Nothing there has changed.",
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failing_run_leaves_the_old_package_and_says_what_to_do(
    made: Path,
    spec: Path,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = files(made)
    capsys.readouterr()
    change, place, remedy = FAILURES[name]
    change(monkeypatch, spec)
    assert main(["generate", "--spec", str(spec), "--out", str(made)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    assert place in said.err
    assert remedy in said.err
    monkeypatch.undo()
    assert files(made) == before
    assert sorted(path.name for path in made.parent.iterdir()) == ["small.yaml", "small_client"]


def test_a_folder_with_other_files_is_not_replaced(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "operations.py").write_text("# precious\n")
    (mine / "__init__.py").write_text('"""My package."""\n')
    for extra in ([], ["--check"]):
        assert main(["generate", "--spec", str(spec), "--out", str(mine), *extra]) == 1
        assert (
            "is a folder with other files in it. Give --out a new folder" in capsys.readouterr().err
        )
    assert files(mine) == {"operations.py": b"# precious\n", "__init__.py": b'"""My package."""\n'}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("my-client", "is not a name that Python can import"),
        ("class", "is not a name"),
        ("small.yaml", "is not a name"),
    ],
)
def test_a_package_needs_a_name(
    spec: Path, tmp_path: Path, name: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["generate", "--spec", str(spec), "--out", str(tmp_path / name)]) == 1
    assert said in capsys.readouterr().err


def test_a_file_is_not_replaced(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes").write_text("mine")
    assert main(["generate", "--spec", str(spec), "--out", str(tmp_path / "notes")]) == 1
    assert capsys.readouterr().err.endswith("notes is a file. Give --out a folder.\n")


def test_an_empty_folder_is_taken(spec: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["generate", "--spec", str(spec), "--out", str(tmp_path / "empty")]) == 0
    assert (tmp_path / "empty" / "client.py").exists()


def test_what_surrounds_the_package_does_not_change_it(
    made: Path, spec: Path, tmp_path: Path
) -> None:
    # Settings of ruff, and folders that it could take for first-party packages.
    around = tmp_path / "around"
    (around / "httpx").mkdir(parents=True)
    (around / "ruff.toml").write_text("line-length = 40\n")
    (around / "pyproject.toml").write_text("[tool.ruff]\nline-length = 50\n")
    assert main(["generate", "--spec", str(spec), "--out", str(around / "client")]) == 0
    assert files(around / "client") == files(made)


def test_changes_between_two_specs(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = tmp_path / "new.yaml"
    new.write_text(SMALL.replace("required: [id], ", ""))
    assert main(["changes", str(spec), str(new)]) == 0
    said = capsys.readouterr().out
    assert "Breaking changes" in said
    assert main(["changes", str(spec), str(new), "--fail-on", "breaking"]) == 1
    assert main(["changes", str(spec), str(spec), "--fail-on", "breaking"]) == 0
    new.write_text("nonsense: true\n")
    capsys.readouterr()
    assert main(["changes", str(spec), str(new)]) == 1
    assert capsys.readouterr().err.startswith(f"error: {new}: ")


def test_no_command_is_an_error_of_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 2
    assert "command" in capsys.readouterr().err


def test_it_runs_as_a_module(spec: Path, tmp_path: Path) -> None:
    done = run("generate", "--spec", spec, "--out", tmp_path / "here", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    done = run("generate", "--spec", tmp_path / "missing.yaml", "--out", tmp_path / "here")
    assert done.returncode == 1
    assert done.stderr == (
        f"error: {tmp_path / 'missing.yaml'}: there is no such file. Check the path to the spec.\n"
    )
