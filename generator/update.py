"""Takes over a new spec: regenerates the client, checks all code against it, and says what changes.

Everything happens in a copy of the tree. The spec and the client of the tree itself are replaced
at the end, together, and only if every check passed.
"""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import griffe

from .changes import Change, Severity, compare, render
from .document import load, validate
from .package import generate
from .problems import SpecError
from .repair import repair

Command = Sequence[str]

#: What the code must pass with the new client: types, then tests.
CHECKS: Final[tuple[Command, ...]] = (
    (sys.executable, "-m", "mypy"),
    (sys.executable, "-m", "pyright"),
    (sys.executable, "-m", "pytest", "-q", "-n", "auto"),
)
_SPEC: Final = "openapi.yaml"
_CLIENT: Final = "apipay_client"
_PACKAGES: Final = ("apipay", _CLIENT)
_LEFT_OUT: Final = (".git", ".venv", ".*_cache", "__pycache__", ".hypothesis", "build", "dist")


class UpdateError(Exception):
    """The new spec was not taken over, and the tree is as it was; the message says why."""


def update(
    spec: Path,
    root: Path,
    *,
    checks: Iterable[Command] = CHECKS,
    say: Callable[[str], None] = lambda _: None,
) -> None:
    """Replace openapi.yaml and apipay_client/ in `root` by a new spec and its client.

    Args:
        spec: the new spec.
        root: the repository.
        checks: commands that must succeed in a copy of the repository with the new client.
        say: receives the report, part by part, in Markdown.

    Raises:
        SpecError: the new spec, or the old one, cannot be used.
        UpdateError: it has defects, a check failed, or the old one was edited meanwhile.
    """
    old, new = _document(root / _SPEC), _document(spec)
    before = (root / _SPEC).read_bytes()
    changes = compare(old, new)
    say(f"## Changes of the API\n\n{render(changes)}")
    # In the tree's own file system, so that the swap is two renames.
    with tempfile.TemporaryDirectory(prefix=".update-", dir=root) as folder:
        copy = Path(folder) / "copy"
        ignored = shutil.ignore_patterns(*_LEFT_OUT, ".update-*")
        shutil.copytree(root, copy, symlinks=True, ignore=ignored)
        if (root / ".venv").exists():
            (copy / ".venv").symlink_to((root / ".venv").resolve())
        shutil.copyfile(spec, copy / _SPEC)
        generate(new, copy / _CLIENT)
        _check(copy, checks, say)
        release = _last_release(root)
        broken = _broken_names(_released(root, release, Path(folder) / "release"), copy)
        say(_api_report(release, broken))
        say(_proposal(root, release, changes, broken))
        if (root / _SPEC).read_bytes() != before:
            raise UpdateError(f"{_SPEC} was edited during the update. Run the update again.")
        _swap(root, copy, Path(folder) / "old")
    say(f"{_SPEC} and {_CLIENT}/ are updated from {spec}.")


def next_version(version: str, severity: Severity) -> str:
    """Return the version after `version` for a change of this severity.

    Before 1.0 a breaking change raises the minor version, and all others the patch.
    """
    major, minor, patch = (int(part) for part in re.findall(r"\d+", version)[:3])
    if severity == "breaking" and major > 0:
        return f"{major + 1}.0.0"
    if severity == "breaking" or (severity == "additive" and major > 0):
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}"


def misfits(output: str) -> list[str]:
    """Return the places that the output of mypy, pyright or pytest complains about."""
    found = re.findall(
        r"^\s*(\S+\.pyi?:\d+)(?::\d+)?(?: -|:) error(: .*)$|^(?:FAILED|ERROR) (\S+\.py.*)$",
        output,
        re.MULTILINE,
    )
    return list(dict.fromkeys("".join(parts) for parts in found))


def _document(path: Path) -> dict[str, Any]:
    document, repairs = repair(load(path))
    if repairs:
        listed = "".join(f"\n- {it}" for it in repairs)
        raise UpdateError(f"{path} has defects. Correct them in the file first:{listed}")
    try:
        validate(document)
    except SpecError as error:
        error.file = path
        raise
    return document


