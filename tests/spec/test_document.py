"""openapi.yaml as a document: it is valid, says what the API's facts say, and every tool reads it.

The tables here are typed a second time on purpose: they are the documented facts of API 1.0, and a
slip in the spec must not go unnoticed.
"""

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator, validate
from ruamel.yaml import YAML

Document = dict[str, Any]
Search = Callable[[Any, Callable[[Any], bool]], Iterator[tuple[str, Any]]]
Follow = Callable[[dict[str, Any]], dict[str, Any]]

OPERATIONS: str = """
verifyOrganization      POST /organizations/verify                 Organizations      422         never
getOrganizationStatus   GET  /organizations/{id}/status            Organizations      404,410     safe
createInvoice           POST /invoices                             Invoices           403,422     confirm
listInvoices            GET  /invoices                             Invoices           -           safe
getInvoice              GET  /invoices/{id}                        Invoices           404         safe
cancelInvoice           POST /invoices/{id}/cancel                 Invoices           400,404     confirm
createRefund            POST /invoices/{id}/refund                 Refunds            400,404,422 confirm
listInvoiceRefunds      GET  /invoices/{id}/refunds                Refunds            404         safe
listRefunds             GET  /refunds                              Refunds            -           safe
getRefund               GET  /refunds/{id}                         Refunds            404         safe
createRecurringInvoice  POST /recurring-invoices                   Recurring_Invoices 403,422     never
listRecurringInvoices   GET  /recurring-invoices                   Recurring_Invoices -           safe
getRecurringInvoice     GET  /recurring-invoices/{id}              Recurring_Invoices 404         safe
updateRecurringInvoice  PUT  /recurring-invoices/{id}              Recurring_Invoices 404,422     idempotent
pauseRecurringInvoice   POST /recurring-invoices/{id}/pause        Recurring_Invoices 400,404     confirm
resumeRecurringInvoice  POST /recurring-invoices/{id}/resume       Recurring_Invoices 400,404     confirm
cancelRecurringInvoice  POST /recurring-invoices/{id}/cancel       Recurring_Invoices 400,404     confirm
billNowRecurringInvoice POST /recurring-invoices/{id}/bill-now     Recurring_Invoices 400,404     never
skipPeriodRecurringInvoice POST /recurring-invoices/{id}/skip-period Recurring_Invoices 400,404   never
"""  # noqa: E501 (a table)

#: operationId -> the schemas of its request body and of its success answer
BODIES = {
    "verifyOrganization": ("VerifyOrganizationRequest", "OrganizationVerification"),
    "getOrganizationStatus": (None, "OrganizationEnvelope"),
    "createInvoice": ("CreateInvoiceRequest", "CreatedInvoice"),
    "listInvoices": (None, "InvoicePage"),
    "getInvoice": (None, "Invoice"),
    "cancelInvoice": (None, "Invoice"),
    "createRefund": ("CreateRefundRequest", "Refund"),
    "listInvoiceRefunds": (None, "RefundList"),
    "listRefunds": (None, "RefundPage"),
    "getRefund": (None, "Refund"),
    "createRecurringInvoice": ("CreateRecurringInvoiceRequest", "RecurringInvoice"),
    "listRecurringInvoices": (None, "RecurringInvoicePage"),
    "getRecurringInvoice": (None, "RecurringInvoice"),
    "updateRecurringInvoice": ("UpdateRecurringInvoiceRequest", "RecurringInvoice"),
    "pauseRecurringInvoice": (None, "RecurringInvoice"),
    "resumeRecurringInvoice": (None, "RecurringInvoice"),
    "cancelRecurringInvoice": (None, "RecurringInvoice"),
    "billNowRecurringInvoice": (None, "Invoice"),
    "skipPeriodRecurringInvoice": (None, "RecurringInvoice"),
}

