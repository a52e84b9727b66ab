"""Each spec with a defect, once repaired, gives a client whose every operation works."""

import inspect
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property, partial
from io import BytesIO
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin
from uuid import UUID

import httpx
import pytest

from generator.document import is_reference, resolve
from generator.parser import steered
from generator.spec_index import SpecIndex

HERE = Path(__file__).parent
SPECS = [*sorted((HERE / "specs").glob("*.yaml")), *sorted((HERE / "clients").glob("*.yaml"))]
TEXTS = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00+00:00",
    "uuid": "7f4b1f52-3a7e-4e0c-9f45-0d6d3f6b8a11",
    "decimal": "1.50",
}


def sample(schema: Any, document: Any, depth: int = 0) -> Any:
    """A JSON value that the schema allows, its optional parts included where they are not deep."""
    if is_reference(schema):
        schema = resolve(document, schema["$ref"])
    for word in ("oneOf", "anyOf"):
        if schema.get(word):
            return sample(schema[word][0], document, depth)
    if schema.get("enum"):
        return schema["enum"][0]
    if schema.get("allOf"):
        parts = [sample(part, document, depth) for part in schema["allOf"]]
        if not all(isinstance(part, dict) for part in parts):
            return parts[0]
        own = sample(
            {key: value for key, value in schema.items() if key != "allOf"}, document, depth
        )
        return {key: value for part in [*parts, own or {}] for key, value in part.items()}
    kind = schema.get("type") or ("object" if "properties" in schema else None)
    if kind == "object":
        wanted = schema.get("required", []) if depth > 2 else schema.get("properties", {})
        given = {
            name: sample(schema["properties"][name], document, depth + 1)
            for name in wanted
            if name in schema.get("properties", {})
        }
        if isinstance(schema.get("additionalProperties"), dict) and depth < 3:
            given["more"] = sample(schema["additionalProperties"], document, depth + 1)
        return given
    if kind == "array":
        return [sample(schema["items"], document, depth + 1)] if depth < 3 else []
    scalars = {
        "integer": 1,
        "number": 1.5,
        "boolean": True,
        "string": TEXTS.get(schema.get("format"), "text"),
    }
    return scalars.get(kind)


def plain(value: Any, made: Any) -> Any:
    """What a result is in JSON."""
    codec = made.module("codec")
    as_text = getattr(codec, "decimals_as_text", codec.to_json)  # absent where nothing uses it
    return json.loads(codec.dumps(as_text(value)))


def test_there_are_enough_of_them() -> None:
    assert len(SPECS) > 30


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_every_module_imports_and_every_model_goes_round(make: Any, spec: Path) -> None:
    made = make(spec)
    assert f"{made.folder.name}.resources" in {module.__name__ for module in made.modules()}
    models = made.module("models")
    for name in getattr(models, "__all__", []):
        model = getattr(models, name)
        assert model.__doc__
        if hasattr(model, "from_dict"):
            source = source_of(model, made)
            value = model.from_dict(source)
            assert set(value.additional_properties) <= {"more"}
            if name.startswith("Upload"):  # it holds files
                assert [part for part, _ in made.module("codec").multipart(value)] == list(source)
            else:
                assert exact(made.module("codec").dumps(value)) == source


def exact(text: str | bytes) -> Any:
    return json.loads(text, parse_float=Decimal)


def source_of(model: Any, made: Any) -> Any:
    """A sample of the schema behind a model."""
    with steered():
        place = SpecIndex(made.document).pointer_of_class(model.__name__)
    found = sample(resolve(made.document, f"#{place}"), made.document)
    return exact(json.dumps(found))


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_every_operation_sends_and_reads(make: Any, spec: Path) -> None:
    made = make(spec)
    operations = made.module("operations").OPERATIONS
    resources = made.module("resources").Resources
    called = 0
    for attribute, value in vars(resources).items():
        if not isinstance(value, cached_property):
            continue
        kind = type(getattr(made.resources(), attribute))
        for name, operation in kind.OPERATIONS.items():
            raw = made.document["paths"][operation.path][operation.method.lower()]
            status, content = success(raw, made.document)
            answer = httpx.Response(status, content=content or b"")
            result = made.twice(partial(call, attribute, name, getattr(kind, name), made), answer)
            assert made.request.method == operation.method
            assert made.request.extensions["operation"] is operation
            if result is not None and content and content.startswith((b"{", b"[")):
                assert plain(result, made) == json.loads(content)
            called += 1
    assert called == len(operations)


def call(attribute: str, name: str, method: Any, made: Any, resources: Any) -> Any:
    positional, named = arguments(method, made)
    return getattr(getattr(resources, attribute), name)(*positional, **named)


def success(raw: dict[str, Any], document: Any) -> tuple[int, bytes | None]:
    """The first status that is a success, and a body for it."""
    for status, answer in raw["responses"].items():
        if status.startswith("2") or status == "default":
            found = resolve(document, answer["$ref"]) if is_reference(answer) else answer
            code = int(status.replace("XX", "00")) if status != "default" else 200
            media = next(iter(found.get("content", {}).items()), None)
            if media is None or "schema" not in media[1]:
                return code, None
            if "json" in media[0]:
                return code, json.dumps(sample(media[1]["schema"], document)).encode()
            return code, b"text"
    return 200, None


def arguments(method: Any, made: Any) -> tuple[list[Any], dict[str, Any]]:
    """Arguments that a method cannot do without, by what their types say."""
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for argument in list(inspect.signature(method).parameters.values())[1:]:
        if argument.default is not inspect.Parameter.empty:
            continue
        value = value_of(argument.annotation, made)
        if argument.kind is inspect.Parameter.KEYWORD_ONLY:
            named[argument.name] = value
        else:
            positional.append(value)
    return positional, named


def value_of(kind: Any, made: Any) -> Any:
    """A value of a type."""
    if kind in VALUES:
        return VALUES[kind]
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Literal:
        return inner[0]
    if origin in (Union, UnionType):
        return value_of(next(one for one in inner if one.__name__ != "Unset"), made)
    if origin in (list, Sequence):
        return [value_of(inner[0], made)]
    if kind.__name__ == "File":
        return kind(BytesIO(b"content"))
    return kind.from_dict(source_of(kind, made)) if hasattr(kind, "from_dict") else next(iter(kind))


VALUES: dict[Any, Any] = {
    Any: {"any": [1]},
    str: "text",
    int: 1,
    float: 0.5,
    bool: True,
    date: date(2026, 1, 31),
    datetime: datetime(2026, 1, 31, tzinfo=UTC),
    Decimal: Decimal("1.5"),
    UUID: UUID(TEXTS["uuid"]),
}
