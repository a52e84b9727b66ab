"""What the parser does not read itself, rewritten so that it does; the meaning of the spec stays."""

from copy import deepcopy
from typing import Any

from .decimals import NUMBER_FORMAT

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def prepare(document: dict[str, Any]) -> dict[str, Any]:
    """A copy of a valid document, ready for openapi-python-client.

    - `security` at the root goes down to each operation that has none of its own: the parser reads
      it there only.
    - A decimal sent as a JSON number becomes a string of a format of its own, because the parser
      has one place for formats, and that one is for strings.
    - An `allOf` in which one part narrows a property of another (nullable to not nullable, say) is
      merged here: the parser refuses to merge them.
    """
    prepared = deepcopy(document)
    root_security = prepared.get("security")
    for path_item in prepared.get("paths", {}).values():
        for method in METHODS:
            if root_security is not None and method in path_item:
                path_item[method].setdefault("security", root_security)
    _rewrite(prepared)
    schemas: dict[str, Any] = prepared.get("components", {}).get("schemas", {})
    for name, schema in schemas.items():
        schemas[name] = _merged(schema, schemas)
    return prepared


def _rewrite(node: Any) -> None:
    if isinstance(node, dict):
        if node.get("type") == "number" and node.get("format") == "decimal":
            node["type"], node["format"] = "string", NUMBER_FORMAT
        for key, value in node.items():
            if key not in ("example", "examples", "default", "enum"):
                _rewrite(value)
    elif isinstance(node, list):
        for value in node:
            _rewrite(value)


def _merged(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    parts = [_resolved(part, schemas) for part in schema.get("allOf", [])]
    if len(parts) < 2 or not all("properties" in part or "required" in part for part in parts):
        return schema
    merged: dict[str, Any] = {k: v for k, v in schema.items() if k != "allOf"}
    merged["type"] = "object"
    properties: dict[str, Any] = {}
    required: list[str] = []
    for part in [*parts, schema]:
        part = _merged(part, schemas) if part is not schema else part
        for name, prop in part.get("properties", {}).items():
            properties[name] = _narrowed(properties[name], prop) if name in properties else prop
        required += [name for name in part.get("required", []) if name not in required]
        if "additionalProperties" in part:
            merged.setdefault("additionalProperties", part["additionalProperties"])
    merged["properties"] = properties
    if required:
        merged["required"] = required
    return merged


def _narrowed(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Both demands at once: null only where both allow it, else the later words win."""
    if "$ref" in first or "$ref" in second:
        return second
    both = {**first, **second}
    if first.get("nullable") and not second.get("nullable"):
        del both["nullable"]
    return both


def _resolved(part: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    reference = part.get("$ref")
    if reference is None:
        return part
    target: dict[str, Any] = schemas[reference.rsplit("/", 1)[-1]]
    return target
