"""Bill a recurring invoice now."""

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

OPERATION = _operations.BILL_NOW_RECURRING_INVOICE


def _get_kwargs(
    id: int,
) -> dict[str, Any]:
    request: dict[str, Any] = {
        "method": OPERATION.method,
        "url": f"/recurring-invoices/{_codec.path_value('id', id)}/bill-now",
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
    """Bill a recurring invoice now.

    Issues an ordinary invoice now, outside the schedule, and returns that **invoice**: the `id`
    is an invoice id. Every call issues another invoice: after a lost response, let a person
    check `listInvoices` before you retry.

    The public documentation does not say in which statuses this is possible, nor whether the
    schedule changes; this specification assumes that the recurring invoice must be `active` and
    not past its `end_date`, and that `next_billing_date` does not change.

    Args:
        id: The recurring invoice's id. Limits: at least 1.

    Returns:
        The new invoice, `pending`.

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
) -> Error | Invoice | RateLimitErrorBody | None:
    """Bill a recurring invoice now. The body alone; see `sync_detailed`."""
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
    """Bill a recurring invoice now. As `sync_detailed`, for async code."""
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
    """Bill a recurring invoice now. The body alone; see `asyncio_detailed`."""
    return (
        await asyncio_detailed(
            id=id,
            client=client,
            options=options,
        )
    ).parsed
