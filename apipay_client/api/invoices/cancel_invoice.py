"""Cancel a pending invoice."""

from typing import Any

import httpx

from ... import client as _client
from ... import codec as _codec
from ... import operations as _operations
from ... import parsing as _parsing
from ... import types as _types
from ...models.error import Error
from ...models.invoice import Invoice
from ...models.rate_limit_error_body import RateLimitErrorBody

OPERATION = _operations.CANCEL_INVOICE


def _get_kwargs(
    id: int,
) -> dict[str, Any]:
    request: dict[str, Any] = {
        "method": OPERATION.method,
        "url": f"/invoices/{_codec.path_value('id', id)}/cancel",
    }
    return request


def _parse_response(
    *, client: _client.Client, response: httpx.Response
) -> Error | Invoice | RateLimitErrorBody | None:
    if response.status_code == 200:
        return _parsing.success_body(client, OPERATION, response, Invoice.from_dict)
    if response.status_code == 400:
        return _parsing.error_body(response, Error.from_dict)
    if response.status_code == 401:
        return _parsing.error_body(response, Error.from_dict)
    if response.status_code == 404:
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
) -> _types.Response[Error | Invoice | RateLimitErrorBody]:
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
) -> _types.Response[Error | Invoice | RateLimitErrorBody]:
    """Cancel a pending invoice.

    Cancels an invoice, so that the customer can no longer pay it. Only a `pending` invoice can
    be cancelled; refund a paid one with `createRefund`. The response holds `id`, `status` and
    `cancelled_at`.

    The customer can pay while you cancel: on 400 read the invoice again before you report it as
    cancelled.

    Args:
        id: The invoice's id. Limits: at least 1.

    Returns:
        The invoice, `cancelled`.

    Statuses that are errors:
        400: The invoice is no longer `pending`, so it cannot be cancelled.
        401: The API key is missing, unknown or expired.
        404: There is no such resource.
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
) -> Error | Invoice | RateLimitErrorBody | None:
    """Cancel a pending invoice. The body alone; see `sync_detailed`."""
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
) -> _types.Response[Error | Invoice | RateLimitErrorBody]:
    """Cancel a pending invoice. As `sync_detailed`, for async code."""
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
) -> Error | Invoice | RateLimitErrorBody | None:
    """Cancel a pending invoice. The body alone; see `asyncio_detailed`."""
    return (
        await asyncio_detailed(
            id=id,
            client=client,
            options=options,
        )
    ).parsed
