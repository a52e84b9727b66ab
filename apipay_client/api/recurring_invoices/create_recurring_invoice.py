"""Create a recurring invoice."""

from ... import calls as _calls
from ... import client as _client
from ... import codec as _codec
from ... import operations as _operations
from ... import parsing as _parsing
from ... import types as _types
from ...models.create_recurring_invoice_request import CreateRecurringInvoiceRequest
from ...models.error import Error
from ...models.rate_limit_error_body import RateLimitErrorBody
from ...models.recurring_invoice import RecurringInvoice
from ...models.validation_error_body import ValidationErrorBody

OPERATION = _operations.CREATE_RECURRING_INVOICE
RESPONSES: _parsing.Responses[
    RecurringInvoice, Error | RateLimitErrorBody | RecurringInvoice | ValidationErrorBody | None
] = _parsing.Responses(
    {200: RecurringInvoice.from_dict},
    {
        400: Error.from_dict,
        401: Error.from_dict,
        403: Error.from_dict,
        415: Error.from_dict,
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
    body: CreateRecurringInvoiceRequest,
    options: _types.CallOptions | None = None,
) -> _calls.PreparedRequest[
    RecurringInvoice, Error | RateLimitErrorBody | RecurringInvoice | ValidationErrorBody | None
]:
    """Create a recurring invoice. See `create` in `resources`."""
    return _calls.PreparedRequest(
        client,
        OPERATION,
        RESPONSES,
        "/recurring-invoices",
        options,
        body=_codec.json_body(body, "application/json"),
    )


sync, sync_detailed, asyncio, asyncio_detailed = _calls.functions(prepare)
