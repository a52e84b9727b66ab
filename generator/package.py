"""Building a package beside the old one and swapping the two, and comparing one with its spec."""

import keyword
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .render import render

#: Stands in the `__init__.py` of a generated package; a folder without it is not ours to replace.
_MARK = "Do not edit: change the document and generate again."


class OutputError(Exception):
    """The package cannot be written where it should be; the message says why and what to do."""


def generate(document: dict[str, Any], out: Path) -> None:
    """Replace the package in `out` by the one that the document gives, or leave it untouched.

    Raises:
        SpecError: the document cannot become a client.
        OutputError: `out` cannot be written, or is not a generated package.
    """
    out = _checked(out)
    try:
        # Beside `out`, so that the swap is a rename within one file system.
        out.parent.mkdir(parents=True, exist_ok=True)
        with _built(document, out.name, out.parent) as fresh:
            if not out.exists():
                fresh.rename(out)
                return
            old = fresh.with_name(".old")
            out.rename(old)
            try:
                fresh.rename(out)
            except OSError:
                old.rename(out)
                raise
    except OSError as error:
        raise _unwritable(out, error) from error


def differences(document: dict[str, Any], out: Path) -> list[str]:
    """What differs between the package in `out` and the one that the document gives, a line each.

    Raises:
        SpecError, OutputError: as `generate`.
    """
    out = _checked(out)
    try:
        with _built(document, out.name, None) as fresh:
            wanted, found = _files(fresh), _files(out)
    except OSError as error:
        raise _unwritable(out, error) from error
    lines = [f"{path} is missing" for path in sorted(wanted.keys() - found.keys())]
    lines += [f"{path} is not generated" for path in sorted(found.keys() - wanted.keys())]
    lines += [
        f"{path} differs"
        for path in sorted(wanted.keys() & found.keys())
        if wanted[path] != found[path]
    ]
    return lines


def _checked(out: Path) -> Path:
    out = out.resolve()
    if not out.name.isidentifier() or keyword.iskeyword(out.name):
        raise OutputError(f"{out.name!r} is not a name that Python can import. Rename --out.")
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out} is a file. Give --out a folder.")
    if out.exists() and any(out.iterdir()):
        init = out / "__init__.py"
        if not init.is_file() or _MARK not in init.read_text("utf-8", errors="replace"):
            raise OutputError(
                f"{out} is a folder with other files in it. Give --out a new folder or one that "
                "this generator made."
            )
    return out


def _unwritable(out: Path, error: OSError) -> OutputError:
    reason = error.strerror or type(error).__name__
    return OutputError(f"{out} cannot be written ({reason}). Nothing there has changed.")


@contextmanager
def _built(document: dict[str, Any], name: str, beside: Path | None) -> Generator[Path]:
    with tempfile.TemporaryDirectory(prefix=".generate-", dir=beside) as folder:
        fresh = Path(folder) / name
        render(document, fresh, name)
        yield fresh


def _files(folder: Path) -> dict[str, bytes]:
    if not folder.exists():
        return {}
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
