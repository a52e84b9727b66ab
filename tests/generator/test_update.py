"""`python -m generator update`: all of a new spec is taken over, or nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from generator.__main__ import main
from generator.document import load
from generator.package import generate
from generator.problems import SpecError
from generator.update import UpdateError, misfits, next_version, update

SPEC = """\
openapi: 3.0.3
info: {title: Shop, version: 1.0.0}
servers: [{url: "https://shop.example"}]
paths:
  /items/{id}:
    get:
      operationId: getItem
      tags: [Items]
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer}}
      responses:
        "200":
          description: The item.
          content:
            application/json:
              schema: {$ref: "#/components/schemas/Item"}
components:
  schemas:
    Item:
      type: object
      required: [id, name]
      properties:
        id: {type: integer}
        name: {type: string}
"""
WITH_SIZE = f"{SPEC}        size: {{type: integer}}\n"
RENAMED = SPEC.replace("name]", "title]").replace("name: {type: string}", "title: {type: string}")

OVERLAY = """\
from apipay_client.models import Item


def label(item: Item) -> str:
    return item.name
"""
TEST = """\
from apipay.labels import label
from apipay_client.models import Item


def test_the_label_is_the_name() -> None:
    assert label(Item.from_dict({"id": 1, "name": "tea"})) == "tea"
"""
PROJECT = """\
[project]
name = "apipay"
version = "0.4.1"
[tool.mypy]
strict = true
mypy_path = ["overlays", "."]
explicit_package_bases = true
files = ["overlays/apipay"]
[tool.pytest.ini_options]
testpaths = ["tests"]
addopts = ["--import-mode=importlib", "-p", "no:cacheprovider", "-p", "no:apipay"]
pythonpath = ["overlays", "."]
"""
GOOD = (sys.executable, "-c", "pass")
BAD = (sys.executable, "-c", "import sys; sys.exit('the shop is shut')")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    (root / "overlays" / "apipay").mkdir(parents=True)
    (root / "tests").mkdir()
    (root / "openapi.yaml").write_text(SPEC)
    (root / "pyproject.toml").write_text(PROJECT)
    (root / "overlays" / "apipay" / "__init__.py").touch()
    (root / "overlays" / "apipay" / "labels.py").write_text(OVERLAY)
    (root / "tests" / "test_labels.py").write_text(TEST)
    generate(load(root / "openapi.yaml"), root / "apipay_client")
    return root


def written(root: Path, text: str) -> Path:
    path = root.parent / "new.yaml"
    path.write_text(text)
    return path


def tree(root: Path) -> dict[str, bytes]:
    """Every file below `root` with its bytes."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(root).parts
    }


def git(root: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", "-C", str(root), *identity, *arguments], check=True, capture_output=True)


def test_spec_and_client_are_replaced_and_all_is_reported(root: Path) -> None:
    said: list[str] = []
    before = tree(root)
    update(written(root, WITH_SIZE), root, checks=[GOOD], say=said.append)
    after = tree(root)
    assert after["openapi.yaml"].decode() == WITH_SIZE
    assert b"size" in after["apipay_client/models/item.py"]
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert {path.partition("/")[0] for path in changed} == {"openapi.yaml", "apipay_client"}
    report = "\n".join(said)
    assert "- The property `size` was added to `Item`. (response-property-added)" in report
    assert "Proposed version: 0.4.2" in report
    assert (
        "## 0.4.2 (unreleased)\n\n### Additions\n\n- The property `size` was added to `Item`.\n"
        in report
    )


def test_the_checks_see_the_new_client(root: Path) -> None:
    look = "import apipay_client.models.item as it; from pathlib import Path; "
    look += "assert Path(it.__file__).is_relative_to(Path.cwd()); it.Item(id=1, name='a', size=2)"
    update(written(root, WITH_SIZE), root, checks=[(sys.executable, "-c", look)])


def test_a_failed_check_leaves_the_tree_as_it_was_and_is_named(root: Path) -> None:
    said: list[str] = []
    before = tree(root)
    with pytest.raises(UpdateError, match="1 of the checks failed"):
        update(written(root, WITH_SIZE), root, checks=[GOOD, BAD], say=said.append)
    assert tree(root) == before
    assert "- the shop is shut" in said[-1]


def test_the_overlay_and_the_test_that_no_longer_fit_are_named(root: Path) -> None:
    said: list[str] = []
    before = tree(root)
    checks = [
        (sys.executable, "-m", "mypy", "--cache-dir=/dev/null"),
        (sys.executable, "-m", "pytest", "-q"),
    ]
    with pytest.raises(UpdateError, match="2 of the checks failed"):
        update(written(root, RENAMED), root, checks=checks, say=said.append)
    assert tree(root) == before
    report = "\n".join(said)
    assert '- overlays/apipay/labels.py:5: "Item" has no attribute "name"' in report
    assert "- tests/test_labels.py::test_the_label_is_the_name - " in report


def test_an_edit_during_the_checks_is_not_overwritten(root: Path) -> None:
    edit = f"open({str(root / 'openapi.yaml')!r}, 'a').write('# mine')"
    with pytest.raises(UpdateError, match=r"openapi\.yaml was edited during the update"):
        update(written(root, WITH_SIZE), root, checks=[(sys.executable, "-c", edit)])
    assert (root / "openapi.yaml").read_text() == f"{SPEC}# mine"


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("nonsense: true\n", SpecError, "new.yaml: the key openapi is missing"),
        (SPEC.replace("tags: [Items]", "tags: 5"), SpecError, "new.yaml: /paths"),
        (SPEC.replace('"200"', "200"), UpdateError, "has defects"),
    ],
)
def test_a_spec_that_cannot_be_used_changes_nothing(
    root: Path, text: str, error: type[Exception], message: str
) -> None:
    before = tree(root)
    with pytest.raises(error, match=message):
        update(written(root, text), root, checks=[GOOD])
    assert tree(root) == before


