"""Lookups in the document that the parser keeps no trace of: extensions, limits, descriptions."""

import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from openapi_python_client import strings
from openapi_python_client.parser.properties import EnumProperty

from .document import is_reference, operations, resolve, walk
from .problems import SpecError, pointer
from .repairs.names import spoken
from .text import sentence

Schema = dict[str, Any]

#: What the parser puts before a name that is none in Python.
PREFIX = "field_"


@dataclass(frozen=True)
class RawOperation:
    """One operation of the document, with its path's parameters merged in and resolved."""

    path: str
    method: str
    data: dict[str, Any]
    pointer: str
    parameters: dict[tuple[str, str], dict[str, Any]]
    _parameter_pointers: dict[tuple[str, str], str]

    @property
    def id(self) -> str:
        """The operationId."""
        return str(self.data["operationId"])

    @property
    def tag(self) -> str:
        """The tag that makes it a method of a resource: the first."""
        return str((self.data.get("tags") or ["default"])[0])

    def parameter_pointer(self, location: str, name: str) -> str:
        """Where a parameter is written, or referred to."""
        return self._parameter_pointers[location, name]


class SpecIndex:
    """The document (after repair, before `prepare`) with lookups by name."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.schemas: dict[str, Schema] = document.get("components", {}).get("schemas", {})
        self.operations = list(self._operations())
        self.by_python_name = {
            str(strings.PythonIdentifier(op.id, prefix=PREFIX)): op for op in self.operations
        }
        self._component = {self.class_name(name): name for name in self.schemas}
        self._requested = {self.class_name(name) for name in self._request_schemas()}

    def class_name(self, component: str) -> str:
        """The class that the parser makes of a component."""
        return str(strings.ClassName(component, PREFIX))

    def resolve(self, node: Any) -> Any:
        """The node itself, or what its `$ref` names."""
        return resolve(self.document, node["$ref"]) if is_reference(node) else node

    def flat(self, schema: Any) -> Schema:
        """A schema with its refs and `allOf` parts folded into one dict; own words win.

        `anyOf` and `oneOf` of one schema and null, the two ways to say nullable of a ref, count as
        that schema.
        """
        schema = self.resolve(schema)
        merged: Schema = {}
        for part in [*schema.get("allOf", []), *self._beside_null(schema)]:
            flat = self.flat(part)
            merged = {
                **merged,
                **flat,
                "properties": {**merged.get("properties", {}), **flat.get("properties", {})},
            }
        own = {k: v for k, v in schema.items() if k != "allOf"}
        properties = {**merged.get("properties", {}), **own.get("properties", {})}
        merged = {**merged, **own}
        if properties:
            merged["properties"] = properties
        else:
            merged.pop("properties", None)
        return merged

    def _beside_null(self, schema: Schema) -> list[Schema]:
        alternatives = [
            self.resolve(s) for s in [*schema.get("anyOf", []), *schema.get("oneOf", [])]
        ]
        real = [s for s in alternatives if s.get("enum") != [None]]
        return real if len(real) == 1 else []

    def schema_of_class(self, class_name: str) -> Schema:
        """The component behind a generated class, {} for a class without one."""
        name = self._component.get(class_name)
        return {} if name is None else self.flat(self.schemas[name])

    def extended(self, class_name: str) -> list[str]:
        """Return the classes of the components in the `allOf` of a class, in their order."""
        name = self._component.get(class_name)
        parts: list[Any] = [] if name is None else self.schemas[name].get("allOf", [])
        names = [part["$ref"].rsplit("/", 1)[-1] for part in parts if is_reference(part)]
        # `allOf` of one reference only says that it is nullable or has a description.
        return [self.class_name(name) for name in names if len(parts) > 1]

    def pointer_of_class(self, class_name: str) -> str:
        """Where the component behind a generated class stands."""
        name = self._component.get(class_name)
        return "" if name is None else pointer("components", "schemas", name)

    def final_values(self, enum: EnumProperty) -> list[str]:
        """Return the values that an enum's schema lists as `x-final`; [] where it lists none.

        Raises:
            SpecError: a listed value is not one of the enum's.
        """
        name = str(enum.class_info.name)
        final: list[str] = self.schema_of_class(name).get("x-final") or []
        strange = [value for value in final if value not in enum.values.values()]
        if strange:
            raise SpecError(
                f"the final value {strange[0]!r} is not one of the enum's values",
                pointer=f"{self.pointer_of_class(name)}/x-final",
                remedy="Name values of the enum",
            )
        return final

    def is_sensitive(self, schema: Any) -> bool:
        """Whether the spec marks the value `x-sensitive`."""
        return bool(self.flat(schema).get("x-sensitive"))

    def answer_only(self, class_name: str) -> bool:
        """Whether no request holds the class, so that absent and null mean the same in it."""
        return class_name in self._component and class_name not in self._requested

    def success_class(self, operation: RawOperation) -> str:
        """The class of the first success with a JSON body, "" where that is not a component."""
        for status, answer in operation.data["responses"].items():
            if status.startswith("2"):
                for media_type, content in self.resolve(answer).get("content", {}).items():
                    schema = content.get("schema")
                    if "json" in media_type and is_reference(schema):
                        return self.class_name(schema["$ref"].rsplit("/", 1)[-1])
        return ""

    def described(self, schema: Any) -> str:
        """Meaning and limits of a value, for a docstring."""
        flat = self.flat(schema)
        if flat.get("type") == "array":
            flat = {**self.flat(flat.get("items", {})), **flat}
        # The first paragraph, up to a list: the rest belongs to the schema's own docstring.
        opening = re.split(r"\n\s*(?:\n|[-*] )", str(flat.get("description", "")).strip())[0]
        text = " ".join(opening.split())
        limits = [
            f"{word} {flat[key]}"
            for key, word in (
                ("minimum", "at least"),
                ("maximum", "at most"),
                ("multipleOf", "a multiple of"),
                ("minLength", "length at least"),
                ("maxLength", "length at most"),
                ("pattern", "matches"),
                ("default", "default"),
            )
            if key in flat
        ]
        if "x-decimals" in flat:
            limits.append(f"at most {flat['x-decimals']} decimals")
        if "enum" in flat:
            limits.append("one of " + ", ".join(str(v) for v in flat["enum"] if v is not None))
        limit_text = "; ".join(limits)
        return f"{sentence(text)} Limits: {limit_text}.".strip() if limits else text

    def _operations(self) -> Iterator[RawOperation]:
        for node in operations(self.document):
            parameters: dict[tuple[str, str], dict[str, Any]] = {}
            pointers: dict[tuple[str, str], str] = {}
            for holder, place in (
                (self.document["paths"][node.path], pointer("paths", node.path)),
                (node.operation, node.pointer),
            ):
                for index, raw in enumerate(holder.get("parameters", [])):
                    parameter = self.resolve(raw)
                    key = parameter["in"], parameter["name"]
                    parameters[key] = parameter
                    pointers[key] = place + pointer("parameters", index)
            yield RawOperation(
                node.path, node.method, node.operation, node.pointer, parameters, pointers
            )

    def _request_schemas(self) -> set[str]:
        """The components that a request can hold, at any depth."""
        found: set[str] = set()
        waiting: list[Any] = []
        for operation in self.operations:
            body = self.resolve(operation.data.get("requestBody", {}))
            waiting += [media.get("schema", {}) for media in body.get("content", {}).values()]
            waiting += [parameter.get("schema", {}) for parameter in operation.parameters.values()]
        while waiting:
            for node in walk(waiting.pop(), "schema"):
                if is_reference(node.value):
                    name = node.value["$ref"].rsplit("/", 1)[-1]
                    if name in self.schemas and name not in found:
                        found.add(name)
                        waiting.append(self.schemas[name])
        return found


def method_name(operation: RawOperation) -> str:
    """The name of an operation in its resource: the operationId less the tag's noun.

    createInvoice in Invoices is `create`; `x-sdk-name` in the spec overrides it.
    """
    override = operation.data.get("x-sdk-name")
    if override is not None:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", str(override)) or keyword.iskeyword(str(override)):
            raise SpecError(
                f"{override!r} is not a name for a method",
                pointer=f"{operation.pointer}/x-sdk-name",
                remedy="Write one in snake_case that is no word of Python's",
            )
        return str(override)
    words = strings.snake_case(spoken(operation.id)).split("_")
    noun = strings.snake_case(spoken(operation.tag)).split("_")
    for form in (noun, [*noun[:-1], singular(noun[-1])]):
        if len(form) < len(words) and words[-len(form) :] == form:
            words = words[: -len(form)]
            break
    name = "_".join(words)
    if not name.isidentifier():
        return str(strings.PythonIdentifier(operation.id, PREFIX))
    # `list` and other names of builtins are fine as method names; `datetime` would hide the module
    # that the annotations of the class name.
    return f"{name}_" if keyword.iskeyword(name) or name == "datetime" else name


def singular(noun: str) -> str:
    """The singular of a plain English plural."""
    for ending, replacement in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("s", "")):
        if noun.endswith(ending) and not noun.endswith("ss"):
            return noun[: -len(ending)] + replacement
    return noun
