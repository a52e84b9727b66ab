"""`generator.changes`: single mutations of openapi.yaml are graded, neutral rewrites are silent."""

import copy
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from generator.__main__ import main
from generator.changes import RULES, Change, compare, render
from generator.document import load, resolve
from generator.repair import repair

OPENAPI = Path(__file__).parents[2] / "openapi.yaml"

Document = dict[str, Any]
Edit = Callable[[Document], Any]


@cache
def _loaded() -> Document:
    """openapi.yaml, with what every extension needs to be changed."""
    document, _ = repair(load(OPENAPI))
    schemas = document["components"]["schemas"]
    schemas["InvoiceStatus"]["x-final"] = ["paid", "cancelled", "expired"]
    document["components"]["responses"]["RateLimited"]["x-no-effect"] = True
    # Values of which the spec has none: a union, a map, unused and undocumented things.
    schemas["Cash"] = _object(kind=_text(), notes=_text())
    schemas["Card"] = _object(kind=_text(), number=_text())
    schemas["Money2"] = {"type": "number", "minimum": 1, "multipleOf": 0.5}
    schemas["Extra"] = _object(anything={}, count={"type": "integer"}, file=_text())
    schemas["Method"] = {
        "oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("Cash", "Card")],
        "discriminator": {"propertyName": "kind"},
    }
    both = {
        "method": {"$ref": "#/components/schemas/Method"},
        "fee": {"$ref": "#/components/schemas/Money2"},
        "extra": {"$ref": "#/components/schemas/Extra"},
        "labels": {"type": "object", "additionalProperties": _text()},
        "colour": {"type": "string", "enum": ["red", "blue"]},
        "tags": {"type": "array", "items": _text(maxLength=9), "maxItems": 5},
        "amount_left": {"type": "number"},
    }
    for name in ("CreateRefundRequest", "Refund"):
        schemas[name]["properties"] |= copy.deepcopy(both)
        schemas[name]["properties"]["choice"] = {"oneOf": [_text(), {"type": "integer"}]}
    schemas["Refund"]["properties"]["secret"] = _text(writeOnly=True)
    schemas["Unused"] = _object(id={"type": "integer"})
    document["paths"]["/refunds"]["get"]["x-rate-limit"] = {"requests": 10, "window_seconds": 60}
    return document


def base() -> Document:
    return copy.deepcopy(_loaded())


def _text(**more: Any) -> Document:
    return {"type": "string", **more}


def _object(**properties: Any) -> Document:
    return {"type": "object", "properties": properties}


def at(document: Document, path: str) -> Any:
    """What stands under keys that are separated by spaces."""
    found: Any = document
    for key in path.split():
        found = found[int(key)] if isinstance(found, list) else found[key]
    return found


def put(path: str, value: Any) -> Edit:
    def edit(document: Document) -> None:
        holder, _, key = path.rpartition(" ")
        at(document, holder)[key] = value

    return edit


def drop(path: str, *keys: str) -> Edit:
    def edit(document: Document) -> None:
        holder = at(document, path)
        for key in keys:
            del holder[int(key) if isinstance(holder, list) else key]

    return edit


def append(path: str, value: Any) -> Edit:
    return lambda document: at(document, path).append(value)


def rename(path: str, old: str, new: str) -> Edit:
    def edit(document: Document) -> None:
        holder = at(document, path)
        entries = [(new if key == old else key, value) for key, value in holder.items()]
        holder.clear()
        holder.update(entries)

    return edit


def both(*edits: Edit) -> Edit:
    def edit(document: Document) -> None:
        for one in edits:
            one(document)

    return edit


def everywhere(old: str, new: str) -> Edit:
    """Replace a text in the whole document."""

    def edit(document: Document) -> None:
        changed = json.loads(json.dumps(document).replace(old, new))
        document.clear()
        document.update(changed)

    return edit


def _reordered(value: Any) -> Any:
    if isinstance(value, dict):
        entries = [(key, _reordered(held)) for key, held in reversed(value.items())]
        value.clear()
        value.update(entries)
    elif isinstance(value, list):
        for item in value:
            _reordered(item)
    return value


S = "components schemas"
PARAMETERS = "components parameters"
CREATE = "paths /invoices post"
LIST = "paths /invoices get"
GET = "paths /invoices/{id} get"
CANCEL = "paths /invoices/{id}/cancel post"
REFUND = "paths /invoices/{id}/refund post"
REQUEST = f"{S} CreateInvoiceRequest"
REFUND_REQUEST = f"{S} CreateRefundRequest properties"
SENT = f"{S} UpdateRecurringInvoiceRequest properties description"
RECEIVED = f"{S} Refund properties reason"
OK = "responses 200"
JSON = "content application/json"
QUERY = {"name": "currency", "in": "query", "schema": _text()}
EVENT = "x-webhooks invoice.status_changed"


