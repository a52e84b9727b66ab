"""Holds `repair`: what is repaired in a spec without guessing at its meaning, each remedy reported.

The steps run in one fixed order, each on what the earlier ones left. What is missing but
sure is filled in: a response's description is empty, a path parameter is a required text, a
document with no `info` gets the title "API" and the version "0.0.0", which only label the client.
What would need a guess is refused: an operation without responses, a path parameter that the path
does not have, two different parameters of the same name.
"""

from dataclasses import dataclass
from typing import Any, Final

from .document import (
    OperationNode,
    check_references,
    is_list,
    is_mapping,
    operations,
)
from .problems import SpecError, pointer, short
from .reading import plain
from .repairs import Report, Step
from .repairs.names import module_key, operation_id, tag
from .repairs.operations import fix_parameters, fix_paths, fix_responses
from .repairs.references import DeepReferences, check_kinds, write_out_references
from .repairs.schemas import SCHEMA_STEPS


@dataclass(frozen=True, slots=True)
class Repair:
    """One remedy: where, what was wrong there, and what was done.

    `pointer` is the place in the document as it was given, save below a path that itself had to be
    corrected.
    """

    pointer: str
    defect: str
    done: str

    def __str__(self) -> str:
        """One line: the place, the defect, what was done."""
        return f"{self.pointer or '/'}: {self.defect}; {self.done}"


def repair(document: dict[str, Any]) -> tuple[dict[str, Any], list[Repair]]:
    """Give a repaired copy of `document` and what was repaired, in order.

    The input is not touched. The same input gives the same output, and a repaired document needs
    no repair. A document without defects comes back equal, with an empty list.

    Raises:
        SpecError: what cannot be repaired without guessing, with its place and the remedy.
    """
    repaired: dict[str, Any] = plain(document)
    repairs: list[Repair] = []

    def report(place: str, defect: str, done: str) -> None:
        repairs.append(Repair(place, defect, done))

    _text_keys(repaired, report)
    _head(repaired, report)
    check_references(repaired)
    check_kinds(repaired)
    # From here to `settle` nothing may be found by its old place: the steps between move things.
    deep = DeepReferences(repaired)
    write_out_references(repaired, report)
    for step in _STEPS:
        step(repaired, report)
    deep.settle(report)
    return repaired, repairs


def _text_keys(document: dict[str, Any], report: Report) -> None:
    """Make texts of the keys that YAML read as numbers, mostly status codes."""

    def visit(value: object, place: str) -> None:
        if is_mapping(value):
            keys: list[object] = list(value)
            if any(not isinstance(key, str) for key in keys):
                _retext(value, place, report)
            for key, member in value.items():
                visit(member, place + pointer(key))
        elif is_list(value):
            for index, item in enumerate(value):
                visit(item, place + pointer(index))

    visit(document, "")


def _retext(mapping: dict[Any, Any], place: str, report: Report) -> None:
    entries = list(mapping.items())
    mapping.clear()
    for key, value in entries:
        text = key
        if isinstance(key, int) and not isinstance(key, bool):
            text = str(key)
        elif isinstance(key, float) and key.is_integer() and 100 <= key <= 599:
            text = str(int(key))
        elif not isinstance(key, str):
            raise SpecError(
                f"the key {short(key)} was not read as a text",
                pointer=place + pointer(short(key)),
                remedy="Put the key in quotes",
            )
        if text in mapping:
            raise SpecError(
                f"the key {short(text)!r} stands twice, with and without quotes",
                pointer=place + pointer(text),
                remedy="Remove one of the two",
            )
        if text is not key:
            report(place + pointer(key), "the key is a number", f'it is now the text "{text}"')
        mapping[text] = value


def _head(document: dict[str, Any], report: Report) -> None:
    """Complete `openapi`, `info` and `paths` at the top."""
    version = document.get("openapi")
    if str(version) == "3.0":
        document["openapi"] = "3.0.3"
        report("/openapi", f"{version} is not a full version", "it is now 3.0.3")
    if document.get("info") is None:
        document["info"] = {"title": "API", "version": "0.0.0"}
        report("/info", "it is missing", 'it was added: title "API", version "0.0.0"')
    info = document["info"]
    for key, value in (("title", "API"), ("version", "0.0.0")) if is_mapping(info) else ():
        given = info.get(key)
        if given is None:
            info[key] = value
            report(f"/info/{key}", "it is missing", f'it is now "{value}"')
        elif isinstance(given, int | float) and not isinstance(given, bool):
            info[key] = str(given)
            report(f"/info/{key}", "it is a number", f'it is now the text "{given}"')
    if document.get("paths") is None:
        document["paths"] = {}
        report("/paths", "it is missing", "it was added, empty")


def _ids_and_tags(document: dict[str, Any], report: Report) -> None:
    """Give each operation an id of its own and a tag."""
    nodes = list(operations(document))
    taken: set[str] = set()
    unnamed: list[tuple[OperationNode, str]] = []
    for node in nodes:
        given = node.operation.get("operationId")
        key = module_key(given) if isinstance(given, str) else ""
        if given is not None and not isinstance(given, str):
            continue  # validation refuses it
        if key and key not in taken:
            taken.add(key)
        elif key:
            unnamed.append((node, f"the operationId {short(given)!r} was used before"))
        else:
            unnamed.append((node, "it has no operationId"))
    for node, defect in unnamed:
        base = name = operation_id(node.method, node.path)
        number = 2
        while module_key(name) in taken:
            name = f"{base}{number}"
            number += 1
        taken.add(module_key(name))
        node.operation["operationId"] = name
        report(node.pointer, defect, f"its operationId is now {name}")
    spelled = _tags_by_key(document, nodes)
    for node in nodes:
        tags = node.operation.get("tags")
        if isinstance(tags, str) and tags:
            node.operation["tags"] = [tags]
            report(f"{node.pointer}/tags", "it is a text, not a list", f"it is now [{short(tags)}]")
        elif not tags:
            name = tag(node.path)
            # A tag that is there already, perhaps in other letters, is meant.
            name = spelled.setdefault(module_key(name), name)
            node.operation["tags"] = [name]
            report(node.pointer, "it has no tag", f"its tag is now {name!r}")


def _tags_by_key(document: dict[str, Any], nodes: list[OperationNode]) -> dict[str, str]:
    declared = document.get("tags")
    names: list[Any] = [
        entry.get("name") for entry in (declared if is_list(declared) else []) if is_mapping(entry)
    ]
    for node in nodes:
        tags = node.operation.get("tags")
        names += tags if is_list(tags) else [tags]
    spelled: dict[str, str] = {}
    for name in names:
        if isinstance(name, str) and name:
            spelled.setdefault(module_key(name), name)
    return spelled


_STEPS: Final[tuple[Step, ...]] = (
    fix_paths,
    fix_parameters,
    fix_responses,
    *SCHEMA_STEPS,
    _ids_and_tags,
)
