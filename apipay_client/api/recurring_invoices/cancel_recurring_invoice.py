"""Cancel a recurring invoice."""

from ... import calls as _calls
from ... import client as _client
from ... import codec as _codec
from ... import operations as _operations
from ... import parsing as _parsing
from ... import types as _types
from ...models.error import Error
from ...models.rate_limit_error_body import RateLimitErrorBody
from ...models.recurring_invoice import RecurringInvoice

OPERATION = _operations.CANCEL_RECURRING_INVOICE
RESPONSES: _parsing.Responses[
    RecurringInvoice, Error | RateLimitErrorBody | RecurringInvoice | None
] = _parsing.Responses(
    {200: RecurringInvoice.from_dict},
    {
        400: Error.from_dict,
        401: Error.from_dict,
        404: Error.from_dict,
        429: RateLimitErrorBody.from_dict,
        500: Error.from_dict,
        502: Error.from_dict,
        503: Error.from_dict,
    },
)


def prepare(
    id: int, *, client: _client.AuthenticatedClient, options: _types.CallOptions | None = None
) -> _calls.PreparedRequest[RecurringInvoice, Error | RateLimitErrorBody | RecurringInvoice | None]:
    """Cancel a recurring invoice. See `cancel` in `resources`."""
    return _calls.PreparedRequest(
        client,
        OPERATION,
        RESPONSES,
        f"/recurring-invoices/{_codec.path_value('id', id)}/cancel",
        options,
    )


sync, sync_detailed, asyncio, asyncio_detailed = _calls.functions(prepare)
