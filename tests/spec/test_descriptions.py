"""The descriptions of openapi.yaml: present, plain, and agreeing with what the schemas state."""

import re
from collections.abc import Callable, Iterator
from typing import Any

Document = dict[str, Any]
Schemas = list[tuple[str, dict[str, Any]]]
Follow = Callable[[dict[str, Any]], dict[str, Any]]
Search = Callable[[Any, Callable[[Any], bool]], Iterator[tuple[str, Any]]]


def _texts(document: Document, search: Search) -> Iterator[tuple[str, str]]:
    for pointer, node in search(document, lambda _: True):
        for word in ("description", "summary", "title"):
            if isinstance(node.get(word), str):
                yield f"{pointer}/{word}", node[word]


def _unwrapped(text: str) -> str:
    return " ".join(text.split())


def test_operation_is_described(operation: Document) -> None:
    assert 5 < len(operation["summary"]) < 80
    assert not operation["summary"].endswith(".")
    assert len(operation["description"]) > 20


def test_everything_with_a_name_is_described(document: Document) -> None:
    components = document["components"]
    for kind in ("schemas", "parameters", "responses", "headers", "securitySchemes"):
        assert [n for n, part in components[kind].items() if not part.get("description")] == []


def test_every_field_is_described(schemas: Schemas, follow: Follow) -> None:
    assert [
        pointer
        for pointer, schema in schemas
        if "/properties/" in pointer
        and not follow(schema).get("description")
        and "/" not in pointer.rsplit("/properties/", 1)[1]
    ] == []


def test_descriptions_are_plain_english_without_html(document: Document, search: Search) -> None:
    texts = list(_texts(document, search))
    assert len(texts) > 200
    for pointer, text in texts:
        assert not re.search(r"</?[A-Za-z!]", text), pointer
        assert text.isascii(), pointer
        assert text.strip(), pointer


def test_operations_named_in_the_text_exist(
    document: Document, operations: Document, search: Search
) -> None:
    named = {
        name
        for _, text in _texts(document, search)
        for name in re.findall(r"`([a-z]+[A-Z][A-Za-z]+)`", text)
    }
    assert len(named) > 8
    assert named <= set(operations)


def test_schemas_named_in_the_text_exist(document: Document, search: Search) -> None:
    named = {
        name
        for _, text in _texts(document, search)
        for name in re.findall(r"`([A-Z][a-z]+[A-Za-z]*)`", text)
    }
    assert named
    assert named <= set(document["components"]["schemas"])


def test_sections_named_in_the_text_exist(document: Document, search: Search) -> None:
    headings = set(re.findall(r"^## (.+)$", document["info"]["description"], re.MULTILINE))
    named = {
        _unwrapped(name)
        for _, text in _texts(document, search)
        for name in re.findall(r"see\s+\*([^*]+)\*", text)
    }
    assert named
    assert named <= headings


def test_values_listed_in_the_text_are_the_values_of_the_enum(document: Document) -> None:
    for name, schema in document["components"]["schemas"].items():
        if "enum" in schema:
            listed = re.findall(r"^- `([a-z._]+)`:", schema["description"], re.MULTILINE)
            assert listed == schema["enum"], name


def test_limits_in_the_text_are_the_limits_of_the_schema(
    document: Document, schemas: Schemas
) -> None:
    for pointer, schema in schemas:
        if "maxLength" in schema and "description" in schema:
            assert f"at most {schema['maxLength']} characters" in _unwrapped(
                schema["description"]
            ), pointer
    search_text = document["components"]["parameters"]["InvoiceSearch"]
    assert f"at most {search_text['schema']['maxLength']} characters" in search_text["description"]
    amount = document["components"]["schemas"]["Amount"]
    assert amount["x-decimals"] == 2
    assert "at most two decimals" in _unwrapped(amount["description"])
    limits = f"from {amount['minimum']} to {amount['maximum']}"
    assert limits in amount["description"]
    assert limits in _unwrapped(document["info"]["description"])
    size = document["components"]["parameters"]["PerPage"]["schema"]
    paging = f"({size['minimum']} to {size['maximum']}, default {size['default']})"
    assert paging in document["info"]["description"]


def test_times_in_the_text_are_those_of_the_extensions(
    document: Document, operations: Document
) -> None:
    window, poll = document["x-verification"].values()
    (tag,) = (t["description"] for t in document["tags"] if t["name"] == "Organizations")
    places = [document["info"]["description"], tag]
    places.append(operations["verifyOrganization"]["description"])
    for text in map(_unwrapped, places):
        assert f"{window} seconds" in text
        assert f"every {poll} seconds" in text
    limit = document["x-rate-limit"]
    assert limit["window_seconds"] == 60
    assert f"{limit['requests']} requests a minute" in document["info"]["description"]
    (webhook,) = document["x-webhooks"].values()
    text = _unwrapped(webhook["post"]["description"])
    assert f"within {webhook['x-delivery']['timeout_seconds']} seconds" in text
    assert f"up to {webhook['x-delivery']['max_attempts'] - 1} more deliveries" in text
    assert f"`{webhook['x-delivery']['signature_header']}`" in text


def test_every_status_in_the_text_is_answered_somewhere(
    document: Document, operations: Document
) -> None:
    table = re.findall(r"^\| (\d{3}) \|", document["info"]["description"], re.MULTILINE)
    answered = {status for operation in operations.values() for status in operation["responses"]}
    assert sorted(table) == sorted(answered - {"200"})


def test_retry_classes_in_the_text_are_those_of_the_operations(
    document: Document, operations: Document
) -> None:
    section = document["info"]["description"].split("## Retrying a request")[1]
    listed = set(re.findall(r"^\| `([a-z]+)` \|", section, re.MULTILINE))
    assert listed == {operation["x-retry"] for operation in operations.values()}
