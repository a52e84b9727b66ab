"""Holds the repair of references that the parser cannot follow.

It follows `#/components/<section>/<name>` and nothing else. A reference that reaches deeper is
legal OpenAPI; a whole path item or parameter is written out in its place, a schema gets a name (or
its plain type) through `DeepReferences`.
"""

from copy import deepcopy
from typing import Any, Final

from ..document import (
    Kind,
    Node,
    is_mapping,
    is_reference,
    locate,
    resolve,
    walk,
)
from ..problems import SpecError, short
from . import Report
from .inline import name_inline_schemas

# Where the parser looks for what a reference of each kind names. It follows no other kind.
_SECTIONS: Final[dict[Kind, str]] = {
    "schema": "/components/schemas/",
    "parameter": "/components/parameters/",
    "request body": "/components/requestBodies/",
    "response": "/components/responses/",
}


def write_out_references(document: dict[str, Any], report: Report) -> None:
    """Write out path items, parameters, bodies and responses that a deep reference names."""
    # Path items first: what is written out can hold references of the other kinds.
    for kinds in (("path item",), ("parameter", "request body", "response")):
        for node in [found for found in walk(document) if found.kind in kinds]:
            # Callbacks hold path items too, but no client is made for them.
            if is_reference(node.value) and "/callbacks/" not in node.pointer:
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
    replacement = deepcopy(resolve(document, reference, at=node.pointer + "/$ref"))
    node.value.clear()
    node.value.update(replacement)
    report(
        node.pointer,
        f"the reference {short(reference)!r} is not one that the generator can follow",
        "what it refers to is written out here",
    )


class DeepReferences:
    """References to schemas inside others, kept right while the document is taken apart.

    Each such reference, and the schema it means, is marked with a number; `settle` turns the marks
    into references to named schemas.
    """

    _MARK: Final = "x-referred-to"
    _ROUNDS: Final = 5

    def __init__(self, document: dict[str, Any]) -> None:
        """Mark each such reference of `document`, and what it means."""
        self._document = document
        self._texts: list[str] = []
        deep = [
            (node.value, locate(document, node.value["$ref"], at=f"{node.pointer}/$ref")[1])
            for node in walk(document)
            if node.kind == "schema"
            and is_reference(node.value)
            and not _is_entry(node.value["$ref"], _SECTIONS["schema"])
        ]
        for number, (value, target) in enumerate(deep):
            self._texts.append(value["$ref"])
            value["$ref"] = f"#/{self._MARK}/{target.setdefault(self._MARK, number)}/{number}"

    def settle(self, report: Report) -> None:
        """Give all inline schemas their names and let the marked references use them."""
        targets: dict[int, tuple[str, dict[str, Any]]] = {}
        for node in walk(self._document):
            if node.kind == "schema" and self._MARK in node.value:
                # What was written out elsewhere has the same mark; the first place counts.
                targets.setdefault(node.value.pop(self._MARK), (node.pointer, node.value))
        moved = name_inline_schemas(self._document, report)
        # What takes the place of one reference can hold others; only a circle has no end.
        for _ in range(self._ROUNDS):
            waiting = self._marked()
            for node, target_number, text in waiting:
                if target_number not in targets:
                    raise _lost(node, text)
                place, target = targets[target_number]
                replacement = deepcopy(moved.get(place, target))
                node.value.clear()
                node.value.update(replacement)
                done = "it now refers to the schema itself"
                if not is_reference(replacement):
                    done = "the schema it refers to stands here now"
                report(node.pointer, f"the reference {short(text)!r} reaches into a schema", done)
            if not waiting:
                return
        for node, _, text in self._marked():
            raise _lost(node, text)

    def _marked(self) -> list[tuple[Node, int, str]]:
        start = f"#/{self._MARK}/"
        found: list[tuple[Node, int, str]] = []
        for node in walk(self._document):
            if is_reference(node.value) and node.value["$ref"].startswith(start):
                target, text = node.value["$ref"].removeprefix(start).split("/")
                found.append((node, int(target), self._texts[int(text)]))
        return found


def _lost(node: Node, text: str) -> SpecError:
    return SpecError(
        f"the reference {short(text)!r} reaches into a schema in a way that cannot be kept",
        pointer=node.pointer,
        remedy="Move what it refers to to components.schemas",
    )


def _is_entry(reference: str, section: str) -> bool:
    name = reference.removeprefix("#" + section)
    return name != reference and "/" not in name and "%" not in name and "~" not in name


def check_kinds(document: dict[str, Any]) -> None:
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
            remedy=f"Move what is meant to {section} and refer to it there",
        )
