"""Start the verification of an organization."""

from ... import calls as _calls
from ... import client as _client
from ... import codec as _codec
from ... import operations as _operations
from ... import parsing as _parsing
from ... import types as _types
from ...models.error import Error
from ...models.organization_verification import OrganizationVerification
from ...models.rate_limit_error_body import RateLimitErrorBody
from ...models.validation_error_body import ValidationErrorBody
from ...models.verify_organization_request import VerifyOrganizationRequest

OPERATION = _operations.VERIFY_ORGANIZATION
RESPONSES: _parsing.Responses[
    OrganizationVerification,
    Error | OrganizationVerification | RateLimitErrorBody | ValidationErrorBody | None,
] = _parsing.Responses(
    {200: OrganizationVerification.from_dict},
    {
        400: Error.from_dict,
        401: Error.from_dict,
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
    body: VerifyOrganizationRequest,
    options: _types.CallOptions | None = None,
) -> _calls.PreparedRequest[
    OrganizationVerification,
    Error | OrganizationVerification | RateLimitErrorBody | ValidationErrorBody | None,
]:
    """Start the verification of an organization. See `verify` in `resources`."""
    return _calls.PreparedRequest(
        client,
        OPERATION,
        RESPONSES,
        "/organizations/verify",
        options,
        body=_codec.json_body(body, "application/json"),
    )


sync, sync_detailed, asyncio, asyncio_detailed = _calls.functions(prepare)
