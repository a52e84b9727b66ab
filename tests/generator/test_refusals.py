"""What cannot become a client is refused, with its place in the document and the remedy."""

from typing import Any

import httpx
import pytest

from generator.problems import SpecError

OK = {"200": {"description": "Fine."}}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}


def document(
    operation: dict[str, Any] | None = None, path: str = "/a/b", **schemas: Any
) -> dict[str, Any]:
    """A document with one operation, `GET` of `path`, between two others."""
    other = {"operationId": "other", "tags": ["t"], "responses": OK}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Refused", "version": "1"},
        "paths": {
            "/a": {"get": {**other, "operationId": "first"}},
            path: {
                "get": {"operationId": "main", "tags": ["t"], "responses": OK, **(operation or {})}
            },
            "/a/b/c": {"get": other},
        },
        "components": {"schemas": schemas},
    }


def answer(media_type: str, schema: Any = None) -> dict[str, Any]:
    return {
        "responses": {
            "200": {"description": "Fine.", "content": {media_type: {"schema": schema or {}}}}
        }
    }


def body(media_type: str, schema: Any = None) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema or {}}}}}


def parameter(**words: Any) -> dict[str, Any]:
    return {"parameters": [{"name": "x", "in": "query", "schema": {"type": "string"}, **words}]}


