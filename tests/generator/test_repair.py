"""Each defect that `generator.repair` repairs or refuses, and what holds for any document."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser.openapi import GeneratorData
from openapi_python_client.parser.properties import EnumProperty

from generator.document import SpecError, load, validate
from generator.repair import Repair, repair

SPECS = Path(__file__).parent / "specs"
DEFECTS = sorted(path.stem for path in SPECS.glob("*.yaml") if path.stem != "valid")
OPENAPI = Path(__file__).parents[2] / "openapi.yaml"


def spec(name: str) -> dict[str, Any]:
    return load(SPECS / f"{name}.yaml")


def repaired(name: str) -> dict[str, Any]:
    return repair(spec(name))[0]


def with_paths(paths: dict[str, Any], **components: Any) -> dict[str, Any]:
    return {
        "openapi": "3.0.3",
        "info": {"title": "Shop", "version": "1"},
        "paths": paths,
        "components": components,
    }


def with_schemas(**schemas: Any) -> dict[str, Any]:
    return with_paths({}, schemas=schemas)


def parse(document: dict[str, Any]) -> GeneratorData:
    """What openapi-python-client makes of the document, which must be all of it."""
    config = Config.from_sources(ConfigFile(), MetaType.NONE, "spec", "utf-8", False, None)
    data = GeneratorData.from_dict(copy.deepcopy(document), config=config)
    assert isinstance(data, GeneratorData), data
    warnings = list(data.errors)
    for collection in data.endpoint_collections_by_tag.values():
        warnings += collection.parse_errors
    assert [(warning.header, warning.detail) for warning in warnings] == []
    return data


def classes(document: dict[str, Any]) -> set[str]:
    data = parse(document)
    return {str(found.class_info.name) for found in [*data.models, *data.enums]}


def field_types(document: dict[str, Any], model: str) -> dict[str, str]:
    found = next(item for item in parse(document).models if item.class_info.name == model)
    fields = [*(found.required_properties or []), *(found.optional_properties or [])]
    return {
        field.name.get_untrusted_value(): str(field.get_type_string().as_unembedded_code())
        for field in fields
    }


# --- every spec with a defect


@pytest.mark.parametrize("name", DEFECTS)
def test_each_repair_is_reported_with_its_place(name: str) -> None:
    expected = (SPECS / f"{name}.txt").read_text("utf-8").splitlines()
    assert [str(found) for found in repair(spec(name))[1]] == expected


@pytest.mark.parametrize("name", DEFECTS)
def test_a_repaired_spec_is_valid_and_parsed_whole(name: str) -> None:
    document = repaired(name)
    validate(document)
    parse(document)


@pytest.mark.parametrize("name", DEFECTS)
def test_a_repaired_spec_needs_no_repair(name: str) -> None:
    document = repaired(name)
    assert repair(document) == (document, [])


@pytest.mark.parametrize("name", DEFECTS)
def test_the_input_is_untouched_and_the_output_the_same_each_time(name: str) -> None:
    document = spec(name)
    before = copy.deepcopy(document)
    first, second = repair(document), repair(document)
    assert document == before
    assert json.dumps(first[0]) == json.dumps(second[0])
    assert first[1] == second[1]


@pytest.mark.parametrize("name", DEFECTS)
def test_every_class_is_a_component(name: str) -> None:
    """So no class gets its name by chance, from where it stands."""
    document = repaired(name)
    named = document.get("components", {}).get("schemas", {})
    assert len(classes(document) - {"ListItemsResponse"}) <= len(named)
    for found in classes(document):
        assert any(found.lower() == name.replace("_", "").lower() for name in named)


def test_a_spec_without_defects_comes_back_equal() -> None:
    document = load(SPECS / "valid.yaml")
    validate(document)
    assert repair(document) == (document, [])


def test_an_inline_enum_that_has_a_name_is_not_a_defect() -> None:
    document = load(OPENAPI)
    validate(document)
    repaired, repairs = repair(document)
    assert repairs == []
    schemas = repaired["components"]["schemas"]
    interval = schemas["RecurringInvoice"]["properties"]["interval"]
    assert interval["allOf"] == [{"$ref": "#/components/schemas/BillingInterval"}]
    assert interval["nullable"] is True
    assert schemas.keys() == document["components"]["schemas"].keys()


def test_a_repair_is_one_line() -> None:
    assert str(Repair("/info", "it is missing", "it was added")) == (
        "/info: it is missing; it was added"
    )
    assert str(Repair("", "a defect", "done")) == "/: a defect; done"


# --- what the repairs come to


def test_names_are_those_a_person_would_choose() -> None:
    assert classes(repaired("inline_bodies")) == {
        "CreateInvoiceRequest",
        "CreateInvoiceFormRequest",
        "CreateInvoiceResponse",
        "CreateInvoiceCreatedResponse",
        "NotFoundErrorBody",
        "InvoiceDetails",
        "DeleteInvoiceNotFoundErrorBody",
        "ErrorBody",
    }


def test_an_inline_property_is_the_same_type_by_its_new_name() -> None:
    document = repaired("inline_properties")
    item = field_types(document, "InvoicePageDataItem")
    assert item["status"] == "InvoicePageDataItemStatus | Unset"
    assert item["closed"] == "InvoicePageDataItemClosed | None | Unset"
    assert item["tags"] == "list[InvoicePageDataItemTag] | Unset"
    assert item["refunds"] == "list[InvoicePageDataItemRefund] | Unset"
    assert item["labels"] == "InvoicePageDataItemLabels | None | Unset"
    page = field_types(document, "InvoicePage")
    assert page["meta"] == "InvoicePageMeta | Unset"
    assert page["payer"] == "InvoicePagePayerBin | InvoicePagePayerPerson | Unset"
    status = document["components"]["schemas"]["InvoicePageDataItem"]["properties"]["status"]
    assert status["default"] == "open"
    meta = document["components"]["schemas"]["InvoicePageMeta"]
    assert meta["description"] == "What page this is"
    assert "title" not in meta


def test_a_nullable_component_is_one_class_and_null_where_it_is_used() -> None:
    document = repaired("nullable_components")
    assert classes(document) == {"Colour", "Shape", "Item"}
    assert field_types(document, "Item") == {
        "colour": "Colour | None | Unset",
        "shape": "None | Shape | Unset",
        "shapes": "list[None | Shape] | Unset",
    }
    assert document["components"]["schemas"]["Colour"]["enum"] == ["red", "green"]


def test_a_nullable_reference_is_nullable() -> None:
    document = repaired("nullable_reference")
    assert field_types(document, "Item") == {"colour": "Colour | None | Unset"}
    colour = document["components"]["schemas"]["Item"]["properties"]["colour"]
    assert colour["description"] == "Its colour."


def test_an_all_of_of_one_reference_loses_nothing() -> None:
    assert field_types(repaired("all_of"), "Special") == {
        "discount": "str",
        "id": "int | Unset",
    }


def test_deep_references_share_the_named_schema() -> None:
    document = repaired("deep_references")
    schemas = document["components"]["schemas"]
    assert set(schemas) == {"Item", "ItemColour", "ItemMaker"}
    assert schemas["Item"]["properties"]["seller"] == {"type": "string"}
    error = document["components"]["responses"]["Error"]["content"]["application/json"]["schema"]
    assert error == {"allOf": [{"$ref": "#/components/schemas/ItemMaker"}], "nullable": True}
    assert document["components"]["responses"]["Missing"]["content"] == {
        "application/json": {"schema": error}
    }
    parse(document)
    assert "x-referred-to" not in json.dumps(document)


def test_a_deep_reference_survives_that_its_target_is_renamed_or_shifted() -> None:
    schema = repaired("all")["paths"]["/invoices"]["get"]["responses"]["4XX"]["content"][
        "application/json"
    ]["schema"]
    assert schema == {"$ref": "#/components/schemas/ValidationErrorBody"}

    document = with_paths(
        {
            "/items": {
                "get": {
                    "operationId": "listItems",
                    "tags": ["Items"],
                    "parameters": [
                        {"name": "a", "in": "query", "schema": {"type": "integer"}},
                        {"name": "a", "in": "query", "schema": {"type": "integer"}},
                        {"name": "b", "in": "query", "schema": {"type": "boolean"}},
                        {
                            "name": "c",
                            "in": "query",
                            "schema": {"$ref": "#/paths/~1items/get/parameters/2/schema"},
                        },
                    ],
                    "responses": {"200": {"description": ""}},
                }
            }
        }
    )
    parameters = repair(document)[0]["paths"]["/items"]["get"]["parameters"]
    assert [found["name"] for found in parameters] == ["a", "b", "c"]
    assert parameters[2]["schema"] == {"type": "boolean"}


def test_generated_operation_ids_never_meet_given_ones() -> None:
    answer = {"responses": {"200": {"description": ""}}, "tags": ["A"]}
    document = with_paths(
        {
            "/a/{b}": {
                "parameters": [
                    {"name": "b", "in": "path", "required": True, "schema": {"type": "string"}}
                ],
                "get": dict(answer),
            },
            "/a/by/b": {"get": dict(answer)},
            "/c": {"get": {**answer, "operationId": "getAByB"}},
        }
    )
    paths = repair(document)[0]["paths"]
    assert [paths[path]["get"]["operationId"] for path in paths] == [
        "getAByB2",
        "getAByB3",
        "getAByB",
    ]


def test_values_of_an_enum_keep_all_their_names() -> None:
    document = repaired("enum_values")
    order = next(found for found in parse(document).enums if found.class_info.name == "Order")
    assert isinstance(order, EnumProperty)
    assert sorted(str(value) for value in order.values.values()) == ["*", "-date", "DATE", "date"]


def test_number_keys_inside_examples_become_texts() -> None:
    document = with_schemas(Item={"type": "object", "example": {1: "one", 2: {3: None}}})
    item = repair(document)[0]["components"]["schemas"]["Item"]
    assert item["example"] == {"1": "one", "2": {"3": None}}


def test_names_in_examples_and_extensions_are_left_alone() -> None:
    document = with_schemas(
        Item={
            "type": "object",
            "example": {"$ref": "#/nowhere", "type": "array"},
            "x-data": {"$ref": "#/nowhere", "nullable": True},
            "default": {"$ref": 5},
        }
    )
    assert repair(document) == (document, [])


# --- what is refused

OK = {"200": {"description": ""}}
SCHEMA = "#/components/schemas/"


@pytest.mark.parametrize(
    ("document", "place", "problem"),
    [
        pytest.param(
            with_paths({"/a": {"get": {"operationId": "a"}}}),
            "/paths/~1a/get",
            "no responses",
            id="no responses",
        ),
        pytest.param(
            with_paths({"/a": {"get": {"responses": {}}}}),
            "/paths/~1a/get",
            "no responses",
            id="empty responses",
        ),
        pytest.param(
            with_paths({"/a": {"get": {"responses": {200: {}, "200": {}}}}}),
            "/paths/~1a/get/responses/200",
            "with and without quotes",
            id="status twice",
        ),
        pytest.param(
            with_paths({"/a": {"get": {"responses": {"4xx": {}, "4XX": {}}}}}),
            "/paths/~1a/get/responses/4xx",
            "stands twice",
            id="range twice",
        ),
        pytest.param(
            with_schemas(Item={"type": "object", "properties": {True: {"type": "string"}}}),
            "/components/schemas/Item/properties/True",
            "not read as a text",
            id="boolean key",
        ),
        pytest.param(
            with_paths({"/a": {}, "a": {}}), "/paths/a", "without a slash", id="path twice"
        ),
        pytest.param(with_paths({"/a/{b": {}}), "/paths/~1a~1{b", "no partner", id="open brace"),
        pytest.param(with_paths({"/{a b}": {}}), "/paths/~1{a b}", "name", id="path name"),
        pytest.param(with_paths({"/{a}/{a}": {}}), "/paths/~1{a}~1{a}", "twice", id="name twice"),
        pytest.param(
            with_paths(
                {
                    "/a/{id}": {
                        "get": {
                            "parameters": [
                                {"name": "key", "in": "path", "schema": {"type": "string"}}
                            ],
                            "responses": OK,
                        }
                    }
                }
            ),
            "/paths/~1a~1{id}/get",
            "not in the path",
            id="unknown path parameter",
        ),
        pytest.param(
            with_paths(
                {
                    "/a": {
                        "get": {
                            "parameters": [
                                {"name": "b", "in": "query", "schema": {"type": "string"}},
                                {"name": "b", "in": "query", "schema": {"type": "integer"}},
                            ],
                            "responses": OK,
                        }
                    }
                }
            ),
            "/paths/~1a/get/parameters/1",
            "listed twice, with differences",
            id="different parameters",
        ),
        pytest.param(
            with_paths(
                {
                    "/a": {
                        "get": {
                            "parameters": [
                                {"name": "b", "in": "query", "content": {"application/json": {}}}
                            ],
                            "responses": OK,
                        }
                    }
                }
            ),
            "/paths/~1a/get/parameters/0/content",
            "content in place of a schema",
            id="parameter content",
        ),
        pytest.param(
            with_schemas(invoice_id={"type": "object"}, InvoiceID={"type": "object"}),
            "/components/schemas/InvoiceID",
            "one class",
            id="same class",
        ),
        pytest.param(
            with_schemas(
                A={"type": "object", "properties": {"b": {}}, "oneOf": [{"type": "string"}]}
            ),
            "/components/schemas/A/oneOf",
            "would be lost",
            id="properties next to a union",
        ),
        pytest.param(
            with_paths({"/a": {"get": {"responses": {"200": {"$ref": SCHEMA + "A"}}}}})
            | {"components": {"schemas": {"A": {"type": "object"}}}},
            "/paths/~1a/get/responses/200/$ref",
            "a schema, where a response is needed",
            id="reference of the wrong kind",
        ),
        pytest.param(
            {**with_schemas(A={"$ref": "#/definitions/A"}), "definitions": {"A": {}}},
            "/components/schemas/A/$ref",
            "no meaning",
            id="reference outside OpenAPI",
        ),
        pytest.param(
            with_schemas(
                A={
                    "type": "object",
                    "properties": {
                        "b": {"type": "array", "items": {"$ref": SCHEMA + "A/properties/b"}}
                    },
                }
            ),
            "",
            "cannot be kept",
            id="array of itself",
        ),
    ],
)
def test_what_would_need_a_guess_is_refused(
    document: dict[str, Any], place: str, problem: str
) -> None:
    with pytest.raises(SpecError) as caught:
        repair(document)
    assert caught.value.pointer.startswith(place)
    assert problem in caught.value.problem
    assert caught.value.remedy
    assert "\n" not in str(caught.value)


def test_a_document_that_holds_itself_is_refused() -> None:
    document = with_schemas(A={"type": "object"})
    document["components"]["schemas"]["A"]["example"] = document
    with pytest.raises(SpecError, match="holds itself"):
        repair(document)


# --- any damage: a typed refusal, or a repair that holds

_JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 600),
    st.floats(),
    st.sampled_from(
        [
            "",
            "a",
            "{",
            "200",
            "string",
            "array",
            "object",
            "#",
            "#/",
            "#/components",
            "#/components/schemas/Item",
            "#/components/schemas/Item/properties/parent",
            "#/components/schemas/ItemPage/properties/data/items",
            "#/paths/~1items/get",
            "#/paths/~1items/get/responses/200/content/application~1json/schema",
        ]
    ),
    st.builds(list[Any]),
    st.builds(dict[Any, Any]),
    st.lists(st.sampled_from(["a", "null", "string", 1, None]), max_size=3),
    st.fixed_dictionaries({"$ref": st.sampled_from(["#/components/schemas/Item", "x", "#/a"])}),
    st.fixed_dictionaries({"type": st.sampled_from(["object", "array", "string", ["string"]])}),
    st.just({"type": "object", "properties": {"a": {"enum": ["x", "X", None]}}}),
)
_KEYS = st.one_of(
    st.sampled_from(
        [
            *("nullable", "required", "enum", "type", "properties", "items", "allOf", "oneOf"),
            *("$ref", "schema", "content", "parameters", "responses", "title", "default", "x-a"),
            *("additionalProperties", "in", "name", "operationId", "tags", "get", "{", "/{id}"),
        ]
    ),
    st.integers(100, 600),
    st.booleans(),
    st.floats(),
    st.none(),
)


def _places(value: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [above] if above else []
    if isinstance(value, dict | list):
        for key, member in value.items() if isinstance(value, dict) else enumerate(value):
            found += _places(member, (*above, key))
    return found


@st.composite
def damaged(draw: st.DrawFn, name: str) -> dict[str, Any]:
    document = copy.deepcopy(spec(name))
    for _ in range(draw(st.integers(1, 4))):
        places = _places(document)
        if not places:
            break
        *above, last = draw(st.sampled_from(places))
        holder: Any = document
        for key in above:
            holder = holder[key]
        action = draw(st.sampled_from(["remove", "replace", "add", "copy"]))
        if action == "remove":
            del holder[last]
        elif action == "replace":
            holder[last] = copy.deepcopy(draw(_JUNK))
        elif isinstance(holder, dict):
            value: Any = draw(_JUNK)
            if action == "copy":
                value = document
                for key in draw(st.sampled_from(places)):
                    value = value[key]
            holder[draw(_KEYS)] = copy.deepcopy(value)
    return document


def _holds(document: dict[str, Any]) -> None:
    try:
        repaired_document, repairs = repair(document)
    except SpecError as error:
        _is_readable(error)
        return
    assert repair(repaired_document) == (repaired_document, [])
    assert repairs or json.dumps(repaired_document) == json.dumps(document)
    try:
        validate(repaired_document)
    except SpecError as error:
        _is_readable(error)


def _is_readable(error: SpecError) -> None:
    assert error.remedy
    assert "\n" not in str(error)
    assert len(str(error)) < 1000


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(damaged("valid"))
def test_a_damaged_spec_is_repaired_or_refused(document: dict[str, Any]) -> None:
    _holds(document)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(damaged("all"))
def test_a_damaged_spec_with_every_defect_is_repaired_or_refused(document: dict[str, Any]) -> None:
    _holds(document)
