"""What the parser does not read itself, rewritten so that it does; the meaning stays."""

import re
from copy import deepcopy
from typing import Any

from .decimals import NUMBER_FORMAT
from .document import Node, is_list, is_mapping, is_reference, locate, operations, pointer, walk
from .problems import SpecError
from .repairs.inline import is_enum

#: Media types of bodies that the generated client can send and read, the best first.
_MEDIA = (
    *("application/json", "application/x-www-form-urlencoded", "multipart/form-data"),
    *("application/octet-stream", "text/"),
)


def prepare(document: dict[str, Any]) -> dict[str, Any]:
    """A copy of a valid document, ready for openapi-python-client.

    - `security` at the root goes down to each operation that has none of its own: the parser reads
      it there only.
    - A decimal sent as a JSON number becomes a string of a format of its own, because the parser
      has one place for formats, and that one is for strings.
    - An `allOf` in which one part narrows a property of another (nullable to not nullable, say) is
      merged here: the parser refuses to merge them.
    - Titles go, because classes are called as their components are. Defaults go, because they say
      what the server assumes of a field that is not sent, and so it is not sent.
    - The same schema in several media types is one body: the client needs one way to send it.
    """
    prepared = deepcopy(document)
    for operation in operations(prepared):
        if "security" in prepared:
            operation.operation.setdefault("security", prepared["security"])
    # In full before the first change: the walk looks into what it gives.
    for node in list(walk(prepared)):
        if node.kind == "schema":
            _simplify(node)
        elif node.kind in ("request body", "response") and is_mapping(node.value.get("content")):
            content = _one_media_type_a_schema(node.value["content"])
            node.value["content"] = _as_bytes(content) if node.kind == "response" else content
    schemas: dict[str, Any] = prepared.get("components", {}).get("schemas", {})
    for name, schema in schemas.items():
        schemas[name] = _merged(schema, prepared, pointer("components", "schemas", name))
    return prepared


def _simplify(node: Node) -> None:
    schema = node.value
    # Properties next to alternatives are a matter of `repair`.
    if len([word for word in ("allOf", "anyOf", "oneOf") if word in schema]) > 1:
        raise SpecError(
            "of allOf, anyOf and oneOf in one schema, all but one would be lost",
            pointer=node.pointer,
            remedy="Let each alternative be a whole schema, which takes in the rest by allOf",
        )
    schema.pop("title", None)
    schema.pop("default", None)
    if "enum" in schema and not is_enum(schema):
        del schema["enum"]  # no class can hold floats, booleans or values of several types
    properties = schema.get("properties")
    required = schema.get("required")
    if is_mapping(properties) and is_list(required):
        # One class serves both directions, and each direction omits some of its properties.
        schema["required"] = [
            name
            for name in required
            if not {"readOnly", "writeOnly"} & _own(properties.get(name)).keys()
        ]
        if not schema["required"]:
            del schema["required"]
    if schema.get("type") == "number" and schema.get("format") == "decimal":
        schema["type"], schema["format"] = "string", NUMBER_FORMAT
        if isinstance(schema.get("x-decimals"), int):
            schema["multipleOf"] = 10.0 ** -schema["x-decimals"]


def _own(schema: Any) -> dict[str, Any]:
    return (
        {key: value for key, value in schema.items() if value is True} if is_mapping(schema) else {}
    )


_BYTES = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


def _as_bytes(content: dict[str, Any]) -> dict[str, Any]:
    """Return the content of a response; what the client cannot parse (PDF, PNG, XML) is bytes."""
    readable = {kind: media for kind, media in content.items() if _rank(kind) < len(_MEDIA)}
    if readable or not all(re.fullmatch(r"[\w.+*-]+/[\w.+*-]+( *;.*)?", kind) for kind in content):
        return readable or content
    return deepcopy(_BYTES) if content else content


def _one_media_type_a_schema(content: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for media_type in sorted(content, key=_rank):
        media = content[media_type]
        if not any(media.get("schema") == other.get("schema") for other in kept.values()):
            kept[media_type] = media
    return kept


def _rank(media_type: str) -> int:
    name = media_type.lower()
    if name.partition(";")[0].endswith("+json"):
        return 0
    return next((rank for rank, known in enumerate(_MEDIA) if name.startswith(known)), len(_MEDIA))


def _merged(schema: dict[str, Any], document: dict[str, Any], place: str) -> dict[str, Any]:
    """The schema with its `allOf` folded into it, where all parts are plain objects."""
    parts = [_part(part, document, place) for part in schema.get("allOf", [])]
    if len(parts) < 2:
        return schema
    for index, part in enumerate(parts):
        if not _is_plain_object(part):
            raise SpecError(
                "this part of an allOf is not a plain object, so the parts make no class",
                pointer=place + pointer("allOf", index),
                remedy="Write out the properties that it stands for",
            )
    merged: dict[str, Any] = {k: v for k, v in schema.items() if k != "allOf"}
    merged["type"] = "object"
    properties: dict[str, Any] = {}
    required: list[str] = []
    for part in [*parts, schema]:
        for name, prop in part.get("properties", {}).items():
            properties[name] = _narrowed(properties[name], prop) if name in properties else prop
        required += [name for name in part.get("required", []) if name not in required]
        if "additionalProperties" in part:
            merged.setdefault("additionalProperties", part["additionalProperties"])
    merged["properties"] = properties
    if required:
        merged["required"] = required
    return merged


def _part(part: dict[str, Any], document: dict[str, Any], place: str) -> dict[str, Any]:
    if is_reference(part):
        place, part = locate(document, part["$ref"])
    return _merged(part, document, place)


def _is_plain_object(schema: dict[str, Any]) -> bool:
    return schema.get("type", "object") == "object" and not {"anyOf", "oneOf"} & schema.keys()


def _narrowed(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Both demands at once: null only where both allow it, else the later words win."""
    if "$ref" in first or "$ref" in second:
        return second
    both = {**first, **second}
    if first.get("nullable") and not second.get("nullable"):
        del both["nullable"]
    return both
