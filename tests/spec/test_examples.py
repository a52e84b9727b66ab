"""The examples of openapi.yaml: every body has some, each is valid, and the checker can fail."""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from decimal import Decimal
from typing import Any, TypeAlias

import pytest

Document = dict[str, Any]
Schemas = list[tuple[str, dict[str, Any]]]
Follow = Callable[[dict[str, Any]], dict[str, Any]]
Check = Callable[[dict[str, Any], Any], list[str]]
Search = Callable[[Any, Callable[[Any], bool]], Iterator[tuple[str, Any]]]
Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | Decimal | None"
Path = tuple[str | int, ...]


def _leaves(value: Json, path: Path = ()) -> Iterator[Path]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _leaves(child, (*path, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _leaves(child, (*path, index))
    elif path:
        yield path


def _replaced(value: Any, path: Path, new: Any) -> Any:
    changed = deepcopy(value)
    node = changed
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = new
    return changed


def test_example_is_valid(schema: Document, example: Any, check: Check) -> None:
    assert check(schema, example) == []


def test_example_with_a_broken_value_is_refused(
    schema: Document, example: Any, check: Check
) -> None:
    """Each value in turn becomes one of a wrong type. It also shows that no example has a field
    that its schema does not know: such a value would be let through."""
    for path in _leaves(example):
        assert check(schema, _replaced(example, path, {"broken": [True]})), path
    assert check(schema, [[]])


def test_example_without_a_required_field_is_refused(
    schema: Document, example: Any, check: Check, follow: Follow
) -> None:
    def required(part: Document) -> set[str]:
        part = follow(part)
        more = [required(child) for child in part.get("allOf", [])]
        return set(part.get("required", [])).union(*more)

    for field in required(schema):
        assert check(schema, {k: v for k, v in example.items() if k != field}), field
        assert check(schema, {**example, field: None}), field


@pytest.mark.parametrize(
    ("name", "path", "broken"),
    [
        ("InvoicePaid", ("amount",), "10000.5"),
        ("InvoicePaid", ("amount",), 10000),
        ("InvoicePaid", ("paid_at",), "2026-11-20 09:18"),
        ("InvoicePaid", ("status",), "refunded"),
        ("InvoicePaid", ("payment_url",), "pay here"),
        ("InvoicePaid", ("client_phone",), "+77001234567"),
        ("InvoicePaid", ("id",), 0),
        ("InvoicePaid", ("id",), 2**63),
        ("InvoicePaid", ("kaspi_invoice_id",), "No 9"),
        ("CreateInvoiceOrder", ("amount",), "10000.50"),
        ("CreateInvoiceOrder", ("description",), "x" * 501),
        ("CreateInvoiceOrder", ("external_order_id",), "x" * 256),
        ("CreateRecurringInvoiceSubscription", ("start_date",), "30.11.2026"),
        ("CreateRecurringInvoiceSubscription", ("interval",), "hourly"),
        ("RateLimited", ("retry_after",), "60"),
        ("ValidationFailedOneField", ("errors", "idn"), "not a list"),
        ("InvoicePage", ("meta", "total"), -1),
    ],
)
def test_broken_example_is_refused(
    name: str,
    path: Path,
    broken: Any,
    document: Document,
    check: Check,
    follow: Follow,
    search: Search,
) -> None:
    reference = {"$ref": f"#/components/examples/{name}"}
    schemas = [
        holder["schema"]
        for _, holder in search(document, lambda node: reference in _examples_of(node))
    ]
    assert schemas
    value = follow(reference)["value"]
    for schema in schemas:
        assert check(schema, _replaced(value, path, broken))


def _examples_of(node: Any) -> list[Any]:
    return list(node.get("examples", {}).values()) if "schema" in node else []


def test_every_body_has_examples(document: Document, search: Search) -> None:
    bodies = [
        (pointer, media)
        for pointer, media in search(document, lambda node: "schema" in node)
        if pointer.endswith("/content/application~1json")
    ]
    # 5 request bodies, 19 success responses, 14 error components, 1 webhook
    assert len(bodies) == 5 + 19 + 14 + 1
    assert [pointer for pointer, media in bodies if not media.get("examples")] == []


def test_every_parameter_and_header_has_an_example(document: Document) -> None:
    for kind in ("parameters", "headers"):
        assert [n for n, p in document["components"][kind].items() if "example" not in p] == []


def test_every_value_of_the_schemas_has_an_example(schemas: Schemas) -> None:
    """Objects are shown whole in the bodies; each of their values is shown where it is stated."""
    without = [
        pointer
        for pointer, schema in schemas
        if pointer.startswith("#/components/schemas/")
        and schema.get("type") not in ("object", "array", None)
        and not pointer.endswith("/items")
        and "example" not in schema
    ]
    assert without == []


def test_every_example_has_a_summary(document: Document) -> None:
    assert [n for n, e in document["components"]["examples"].items() if not e.get("summary")] == []


def test_every_status_is_seen_in_an_example(document: Document) -> None:
    seen = json.dumps([e["value"] for e in document["components"]["examples"].values()])
    for name in ("OrganizationStatus", "InvoiceStatus", "RecurringInvoiceStatus"):
        for status in document["components"]["schemas"][name]["enum"]:
            assert f'"status": "{status}"' in seen, (name, status)


def test_examples_tell_one_consistent_story(document: Document) -> None:
    """An amount asked for is the amount answered, and refunds fit into their invoice."""
    examples = {name: e["value"] for name, e in document["components"]["examples"].items()}
    asked, answered = examples["CreateInvoiceOrder"], examples["InvoicePending"]
    assert f"{asked['amount']:.2f}" == answered["amount"]
    for field in ("description", "external_order_id"):
        assert asked[field] == answered[field] == examples["InvoicePaid"][field]
    refunded = sum(float(refund["amount"]) for refund in examples["InvoiceRefunds"]["data"])
    assert refunded <= float(examples["InvoicePaid"]["amount"])
    for event in ("InvoicePaidEvent", "InvoiceCancelledEvent", "InvoiceExpiredEvent"):
        told = examples[event]["invoice"]
        stamps = [f for f in ("paid_at", "cancelled_at", "expired_at") if told.get(f)]
        assert stamps == [f"{told['status']}_at"]


def test_signature_in_the_webhook_description_is_right(document: Document, check: Check) -> None:
    (webhook,) = document["x-webhooks"].values()
    text = webhook["post"]["description"]
    secret = re.search(r"secret `([^`]+)`", text)
    body = re.search(r"^ {4}(\{.*\})$", text, re.MULTILINE)
    signature = re.search(r"^ {4}sha256=([0-9a-f]{64})$", text, re.MULTILINE)
    assert secret
    assert body
    assert signature
    computed = hmac.new(secret[1].encode(), body[1].encode(), hashlib.sha256).hexdigest()
    assert computed == signature[1]
    assert check({"$ref": "#/components/schemas/InvoiceEvent"}, json.loads(body[1])) == []
