"""What `generator.changes` finds between two specs, and what it calls breaking."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from generator.changes import Change, compare, render
from generator.document import load
from generator.repair import repair

OPENAPI = Path(__file__).parents[2] / "openapi.yaml"

Edit = Callable[[dict[str, Any]], Any]


def shop() -> dict[str, Any]:
    """A small spec in which every kind of change has a place."""
    item = {"$ref": "#/components/schemas/Item"}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Shop", "version": "1.0"},
        "servers": [{"url": "https://shop.example/api"}],
        "security": [{"Key": []}],
        "x-rate-limit": {"requests": 60},
        "paths": {
            "/items": {
                "get": {
                    "operationId": "listItems",
                    "tags": ["Items"],
                    "x-retry": "safe",
                    "parameters": [
                        {
                            "name": "size",
                            "in": "query",
                            "schema": {"type": "integer", "maximum": 100, "default": 10},
                        },
                        {
                            "name": "sort",
                            "in": "query",
                            "schema": {"$ref": "#/components/schemas/Sort"},
                        },
                    ],
                    "responses": {
                        "200": {
                            "description": "Items.",
                            "headers": {"X-Left": {"schema": {"type": "integer"}}},
                            "content": {
                                "application/json": {"schema": {"type": "array", "items": item}}
                            },
                        },
                        "404": {"description": "None."},
                    },
                },
                "post": {
                    "operationId": "createItem",
                    "tags": ["Items"],
                    "x-retry": "never",
                    "requestBody": {
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/NewItem"}}
                        }
                    },
                    "responses": {
                        "201": {
                            "description": "Created.",
                            "content": {"application/json": {"schema": item}},
                        }
                    },
                },
            },
            "/items/{id}": {
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
                ],
                "get": {
                    "operationId": "getItem",
                    "tags": ["Items"],
                    "responses": {
                        "200": {
                            "description": "An item.",
                            "content": {"application/json": {"schema": item}},
                        }
                    },
                },
            },
        },
        "components": {
            "securitySchemes": {"Key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
            "schemas": {
                "Colour": {"type": "string", "enum": ["red", "green"]},
                "Sort": {"type": "string", "enum": ["up", "down"]},
                "Base": {"type": "object", "properties": {"id": {"type": "integer"}}},
                "Item": {
                    "allOf": [
                        {"$ref": "#/components/schemas/Base"},
                        {
                            "type": "object",
                            "required": ["name"],
                            "properties": {
                                "name": {"type": "string", "maxLength": 20},
                                "colour": {"$ref": "#/components/schemas/Colour"},
                                "made": {"type": "string", "format": "date"},
                            },
                        },
                    ]
                },
                "NewItem": {
                    "type": "object",
                    "required": ["name"],
                    "properties": {
                        "name": {"type": "string", "maxLength": 20, "pattern": "^a"},
                        "note": {"type": "string", "nullable": True, "minLength": 1},
                        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 5},
                    },
                },
                "Event": {"type": "object", "properties": {"item": item}},
            },
        },
    }


def at(document: dict[str, Any], path: str) -> Any:
    """What stands under keys that are separated by spaces."""
    found: Any = document
    for key in path.split():
        found = found[int(key)] if isinstance(found, list) else found[key]
    return found


def put(path: str, key: str, value: Any) -> Edit:
    def edit(document: dict[str, Any]) -> None:
        at(document, path)[key] = value

    return edit


def drop(path: str, key: str) -> Edit:
    def edit(document: dict[str, Any]) -> None:
        holder = at(document, path)
        del holder[int(key) if isinstance(holder, list) else key]

    return edit


def append(path: str, value: Any) -> Edit:
    def edit(document: dict[str, Any]) -> None:
        at(document, path).append(value)

    return edit


LIST = "paths /items get"
CREATE = "paths /items post"
ITEM = "components schemas Item allOf 1"
NEW = "components schemas NewItem"
ITEM_FIELDS = "/components/schemas/Item/properties"
NEW_FIELDS = "/components/schemas/NewItem/properties"


CASES: list[tuple[str, Edit, list[tuple[str, str, bool, str]]]] = [
    # operations
    (
        "operation added",
        put("paths", "/new", {"get": {"operationId": "getNew", "responses": {}}}),
        [("/paths/~1new/get", "added", False, "the operation `getNew` (`GET /new`) is new")],
    ),
    (
        "operation removed",
        drop("paths /items", "post"),
        [
            (
                "/paths/~1items/post",
                "removed",
                True,
                "the operation `createItem` (`POST /items`) is gone",
            )
        ],
    ),
    (
        "operation renamed",
        put(LIST, "operationId", "findItems"),
        [
            (
                "/paths/~1items/get/operationId",
                "changed",
                True,
                "the operation `listItems` is now called `findItems`",
            )
        ],
    ),
    (
        "operation moved",
        lambda it: (
            at(it, "paths").update({"/things": {"get": at(it, LIST)}})
            or drop("paths /items", "get")(it)
        ),
        [
            (
                "/paths/~1things/get",
                "changed",
                False,
                "`listItems` is sent as `GET /things`; it was `GET /items`",
            )
        ],
    ),
    (
        "tag changed",
        put(LIST, "tags", ["Goods"]),
        [
            (
                "/paths/~1items/get/tags",
                "changed",
                True,
                "`listItems` is now under `Goods`; it was under `Items`",
            )
        ],
    ),
    (
        "operation deprecated",
        put(LIST, "deprecated", True),
        [("/paths/~1items/get", "deprecated", False, "`listItems` is deprecated")],
    ),
    (
        "retry class changed",
        put(LIST, "x-retry", "never"),
        [
            (
                "/paths/~1items/get/x-retry",
                "behaviour",
                False,
                "`x-retry` of `listItems` is now `never`; it was `safe`",
            )
        ],
    ),
    (
        "method name given",
        put(LIST, "x-sdk-name", "all"),
        [
            (
                "/paths/~1items/get/x-sdk-name",
                "behaviour",
                True,
                "`x-sdk-name` of `listItems` is now `all`; it was none",
            )
        ],
    ),
    # parameters
    (
        "optional parameter added",
        append(f"{LIST} parameters", {"name": "page", "in": "query", "schema": {}}),
        [
            (
                "/paths/~1items/get/parameters/2",
                "added",
                False,
                "the query parameter `page` of `listItems` is new",
            )
        ],
    ),
    (
        "required parameter added",
        append(
            f"{LIST} parameters", {"name": "page", "in": "query", "required": True, "schema": {}}
        ),
        [
            (
                "/paths/~1items/get/parameters/2",
                "added",
                True,
                "the query parameter `page` of `listItems` is new and required",
            )
        ],
    ),
    (
        "parameter removed",
        drop(f"{LIST} parameters", "1"),
        [
            (
                "/paths/~1items/get/parameters/1",
                "removed",
                True,
                "the query parameter `sort` of `listItems` is gone",
            )
        ],
    ),
    (
        "parameter became required",
        put(f"{LIST} parameters 0", "required", True),
        [
            (
                "/paths/~1items/get/parameters/0/required",
                "changed",
                True,
                "the query parameter `size` of `listItems` is now required",
            )
        ],
    ),
    (
        "path parameter changed its type",
        put("paths /items/{id} parameters 0", "schema", {"type": "string"}),
        [
            (
                "/paths/~1items~1{id}/parameters/0/schema",
                "changed",
                True,
                "the path parameter `id` of `getItem` is now `string`; it was `integer`",
            )
        ],
    ),
    (
        "parameter sent otherwise",
        put(f"{LIST} parameters 1", "explode", False),
        [
            (
                "/paths/~1items/get/parameters/1",
                "behaviour",
                True,
                "the query parameter `sort` of `listItems` is sent in another form",
            )
        ],
    ),
    (
        "limit tightened",
        put(f"{LIST} parameters 0 schema", "maximum", 50),
        [
            (
                "/paths/~1items/get/parameters/0/schema/maximum",
                "changed",
                True,
                "the query parameter `size` of `listItems` is stricter: "
                "`maximum` is now `50`; it was `100`",
            )
        ],
    ),
    (
        "limit loosened",
        put(f"{LIST} parameters 0 schema", "maximum", 200),
        [
            (
                "/paths/~1items/get/parameters/0/schema/maximum",
                "changed",
                False,
                "the query parameter `size` of `listItems` is looser: "
                "`maximum` is now `200`; it was `100`",
            )
        ],
    ),
    (
        "default changed",
        put(f"{LIST} parameters 0 schema", "default", 20),
        [
            (
                "/paths/~1items/get/parameters/0/schema/default",
                "behaviour",
                True,
                "the default of the query parameter `size` of `listItems` is now `20`; it was `10`",
            )
        ],
    ),
    # requests
    (
        "optional request property added",
        put(f"{NEW} properties", "size", {"type": "integer"}),
        [(f"{NEW_FIELDS}/size", "added", False, "`NewItem.size` (`integer`) is new")],
    ),
    (
        "required request property added",
        lambda it: (
            put(f"{NEW} properties", "size", {"type": "integer"})(it)
            or append(f"{NEW} required", "size")(it)
        ),
        [(f"{NEW_FIELDS}/size", "added", True, "`NewItem.size` (`integer`) is new and required")],
    ),
    (
        "request property removed",
        drop(f"{NEW} properties", "note"),
        [(f"{NEW_FIELDS}/note", "removed", True, "`NewItem.note` is gone")],
    ),
    (
        "request property became required",
        append(f"{NEW} required", "tags"),
        [(f"{NEW_FIELDS}/tags", "changed", True, "`NewItem.tags` is now required")],
    ),
    (
        "request property became optional",
        put(NEW, "required", []),
        [(f"{NEW_FIELDS}/name", "changed", False, "`NewItem.name` can be absent")],
    ),
    (
        "request property no longer nullable",
        drop(f"{NEW} properties note", "nullable"),
        [(f"{NEW_FIELDS}/note", "changed", True, "`NewItem.note` can no longer be null")],
    ),
    (
        "minimum raised",
        put(f"{NEW} properties note", "minLength", 2),
        [
            (
                f"{NEW_FIELDS}/note/minLength",
                "changed",
                True,
                "`NewItem.note` is stricter: `minLength` is now `2`; it was `1`",
            )
        ],
    ),
    (
        "pattern removed",
        drop(f"{NEW} properties name", "pattern"),
        [
            (
                f"{NEW_FIELDS}/name/pattern",
                "changed",
                False,
                "`NewItem.name` is looser: `pattern` is now none; it was `^a`",
            )
        ],
    ),
    (
        "items changed their type",
        put(f"{NEW} properties tags", "items", {"type": "integer"}),
        [
            (
                f"{NEW_FIELDS}/tags",
                "changed",
                True,
                "`NewItem.tags` is now a list of `integer`; it was a list of `string`",
            )
        ],
    ),
    (
        "items got a limit",
        put(f"{NEW} properties tags items", "maxLength", 9),
        [
            (
                f"{NEW_FIELDS}/tags/items/maxLength",
                "changed",
                True,
                "an item of `NewItem.tags` is stricter: `maxLength` is now `9`; it was none",
            )
        ],
    ),
    (
        "body required",
        put(f"{CREATE} requestBody", "required", True),
        [
            (
                "/paths/~1items/post/requestBody/required",
                "changed",
                True,
                "`createItem` needs its body now",
            )
        ],
    ),
    (
        "body removed",
        drop(CREATE, "requestBody"),
        [
            (
                "/paths/~1items/post/requestBody",
                "removed",
                True,
                "`createItem` takes no body any more",
            )
        ],
    ),
    (
        "body added",
        put(LIST, "requestBody", {"content": {}}),
        [("/paths/~1items/get/requestBody", "added", False, "`listItems` takes a body")],
    ),
    (
        "another type of body",
        put(f"{CREATE} requestBody content", "text/csv", {}),
        [
            (
                "/paths/~1items/post/requestBody/content/text~1csv",
                "added",
                False,
                "the body of `createItem` can be `text/csv`",
            )
        ],
    ),
    # answers
    (
        "answer property added",
        put(f"{ITEM} properties", "size", {"type": "integer"}),
        [(f"{ITEM_FIELDS}/size", "added", False, "`Item.size` (`integer`) is new")],
    ),
    (
        "answer property removed",
        drop(f"{ITEM} properties", "made"),
        [(f"{ITEM_FIELDS}/made", "removed", True, "`Item.made` is gone")],
    ),
    (
        "answer property moved into the base",
        lambda it: at(it, "components schemas Base properties").update(
            {"made": at(it, f"{ITEM} properties").pop("made")}
        ),
        [
            (
                "/components/schemas/Base/properties/made",
                "added",
                False,
                "`Base.made` (`string` (date)) is new",
            )
        ],
    ),
    (
        "answer property changed its type",
        put(f"{ITEM} properties made", "format", "date-time"),
        [
            (
                f"{ITEM_FIELDS}/made",
                "changed",
                True,
                "`Item.made` is now `string` (date-time); it was `string` (date)",
            )
        ],
    ),
    (
        "answer property newly nullable",
        put(f"{ITEM} properties made", "nullable", True),
        [(f"{ITEM_FIELDS}/made", "changed", True, "`Item.made` can be null")],
    ),
    (
        "named answer property newly nullable",
        put(
            f"{ITEM} properties",
            "colour",
            {"nullable": True, "allOf": [{"$ref": "#/components/schemas/Colour"}]},
        ),
        [(f"{ITEM_FIELDS}/colour", "changed", True, "`Item.colour` can be null")],
    ),
    (
        "answer property became optional",
        put(ITEM, "required", []),
        [(f"{ITEM_FIELDS}/name", "changed", True, "`Item.name` can be absent")],
    ),
    (
        "answer property promised",
        append(f"{ITEM} required", "made"),
        [(f"{ITEM_FIELDS}/made", "changed", False, "`Item.made` is always there")],
    ),
    (
        "answer limit",
        put(f"{ITEM} properties name", "maxLength", 10),
        [
            (
                f"{ITEM_FIELDS}/name/maxLength",
                "changed",
                False,
                "`Item.name` is stricter: `maxLength` is now `10`; it was `20`",
            )
        ],
    ),
    (
        "enum value added",
        append("components schemas Colour enum", "blue"),
        [("/components/schemas/Colour/enum", "added", False, "`Colour` can be `blue`")],
    ),
    (
        "enum value removed",
        put("components schemas Colour", "enum", ["red"]),
        [
            (
                "/components/schemas/Colour/enum",
                "removed",
                True,
                "`Colour` can no longer be `green`",
            )
        ],
    ),
    (
        "status added",
        put(f"{LIST} responses", "409", {"description": ""}),
        [("/paths/~1items/get/responses/409", "added", False, "`listItems` can answer `409`")],
    ),
    (
        "error status removed",
        drop(f"{LIST} responses", "404"),
        [
            (
                "/paths/~1items/get/responses/404",
                "removed",
                False,
                "`listItems` no longer answers `404`",
            )
        ],
    ),
    (
        "success status removed",
        drop(f"{CREATE} responses", "201"),
        [
            (
                "/paths/~1items/post/responses/201",
                "removed",
                True,
                "`createItem` no longer answers `201`",
            )
        ],
    ),
    (
        "answer header removed",
        drop(f"{LIST} responses 200 headers", "X-Left"),
        [
            (
                "/paths/~1items/get/responses/200/headers/X-Left",
                "removed",
                True,
                "the answer `200` of `listItems` no longer has the header `X-Left`",
            )
        ],
    ),
    (
        "another answer",
        put(
            f"{CREATE} responses 201 content application/json",
            "schema",
            {"$ref": "#/components/schemas/Base"},
        ),
        [
            (
                "/paths/~1items/post/responses/201/content/application~1json/schema",
                "changed",
                True,
                "the answer `201` of `createItem` is now `Base`; it was `Item`",
            )
        ],
    ),
    # types and the whole
    (
        "type added",
        put("components schemas", "Extra", {"type": "object"}),
        [("/components/schemas/Extra", "added", False, "the type `Extra` is new")],
    ),
    (
        "type removed",
        drop("components schemas", "Event"),
        [("/components/schemas/Event", "removed", True, "the type `Event` is gone")],
    ),
    (
        "property of a type that no operation uses",
        drop("components schemas Event properties", "item"),
        [("/components/schemas/Event/properties/item", "removed", True, "`Event.item` is gone")],
    ),
    (
        "key in another header",
        put("components securitySchemes Key", "name", "X-Api-Key"),
        [
            (
                "/components/securitySchemes/Key",
                "behaviour",
                True,
                "the way to authenticate, `Key`, works differently",
            )
        ],
    ),
    (
        "one operation without a key",
        put(LIST, "security", []),
        [
            (
                "/paths/~1items/get/security",
                "behaviour",
                False,
                "`listItems` is called with no authentication; "
                "it was with what the whole API asks for",
            )
        ],
    ),
    (
        "other authentication",
        put("", "security", [{"Key": [], "Token": []}]),
        [
            (
                "/security",
                "behaviour",
                True,
                "the API is called with `Key` and `Token`; it was with `Key`",
            )
        ],
    ),
    (
        "another server",
        put("servers 0", "url", "https://new.example"),
        [
            (
                "/servers/0/url",
                "behaviour",
                True,
                "the server is now `https://new.example`; it was `https://shop.example/api`",
            )
        ],
    ),
    (
        "another version",
        put("info", "version", "1.1"),
        [
            (
                "/info/version",
                "changed",
                False,
                "the version of the API is now `1.1`; it was `1.0`",
            )
        ],
    ),
    (
        "another rate limit",
        put("", "x-rate-limit", {"requests": 30}),
        [
            (
                "/x-rate-limit",
                "behaviour",
                False,
                '`x-rate-limit` of the API is now `{"requests": 30}`; it was `{"requests": 60}`',
            )
        ],
    ),
    ("a description", put(LIST, "description", "All of them."), []),
    ("an example", put(f"{ITEM} properties name", "example", "pen"), []),
]


@pytest.mark.parametrize(
    ("edit", "expected"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_a_change_is_found_once_and_judged(
    edit: Edit, expected: list[tuple[str, str, bool, str]]
) -> None:
    old, new = shop(), shop()
    edit(new)
    before = copy.deepcopy((old, new))
    found = [(it.pointer, it.kind, it.breaking, it.text) for it in compare(old, new)]
    assert (old, new) == before
    if expected and expected[0][0].startswith("/components/schemas/Base"):
        # What takes in the base has the property as before: nothing is said of it.
        assert not any("Item" in text for *_, text in found)
    assert found == expected


@pytest.mark.parametrize("edit", [case[1] for case in CASES], ids=[case[0] for case in CASES])
def test_nothing_differs_from_itself(edit: Edit) -> None:
    document = shop()
    edit(document)
    assert compare(document, copy.deepcopy(document)) == []


def test_a_schema_both_sent_and_received_is_judged_for_both() -> None:
    old, new = shop(), shop()
    for document in (old, new):
        body = at(document, f"{CREATE} requestBody content application/json")
        body["schema"] = {"$ref": "#/components/schemas/Item"}
    at(new, ITEM)["required"] = ["made"]
    assert [(it.text, it.breaking) for it in compare(old, new)] == [
        ("`Item.name` can be absent", True),
        ("`Item.made` is now required", True),
    ]


def test_a_renamed_path_parameter_breaks() -> None:
    old, new = shop(), shop()
    item = new["paths"].pop("/items/{id}")
    item["parameters"][0]["name"] = "item_id"
    new["paths"]["/items/{item_id}"] = item
    assert [(it.text, it.breaking) for it in compare(old, new)] == [
        ("the path parameter `item_id` of `getItem` is new and required", True),
        ("the path parameter `id` of `getItem` is gone", True),
    ]


def test_recursive_schemas_come_to_an_end() -> None:
    old, new = shop(), shop()
    for document in (old, new):
        fields = at(document, f"{ITEM} properties")
        fields["parent"] = {"$ref": "#/components/schemas/Item"}
        fields["children"] = {"type": "array", "items": {"$ref": "#/components/schemas/Item"}}
        document["components"]["schemas"]["Base"]["allOf"] = [{"$ref": "#/components/schemas/Base"}]
    at(new, f"{ITEM} properties children")["maxItems"] = 3
    assert [it.text for it in compare(old, new)] == [
        "`Item.children` is stricter: `maxItems` is now `3`; it was none"
    ]


def test_our_own_spec_compares_with_an_edited_copy() -> None:
    old = repair(load(OPENAPI))[0]
    new = copy.deepcopy(old)
    assert compare(old, new) == []
    new["paths"]["/invoices"]["get"]["parameters"].append(
        {"name": "currency", "in": "query", "schema": {"type": "string"}}
    )
    assert [(it.kind, it.breaking) for it in compare(old, new)] == [("added", False)]


def test_the_changelog_reads_well() -> None:
    new = shop()
    new["info"]["version"] = "2.0"
    at(new, "components schemas Colour")["enum"] = ["red", "blue"]
    at(new, LIST)["x-retry"] = "never"
    at(new, LIST)["deprecated"] = True
    at(new, f"{LIST} responses").pop("404")
    assert (
        render(compare(shop(), new))
        == """### Breaking changes

- `Colour` can no longer be `green`.

### Added

- `Colour` can be `blue`.

### Changed

- The version of the API is now `2.0`; it was `1.0`.

### Changed behaviour

- `x-retry` of `listItems` is now `never`; it was `safe`.

### Deprecated

- `listItems` is deprecated.

### Removed

- `listItems` no longer answers `404`.
"""
    )


def test_no_change_is_said_too() -> None:
    assert render([]) == "No changes.\n"


def test_names_cannot_break_out_of_the_markdown() -> None:
    new = shop()
    at(new, "components schemas Colour enum").append("`x`\n# Title")
    text = render(compare(shop(), new))
    assert "- `Colour` can be `'x' # Title`.\n" in text
    assert isinstance(compare(shop(), new)[0], Change)
