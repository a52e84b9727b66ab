"""List recurring invoices."""

from ... import calls as _calls
from ... import client as _client
from ... import codec as _codec
from ... import operations as _operations
from ... import parsing as _parsing
from ... import types as _types
from ...models.error import Error
from ...models.rate_limit_error_body import RateLimitErrorBody
from ...models.recurring_invoice_page import RecurringInvoicePage
from ...models.recurring_invoice_status import RecurringInvoiceStatus
from ...models.validation_error_body import ValidationErrorBody
from ...types import UNSET, Unset

OPERATION = _operations.LIST_RECURRING_INVOICES
RESPONSES: _parsing.Responses[
    RecurringInvoicePage,
    Error | RateLimitErrorBody | RecurringInvoicePage | ValidationErrorBody | None,
] = _parsing.Responses(
    {200: RecurringInvoicePage.from_dict},
    {
        401: Error.from_dict,
        422: ValidationErrorBody.from_dict,
        429: RateLimitErrorBody.from_dict,
        500: Error.from_dict,
        502: Error.from_dict,
        503: Error.from_dict,
    },
)


def prepare(
    *,
    client: _client.AuthenticatedClient,
    page: int | Unset = UNSET,
    per_page: int | Unset = UNSET,
    status: RecurringInvoiceStatus | Unset = UNSET,
    options: _types.CallOptions | None = None,
) -> _calls.PreparedRequest[
    RecurringInvoicePage,
    Error | RateLimitErrorBody | RecurringInvoicePage | ValidationErrorBody | None,
]:
    """List recurring invoices. See `list` in `resources`."""
    return _calls.PreparedRequest(
        client,
        OPERATION,
        RESPONSES,
        "/recurring-invoices",
        options,
        params=_codec.query({"page": page, "per_page": per_page, "status": status}),
    )


sync, sync_detailed, asyncio, asyncio_detailed = _calls.functions(prepare)
