"""Get the verification status of an organization."""

from ... import calls as _calls
from ... import client as _client
from ... import codec as _codec
from ... import operations as _operations
from ... import parsing as _parsing
from ... import types as _types
from ...models.error import Error
from ...models.organization_envelope import OrganizationEnvelope
from ...models.rate_limit_error_body import RateLimitErrorBody

OPERATION = _operations.GET_ORGANIZATION_STATUS
RESPONSES: _parsing.Responses[
    OrganizationEnvelope, Error | OrganizationEnvelope | RateLimitErrorBody | None
] = _parsing.Responses(
    {200: OrganizationEnvelope.from_dict},
    {
        401: Error.from_dict,
        404: Error.from_dict,
        410: Error.from_dict,
        429: RateLimitErrorBody.from_dict,
        500: Error.from_dict,
        502: Error.from_dict,
        503: Error.from_dict,
    },
)


def prepare(
    id: int, *, client: _client.AuthenticatedClient, options: _types.CallOptions | None = None
) -> _calls.PreparedRequest[
    OrganizationEnvelope, Error | OrganizationEnvelope | RateLimitErrorBody | None
]:
    """Get the verification status of an organization. See `status` in `resources`."""
    return _calls.PreparedRequest(
        client,
        OPERATION,
        RESPONSES,
        f"/organizations/{_codec.path_value('id', id)}/status",
        options,
    )


sync, sync_detailed, asyncio, asyncio_detailed = _calls.functions(prepare)
