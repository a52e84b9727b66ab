"""Validation of requests against the specification, with the service's messages by field.

jsonschema checks the values. OpenAPI 3.0 schemas become JSON Schema draft 4 with a few differences:
local references, `nullable`, exact decimals, and `$`, which means the very end of a text.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from jsonschema import Draft4Validator, FormatChecker, ValidationError
from jsonschema import validators as _validators

from .jsons import Json, is_list, is_object

Errors = dict[str, list[str]]
Checker = Callable[[Json, str, Errors], None]
"""(value, field, where to add the messages)"""
Resolve = Callable[[Mapping[str, Json]], Mapping[str, Json]]

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
_FORMATS = FormatChecker(formats=())


class UnsupportedSchemaError(Exception):
    """The specification uses something that the sandbox cannot check."""


@_FORMATS.checks("date")
def is_date(value: object) -> bool:
    """Return whether a text is a calendar date, `YYYY-MM-DD`. Other types pass."""
    if not isinstance(value, str):
        return True
    try:
        return _DATE.fullmatch(value) is not None and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _multiple_of(
    validator: Any, step: Json, value: Json, schema: Mapping[str, Json]
) -> Iterator[ValidationError]:
    exact = Decimal(str(step))
    # Decimal arithmetic keeps 28 digits: what lies far outside any amount fails other limits.
    if _is_number(value) and abs(Decimal(value)) < 10**15 and Decimal(value) % exact:
        yield ValidationError(f"{value} is not a multiple of {step}")


def _decimals(
    validator: Any, most: int, value: Json, schema: Mapping[str, Json]
) -> Iterator[ValidationError]:
    yield from _multiple_of(validator, Decimal(10) ** -most, value, schema)


_jsonschema: Any = _validators  # its `extend` has no type hints
_Validator: Any = _jsonschema.extend(
    Draft4Validator, {"multipleOf": _multiple_of, "x-decimals": _decimals}
)


def compile_schema(
    schema: Mapping[str, Json], resolve: Resolve, texts: Mapping[str, str] | None = None
) -> Checker:
    """Return the checker of a schema.

    Args:
        texts: by field, the service's message for a value of the wrong form.
    """
    validator = _Validator(_draft4(schema, resolve), format_checker=_FORMATS)
    stated = texts or {}

    def check(value: Json, field: str, errors: Errors) -> None:
        for error in validator.iter_errors(value):
            _report(error, field, errors, stated)

    return check


def _draft4(node: Json, resolve: Resolve) -> Json:
    """Return a schema as JSON Schema draft 4, without references."""
    if is_list(node):
        return [_draft4(one, resolve) for one in node]
    if not is_object(node):
        return node
    node = resolve(node)
    made = {
        name: {key: _draft4(one, resolve) for key, one in value.items()}
        if name == "properties"
        else _draft4(value, resolve)
        for name, value in node.items()
        if name not in {"example", "default"}
    }
    if made.get("nullable") is True and "type" in made:
        made["type"] = [made["type"], "null"]
    pattern = made.get("pattern")
    if isinstance(pattern, str) and pattern.endswith("$") and not pattern.endswith("\\$"):
        made["pattern"] = pattern[:-1] + r"\Z"
    return made


def _report(error: ValidationError, field: str, errors: Errors, stated: Mapping[str, str]) -> None:
    names = [field] if field else []
    field = ".".join([*names, *(str(part) for part in error.absolute_path)])
    wanted: Any = error.validator_value
    match error.validator:
        case "anyOf" | "oneOf":
            first = [one for one in error.context or () if one.schema_path[0] == 0]
            for one in first:
                _report(one, ".".join(names), errors, stated)
        case "required" | "additionalProperties":
            _report_names(error, field, errors)
        case "pattern" | "format" if field in stated:
            _add(errors, field, stated[field], whole=True)
        case "type" if error.instance is None:
            _add(errors, field, "must not be null.")
        case "type":
            kind = wanted[0] if is_list(wanted) else wanted
            _add(errors, field, f"must be {_KINDS[kind]}.")
        case "enum":
            allowed = ", ".join(str(one) for one in wanted if one is not None)
            _add(errors, field, f"must be one of: {allowed}.")
        case "pattern":
            _add(errors, field, f"must have the form {wanted.replace(chr(92) + 'Z', '$')}")
        case "format":
            _add(errors, field, "must be a date, YYYY-MM-DD.")
        case _:
            _add(errors, field, _limit(str(error.validator), wanted, error))


def _limit(keyword: str, wanted: Any, error: ValidationError) -> str:
    schema: Any = error.schema
    match keyword:
        case "minimum":
            least = "more than" if schema.get("exclusiveMinimum") else "at least"
            return f"must be {least} {wanted}."
        case "maximum":
            most = "less than" if schema.get("exclusiveMaximum") else "at most"
            return f"must be {most} {wanted}."
        case "minLength" | "maxLength":
            side = "at least" if keyword == "minLength" else "at most"
            return f"must have {side} {wanted} characters."
        case "minItems" | "maxItems":
            side = "at least" if keyword == "minItems" else "at most"
            return f"must have {side} {wanted} items."
        case "x-decimals":
            return f"must have at most {wanted} decimals."
        case "multipleOf":
            return f"must be a multiple of {wanted}."
        case _:
            return "is not valid."


def _report_names(error: ValidationError, field: str, errors: Errors) -> None:
    value: Any = error.instance
    schema: Any = error.schema
    prefix = f"{field}." if field else ""
    if error.validator == "required":
        missing: Iterable[str] = (one for one in schema["required"] if one not in value)
        problem = "is required."
    else:
        missing = (one for one in value if one not in schema.get("properties", {}))
        problem = "is not known."
    for name in missing:
        if prefix + name not in errors:
            _add(errors, prefix + name, problem)


def _add(errors: Errors, field: str, problem: str, *, whole: bool = False) -> None:
    subject = field.replace("_", " ") or "body"
    text = problem if whole else f"The {subject} {problem}"
    errors.setdefault(field or "body", []).append(text)


def without_nulls(body: dict[str, Json]) -> dict[str, Json]:
    """Return the body without its null fields: for the service they are absent."""
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
                raise UnsupportedSchemaError(f"{name}: {kind} is not supported in a query.")
            self._checks[name] = compile_schema(schema, resolve)
            if parameter.get("required"):
                self._required.append(name)
            if "default" in schema:
                self.defaults[name] = schema["default"]

    def read(self, query: bytes) -> tuple[dict[str, Json], Errors]:
        """Return (values including defaults, errors)."""
        values = dict(self.defaults)
        errors: Errors = {}
        given: dict[str, Json] = {}
        for raw, text in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
            # PHP and many HTTP libraries number the items of a list: status[0]=paid.
            name = re.sub(r"\[\d{0,4}\]\Z", "[]", raw) if raw.endswith("]") else raw
            if name in self._lists:
                given.setdefault(name, []).append(text)
            elif name in self._checks:
                if name in given:
                    _add(errors, name, "must be given once.")
                is_integer = name in self._integers and _INTEGER.fullmatch(text)
                given[name] = int(text) if is_integer else text
        for name, value in given.items():
            self._checks[name](value, name, errors)
            values[name] = value
        for name in self._required:
            if name not in given:
                _add(errors, name, "is required.")
        return values, errors
