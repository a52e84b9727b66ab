"""Loading, validating, resolving and walking OpenAPI documents."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.document import (
    SpecError,
    load,
    locate,
    operations,
    pointer,
    resolve,
    validate,
    walk,
)
from generator.reading import MAX_DEPTH, parse

Write = Callable[..., Path]

HEAD = 'openapi: 3.0.3\ninfo: {title: Shop, version: "1"}\n'


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(content: str | bytes, name: str = "spec.yaml") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


def is_one_line(error: SpecError) -> None:
    assert len(str(error).splitlines()) == 1


def refusal(path: Path) -> SpecError:
    with pytest.raises(SpecError) as caught:
        load(path)
    error = caught.value
    assert error.file == path
    assert str(error).startswith(str(path))
    assert error.problem in str(error)
    assert error.remedy in str(error)
    is_one_line(error)
    return error


# --- reading


def test_yaml_and_json_give_the_same_document(write: Write) -> None:
    document = {"openapi": "3.0.3", "info": {"title": "Shop", "version": "1"}, "paths": {}}
    as_json = json.dumps(document, indent="\t")
    assert load(write(as_json, "spec.json")) == document
    assert load(write(as_json, "spec.yaml")) == document
    assert load(write(HEAD + "paths: {}\n")) == document
    assert load(write(b"\xef\xbb\xbf" + HEAD.encode() + b"paths: {}\n")) == document


def test_yaml_is_read_as_json_would_hold_it(write: Write) -> None:
    document = load(
        write(
            HEAD + "paths: {}\n"
            "x-data:\n"
            "  when: 2026-11-22\n"
            "  moment: 2026-11-22T10:00:00Z\n"
            "  country: no\n"
            "  switch: on\n"
            "  octal: 010\n"
            "  truth: true\n"
            "  nothing: ~\n"
            "  number: 1.50\n"
            "  200: status\n"
            "  base: &base {a: 1, b: 2}\n"
            "  taken: {<<: *base, b: 3}\n"
            "  same: *base\n"
        )
    )
    assert document["x-data"] == {
        "when": "2026-11-22",
        "moment": "2026-11-22T10:00:00Z",
        "country": "no",
        "switch": "on",
        "octal": 10,
        "truth": True,
        "nothing": None,
        "number": 1.5,
        200: "status",
        "base": {"a": 1, "b": 2},
        "taken": {"a": 1, "b": 3},
        "same": {"a": 1, "b": 2},
    }
    assert document["x-data"]["base"] is not document["x-data"]["same"]


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "nothing.yaml").problem
    assert "cannot be read" in refusal(tmp_path).problem


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.yaml", "openapi: [3\ninfo: }", "line 2"),
        ("a.yaml", "openapi: 3.0.3\n\tinfo: 1", "line 2, column 1"),
        ("a.json", '{\n  "openapi": ,\n}', "line 2, column 14: not JSON"),
        ("a.json", '{"a": NaN}', "not a number in JSON"),
        ("a.yaml", "a: .inf", "not a number in JSON"),
        ("a.yaml", "a: 1e999", "not a number in JSON"),
        ("a.json", "[" * 100_000, "nested deeper"),
        ("a.yaml", "[" * 5_000, "nested deeper"),
        ("a.yaml", "a:\n" + "".join(f"{' ' * n}- \n" for n in range(1, 150)), "nested deeper"),
        ("a.yaml", b"a: \xff", "byte 4 of the file is not UTF-8"),
        ("a.yaml", "a: \x07", "not YAML"),
        ("a.yaml", "a: 1\n---\nb: 2", "not YAML"),
        ("a.yaml", "a: !!python/object:os.system x", "tag"),
        ("a.yaml", "a: !!set {x}", "tag"),
        ("a.yaml", "a: !!int x", "not a number"),
        ("a.yaml", "a: &a [*a]", "alias"),
        ("a.yaml", "? {a: 1}\n: 2", "a key is a mapping"),
        ("a.yaml", "a: {<<: 1}", "'<<'"),
        ("a.yaml", "a: *nothing", "not YAML"),
    ],
)
def test_what_cannot_be_read_is_refused(
    write: Write, name: str, content: str | bytes, problem: str
) -> None:
    assert problem in refusal(write(content, name)).problem


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.yaml", "paths:\n  /a/b:\n    get: {}\n    get: {}\n"),
        ("a.json", '{"paths": {"/a/b": {"get": {}, "put": 1, "get": {}}}}'),
        ("a.yaml", '{"paths": {"/a/b": {"get": {}, "get": {}}}}'),
    ],
)
def test_a_key_twice_is_refused_at_its_place(write: Write, name: str, content: str) -> None:
    error = refusal(write(content, name))
    assert error.pointer == "/paths/~1a~1b/get"
    assert "'get' stands twice" in error.problem


def test_aliases_that_multiply_are_refused(write: Write) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert "values, aliases written out" in refusal(write("\n".join(lines))).problem


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for as_json in (True, False):
        try:
            json.dumps(parse(content, as_json=as_json))
        except SpecError as error:
            is_one_line(error)


@given(st.text("{}[]:,-?&*!|>'\"%@` \n\t#a1.~<", max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_yaml_like_text_is_read_or_refused(content: str) -> None:
    try:
        json.dumps(parse(content.encode()))
    except SpecError as error:
        is_one_line(error)


# --- the version


@pytest.mark.parametrize(
    ("content", "place", "problem", "remedy"),
    [
        ("", "", "the document is empty", "openapi: 3.0.3"),
        ("- a\n", "", "not a mapping", "openapi: 3.0.3"),
        ("info: {}\n", "", "openapi is missing", "openapi: 3.0.3"),
        ('swagger: "2.0"\n', "/swagger", "Swagger 2.0", "Convert"),
        ("openapi: 3.1.0\n", "/openapi", "3.1.0 is not supported", "nullable"),
        ("openapi: 2.0\n", "/openapi", "2.0 is not supported", "3.0.3"),
        ("openapi: [a]\n", "/openapi", "not supported", "3.0.3"),
    ],
)
def test_other_versions_are_refused(
    write: Write, content: str, place: str, problem: str, remedy: str
) -> None:
    error = refusal(write(content))
    assert error.pointer == place
    assert problem in error.problem
    assert remedy in error.remedy


# --- references


@pytest.mark.parametrize(
    ("reference", "problem", "remedy"),
    [
        ("#/components/schemas/Itm", "'Itm' is not there", "#/components/schemas/Item"),
        ("#/components/schemas/Zzz", "leads nowhere", "Add what it names"),
        ("#/components/schemas/List/allOf/7", "'7' is not there", "Add what it names"),
        ("#/components/schemas/Item/type/x", "leads nowhere", "Add what it names"),
        ("#/components/schemas/Item/type", "not an object", "components"),
        ("#Item", "not a JSON pointer", "#/components/schemas/<name>"),
        ("other.yaml#/Item", "leads out of the document", "Bundle"),
        ("https://example.com/a.json", "leads out of the document", "Bundle"),
        ("Item", "names a file", "'#/components/schemas/Item'"),
        ("#/components/schemas/A", "leads only back to itself", "circle"),
    ],
)
def test_a_reference_that_leads_nowhere_is_refused(
    write: Write, reference: str, problem: str, remedy: str
) -> None:
    schemas = {
        "Item": {"type": "object"},
        "List": {"allOf": [{"$ref": "#/components/schemas/Item"}]},
        "A": {"$ref": "#/components/schemas/B"},
        "B": {"$ref": reference},
    }
    document = {"openapi": "3.0.3", "info": {}, "paths": {}, "components": {"schemas": schemas}}
    error = refusal(write(json.dumps(document)))
    assert error.pointer in ("/components/schemas/A/$ref", "/components/schemas/B/$ref")
    assert problem in error.problem
    assert remedy in error.remedy


def test_a_reference_that_is_not_a_text_is_refused(write: Write) -> None:
    error = refusal(write(HEAD + "components: {schemas: {A: {$ref: 5}}}\n"))
    assert error.pointer == "/components/schemas/A/$ref"


def test_a_property_may_be_called_ref(write: Write) -> None:
    text = HEAD + "paths: {}\ncomponents: {schemas: {A: {properties: {$ref: {type: string}}}}}\n"
    assert load(write(text))


def test_references_are_resolved_through_each_other_and_escapes() -> None:
    schema = {"type": "string"}
    document = {
        "paths": {"/a/{b}": {"get": {"responses": {200: {"x": schema}}}}},
        "components": {
            "schemas": {
                "A": {"$ref": "#/components/schemas/B"},
                "B": {"$ref": "#/paths/~1a~1%7Bb%7D/get/responses/200/x"},
                "C": {"properties": {"c": {"$ref": "#/components/schemas/D"}}},
                "D": {"items": [schema]},
            }
        },
    }
    assert resolve(document, "#/components/schemas/A") is schema
    assert locate(document, "#/components/schemas/A") == (
        "/paths/~1a~1{b}/get/responses/200/x",
        schema,
    )
    assert locate(document, "#/components/schemas/C/properties/c/items/0") == (
        "/components/schemas/D/items/0",
        schema,
    )
    assert resolve(document, "#") is document


@given(st.lists(st.text() | st.integers(0, 9), max_size=4))
def test_a_pointer_leads_back_to_its_place(parts: list[str | int]) -> None:
    document: dict[str, Any] = {}
    holder = document
    for part in parts:
        holder[str(part)] = {}
        holder = holder[str(part)]
    assert resolve(document, "#" + quote(pointer(*parts))) is holder


# --- walking


def test_walk_gives_every_object_with_its_place_and_kind(write: Write) -> None:
    document = load(Path(__file__).parent / "specs" / "valid.yaml")
    kinds = {node.pointer: node.kind for node in walk(document)}
    assert kinds[""] == "document"
    assert kinds["/components"] == "components"
    assert kinds["/paths/~1items"] == "path item"
    assert kinds["/paths/~1items/get"] == "operation"
    assert kinds["/paths/~1items/get/parameters/0"] == "parameter"
    assert kinds["/paths/~1items~1{id}/put/requestBody"] == "request body"
    assert kinds["/paths/~1items/get/responses"] == "responses"
    assert kinds["/paths/~1items/get/responses/200"] == "response"
    content = "/paths/~1items/get/responses/200/content/application~1json"
    assert kinds[content] == "media type"
    assert kinds[f"{content}/schema"] == "schema"
    assert kinds["/components/schemas/ItemPage/properties/data/items"] == "schema"
    assert kinds["/components/schemas/Item/properties/example"] == "schema"
    assert not any(place.endswith("/example/example") for place in kinds)
    for place in kinds:
        if "/parameters/0/schema" not in place:
            assert resolve(document, f"#{place}") is not None


def test_extensions_and_data_are_not_walked() -> None:
    document = {
        "paths": {
            "x-a": {"get": {}},
            "/a": {"x-b": {"get": {}}, "get": {"responses": {"x-c": {}}}},
        },
        "x-paths": {"/b": {}},
        "components": {
            "schemas": {"x-name": {"default": {"items": {}}, "enum": [{"items": {}}], "x-d": {}}}
        },
    }
    assert {node.pointer for node in walk(document)} == {
        "",
        "/components",
        "/components/schemas/x-name",
        "/paths/~1a",
        "/paths/~1a/get",
        "/paths/~1a/get/responses",
    }


def test_operations_come_in_the_order_of_the_document() -> None:
    document: dict[str, Any] = {
        "paths": {
            "/b": {"put": {}, "summary": "B", "get": {}},
            "x-c": {"get": {}},
            "/a": {"post": {}, "parameters": []},
        }
    }
    assert [(it.path, it.method, it.pointer) for it in operations(document)] == [
        ("/b", "put", "/paths/~1b/put"),
        ("/b", "get", "/paths/~1b/get"),
        ("/a", "post", "/paths/~1a/post"),
    ]
    assert list(operations({"paths": 5})) == []


# --- validating


def valid() -> dict[str, Any]:
    return load(Path(__file__).parent / "specs" / "valid.yaml")


def test_a_valid_document_is_valid() -> None:
    validate(valid())


def _no_title(document: dict[str, Any]) -> None:
    del document["info"]["title"]


def _wrong_type(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["Item"]["properties"]["id"]["type"] = "integr"


def _wrong_word(document: dict[str, Any]) -> None:
    document["paths"]["/items"]["get"]["sumary"] = "a"


def _no_content(document: dict[str, Any]) -> None:
    document["paths"]["/items/{id}"]["put"]["requestBody"] = {"contents": {}}


def _name_is_null(document: dict[str, Any]) -> None:
    document["paths"]["/items/{id}"]["get"]["parameters"][1]["name"] = None


def _status(document: dict[str, Any]) -> None:
    document["paths"]["/items"]["get"]["responses"]["2000"] = {"description": ""}


def _default(document: dict[str, Any]) -> None:
    document["components"]["parameters"]["Page"]["schema"]["default"] = "first"


@pytest.mark.parametrize(
    ("damage", "place", "problem"),
    [
        (_no_title, "/info", "'title' is a required property"),
        (_wrong_type, "/components/schemas/Item/properties/id/type", "'integr' is not one of"),
        (_wrong_word, "/paths/~1items/get", "'sumary'"),
        (_no_content, "/paths/~1items~1{id}/put/requestBody", "'content' is a required property"),
        (_name_is_null, "/paths/~1items~1{id}/get/parameters/1/name", "None is not of type"),
        (_status, "/paths/~1items/get/responses", "'2000'"),
        (_default, "/components/parameters/Page/schema/default", "'first' is not of type"),
    ],
)
def test_what_is_not_valid_is_refused_at_its_place(
    damage: Callable[[dict[str, Any]], None], place: str, problem: str
) -> None:
    document = valid()
    damage(document)
    with pytest.raises(SpecError) as caught:
        validate(document)
    assert caught.value.pointer == place
    assert problem in caught.value.problem


# --- the error


def test_the_error_is_one_line_and_survives_a_pickle() -> None:
    error = SpecError("it is wrong", pointer="/a\nb", remedy="Fix it", file=Path("spec.yaml"))
    assert str(error) == "spec.yaml: /a b: it is wrong. Fix it."
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
    assert (again.pointer, again.file) == (error.pointer, error.file)
    assert str(SpecError("it is wrong", remedy="Fix it")) == "it is wrong. Fix it."


def test_nesting_up_to_the_limit_is_read() -> None:
    deep: Any = 1
    for _ in range(MAX_DEPTH - 1):
        deep = [deep]
    assert parse(json.dumps(deep).encode(), as_json=True) == deep
