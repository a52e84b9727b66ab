"""Get a refund."""

from ... import calls as _calls
from ... import client as _client
from ... import codec as _codec
from ... import operations as _operations
from ... import parsing as _parsing
from ... import types as _types
from ...models.error import Error
from ...models.rate_limit_error_body import RateLimitErrorBody
from ...models.refund import Refund

OPERATION = _operations.GET_REFUND
RESPONSES: _parsing.Responses[Refund, Error | RateLimitErrorBody | Refund | None] = (
    _parsing.Responses(
        {200: Refund.from_dict},
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
) -> _calls.PreparedRequest[Refund, Error | RateLimitErrorBody | Refund | None]:
    """Get a refund. See `get` in `resources`."""
    return _calls.PreparedRequest(
        client, OPERATION, RESPONSES, f"/refunds/{_codec.path_value('id', id)}", options
    )


sync, sync_detailed, asyncio, asyncio_detailed = _calls.functions(prepare)
