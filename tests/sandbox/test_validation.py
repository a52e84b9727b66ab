"""Validation against the specification, and its messages."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_schema_validator import OAS30Validator, oas30_format_checker

from apipay_sandbox import spec as specification
from apipay_sandbox.validation import (
    Errors,
    QueryReader,
    compile_schema,
    is_date,
    without_nulls,
)

SPEC = specification.load()
BODIES = {
    operation.id: operation for operation in SPEC.operations.values() if operation.body is not None
}


def inline(node: Any) -> Any:
    if isinstance(node, Mapping):
        if "$ref" in node:
            return inline(SPEC.resolve(node))
        return {name: inline(value) for name, value in node.items()}
    if isinstance(node, list):
        return [inline(value) for value in node]
    return node


def body_schema(operation_id: str) -> Any:
    operation = SPEC.operations[operation_id]
    node = SPEC._document["paths"][operation.path][operation.method.lower()]
    return inline(SPEC.resolve(node["requestBody"])["content"]["application/json"]["schema"])


def problems(schema: Mapping[str, Any], value: Any) -> Errors:
    errors: Errors = {}
    compile_schema(schema, SPEC.resolve)(value, "", errors)
    return errors


def peer_accepts(schema: Any, value: Any) -> bool:
    return bool(OAS30Validator(schema, format_checker=oas30_format_checker).is_valid(value))


# Python's `$` lets a line break pass at the end, and so does the other validator; JSON Schema's
# does not, and neither do we: see test_a_pattern_ends_where_the_text_ends.
texts = st.text(max_size=12).filter(lambda text: not text.endswith("\n"))
decimals = st.decimals(
    min_value=-(10**9), max_value=10**9, allow_nan=False, allow_infinity=False, places=3
)
scalars = st.none() | st.booleans() | st.integers(-(10**10), 10**10) | decimals | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=6,
)
near_misses = st.sampled_from(
    [
        0, 1, -1, Decimal("0.01"), Decimal("0.001"), Decimal("99999999.99"), 99999999,
        Decimal("100000000"), 10**12, "87001234567", "8700123456", "870012345678", "77001234567",
        "123456789012", "12345678901", "2026-01-31", "2026-02-30", "20260131", "2026-1-1",
        "daily", "hourly", "x" * 255, "x" * 256, "x" * 500, "x" * 501, "", True, [], {},
    ]
)  # fmt: skip


@pytest.mark.parametrize("operation_id", sorted(BODIES))
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_bodies_are_judged_as_an_independent_validator_judges_them(
    operation_id: str, data: st.DataObject
) -> None:
    schema = body_schema(operation_id)
    names = [*schema["properties"], "another"]
    examples = {name: part.get("example") for name, part in schema["properties"].items()}

    def member(name: str) -> st.SearchStrategy[Any]:
        fitting = examples.get(name)
        return near_misses | values | (st.just(fitting) if fitting is not None else st.nothing())

    chosen = data.draw(st.lists(st.sampled_from(names), unique=True))
    body = without_nulls({name: data.draw(member(name)) for name in chosen})

    assert (not problems(schema, body)) == peer_accepts(schema, body)


def field_a(**schema: Any) -> dict[str, Any]:
    return {"properties": {"a": schema}}


@pytest.mark.parametrize(
    ("schema", "value", "said"),
    [
        ({"required": ["phone_number"]}, {}, {"phone_number": "The phone number is required."}),
        (field_a(type="integer"), {"a": "1"}, {"a": "The a must be a whole number."}),
        (field_a(type="string"), {"a": None}, {"a": "The a must not be null."}),
        (field_a(maxLength=3), {"a": "four"}, {"a": "The a must have at most 3 characters."}),
        (field_a(minimum=Decimal("0.01")), {"a": 0}, {"a": "The a must be at least 0.01."}),
        (field_a(enum=["x", "y"]), {"a": "z"}, {"a": "The a must be one of: x, y."}),
        (field_a(items={"type": "string"}), {"a": ["b", 1]}, {"a.1": "The a.1 must be text."}),
        ({"type": "object"}, [], {"body": "The body must be an object."}),
    ],
)
def test_each_problem_is_named_with_its_field(
    schema: dict[str, Any], value: Any, said: dict[str, str]
) -> None:
    assert problems(schema, value) == {field: [message] for field, message in said.items()}


def test_a_pattern_ends_where_the_text_ends() -> None:
    assert problems({"pattern": "^8[0-9]{10}$"}, "87001234567") == {}
    assert problems({"pattern": "^8[0-9]{10}$"}, "87001234567\n") != {}


def test_numbers_far_outside_any_amount_are_judged_quickly() -> None:
    schema = {"type": "number", "maximum": 100, "multipleOf": Decimal("0.01")}
    for value in (Decimal("1e999999"), Decimal("1e-999999"), 10**4000):
        assert problems(schema, value) != {}


def test_amounts_have_at_most_two_decimals() -> None:
    schema = {"type": "number", "x-decimals": 2}
    assert problems(schema, Decimal("4.85")) == {}
    assert problems(schema, Decimal("4.851")) == {
        "body": ["The body must have at most 2 decimals."]
    }


@pytest.mark.parametrize("text", ["2026-01-31", "2024-02-29", "0001-01-01", "9999-12-31"])
def test_days_of_the_calendar_are_dates(text: str) -> None:
    assert is_date(text)


@pytest.mark.parametrize(
    "text", ["2026-02-29", "20260131", "2026-W05-6", "2026-1-31", "٢٠٢٦-٠١-٣١", "", "2026-01-31T"]
)
def test_other_texts_are_not(text: str) -> None:
    assert not is_date(text)


def reader(operation_id: str = "listInvoices") -> QueryReader:
    found = SPEC.operations[operation_id].query
    assert found is not None
    return found


def test_a_query_is_read_into_typed_values_with_defaults() -> None:
    read = reader().read(b"status[]=paid&status%5B%5D=pending&search=a%20b&page=3&other=1")

    assert read == (
        {"page": 3, "per_page": 10, "status[]": ["paid", "pending"], "search": "a b"},
        {},
    )


def test_numbered_list_items_are_read_as_php_reads_them() -> None:
    values, errors = reader().read(b"status[0]=paid&status[1]=pending")

    assert (values["status[]"], errors) == (["paid", "pending"], {})


@pytest.mark.parametrize(
    ("query", "field"),
    [
        (b"page=0", "page"),
        (b"page=", "page"),
        (b"page=1.5", "page"),
        (b"page=%D9%A1", "page"),
        (b"page=1&page=2", "page"),
        (b"per_page=101", "per_page"),
        (b"status[]=lost", "status[].0"),
        (b"status[]=", "status[].0"),
        (b"date_from=2026-02-30", "date_from"),
        (b"search=" + b"x" * 101, "search"),
    ],
)
def test_a_query_that_breaks_a_limit_is_named(query: bytes, field: str) -> None:
    _, errors = reader().read(query)

    assert set(errors) == {field}


@given(st.binary(max_size=80))
def test_no_query_breaks_the_reader(query: bytes) -> None:
    values, _ = reader().read(query)

    assert {"page", "per_page"} <= values.keys()
