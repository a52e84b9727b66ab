"""Names and texts of a spec that clash with Python, with the templates, or try to break out."""

import ast
import inspect
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.problems import SpecError
from generator.text import docstring, first_sentence, literal, section

FIELDS = {
    "field": "a",
    "class": "b",
    "options": "c",
    "self": "d",
    "data": "e",
    "to_dict": "f",
    "from_dict": "g",
    "additional_properties": "h",
    "datetime": "2026-01-31T12:00:00+00:00",
    "date": "2026-01-31",
    "Decimal": 1.5,
    "list": ["x"],
    "int": 5,
    "bool": True,
    "property": "p",
    "__class__": "q",
    "page_items": "r",
    "camelCase": "s",
    "camel_case": "t",
    "with space": "u",
    "1st": "v",
    "": "w",
    "$ref$": "x",
    "_codec": "y",
    "keyword": "__class__",
    "body": "z",
}


def exact(value: Any) -> Any:
    """JSON text or a value as JSON would give it, fractions as Decimal."""
    return json.loads(value if isinstance(value, bytes) else json.dumps(value), parse_float=Decimal)


def test_fields_of_any_name_go_round(names: Any) -> None:
    fields = names.module("models").Fields.from_dict(exact(FIELDS))
    assert fields.additional_properties == {}
    assert exact(names.module("codec").dumps(fields)) == exact(FIELDS)
    assert (fields.camelCase, fields.camel_case) == ("s", "t")
    assert fields.datetime_ == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert fields.keyword.is_known


def test_flat_arguments_of_any_name_make_the_body(names: Any) -> None:
    sent = names.twice(
        lambda r: r.class_.send_names(
            "path",
            field="a",
            class_="b",
            options_body="c",
            text="query",
            text_body="d",
            to_dict_value="e",
        ),
        httpx.Response(200, json=FIELDS),
    )
    assert sent.class_ == "b"
    assert names.request.url.raw_path == b"/base/b/path?text=query"
    assert json.loads(names.request.content) == {
        "field": "a",
        "class": "b",
        "options": "c",
        "text": "d",
        "to_dict": "e",
    }


def test_parameters_of_any_name_arrive_under_it(names: Any) -> None:
    method = names.module("resources.class_").ClassResource.names
    arguments = [
        name for name in inspect.signature(method).parameters if name not in ("self", "options")
    ]
    path, rest = arguments[:3], arguments[3:]
    given = dict.fromkeys(rest, "v") | {"error": Decimal("1.50"), "money": 2, "list_": [1, 2]}
    given["datetime_"] = datetime(2026, 1, 31, tzinfo=UTC)
    names.twice(lambda r: r.class_.names("s", "o", "c", **given))
    document = names.document["paths"]["/p/{self}/{options}/{class}"]["get"]["parameters"]
    declared = [p["name"] for p in document if p["in"] == "query"]
    assert list(dict.fromkeys(names.request.url.params.keys())) == declared
    assert names.request.url.params["error"] == "1.50"
    assert names.request.headers["OPERATION"] == "v"
    assert names.request.url.path == "/base/p/s/o/c"
    assert len(path) == 3


def test_methods_of_any_name(names: Any) -> None:
    lists = names.module("resources.lists").Lists
    assert lists.OPERATIONS.keys() == {
        *("list", "import_", "dict", "del_", "init", "operations", "client"),
    }
    assert (
        names.twice(lambda r: r.lists.list(), httpx.Response(200, json=[{"class": "c"}]))[0].class_
        == "c"
    )
    assert names.twice(lambda r: r.lists.dict(ids=[1]), httpx.Response(200, json=["a"])) == ["a"]
    for name in ("del_", "init", "operations", "client"):
        names.twice(lambda r, name=name: getattr(r.lists, name)())


def test_a_resource_and_a_model_can_have_one_name(names: Any) -> None:
    resource = names.module("resources.class_")
    assert resource.ClassResource.__name__ == "ClassResource"
    assert resource.AsyncClassResource.names


def test_schemas_named_like_what_the_templates_use(names: Any) -> None:
    source: dict[str, Any] = {key: {"a": 1} for key in "abcdefghijnrstuv"}
    source |= {
        "k": "a",
        "p": "z",
        "x": "mro",
        "l": {"a": "1.50"},
        "w": {"at": "2026-01-31T12:00:00+00:00"},
    }
    source |= {"q": {"a": 1.5}, "amount": "2.00", "type": "t", "days": ["2026-01-31"]}
    holder = names.twice(
        lambda r: r.recurring_things_more.get_schemas(), httpx.Response(200, json=source)
    )
    assert holder.to_dict() == source
    assert holder.l.a == Decimal("1.50")


