"""The command line: `python -m generator generate`, `changes` and `update`."""

import argparse
import shlex
import sys
from pathlib import Path
from typing import Any

from .changes import SEVERITIES, compare, render_json
from .changes import render as render_changes
from .document import check_version, load, validate
from .package import OutputError, differences, generate
from .problems import SpecError
from .reading import read
from .repair import Repair, repair
from .unsupported import examine
from .update import CHECKS, UpdateError, update


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status: 0 done, 1 refused or not current."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except SpecError as error:
        if error.file is None:
            error.file = options.spec
        print(f"error: {error}", file=sys.stderr)
        return 1
    except (OutputError, UpdateError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return status


def _generate(options: argparse.Namespace) -> int:
    try:
        return _generated(options, *repair(load(options.spec)))
    except SpecError:
        document = read(options.spec)
        check_version(document)
        found = examine(document)
    for problem in found.problems:
        problem.file = options.spec
        label = "unsupported" if options.skip_unsupported else "error"
        print(f"{label}: {problem}", file=sys.stderr)
    if not options.skip_unsupported:
        if len(found.problems) > 1:
            names = ", ".join(name for name, _ in found.skipped) or "none"
            print(
                f"error: {len(found.problems)} problems. --skip-unsupported would leave out these"
                f" operations: {names}.",
                file=sys.stderr,
            )
        return 1
    for name, place in found.skipped:
        print(f"skipped: {name} ({place})", file=sys.stderr)
    return _generated(options, found.document, found.repairs)


def _generated(options: argparse.Namespace, document: dict[str, Any], repairs: list[Repair]) -> int:
    for done in repairs:
        print(f"{'defect' if options.strict else 'repaired'}: {done}", file=sys.stderr)
    if repairs and options.strict:
        print(
            f"error: {options.spec} has {len(repairs)} defects and --strict repairs none. "
            "Fix them in the file.",
            file=sys.stderr,
        )
        return 1
    validate(document)
    if options.check:
        lines = differences(document, options.out)
        for line in lines:
            print(f"{options.out}: {line}", file=sys.stderr)
        if lines:
            print(
                f"error: {options.out} is not what {options.spec} gives. "
                "Run the same command without --check.",
                file=sys.stderr,
            )
        return 1 if lines else 0
    generate(document, options.out)
    print(f"{options.out} is generated from {options.spec}.")
    return 0


def _changes(options: argparse.Namespace) -> int:
    old, new = (_repaired(path, options) for path in (options.old, options.new))
    found = compare(old, new)
    print((render_json if options.json else render_changes)(found), end="")
    failing = SEVERITIES[: SEVERITIES.index(options.fail_on) + 1] if options.fail_on else ()
    return 1 if any(change.severity in failing for change in found) else 0


def _update(options: argparse.Namespace) -> int:
    checks = [shlex.split(command) for command in options.check]
    update(options.spec, options.root, checks=checks or CHECKS, say=print)
    return 0


def _repaired(path: Path, options: argparse.Namespace) -> dict[str, Any]:
    options.spec = path  # what an error is about
    document, _ = repair(load(path))
    validate(document)
    return document


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m generator",
        description="Make a typed Python client from an OpenAPI 3.0 file.",
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    one = commands.add_parser("generate", help="write the client package of a spec")
    one.add_argument("--spec", type=Path, default=Path("openapi.yaml"), help="the OpenAPI file")
    one.add_argument("--out", type=Path, default=Path("apipay_client"), help="the package's folder")
    one.add_argument("--check", action="store_true", help="write nothing; fail if not current")
    one.add_argument("--strict", action="store_true", help="refuse a spec that needs a repair")
    one.add_argument(
        "--skip-unsupported",
        action="store_true",
        help="leave out the operations that cannot be generated",
    )
    one.set_defaults(run=_generate)

    two = commands.add_parser("changes", help="list what differs between two specs")
    two.add_argument("old", type=Path)
    two.add_argument("new", type=Path)
    two.add_argument("--json", action="store_true", help="write a JSON list instead of Markdown")
    two.add_argument(
        "--fail-on", choices=SEVERITIES, help="exit with 1 if a change is as severe as this"
    )
    two.set_defaults(run=_changes)

    three = commands.add_parser("update", help="take over a new spec, if all code fits it")
    three.add_argument("spec", type=Path, help="the new spec")
    three.add_argument("--root", type=Path, default=Path(), help="the repository")
    three.add_argument(
        "--check",
        action="append",
        default=[],
        metavar="COMMAND",
        help="run this instead of mypy, pyright and pytest; can be repeated",
    )
    three.set_defaults(run=_update)
    return parser


if __name__ == "__main__":
    sys.exit(main())