# ruff: noqa: E501  (a table reads best with a row on a line)
# fmt: off
#: name, edit of the new document, rows as "severity id".
MUTATIONS: list[tuple[str, Edit, list[str]]] = [
    # The API as a whole.
    ("version", put("info version", "2.0.0"), ["cosmetic api-version-changed"]),
    ("server", put("servers 0 url", "https://new.example"), ["breaking server-changed"]),
    ("second server", append("servers", {"url": "https://b.example"}), ["additive server-added"]),
    ("server of one operation", put(f"{GET} servers", [{"url": "https://b.example"}]), ["breaking server-changed"]),
    ("other key header", put("components securitySchemes ApiKey name", "X-Key"), ["breaking authentication-changed"]),
    ("no key", put("security", []), ["additive authentication-dropped"]),
    ("no key for one operation", put(f"{GET} security", []), ["additive authentication-dropped"]),
    ("rate limit lowered", put("x-rate-limit requests", 30), ["breaking rate-limit-lowered"]),
    ("rate limit raised", put("x-rate-limit requests", 90), ["additive rate-limit-raised"]),
    ("rate limit per something else", put("x-rate-limit per", "address"), ["breaking rate-limit-changed"]),
    ("rate limit gone", lambda it: it.pop("x-rate-limit"), ["additive rate-limit-removed"]),
    ("rate limit of an operation", put(f"{CREATE} x-rate-limit", {"requests": 5, "window_seconds": 60}), ["breaking rate-limit-lowered"]),
    ("poll interval", put("x-verification poll_seconds", 5), ["additive extension-changed"]),
    ("unused schema", put(f"{S} Extra2", _object(id=_text())), ["additive schema-added"]),
    ("unused schema gone", drop(S, "Unused"), ["breaking schema-removed"]),
    ("unused schema changed", drop(f"{S} Unused properties", "id"), ["breaking response-property-removed"]),
    # Webhooks.
    ("webhook added", lambda it: it["x-webhooks"].update({"refund.created": at(it, EVENT)}), ["additive webhook-added"]),
    ("webhook removed", drop("x-webhooks", "invoice.status_changed"), ["breaking webhook-removed"]),
    ("webhook timeout", put(f"{EVENT} x-delivery timeout_seconds", 10), ["additive extension-changed"]),
    ("webhook payload", drop(f"{S} InvoiceEvent properties", "timestamp"), ["breaking response-property-removed"]),
    ("webhook signature header", put(f"{PARAMETERS} WebhookSignature name", "X-Signature"), ["breaking response-header-renamed"]),
    ("webhook event type", append(f"{S} WebhookEventType enum", "webhook.test"), ["additive response-enum-value-added"]),
    # Operations.
    ("operation added", put("paths /new", {"get": {"operationId": "getNew", "responses": {}}}), ["additive operation-added"]),
    ("operation removed", drop("paths /invoices/{id}/cancel", "post"), ["breaking operation-removed"]),
    ("path removed", drop("paths", "/invoices/{id}/cancel"), ["breaking operation-removed"]),
    ("operation moved", rename("paths", "/refunds", "/all-refunds"), ["breaking operation-moved"]),
    ("other method", rename("paths /recurring-invoices/{id}", "put", "patch"), ["breaking operation-moved"]),
    ("operation renamed", put(f"{GET} operationId", "readInvoice"), ["breaking operation-id-changed"]),
    ("other tag", put(f"{GET} tags", ["Bills"]), ["breaking operation-tag-changed"]),
    ("operation deprecated", put(f"{GET} deprecated", True), ["additive operation-deprecated"]),
    ("method name", put(f"{GET} x-sdk-name", "read"), ["breaking sdk-name-changed"]),
    ("retry class weaker", put(f"{CANCEL} x-retry", "never"), ["breaking retry-class-weakened"]),
    ("retry class stronger", put(f"{CANCEL} x-retry", "idempotent"), ["additive retry-class-strengthened"]),
    ("retry class not stated", drop(CANCEL, "x-retry"), ["breaking retry-class-weakened"]),
    ("pages otherwise", put(f"{LIST} x-pagination items", "rows"), ["breaking pagination-changed"]),
    ("pages gone", drop(LIST, "x-pagination"), ["breaking pagination-removed"]),
    ("unknown extension", put(f"{GET} x-note", 1), ["additive extension-changed"]),
    # Parameters.
    ("parameter added", append(f"{LIST} parameters", QUERY), ["additive request-parameter-added"]),
    ("required parameter added", append(f"{LIST} parameters", QUERY | {"required": True}), ["breaking request-required-parameter-added"]),
    ("parameter removed", drop(f"{LIST} parameters", "2"), ["breaking request-parameter-removed"]),
    ("shared parameter gone from three lists", lambda it: [at(it, f"paths {path} get parameters").pop(0) for path in ("/invoices", "/refunds", "/recurring-invoices")], ["breaking request-parameter-removed"]),
    ("shared parameter renamed", put(f"{PARAMETERS} PerPage name", "limit"), ["breaking request-parameter-renamed"]),
    ("path parameter renamed", both(rename("paths", "/refunds/{id}", "/refunds/{refund}"), put(f"{PARAMETERS} RefundId name", "refund")), ["breaking request-parameter-renamed"]),
    ("parameter required", put(f"{PARAMETERS} InvoiceSearch required", True), ["breaking request-parameter-became-required"]),
    ("parameter deprecated", put(f"{PARAMETERS} InvoiceSearch deprecated", True), ["additive request-parameter-deprecated"]),
    ("parameter in one text", put(f"{PARAMETERS} InvoiceStatusFilter explode", False), ["breaking request-parameter-style-changed"]),
    ("parameter of another type", put(f"{PARAMETERS} InvoiceId schema", _text()), ["breaking request-type-changed"]),
    ("maximum lowered", put(f"{PARAMETERS} PerPage schema maximum", 50), ["breaking request-limit-tightened"]),
    ("maximum raised", put(f"{PARAMETERS} PerPage schema maximum", 500), ["additive request-limit-loosened"]),
    ("default changed", put(f"{PARAMETERS} PerPage schema default", 20), ["breaking request-default-changed"]),
    ("default gone", drop(f"{PARAMETERS} PerPage schema", "default"), ["cosmetic request-default-removed"]),
    ("default stated", put(f"{PARAMETERS} InvoiceSearch schema default", "a"), ["cosmetic request-default-added"]),
    ("parameter's Python name", put(f"{PARAMETERS} InvoiceStatusFilter x-sdk-name", "statuses"), ["breaking sdk-name-changed"]),
    ("date becomes time", put(f"{PARAMETERS} InvoiceDateFrom schema format", "date-time"), ["breaking request-type-changed"]),
    # Requests.
    ("body required", put(f"{REFUND} requestBody required", True), ["breaking request-body-became-required"]),
    ("body optional", put(f"{CREATE} requestBody required", False), ["additive request-body-became-optional"]),
    ("body gone", drop(REFUND, "requestBody"), ["breaking request-body-removed"]),
    ("body taken", put(f"{CANCEL} requestBody", {"content": {"text/plain": {}}}), ["additive request-body-added"]),
    ("body needed", put(f"{CANCEL} requestBody", {"required": True, "content": {"text/plain": {}}}), ["breaking request-required-body-added"]),
    ("second kind of body", put(f"{CREATE} requestBody content application/xml", {}), ["additive request-media-type-added"]),
    ("other kind of body", rename(f"{CREATE} requestBody content", "application/json", "application/xml"), ["breaking request-media-type-changed"]),
    ("parts encoded otherwise", put(f"{CREATE} requestBody {JSON} encoding", {"a": {"contentType": "text/csv"}}), ["breaking request-encoding-changed"]),
    ("field added", put(f"{REQUEST} properties colour", _text()), ["additive request-property-added"]),
    ("required field added", both(put(f"{REQUEST} properties colour", _text()), append(f"{REQUEST} required", "colour")), ["breaking request-required-property-added"]),
    ("field removed", drop(f"{REQUEST} properties", "description"), ["breaking request-property-removed"]),
    ("field read only", put(f"{REQUEST} properties description readOnly", True), ["breaking request-property-removed"]),
    ("field required", append(f"{REQUEST} required", "description"), ["breaking request-property-became-required"]),
    ("field optional", put(f"{REQUEST} required", ["amount"]), ["additive request-property-became-optional"]),
    ("null refused", drop(f"{REQUEST} properties description", "nullable"), ["breaking request-null-forbidden"]),
    ("null taken", put(f"{S} VerifyOrganizationRequest properties idn", {"nullable": True, "allOf": [{"$ref": "#/components/schemas/Idn"}]}), ["additive request-null-allowed"]),
    ("None refused by the client", put(f"{SENT} x-sdk-nullable", False), ["breaking sdk-null-forbidden"]),
    ("None taken by the client", drop(f"{REFUND_REQUEST} amount", "x-sdk-nullable"), ["additive sdk-null-allowed"]),
    ("length lowered", put(f"{SENT} maxLength", 50), ["breaking request-limit-tightened"]),
    ("length free", drop(SENT, "maxLength"), ["additive request-limit-loosened"]),
    ("pattern", put(f"{SENT} pattern", "^a"), ["breaking request-limit-tightened"]),
    ("format", put(f"{SENT} format", "email"), ["breaking request-limit-tightened"]),
    ("shared pattern", put(f"{S} PhoneNumber pattern", "^7[0-9]{10}$"), ["breaking request-limit-tightened"]),
    ("finer steps", put(f"{S} Money2 multipleOf", 0.25), ["additive request-limit-loosened"]),
    ("coarser steps", put(f"{S} Money2 multipleOf", 1), ["breaking request-limit-tightened"]),
    ("exclusive minimum", put(f"{S} Money2 exclusiveMinimum", True), ["breaking request-limit-tightened"]),
    ("items limited", put(f"{REFUND_REQUEST} tags items maxLength", 3), ["breaking request-limit-tightened"]),
    ("more items", put(f"{REFUND_REQUEST} tags maxItems", 9), ["additive request-limit-loosened"]),
    ("items of another type", put(f"{REFUND_REQUEST} tags items", {"type": "integer"}), ["breaking request-type-changed"]),
    ("sent number is whole", put(f"{REFUND_REQUEST} amount_left type", "integer"), ["breaking request-type-narrowed"]),
    ("sent integer is any number", put(f"{S} CreateInvoiceRequest properties webhook_id", {"type": "number", "nullable": True, "minimum": 1}), ["additive request-type-widened"]),
    ("sent text from a list", put(f"{SENT} enum", ["a", "b"]), ["breaking request-enum-added"]),
    ("sent value free", drop(f"{REFUND_REQUEST} colour", "enum"), ["additive request-enum-removed"]),
    ("sent value new", append(f"{REFUND_REQUEST} colour enum", "green"), ["additive request-enum-value-added"]),
    ("sent value gone", put(f"{REFUND_REQUEST} colour enum", ["red"]), ["breaking request-enum-value-removed"]),
    ("shared value gone", put(f"{S} BillingInterval enum", ["daily", "weekly"]), ["breaking request-enum-value-removed", "breaking request-enum-value-removed"]),
    ("unnamed fields refused", put(f"{REQUEST} additionalProperties", False), ["breaking request-extra-properties-forbidden"]),
    ("values of a map", put(f"{REFUND_REQUEST} labels additionalProperties", {"type": "integer"}), ["breaking request-type-changed"]),
    ("values of a map free", drop(f"{REFUND_REQUEST} labels", "additionalProperties"), ["additive request-type-widened"]),
    ("field deprecated", put(f"{SENT} deprecated", True), ["additive schema-deprecated"]),
    ("field sensitive", put(f"{SENT} x-sensitive", True), ["additive sensitive-added"]),
    ("field not sensitive", drop(f"{S} PhoneNumber", "x-sensitive"), ["breaking sensitive-removed"]),
    # Responses.
    ("field gone", drop(f"{S} Refund properties", "reason"), ["breaking response-property-removed"]),
    ("field comes", put(f"{S} Refund properties colour2", _text()), ["additive response-property-added"]),
    ("required field comes", both(put(f"{S} Refund properties colour2", _text()), append(f"{S} Refund required", "colour2")), ["additive response-required-property-added"]),
    ("field may be absent", put(f"{S} Refund required", ["id", "status"]), ["breaking response-property-became-optional"]),
    ("field promised", append(f"{S} Refund required", "reason"), ["additive response-property-became-required"]),
    ("field may be null", put(f"{S} Refund properties id nullable", True), ["breaking response-null-allowed"]),
    ("field never null", drop(RECEIVED, "nullable"), ["additive response-null-forbidden"]),
    ("field of another type", put(f"{S} Refund properties created_at format", "date"), ["breaking response-type-changed"]),
    ("received number is whole", put(f"{S} Refund properties amount_left type", "integer"), ["additive response-type-narrowed"]),
    ("received integer is any number", put(f"{S} Refund properties id", {"type": "number", "minimum": 1}), ["breaking response-type-widened"]),
    ("received length", put(f"{RECEIVED} maxLength", 50), ["cosmetic response-limit-tightened"]),
    ("received length free", drop(f"{S} Refund properties tags", "maxItems"), ["cosmetic response-limit-loosened"]),
    ("received value new", append(f"{S} RefundStatus enum", "held"), ["additive response-enum-value-added"]),
    ("received value gone", put(f"{S} RefundStatus enum", ["completed", "pending", "failed"]), ["additive response-enum-value-removed"]),
    ("received value free", drop(f"{S} RefundStatus", "enum"), ["breaking response-enum-removed"]),
    ("received value from a list", put(f"{RECEIVED} enum", ["a", None]), ["additive response-enum-added"]),
    ("final statuses", put(f"{S} InvoiceStatus x-final", ["paid"]), ["breaking final-values-changed"]),
    ("final statuses gone", drop(f"{S} InvoiceStatus", "x-final"), ["breaking final-values-removed"]),
    ("final statuses come", put(f"{S} Refund properties colour x-final", ["red"]), ["additive final-values-added"]),
    ("received unnamed fields", put(f"{S} Refund additionalProperties", False), ["cosmetic response-extra-properties-forbidden"]),
    ("received alternative", append(f"{S} Refund properties choice oneOf", {"type": "number"}), ["breaking response-variant-added"]),
    ("sent alternative", append(f"{REFUND_REQUEST} choice oneOf", {"type": "number"}), ["additive request-variant-added"]),
    ("alternative gone", put(f"{S} Method oneOf", [{"$ref": "#/components/schemas/Card"}, _text()]), ["breaking response-variant-added", "breaking request-variant-removed"]),
    ("alternatives told apart otherwise", put(f"{S} Method discriminator propertyName", "type"), ["breaking discriminator-changed"]),
    ("inside an alternative", drop(f"{S} Card properties", "number"), ["breaking request-property-removed"]),
    ("kept field of a smaller class", put(f"{CREATE} {OK} {JSON} schema", {"$ref": "#/components/schemas/Invoice"}), ["breaking response-property-became-optional", "breaking response-null-allowed"]),
    ("wholly different response", put(f"{CREATE} {OK} {JSON} schema", {"$ref": "#/components/schemas/Error"}), ["breaking response-property-removed"] * 14 + ["additive response-required-property-added"]),
    ("status changed", rename(f"{CREATE} responses", "200", "201"), ["breaking response-success-status-changed"]),
    ("status changed and field lost", both(rename(f"{CREATE} responses", "200", "201"), drop(f"{S} CreatedInvoice allOf 1 properties", "payment_url")), ["breaking response-success-status-changed", "breaking response-property-removed"]),
    ("second success", put(f"{CREATE} responses 202", {"description": ""}), ["additive response-success-status-added"]),
    ("success gone", drop(f"{GET} responses", "200"), ["breaking response-success-status-removed"]),
    ("new error", put(f"{GET} responses 409", {"description": ""}), ["additive response-error-status-added"]),
    ("error gone", drop(f"{GET} responses", "404"), ["additive response-error-status-removed"]),
    ("error body", drop(f"{S} Error properties", "message"), ["breaking response-property-removed"]),
    ("body of a response gone", drop(f"{GET} {OK}", "content"), ["breaking response-body-removed"]),
    ("body of a response comes", put(f"{GET} responses 404", {"description": ""}), ["breaking response-header-removed", "breaking response-body-removed"]),
    ("other kind of response", rename(f"{GET} {OK} content", "application/json", "application/xml"), ["breaking response-media-type-changed"]),
    ("second kind of response", put(f"{GET} {OK} content application/pdf", {}), ["additive response-media-type-added"]),
    ("header everywhere renamed", everywhere('"X-RateLimit-Remaining"', '"X-Left"'), ["breaking response-header-renamed"]),
    ("header removed", drop(f"{GET} {OK} headers", "X-RateLimit-Remaining"), ["breaking response-header-removed"]),
    ("header added", put(f"{GET} {OK} headers X-Trace", {"schema": _text()}), ["additive response-header-added"]),
    ("header promised", put("components headers RateLimitRemaining required", True), ["additive response-header-became-required"]),
    ("header of another type", put("components headers RateLimitRemaining schema", _text()), ["breaking response-type-changed"]),
    ("no effect stated", put("components responses ServiceUnavailable x-no-effect", True), ["additive response-no-effect-added"]),
    ("no effect not stated", drop("components responses RateLimited", "x-no-effect"), ["breaking response-no-effect-removed"]),
    ("write-only in a response", put(f"{RECEIVED} writeOnly", True), ["breaking response-property-removed"]),
]

