"""The schemas of openapi.yaml: names that become classes, what is required, what can be null."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

Schemas = list[tuple[str, dict[str, Any]]]
Document = dict[str, Any]
Follow = Callable[[dict[str, Any]], dict[str, Any]]
Check = Callable[[dict[str, Any], Any], list[str]]

#: schema -> required fields, then the others; every object of the API
FIELDS = {
    "Organization": ("id status", "idn time_remaining"),
    "VerifyOrganizationRequest": ("idn", ""),
    "OrganizationVerification": ("organization", "message"),
    "OrganizationEnvelope": ("organization", ""),
    "InvoiceEventData": (
        "id status",
        "amount description external_order_id kaspi_invoice_id client_name client_phone paid_at"
        " cancelled_at expired_at",
    ),
    "Invoice": (
        "id status",
        "amount description external_order_id kaspi_invoice_id client_name client_phone paid_at"
        " cancelled_at expired_at payment_url kaspi_qr_token created_at",
    ),
    "CreatedInvoice": (
        "id status payment_url",
        "amount description external_order_id kaspi_invoice_id client_name client_phone paid_at"
        " cancelled_at expired_at kaspi_qr_token created_at",
    ),
    "CreateInvoiceRequest": ("amount phone_number", "description external_order_id webhook_id"),
    "InvoicePage": ("data meta", ""),
    "Refund": ("id status amount", "invoice_id reason created_at"),
    "CreateRefundRequest": ("", "amount reason"),
    "RefundPage": ("data meta", ""),
    "RefundList": ("data", ""),
    "RecurringInvoice": (
        "id status",
        "amount phone_number description interval start_date end_date next_billing_date created_at",
    ),
    "CreateRecurringInvoiceRequest": (
        "amount phone_number interval",
        "description start_date end_date webhook_id",
    ),
    "UpdateRecurringInvoiceRequest": ("", "amount description interval"),
    "RecurringInvoicePage": ("data meta", ""),
    "PageMeta": ("current_page per_page total", ""),
    "Error": ("message", ""),
    "ValidationErrorBody": ("message errors", ""),
    "RateLimitErrorBody": ("message retry_after", ""),
    "InvoiceEvent": ("event invoice timestamp", ""),
}

ENUMS = {
    "OrganizationStatus": ["pending", "verified", "failed"],
    "InvoiceStatus": ["pending", "paid", "cancelled", "expired"],
    "RefundStatus": ["completed", "pending", "processing", "failed"],
    "RecurringInvoiceStatus": ["active", "paused", "cancelled"],
    "BillingInterval": ["daily", "weekly", "monthly", "yearly"],
    "WebhookEventType": ["invoice.status_changed"],
}

OTHERS = {"Money", "Amount", "PhoneNumber", "Idn", "FieldErrors"}

LENGTHS = {
    "CreateInvoiceRequest": {"description": 500, "external_order_id": 255},
    "CreateRefundRequest": {"reason": 500},
    "CreateRecurringInvoiceRequest": {"description": 500},
    "UpdateRecurringInvoiceRequest": {"description": 500},
}


def _name(pointer: str) -> str:
    return pointer.removeprefix("#/components/schemas/")


def _properties(schema: dict[str, Any], follow: Follow) -> tuple[dict[str, Any], set[str]]:
    schema = follow(schema)
    properties = dict(schema.get("properties", {}))
    required = set(schema.get("required", []))
    for part in schema.get("allOf", []):
        more, needed = _properties(part, follow)
        properties, required = more | properties, required | needed
    return properties, required


def _can_be_null(schema: dict[str, Any], check: Check) -> bool:
    return not check(schema, None)


@pytest.mark.parametrize("name", FIELDS)
def test_fields_that_are_always_there_and_fields_that_can_be_missing(
    name: str, follow: Follow
) -> None:
    required, optional = (words.split() for words in FIELDS[name])
    properties, needed = _properties({"$ref": f"#/components/schemas/{name}"}, follow)
    assert set(properties) == set(required) | set(optional)
    assert needed == set(required)


@pytest.mark.parametrize("name", FIELDS)
def test_null_is_allowed_exactly_where_a_field_can_be_missing(
    name: str, follow: Follow, check: Check
) -> None:
    properties, needed = _properties({"$ref": f"#/components/schemas/{name}"}, follow)
    nullable = {field for field, schema in properties.items() if _can_be_null(schema, check)}
    assert nullable == set(properties) - needed


def test_schemas_have_the_names_that_become_classes(document: Document) -> None:
    assert set(document["components"]["schemas"]) == {*FIELDS, *ENUMS, *OTHERS}


@pytest.mark.parametrize("name", ENUMS)
def test_words_from_a_list(name: str, document: Document) -> None:
    schema = document["components"]["schemas"][name]
    assert schema["enum"] == ENUMS[name]
    assert all(final in ENUMS[name] for final in schema.get("x-final", []))
    assert "new values appear over time" in " ".join(schema["description"].lower().split())


@pytest.mark.parametrize("name", FIELDS)
def test_text_is_limited_in_requests_only(name: str, follow: Follow) -> None:
    properties, _ = _properties({"$ref": f"#/components/schemas/{name}"}, follow)
    found = {f: schema["maxLength"] for f, schema in properties.items() if "maxLength" in schema}
    assert found == LENGTHS.get(name, {})


def test_objects_and_enums_are_named(schemas: Schemas) -> None:
    """A schema without a name would become a class like ListInvoicesResponse200 or ...Body."""
    unnamed = [
        pointer
        for pointer, schema in schemas
        if (schema.get("type") == "object" or "properties" in schema or "enum" in schema)
        and None not in schema.get("enum", [])
        and "/" in _name(pointer)
        and not (pointer.count("/") == 5 and "/allOf/" in pointer)  # a part of a named one
    ]
    assert unnamed == []


def test_null_is_stated_so_that_every_tool_sees_it(schemas: Schemas) -> None:
    """`nullable` counts only with `type` (OpenAPI 3.0.3). An enum lists null and states no type:
    with `nullable`, Prism lists null twice and then checks nothing."""
    for pointer, schema in schemas:
        if "nullable" in schema:
            assert "type" in schema, pointer
            assert "enum" not in schema, pointer
        if None in schema.get("enum", []):
            assert "type" not in schema, pointer


def test_arrays_say_of_what_and_objects_stay_open(schemas: Schemas) -> None:
    for pointer, schema in schemas:
        assert schema.get("type") != "array" or schema["items"], pointer
        assert schema.get("additionalProperties") is not False, pointer


#: What an inline copy of a named scalar shares with it.
_COPIED = (
    *("type", "format", "pattern", "minimum", "maximum", "x-decimals", "x-sensitive", "example"),
)


def test_a_scalar_that_can_be_null_is_a_copy_of_the_named_one(schemas: Schemas) -> None:
    """A `$ref` cannot be nullable in OpenAPI 3.0, so the lines stand twice; they must agree."""
    named = {_name(p): s for p, s in schemas if _name(p) in {*OTHERS, *ENUMS}}
    copies: dict[str, str] = {}
    for pointer, schema in schemas:
        if "enum" in schema and None in schema["enum"]:
            values = [value for value in schema["enum"] if value is not None]
            copies[pointer] = next(n for n, s in named.items() if s.get("enum") == values)
        if not schema.get("nullable"):
            continue
        for owner in ("Money", "Amount", "PhoneNumber", "Idn"):
            keys = [key for key in ("format", "pattern") if key in named[owner]]
            if any(schema.get(key) == named[owner][key] for key in keys) and (
                schema["type"] == named[owner]["type"]
            ):
                assert {k: schema.get(k) for k in _COPIED} == {
                    k: named[owner].get(k) for k in _COPIED
                }, pointer
                copies[pointer] = owner
    assert sorted(copies.values()) == sorted(
        [*["Money"] * 2, *["Amount"] * 2, *["PhoneNumber"] * 2, "Idn", *["BillingInterval"] * 2]
    )
    for pointer, schema in schemas:
        if pointer.endswith("/amount"):
            owner = copies.get(pointer) or _name(schema["$ref"])
            assert owner == ("Amount" if "Request" in pointer else "Money"), pointer


def test_sensitive_values_are_marked(schemas: Schemas) -> None:
    marked = {pointer.rsplit("/", 1)[-1] for pointer, s in schemas if s.get("x-sensitive")}
    assert marked == {
        *("PhoneNumber", "Idn", "client_name"),
        *("idn", "client_phone", "phone_number"),  # that can be null
    }


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ("Amount", ["0.01", "4.85", "1", "10000.5", "99999999.99"], ["0", "0.009", "-1"]),
        ("Amount", ["99999999.9", "19.99"], ["100000000", "99999999.991"]),
    ],
)
def test_amount_limits(schema: str, good: list[str], bad: list[str], check: Check) -> None:
    reference = {"$ref": f"#/components/schemas/{schema}"}
    assert [value for value in good if check(reference, Decimal(value))] == []
    assert [value for value in bad if not check(reference, Decimal(value))] == []
    assert check(reference, "10000.00")


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ("Money", ["10000.00", "0.01"], ["10000", "10000.5", "1,00", "-1.00", "", 10000, None]),
        (
            "PhoneNumber",
            ["87001234567"],
            ["+77001234567", "77001234567", "8700123456", "870012345678", 87001234567, None],
        ),
        ("Idn", ["123456789012"], ["12345678901", "1234567890123", "12345678901x", 123456789012]),
        ("InvoiceStatus", ["pending", "paid"], ["refunded", "Paid", "", None, 1]),
    ],
)
def test_scalars(schema: str, good: list[Any], bad: list[Any], check: Check) -> None:
    reference = {"$ref": f"#/components/schemas/{schema}"}
    assert [value for value in good if check(reference, value)] == []
    assert [value for value in bad if not check(reference, value)] == []


def test_every_format_of_the_spec_is_checked(schemas: Schemas, check: Check) -> None:
    """A validator lets a format that it does not know pass in silence."""
    used = {(s["type"], s["format"]) for _, s in schemas if "format" in s}
    assert len(used) == 7
    for kind, name in used - {("number", "decimal")}:
        assert check({"type": kind, "format": name}, 2**63 if kind == "integer" else "?"), name
