"""Build a package next to the old one and swap the two, or compare a package with its spec."""

import keyword
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .render import render

#: A line of the `__init__.py` of a generated package. A folder without it is not replaced.
_MARK = "Do not edit: change the document and generate again."


class OutputError(Exception):
    """The package cannot be written to its folder."""


def generate(document: dict[str, Any], out: Path) -> None:
    """Replace the package in `out` with the one of the document, or leave it unchanged.

    Raises:
        SpecError: The document cannot become a client.
        OutputError: `out` cannot be written, or is not a generated package.
    """
    out = _checked(out)
    try:
        # Next to `out`, so that the swap is a rename within one file system.
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
    """Return the differences between the package in `out` and that of the document, one a line.

    Raises:
        SpecError, OutputError: See `generate`.
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
def _built(document: dict[str, Any], name: str, folder: Path | None) -> Generator[Path]:
    with tempfile.TemporaryDirectory(prefix=".generate-", dir=folder) as temporary:
        fresh = Path(temporary) / name
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
