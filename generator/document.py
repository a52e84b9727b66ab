"""Holds an OpenAPI document: loading, validating, resolving references, walking its parts.

A document is a plain dict, as `load` gives it. Only its structure is known here, nothing of any
particular API. What stands in examples, defaults, enums and `x-` extensions is data, not
structure: it is never walked, resolved or changed.
"""

import difflib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import unquote

from jsonschema import Draft4Validator, exceptions
from openapi_spec_validator import schemas as openapi_schemas

from .problems import SpecError, pointer, short
from .reading import is_list, is_mapping, read
from .structure import METHODS, Kind, Node, OperationNode, is_reference, operations, walk

__all__ = [
    "METHODS",
    "Kind",
    "Node",
    "OperationNode",
    "SpecError",
    "check_references",
    "check_version",
    "is_list",
    "is_mapping",
    "is_reference",
    "load",
    "locate",
    "operations",
    "pointer",
    "resolve",
    "validate",
    "walk",
]


def load(path: Path) -> dict[str, Any]:
    """Read an OpenAPI 3.0 document from a YAML 1.2 or JSON file, its references checked.

    The document can still have defects that `generator.repair.repair` repairs; `validate` is for
    afterwards.

    Raises:
        SpecError: with `file` set: the file cannot be read (line and column where there are any),
            is not OpenAPI 3.0, or holds a reference that is external, circular or leads nowhere.
    """
    try:
        document = read(path)
        check_version(document)
        check_references(document)
    except SpecError as error:
        error.file = path
        raise
    checked: dict[str, Any] = document
    return checked


def check_version(document: Any) -> None:
    """Check that a document is OpenAPI 3.0.

    Raises:
        SpecError: it is another version or another kind of document.
    """
    if not is_mapping(document):
        what = "empty" if document is None else "not a mapping"
        problem = f"the document is {what}"
        raise SpecError(problem, remedy='Let it begin with "openapi: 3.0.3", "info:" and "paths:"')
    if "openapi" not in document:
        if "swagger" in document:
            problem = f"this is Swagger {short(document['swagger'])}, not OpenAPI 3.0"
            raise SpecError(
                problem,
                pointer="/swagger",
                remedy="Convert it to OpenAPI 3.0, with swagger2openapi",
            )
        raise SpecError("the key openapi is missing", remedy='Add "openapi: 3.0.3" at the top')
    version = str(document["openapi"])
    if not re.fullmatch(r"3\.0(\.\d+)?", version):
        remedy = "Write the spec in OpenAPI 3.0.3"
        if version.startswith(("3.1", "3.2")):
            remedy = (
                "Convert it to 3.0.3 (type lists to nullable, numeric exclusiveMinimum to boolean,"
                " webhooks to x-webhooks)"
            )
        problem = f"OpenAPI {short(version)} is not supported, only 3.0 is"
        raise SpecError(problem, pointer="/openapi", remedy=remedy)


def resolve(document: dict[str, Any], reference: str, *, at: str = "") -> Any:
    """Give what `reference` (`#/components/schemas/Invoice`) points at, through further references.

    Args:
        document: the document that the reference stands in.
        reference: the text under `$ref`.
        at: JSON pointer of the place the reference stands, for the error.

    Raises:
        SpecError: the reference is external, leads nowhere, or only back to itself.
    """
    return locate(document, reference, at=at)[1]


def locate(document: dict[str, Any], reference: str, *, at: str = "") -> tuple[str, Any]:
    """Like `resolve`, with the JSON pointer of the place where the thing in the end stands."""
    return _follow(document, reference, at, {reference})


def _follow(document: dict[str, Any], reference: str, at: str, seen: set[str]) -> tuple[str, Any]:
    if not reference.startswith("#"):
        raise _external(document, reference, at)
    if reference != "#" and not reference.startswith("#/"):
        raise SpecError(
            f"the reference {short(reference)!r} is not a JSON pointer",
            pointer=at,
            remedy="Write it as #/components/schemas/<name>",
        )
    found: Any = document
    place = ""
    for raw in reference.split("/")[1:]:
        token = unquote(raw).replace("~1", "/").replace("~0", "~")
        found = _step(found, token, reference, place, at)
        place += pointer(token)
        while is_reference(found):
            further: str = found["$ref"]
            if further in seen:
                raise SpecError(
                    f"the reference {short(reference)!r} leads only back to itself",
                    pointer=at,
                    remedy="Let one of the references in the circle be a schema of its own",
                )
            place, found = _follow(document, further, at, seen | {further})
    return place, found


def _step(found: Any, token: str, reference: str, place: str, at: str) -> Any:
    names: Iterable[object] = ()
    if is_mapping(found):
        if token in found:
            return found[token]
        for key, value in found.items():
            # A status written without quotes is still a number before the repair.
            if str(key) == token:
                return value
        names = found
    elif is_list(found):
        if token.isdecimal() and int(token) < len(found):
            return found[int(token)]
        names = range(len(found))
    near = difflib.get_close_matches(token, [str(name) for name in names], 1, 0.5)
    hint = f"#{place}{pointer(near[0])}" if near else ""
    raise SpecError(
        f"the reference {short(reference)!r} leads nowhere: {short(token)!r} is not there",
        pointer=at,
        remedy=f"Write {hint!r} if that is meant" if hint else "Add what it names, or correct it",
    )


