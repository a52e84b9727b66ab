"""Create an invoice."""

from ... import calls as _calls
from ... import client as _client
from ... import codec as _codec
from ... import operations as _operations
from ... import parsing as _parsing
from ... import types as _types
from ...models.create_invoice_request import CreateInvoiceRequest
from ...models.created_invoice import CreatedInvoice
from ...models.error import Error
from ...models.rate_limit_error_body import RateLimitErrorBody
from ...models.validation_error_body import ValidationErrorBody

OPERATION = _operations.CREATE_INVOICE
RESPONSES: _parsing.Responses[
    CreatedInvoice, CreatedInvoice | Error | RateLimitErrorBody | ValidationErrorBody | None
] = _parsing.Responses(
    {200: CreatedInvoice.from_dict},
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
    body: CreateInvoiceRequest,
    options: _types.CallOptions | None = None,
) -> _calls.PreparedRequest[
    CreatedInvoice, CreatedInvoice | Error | RateLimitErrorBody | ValidationErrorBody | None
]:
    """Create an invoice. See `create` in `resources`."""
    return _calls.PreparedRequest(
        client,
        OPERATION,
        RESPONSES,
        "/invoices",
        options,
        body=_codec.json_body(body, "application/json"),
    )


sync, sync_detailed, asyncio, asyncio_detailed = _calls.functions(prepare)
