"""Holds the repair that gives inline schemas a name: each moves to components.schemas.

Only schemas that become a class are moved: objects and enums, wherever they stand. The names are
those a person would choose, built from what the schema belongs to:

- the body of `createInvoice` is `CreateInvoiceRequest`, its answer `CreateInvoiceResponse`, an
  error's body `NotFoundErrorBody`, or `CreateInvoiceNotFoundErrorBody` where errors differ;
- the property `meta` of `InvoicePage` is `InvoicePageMeta`; one of the `refunds` of `Invoice` is
  `InvoiceRefund`, one of its `data` is `InvoiceDataItem`;
- a `title` in CamelCase is a name that a person chose already.

Equal schemas that come to the same name share it; a different one gets the next name or a number.
"""

import json
import re
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from ..document import OperationNode, is_list, is_mapping, is_reference, operations
from ..problems import SpecError, pointer, short
from . import Report
from .names import (
    class_name,
    content_name,
    module_key,
    response_names,
    singular,
)

# What belongs to the place where a schema is used, not to the schema itself.
_OF_THE_PLACE = ("readOnly", "writeOnly", "deprecated")


@dataclass(frozen=True, slots=True)
class _Name:
    """What an inline schema would be called: `InvoicePage` + `meta`, or the first free name."""

    prefix: str
    noun: str
    others: tuple[str, ...] = ()

    @property
    def full(self) -> str:
        noun = class_name(self.noun)
        # WebhookQrRefund + qr_refund: the word is not repeated.
        return self.prefix + ("Data" if noun and self.prefix.endswith(noun) else noun)

    def member(self, suffix: str) -> "_Name":
        """The name of one of the many that this name stands for."""
        one = singular(self.noun)
        return _Name(self.prefix, one if one != self.noun else f"{self.noun} {suffix}")


def name_inline_schemas(document: dict[str, Any], report: Report) -> dict[str, dict[str, Any]]:
    """Move each inline object and enum of `document` to components.schemas, in place.

    Returns:
        What stands now where each moved schema stood, by the JSON pointer of that place.
    """
    naming = _Naming(document, report)
    naming.components()
    for operation in operations(document):
        naming.operation(operation)
    naming.path_parameters()
    naming.done()
    return naming.moved


def is_class(schema: Any) -> bool:
    """Whether the generated code has a class for this schema, and not a plain type."""
    if not is_mapping(schema) or is_reference(schema):
        return False
    if is_enum(schema):
        return True
    if schema.get("anyOf") or schema.get("oneOf"):
        return False
    parts = schema.get("allOf")
    if is_list(parts) and parts:
        # One reference alone is only another word for what it refers to.
        return len(parts) > 1 or not is_reference(parts[0])
    return schema.get("type") == "object" or (
        schema.get("type") is None and bool(schema.get("properties"))
    )


def is_enum(schema: dict[str, Any]) -> bool:
    """Whether this schema lists texts or integers: values that an enum class can hold."""
    values = schema.get("enum")
    kinds: set[type] = (
        {type(value) for value in values if value is not None} if is_list(values) else set()
    )
    return kinds in ({str}, {int}) and schema.get("type") in (None, "string", "integer")


def without_null(schema: dict[str, Any]) -> bool:
    """Take null out of what a schema allows, in place; whether it was in."""
    nullable = schema.pop("nullable", False) is True
    values = schema.get("enum")
    if is_list(values) and None in values:
        schema["enum"] = [value for value in values if value is not None]
        nullable = True
    return nullable