PAGE = {"type": "integer", "minimum": 1, "default": 1}
PER_PAGE = {"type": "integer", "minimum": 1, "maximum": 100, "default": 10}
DATE = {"type": "string", "format": "date"}
#: operationId -> the query parameters and their schemas
QUERY = {
    "listInvoices": {
        "page": PAGE,
        "per_page": PER_PAGE,
        "search": {"type": "string", "maxLength": 100},
        "status[]": {"type": "array", "items": {"$ref": "#/components/schemas/InvoiceStatus"}},
        "date_from": DATE,
        "date_to": DATE,
    },
    "listRefunds": {"page": PAGE, "per_page": PER_PAGE},
    "listRecurringInvoices": {
        "page": PAGE,
        "per_page": PER_PAGE,
        "status": {"$ref": "#/components/schemas/RecurringInvoiceStatus"},
    },
}

ERROR_SCHEMAS = {"422": "ValidationErrorBody", "429": "RateLimitErrorBody"}


def _table() -> dict[str, list[str]]:
    rows = [line.split() for line in OPERATIONS.strip().splitlines()]
    return {name: rest for name, *rest in rows}


def _schema_name(content: dict[str, Any]) -> str:
    assert list(content) == ["application/json"]
    reference: str = content["application/json"]["schema"]["$ref"]
    return reference.removeprefix("#/components/schemas/")


def test_spec_is_valid_openapi_3_0_3(document: Document) -> None:
    validate(document, cls=OpenAPIV30SpecValidator)
    assert document["openapi"] == "3.0.3"
    assert document["info"]["version"] == "1.0.0"
    assert document["info"]["license"]["name"] == "MIT"
    assert document["info"]["contact"]["name"]


def test_yaml_1_1_and_1_2_parsers_read_the_same(document: Document) -> None:
    """PyYAML takes `no` and `12:30` for other things than ruamel does; here they agree."""
    spec = Path(__file__).parents[2] / "openapi.yaml"
    parsed: Any = YAML(typ="safe").load(spec)  # pyright: ignore[reportUnknownMemberType]
    assert parsed == document


def test_every_key_is_a_string(document: Document, search: Search) -> None:
    wrong = [p for p, _ in search(document, lambda n: any(not isinstance(k, str) for k in n))]
    assert wrong == []


def test_one_server_and_one_key_for_all(document: Document, operations: Document) -> None:
    assert [server["url"] for server in document["servers"]] == ["https://bpapi.bazarbay.site/api"]
    (name,) = document["components"]["securitySchemes"]
    scheme = document["components"]["securitySchemes"][name]
    assert (scheme["type"], scheme["in"], scheme["name"]) == ("apiKey", "header", "X-API-Key")
    assert document["security"] == [{name: []}]
    assert not [name for name, operation in operations.items() if "security" in operation]


def test_nineteen_operations_with_their_methods_paths_and_tags(operations: Document) -> None:
    found = {
        name: [found["method"], found["path"], *(tag.replace(" ", "_") for tag in found["tags"])]
        for name, found in operations.items()
    }
    assert len(found) == 19
    assert found == {name: row[:3] for name, row in _table().items()}


def test_operation_answers_every_documented_status(operation: Document) -> None:
    documented = _table()[operation["operationId"]][3]
    errors = {"401", "429", "500", "502", "503"} | (set(documented.split(",")) - {"-"})
    if "requestBody" in operation:
        errors |= {"400", "415"}  # 400 for a body that is not JSON, 415 is assumed
    if "x-pagination" in operation:
        errors |= {"422"}  # assumed, and said so in the description
        assert "assumes 422" in operation["description"]
    assert set(operation["responses"]) == {"200"} | errors


def test_operation_takes_and_gives_the_documented_bodies(
    operation: Document, follow: Follow
) -> None:
    request, answer = BODIES[operation["operationId"]]
    body = operation.get("requestBody")
    assert (body and _schema_name(body["content"])) == request
    if body:
        assert body["required"] is (
            operation["operationId"] not in ("createRefund", "updateRecurringInvoice")
        )
    for status, response in operation["responses"].items():
        expected = answer if status == "200" else ERROR_SCHEMAS.get(status, "Error")
        assert _schema_name(follow(response)["content"]) == expected


def test_errors_are_reusable_components(operation: Document) -> None:
    assert [s for s, answer in operation["responses"].items() if "$ref" not in answer] == ["200"]


def test_answers_carry_the_rate_limit_header(operation: Document, follow: Follow) -> None:
    with_header = {
        status
        for status, answer in operation["responses"].items()
        if "X-RateLimit-Remaining" in follow(answer).get("headers", {})
    }
    # A key that is not valid has no budget, and a failing service promises nothing.
    assert with_header == set(operation["responses"]) - {"401", "500", "502", "503"}


