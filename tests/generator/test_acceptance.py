"""Valid OpenAPI 3.0 is accepted, and an untrusted spec reads no file and hangs nothing."""

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from generator.__main__ import main
from generator.document import load, validate
from generator.problems import SpecError
from generator.reading import parse
from generator.repair import repair

OBJECT = {"type": "object", "properties": {"id": {"type": "integer"}}}


def ok(schema: Any = None, media: str = "application/json") -> dict[str, Any]:
    content = {} if schema is None else {"content": {media: {"schema": schema}}}
    return {"200": {"description": "Fine.", **content}}


def document(operation: dict[str, Any] | None = None, **schemas: Any) -> dict[str, Any]:
    main_operation = {"operationId": "main", "tags": ["t"], "responses": ok(), **(operation or {})}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Accepted", "version": "1"},
        "paths": {"/a": {"get": main_operation}},
        "components": {"schemas": schemas},
    }


def body(schema: Any) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


# -- untrusted specs ---------------------------------------------------------------------------


def test_a_reference_in_a_default_reads_no_file(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("PRIVATE KEY", encoding="utf-8")
    made = document(
        Thing={
            "type": "object",
            "properties": {"a": {"type": "integer", "default": {"$ref": secret.as_uri()}}},
        }
    )
    with pytest.raises(SpecError) as caught:
        validate(repair(made)[0])
    assert "PRIVATE KEY" not in str(caught.value)
    assert caught.value.pointer == "/components/schemas/Thing/properties/a/default"


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "pattern": "^(a+)+$", "default": "a" * 40 + "!"},
        {"type": "string", "pattern": r"^\p{L}+(?<name>x)$", "default": "x"},
        {"type": "string", "pattern": r"^[\w-.]\cA$"},
    ],
)
def test_a_pattern_neither_hangs_nor_is_refused(make: Any, schema: dict[str, Any]) -> None:
    began = time.monotonic()
    made = make(document(body({"type": "object", "properties": {"a": schema}})))
    made.twice(lambda r: r.t.main(a="x"), httpx.Response(200))
    assert time.monotonic() - began < 60


def test_full_width_keywords_are_normalised(make: Any) -> None:
    operation = {
        "operationId": "ｃlass",
        "parameters": [{"name": "ｉｆ", "in": "query", "schema": {"type": "string"}}],
        **body({"type": "object", "properties": {"ｄｅｆ": {"type": "string"}}}),
    }
    made = make(document(operation))
    made.twice(lambda r: r.t.class_(if_="1", def_="2"), httpx.Response(200))
    assert dict(made.request.url.params) == {"ｉｆ": "1"}


# -- valid constructs --------------------------------------------------------------------------


def test_an_all_of_of_an_enum_and_a_description(make: Any) -> None:
    color = {"allOf": [{"type": "string", "enum": ["red", "blue"]}, {"description": "A colour."}]}
    made = make(document({"responses": ok({"type": "object", "properties": {"color": color}})}))
    result = made.twice(lambda r: r.t.main(), httpx.Response(200, json={"color": "red"}))
    assert result.color == "red"
    assert result.color.is_known


def test_properties_with_an_any_of_that_has_properties(make: Any) -> None:
    card = {"type": "object", "properties": {"card": {"type": "string"}}, "required": ["card"]}
    thing = {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "integer"}},
        "anyOf": [card, {"properties": {"phone": {"type": "string"}}}],
    }
    made = make(document({"responses": ok({"$ref": "#/components/schemas/Thing"})}, Thing=thing))
    result = made.twice(lambda r: r.t.main(), httpx.Response(200, json={"id": 1, "phone": "8"}))
    assert (result.id, result.card, result.phone) == (1, None, "8")


def test_a_union_of_required_properties_only(make: Any) -> None:
    contact = {
        "type": "object",
        "properties": {"mail": {"type": "string"}, "phone": {"type": "string"}},
        "oneOf": [{"required": ["mail"]}, {"required": ["phone"]}],
    }
    made = make(document(body({"$ref": "#/components/schemas/Contact"}), Contact=contact))
    made.twice(lambda r: r.t.main(phone="8"), httpx.Response(200))
    assert made.request.content == b'{"phone":"8"}'


def test_enums_of_numbers_and_booleans(make: Any) -> None:
    made = make(
        document(
            {
                "responses": ok(
                    {
                        "type": "object",
                        "properties": {
                            "rate": {"type": "number", "enum": [0.5, 1]},
                            "on": {"type": "boolean", "enum": [True]},
                            "mixed": {"enum": ["a", 1, True]},
                        },
                    }
                )
            }
        )
    )
    result = made.twice(
        lambda r: r.t.main(), httpx.Response(200, json={"rate": 0.5, "on": True, "mixed": 1})
    )
    assert (result.rate, result.on, result.mixed) == (0.5, True, 1)


