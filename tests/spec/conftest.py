"""Fixtures for the tests of openapi.yaml: the document, its operations, schemas and examples."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import pytest
from jsonschema import FormatChecker
from openapi_schema_validator import OAS30Validator
from openapi_spec_validator.readers import read_from_filename

SPEC = Path(__file__).parents[2] / "openapi.yaml"
Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | Decimal | None"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@cache
def load(exact: bool = False) -> dict[str, Any]:
    """The document; exact: with its fractions as Decimal."""
    if exact:
        loaded: dict[str, Any] = json.loads(json.dumps(load()), parse_float=Decimal)
        return loaded
    return dict(read_from_filename(str(SPEC))[0])


def resolve(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        found: Any = load(exact=True)
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def all_operations() -> dict[str, dict[str, Any]]:
    """operationId -> the operation, with its method and path under "method" and "path"."""
    return {
        operation["operationId"]: {**operation, "method": method.upper(), "path": path}
        for path, item in load(exact=True)["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def find(
    node: Json, wanted: Callable[[Any], bool], pointer: str = "#"
) -> Iterator[tuple[str, Any]]:
    """Every object of the document that is wanted, with its JSON pointer; no example values."""
    if isinstance(node, dict):
        if wanted(node):
            yield pointer, node
        for key, value in node.items():
            if key not in ("value", "example", "enum"):
                step = key.replace("~", "~0").replace("/", "~1")
                yield from find(value, wanted, f"{pointer}/{step}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from find(value, wanted, f"{pointer}/{index}")


def _inside(pointer: str, schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield pointer, schema
    for name, child in schema.get("properties", {}).items():
        yield from _inside(f"{pointer}/properties/{name}", child)
    for word in ("items", "additionalProperties", "not"):
        if isinstance(schema.get(word), dict):
            yield from _inside(f"{pointer}/{word}", schema[word])
    for word in ("allOf", "anyOf", "oneOf"):
        for index, child in enumerate(schema.get(word, [])):
            yield from _inside(f"{pointer}/{word}/{index}", child)


def all_schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema of the document at any depth, with its JSON pointer."""
    document = load(exact=True)
    for name, schema in document["components"]["schemas"].items():
        yield from _inside(f"#/components/schemas/{name}", schema)
    for pointer, holder in find(document, lambda node: isinstance(node.get("schema"), dict)):
        yield from _inside(f"{pointer}/schema", holder["schema"])


def all_examples() -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Every example of the document: its JSON pointer, the schema it is for, and the value."""
    for pointer, holder in find(load(exact=True), lambda node: "schema" in node):
        if "example" in holder:
            yield f"{pointer}/example", holder["schema"], holder["example"]
        for name, example in holder.get("examples", {}).items():
            yield f"{pointer}/examples/{name}", holder["schema"], resolve(example)["value"]
    for pointer, schema in all_schemas():
        if "example" in schema:
            yield f"{pointer}/example", schema, schema["example"]


FORMATS = FormatChecker(["date", "date-time"])


@FORMATS.checks("uri")
def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or bool(urlsplit(value).scheme and urlsplit(value).netloc)


@FORMATS.checks("int64")
def _is_int64(value: object) -> bool:
    return not isinstance(value, int) or -(2**63) <= value < 2**63


@FORMATS.checks("decimal", raises=InvalidOperation)
def _is_decimal(value: object) -> bool:
    return value is None or (isinstance(value, str | int | Decimal) and Decimal(value).is_finite())


@FORMATS.checks("kz-phone")
def _is_phone(value: object) -> bool:
    return not isinstance(value, str) or (value.isdecimal() and value.isascii())


def problems(schema: dict[str, Any], value: Any) -> list[str]:
    """What is wrong with a value, by its schema: types, limits, nulls, formats; [] when nothing."""
    root = {**schema, "components": load(exact=True)["components"]}
    validator = OAS30Validator(root, format_checker=FORMATS)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


@pytest.fixture(scope="session")
def document() -> dict[str, Any]:
    """The spec as most tools read it."""
    return load()


@pytest.fixture(scope="session")
def operations() -> dict[str, dict[str, Any]]:
    return all_operations()


@pytest.fixture(scope="session")
def schemas() -> list[tuple[str, dict[str, Any]]]:
    return list(all_schemas())


@pytest.fixture(scope="session")
def check() -> Callable[[dict[str, Any], Any], list[str]]:
    return problems


@pytest.fixture(scope="session")
def follow() -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Gives what a `$ref` stands for."""
    return resolve


@pytest.fixture(scope="session")
def search() -> Callable[[Any, Callable[[Any], bool]], Iterator[tuple[str, Any]]]:
    return find


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "operation" in metafunc.fixturenames:
        found = all_operations()
        metafunc.parametrize("operation", found.values(), ids=found.keys())
    if "example" in metafunc.fixturenames:
        examples = list(all_examples())
        metafunc.parametrize(
            ("schema", "example"),
            [(schema, value) for _, schema, value in examples],
            ids=[pointer for pointer, _, _ in examples],
        )
