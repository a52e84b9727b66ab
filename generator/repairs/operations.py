"""Holds the repairs of paths, parameters and responses."""

import re
from typing import Any, Final

from ..document import (
    METHODS,
    is_list,
    is_mapping,
    is_reference,
    resolve,
    walk,
)
from ..problems import SpecError, pointer, short
from . import Report

# What Swagger 2.0 has on a parameter itself and OpenAPI 3.0 in its schema.
_OF_A_SCHEMA: Final = (
    *("type", "format", "items", "enum", "default", "pattern", "multipleOf", "nullable"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength"),
    *("minItems", "maxItems", "uniqueItems"),
)
_PLACES: Final = ("path", "query", "header", "cookie")


def fix_paths(document: dict[str, Any], report: Report) -> None:
    """Let each path begin with a slash, and be one that can be filled in."""
    paths = document.get("paths")
    if not is_mapping(paths):
        return
    entries = list(paths.items())
    paths.clear()
    for path, item in entries:
        name = path
        if not path.startswith(("/", "x-")):
            name = f"/{path}"
            report(
                pointer("paths", path), "the path has no slash at its start", f"it is now {name}"
            )
        if name in paths:
            raise SpecError(
                f"the path {short(name)!r} stands twice, with and without a slash at its start",
                pointer=pointer("paths", path),
                remedy="Remove one of the two",
            )
        if name.startswith("/"):
            _check_template(name, pointer("paths", path))
        paths[name] = item


def _check_template(path: str, place: str) -> None:
    names = re.findall(r"\{([^{}]*)\}", path)
    rest = re.sub(r"\{[^{}]*\}", "", path)
    if "{" in rest or "}" in rest:
        raise SpecError(
            "a brace in the path has no partner",
            pointer=place,
            remedy="Write {name} for a parameter",
        )
    for name in names:
        if not re.fullmatch(r"[a-zA-Z_-][a-zA-Z0-9_-]*", name):
            raise SpecError(
                f"the path parameter {short(name)!r} has a name that cannot be one",
                pointer=place,
                remedy="Use letters, digits, - and _",
            )
        if names.count(name) > 1:
            raise SpecError(
                f"the path has the parameter {name!r} twice",
                pointer=place,
                remedy="Give one of them another name",
            )


def fix_parameters(document: dict[str, Any], report: Report) -> None:
    """Complete parameters, remove repeated ones and add those that only the path names."""
    for node in list(walk(document)):
        if node.kind == "parameter" and not is_reference(node.value):
            _complete(node.value, node.pointer, report)
    paths = document.get("paths")
    for path, item in (paths if is_mapping(paths) else {}).items():
        if not is_mapping(item) or path.startswith("x-"):
            continue
        place = pointer("paths", path)
        shared = _unique(document, item, place, report)
        for method in METHODS:
            operation = item.get(method)
            if is_mapping(operation):
                inside = place + pointer(method)
                own = _unique(document, operation, inside, report)
                _fill_template(path, operation, {**shared, **own}, inside, report)


def _complete(parameter: dict[str, Any], place: str, report: Report) -> None:
    if parameter.get("in") == "path" and parameter.get("required") is not True:
        parameter["required"] = True
        report(place, "a path parameter that is not required", "it is required now")
    if parameter.get("in") in ("body", "formData"):
        raise SpecError(
            f"a parameter in {parameter['in']} is of Swagger 2.0",
            pointer=f"{place}/in",
            remedy="Describe it in the operation's requestBody",
        )
    if parameter.get("in") not in _PLACES:
        return  # validation refuses it
    if parameter.get("content"):
        raise SpecError(
            f"the parameter {short(parameter.get('name'))!r} has content in place of a schema,"
            " which the generator cannot send",
            pointer=f"{place}/content",
            remedy="Describe it with a schema (and a style, if it needs one)",
        )
    if parameter.get("schema") is not None:
        return
    moved = {key: parameter.pop(key) for key in _OF_A_SCHEMA if key in parameter}
    if moved:
        done = "its type moved into a schema"
        if moved.get("type") == "array" and moved.get("items") is None:
            moved["items"] = {}
    else:
        moved, done = {"type": "string"}, "its schema is now a text"
    parameter["schema"] = moved
    report(place, "a parameter without a schema", done)


def _unique(
    document: dict[str, Any], holder: dict[str, Any], place: str, report: Report
) -> dict[tuple[str, str], dict[str, Any]]:
    """Drop parameters that are listed twice; give the others by place and name."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    parameters = holder.get("parameters")
    kept: list[Any] = []
    for index, listed in enumerate(parameters if is_list(parameters) else []):
        at = place + pointer("parameters", index)
        parameter = listed
        if is_reference(listed):
            parameter = resolve(document, listed["$ref"], at=f"{at}/$ref")
        if not is_mapping(parameter):
            kept.append(listed)
            continue
        key = (str(parameter.get("in")), str(parameter.get("name")))
        if key not in found:
            found[key] = parameter
            kept.append(listed)
        elif found[key] == parameter:
            report(
                at, f"the {key[0]} parameter {short(key[1])!r} is listed twice", "it was removed"
            )
        else:
            raise SpecError(
                f"the {key[0]} parameter {short(key[1])!r} is listed twice, with differences",
                pointer=at,
                remedy="Keep the one that is right",
            )
    if is_list(parameters) and len(kept) < len(parameters):
        holder["parameters"] = kept
    return found


def _fill_template(
    path: str,
    operation: dict[str, Any],
    declared: dict[tuple[str, str], dict[str, Any]],
    place: str,
    report: Report,
) -> None:
    wanted: list[str] = re.findall(r"\{([^{}]*)\}", path)
    missing = [name for name in wanted if ("path", name) not in declared]
    for where, name in declared:
        if where == "path" and name not in wanted:
            remedy = f"Call it {missing[0]!r} as the path does" if missing else "Remove it"
            raise SpecError(
                f"the path parameter {short(name)!r} is not in the path {short(path)!r}",
                pointer=place,
                remedy=f"{remedy}, or correct the path",
            )
    for name in missing:
        parameters = operation.setdefault("parameters", [])
        if not is_list(parameters):
            continue  # validation refuses it
        parameters.append(
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        )
        report(place, f"the path parameter {name!r} is not declared", "it was added, a text")


def fix_responses(document: dict[str, Any], report: Report) -> None:
    """Complete responses; an operation that has none is refused."""
    for node in list(walk(document)):
        if node.kind == "operation" and not node.value.get("responses"):
            raise SpecError(
                "the operation has no responses",
                pointer=node.pointer,
                remedy='Add at least one, with its status in quotes ("200")',
            )
        if node.kind == "responses":
            _fix_statuses(node.value, node.pointer, report)
        bare = node.kind == "response" and not is_reference(node.value)
        if bare and node.value.get("description") is None:
            node.value["description"] = ""
            report(node.pointer, "a response without a description", "it is empty now")


def _fix_statuses(responses: dict[str, Any], place: str, report: Report) -> None:
    for status in list(responses):
        if re.fullmatch(r"[1-5]xx", status, re.IGNORECASE) and status != status.upper():
            if status.upper() in responses:
                raise SpecError(
                    f"the status {status.upper()} stands twice",
                    pointer=place + pointer(status),
                    remedy="Remove one of the two",
                )
            items = [(k.upper() if k == status else k, v) for k, v in responses.items()]
            responses.clear()
            responses.update(items)
            report(
                place + pointer(status),
                "the range of statuses is in small letters",
                f"it is now {status.upper()}",
            )
