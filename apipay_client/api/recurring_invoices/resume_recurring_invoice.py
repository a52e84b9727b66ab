"""Resume a paused recurring invoice."""

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

OPERATION = _operations.RESUME_RECURRING_INVOICE


def _get_kwargs(
    id: int,
) -> dict[str, Any]:
    request: dict[str, Any] = {
        "method": OPERATION.method,
        "url": f"/recurring-invoices/{_codec.path_value('id', id)}/resume",
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
    """Resume a paused recurring invoice.

    Makes a `paused` recurring invoice `active` again. The response can be limited to `id` and
    `status`.

    The public documentation does not say whether billing dates that passed during the pause are
    billed; this specification assumes that they are not, and that `next_billing_date` is the
    first scheduled date that has not passed.

    Args:
        id: The recurring invoice's id. Limits: at least 1.

    Returns:
        The recurring invoice, `active`.

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
    """Resume a paused recurring invoice. The body alone; see `sync_detailed`."""
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
    """Resume a paused recurring invoice. As `sync_detailed`, for async code."""
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
    """Resume a paused recurring invoice. The body alone; see `asyncio_detailed`."""
    return (
        await asyncio_detailed(
            id=id,
            client=client,
            options=options,
        )
    ).parsed
