"""Get the verification status of an organization."""

from typing import Any

import httpx

from ... import client as _client
from ... import codec as _codec
from ... import operations as _operations
from ... import parsing as _parsing
from ... import types as _types
from ...models.error import Error
from ...models.organization_envelope import OrganizationEnvelope
from ...models.rate_limit_error_body import RateLimitErrorBody

OPERATION = _operations.GET_ORGANIZATION_STATUS


def _get_kwargs(
    id: int,
) -> dict[str, Any]:
    request: dict[str, Any] = {
        "method": OPERATION.method,
        "url": f"/organizations/{_codec.path_value('id', id)}/status",
    }
    return request


def _parse_response(
    *, client: _client.Client, response: httpx.Response
) -> Error | OrganizationEnvelope | RateLimitErrorBody | None:
    if response.status_code == 200:
        return _parsing.success_body(client, OPERATION, response, OrganizationEnvelope.from_dict)
    if response.status_code == 401:
        return _parsing.error_body(response, Error.from_dict)
    if response.status_code == 404:
        return _parsing.error_body(response, Error.from_dict)
    if response.status_code == 410:
        return _parsing.error_body(response, Error.from_dict)
    if response.status_code == 429:
        return _parsing.error_body(response, RateLimitErrorBody.from_dict)
    if response.status_code == 500:
        return _parsing.error_body(response, Error.from_dict)
    if response.status_code == 502:
        return _parsing.error_body(response, Error.from_dict)
    if response.status_code == 503:
        return _parsing.error_body(response, Error.from_dict)
    _parsing.unexpected(client, OPERATION, response)
    return None


def _build_response(
    *, client: _client.Client, response: httpx.Response
) -> _types.Response[Error | OrganizationEnvelope | RateLimitErrorBody]:
    return _types.Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    id: int,
    *,
    client: _client.AuthenticatedClient,
    options: _types.CallOptions | None = None,
) -> _types.Response[Error | OrganizationEnvelope | RateLimitErrorBody]:
    """Get the verification status of an organization.

    Poll this every 2 seconds after `verifyOrganization`, until the status is `verified`
    (invoices can be created) or `failed` (the owner rejected), or until the status code is 410
    (nobody confirmed within 120 seconds). `time_remaining` states how many seconds are left.

    The public documentation does not say how long 410 is returned; this specification assumes
    until the next `verifyOrganization`, and never for a `verified` or `failed` organization.

    Args:
        id: The organization's id, from the response of `verifyOrganization`. Limits: at least
            1.

    Returns:
        The current state of the organization.

    Statuses that are errors:
        401: The API key is missing, unknown or expired.
        404: There is no such resource.
        410: The verification window is over and nobody confirmed.
        429: Too many requests with this API key.
        500: The service failed.
        502: Kaspi did not respond, or responded with an error.
        503: The service's session with Kaspi has expired.
    """
    request = _get_kwargs(
        id=id,
    )
    response = client.get_httpx_client().request(
        **client.request_arguments(OPERATION, request, options)
    )
    return _build_response(client=client, response=response)


def sync(
    id: int,
    *,
    client: _client.AuthenticatedClient,
    options: _types.CallOptions | None = None,
) -> Error | OrganizationEnvelope | RateLimitErrorBody | None:
    """Get the verification status of an organization. The body alone; see `sync_detailed`."""
    return sync_detailed(
        id=id,
        client=client,
        options=options,
    ).parsed


async def asyncio_detailed(
    id: int,
    *,
    client: _client.AuthenticatedClient,
    options: _types.CallOptions | None = None,
) -> _types.Response[Error | OrganizationEnvelope | RateLimitErrorBody]:
    """Get the verification status of an organization. As `sync_detailed`, for async code."""
    request = _get_kwargs(
        id=id,
    )
    response = await client.get_async_httpx_client().request(
        **client.request_arguments(OPERATION, request, options)
    )
    return _build_response(client=client, response=response)


async def asyncio(
    id: int,
    *,
    client: _client.AuthenticatedClient,
    options: _types.CallOptions | None = None,
) -> Error | OrganizationEnvelope | RateLimitErrorBody | None:
    """Get the verification status of an organization. The body alone; see `asyncio_detailed`."""
    return (
        await asyncio_detailed(
            id=id,
            client=client,
            options=options,
        )
    ).parsed
