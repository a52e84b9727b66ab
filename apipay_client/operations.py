"""What the spec says about each operation, and about the service as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

RetryClass = Literal["safe", "idempotent", "confirm", "never"]


@dataclass(frozen=True, slots=True)
class Pagination:
    """How a list is paged: the names of its arguments and the most items that a page can have."""

    page: str
    size: str
    max_size: int | None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. It travels in the httpx `extensions["operation"]` of each of its requests.

    `retry` is the spec's `x-retry` (else derived from the method): safe changes nothing; idempotent
    has the same effect twice as once; confirm can be looked up after a lost answer; never must
    not be sent again unless it provably was not processed.
    """

    id: str
    name: str
    method: str
    path: str
    tag: str
    retry: RetryClass
    success: tuple[int, ...]
    pagination: Pagination | None = None

    def __reduce__(self) -> str | tuple[Any, ...]:
        return _by_id, (self.id,)


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
)
GET_ORGANIZATION_STATUS: Final = Operation(
    id="getOrganizationStatus",
    name="status",
    method="GET",
    path="/organizations/{id}/status",
    tag="Organizations",
    retry="safe",
    success=(200,),
)
LIST_INVOICES: Final = Operation(
    id="listInvoices",
    name="list",
    method="GET",
    path="/invoices",
    tag="Invoices",
    retry="safe",
    success=(200,),
    pagination=Pagination(page="page", size="per_page", max_size=100),
)
CREATE_INVOICE: Final = Operation(
    id="createInvoice",
    name="create",
    method="POST",
    path="/invoices",
    tag="Invoices",
    retry="confirm",
    success=(200,),
)
GET_INVOICE: Final = Operation(
    id="getInvoice",
    name="get",
    method="GET",
    path="/invoices/{id}",
    tag="Invoices",
    retry="safe",
    success=(200,),
)
CANCEL_INVOICE: Final = Operation(
    id="cancelInvoice",
    name="cancel",
    method="POST",
    path="/invoices/{id}/cancel",
    tag="Invoices",
    retry="confirm",
    success=(200,),
)
CREATE_REFUND: Final = Operation(
    id="createRefund",
    name="create",
    method="POST",
    path="/invoices/{id}/refund",
    tag="Refunds",
    retry="confirm",
    success=(200,),
)
LIST_INVOICE_REFUNDS: Final = Operation(
    id="listInvoiceRefunds",
    name="list_for_invoice",
    method="GET",
    path="/invoices/{id}/refunds",
    tag="Refunds",
    retry="safe",
    success=(200,),
)
LIST_REFUNDS: Final = Operation(
    id="listRefunds",
    name="list",
    method="GET",
    path="/refunds",
    tag="Refunds",
    retry="safe",
    success=(200,),
    pagination=Pagination(page="page", size="per_page", max_size=100),
)
GET_REFUND: Final = Operation(
    id="getRefund",
    name="get",
    method="GET",
    path="/refunds/{id}",
    tag="Refunds",
    retry="safe",
    success=(200,),
)
LIST_RECURRING_INVOICES: Final = Operation(
    id="listRecurringInvoices",
    name="list",
    method="GET",
    path="/recurring-invoices",
    tag="Recurring Invoices",
    retry="safe",
    success=(200,),
    pagination=Pagination(page="page", size="per_page", max_size=100),
)
CREATE_RECURRING_INVOICE: Final = Operation(
    id="createRecurringInvoice",
    name="create",
    method="POST",
    path="/recurring-invoices",
    tag="Recurring Invoices",
    retry="never",
    success=(200,),
)
GET_RECURRING_INVOICE: Final = Operation(
    id="getRecurringInvoice",
    name="get",
    method="GET",
    path="/recurring-invoices/{id}",
    tag="Recurring Invoices",
    retry="safe",
    success=(200,),
)
UPDATE_RECURRING_INVOICE: Final = Operation(
    id="updateRecurringInvoice",
    name="update",
    method="PUT",
    path="/recurring-invoices/{id}",
    tag="Recurring Invoices",
    retry="idempotent",
    success=(200,),
)
PAUSE_RECURRING_INVOICE: Final = Operation(
    id="pauseRecurringInvoice",
    name="pause",
    method="POST",
    path="/recurring-invoices/{id}/pause",
    tag="Recurring Invoices",
    retry="confirm",
    success=(200,),
)
RESUME_RECURRING_INVOICE: Final = Operation(
    id="resumeRecurringInvoice",
    name="resume",
    method="POST",
    path="/recurring-invoices/{id}/resume",
    tag="Recurring Invoices",
    retry="confirm",
    success=(200,),
)
CANCEL_RECURRING_INVOICE: Final = Operation(
    id="cancelRecurringInvoice",
    name="cancel",
    method="POST",
    path="/recurring-invoices/{id}/cancel",
    tag="Recurring Invoices",
    retry="confirm",
    success=(200,),
)
BILL_NOW_RECURRING_INVOICE: Final = Operation(
    id="billNowRecurringInvoice",
    name="bill_now",
    method="POST",
    path="/recurring-invoices/{id}/bill-now",
    tag="Recurring Invoices",
    retry="never",
    success=(200,),
)
SKIP_PERIOD_RECURRING_INVOICE: Final = Operation(
    id="skipPeriodRecurringInvoice",
    name="skip_period",
    method="POST",
    path="/recurring-invoices/{id}/skip-period",
    tag="Recurring Invoices",
    retry="never",
    success=(200,),
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
#: The header that carries the key, and what stands before the key in it.
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
                "description": 'The service sends this to the merchant\'s webhook URL when an invoice becomes `paid`,\n`cancelled` or `expired`.\n\n**Verify the signature first.** `X-Webhook-Signature` is `sha256=` and the HMAC-SHA256 of\nthe raw body in hexadecimal, with the webhook\'s secret as the key. Compute it\nover the bytes as they came, not over JSON that was parsed and written again, and compare\nin constant time. Without a matching signature the request is not from the service: answer\n401 and do nothing else. To test your code: with the secret `example-webhook-secret`, the\nbody\n\n    {"event":"invoice.status_changed","invoice":{"id":4217,"status":"paid"},"timestamp":"2026-11-20T09:18:42Z"}\n\nhas the signature\n\n    sha256=a2629f8a2dec64ac0b368efb533ddbc0847c5700118a39156486d31b17bb62fb\n\n**Answer quickly.** Any 2xx within 30 seconds counts as received. After anything else, or\nno answer, up to 3 more deliveries follow at growing intervals; then the webhook counts as\nfailed.\n\n**Handle each event once.** Deliveries can repeat and can come out of order. The key of an\nevent is `invoice.id` with `invoice.status`.\n\n**Accept events you do not know.** Later versions send other events, some without an\n`invoice` (`webhook.test`, for one). Answer 2xx to them.\n',
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
                    "2XX": {"description": "Received. The body is not read."},
                    "401": {
                        "description": "The signature does not match. The service delivers again."
                    },
                },
            },
        }
    },
}
