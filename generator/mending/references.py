"""Holds the repair of references that the parser cannot follow.

It follows `#/components/<section>/<name>` and nothing else. A reference that reaches deeper is
legal OpenAPI; a whole path item or parameter is written out in its place, a schema gets a name (or
its plain type) through `name_schemas`.
"""

from copy import deepcopy
from typing import Any, Final

from generator.document import (
    Kind,
    Node,
    check_references,
    is_mapping,
    is_reference,
    locate,
    walk,
)
from generator.mending import Report
from generator.mending.inline import name_inline_schemas
from generator.problems import SpecError, short

# Where the parser looks for what a reference of each kind names. It follows no other kind.
_SECTIONS: Final[dict[Kind, str]] = {
    "schema": "/components/schemas/",
    "parameter": "/components/parameters/",
    "request body": "/components/requestBodies/",
    "response": "/components/responses/",
}


def mend_references(document: dict[str, Any], report: Report) -> None:
    """Write out path items, parameters, bodies and responses that a deep reference names."""
    check_references(document)
    _check_kinds(document)
    # Path items first: what is written out can hold references of the other kinds.
    for kinds in (("path item",), ("parameter", "request body", "response")):
        for node in [found for found in walk(document) if found.kind in kinds]:
            # Callbacks hold path items too, but no client is made for them.
            if is_reference(node.value) and node.pointer.startswith(("/paths/", "/components/")):
                _write_out(document, node, report)


def _write_out(document: dict[str, Any], node: Node, report: Report) -> None:
    reference: str = node.value["$ref"]
    section = _SECTIONS.get(node.kind)
    if section and _is_entry(reference, section):
        # An entry that is itself a reference cannot be read, so it is written out as well; what
        # refers to it stays.
        if not node.pointer.startswith(section):
            return
        if node.kind == "request body":
            return
    if "/callbacks/" in node.pointer:
        return
    _, target = locate(document, reference, at=node.pointer + "/$ref")
    replacement = deepcopy(target)
    node.value.clear()
    node.value.update(replacement)
    report(
        node.pointer,
        f"the reference {short(reference)!r} is not one that the generator can follow",
        "what it refers to is written out here",
    )


def name_schemas(document: dict[str, Any], report: Report) -> None:
    """Give names to inline schemas, and let deep references use those names."""
    deep: list[tuple[Node, str, dict[str, Any]]] = []
    for node in _deep_references(document):
        place, target = locate(document, node.value["$ref"], at=f"{node.pointer}/$ref")
        deep.append((node, place, target))
    moved = name_inline_schemas(document, report)
    for node, place, target in deep:
        reference = node.value["$ref"]
        replacement = deepcopy(moved.get(place, target))
        node.value.clear()
        node.value.update(replacement)
        done = "it now refers to the schema itself"
        if not is_reference(replacement):
            done = "the schema it refers to stands here now"
        report(node.pointer, f"the reference {short(reference)!r} reaches into a schema", done)
    if deep:
        # What was written out can hold schemas with no name again.
        name_inline_schemas(document, report)
        _refuse_deep(document)


def _deep_references(document: dict[str, Any]) -> list[Node]:
    return [
        node
        for node in walk(document)
        if node.kind == "schema"
        and is_reference(node.value)
        and not _is_entry(node.value["$ref"], _SECTIONS["schema"])
    ]


def _refuse_deep(document: dict[str, Any]) -> None:
    for node in _deep_references(document):
        raise SpecError(
            f"the reference {short(node.value['$ref'])!r} reaches into a schema that holds itself",
            pointer=node.pointer,
            mend="Move what it refers to to components.schemas",
        )


def _is_entry(reference: str, section: str) -> bool:
    name = reference.removeprefix("#" + section)
    return name != reference and "/" not in name and "%" not in name and "~" not in name


def _check_kinds(document: dict[str, Any]) -> None:
    """Refuse references to another kind of thing than what must stand there."""
    kinds = {node.pointer: node.kind for node in walk(document)}
    for node in walk(document):
        if not is_reference(node.value) or node.kind not in (*_SECTIONS, "path item"):
            continue
        reference: str = node.value["$ref"]
        place, target = locate(document, reference, at=node.pointer + "/$ref")
        kind = kinds.get(place)
        if kind == node.kind and is_mapping(target):
            continue
        found = f"a {kind}" if kind else "a place that OpenAPI gives no meaning"
        section = _SECTIONS.get(node.kind, "/paths/").strip("/").replace("/", ".")
        raise SpecError(
            f"the reference {short(reference)!r} leads to {found}, where a {node.kind} is needed",
            pointer=node.pointer + "/$ref",
            mend=f"Move what is meant to {section} and refer to it there",
        )