@pytest.mark.parametrize("media", ["application/pdf", "image/png", "application/xml"])
def test_other_media_types_of_a_response_are_bytes(make: Any, media: str) -> None:
    made = make(document({"responses": ok({"type": "string", "format": "binary"}, media)}))
    result = made.twice(lambda r: r.t.main(), httpx.Response(200, content=b"%PDF"))
    assert result.payload.getvalue() == b"%PDF"


def test_names_that_differ_by_a_sign(make: Any) -> None:
    reactions = {"type": "object", "properties": {k: {"type": "integer"} for k in ("+1", "-1")}}
    made = make(document({"responses": ok(reactions)}))
    result = made.twice(lambda r: r.t.main(), httpx.Response(200, json={"+1": 3, "-1": 2}))
    assert (result.plus_1, result.minus_1) == (3, 2)


def test_parameters_that_differ_by_a_comparison(make: Any) -> None:
    names = ("Start", "Start<", "Start>")
    schema = {"in": "query", "schema": {"type": "string"}}
    made = make(document({"parameters": [{"name": name, **schema} for name in names]}))
    made.twice(lambda r: r.t.main(start="a", start_lt="b", start_gt="c"), httpx.Response(200))
    assert dict(made.request.url.params) == dict(zip(names, "abc", strict=True))


def test_a_required_read_only_property_is_not_an_argument(make: Any) -> None:
    thing = {
        "type": "object",
        "required": ["id", "name", "secret"],
        "properties": {
            "id": {"type": "integer", "readOnly": True},
            "name": {"type": "string"},
            "secret": {"type": "string", "writeOnly": True},
        },
    }
    reference = {"$ref": "#/components/schemas/Thing"}
    made = make(document({"responses": ok(reference), **body(reference)}, Thing=thing))
    result = made.twice(
        lambda r: r.t.main(name="a", secret="b"),
        httpx.Response(200, json={"id": 1, "name": "a"}),
    )
    assert made.request.content == b'{"name":"a","secret":"b"}'
    assert (result.id, result.name) == (1, "a")
    with pytest.raises(TypeError):
        made.resources().t.main(id=1, name="a", secret="b")


def test_a_deep_object_and_lists_with_pipes_and_spaces(make: Any) -> None:
    parameters = [
        {
            "name": "filter",
            "in": "query",
            "style": "deepObject",
            "explode": True,
            "schema": {
                "type": "object",
                "properties": {"from": {"type": "string"}, "size": {"type": "integer"}},
            },
        },
        *(
            {
                "name": name,
                "in": "query",
                "style": style,
                "explode": False,
                "schema": {"type": "array", "items": {"type": "string"}},
            }
            for name, style in (("pipes", "pipeDelimited"), ("spaces", "spaceDelimited"))
        ),
    ]
    made = make(document({"parameters": parameters}))
    model = made.module("models").MainFilter(from_="a", size=3)
    made.twice(
        lambda r: r.t.main(filter_=model, pipes=["a", "b"], spaces=["c", "d"]), httpx.Response(200)
    )
    assert dict(made.request.url.params) == {
        "filter[from]": "a",
        "filter[size]": "3",
        "pipes": "a|b",
        "spaces": "c d",
    }


def test_a_parameter_has_the_name_that_the_spec_gives_it(make: Any) -> None:
    parameter = {"name": "q[]", "x-sdk-name": "words", "in": "query", "schema": {"type": "string"}}
    made = make(document({"parameters": [parameter]}))
    made.twice(lambda r: r.t.main(words="a"), httpx.Response(200))
    assert dict(made.request.url.params) == {"q[]": "a"}


# -- names that additive changes keep ----------------------------------------------------------


def classes(made: Any) -> set[str]:
    return set(made.module("models").__all__)


def test_a_new_200_keeps_the_name_of_the_202(make: Any) -> None:
    accepted = {"description": "A", "content": {"application/json": {"schema": OBJECT}}}
    other = {"type": "object", "properties": {"n": {"type": "string"}}}
    before = classes(make(document({"responses": {"202": accepted}})))
    after = classes(make(document({"responses": {**ok(other), "202": accepted}})))
    assert before == {"MainAcceptedResponse"}
    assert after == {"MainAcceptedResponse", "MainResponse"}


