"""Building a package beside the old one and swapping the two, and comparing a package with its spec."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .problems import SpecError
from .render import render

#: A generated package holds this file; a folder without it is not ours to replace.
_MARK = "operations.py"


def generate(document: dict[str, Any], out: Path) -> None:
    """Replace the package in `out` by the one that the document gives, or leave it untouched.

    Raises:
        SpecError: the document cannot become a client, or `out` is not a generated package.
    """
    out = out.resolve()
    if out.exists() and any(out.iterdir()) and not (out / _MARK).exists():
        raise SpecError(
            f"{out} is a folder with other files in it",
            mend="give --out a new folder or one that this generator made",
        )
    with _built(document, out) as fresh:
        if not out.exists():
            fresh.rename(out)
            return
        old = fresh.with_name("old")
        out.rename(old)
        try:
            fresh.rename(out)
        except OSError:
            old.rename(out)
            raise


def differences(document: dict[str, Any], out: Path) -> list[str]:
    """What differs between the package in `out` and the one that the document gives, a line each."""
    out = out.resolve()
    with _built(document, out) as fresh:
        wanted, found = _files(fresh), _files(out)
    lines = [f"{path} is missing" for path in sorted(wanted.keys() - found.keys())]
    lines += [f"{path} is not generated" for path in sorted(found.keys() - wanted.keys())]
    lines += [
        f"{path} differs"
        for path in sorted(wanted.keys() & found.keys())
        if wanted[path] != found[path]
    ]
    return lines


@contextmanager
def _built(document: dict[str, Any], out: Path) -> Iterator[Path]:
    # Beside `out`, so that the swap is a rename within one file system.
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".generate-", dir=out.parent) as folder:
        fresh = Path(folder) / out.name
        render(document, fresh, out.name)
        yield fresh


def _files(folder: Path) -> dict[str, bytes]:
    if not folder.exists():
        return {}
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