def test_operation_has_its_parameters_limits_and_defaults(
    operation: Document, follow: Follow
) -> None:
    parameters = [follow(parameter) for parameter in operation.get("parameters", [])]
    path = {p["name"]: p for p in parameters if p["in"] == "path"}
    query = {p["name"]: p["schema"] for p in parameters if p["in"] == "query"}
    assert list(path) == (["id"] if "{id}" in operation["path"] else [])
    for parameter in path.values():
        assert parameter["required"] is True
        assert parameter["schema"] == {"type": "integer", "format": "int64", "minimum": 1}
    assert query == QUERY.get(operation["operationId"], {})
    assert len(path) + len(query) == len(parameters)
    assert not any(p.get("required") for p in parameters if p["in"] == "query")


def test_status_filter_is_repeated_and_has_a_python_name(document: Document) -> None:
    parameter = document["components"]["parameters"]["InvoiceStatusFilter"]
    assert (parameter["style"], parameter["explode"]) == ("form", True)
    assert parameter["x-sdk-name"] == "status"


def test_operation_has_its_retry_class(operation: Document) -> None:
    assert operation["x-retry"] == _table()[operation["operationId"]][4]


def test_paged_lists_say_where_everything_is(operation: Document, follow: Follow) -> None:
    paging = operation.get("x-pagination")
    meta = [p for p in operation.get("parameters", []) if p["$ref"].endswith("/PerPage")]
    assert bool(paging) == bool(meta)
    if not paging:
        return
    names = {follow(parameter)["name"] for parameter in operation["parameters"]}
    assert {paging["page"], paging["size"]} <= names
    answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
    for field in ("items", "total", "current", "per_page"):
        schema = follow(answer)
        for step in paging[field].split("."):
            assert step in schema["required"]
            schema = follow(schema["properties"][step])
        assert schema["type"] == ("array" if field == "items" else "integer")


def test_names_for_python_where_the_rule_gives_a_poor_one(operations: Document) -> None:
    assert {n: o["x-sdk-name"] for n, o in operations.items() if "x-sdk-name" in o} == {
        "getOrganizationStatus": "status",
        "listInvoiceRefunds": "list_for_invoice",
    }


def test_extensions_state_the_limits_and_windows(document: Document) -> None:
    assert document["x-rate-limit"] == {"requests": 60, "window_seconds": 60, "per": "api-key"}
    assert document["x-verification"] == {"window_seconds": 120, "poll_seconds": 2}


def test_webhook_states_its_payload_signature_and_delivery(
    document: Document, follow: Follow
) -> None:
    (event,) = document["x-webhooks"]
    assert document["components"]["schemas"]["WebhookEventType"]["enum"] == [event]
    webhook = document["x-webhooks"][event]
    assert webhook["x-delivery"] == {
        "timeout_seconds": 30,
        "max_attempts": 4,
        "signature_header": "X-Webhook-Signature",
        "signature_scheme": "sha256",
    }
    (header,) = (follow(parameter) for parameter in webhook["post"]["parameters"])
    assert header["name"] == webhook["x-delivery"]["signature_header"]
    assert header["in"] == "header"
    assert header["required"] is True
    assert header["example"].startswith(webhook["x-delivery"]["signature_scheme"] + "=")
    assert _schema_name(webhook["post"]["requestBody"]["content"]) == "InvoiceEvent"
    assert webhook["post"]["security"] == []


FINAL = {
    "OrganizationStatus": ["verified", "failed"],
    "InvoiceStatus": ["paid", "cancelled", "expired"],
    "RefundStatus": ["completed", "failed"],
    "RecurringInvoiceStatus": ["cancelled"],
}


def test_final_statuses_are_stated(document: Document) -> None:
    schemas = document["components"]["schemas"]
    assert {n: s["x-final"] for n, s in schemas.items() if "x-final" in s} == FINAL
    for name, final in FINAL.items():
        assert set(final) < set(schemas[name]["enum"])