@pytest.mark.parametrize("word", ["oneOf", "anyOf"])
def test_variants_are_named_by_what_they_are(make: Any, word: str) -> None:
    variants = [
        {"type": "object", "required": ["card"], "properties": {"card": {"type": "string"}}},
        {"type": "object", "properties": {"kind": {"type": "string", "enum": ["cash"]}}},
    ]
    names = []
    for order in (variants, variants[::-1]):
        holder = {"type": "object", "properties": {"method": {word: order}}}
        names.append(classes(make(document({"responses": ok(holder)}))))
    assert names[0] == names[1]
    assert {"MainResponseMethodCard", "MainResponseMethodCash"} <= names[0]
    assert not [name for name in names[0] if "Variant" in name]


def test_a_property_does_not_double_the_name_of_its_owner(make: Any) -> None:
    holder = {"type": "object", "properties": {"qr_refund": OBJECT}}
    found = classes(
        make(
            document(
                {"responses": ok({"$ref": "#/components/schemas/WebhookQrRefund"})},
                WebhookQrRefund=holder,
            )
        )
    )
    assert found == {"WebhookQrRefund", "WebhookQrRefundData"}


def test_equal_enums_are_one_class(make: Any) -> None:
    status = {"type": "string", "enum": ["on", "off"]}
    holder = {"type": "object", "properties": {"a": status, "b": {**status, "nullable": True}}}
    made = make(
        document(
            {"responses": ok({"$ref": "#/components/schemas/Thing"})}, Thing=holder, Status=status
        )
    )
    assert classes(made) == {"Thing", "Status"}


def test_the_noun_of_the_tag_is_cut_only_at_the_end(make: Any) -> None:
    made = document({"operationId": "deletePartnerOrganization", "tags": ["Partner"]})
    made["paths"]["/b"] = {
        "get": {"operationId": "createPartner", "tags": ["Partner"], "responses": ok()}
    }
    operations = make(made).module("operations")
    assert operations.DELETE_PARTNER_ORGANIZATION.name == "delete_partner_organization"
    assert operations.CREATE_PARTNER.name == "create"


# -- all problems at once ----------------------------------------------------------------------

BROKEN = """
openapi: 3.0.3
info: {title: Broken, version: "1"}
paths:
  /good:
    get: {operationId: good, tags: [t], responses: {"200": {description: Fine.}}}
  /first:
    get:
      operationId: first
      tags: [t]
      parameters: [{name: x, in: header, schema: {type: string, format: date}}]
      responses: {"200": {description: Fine.}}
  /second:
    get:
      operationId: second
      tags: [t]
      responses:
        "200":
          description: Fine.
          content: {application/json: {schema: {$ref: "#/components/schemas/Bad"}}}
  /third:
    get: {operationId: third, tags: [t], x-retry: often, responses: {"200": {description: F.}}}
components:
  schemas:
    Unused: {allOf: [{type: string}, {type: object, properties: {a: {type: string}}}]}
    Bad: {allOf: [{type: string}, {type: object, properties: {a: {type: string}}}]}
"""


def test_all_problems_are_reported_and_unsupported_operations_can_be_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "broken.yaml"
    spec.write_text(BROKEN, encoding="utf-8")
    out = tmp_path / "left_out"
    arguments = ["generate", "--spec", str(spec), "--out", str(out)]

    assert main(arguments) == 1
    said = capsys.readouterr().err
    for place in ("/paths/~1first/get", "/components/schemas/Bad", "/paths/~1third/get", "/Unused"):
        assert place in said
    assert not out.exists()

    assert main([*arguments, "--skip-unsupported"]) == 0
    said = capsys.readouterr().err
    assert [
        name for name in ("first", "second", "third", "good") if f"skipped: {name} " in said
    ] == [
        "first",
        "second",
        "third",
    ]
    text = (out / "operations.py").read_text(encoding="utf-8")
    assert "GOOD: Final" in text
    assert "FIRST: Final" not in text


def test_a_problem_of_the_whole_document_cannot_be_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "old.yaml"
    spec.write_text('swagger: "2.0"\n', encoding="utf-8")
    out = tmp_path / "none"
    assert main(["generate", "--spec", str(spec), "--out", str(out), "--skip-unsupported"]) == 1
    assert "swagger2openapi" in capsys.readouterr().err


def test_acceptance_does_not_depend_on_other_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    import openapi_spec_validator

    def used(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(openapi_spec_validator.OpenAPIV30SpecValidator, "iter_errors", used)
    validate(load(Path(__file__).parents[2] / "openapi.yaml"))
    validate(parse(BROKEN.encode()))
