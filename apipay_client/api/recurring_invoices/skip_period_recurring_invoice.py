"""Skip one billing period."""

from typing import Any

import httpx

from ... import client as _client
from ... import codec as _codec
from ... import operations as _operations
from ... import parsing as _parsing
from ... import types as _types
from ...models.error import Error
from ...models.rate_limit_error_body import RateLimitErrorBody
from ...models.recurring_invoice import RecurringInvoice

OPERATION = _operations.SKIP_PERIOD_RECURRING_INVOICE


def _get_kwargs(
    id: int,
) -> dict[str, Any]:
    request: dict[str, Any] = {
        "method": OPERATION.method,
        "url": f"/recurring-invoices/{_codec.path_value('id', id)}/skip-period",
    }
    return request


def _parse_response(
    *, client: _client.Client, response: httpx.Response
) -> Error | RateLimitErrorBody | RecurringInvoice | None:
    if response.status_code == 200:
        return _parsing.success_body(client, OPERATION, response, RecurringInvoice.from_dict)
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
) -> _types.Response[Error | RateLimitErrorBody | RecurringInvoice]:
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
) -> _types.Response[Error | RateLimitErrorBody | RecurringInvoice]:
    """Skip one billing period.

    Moves `next_billing_date` forward by one interval without issuing an invoice. Every call
    skips another period: after a lost response, compare `next_billing_date` before you retry.

    The public documentation does not say in which statuses this is possible; this specification
    assumes that the recurring invoice must be `active`.

    Args:
        id: The recurring invoice's id. Limits: at least 1.

    Returns:
        The recurring invoice with its new `next_billing_date`.

    Statuses that are errors:
        400: The status of the recurring invoice does not allow this (for example, only an
            `active` one can be paused, and `cancelled` allows nothing).
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
) -> Error | RateLimitErrorBody | RecurringInvoice | None:
    """Skip one billing period. The body alone; see `sync_detailed`."""
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
) -> _types.Response[Error | RateLimitErrorBody | RecurringInvoice]:
    """Skip one billing period. As `sync_detailed`, for async code."""
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
) -> Error | RateLimitErrorBody | RecurringInvoice | None:
    """Skip one billing period. The body alone; see `asyncio_detailed`."""
    return (
        await asyncio_detailed(
            id=id,
            client=client,
            options=options,
        )
    ).parsed