#: The rows where the edited document is the old one, for what no edit above gives.
BACKWARDS: dict[str, list[str]] = {
    "second server": ["breaking server-removed"],
    "no key": ["breaking authentication-changed"],
    "rate limit gone": ["breaking rate-limit-added"],
    "operation added": ["breaking operation-removed"],
    "operation deprecated": ["cosmetic operation-no-longer-deprecated"],
    "pages gone": ["additive pagination-added"],
    "parameter added": ["breaking request-parameter-removed"],
    "parameter required": ["additive request-parameter-became-optional"],
    "parameter deprecated": ["cosmetic request-parameter-no-longer-deprecated"],
    "second kind of body": ["breaking request-media-type-removed"],
    "unnamed fields refused": ["additive request-extra-properties-allowed"],
    "values of a map free": ["breaking request-type-narrowed"],
    "field deprecated": ["cosmetic schema-no-longer-deprecated"],
    "received unnamed fields": ["cosmetic response-extra-properties-allowed"],
    "received alternative": ["additive response-variant-removed"],
    "sent alternative": ["breaking request-variant-removed"],
    "body of a response gone": ["additive response-body-added"],
    "second kind of response": ["breaking response-media-type-removed"],
    "header promised": ["breaking response-header-became-optional"],
}

#: Edits of both documents and then of the new one, for what one edit cannot show.
PREPARED: dict[str, tuple[Edit, Edit, list[str]]] = {
    "second way to authenticate": (
        put("components securitySchemes Token", {"type": "http", "scheme": "bearer"}),
        append("security", {"Token": []}),
        ["additive authentication-added"],
    ),
    "second way to authenticate gone": (
        both(
            put("components securitySchemes Token", {"type": "http", "scheme": "bearer"}),
            append("security", {"Token": []}),
        ),
        drop("security", "1"),
        ["breaking authentication-removed"],
    ),
    "ways to authenticate turned round": (
        both(
            put("components securitySchemes Token", {"type": "http", "scheme": "bearer"}),
            append("security", {"Token": []}),
        ),
        lambda it: it["security"].reverse(),
        [],
    ),
    "another scope": (
        both(
            put("components securitySchemes Login", {"type": "oauth2", "flows": {}}),
            put("security", [{"Login": ["read"]}]),
        ),
        put("security", [{"Login": ["read", "write"]}]),
        ["breaking authentication-changed"],
    ),
}


