"""Holds the repairs inside schemas: arrays, null, required, allOf, enums."""

from copy import deepcopy
from typing import Any, Final

from openapi_python_client.strings import snake_case

from ..document import Node, is_list, is_mapping, is_reference, resolve, walk
from ..problems import SpecError, pointer, short
from ..reading import MAX_DEPTH
from . import Report, Step
from .inline import is_class, is_enum, without_null

# Words about a schema that allow or forbid no value.
_ANNOTATIONS: Final = {"title", "description", "example", "deprecated", "externalDocs"}
# Of these, `$ref` may have next to it what is meant for the place where it stands.
_BESIDE: Final = {"description", "example", "deprecated", "readOnly", "writeOnly", "title"}
_OF_AN_OBJECT: Final = (
    "properties",
    "required",
    "additionalProperties",
    "minProperties",
    "maxProperties",
)


def _schemas(document: dict[str, Any]) -> list[Node]:
    return [node for node in walk(document) if node.kind == "schema"]


def _required_flags(document: dict[str, Any], report: Report) -> None:
    """`required: true` on a property is said by its object, in a list."""
    for node in _schemas(document):
        properties = node.value.get("properties")
        for name, schema in (properties if is_mapping(properties) else {}).items():
            if not is_mapping(schema) or not isinstance(schema.get("required"), bool):
                continue
            needed = schema.pop("required")
            listed = node.value.get("required")
            if needed and not (is_list(listed) and name in listed):
                node.value["required"] = [*(listed if is_list(listed) else []), name]
            report(
                node.pointer + pointer("properties", name, "required"),
                "a property cannot say by itself that it is required",
                "the object's list of required properties says it now"
                if needed
                else "it was removed: optional is what it is anyway",
            )


def _type_lists(document: dict[str, Any], report: Report) -> None:
    """`type: [string, "null"]`, the way of OpenAPI 3.1, is `nullable: true` in 3.0."""
    for node in _schemas(document):
        types = node.value.get("type")
        if not is_list(types) or is_reference(node.value):
            continue
        others = [kind for kind in types if kind != "null"]
        if len(others) != 1 or not isinstance(others[0], str):
            continue  # validation refuses it
        node.value["type"] = others[0]
        if len(others) < len(types):
            node.value["nullable"] = True
        report(
            f"{node.pointer}/type",
            "OpenAPI 3.0 has no list of types",
            f"it is now {others[0]}" + (", nullable" if len(others) < len(types) else ""),
        )


def _arrays(document: dict[str, Any], report: Report) -> None:
    """An array that does not say of what is an array of anything."""
    for node in _schemas(document):
        if node.value.get("type") == "array" and node.value.get("items") is None:
            node.value["items"] = {}
            report(node.pointer, "an array without items", "its items are now anything ({})")


def _nullable_references(document: dict[str, Any], report: Report) -> None:
    """`nullable` next to `$ref` counts for nothing in OpenAPI 3.0; in an `allOf` it does."""
    for node in _schemas(document):
        if not is_reference(node.value) or node.value.get("nullable") is not True:
            continue
        kept = {key: value for key, value in node.value.items() if key in _BESIDE}
        reference = node.value["$ref"]
        node.value.clear()
        node.value.update({"allOf": [{"$ref": reference}], "nullable": True, **kept})
        report(
            node.pointer,
            "nullable next to $ref is ignored in OpenAPI 3.0",
            "the reference stands in an allOf now, next to which it counts",
        )


def _all_of(document: dict[str, Any], report: Report) -> None:
    """Let an `allOf` around one reference be just that, and hold what belongs to it."""
    for node in _schemas(document):
        parts = node.value.get("allOf")
        if is_reference(node.value) or not is_list(parts):
            continue
        for part in [part for part in parts if is_mapping(part) and not is_reference(part)]:
            if part.keys() <= _ANNOTATIONS:
                index = next(at for at, other in enumerate(parts) if other is part)
                del parts[index]
                for key, value in part.items():
                    node.value.setdefault(key, value)
                report(
                    node.pointer + pointer("allOf", index),
                    "a part of an allOf that only describes",
                    "the description stands next to the allOf now",
                )
        if len(parts) == 1 and is_mapping(parts[0]) and is_enum(parts[0]):
            [enum] = node.value.pop("allOf")
            for key, value in enum.items():
                node.value.setdefault(key, value)
            continue
        if len(parts) == 1 and node.value.get("properties"):
            own = {key: node.value.pop(key) for key in _OF_AN_OBJECT if key in node.value}
            node.value.pop("type", None)
            parts.append({"type": "object", **own})
            report(
                node.pointer,
                "properties next to an allOf of one reference would be lost",
                "they are a second part of the allOf now",
            )


