"""Holds the structure of an OpenAPI 3.0 document: which part is what, and how to walk them.

What stands in examples, defaults, enums and `x-` extensions is data, not structure: it is never
walked.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, TypeGuard

from .problems import pointer
from .reading import is_list, is_mapping

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

Kind = Literal[
    "document",
    "components",
    "path item",
    "operation",
    "parameter",
    "request body",
    "responses",
    "response",
    "header",
    "media type",
    "encoding",
    "schema",
    "example",
    "link",
    "callback",
    "security scheme",
]
_Shape = Literal["one", "list", "map"]

_CONTENT: Final[dict[str, tuple[_Shape, Kind]]] = {
    "schema": ("one", "schema"),
    "content": ("map", "media type"),
    "examples": ("map", "example"),
}

# Where each kind of object holds which others (OpenAPI 3.0.3, chapter "Schema").
_PARTS: Final[dict[Kind, dict[str, tuple[_Shape, Kind]]]] = {
    "document": {"paths": ("map", "path item"), "components": ("one", "components")},
    "components": {
        "schemas": ("map", "schema"),
        "responses": ("map", "response"),
        "parameters": ("map", "parameter"),
        "examples": ("map", "example"),
        "requestBodies": ("map", "request body"),
        "headers": ("map", "header"),
        "securitySchemes": ("map", "security scheme"),
        "links": ("map", "link"),
        "callbacks": ("map", "callback"),
    },
    "path item": {
        "parameters": ("list", "parameter"),
        **dict.fromkeys(METHODS, ("one", "operation")),
    },
    "operation": {
        "parameters": ("list", "parameter"),
        "requestBody": ("one", "request body"),
        "responses": ("one", "responses"),
        "callbacks": ("map", "callback"),
    },
    "parameter": _CONTENT,
    "header": _CONTENT,
    "request body": {"content": ("map", "media type")},
    "response": {
        "headers": ("map", "header"),
        "content": ("map", "media type"),
        "links": ("map", "link"),
    },
    "media type": {
        "schema": ("one", "schema"),
        "examples": ("map", "example"),
        "encoding": ("map", "encoding"),
    },
    "encoding": {"headers": ("map", "header")},
    "schema": {
        "properties": ("map", "schema"),
        "items": ("one", "schema"),
        "additionalProperties": ("one", "schema"),
        "allOf": ("list", "schema"),
        "anyOf": ("list", "schema"),
        "oneOf": ("list", "schema"),
        "not": ("one", "schema"),
    },
}
# Objects whose every key (but `x-`) names an object of this kind.
_MAPS: Final[dict[Kind, Kind]] = {"responses": "response", "callback": "path item"}


@dataclass(frozen=True, slots=True)
class Node:
    """One object of the document: where it stands, what it is, and the object itself (live)."""

    pointer: str
    kind: Kind
    value: dict[str, Any]


class OperationNode(NamedTuple):
    """One operation; `method` is lower-case as in the document, `operation` is live."""

    path: str
    method: str
    operation: dict[str, Any]
    pointer: str


def is_reference(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether `value` is a reference object, that is, a mapping with a text under `$ref`."""
    return is_mapping(value) and isinstance(value.get("$ref"), str)


def walk(value: Any, kind: Kind = "document", at: str = "") -> Iterator[Node]:
    """Give each object of the document (or of the part `value` of this `kind`), outer ones first.

    A reference object is given as it is, not followed. Parts that are not of the right shape are
    passed over: `validate` is there to tell.
    """
    waiting: list[tuple[str, Kind, Any]] = [(at, kind, value)]
    while waiting:
        place, what, found = waiting.pop()
        if not is_mapping(found):
            continue
        yield Node(place, what, found)
        if not is_reference(found):
            waiting += reversed(list(_parts(found, what, place)))


def _parts(value: dict[str, Any], kind: Kind, place: str) -> Iterator[tuple[str, Kind, Any]]:
    if kind in _MAPS:
        for key in value:
            if not str(key).startswith("x-"):
                yield place + pointer(key), _MAPS[kind], value[key]
        return
    table = _PARTS.get(kind, {})
    for key, held in value.items():
        if key not in table:
            continue
        shape, part_kind = table[key]
        inside = place + pointer(key)
        if shape == "one":
            yield inside, part_kind, held
        elif shape == "list" and is_list(held):
            for index, item in enumerate(held):
                yield inside + pointer(index), part_kind, item
        elif shape == "map" and is_mapping(held):
            for name, item in held.items():
                # Under `paths` alone can `x-` keys be extensions: elsewhere they are names.
                if not (part_kind == "path item" and str(name).startswith("x-")):
                    yield inside + pointer(name), part_kind, item


def operations(document: dict[str, Any]) -> Iterator[OperationNode]:
    """Give the operations under `paths`, in the order in which the document has them."""
    paths = document.get("paths")
    for path, item in (paths if is_mapping(paths) else {}).items():
        if not is_mapping(item) or str(path).startswith("x-"):
            continue
        for method, operation in item.items():
            if method in METHODS and is_mapping(operation):
                yield OperationNode(path, method, operation, pointer("paths", path, method))
