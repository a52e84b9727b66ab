"""Facts that the spec states about each operation and about the service."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Literal

RetryClass = Literal["safe", "idempotent", "confirm", "never"]


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A number of requests allowed within a window of `seconds`."""

    requests: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Pagination:
    """How a list is paged: by page number (`page`) or by cursor (`cursor` and `next`).

    Attributes:
        items: Path of the items in a response, its parts joined by dots.
        page: The argument for the page number, counted from 1.
        cursor: The argument for the cursor of the page.
        size: The argument for the number of items on a page.
        max_size: The largest number of items on a page.
        total: Path of the number of items in the whole list.
        current: Path of the page's own number.
        per_page: Path of the number of items on a page.
        next: Path of the next page's cursor or link; null or absent on the last page.
    """

    items: str
    page: str | None = None
    cursor: str | None = None
    size: str | None = None
    max_size: int | None = None
    total: str | None = None
    current: str | None = None
    per_page: str | None = None
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. It travels in the httpx `extensions["operation"]` of each of its requests.

    Attributes:
        id: The operationId of the spec.
        name: The name of its method in `resources`.
        retry: The spec's `x-retry`, or derived from the method. "safe" changes nothing;
            "idempotent" has the same effect twice as once; "confirm" can be confirmed by a lookup
            after a lost response; "never" can not.
        success: The status codes of success.
        no_content: Those of `success` that come without a body.
        no_effect: The status codes (`x-no-effect`) that say that the request had no effect.
        rate_limit: The operation's own limit; the one of the service is in `EXTENSIONS`.
    """

    id: str
    name: str
    method: str
    path: str
    tag: str
    retry: RetryClass
    success: tuple[int, ...]
    no_content: tuple[int, ...] = ()
    no_effect: tuple[int, ...] = ()
    rate_limit: RateLimit | None = None
    pagination: Pagination | None = None

    def __reduce__(self) -> str | tuple[Any, ...]:
        if OPERATIONS.get(self.id) is self:
            return _by_id, (self.id,)
        return Operation, tuple(getattr(self, one.name) for one in fields(self))


def _by_id(operation_id: str) -> Operation:
    return OPERATIONS[operation_id]


VERIFY_ORGANIZATION: Final = Operation(
    id="verifyOrganization",
    name="verify",
    method="POST",
    path="/organizations/verify",
    tag="Organizations",
    retry="never",
    success=(200,),
    no_effect=(429,),
)
GET_ORGANIZATION_STATUS: Final = Operation(
    id="getOrganizationStatus",
    name="status",
    method="GET",
    path="/organizations/{id}/status",
    tag="Organizations",
    retry="safe",
    success=(200,),
    no_effect=(429,),
)
LIST_INVOICES: Final = Operation(
    id="listInvoices",
    name="list",
    method="GET",
    path="/invoices",
    tag="Invoices",
    retry="safe",
    success=(200,),
    no_effect=(429,),
    pagination=Pagination(
        page="page",
        size="per_page",
        items="data",
        total="meta.total",
        current="meta.current_page",
        per_page="meta.per_page",
        max_size=100,
    ),
)
CREATE_INVOICE: Final = Operation(
    id="createInvoice",
    name="create",
    method="POST",
    path="/invoices",
    tag="Invoices",
    retry="confirm",
    success=(200,),
    no_effect=(429,),
)
GET_INVOICE: Final = Operation(
    id="getInvoice",
    name="get",
    method="GET",
    path="/invoices/{id}",
    tag="Invoices",
    retry="safe",
    success=(200,),
    no_effect=(429,),
)
CANCEL_INVOICE: Final = Operation(
    id="cancelInvoice",
    name="cancel",
    method="POST",
    path="/invoices/{id}/cancel",
    tag="Invoices",
    retry="confirm",
    success=(200,),
    no_effect=(429,),
)
CREATE_REFUND: Final = Operation(
    id="createRefund",
    name="create",
    method="POST",
    path="/invoices/{id}/refund",
    tag="Refunds",
    retry="confirm",
    success=(200,),
    no_effect=(429,),
)
LIST_INVOICE_REFUNDS: Final = Operation(
    id="listInvoiceRefunds",
    name="list_for_invoice",
    method="GET",
    path="/invoices/{id}/refunds",
    tag="Refunds",
    retry="safe",
    success=(200,),
    no_effect=(429,),
)
LIST_REFUNDS: Final = Operation(
    id="listRefunds",
    name="list",
    method="GET",
    path="/refunds",
    tag="Refunds",
    retry="safe",
    success=(200,),
    no_effect=(429,),
    pagination=Pagination(
        page="page",
        size="per_page",
        items="data",
        total="meta.total",
        current="meta.current_page",
        per_page="meta.per_page",
        max_size=100,
    ),
)
GET_REFUND: Final = Operation(
    id="getRefund",
    name="get",
    method="GET",
    path="/refunds/{id}",
    tag="Refunds",
    retry="safe",
    success=(200,),
    no_effect=(429,),
)
LIST_RECURRING_INVOICES: Final = Operation(
    id="listRecurringInvoices",
    name="list",
    method="GET",
    path="/recurring-invoices",
    tag="Recurring Invoices",
    retry="safe",
    success=(200,),
    no_effect=(429,),
    pagination=Pagination(
        page="page",
        size="per_page",
        items="data",
        total="meta.total",
        current="meta.current_page",
        per_page="meta.per_page",
        max_size=100,
    ),
)
CREATE_RECURRING_INVOICE: Final = Operation(
    id="createRecurringInvoice",
    name="create",
    method="POST",
    path="/recurring-invoices",
    tag="Recurring Invoices",
    retry="never",
    success=(200,),
    no_effect=(429,),
)
GET_RECURRING_INVOICE: Final = Operation(
    id="getRecurringInvoice",
    name="get",
    method="GET",
    path="/recurring-invoices/{id}",
    tag="Recurring Invoices",
    retry="safe",
    success=(200,),
    no_effect=(429,),
)
UPDATE_RECURRING_INVOICE: Final = Operation(
    id="updateRecurringInvoice",
    name="update",
    method="PUT",
    path="/recurring-invoices/{id}",
    tag="Recurring Invoices",
    retry="idempotent",
    success=(200,),
    no_effect=(429,),
)
PAUSE_RECURRING_INVOICE: Final = Operation(
    id="pauseRecurringInvoice",
    name="pause",
    method="POST",
    path="/recurring-invoices/{id}/pause",
    tag="Recurring Invoices",
    retry="confirm",
    success=(200,),
    no_effect=(429,),
)
RESUME_RECURRING_INVOICE: Final = Operation(
    id="resumeRecurringInvoice",
    name="resume",
    method="POST",
    path="/recurring-invoices/{id}/resume",
    tag="Recurring Invoices",
    retry="confirm",
    success=(200,),
    no_effect=(429,),
)
CANCEL_RECURRING_INVOICE: Final = Operation(
    id="cancelRecurringInvoice",
    name="cancel",
    method="POST",
    path="/recurring-invoices/{id}/cancel",
    tag="Recurring Invoices",
    retry="confirm",
    success=(200,),
    no_effect=(429,),
)
BILL_NOW_RECURRING_INVOICE: Final = Operation(
    id="billNowRecurringInvoice",
    name="bill_now",
    method="POST",
    path="/recurring-invoices/{id}/bill-now",
    tag="Recurring Invoices",
    retry="never",
    success=(200,),
    no_effect=(429,),
)
SKIP_PERIOD_RECURRING_INVOICE: Final = Operation(
    id="skipPeriodRecurringInvoice",
    name="skip_period",
    method="POST",
    path="/recurring-invoices/{id}/skip-period",
    tag="Recurring Invoices",
    retry="never",
    success=(200,),
    no_effect=(429,),
)

_ALL: tuple[Operation, ...] = (
    VERIFY_ORGANIZATION,
    GET_ORGANIZATION_STATUS,
    LIST_INVOICES,
    CREATE_INVOICE,
    GET_INVOICE,
    CANCEL_INVOICE,
    CREATE_REFUND,
    LIST_INVOICE_REFUNDS,
    LIST_REFUNDS,
    GET_REFUND,
    LIST_RECURRING_INVOICES,
    CREATE_RECURRING_INVOICE,
    GET_RECURRING_INVOICE,
    UPDATE_RECURRING_INVOICE,
    PAUSE_RECURRING_INVOICE,
    RESUME_RECURRING_INVOICE,
    CANCEL_RECURRING_INVOICE,
    BILL_NOW_RECURRING_INVOICE,
    SKIP_PERIOD_RECURRING_INVOICE,
)
OPERATIONS: Final[Mapping[str, Operation]] = {operation.id: operation for operation in _ALL}

#: The first server of the spec.
SERVER_URL: Final = "https://bpapi.bazarbay.site/api"
#: `info.version` of the spec.
API_VERSION: Final = "1.0.0"
#: The header that carries the key, and the prefix of the key in it.
API_KEY_HEADER: Final = "X-API-Key"
AUTH_PREFIX: Final = ""
#: The `x-` fields at the root of the spec.
EXTENSIONS: Final[Mapping[str, Any]] = {
    "x-rate-limit": {"requests": 60, "window_seconds": 60, "per": "api-key"},
    "x-verification": {"window_seconds": 120, "poll_seconds": 2},
    "x-webhooks": {
        "invoice.status_changed": {
            "x-delivery": {
                "timeout_seconds": 30,
                "max_attempts": 4,
                "signature_header": "X-Webhook-Signature",
                "signature_scheme": "sha256",
            },
            "x-dedup": ["invoice.id", "invoice.status"],
            "x-order": {"invoice.status": [["pending"], ["cancelled", "expired"], ["paid"]]},
            "x-money": {"invoice.amount": "^[0-9]+\\.[0-9]{2}$"},
            "post": {
                "operationId": "invoiceStatusChanged",
                "tags": ["Webhooks"],
                "summary": "An invoice was paid, cancelled or expired",
                "description": 'The service sends this to the merchant\'s webhook URL when an invoice becomes `paid`,\n`cancelled` or `expired`.\n\n**Verify the signature first.** `X-Webhook-Signature` is `sha256=` followed by the\nHMAC-SHA256 of the raw body in hexadecimal, with the webhook\'s secret as the key. Compute it\nover the received bytes, not over JSON that was parsed and serialized again, and compare in\nconstant time. A request without a matching signature is not from the service: return 401\nand do nothing else. To test your code: with the secret `example-webhook-secret`, the body\n\n    {"event":"invoice.status_changed","invoice":{"id":4217,"status":"paid"},"timestamp":"2026-11-20T09:18:42Z"}\n\nhas the signature\n\n    sha256=a2629f8a2dec64ac0b368efb533ddbc0847c5700118a39156486d31b17bb62fb\n\n**Respond quickly.** Any 2xx within 30 seconds counts as received. After any other response,\nor none, up to 3 more deliveries follow at growing intervals; then the webhook counts as\nfailed.\n\n**Handle each event once.** Deliveries can repeat and can arrive out of order. The\nidempotency key of an event is `invoice.id` with `invoice.status`.\n\n**Accept unknown events.** Later versions send other events, some without an `invoice`\n(for example `webhook.test`). Return 2xx for them.\n',
                "security": [],
                "parameters": [{"$ref": "#/components/parameters/WebhookSignature"}],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {"$ref": "#/components/schemas/InvoiceEvent"},
                            "examples": {
                                "paid": {"$ref": "#/components/examples/InvoicePaidEvent"},
                                "cancelled": {
                                    "$ref": "#/components/examples/InvoiceCancelledEvent"
                                },
                                "expired": {"$ref": "#/components/examples/InvoiceExpiredEvent"},
                            },
                        }
                    },
                },
                "responses": {
                    "2XX": {"description": "Received. The service does not read the body."},
                    "401": {
                        "description": "The signature does not match. The service retries the delivery."
                    },
                },
            },
        }
    },
}
#: The messages in the spec's examples of error responses. Any other text of the service can
#: hold personal data.
STATED_MESSAGES: Final[frozenset[str]] = frozenset(
    (
        "API key is required",
        "Access denied.",
        "Internal server error.",
        "Invalid API key",
        "Invalid request format",
        "Kaspi is not available.",
        "Only a paid invoice can be refunded.",
        "Only a pending invoice can be cancelled.",
        "Phone number must be in format 8XXXXXXXXXX",
        "Resource not found.",
        "Send the body as JSON: Content-Type: application/json.",
        "The API key has expired.",
        "The Kaspi session has expired.",
        "The amount must be at least 0.01.",
        "The amount must not be more than what is left to refund.",
        "The idn must be 12 digits.",
        "The invoice is already refunded.",
        "The organization is not verified.",
        "The recurring invoice is cancelled.",
        "The recurring invoice is not active.",
        "The recurring invoice is not paused.",
        "Too many requests. Please retry after 60 seconds.",
        "Validation failed",
        "Verification expired. Please start again.",
    )
)
