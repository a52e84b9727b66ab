"""Names places of a document for a reader."""

from typing import Any

from ..document import METHODS, is_mapping, resolve
from .rules import code


def describe(document: dict[str, Any], place: str) -> str:
    """Return a phrase for the place under a JSON pointer: the query parameter `page` of `list`."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in place.split("/")[1:]]
    match parts:
        case ["components", "schemas", name, *rest]:
            return code(_path(name, rest))
        case ["components", "parameters", name, *rest]:
            base = _parameter(document["components"]["parameters"][name])
        case ["components", "responses", name, *rest]:
            base = f"the response {code(name)}"
        case ["components", "requestBodies", name, *rest]:
            base = f"the request body {code(name)}"
        case ["components", "headers", name, *rest]:
            base = f"the header {code(name)}"
        case ["x-webhooks", name, method, *rest] if method in METHODS:
            base = f"the webhook {code(name)}"
        case ["x-webhooks", name, *rest]:
            base = f"the webhook {code(name)}"
        case ["paths", path, method, *rest] if method in METHODS:
            operation = document["paths"][path][method]
            base = code(operation.get("operationId") or f"{method.upper()} {path}")
            if rest[:1] == ["parameters"] and len(rest) > 1:
                base = f"{_parameter(_at(document, operation, rest[1]))} of {base}"
        case ["paths", path, *rest]:
            base = code(path)
            if rest[:1] == ["parameters"] and len(rest) > 1:
                base = f"{_parameter(_at(document, document['paths'][path], rest[1]))} of {base}"
        case _:
            return "the API"
    if rest[:1] == ["requestBody"]:
        base = base if base.startswith("the webhook") else f"the request body of {base}"
    elif rest[:1] == ["responses"] and len(rest) > 1:
        base, rest = f"the response {code(rest[1])} of {base}", rest[2:]
    if rest[:1] == ["headers"] and len(rest) > 1:
        base, rest = f"the header {code(rest[1])} of {base}", rest[2:]
    if "schema" in rest:
        path = _path("", rest[rest.index("schema") + 1 :])
        return f"{code(path)} in {base}" if path else base
    return base


def _at(document: dict[str, Any], holder: dict[str, Any], index: str) -> Any:
    found = holder["parameters"][int(index)]
    return resolve(document, found["$ref"]) if "$ref" in found else found


def _parameter(parameter: Any) -> str:
    if not is_mapping(parameter):
        return "a parameter"
    return f"the {parameter.get('in')} parameter {code(parameter.get('name'))}"


def _path(name: str, rest: list[str]) -> str:
    """Return the way into a schema: `Invoice.items[].price`."""
    path = name
    parts = iter(rest)
    for part in parts:
        if part == "properties":
            path += f".{next(parts, '')}"
        elif part in ("allOf", "oneOf", "anyOf"):
            next(parts, None)
        elif part in ("items", "additionalProperties"):
            path += "[]"
        else:
            break
    return path.removeprefix(".")
