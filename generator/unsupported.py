"""Find every part of a spec that cannot become a client, and remove the operations that use it."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from .document import operations, validate
from .problems import SpecError, pointer
from .reading import is_list, is_mapping
from .render import render
from .repair import Repair, repair


@dataclass(frozen=True, slots=True)
class Findings:
    """The result of `examine`.

    Attributes:
        document: the repaired document without the operations that cannot be generated.
        repairs: the repairs of that document.
        problems: every problem, in the order in which it was found.
        skipped: the removed operations, as (operationId or method and path, pointer).
    """

    document: dict[str, Any]
    repairs: list[Repair]
    problems: list[SpecError]
    skipped: list[tuple[str, str]]


def examine(document: dict[str, Any]) -> Findings:
    """Collect all problems of a document: remove what a problem affects, and try again.

    Args:
        document: as it was read, with a supported version. It is changed in place.

    Raises:
        SpecError: a problem that belongs to no operation and no component.
    """
    problems: list[SpecError] = []
    skipped: list[tuple[str, str]] = []

    def until_accepted(work: Callable[[], Any], tried: dict[str, Any]) -> Any:
        while True:
            try:
                return work()
            except SpecError as error:
                problems.extend((error, *error.others))
                removed = [_remove(tried, one.pointer) for one in (error, *error.others)]
                if all(found is None for found in removed):
                    raise
                skipped.extend(one for found in removed for one in found or [])

    repaired, repairs = until_accepted(lambda: repair(document), document)
    until_accepted(lambda: _generate(repaired), repaired)
    return Findings(repaired, repairs, problems, skipped)


def _generate(document: dict[str, Any]) -> None:
    validate(document)
    with tempfile.TemporaryDirectory() as folder:
        render(document, Path(folder) / "client", "client")


def _remove(document: dict[str, Any], place: str) -> list[tuple[str, str]] | None:
    """Remove what stands at a place and all that refers to it; None if that is not possible."""
    parts = place.split("/")[1:]
    if len(parts) < 2 or parts[0] not in ("paths", "components"):
        return None
    gone = {"/" + "/".join(parts[:3])}
    if parts[0] == "paths":
        nodes = [n for n in operations(document) if n.pointer == "/" + "/".join(parts[:3])]
        gone = {n.pointer for n in nodes} or {
            n.pointer for n in operations(document) if n.pointer.startswith(f"/paths/{parts[1]}/")
        }
    elif len(parts) < 3:
        return None
    holders = _references(document)
    waiting = list(gone)
    while waiting:
        target = waiting.pop()
        found = {holder for holder, targets in holders.items() if target in targets} - gone
        gone |= found
        waiting += found
    skipped = [
        (str(node.operation.get("operationId") or f"{node.method.upper()} {node.path}"), at)
        for node in operations(document)
        if (at := node.pointer) in gone
    ]
    removed = [_delete(document, at) for at in gone]
    if parts[0] == "paths" and not skipped:
        removed.append(_delete(document, "/" + "/".join(parts[:2])))
    return skipped if any(removed) else None


def _references(document: dict[str, Any]) -> dict[str, set[str]]:
    """Return what each operation and each component refers to, by JSON pointer."""
    holders: dict[str, Any] = {node.pointer: node.operation for node in operations(document)}
    components = document.get("components")
    for kind, entries in (components if is_mapping(components) else {}).items():
        for name, entry in (entries if is_mapping(entries) else {}).items():
            holders[pointer("components", kind, name)] = entry
    found = {place: _targets(value) for place, value in holders.items()}
    paths = document.get("paths")
    for path, item in (paths if is_mapping(paths) else {}).items():
        shared = _targets(item.get("parameters")) if is_mapping(item) else set[str]()
        for place in found:
            if shared and place.startswith(f"{pointer('paths', path)}/"):
                found[place] |= shared
    return found


def _targets(value: Any) -> set[str]:
    found: set[str] = set()
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if is_mapping(one):
            reference = one.get("$ref")
            if isinstance(reference, str) and reference.startswith("#/"):
                found.add("/" + "/".join(unquote(reference).split("/")[1:4]))
            waiting += one.values()
        elif is_list(one):
            waiting += one
    return found


def _delete(document: dict[str, Any], place: str) -> bool:
    *holders, last = [part.replace("~1", "/").replace("~0", "~") for part in place.split("/")[1:]]
    found: Any = document
    for key in holders:
        found = found.get(key) if is_mapping(found) else None
    if not is_mapping(found):
        return False
    present = [key for key in found if str(key) == last]
    for key in present:
        del found[key]
    if holders[0] == "paths" and len(holders) == 2 and not found:
        del document["paths"][holders[1]]
    return bool(present)
