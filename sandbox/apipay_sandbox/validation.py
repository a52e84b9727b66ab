"""Checks of requests, compiled once from the OpenAPI 3.0 schemas of the specification.

`compile_schema` turns a schema into a function that adds what is wrong to a dict of field ->
messages, as the service's 422 states it. A keyword that is not known here is refused when it is
compiled, so that no rule of the specification is ever skipped in silence.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from urllib.parse import parse_qsl

from .jsons import Json, is_list, is_object

Errors = dict[str, list[str]]
Checker = Callable[[Json, str, Errors], None]
"""(value, name of its field, where to put what is wrong)"""
Resolve = Callable[[Mapping[str, Json]], Mapping[str, Json]]

_ANNOTATIONS = frozenset(
    {"title", "description", "example", "default", "deprecated", "readOnly", "writeOnly"}
)
_KNOWN = frozenset(
    {"type", "nullable", "enum", "format", "pattern", "minLength", "maxLength", "minimum"}
    | {"maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "items", "minItems"}
    | {"maxItems", "properties", "required", "additionalProperties", "allOf", "anyOf"}
)
_KINDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INTEGER = re.compile(r"-?[0-9]{1,40}")
_ABSENT = object()


class UnsupportedSchemaError(Exception):
    """The specification uses something that the sandbox cannot check."""


def compile_schema(schema: Mapping[str, Json], resolve: Resolve) -> Checker:
    """Return the check of one schema."""
    schema = resolve(schema)
    unknown = {
        key for key in schema if key not in _KNOWN | _ANNOTATIONS and not key.startswith("x-")
    }
    if unknown:
        raise UnsupportedSchemaError(f"The sandbox does not know {', '.join(sorted(unknown))}.")
    combined = _combinations(schema, resolve)
    rules = [*combined, *_value_rules(schema, resolve)]
    kind = schema.get("type")
    # A schema without a type says nothing about null; one with a type refuses it by default.
    null_passes = kind is None or bool(schema.get("nullable"))

    def check(value: Json, field: str, errors: Errors) -> None:
        if value is None:
            if not null_passes:
                _add(errors, field, "must not be null.")
            elif "enum" in schema and None not in schema["enum"]:
                _add(errors, field, _one_of(schema["enum"]))
            else:
                for rule in combined:
                    rule(value, field, errors)
            return
        if kind is not None and not _is_kind(value, kind):
            _add(errors, field, f"must be {_KINDS[kind]}.")
            return
        for rule in rules:
            rule(value, field, errors)

    return check


def _combinations(schema: Mapping[str, Json], resolve: Resolve) -> list[Checker]:
    rules = [compile_schema(part, resolve) for part in schema.get("allOf", ())]
    if "anyOf" in schema:
        rules.append(_any_of([compile_schema(part, resolve) for part in schema["anyOf"]]))
    return rules


def _any_of(branches: Sequence[Checker]) -> Checker:
    def check(value: Json, field: str, errors: Errors) -> None:
        first: Errors | None = None
        for branch in branches:
            found: Errors = {}
            branch(value, field, found)
            if not found:
                return
            first = found if first is None else first
        for name, messages in (first or {}).items():
            errors.setdefault(name, []).extend(messages)

    return check


def _value_rules(schema: Mapping[str, Json], resolve: Resolve) -> list[Checker]:
    """The rules for values that are not null, each for the kind of value that it is about."""
    rules: list[Checker] = []
    if "enum" in schema:
        allowed = list(schema["enum"])
        rules.append(_rule(lambda value: value in allowed, _one_of(allowed)))
    rules += _string_rules(schema)
    rules += _number_rules(schema)
    rules += _array_rules(schema, resolve)
    if {"properties", "required", "additionalProperties"} & schema.keys():
        rules.append(_object_rule(schema, resolve))
    return rules


def _string_rules(schema: Mapping[str, Json]) -> list[Checker]:
    rules: list[Checker] = []
    if "pattern" in schema:
        search = re.compile(_python_pattern(schema["pattern"])).search
        wanted = schema["pattern"]
        rules.append(_rule(lambda value: bool(search(value)), f"must have the form {wanted}", str))
    if "minLength" in schema:
        least = schema["minLength"]
        rules.append(
            _rule(lambda value: len(value) >= least, f"must have at least {least} characters.", str)
        )
    if "maxLength" in schema:
        most = schema["maxLength"]
        rules.append(
            _rule(lambda value: len(value) <= most, f"must have at most {most} characters.", str)
        )
    if schema.get("format") == "date":
        rules.append(_rule(is_date, "must be a date, YYYY-MM-DD.", str))
    return rules


def _number_rules(schema: Mapping[str, Json]) -> list[Checker]:
    rules: list[Checker] = []
    if "minimum" in schema:
        low = schema["minimum"]
        if schema.get("exclusiveMinimum"):
            rules.append(_number(lambda value: value > low, f"must be more than {low}."))
        else:
            rules.append(_number(lambda value: value >= low, f"must be at least {low}."))
    if "maximum" in schema:
        high = schema["maximum"]
        if schema.get("exclusiveMaximum"):
            rules.append(_number(lambda value: value < high, f"must be less than {high}."))
        else:
            rules.append(_number(lambda value: value <= high, f"must be at most {high}."))
    if "multipleOf" in schema:
        step = Decimal(schema["multipleOf"])
        rules.append(
            _number(lambda value: _is_multiple(value, step), f"must be a multiple of {step}.")
        )
    if "x-decimals" in schema:
        places: int = schema["x-decimals"]
        smallest = Decimal(1).scaleb(-places)
        rules.append(
            _number(
                lambda value: _is_multiple(value, smallest),
                f"must have at most {places} decimals.",
            )
        )
    return rules


def _array_rules(schema: Mapping[str, Json], resolve: Resolve) -> list[Checker]:
    rules: list[Checker] = []
    if "minItems" in schema:
        least = schema["minItems"]
        rules.append(
            _rule(lambda value: len(value) >= least, f"must have at least {least} items.", list)
        )
    if "maxItems" in schema:
        most = schema["maxItems"]
        rules.append(
            _rule(lambda value: len(value) <= most, f"must have at most {most} items.", list)
        )
    if "items" in schema:
        item = compile_schema(schema["items"], resolve)

        def check_items(value: Json, field: str, errors: Errors) -> None:
            items = value if is_list(value) else []
            for index, one in enumerate(items):
                item(one, f"{field}.{index}", errors)

        rules.append(check_items)
    return rules


def _object_rule(schema: Mapping[str, Json], resolve: Resolve) -> Checker:
    properties = {
        name: compile_schema(part, resolve) for name, part in schema.get("properties", {}).items()
    }
    required: Sequence[str] = schema.get("required", ())
    extra: Json = schema.get("additionalProperties", True)
    others = None if isinstance(extra, bool) else compile_schema(extra, resolve)

    def check(value: Json, field: str, errors: Errors) -> None:
        if not is_object(value):
            return
        prefix = f"{field}." if field else ""
        for name in required:
            if name not in value:
                _add(errors, prefix + name, "is required.")
        for name, member in value.items():
            checker = properties.get(name, others)
            if checker is not None:
                checker(member, prefix + name, errors)
            elif extra is False:
                _add(errors, prefix + name, "is not known.")

    return check


def _rule(passes: Callable[[Json], bool], message: str, only: type[object] = object) -> Checker:
    def check(value: Json, field: str, errors: Errors) -> None:
        if isinstance(value, only) and not passes(value):
            _add(errors, field, message)

    return check


def _number(passes: Callable[[Json], bool], message: str) -> Checker:
    return _rule(lambda value: not _is_kind(value, "number") or passes(value), message)


def _is_kind(value: Json, kind: str) -> bool:
    match kind:
        case "string":
            return isinstance(value, str)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "array":
            return is_list(value)
        case "object":
            return is_object(value)
        case _:
            raise UnsupportedSchemaError(f"The sandbox does not know the type {kind!r}.")


def _is_multiple(value: Json, step: Decimal) -> bool:
    number = Decimal(value)
    # Far outside any amount the remainder would need more digits than decimal arithmetic keeps.
    if number.adjusted() > 20 or step.adjusted() > 20:
        exponent = number.as_tuple().exponent
        return isinstance(exponent, int) and exponent >= 0
    return number % step == 0


def is_date(text: str) -> bool:
    """Whether `text` is a day of the calendar, `YYYY-MM-DD`."""
    if _DATE.fullmatch(text) is None:
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _python_pattern(pattern: str) -> str:
    # In the patterns of JSON Schema `$` is the very end; in Python it also allows a line break.
    if pattern.endswith("$") and not pattern.endswith("\\$"):
        return pattern[:-1] + r"\Z"
    return pattern


def _one_of(allowed: Sequence[Json]) -> str:
    return f"must be one of: {', '.join(str(one) for one in allowed if one is not None)}."


def _add(errors: Errors, field: str, problem: str) -> None:
    subject = field.replace("_", " ") or "body"
    errors.setdefault(field or "body", []).append(f"The {subject} {problem}")


def without_nulls(body: dict[str, Json]) -> dict[str, Json]:
    """Return the body without the fields that are null: the service takes them as absent."""
    return {name: value for name, value in body.items() if value is not None}


class QueryReader:
    """Reads a query string into typed values, as the specification's parameters state them."""

    def __init__(self, parameters: Sequence[Mapping[str, Json]], resolve: Resolve) -> None:
        self._checks: dict[str, Checker] = {}
        self._lists: set[str] = set()
        self._integers: set[str] = set()
        self._required: list[str] = []
        self.defaults: dict[str, Json] = {}
        for parameter in parameters:
            name: str = parameter["name"]
            schema = resolve(parameter["schema"])
            kind = schema.get("type")
            if kind == "array":
                if parameter.get("style", "form") != "form" or not parameter.get("explode", True):
                    raise UnsupportedSchemaError(f"{name}: lists must be repeated parameters.")
                self._lists.add(name)
            elif kind == "integer":
                self._integers.add(name)
            elif kind != "string":
                raise UnsupportedSchemaError(f"{name}: a {kind} is not known in a query.")
            self._checks[name] = compile_schema(schema, resolve)
            if parameter.get("required"):
                self._required.append(name)
            if "default" in schema:
                self.defaults[name] = schema["default"]

    def read(self, query: bytes) -> tuple[dict[str, Json], Errors]:
        """Return (values with defaults filled in, what is wrong)."""
        values = dict(self.defaults)
        errors: Errors = {}
        given: dict[str, Json] = {}
        if query:
            for raw, text in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
                # PHP and many HTTP libraries number the items of a list: status[0]=paid.
                name = re.sub(r"\[\d{0,4}\]\Z", "[]", raw) if raw.endswith("]") else raw
                if name in self._lists:
                    given.setdefault(name, []).append(text)
                elif name in self._checks:
                    if name in given:
                        _add(errors, name, "must be given once.")
                    given[name] = self._scalar(name, text)
        for name, value in given.items():
            self._checks[name](value, name, errors)
            values[name] = value
        for name in self._required:
            if name not in given:
                _add(errors, name, "is required.")
        return values, errors

    def _scalar(self, name: str, text: str) -> Json:
        if name in self._integers and _INTEGER.fullmatch(text):
            return int(text)
        return text
