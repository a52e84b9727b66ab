"""Bill a recurring invoice now."""

from ... import calls as _calls
from ... import client as _client
from ... import codec as _codec
from ... import operations as _operations
from ... import parsing as _parsing
from ... import types as _types
from ...models.error import Error
from ...models.invoice import Invoice
from ...models.rate_limit_error_body import RateLimitErrorBody

OPERATION = _operations.BILL_NOW_RECURRING_INVOICE
RESPONSES: _parsing.Responses[Invoice, Error | Invoice | RateLimitErrorBody | None] = (
    _parsing.Responses(
        {200: Invoice.from_dict},
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
)


def prepare(
    id: int, *, client: _client.AuthenticatedClient, options: _types.CallOptions | None = None
) -> _calls.PreparedRequest[Invoice, Error | Invoice | RateLimitErrorBody | None]:
    """Bill a recurring invoice now. See `bill_now` in `resources`."""
    return _calls.PreparedRequest(
        client,
        OPERATION,
        RESPONSES,
        f"/recurring-invoices/{_codec.path_value('id', id)}/bill-now",
        options,
    )


sync, sync_detailed, asyncio, asyncio_detailed = _calls.functions(prepare)