MAIN = "/paths/~1a~1b/get"
OBJECT = {"type": "object", "properties": {"id": {"type": "integer"}}}
REFUSED = {
    "an answer of an odd media type": (document(answer("nonsense")), f"{MAIN}/responses/200"),
    "a body in XML alone": (
        document(body("application/xml", {"type": "string"})),
        f"{MAIN}/requestBody",
    ),
    "an object in a header": (
        document(
            parameter(**{"in": "header", "schema": {"$ref": "#/components/schemas/Thing"}}),
            Thing=OBJECT,
        ),
        f"{MAIN}/parameters/0",
    ),
    "a date in a header": (
        document(parameter(**{"in": "header", "schema": {"type": "string", "format": "date"}})),
        f"{MAIN}/parameters/0",
    ),
    "a parameter with content": (
        document(
            {
                "parameters": [
                    {"name": "x", "in": "query", "content": {"application/json": {"schema": {}}}}
                ]
            }
        ),
        f"{MAIN}/parameters/0/content",
    ),
    "reserved characters": (document(parameter(allowReserved=True)), f"{MAIN}/parameters/0"),
    "a path parameter of an odd name": (
        document({"parameters": [{**ID, "name": "a.b"}]}, "/x/{a.b}"),
        "/paths/~1x~1{a.b}",
    ),
    "two parameters that are one in Python": (
        document(
            {
                "parameters": [
                    {"name": name, "in": "query", "schema": {"type": "string"}}
                    for name in ("a-b", "a b", "ab!", "ab?")
                ]
            }
        ),
        MAIN,
    ),
    "two properties that are one in Python": (
        document(
            Thing={
                "type": "object",
                "properties": {"ab!": {"type": "string"}, "ab?": {"type": "string"}},
            }
        ),
        "/components/schemas/Thing",
    ),
    "two schemas that are one class": (
        document(Thing=OBJECT, thing={"type": "object", "properties": {"n": {"type": "integer"}}}),
        "/components/schemas/thing",
    ),
    "an allOf of no object": (
        document(
            Text={"type": "string"},
            Thing={"allOf": [{"$ref": "#/components/schemas/Text"}, OBJECT]},
        ),
        "/components/schemas/Thing/allOf/0",
    ),
    "an allOf with alternatives": (
        document(Thing={"allOf": [OBJECT, {"oneOf": [OBJECT, OBJECT]}]}),
        "/components/schemas/Thing/allOf/1",
    ),
    "an allOf in a circle": (
        document(Thing={"allOf": [{"$ref": "#/components/schemas/Thing"}, OBJECT]}),
        "/components/schemas",
    ),
    "an allOf next to alternatives": (
        document(
            Cat=OBJECT,
            Thing={"allOf": [OBJECT], "oneOf": [{"$ref": "#/components/schemas/Cat"}, OBJECT]},
        ),
        "/components/schemas/Thing",
    ),
    "alternatives of two kinds": (
        document(
            Cat=OBJECT,
            Thing={word: [{"type": "string"}, {"type": "integer"}] for word in ("oneOf", "anyOf")},
        ),
        "/components/schemas/Thing",
    ),
    "a class that attrs would not see": (
        document(
            ClassVariable=OBJECT,
            Thing={
                "type": "object",
                "properties": {"v/x": {"$ref": "#/components/schemas/ClassVariable"}},
            },
        ),
        "/components/schemas/Thing/properties/v~1x",
    ),
    "an unknown retry class": (document({"x-retry": "often"}), f"{MAIN}/x-retry"),
    "a method name that is none": (document({"x-sdk-name": "Not-a-name"}), f"{MAIN}/x-sdk-name"),
    "a method name that is Python's": (document({"x-sdk-name": "class"}), f"{MAIN}/x-sdk-name"),
    "a method name that is hidden": (document({"x-sdk-name": "_client"}), f"{MAIN}/x-sdk-name"),
    "two methods of one name": (document({"x-sdk-name": "other"}), "/paths/~1a~1b~1c/get"),
    "a page argument that is none": (
        document({"x-pagination": {"page": "x", "size": "nope", "items": "data"}, **parameter()}),
        f"{MAIN}/x-pagination/size",
    ),
    "pagination that is no mapping": (
        document({"x-pagination": True}),
        f"{MAIN}/x-pagination",
    ),
    "page items that are not there": (
        document(
            {
                "x-pagination": {"page": "x", "size": "x", "items": "data"},
                **parameter(),
                **answer("application/json", {"$ref": "#/components/schemas/Page"}),
            },
            Page=OBJECT,
        ),
        f"{MAIN}/x-pagination/items",
    ),
    "a total that is not always there": (
        document(
            {
                "x-pagination": {"page": "x", "size": "x", "items": "data", "total": "meta.total"},
                **parameter(),
                **answer("application/json", {"$ref": "#/components/schemas/Page"}),
            },
            Page={
                "type": "object",
                "properties": {
                    "data": {"type": "array", "items": {"type": "string"}},
                    "meta": {"$ref": "#/components/schemas/Meta"},
                },
            },
            Meta={
                "type": "object",
                "required": ["total"],
                "properties": {"total": {"type": "integer"}},
            },
        ),
        f"{MAIN}/x-pagination/total",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_at_its_place(make: Any, name: str) -> None:
    refused, place = REFUSED[name]
    with pytest.raises(SpecError) as caught:
        make(refused)
    assert caught.value.pointer == place
    assert caught.value.problem
    assert caught.value.remedy[0].isupper()


def test_a_key_that_no_header_carries_is_refused(make: Any) -> None:
    refused = document({"security": [{"query": []}]})
    refused["components"]["securitySchemes"] = {
        "query": {"type": "apiKey", "in": "query", "name": "k"}
    }
    with pytest.raises(SpecError) as caught:
        make(refused)
    assert caught.value.pointer == "/components/securitySchemes/query"
    del refused["paths"]["/a/b"]["get"]["security"]
    assert make(refused)


@pytest.mark.parametrize(
    ("scheme", "header", "prefix"),
    [
        ({"type": "apiKey", "in": "header", "name": "X-Key"}, "X-Key", ""),
        ({"type": "http", "scheme": "basic"}, "Authorization", "Basic"),
        ({"type": "http", "scheme": "bearer"}, "Authorization", "Bearer"),
        (
            {
                "type": "oauth2",
                "flows": {"implicit": {"authorizationUrl": "https://x.test", "scopes": {}}},
            },
            "Authorization",
            "Bearer",
        ),
    ],
)
def test_the_scheme_that_is_asked_for_gives_the_header(
    make: Any, scheme: dict[str, Any], header: str, prefix: str
) -> None:
    made = document()
    made["components"]["securitySchemes"] = {
        "other": {"type": "apiKey", "in": "cookie", "name": "c"},
        "third": {"type": "apiKey", "in": "header", "name": "Not-This"},
        "asked": scheme,
    }
    made["security"] = [{"asked": []}]
    operations = make(made).module("operations")
    assert (header, prefix) == (operations.API_KEY_HEADER, operations.AUTH_PREFIX)


def test_the_same_body_in_other_media_types_is_sent_in_the_best(make: Any) -> None:
    reference = {"schema": {"$ref": "#/components/schemas/Thing"}}
    content = dict.fromkeys(
        ("application/xml", "multipart/form-data", "application/json"), reference
    )
    operation = {
        "requestBody": {"required": True, "content": content},
        "responses": {
            "200": {"description": "It.", "content": {"text/plain": reference, **content}}
        },
    }
    made = make(document(operation, Thing=OBJECT))

    result = made.twice(lambda r: r.t.main(id=1), httpx.Response(200, json={"id": 2}))
    assert result.id == 2
    assert made.request.headers["Content-Type"] == "application/json"
