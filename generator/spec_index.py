"""Look-ups in the document that the parser keeps no trace of: extensions, limits, descriptions."""

import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from openapi_python_client import strings

from .document import SpecError, pointer
from .prepare import METHODS

Schema = dict[str, Any]


@dataclass(frozen=True)
class RawOperation:
    """One operation of the document with its path's parameters merged in, all refs resolved."""

    path: str
    method: str
    data: dict[str, Any]
    parameters: dict[tuple[str, str], dict[str, Any]]

    @property
    def id(self) -> str:
        """The operationId."""
        return str(self.data["operationId"])

    @property
    def pointer(self) -> str:
        """Where it stands in the document."""
        return pointer("paths", self.path, self.method)


class SpecIndex:
    """The document (after repair, before `prepare`) with look-ups by name."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.schemas: dict[str, Schema] = document.get("components", {}).get("schemas", {})
        self.operations = list(self._operations())
        self.by_python_name = {
            str(strings.PythonIdentifier(op.id, prefix="field_")): op for op in self.operations
        }
        self.request_schemas = self._request_schemas()

    def resolve(self, node: Any) -> Any:
        """The node itself, or what its `$ref` names."""
        while isinstance(node, dict) and "$ref" in node:
            target: Any = self.document
            for token in node["$ref"].removeprefix("#/").split("/"):
                target = target[token.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

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
        alternatives = [self.resolve(s) for s in [*schema.get("anyOf", []), *schema.get("oneOf", [])]]
        real = [s for s in alternatives if s.get("enum") != [None]]
        return real if len(real) == 1 else []

    def schema_of_class(self, class_name: str) -> Schema:
        """The component behind a generated class, {} for a class without one."""
        for name, schema in self.schemas.items():
            if strings.ClassName(name, "field_") == class_name:
                return self.flat(schema)
        return {}

    def is_sensitive(self, schema: Any) -> bool:
        """Whether the spec marks the value `x-sensitive`."""
        return bool(self.flat(schema).get("x-sensitive"))

    def answer_only(self, class_name: str) -> bool:
        """Whether no request holds the class, so that absent and null mean the same in it."""
        known = {str(strings.ClassName(name, "field_")) for name in self.schemas}
        asked = {str(strings.ClassName(name, "field_")) for name in self.request_schemas}
        return class_name in known and class_name not in asked

    def success_schema(self, operation: RawOperation) -> Any:
        """The schema of the first answer that is a success, None where it has no JSON body."""
        for status, answer in operation.data["responses"].items():
            if str(status).startswith("2"):
                for media, content in self.resolve(answer).get("content", {}).items():
                    if "json" in media:
                        return content.get("schema")
        return None

    def success_class(self, operation: RawOperation) -> str:
        """The class of `success_schema`, "" where that is not a component."""
        schema = self.success_schema(operation)
        if not isinstance(schema, dict) or "$ref" not in schema:
            return ""
        return str(strings.ClassName(schema["$ref"].rsplit("/", 1)[-1], "field_"))

    def described(self, schema: Any) -> str:
        """Meaning, limits and example of a value, for a docstring."""
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
        if "enum" in flat:
            limits.append("one of " + ", ".join(str(v) for v in flat["enum"] if v is not None))
        limit_text = "; ".join(limits)
        if not limit_text:
            return text
        text = text if not text or text.endswith((".", "?", "!")) else f"{text}."
        return f"{text} Limits: {limit_text}.".strip()

    def _operations(self) -> Iterator[RawOperation]:
        for path, item in self.document.get("paths", {}).items():
            for method in METHODS:
                if method not in item:
                    continue
                parameters: dict[tuple[str, str], dict[str, Any]] = {}
                for raw in [*item.get("parameters", []), *item[method].get("parameters", [])]:
                    parameter = self.resolve(raw)
                    parameters[parameter["in"], parameter["name"]] = parameter
                yield RawOperation(path, method, item[method], parameters)

    def _request_schemas(self) -> set[str]:
        found: set[str] = set()
        seen: set[int] = set()

        def visit(node: Any) -> None:
            if isinstance(node, list):
                for value in node:
                    visit(value)
            elif isinstance(node, dict):
                reference = node.get("$ref")
                if isinstance(reference, str) and reference.startswith("#/components/schemas/"):
                    found.add(reference.rsplit("/", 1)[-1])
                if id(node) in seen:
                    return
                seen.add(id(node))
                for value in (self.resolve(node) if reference else node).values():
                    visit(value)

        for operation in self.operations:
            visit(operation.data.get("requestBody", {}))
            visit(list(operation.parameters.values()))
        return found


def method_name(operation_id: str, tag: str, override: str | None, where: str) -> str:
    """The name of an operation in its resource: the operationId less the tag's noun.

    createInvoice in Invoices is `create`; `x-sdk-name` in the spec overrides it.
    """
    if override is not None:
        if not override.isidentifier():
            raise SpecError(
                pointer=f"{where}/x-sdk-name",
                problem=f"{override!r} is not a Python name",
                mend="write a name in snake_case",
            )
        return override
    words = strings.snake_case(operation_id).split("_")
    noun = strings.snake_case(tag).split("_")
    for form in (noun, [*noun[:-1], singular(noun[-1])]):
        for start in range(len(words) - len(form) + 1):
            if words[start : start + len(form)] == form and len(form) < len(words):
                words = words[:start] + words[start + len(form) :]
                break
    name = "_".join(words)
    # Not PythonIdentifier: it also renames words like `list` that are fine as method names.
    return f"{name}_" if keyword.iskeyword(name) else name


def singular(noun: str) -> str:
    """The singular of a plain English plural."""
    for ending, replacement in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("s", "")):
        if noun.endswith(ending) and not noun.endswith("ss"):
            return noun[: -len(ending)] + replacement
    return noun

