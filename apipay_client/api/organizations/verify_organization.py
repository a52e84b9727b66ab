"""Start the verification of an organization."""

from typing import Any

import httpx

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


def _get_kwargs(
    *,
    body: VerifyOrganizationRequest,
) -> dict[str, Any]:
    request: dict[str, Any] = {"method": OPERATION.method, "url": "/organizations/verify"}
    headers: dict[str, str] = {}
    request |= _codec.json_request(body)
    headers["Content-Type"] = "application/json"
    request["headers"] = headers
    return request


def _parse_response(
    *, client: _client.Client, response: httpx.Response
) -> Error | OrganizationVerification | RateLimitErrorBody | ValidationErrorBody | None:
    if response.status_code == 200:
        return _parsing.success_body(
            client, OPERATION, response, OrganizationVerification.from_dict
        )
    if response.status_code == 400:
        return _parsing.error_body(response, Error.from_dict)
    if response.status_code == 401:
        return _parsing.error_body(response, Error.from_dict)
    if response.status_code == 415:
        return _parsing.error_body(response, Error.from_dict)
    if response.status_code == 422:
        return _parsing.error_body(response, ValidationErrorBody.from_dict)
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
) -> _types.Response[Error | OrganizationVerification | RateLimitErrorBody | ValidationErrorBody]:
    return _types.Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: _client.AuthenticatedClient,
    body: VerifyOrganizationRequest,
    options: _types.CallOptions | None = None,
) -> _types.Response[Error | OrganizationVerification | RateLimitErrorBody | ValidationErrorBody]:
    """Start the verification of an organization.

    Opens a window of 120 seconds in which the owner of the organization confirms in the Kaspi
    Business app that the service may act as its cashier. Then poll `getOrganizationStatus` with
    the `id` of the response every 2 seconds.

    Add the service's phone number to Kaspi Business as a *Cashier* before the call. After
    `failed`, or after the window is over (410), call this again: each call opens a new window.

    The public documentation does not say what happens when the organization is already
    verified; this specification assumes that it stays `verified` and that no window is opened.

    Returns:
        The window is open and the organization is `pending`, or it is already `verified`.

    Statuses that are errors:
        400: The body is not valid JSON.
        401: The API key is missing, unknown or expired.
        415: The body is not sent as `application/json`, or it is sent with a
            `Content-Encoding`.
        422: One or more fields are not valid; `errors` states which and why.
        429: Too many requests with this API key.
        500: The service failed.
        502: Kaspi did not respond, or responded with an error.
        503: The service's session with Kaspi has expired.
    """
    request = _get_kwargs(
        body=body,
    )
    response = client.get_httpx_client().request(
        **client.request_arguments(OPERATION, request, options)
    )
    return _build_response(client=client, response=response)


def sync(
    *,
    client: _client.AuthenticatedClient,
    body: VerifyOrganizationRequest,
    options: _types.CallOptions | None = None,
) -> Error | OrganizationVerification | RateLimitErrorBody | ValidationErrorBody | None:
    """Start the verification of an organization. The body alone; see `sync_detailed`."""
    return sync_detailed(
        body=body,
        client=client,
        options=options,
    ).parsed


async def asyncio_detailed(
    *,
    client: _client.AuthenticatedClient,
    body: VerifyOrganizationRequest,
    options: _types.CallOptions | None = None,
) -> _types.Response[Error | OrganizationVerification | RateLimitErrorBody | ValidationErrorBody]:
    """Start the verification of an organization. As `sync_detailed`, for async code."""
    request = _get_kwargs(
        body=body,
    )
    response = await client.get_async_httpx_client().request(
        **client.request_arguments(OPERATION, request, options)
    )
    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: _client.AuthenticatedClient,
    body: VerifyOrganizationRequest,
    options: _types.CallOptions | None = None,
) -> Error | OrganizationVerification | RateLimitErrorBody | ValidationErrorBody | None:
    """Start the verification of an organization. The body alone; see `asyncio_detailed`."""
    return (
        await asyncio_detailed(
            body=body,
            client=client,
            options=options,
        )
    ).parsed