NEUTRAL: dict[str, Edit] = {
    "keys in another order": _reordered,
    "descriptions and examples": both(
        put(f"{GET} description", "Other words."),
        put(f"{S} Money example", "1.00"),
        put("info title", "Another title"),
        put("components examples InvoicePaid value", {}),
    ),
    "security written out": lambda it: [
        operation.update(security=[{"ApiKey": []}]) for operation in _all_operations(it)
    ],
    "security scheme renamed": both(
        rename("components securitySchemes", "ApiKey", "Key"), put("security", [{"Key": []}])
    ),
    "retry class written out": drop(GET, "x-retry"),
    "defaults of parameters written out": both(
        put(f"{PARAMETERS} PerPage required", False),
        put(f"{PARAMETERS} PerPage style", "form"),
        put(f"{PARAMETERS} PerPage explode", True),
        put(f"{PARAMETERS} InvoiceId style", "simple"),
        put(f"{PARAMETERS} InvoiceId explode", False),
        put(f"{PARAMETERS} InvoiceId allowEmptyValue", False),
        put(f"{PARAMETERS} InvoiceId deprecated", False),
    ),
    "defaults of bodies and headers written out": both(
        put(f"{REFUND} requestBody required", False),
        put("components headers RateLimitRemaining required", False),
    ),
    "defaults of schemas written out": both(
        put(f"{S} Refund additionalProperties", True),
        put(f"{S} Refund properties id nullable", False),
        put(f"{S} Refund properties id readOnly", False),
        put(f"{S} Refund properties id deprecated", False),
        put(f"{S} Refund properties id exclusiveMinimum", False),
        put(f"{S} Refund properties reason minLength", 0),
        put(f"{S} Refund properties reason x-sensitive", False),
        put(f"{S} Refund properties tags uniqueItems", False),
        put(f"{S} CreateRefundRequest properties reason x-sdk-nullable", True),
    ),
    "int64 and int32": lambda it: _every(it, "format", "int64", "int32"),
    "int64 left out": lambda it: _every(it, "format", "int64", None),
    "server with a slash": lambda it: it["servers"][0].update(url=it["servers"][0]["url"] + "/"),
    "parameters in another order": lambda it: at(it, f"{LIST} parameters").reverse(),
    "parameters of the path": lambda it: at(it, "paths /invoices/{id}").update(
        parameters=at(it, GET).pop("parameters")
    ),
    "reference to a parameter inlined": put(f"{GET} parameters", [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
    ]),
    "reference to a response inlined": lambda it: at(it, f"{GET} responses").update(
        {"404": at(it, "components responses NotFound")}
    ),
    "reference to a schema inlined": lambda it: at(it, f"{GET} {OK} {JSON}").update(
        schema=at(it, f"{S} Invoice")
    ),
    "all references inlined": lambda it: it.update(paths=_inlined(it, it["paths"])),
    "component renamed": both(
        everywhere('/schemas/Refund"', '/schemas/MoneyBack"'), rename(S, "Refund", "MoneyBack")
    ),
    "allOf merged": lambda it: _merge_all_of(it, "Invoice"),
    "reference in an allOf of one": put(
        f"{S} Refund properties status", {"allOf": [{"$ref": "#/components/schemas/RefundStatus"}]}
    ),
    "null as an alternative": put(f"{S} Refund properties reason", {
        "anyOf": [_text(), {"type": "string", "nullable": True, "enum": [None]}]
    }),
    "values in another order": lambda it: at(it, f"{S} InvoiceStatus enum").reverse(),
    "final values in another order": lambda it: at(it, f"{S} InvoiceStatus x-final").reverse(),
    "required in another order": lambda it: at(it, f"{S} Refund required").reverse(),
    "alternatives turned round": lambda it: at(it, f"{S} Method oneOf").reverse(),
    "header names in lower case": everywhere('"X-RateLimit-Remaining"', '"x-ratelimit-remaining"'),
    "media type with a charset": rename(
        f"{GET} {OK} content", "application/json", "application/json; charset=utf-8"
    ),
}
# fmt: on