def test_only_the_rate_limit_is_assumed_to_have_no_effect(document: Document) -> None:
    responses = document["components"]["responses"]
    assert [n for n, r in responses.items() if r.get("x-no-effect")] == ["RateLimited"]
    assert "assumes" in responses["RateLimited"]["description"]


@pytest.mark.parametrize(
    "name", ["Forbidden", "UnsupportedMediaType", "BadGateway", "ServiceUnavailable"]
)
def test_assumed_statuses_are_marked(name: str, document: Document) -> None:
    assert "specification assumes it" in " ".join(
        document["components"]["responses"][name]["description"].split()
    )


def test_the_stated_messages_of_the_service(document: Document) -> None:
    examples = document["components"]["examples"]
    messages = {name: e["value"].get("message") for name, e in examples.items() if "value" in e}
    assert messages["ApiKeyMissing"] == "API key is required"
    assert messages["ApiKeyInvalid"] == "Invalid API key"
    assert messages["InvalidRequestFormat"] == "Invalid request format"
    assert messages["RateLimited"] == "Too many requests. Please retry after 60 seconds."
    assert messages["VerificationExpired"] == "Verification expired. Please start again."
    assert {m for n, m in messages.items() if n.startswith("ValidationFailed")} == {
        "Validation failed"
    }
    fields = examples["ValidationFailedSeveralFields"]["value"]["errors"]
    assert fields["phone_number"] == ["Phone number must be in format 8XXXXXXXXXX"]


def test_cancelled_invoice_and_verified_organization_look_as_documented(
    document: Document,
) -> None:
    examples = document["components"]["examples"]
    assert set(examples["InvoiceCancelled"]["value"]) == {"id", "status", "cancelled_at"}
    assert examples["OrganizationVerified"]["value"]["organization"]["time_remaining"] == 95


def _extensions(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {str(key) for key in node if str(key).startswith("x-")}
        return own.union(*map(_extensions, node.values()))
    return set().union(*map(_extensions, node)) if isinstance(node, list) else set()


def test_every_extension_is_in_both_tables(document: Document) -> None:
    root = Path(__file__).parents[2]
    header = (root / "openapi.yaml").read_text("utf-8").partition("openapi: 3.0.3")[0]
    contributing = (root / "CONTRIBUTING.md").read_text("utf-8")
    in_header = set(re.findall(r"^# \| (x-[a-z-]+)", header, re.MULTILINE))
    in_contributing = set(re.findall(r"^\| `(x-[a-z-]+)", contributing, re.MULTILINE))
    assert in_header == _extensions(document)
    assert in_contributing >= in_header


def test_tags_are_described_and_used(document: Document, operations: Document) -> None:
    webhooks = [item["post"] for item in document["x-webhooks"].values()]
    used = [tag for operation in [*operations.values(), *webhooks] for tag in operation["tags"]]
    assert [tag["name"] for tag in document["tags"]] == list(dict.fromkeys(used))
    assert all(tag["description"] for tag in document["tags"])


def test_every_reference_leads_somewhere_and_every_component_is_used(
    document: Document, search: Search, follow: Follow
) -> None:
    used = {node["$ref"] for _, node in search(document, lambda node: "$ref" in node)}
    for reference in used:
        assert follow({"$ref": reference})
    components = document["components"]
    there = {
        f"#/components/{kind}/{name}"
        for kind in components
        if kind != "securitySchemes"
        for name in components[kind]
    }
    assert used == there


def test_references_have_no_siblings(document: Document, search: Search) -> None:
    """OpenAPI 3.0 ignores what stands next to a `$ref`."""
    assert [p for p, _ in search(document, lambda n: "$ref" in n and len(n) > 1)] == []


@pytest.mark.parametrize(
    ("place", "breakage"),
    [
        (("paths", "/invoices", "get", "operationId"), "createInvoice"),
        (("paths", "/invoices", "post", "responses"), {}),
        (("components", "parameters", "Page", "in"), "nowhere"),
        (("components", "schemas", "Money", "type"), "text"),
    ],
)
def test_validation_can_fail(document: Document, place: tuple[str, ...], breakage: Any) -> None:
    broken = deepcopy(document)
    node = broken
    for step in place[:-1]:
        node = node[step]
    node[place[-1]] = breakage
    assert list(OpenAPIV30SpecValidator(broken).iter_errors())
