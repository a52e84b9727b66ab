"""A spec of the API as it may look next: openapi.yaml and a resource that uses all it does not.

Payouts have a list in each page shape, an operation with its own rate limit, a success without a
body, a failure without effect, error codes, whole-tenge amounts and a webhook of their own. The
client generated from this spec must get calls, errors, retries, pacing, pages and events with no
hand-written line.
"""

from copy import deepcopy
from pathlib import Path
from typing import Any

from generator.document import load

OPENAPI = Path(__file__).parents[2] / "openapi.yaml"

Json = dict[str, Any]


def next_spec() -> Json:
    """Return openapi.yaml with payouts added."""
    document = deepcopy(load(OPENAPI))
    document["info"]["version"] = "1.1.0"
    document["tags"].append({"name": "Payouts", "description": "Send money to a customer."})
    document["paths"] |= _paths()
    document["components"]["schemas"] |= _schemas()
    document["components"]["schemas"]["WebhookEventType"]["enum"].append("payout.completed")
    signature = {"$ref": "#/components/parameters/WebhookSignature"}
    webhooks = document["x-webhooks"]
    webhooks["payout.completed"] = {
        "x-delivery": webhooks["invoice.status_changed"]["x-delivery"],
        "post": {
            "operationId": "payoutCompleted",
            "tags": ["Webhooks"],
            "summary": "A payout was completed",
            "security": [],
            "parameters": [signature],
            "requestBody": {"required": True, "content": _json(_ref("PayoutEvent"))},
            "responses": {"200": {"description": "Received."}},
        },
    }
    return document


def _ref(name: str, kind: str = "schemas") -> Json:
    return {"$ref": f"#/components/{kind}/{name}"}


def _json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def _query(name: str, **schema: Any) -> Json:
    return {"name": name, "in": "query", "schema": {"type": "integer", **schema}}


def _operation(name: str, retry: str, success: Json, **more: Any) -> Json:
    return {
        "operationId": name,
        "tags": ["Payouts"],
        "summary": f"{name}.",
        "x-retry": retry,
        "responses": {
            **success,
            "401": _ref("Unauthorized", "responses"),
            "429": _ref("RateLimited", "responses"),
            "500": _ref("InternalServerError", "responses"),
            **more.pop("errors", {}),
        },
        **more,
    }


def _ok(schema: str, status: str = "200") -> Json:
    return {status: {"description": "Done.", "content": _json(_ref(schema))}}


def _paths() -> Json:
    number = {"items": "data", "total": "meta.total", "current": "meta.current_page"}
    number |= {"page": "page", "per_page": "meta.per_page"}
    cursor = {"name": "cursor", "in": "query", "schema": {"type": "string"}}
    path_id = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    # Refused before anything was done: the same request can be sent again.
    refused = {
        "description": "No money to pay out from. Nothing was done.",
        "x-no-effect": True,
        "content": _json(_ref("PayoutError")),
    }
    invalid = {"description": "Not a payout.", "content": _json(_ref("PayoutError"))}
    return {
        "/payouts": {
            "get": _operation(
                "listPayouts",
                "safe",
                _ok("PayoutPage"),
                **{"x-pagination": number | {"size": "per_page"}},
                parameters=[_query("page", minimum=1), _query("per_page", maximum=50)],
            ),
            "post": _operation(
                "createPayout",
                "never",
                _ok("Payout", "201"),
                **{"x-rate-limit": {"requests": 5, "window_seconds": 60, "per": "api-key"}},
                requestBody={"required": True, "content": _json(_ref("CreatePayoutRequest"))},
                errors={"422": invalid, "503": refused},
            ),
        },
        "/payouts/archive": {
            "get": _operation(
                "listArchivedPayouts",
                "safe",
                _ok("PayoutPage"),
                **{"x-pagination": number},
                parameters=[_query("page", minimum=1)],
            )
        },
        "/payouts/linked": {
            "get": _operation(
                "listLinkedPayouts",
                "safe",
                _ok("LinkedPayoutPage"),
                **{"x-pagination": {"page": "page", "items": "data", "next": "links.next"}},
                parameters=[_query("page", minimum=1)],
            )
        },
        "/payouts/feed": {
            "get": _operation(
                "listPayoutFeed",
                "safe",
                _ok("PayoutFeed"),
                **{
                    "x-pagination": {
                        "cursor": "cursor",
                        "size": "limit",
                        "items": "data",
                        "next": "meta.next_cursor",
                    }
                },
                parameters=[cursor, _query("limit", maximum=200)],
            )
        },
        "/payouts/{id}": {
            "get": _operation(
                "getPayout",
                "safe",
                _ok("Payout"),
                parameters=[path_id],
                errors={"404": _ref("NotFound", "responses")},
            )
        },
        "/payouts/{id}/send": {
            "post": _operation(
                "sendPayout",
                "idempotent",
                {"202": {"description": "Accepted; the payout is sent later."}},
                parameters=[path_id],
                errors={"404": _ref("NotFound", "responses")},
            )
        },
    }


def _schemas() -> Json:
    integer, text = {"type": "integer"}, {"type": "string"}
    tenge = {"type": "integer", "minimum": 1, "description": "Whole tenge."}
    page = {"data": {"type": "array", "items": _ref("Payout")}}
    return {
        "PayoutStatus": {
            "type": "string",
            "enum": ["created", "sent", "completed", "failed"],
            "x-final": ["completed", "failed"],
        },
        "Payout": _object(
            {"id": integer, "status": _ref("PayoutStatus"), "amount": tenge},
            {"order": {**text, "nullable": True}, "created_at": {**text, "format": "date-time"}},
        ),
        "CreatePayoutRequest": _object(
            {"amount": tenge, "phone_number": _ref("PhoneNumber")}, {"order": text}
        ),
        "PayoutPage": _object({**page, "meta": _ref("PageMeta")}),
        "LinkedPayoutPage": _object(
            {**page, "links": _ref("PayoutLinks"), "meta": _ref("PageMeta")}
        ),
        "PayoutLinks": _object({}, {"next": {**text, "nullable": True}}),
        "PayoutFeed": _object({**page, "meta": _ref("PayoutFeedMeta")}),
        "PayoutFeedMeta": _object({}, {"next_cursor": {**text, "nullable": True}}),
        "PayoutErrorCode": {"type": "string", "enum": ["no_funds", "unknown_customer"]},
        "PayoutError": _object({"message": text, "error_code": _ref("PayoutErrorCode")}),
        "PayoutEvent": _object(
            {
                "event": _ref("WebhookEventType"),
                "payout": _ref("Payout"),
                "timestamp": {**text, "format": "date-time"},
            }
        ),
    }


def _object(required: Json, optional: Json | None = None) -> Json:
    schema: Json = {"type": "object", "properties": required | (optional or {})}
    return {**schema, "required": list(required)} if required else schema