def _all_operations(document: Document) -> list[Document]:
    return [
        operation
        for item in document["paths"].values()
        for operation in item.values()
        if "operationId" in operation
    ]


def _every(value: Any, key: str, old: str, new: str | None) -> None:
    for held in value.values() if isinstance(value, dict) else value:
        if isinstance(held, dict | list):
            _every(held, key, old, new)
    if isinstance(value, dict) and value.get(key) == old:
        if new is None:
            del value[key]
        else:
            value[key] = new


def _inlined(document: Document, value: Any) -> Any:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            return _inlined(document, resolve(document, value["$ref"]))
        return {key: _inlined(document, held) for key, held in value.items()}
    return [_inlined(document, it) for it in value] if isinstance(value, list) else value


def _merge_all_of(document: Document, name: str) -> None:
    first, second = at(document, f"{S} {name}")["allOf"]
    properties = resolve(document, first["$ref"])["properties"] | second["properties"]
    required = resolve(document, first["$ref"])["required"]
    document["components"]["schemas"][name] = {
        "type": "object",
        "required": required,
        "properties": properties,
    }


def rows(changes: list[Change]) -> list[str]:
    return [f"{it.severity} {it.id}" for it in changes]


def ids(table: list[Any]) -> list[str]:
    return [row[0] for row in table]


