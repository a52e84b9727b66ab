"""Each kind of value in models: from JSON to Python and back, absent and null included."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest

UUID_TEXT = "7f4b1f52-3a7e-4e0c-9f45-0d6d3f6b8a11"
REQUIRED: dict[str, Any] = {
    "s": "text",
    "i": 1,
    "f": 0.5,
    "b": True,
    "d": "2026-01-31",
    "dt": "2026-01-31T12:00:00+00:00",
    "u": UUID_TEXT,
    "money": "10.50",
    "price": 10.5,
    "colour": "red",
    "level": -3,
    "l": ["a"],
    "inner": {"n": 1},
    "any": {"x": [1]},
    "union": "text",
    "s_null": None,
    "dt_null": None,
    "inner_null": None,
}
OPTIONAL: dict[str, Any] = {
    "o_s": "y",
    "o_i": 4,
    "o_f": 1.5,
    "o_b": False,
    "o_d": "2026-02-01",
    "o_dt": "2026-02-01T00:00:00+05:00",
    "o_u": UUID_TEXT,
    "o_money": "0.10",
    "o_price": 0.1,
    "o_colour": "light blue",
    "o_level": 1,
    "o_l": [1, 2],
    "o_inner": {"n": 2},
    "o_any": None,
    "o_union": "2026-02-01",
    "o_union_null": True,
    "l_money": ["1.10", "2.20"],
    "l_price": [1.1, 2.2],
    "l_dt": ["2026-02-01T00:00:00+05:00"],
    "l_u": [UUID_TEXT],
    "l_colour": ["#fff", "new"],
    "l_inner": [{"n": 1}],
    "l_l": [[{"n": 1}], []],
    "l_union": [{"meow": "m"}, {"bark": 1, "level": 2}],
    "m_money": {"tea": "1.10"},
    "m_cat": {"tom": {"meow": "m"}},
    "m_maybe": {"a": None, "b": 1},
    "m_any": {"deep": {"er": [1]}},
}
NULLABLE = ["s", "i", "f", "b", "d", "dt", "u", "money", "price", "colour", "l", "inner"]


def wire(made: Any, model: Any) -> Any:
    """What a model becomes on the wire, numbers with a fraction exactly."""
    return json.loads(made.module("codec").dumps(model), parse_float=Decimal)


def exact(value: Any) -> Any:
    return json.loads(json.dumps(value), parse_float=Decimal)


def test_required_values_go_round(kinds: Any) -> None:
    thing = kinds.module("models").Thing.from_dict(exact(REQUIRED))
    assert (thing.s, thing.i, thing.f, thing.b) == ("text", 1, 0.5, True)
    assert (thing.d, thing.dt) == (date(2026, 1, 31), datetime(2026, 1, 31, 12, tzinfo=UTC))
    assert (thing.u, thing.money, thing.price) == (
        UUID(UUID_TEXT),
        Decimal("10.50"),
        Decimal("10.5"),
    )
    assert isinstance(thing.money, Decimal)
    assert isinstance(thing.price, Decimal)
    assert (thing.colour, thing.level) == ("red", -3)
    assert thing.inner.n == 1
    assert (thing.s_null, thing.dt_null, thing.inner_null) == (None, None, None)
    assert wire(kinds, thing) == exact(REQUIRED)


def test_optional_values_go_round(kinds: Any) -> None:
    source = REQUIRED | OPTIONAL
    thing = kinds.module("models").Thing.from_dict(exact(source))
    assert thing.o_money == Decimal("0.10")
    assert thing.l_union[1].level == 2
    assert thing.l_colour[1] == "new"
    assert not thing.l_colour[1].is_known
    assert thing.o_union == date(2026, 2, 1)
    assert thing.m_money["tea"] == Decimal("1.10")
    assert wire(kinds, thing) == exact(source)


@pytest.mark.parametrize("name", NULLABLE)
def test_a_nullable_request_field_tells_null_from_absent(kinds: Any, name: str) -> None:
    thing_class = kinds.module("models").Thing
    unset = kinds.module("types").UNSET
    value = REQUIRED.get(name, ["x"])
    for given in (None, value):
        thing = thing_class.from_dict(exact(REQUIRED | {f"n_{name}": given}))
        assert (getattr(thing, f"n_{name}") is None) == (given is None)
        assert wire(kinds, thing)[f"n_{name}"] == exact(given)
    absent = thing_class.from_dict(exact(REQUIRED))
    assert getattr(absent, f"n_{name}") is unset
    assert f"n_{name}" not in wire(kinds, absent)


@pytest.mark.parametrize("name", [name for name in REQUIRED if name not in ("any",)])
def test_a_required_field_that_is_missing_or_wrong_is_named(kinds: Any, name: str) -> None:
    decode_error = kinds.module("errors").DecodeError
    thing_class = kinds.module("models").Thing
    missing = {key: value for key, value in REQUIRED.items() if key != name}
    wrong = REQUIRED | {name: {"not": "this"}}
    for source in (missing, wrong):
        with pytest.raises(decode_error) as caught:
            thing_class.from_dict(exact(source))
        assert caught.value.path.startswith(f"/{name}")


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ({"id": "1"}, "/id"),
        ({"id": 1, "n": "x", "note": None}, "/n"),
        ({"id": 1, "n": None}, "/note"),
        ({"id": 1, "n": 1, "note": "", "secret": 5}, "/secret"),
        ({"id": 1, "n": 1, "note": "", "colours": ["red", 5]}, "/colours/1"),
        (
            {"id": 1, "n": 1, "note": "", "tree": {"name": "a", "children": [{}]}},
            "/tree/children/0/name",
        ),
        (
            {"id": 1, "n": 1, "note": "", "tree": {"name": "a", "by_name": {"b/c": 5}}},
            "/tree/by_name/b~1c",
        ),
        ({"id": 1, "n": 1, "note": "", "pets": [{"meow": 1}]}, "/pets/0"),
        ([], ""),
        (None, ""),
    ],
)
def test_a_decode_error_points_at_the_value(kinds: Any, source: Any, path: str) -> None:
    with pytest.raises(kinds.module("errors").DecodeError) as caught:
        kinds.module("models").Seen.from_dict(source)
    # Of alternatives it is the last that speaks.
    assert caught.value.path in (path, f"{path}/bark")


def test_absent_and_null_are_none_in_a_model_that_only_answers_hold(kinds: Any) -> None:
    seen = kinds.module("models").Seen
    given = {"id": 1, "n": None, "note": None}
    null = given | dict.fromkeys(("secret", "amount", "colour", "pets", "tree", "default_kept"))
    assert seen.from_dict(given) == seen.from_dict(null)
    assert seen.from_dict(null).to_dict() == given


def test_sensitive_values_are_hidden_in_a_repr(kinds: Any) -> None:
    seen = kinds.module("models").Seen.from_dict({"id": 1, "n": 1, "note": "", "secret": "77001"})
    assert "77001" not in repr(seen)
    assert "secret_null=None" in repr(seen)


def test_a_union_takes_the_alternative_that_knows_the_most(kinds: Any) -> None:
    models = kinds.module("models")
    resources = kinds.resources
    for source, wanted in (
        ({"meow": "m"}, models.Cat),
        ({"bark": 1}, models.Dog),
        ({"meow": "m", "bark": 1, "level": 1}, models.Dog),
        ({"meow": "m", "bark": 1}, models.Cat),
    ):
        assert type(resources(httpx.Response(200, json=source)).things.get_union()) is wanted


def test_a_schema_that_holds_itself(kinds: Any) -> None:
    source = {
        "name": "root",
        "parent": {"name": "p"},
        "above": None,
        "children": [{"name": "a", "children": [{"name": "b"}]}],
        "by_name": {"x": {"name": "x"}},
    }
    tree = kinds.module("models").Tree.from_dict(source)
    assert tree.children[0].children[0].name == "b"
    assert tree.by_name["x"].name == "x"
    del source["above"]
    assert tree.to_dict() == source


@pytest.mark.parametrize("depth", [100, 400, 1000, 100_000])
def test_an_answer_nested_too_deeply_is_one_clear_error(kinds: Any, depth: int) -> None:
    # A map takes three calls to read and two levels of JSON: 400 are too deep for the models alone.
    content = b'{"name": "t", "by_name": {"x": ' * depth + b'{"name": "t"}' + b"}}" * depth
    resources = kinds.resources(httpx.Response(200, content=content))
    if depth == 100:
        assert resources.things.get_tree().by_name["x"].name == "t"
        return
    problem = "nested" if depth == 400 else "not JSON"
    with pytest.raises(kinds.module("errors").ResponseDecodeError, match=problem):
        resources.things.get_tree()


def test_a_narrowed_property_is_as_narrow_as_its_last_word(kinds: Any) -> None:
    narrow = kinds.module("models").Narrow
    source = {"id": 1, "n": None, "note": None, "amount": "1.00", "more": True}
    assert narrow.from_dict(source).to_dict() == source
    with pytest.raises(kinds.module("errors").DecodeError) as caught:
        narrow.from_dict(source | {"amount": None})
    assert caught.value.path == "/amount"


def test_answers_that_are_no_objects(kinds: Any) -> None:
    def answering(status: int, body: Any) -> Any:
        return kinds.resources(httpx.Response(status, content=json.dumps(body))).things.get_scalar(
            "x"
        )

    assert answering(200, "1.50") == Decimal("1.50")
    assert answering(201, [["2026-01-31"], []]) == [[date(2026, 1, 31)], []]
    assert answering(202, {"any": [None]}) == {"any": [None]}
    assert answering(203, None) is None
    assert answering(203, 5) == 5


def test_the_flat_arguments_make_the_body(kinds: Any) -> None:
    models = kinds.module("models")
    thing = kinds.twice(
        lambda r: r.things.create(
            s="text",
            i=1,
            f=0.5,
            b=True,
            d=date(2026, 1, 31),
            dt=datetime(2026, 1, 31, 12, tzinfo=UTC),
            u=UUID(UUID_TEXT),
            money="10.50",
            price=10.5,
            colour="red",
            level=-3,
            l=["a"],
            inner=models.Inner(n=1),
            any_={"x": [1]},
            union="text",
            s_null=None,
            dt_null=None,
            inner_null=None,
            n_price=None,
            n_colour=models.Colour.RED,
            l_colour=["#fff", "new"],
        ),
        httpx.Response(200, json=REQUIRED),
    )
    assert type(thing) is models.Thing
    sent = json.loads(kinds.request.content)
    assert sent == REQUIRED | {"n_price": None, "n_colour": "red", "l_colour": ["#fff", "new"]}


def test_defaults_are_told_and_not_sent(kinds: Any) -> None:
    method = kinds.module("resources.things").Things.create
    assert "default 3" in method.__doc__
    thing = kinds.module("models").Thing.from_dict(exact(REQUIRED))
    assert "o_i" not in thing.to_dict()


@pytest.mark.parametrize("wire_text", ["5", "5.0", "5e0", "5.000"])
def test_a_whole_number_is_an_integer_however_it_is_written(kinds: Any, wire_text: str) -> None:
    codec = kinds.module("codec")
    value = codec.to_int(codec.loads(wire_text.encode()))
    assert value == 5
    assert type(value) is int


@pytest.mark.parametrize(
    "wire_text", ["5.5", "true", "null", '"5"', "[]", "1e999999", "-1e500", "{}"]
)
def test_what_is_no_integer_is_refused(kinds: Any, wire_text: str) -> None:
    codec = kinds.module("codec")
    with pytest.raises(kinds.module("errors").DecodeError):
        codec.to_int(codec.loads(wire_text.encode()))


class Unknown:
    pass


LOOP: list[Any] = []
LOOP.append(LOOP)


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        Unknown(),
        b"bytes",
        LOOP,
        "\ud800",
        Decimal("NaN"),
        Decimal("1E+200"),
    ],
)
def test_what_json_cannot_carry_is_one_clear_error(kinds: Any, value: Any) -> None:
    with pytest.raises(kinds.module("errors").InvalidArgument):
        kinds.module("codec").dumps({"value": value})


def test_decimals_of_any_size_are_written_out_or_refused(kinds: Any) -> None:
    codec = kinds.module("codec")
    assert codec.decimals_as_text([Decimal("1E+3"), None, 5, "x"]) == ["1000", None, 5, "x"]
    with pytest.raises(kinds.module("errors").InvalidArgument):
        codec.decimals_as_text(Decimal("1E+999999999"))


def test_integer_enums_are_open_too(kinds: Any) -> None:
    level = kinds.module("models").Level
    assert level.from_json(1) is next(iter(level))
    assert level.from_json(9) == 9
    assert not level.from_json(9).is_known
    for value in ("1", True, None):
        with pytest.raises(kinds.module("errors").DecodeError):
            level.from_json(value)


def test_a_model_extends_the_first_of_its_all_of_that_it_does_not_change(make: Any) -> None:
    made = make(EXTENDED)
    models = made.module("models")
    assert [kind.__name__ for kind in models.Third.__mro__[:3]] == ["Third", "Second", "First"]
    # A narrowed property, and one that requests hold in another way, make a class of its own.
    assert not issubclass(models.Narrow, models.First)
    assert issubclass(models.Sent, models.Both)
    assert not issubclass(models.Received, models.Both)
    source: dict[str, Any] = {"a": "a", "b": 1, "c": True, "e": "1.5", "f": 0.5, "g": "other"}
    third = models.Third.from_dict(source)
    assert third.to_dict() == source
    assert third["g"] == "other"
    for name in "acef":
        with pytest.raises(made.module("errors").DecodeError) as caught:
            models.Third.from_dict(source | {name: []})
        assert caught.value.path == f"/{name}"


EXTENDED = """
openapi: 3.0.3
info: {title: Extended, version: "1"}
paths:
  /:
    post:
      operationId: send
      tags: [t]
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Sent"}}}}
      responses: {"204": {description: Done.}}
components:
  schemas:
    First:
      type: object
      required: [a]
      properties: {a: {type: string}, b: {type: integer, nullable: true}}
    Second:
      allOf:
        - $ref: "#/components/schemas/First"
        - {type: object, required: [c], properties: {c: {type: boolean}, d: {type: string}}}
    Third:
      allOf:
        - $ref: "#/components/schemas/Second"
        - type: object
          required: [e]
          properties: {e: {type: string, format: decimal}, f: {type: number}}
    Narrow:
      allOf:
        - $ref: "#/components/schemas/First"
        - {type: object, required: [b], properties: {b: {type: integer}}}
    Both: {type: object, properties: {x: {type: integer}}}
    Sent:
      allOf:
        - $ref: "#/components/schemas/Both"
        - {type: object, properties: {z: {type: integer}}}
    Received:
      allOf:
        - $ref: "#/components/schemas/Both"
        - {type: object, properties: {z: {type: integer}}}
"""