def _check(copy: Path, checks: Iterable[Command], say: Callable[[str], None]) -> None:
    # The virtual environment may have the tree itself installed: the copy comes first.
    paths = [str(copy / "overlays"), str(copy), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    failed: list[str] = []
    for command in checks:
        done = subprocess.run(
            command,
            cwd=copy,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            output = done.stdout.replace(f"{copy}{os.sep}", "")
            places = misfits(output) or output.strip().splitlines()[-20:]
            failed.append(" ".join(command))
            listed = "".join(f"- {place}\n" for place in places)
            say(f"## What no longer fits: {' '.join(command)}\n\n{listed}")
    if failed:
        raise UpdateError(
            f"{len(failed)} of the checks failed with the new client. Nothing was changed: adapt "
            "the code named above, then run the update again."
        )


def _last_release(root: Path) -> str | None:
    """Return the newest tag, HEAD where there is none, None outside of a repository of git."""
    if not (root / ".git").exists():
        return None
    tag = _git(root, "describe", "--tags", "--abbrev=0")
    return tag.decode().strip() if tag else "HEAD"


def _git(root: Path, *arguments: str) -> bytes:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, capture_output=True, check=False).stdout


def _released(root: Path, release: str | None, folder: Path) -> Path:
    """Return a folder with the packages of the last release."""
    if release is None:
        return root
    archive = _git(root, "archive", release)
    if not archive:
        raise UpdateError(f"{release} cannot be read from git. Nothing was changed.")
    with tarfile.open(fileobj=BytesIO(archive)) as tar:
        tar.extractall(folder, filter="data")
    return folder


def _broken_names(old: Path, new: Path) -> list[str]:
    """Return what griffe finds broken in the Python API."""
    found: list[str] = []
    for package in _PACKAGES:
        pair = [_python_api(package, root) for root in (old, new)]
        if pair[0] is None or pair[1] is None:
            continue
        for breakage in griffe.find_breaking_changes(pair[0], pair[1]):
            text = breakage.explain(griffe.ExplanationStyle.MARKDOWN).strip().removeprefix("- ")
            found.append(f"`{breakage.obj.module.path}`: {' '.join(text.split())}")
    return list(dict.fromkeys(found))


def _python_api(package: str, root: Path) -> Any:
    folders = [folder for folder in (root / "overlays", root) if (folder / package).is_dir()]
    if not folders:
        return None
    return griffe.load(
        package,
        search_paths=folders,
        try_relative_path=False,
        allow_inspection=False,
        resolve_aliases=True,
        resolve_external=False,
    )


def _api_report(release: str | None, broken: list[str]) -> str:
    listed = "".join(f"- {text}\n" for text in broken) or "Nothing that breaks.\n"
    return f"## Changes of the Python API since {release or 'the present tree'}\n\n{listed}"


def _proposal(root: Path, release: str | None, changes: list[Change], broken: list[str]) -> str:
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    tagged = release is not None and re.search(r"\d+\.\d+\.\d+", release)
    current = tagged.group() if tagged else str(project["version"])
    severity: Severity = "breaking" if broken else changes[0].severity if changes else "cosmetic"
    version = next_version(current, severity)
    parts = [render(changes, ids=False)] if changes else []
    if broken:
        parts.append("### Python API\n\n" + "".join(f"- {text}\n" for text in broken))
    section = "\n".join(parts) or "No changes.\n"
    return (
        f"## Proposed version: {version}\n\n"
        f"The version was {current}, and the worst change is {severity}. For CHANGELOG.md:\n\n"
        f"## {version} (unreleased)\n\n{section}"
    )


def _swap(root: Path, copy: Path, kept: Path) -> None:
    """Put the spec and the client of the copy in place of those of the tree, or neither."""
    kept.mkdir()
    try:
        for name in (_SPEC, _CLIENT):
            if (root / name).exists():
                (root / name).rename(kept / name)
            (copy / name).rename(root / name)
    except BaseException:
        for name in (_SPEC, _CLIENT):
            if (kept / name).exists():
                if (root / name).exists():
                    (root / name).rename(copy / name)
                (kept / name).rename(root / name)
        raise