@pytest.mark.parametrize(("edit", "expected"), [row[1:] for row in MUTATIONS], ids=ids(MUTATIONS))
def test_a_single_mutation_is_graded(edit: Edit, expected: list[str]) -> None:
    old, new = base(), base()
    edit(new)
    before = copy.deepcopy((old, new))
    changes = compare(old, new)
    assert (old, new) == before
    assert rows(changes) == expected, render(changes)
    assert compare(new, copy.deepcopy(new)) == []
    for change in changes:
        for place in (change.pointer, *change.also):
            assert leads_somewhere(new, place) or leads_somewhere(old, place), place
        assert change.text.endswith(".")
        assert "\0" not in change.text


def leads_somewhere(document: Document, place: str) -> bool:
    found: Any = document
    for part in place.split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, list):
            part = int(part) if part.isdecimal() and int(part) < len(found) else None
        elif not isinstance(found, dict) or part not in found:
            return False
        if part is None:
            return False
        found = found[part]
    return True


@pytest.mark.parametrize(("name", "expected"), BACKWARDS.items(), ids=BACKWARDS)
def test_a_mutation_taken_back_is_graded(name: str, expected: list[str]) -> None:
    edit = next(row[1] for row in MUTATIONS if row[0] == name)
    old, new = base(), base()
    edit(old)
    assert rows(compare(old, new)) == expected