@pytest.mark.parametrize("failing", range(4))
def test_a_swap_that_fails_halfway_is_taken_back(
    root: Path, failing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tree(root)
    rename, calls = Path.rename, iter(range(100))

    def moody(self: Path, target: Path) -> Path:
        if next(calls) == failing:
            raise OSError("no space left")
        return rename(self, target)

    spec = written(root, WITH_SIZE)
    monkeypatch.setattr("generator.update.generate", lambda document, out: None)
    monkeypatch.setattr(Path, "rename", moody)
    with pytest.raises(OSError, match="no space left"):
        update(spec, root, checks=[GOOD])
    assert tree(root) == before


def test_the_python_api_is_compared_with_the_last_tag(root: Path) -> None:
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    git(root, "tag", "v1.2.0")
    (root / "overlays" / "apipay" / "labels.py").write_text("")
    git(root, "commit", "-qam", "second")
    before = subprocess.check_output(["git", "-C", str(root), "status", "--porcelain"])
    said: list[str] = []
    update(written(root, WITH_SIZE), root, checks=[GOOD], say=said.append)
    report = "\n".join(said)
    assert "## Changes of the Python API since v1.2.0" in report
    assert "- `apipay.labels`: `label`: *Public object was removed*" in report
    # What the release had is gone, so the spec's addition is not the worst of it.
    assert "Proposed version: 2.0.0" in report
    assert before == b""
    after = subprocess.check_output(["git", "-C", str(root), "status", "--porcelain"]).decode()
    assert {line[3:].partition("/")[0] for line in after.splitlines()} == {
        "openapi.yaml",
        "apipay_client",
    }


def test_a_field_that_is_gone_breaks_the_python_api(root: Path) -> None:
    said: list[str] = []
    update(written(root, RENAMED), root, checks=[GOOD], say=said.append)
    report = "\n".join(said)
    assert "Proposed version: 0.5.0" in report
    assert "`apipay_client.models.item`: `Item.name`: " in report.partition("### Python API")[2]


@pytest.mark.parametrize(
    ("version", "severity", "expected"),
    [
        ("0.1.0", "breaking", "0.2.0"),
        ("0.1.0", "additive", "0.1.1"),
        ("0.1.9", "cosmetic", "0.1.10"),
        ("1.4.2", "breaking", "2.0.0"),
        ("1.4.2", "additive", "1.5.0"),
        ("1.4.2", "cosmetic", "1.4.3"),
    ],
)
def test_the_next_version(version: str, severity: str, expected: str) -> None:
    assert next_version(version, severity) == expected  # type: ignore[arg-type]


def test_places_are_read_from_the_output_of_every_tool() -> None:
    output = """\
overlays/apipay/a.py:12: error: Name "x" is not defined  [name-defined]
overlays/apipay/a.py:12: note: this is not an error
  overlays/apipay/b.py:3:9 - error: "y" is unknown (reportUnknown)
FAILED tests/c.py::test_d[a - b] - assert 1 == 2
ERROR tests/e.py
FAILED tests/c.py::test_d[a - b] - assert 1 == 2
Found 1 error in 1 file
"""
    assert misfits(output) == [
        'overlays/apipay/a.py:12: Name "x" is not defined  [name-defined]',
        'overlays/apipay/b.py:3: "y" is unknown (reportUnknown)',
        "tests/c.py::test_d[a - b] - assert 1 == 2",
        "tests/e.py",
    ]


def test_the_command(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = str(written(root, WITH_SIZE))
    check = f"{sys.executable} -c 'import sys; sys.exit(3)'"
    assert main(["update", spec, "--root", str(root), "--check", check]) == 1
    assert "error: 1 of the checks failed" in capsys.readouterr().err
    check = f"{sys.executable} -c 'pass'"
    assert main(["update", spec, "--root", str(root), "--check", check]) == 0
    assert "are updated from" in capsys.readouterr().out
    assert main(["update", spec, "--root", str(root), "--check", check]) == 0
    assert "No changes." in capsys.readouterr().out