def _external(document: dict[str, Any], reference: str, at: str) -> SpecError:
    components = document.get("components")
    schemas = components.get("schemas") if is_mapping(components) else None
    if is_mapping(schemas) and reference in schemas:
        return SpecError(
            f"the reference {short(reference)!r} names a file, not a schema of this document",
            pointer=at,
            remedy=f"Write it as {'#' + pointer('components', 'schemas', reference)!r}",
        )
    return SpecError(
        f"the reference {short(reference)!r} leads out of the document",
        pointer=at,
        remedy="Bundle the files into one document first",
    )


def check_references(document: dict[str, Any]) -> None:
    """Check that each reference leads to something inside the document.

    Raises:
        SpecError: at the first one that is external, circular or leads nowhere, or whose `$ref`
            is not a text.
    """
    for node in walk(document):
        if is_reference(node.value):
            target = resolve(document, node.value["$ref"], at=node.pointer + "/$ref")
            if not is_mapping(target):
                raise SpecError(
                    f"the reference {short(node.value['$ref'])!r} leads to something that is not"
                    " an object of OpenAPI",
                    pointer=node.pointer + "/$ref",
                    remedy="Let it point at an entry of components",
                )
        elif "$ref" in node.value:
            raise SpecError(
                "the $ref is not a text",
                pointer=node.pointer + "/$ref",
                remedy="Write it as #/components/schemas/<name>",
            )


_MENDS: Final = {
    "required": "Add it",
    "additionalProperties": "Correct its name or remove it; a name of your own begins with x-",
    "type": "Correct the value's type",
    "enum": "Use one of the values it allows",
    "pattern": "Correct it",
}


def validate(document: dict[str, Any]) -> None:
    """Check a repaired document against the rules of OpenAPI 3.0.

    Raises:
        SpecError: at the place that best explains why the document is not valid.
    """
    check_version(document)
    check_references(document)
    try:
        error = _structural_error(document)
        place = pointer(*error.absolute_path) if error else ""
        if error is None:
            place, error = _default_error(document)
    except Exception as raised:  # the validators let odd documents raise nearly anything
        what = f"{type(raised).__name__}: {short(raised, 100)}"
        raise SpecError(
            f"the validator cannot read the document ({what})",
            remedy="Compare its structure with the OpenAPI 3.0.3 specification",
        ) from raised
    if error is not None:
        message: str = error.message
        raise SpecError(
            f"not valid OpenAPI 3.0: {short(message.partition(_DETAILS)[0], 160)}",
            pointer=place,
            remedy=_MENDS.get(
                str(error.validator), "Correct it as the OpenAPI 3.0.3 specification says"
            ),
        )


# Where the message of a validator goes on to quote the rule and the document.
_DETAILS: Final = "\n\nFailed validating"


def _structural_error(document: dict[str, Any]) -> Any:
    """Return the error that best explains where the document breaks the schema of OpenAPI 3.0.

    OpenAPIV30SpecValidator is not used: it resolves references in data (files and URLs), matches
    patterns, and accepts other documents where jsonschema-rs is installed.
    """
    validator: Any = Draft4Validator(cast(Any, openapi_schemas).schema_v30)
    found = _first(list(validator.iter_errors(document)))
    while found is not None and found.validator == "oneOf" and found.context:
        # "A parameter or a reference": what is no reference was meant to be the other.
        branches: dict[int, list[Any]] = {}
        for error in found.context:
            branches.setdefault(error.schema_path[0], []).append(error)
        meant = [
            errors
            for errors in branches.values()
            if not any("'$ref' is a required property" in error.message for error in errors)
        ]
        if len(meant) != 1:
            break
        found = _first(meant[0])
    return found


# What a default can be checked by without following references. Not by its pattern: ECMA 262 is
# not Python's syntax, and a match can take forever.
_SIMPLE_RULES: Final = (
    *("type", "enum", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("multipleOf", "minLength", "maxLength", "minItems", "maxItems"),
)


def _default_error(document: dict[str, Any]) -> tuple[str, Any]:
    """The first default that breaks its own schema, with its place, or None."""
    for node in walk(document):
        if node.kind != "schema" or is_reference(node.value) or "default" not in node.value:
            continue
        value = node.value["default"]
        rules = {key: node.value[key] for key in _SIMPLE_RULES if key in node.value}
        if value is None and node.value.get("nullable"):
            continue
        validator: Any = Draft4Validator(rules)
        error = _first(list(validator.iter_errors(value)))
        if error is not None:
            return f"{node.pointer}/default", error
    return "", None


def _first(errors: list[Any]) -> Any:
    # Sorted, so that the same document always gets the same answer.
    return cast(Any, exceptions).best_match(sorted(errors, key=_order))


def _order(error: Any) -> tuple[list[str], str]:
    return [str(part) for part in error.absolute_path], error.message