class _Naming:
    """One pass over a document. Outer schemas are moved before what stands inside them."""

    def __init__(self, document: dict[str, Any], report: Report) -> None:
        self._document = document
        self._report = report
        components = document.get("components")
        self._components: dict[str, Any] = components if is_mapping(components) else {}
        schemas = self._components.get("schemas")
        self._schemas: dict[str, Any] = schemas if is_mapping(schemas) else {}
        # As they were given: a schema is compared before its own inside is moved out.
        self._given = deepcopy(self._schemas)
        self._named = deepcopy(self._schemas)
        self._taken = _taken(self._schemas)
        self.moved: dict[str, dict[str, Any]] = {}

    def done(self) -> None:
        """Put the new components where they belong."""
        if self._schemas and not is_mapping(self._document.get("components")):
            self._document["components"] = self._components
        if self._schemas:
            self._components["schemas"] = self._schemas

    def components(self) -> None:
        for name in list(self._schemas):
            place = pointer("components", "schemas", name)
            schema = self._schemas[name]
            if is_class(schema):
                self._inside(schema, class_name(name), place)
            else:
                self._unnamed_inside(schema, _Name("", name), place)
        for name, parameter in _members(self._components, "parameters"):
            self._in_place(
                parameter, "schema", _Name("", name), pointer("components", "parameters", name)
            )
        for name, body in _members(self._components, "requestBodies"):
            base = class_name(name)
            chosen = base if base.endswith(("Request", "Body")) else f"{base}Request"
            self._content(body, [chosen], pointer("components", "requestBodies", name))
        for name, response in _members(self._components, "responses"):
            base = class_name(name)
            chosen = base if base.endswith(("Response", "Body")) else f"{base}Response"
            self._content(response, [chosen], pointer("components", "responses", name))

    def operation(self, node: OperationNode) -> None:
        identifier = str(node.operation.get("operationId"))
        self._parameters(node.operation, class_name(identifier), node.pointer)
        body = node.operation.get("requestBody")
        self._content(body, [f"{class_name(identifier)}Request"], node.pointer + "/requestBody")
        for status, response in _members(node.operation, "responses"):
            names = response_names(identifier, status)
            self._content(response, names, node.pointer + pointer("responses", status))

    def path_parameters(self) -> None:
        for path, item in _members(self._document, "paths"):
            if not str(path).startswith("x-") and is_mapping(item):
                words = re.sub(r"\W+", " ", str(path))
                self._parameters(item, class_name(words), pointer("paths", path))

    def _parameters(self, holder: dict[str, Any], prefix: str, place: str) -> None:
        parameters = holder.get("parameters")
        for index, parameter in enumerate(parameters if is_list(parameters) else []):
            if is_mapping(parameter) and isinstance(parameter.get("name"), str):
                name = _Name(prefix, parameter["name"])
                self._in_place(parameter, "schema", name, place + pointer("parameters", index))

    def _content(self, holder: Any, names: list[str], place: str) -> None:
        if not is_mapping(holder) or is_reference(holder):
            return
        kinds: Iterable[str] = [kind for kind, _ in _members(holder, "content")]
        # JSON first: it has the first right to the name.
        for index, kind in enumerate(sorted(kinds, key=lambda kind: "json" not in kind.lower())):
            media = holder["content"][kind]
            others = [content_name(names[-1], kind)] if index else []
            name = _Name("", names[0], (*names[1:], *others))
            self._in_place(media, "schema", name, place + pointer("content", kind))

    def _in_place(self, holder: Any, key: str, name: _Name, place: str) -> None:
        """Replace the schema that `holder` has under `key`, if it is one to move."""
        if is_mapping(holder) and not is_reference(holder) and is_mapping(holder.get(key)):
            holder[key] = self._visit(holder[key], name, place + pointer(key))

    def _visit(self, schema: Any, name: _Name, place: str) -> Any:
        if not is_class(schema):
            self._unnamed_inside(schema, name, place)
            return schema
        used: dict[str, Any] = {}
        moved: dict[str, Any] = dict(schema)
        if without_null(moved):
            used["nullable"] = True
        used |= {key: moved.pop(key) for key in _OF_THE_PLACE if key in moved}
        if "default" in moved and is_enum(moved):
            used["default"] = moved.pop("default")
        equal = self._equal_enum(moved)
        if equal is not None:
            if "description" in moved:
                used["description"] = moved["description"]
            reference = {"$ref": "#" + pointer("components", "schemas", equal)}
            self.moved[place] = {"allOf": [reference], **used} if used else reference
            return self.moved[place]
        title = moved.pop("title", None)
        chosen = name
        if isinstance(title, str):
            moved.setdefault("description", title)
            if not name.prefix and re.fullmatch(r"[A-Z][a-z0-9]+([A-Z]+[a-z0-9]*)*", title):
                chosen = _Name("", title, (name.full, *name.others))
        final = self._move(moved, chosen, place)
        reference = {"$ref": "#" + pointer("components", "schemas", final)}
        self.moved[place] = {"allOf": [reference], **used} if used else reference
        return self.moved[place]

    def _equal_enum(self, schema: dict[str, Any]) -> str | None:
        """Return the first named enum with the same values; a $ref cannot be nullable in 3.0."""
        if not is_enum(schema):
            return None
        wanted = _enum_values(schema)
        named = (
            name
            for name, other in self._named.items()
            if is_mapping(other) and is_enum(other) and _enum_values(other) == wanted
        )
        return next(named, None)

    def _move(self, schema: dict[str, Any], name: _Name, place: str) -> str:
        what = "enum" if is_enum(schema) else "object"
        defect = f"an inline {what} has no name"
        for candidate in _candidates([name.full, *name.others]):
            key = module_key(candidate)
            present = self._taken.get(key)
            if present is not None and self._given[present] == schema:
                self._report(place, defect, f"it is now the equal schema {present}")
                return present
            if present is None and candidate.isidentifier():
                self._taken[key] = candidate
                self._given[candidate] = deepcopy(schema)
                self._schemas[candidate] = schema
                self._report(place, defect, f"it moved to components.schemas as {candidate}")
                self._inside(schema, candidate, place)
                return candidate
        raise AssertionError  # the numbers never run out

    def _inside(self, schema: dict[str, Any], owner: str, place: str) -> None:
        """Name what stands inside a schema that has the name `owner`."""
        for key, value in _members(schema, "properties"):
            inside = place + pointer("properties", key)
            schema["properties"][key] = self._visit(value, _Name(owner, str(key)), inside)
        values = schema.get("additionalProperties")
        if is_mapping(values):
            inside = place + pointer("additionalProperties")
            schema["additionalProperties"] = self._visit(
                values, _Name("", owner).member("value"), inside
            )
        parts = schema.get("allOf")
        for index, part in enumerate(parts if is_list(parts) else []):
            if is_mapping(part) and not is_reference(part):
                self._inside(part, owner, place + pointer("allOf", index))

    def _unnamed_inside(self, schema: Any, name: _Name, place: str) -> None:
        """Name what stands inside a schema that needs no name itself: a list, a union."""
        if not is_mapping(schema) or is_reference(schema):
            return
        if is_mapping(schema.get("items")):
            # One value out of a list of enum values is called as the list is: ListInvoicesStatus.
            items = schema["items"]
            enum = is_mapping(items) and is_enum(items) and name.prefix
            one = _Name(name.prefix, singular(name.noun)) if enum else name.member("item")
            schema["items"] = self._visit(items, one, place + "/items")
        if is_mapping(schema.get("additionalProperties")):
            values = schema["additionalProperties"]
            inside = place + "/additionalProperties"
            schema["additionalProperties"] = self._visit(values, name.member("value"), inside)
        for key in ("allOf", "anyOf", "oneOf"):
            parts = schema.get(key)
            if is_list(parts):
                alone = sum(is_class(part) or is_reference(part) for part in parts) == 1
                alone = alone and module_key(name.full) not in self._taken
                suffixes = _variant_suffixes(parts)
                for index, part in enumerate(parts):
                    variant = name if alone else _Name(name.full, suffixes[index])
                    parts[index] = self._visit(part, variant, place + pointer(key, index))


