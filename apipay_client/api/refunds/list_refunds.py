"""List refunds."""

from typing import Any

import httpx

from ... import client as _client
from ... import codec as _codec
from ... import operations as _operations
from ... import parsing as _parsing
from ... import types as _types
from ...models.error import Error
from ...models.rate_limit_error_body import RateLimitErrorBody
from ...models.refund_page import RefundPage
from ...models.validation_error_body import ValidationErrorBody
from ...types import UNSET, Unset

OPERATION = _operations.LIST_REFUNDS


def _get_kwargs(
    *,
    page: int | Unset = UNSET,
    per_page: int | Unset = UNSET,
) -> dict[str, Any]:
    request: dict[str, Any] = {"method": OPERATION.method, "url": "/refunds"}
    request["params"] = _codec.query({"page": page, "per_page": per_page})
    return request


def _parse_response(
    *, client: _client.Client, response: httpx.Response
) -> Error | RateLimitErrorBody | RefundPage | ValidationErrorBody | None:
    if response.status_code == 200:
        return _parsing.success_body(client, OPERATION, response, RefundPage.from_dict)
    if response.status_code == 401:
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
) -> _types.Response[Error | RateLimitErrorBody | RefundPage | ValidationErrorBody]:
    return _types.Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: _client.AuthenticatedClient,
    page: int | Unset = UNSET,
    per_page: int | Unset = UNSET,
    options: _types.CallOptions | None = None,
) -> _types.Response[Error | RateLimitErrorBody | RefundPage | ValidationErrorBody]:
    """List refunds.

    Returns one page of the refunds of all the merchant's invoices.

    The public documentation does not state the response to invalid parameters; this
    specification assumes 422.

    Args:
        page: The page number, from 1. Limits: at least 1; default 1.
        per_page: The maximum number of items on a page, 1 to 100. Limits: at least 1; at most
            100; default 10.

    Returns:
        One page of refunds.

    Statuses that are errors:
        401: The API key is missing, unknown or expired.
        422: One or more fields are not valid; `errors` states which and why.
        429: Too many requests with this API key.
        500: The service failed.
        502: Kaspi did not respond, or responded with an error.
        503: The service's session with Kaspi has expired.
    """
    request = _get_kwargs(
        page=page,
        per_page=per_page,
    )
    response = client.get_httpx_client().request(
        **client.request_arguments(OPERATION, request, options)
    )
    return _build_response(client=client, response=response)


def sync(
    *,
    client: _client.AuthenticatedClient,
    page: int | Unset = UNSET,
    per_page: int | Unset = UNSET,
    options: _types.CallOptions | None = None,
) -> Error | RateLimitErrorBody | RefundPage | ValidationErrorBody | None:
    """List refunds. The body alone; see `sync_detailed`."""
    return sync_detailed(
        page=page,
        per_page=per_page,
        client=client,
        options=options,
    ).parsed


async def asyncio_detailed(
    *,
    client: _client.AuthenticatedClient,
    page: int | Unset = UNSET,
    per_page: int | Unset = UNSET,
    options: _types.CallOptions | None = None,
) -> _types.Response[Error | RateLimitErrorBody | RefundPage | ValidationErrorBody]:
    """List refunds. As `sync_detailed`, for async code."""
    request = _get_kwargs(
        page=page,
        per_page=per_page,
    )
    response = await client.get_async_httpx_client().request(
        **client.request_arguments(OPERATION, request, options)
    )
    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: _client.AuthenticatedClient,
    page: int | Unset = UNSET,
    per_page: int | Unset = UNSET,
    options: _types.CallOptions | None = None,
) -> Error | RateLimitErrorBody | RefundPage | ValidationErrorBody | None:
    """List refunds. The body alone; see `asyncio_detailed`."""
    return (
        await asyncio_detailed(
            page=page,
            per_page=per_page,
            client=client,
            options=options,
        )
    ).parsed