def _unions(document: dict[str, Any], report: Report) -> None:
    """Fold unions of objects with properties around them into one object.

    A class has one set of properties: those of the variants become optional ones of it.
    """
    for node in _schemas(document):
        for word in ("oneOf", "anyOf"):
            variants = node.value.get(word)
            if is_reference(node.value) or not is_list(variants) or not variants:
                continue
            if not node.value.get("properties"):
                continue
            objects = [_object_properties(document, variant, 0) for variant in variants]
            if None in objects:
                raise SpecError(
                    f"the properties with a {word} of other types would be lost",
                    pointer=f"{node.pointer}/{word}",
                    remedy="Move them to a schema that each variant includes by allOf",
                )
            del node.value[word]
            alternatives: dict[str, list[Any]] = {}
            for properties in objects:
                for name, schema in (properties or {}).items():
                    kinds = alternatives.setdefault(name, [])
                    if schema not in kinds:
                        kinds.append(schema)
            for name, kinds in alternatives.items():
                if name not in node.value["properties"]:
                    node.value["properties"][name] = (
                        kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
                    )


def _object_properties(document: dict[str, Any], schema: Any, depth: int) -> dict[str, Any] | None:
    """Return copies of the properties of an object schema, None for any other schema."""
    if is_reference(schema):
        schema = resolve(document, schema["$ref"])
    if not is_mapping(schema) or schema.get("type", "object") != "object" or depth > MAX_DEPTH:
        return None
    found: dict[str, Any] = {}
    for word in ("allOf", "anyOf", "oneOf"):
        parts = schema.get(word)
        for part in parts if is_list(parts) else []:
            inner = _object_properties(document, part, depth + 1)
            if inner is None:
                return None
            found |= inner
    own = schema.get("properties")
    return deepcopy({**found, **(own if is_mapping(own) else {})})


def _nullable_components(document: dict[str, Any], report: Report) -> None:
    """A class is a class; that null may stand in its place is said where it is used."""
    schemas = {
        name: schema
        for name, schema in _component_schemas(document).items()
        if is_class(schema) and (schema.get("nullable") is True or _allows_null(schema))
    }
    if not schemas:
        return
    nodes = {node.pointer: node.value for node in _schemas(document)}
    references = {f"#{pointer('components', 'schemas', name)}" for name in schemas}
    for place, value in nodes.items():
        if not is_reference(value) or value["$ref"] not in references:
            continue
        outer, _, word = place.rpartition("/")[0].rpartition("/")
        holder = nodes.get(outer)
        if word == "allOf" and holder is not None and is_list(holder.get("allOf")):
            if len(holder["allOf"]) == 1:
                holder["nullable"] = True
            continue
        reference = value["$ref"]
        value.clear()
        value.update({"allOf": [{"$ref": reference}], "nullable": True})
    for name, schema in schemas.items():
        without_null(schema)
        report(
            pointer("components", "schemas", name),
            "a nullable schema cannot be a class",
            "each reference to it is nullable now instead",
        )


def _allows_null(schema: dict[str, Any]) -> bool:
    values = schema.get("enum")
    return is_list(values) and None in values


def _component_schemas(document: dict[str, Any]) -> dict[str, Any]:
    components = document.get("components")
    schemas = components.get("schemas") if is_mapping(components) else None
    return schemas if is_mapping(schemas) else {}


def _enums(document: dict[str, Any], report: Report) -> None:
    """Give each enum different values, each with a name of its own in the code."""
    for node in _schemas(document):
        if is_reference(node.value) or not is_enum(node.value):
            continue
        values: list[Any] = node.value["enum"]
        unique: list[Any] = []
        for value in values:
            if not any(value == other and type(value) is type(other) for other in unique):
                unique.append(value)
        if len(unique) < len(values):
            names = node.value.get("x-enum-varnames")
            if is_list(names) and len(names) == len(values):
                node.value["x-enum-varnames"] = [names[values.index(value)] for value in unique]
            node.value["enum"] = unique
            report(node.pointer + "/enum", "values stand twice", "each stands once now")
        _name_values(node, [value for value in unique if value is not None], report)


def _name_values(node: Node, values: list[Any], report: Report) -> None:
    given = node.value.get("x-enum-varnames")
    if is_list(given) and len(given) == len(values):
        names = [snake_case(str(name)).upper() for name in given]
    else:
        names = [_value_name(value, index) for index, value in enumerate(values)]
    if len(set(names)) == len(names) and all(name.isidentifier() for name in names):
        return
    taken: set[str] = set()
    for index, name in enumerate(names):
        unique = base = name if name.isidentifier() else f"VALUE_{index}"
        number = 2
        while unique in taken:
            unique = f"{base}_{number}"
            number += 1
        taken.add(unique)
        names[index] = unique
    node.value["x-enum-varnames"] = names
    report(
        f"{node.pointer}/enum",
        "values would get the same name in code",
        f"x-enum-varnames names them now: {short(', '.join(names))}",
    )


def _value_name(value: Any, index: int) -> str:
    """The name that openapi-python-client gives a value of an enum."""
    if isinstance(value, int):
        return f"VALUE_NEGATIVE_{-value}" if value < 0 else f"VALUE_{value}"
    text = str(value)
    return snake_case(text.upper() if text[:1].isalpha() else f"VALUE_{index}").upper()


SCHEMA_STEPS: Final[tuple[Step, ...]] = (
    _required_flags,
    _type_lists,
    _arrays,
    _nullable_references,
    _all_of,
    _unions,
    _enums,
    _nullable_components,
)