def test_names_in_other_scripts(names: Any) -> None:
    source = {"сумма": "1.50", "класс": {"поле": "x"}}
    счёт = names.twice(lambda r: r.счета.получить(), httpx.Response(200, json=source))
    assert счёт.сумма == Decimal("1.50")
    assert счёт.класс.поле == "x"
    assert names.request.url.path == "/base/unicode/имя"


def test_texts_that_try_to_break_out_stay_texts(hostile: Any) -> None:
    for module in hostile.modules():
        assert not hasattr(module, "os")
    operations = hostile.module("operations")
    assert operations.API_VERSION == '1"; import os #'
    assert operations.SERVER_URL == 'https://hostile.test/"\\x'
    assert {"x-root": hostile.document["x-root"]} == operations.EXTENSIONS
    assert operations.QUOTES.path == '/quotes"/{id}/back\\slash/{x}/%7B'
    assert operations.QUOTES.tag == 'tag"""'
    known = [member.value for member in hostile.module("models").Options]
    assert known == hostile.document["components"]["schemas"]["Options"]["enum"]
    for words in ('"""', "{{ 7 * 7 }}", "\\N{BULLET}", "{% endraw %}"):
        assert words in hostile.module("resources.tag").Tag.quotes.__doc__


def test_hostile_names_arrive_as_they_are(hostile: Any) -> None:
    source = {
        'k"ey': "a",
        "back\\slash": "b",
        "new\nline": "c",
        "bra{ce}": "d",
        "options": "\u2028",
    }
    answer = httpx.Response(200, json=source)
    found = hostile.twice(lambda r: r.tag.quotes("i", "x", q="v", h="w"), answer)
    assert found.to_dict() == source
    assert found.additional_properties == {}
    assert found.options.is_known
    assert dict(hostile.request.url.params) == {'q"\\{': "v"}
    assert hostile.request.headers['H-"'] == "w"
    assert hostile.request.url.raw_path.partition(b"?")[0] == b"/base/quotes%22/i/back\\slash/x/%7B"


NAMES = st.text(max_size=12) | st.sampled_from(
    ["class", "Class", "self", "list", "a-b", "a_b", "aB"]
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
        TEXTS,
        min_size=20,
        max_size=40,
    )
)
def test_properties_of_random_names_and_words_go_round(
    make: Any, properties: dict[str, str]
) -> None:
    schema = {
        "type": "object",
        "description": "".join(properties.values()),
        "properties": {
            name: {"type": "string", "description": words} for name, words in properties.items()
        },
    }
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Random"}}}
    document = {
        "openapi": "3.0.3",
        "info": {"title": "Random", "version": "1"},
        "paths": {
            "/": {
                "post": {
                    "operationId": "send",
                    "tags": ["t"],
                    "requestBody": {"required": True, "content": content},
                    "responses": {"200": {"description": "It.", "content": content}},
                }
            }
        },
        "components": {"schemas": {"Random": schema}},
    }
    refused = None
    try:
        made = make(document)
    except SpecError as error:
        refused = error
    if refused is not None:  # two names of which Python could make only one
        assert refused.pointer == "/components/schemas/Random"
        assert "same python_name" in refused.problem
        return
    source = dict.fromkeys(properties, "v")
    model = made.module("models").Random.from_dict(source)
    assert model.additional_properties == {}
    assert model.to_dict() == source


@given(st.text())
def test_a_literal_is_source_of_exactly_the_text(text: str) -> None:
    source = literal(text)
    assert ast.literal_eval(source) == text
    assert source.isprintable() or not text.isprintable()
    assert (
        ast.literal_eval(f"f{literal(text.replace('{', '{{').replace('}', '}}'))}"[1:]) is not None
    )


@given(st.text(), st.dictionaries(st.sampled_from(["a", "b"]), st.text()))
def test_a_docstring_never_ends_early(intro: str, described: dict[str, str]) -> None:
    text = docstring(intro, section("Args", described))
    source = f'def f():\n    """{text}\n    """\nflag = 1\n'
    try:
        source.encode()
    except UnicodeEncodeError:
        return
    tree = ast.parse(source.replace("\r", "\n"))
    assert [type(node) for node in tree.body] == [ast.FunctionDef, ast.Assign]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("One. Two.", "One."),
        ("No stop", "No stop"),
        ("Version 1.5 is out. Yes", "Version 1.5 is out."),
        ("A\n  b! c", "A b!"),
        ("", ""),
    ],
)
def test_the_first_sentence(text: str, first: str) -> None:
    assert first_sentence(text) == first
