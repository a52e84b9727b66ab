"""List the refunds of an invoice."""

from ... import calls as _calls
from ... import client as _client
from ... import codec as _codec
from ... import operations as _operations
from ... import parsing as _parsing
from ... import types as _types
from ...models.error import Error
from ...models.rate_limit_error_body import RateLimitErrorBody
from ...models.refund_list import RefundList

OPERATION = _operations.LIST_INVOICE_REFUNDS
RESPONSES: _parsing.Responses[RefundList, Error | RateLimitErrorBody | RefundList | None] = (
    _parsing.Responses(
        {200: RefundList.from_dict},
        {
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
) -> _calls.PreparedRequest[RefundList, Error | RateLimitErrorBody | RefundList | None]:
    """List the refunds of an invoice. See `list_for_invoice` in `resources`."""
    return _calls.PreparedRequest(
        client, OPERATION, RESPONSES, f"/invoices/{_codec.path_value('id', id)}/refunds", options
    )


sync, sync_detailed, asyncio, asyncio_detailed = _calls.functions(prepare)