@pytest.mark.parametrize(("prepare", "edit", "expected"), PREPARED.values(), ids=PREPARED)
def test_a_mutation_of_a_prepared_spec(prepare: Edit, edit: Edit, expected: list[str]) -> None:
    old, new = base(), base()
    prepare(old)
    both(prepare, edit)(new)
    assert rows(compare(old, new)) == expected


@pytest.mark.parametrize("edit", NEUTRAL.values(), ids=NEUTRAL)
def test_a_neutral_rewrite_is_no_change(edit: Edit) -> None:
    old, new = base(), base()
    edit(new)
    assert json.dumps(new) != json.dumps(old)
    assert compare(old, new) == []
    assert compare(new, old) == []


def test_the_tables_are_large_enough_and_cover_every_rule() -> None:
    assert len(MUTATIONS) >= 100
    assert len(NEUTRAL) >= 20
    tables = [row[2] for row in MUTATIONS] + list(BACKWARDS.values())
    tables += [row[2] for row in PREPARED.values()]
    found = {row.partition(" ")[2] for table in tables for row in table}
    assert RULES.keys() - found == set()


def changed(*edits: Edit) -> list[Change]:
    old, new = base(), base()
    both(*edits)(new)
    return compare(old, new)


def test_one_cause_is_one_row_with_all_its_places() -> None:
    (change,) = changed(everywhere('"X-RateLimit-Remaining"', '"X-Left"'))
    places = json.dumps(base()["paths"]).count('"X-RateLimit-Remaining"')
    assert 1 + len(change.also) >= places > 15
    assert change.pointer == "/paths/~1organizations~1verify/post/responses/200/headers/X-Left"
    assert change.text.startswith(
        "The header `X-RateLimit-Remaining` of the response `200` of `verifyOrganization`, "
    )
    assert change.text.endswith(" other places is now `X-Left`.")


def test_a_sentence_about_several_places_is_in_the_plural() -> None:
    (change,) = changed(
        *(rename(f"paths {path} get responses", "200", "203") for path in ("/invoices", "/refunds"))
    )
    assert change.text == "`listInvoices` and `listRefunds` now respond with `203`; it was `200`."
    (change,) = changed(*(put(f"{it} deprecated", True) for it in (GET, LIST)))
    assert change.text == "`listInvoices` and `getInvoice` are deprecated."


def test_a_component_is_named_where_it_is_defined() -> None:
    (change,) = changed(drop(f"{S} InvoiceEventData properties", "paid_at"))
    assert change == Change(
        "response-property-removed",
        "breaking",
        "/components/schemas/InvoiceEventData/properties/paid_at",
        "The property `paid_at` was removed from `InvoiceEventData`.",
    )
    (change,) = changed(put(f"{PARAMETERS} PerPage schema maximum", 50))
    assert change.pointer == "/components/parameters/PerPage/schema/maximum"
    assert change.text == "`maximum` of the query parameter `per_page` is now `50`; it was `100`."


def test_what_a_schema_takes_in_is_reported_where_it_is_stated() -> None:
    (change,) = changed(put(f"{S} InvoiceEventData required", ["id"]))
    assert change.text == "`status` of `InvoiceEventData` is no longer required."
    (change,) = changed(put(f"{S} Invoice allOf 1 required", ["status", "amount"]))
    assert change.text == "`amount` of `Invoice` is now required."


