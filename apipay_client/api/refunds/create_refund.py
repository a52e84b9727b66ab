"""Refund a paid invoice."""

from ... import calls as _calls
from ... import client as _client
from ... import codec as _codec
from ... import operations as _operations
from ... import parsing as _parsing
from ... import types as _types
from ...models.create_refund_request import CreateRefundRequest
from ...models.error import Error
from ...models.rate_limit_error_body import RateLimitErrorBody
from ...models.refund import Refund
from ...models.validation_error_body import ValidationErrorBody
from ...types import UNSET, Unset

OPERATION = _operations.CREATE_REFUND
RESPONSES: _parsing.Responses[
    Refund, Error | RateLimitErrorBody | Refund | ValidationErrorBody | None
] = _parsing.Responses(
    {200: Refund.from_dict},
    {
        400: Error.from_dict,
        401: Error.from_dict,
        404: Error.from_dict,
        415: Error.from_dict,
        422: ValidationErrorBody.from_dict,
        429: RateLimitErrorBody.from_dict,
        500: Error.from_dict,
        502: Error.from_dict,
        503: Error.from_dict,
    },
)


def prepare(
    id: int,
    *,
    client: _client.AuthenticatedClient,
    body: CreateRefundRequest | Unset = UNSET,
    options: _types.CallOptions | None = None,
) -> _calls.PreparedRequest[
    Refund, Error | RateLimitErrorBody | Refund | ValidationErrorBody | None
]:
    """Refund a paid invoice. See `create` in `resources`."""
    return _calls.PreparedRequest(
        client,
        OPERATION,
        RESPONSES,
        f"/invoices/{_codec.path_value('id', id)}/refund",
        options,
        body=None if isinstance(body, Unset) else _codec.json_body(body, "application/json"),
    )


sync, sync_detailed, asyncio, asyncio_detailed = _calls.functions(prepare)
