"""A large spec and an empty one."""

import time
from typing import Any

from generator.package import generate

SCHEMAS = 200


def large() -> dict[str, Any]:
    """Schemas that hold the next and all first ones, with four operations each tenth."""
    schemas: dict[str, Any] = {}
    paths: dict[str, Any] = {}
    for number in range(SCHEMAS):
        name = f"Model{number}"
        following = {"$ref": f"#/components/schemas/Model{(number + 1) % SCHEMAS}"}
        fields = {f"field{i}": {"type": "string", "maxLength": i + 1} for i in range(10)}
        schemas[name] = {
            "type": "object",
            "required": ["field0"],
            "properties": {
                **fields,
                "next": following,
                "all": {"type": "array", "items": following},
            },
        }
        own = {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
        if number % 10 == 0:
            paths[f"/model{number}"] = {
                method: {
                    "operationId": f"{method}Model{number}",
                    "tags": [f"Tag {number}"],
                    "responses": {"200": {"description": "It.", "content": own}},
                    **({"requestBody": {"content": own}} if method != "get" else {}),
                }
                for method in ("get", "put", "post", "patch")
            }
    return {
        "openapi": "3.0.3",
        "info": {"title": "Large", "version": "1"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def test_two_hundred_schemas_in_a_circle(make: Any) -> None:
    start = time.process_time()
    made = make(large())
    # Some two seconds; a look at all schemas for each field of each would take minutes.
    assert time.process_time() - start < 30
    source: dict[str, Any] = {"field0": "x"}
    for _ in range(SCHEMAS + 1):
        source = {"field0": "x", "next": source, "all": [{"field0": "y"}]}
    first = made.module("models").Model0.from_dict(source)
    assert first.to_dict() == source
    assert len(made.module("operations").OPERATIONS) == SCHEMAS // 10 * 4
    assert len(made.modules()) > SCHEMAS


def test_a_document_with_no_operation_gives_a_client_of_its_schemas(make: Any) -> None:
    made = make(
        {
            "openapi": "3.0.3",
            "info": {"title": "None", "version": "1"},
            "paths": {},
            "components": {"schemas": {"A": {"type": "object"}}},
        }
    )
    assert made.module("operations").OPERATIONS == {}
    assert made.module("models").A.from_dict({"x": 1})["x"] == 1
    assert made.resources()
    made = make({"openapi": "3.0.3", "info": {"title": "None", "version": "1"}, "paths": {}})
    assert len(made.modules()) > 5


def test_generate_is_not_held_up_by_what_was_there(make: Any, tmp_path: Any) -> None:
    for _ in range(2):
        generate(
            {"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, "paths": {}},
            tmp_path / "p",
        )
    assert [path.name for path in tmp_path.iterdir()] == ["p"]