def test_a_lost_field_is_reported_where_another_class_took_the_place() -> None:
    changes = changed(
        rename(f"{CREATE} responses", "200", "201"),
        put(f"{CREATE} responses 201 {JSON} schema", {"$ref": "#/components/schemas/Refund"}),
    )
    lost = next(change for change in changes if "`payment_url`" in change.text)
    assert lost.id == "response-property-removed"
    assert lost.text == (
        "The property `payment_url` was removed from the response `201` of `createInvoice`."
    )


def test_a_class_that_took_the_place_of_another_is_not_the_one_that_changed() -> None:
    changes = changed(put(f"{CREATE} {OK} {JSON} schema", {"$ref": "#/components/schemas/Invoice"}))
    assert [change.text for change in changes] == [
        "`payment_url` of the response `200` of `createInvoice` is no longer required.",
        "`payment_url` of the response `200` of `createInvoice` can now be null.",
    ]


def test_the_worse_of_request_and_response_counts() -> None:
    (change,) = changed(drop(f"{S} Extra properties", "count"))
    assert change.severity == "breaking"
    (change,) = changed(put(f"{S} Extra properties count nullable", True))
    assert (change.id, change.severity) == ("response-null-allowed", "breaking")


def test_recursive_schemas_come_to_an_end() -> None:
    def tree(document: Document) -> None:
        schemas = document["components"]["schemas"]
        node = {"$ref": "#/components/schemas/Node"}
        schemas["Node"] = _object(parent=node, children={"type": "array", "items": node})
        schemas["Loop"] = {"allOf": [{"$ref": "#/components/schemas/Loop"}], **_object(a=_text())}
        schemas["Refund"]["properties"] |= {"node": node, "loop": {"$ref": f"#/{S}/Loop"}}
        schemas["Refund"]["properties"]["loop"]["$ref"] = "#/components/schemas/Loop"

    old, new = base(), base()
    both(tree)(old)
    both(tree, put(f"{S} Node properties children maxItems", 3))(new)
    (change,) = compare(old, new)
    assert change.text == "`maxItems` of `Node.children` is now `3`; it was none."


@pytest.mark.parametrize(
    "edit",
    [
        put("x-rate-limit", 5),
        put("x-rate-limit", {"requests": "many", "window_seconds": 0}),
        put(f"{S} InvoiceStatus x-final", True),
        put(f"{S} InvoiceStatus x-final", [1, "paid", None]),
        put("x-webhooks", []),
        put("x-webhooks", {"invoice.status_changed": None}),
        put(f"{EVENT} post", "none"),
        put(f"{EVENT} post parameters", [{}]),
        put(f"{CANCEL} x-retry", 7),
        put(f"{LIST} x-pagination", "pages"),
    ],
)
def test_an_extension_of_the_wrong_form_is_a_change_and_no_crash(edit: Edit) -> None:
    old, new = base(), base()
    edit(new)
    assert compare(old, new) != []
    assert compare(new, old) != []


def test_specs_that_share_nothing_compare() -> None:
    specs = [
        repair(load(path))[0]
        for path in sorted(OPENAPI.parent.glob("tests/generator/clients/*.yaml"))
    ]
    assert len(specs) > 5
    for old, new in zip(specs, [*specs[1:], specs[0]], strict=True):
        assert compare(old, old) == []
        assert {change.id for change in compare(old, new)} >= {
            "operation-added",
            "operation-removed",
        }


def test_the_markdown_goes_by_severity() -> None:
    changes = changed(
        put("info version", "2.0.0"),
        put(f"{S} BillingInterval enum", ["daily", "weekly", "monthly", "hourly"]),
        put(f"{GET} deprecated", True),
    )
    assert (
        render(changes)
        == """\
### Breaking changes

- `BillingInterval` can no longer be `yearly`. (request-enum-value-removed)

### Additions

- `getInvoice` is deprecated. (operation-deprecated)
- `BillingInterval` can now be `hourly`. (request-enum-value-added)

### Changes that no program notices

- The version of the API is now `2.0.0`; it was `1.0.0`. (api-version-changed)
"""
    )
    assert render([]) == "No changes.\n"


def test_names_cannot_break_out_of_the_markdown() -> None:
    (change,) = changed(append(f"{S} RefundStatus enum", "`x`\n# Title"))
    assert change.text == "`RefundStatus` can now be `'x' # Title`."


def test_json_has_all_of_a_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = base()
    drop(f"{S} Refund properties", "reason")(new)
    for name, document in (("old", base()), ("new", new)):
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    arguments = ["changes", str(tmp_path / "old.json"), str(tmp_path / "new.json"), "--json"]
    assert main([*arguments, "--fail-on", "breaking"]) == 1
    assert json.loads(capsys.readouterr().out) == [
        {
            "id": "response-property-removed",
            "severity": "breaking",
            "pointer": "/components/schemas/Refund/properties/reason",
            "text": "The property `reason` was removed from `Refund`.",
            "also": [],
        }
    ]
    assert main(["changes", *arguments[2:0:-1], "--fail-on", "breaking"]) == 0
    assert main(["changes", *arguments[2:0:-1], "--fail-on", "additive"]) == 1