def _enum_values(schema: dict[str, Any]) -> tuple[Any, ...]:
    values = [value for value in schema["enum"] if value is not None]
    return [type(value) for value in values], values, schema.get("x-enum-varnames")


def _taken(schemas: dict[str, Any]) -> dict[str, str]:
    """The names in use, by the file that each gets."""
    taken: dict[str, str] = {}
    for name, schema in schemas.items():
        other = taken.setdefault(module_key(name), name)
        if other != name and (is_class(schema) and is_class(schemas[other])):
            raise SpecError(
                f"the schemas {short(other)!r} and {short(name)!r} would be one class in code",
                pointer=pointer("components", "schemas", name),
                remedy="Rename one of the two",
            )
    return taken


def _variant_suffixes(parts: list[Any]) -> list[str]:
    """Name each variant of a union by its content, so that their order does not matter.

    The name is the title, the only value of one of its properties (a discriminator), or the first
    property that no other variant has. Variants that differ in nothing of that kind get a number,
    in the order of their JSON.
    """
    properties = [dict(_members(part, "properties")) for part in parts]
    suffixes: list[str] = []
    for index, part in enumerate(parts):
        title = part.get("title") if is_mapping(part) else None
        others = {key for at, held in enumerate(properties) if at != index for key in held}
        constants = [
            str(schema["enum"][0])
            for _, schema in sorted(properties[index].items())
            if is_mapping(schema) and is_list(schema.get("enum")) and len(schema["enum"]) == 1
        ]
        required = part.get("required") if is_mapping(part) else None
        needed: list[Any] = required if is_list(required) else []
        own = sorted(properties[index].keys() - others, key=lambda key: (key not in needed, key))
        chosen = [title if isinstance(title, str) else "", *constants, *own]
        suffixes.append(next((one for one in chosen if class_name(one)), "Option"))
    ordered = sorted(range(len(parts)), key=lambda at: json.dumps(parts[at], sort_keys=True))
    for word in {suffix for suffix in suffixes if suffixes.count(suffix) > 1}:
        same = [at for at in ordered if suffixes[at] == word]
        for number, at in enumerate(same, 1):
            suffixes[at] = f"{word} {number}"
    return suffixes


def _candidates(names: list[str]) -> Iterable[str]:
    named = [class_name(name) for name in names]
    usable = [name if name[:1].isalpha() else f"Schema{name}" for name in named]
    yield from usable
    number = 2
    while True:
        yield f"{usable[-1]}{number}"
        number += 1


def _members(holder: Any, key: str) -> Iterable[tuple[str, Any]]:
    found = holder.get(key) if is_mapping(holder) else None
    return list(found.items()) if is_mapping(found) else []
