"""Update a recurring invoice."""

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
from ...models.update_recurring_invoice_request import UpdateRecurringInvoiceRequest
from ...models.validation_error_body import ValidationErrorBody
from ...types import UNSET, Unset

OPERATION = _operations.UPDATE_RECURRING_INVOICE


def _get_kwargs(
    id: int,
    *,
    body: UpdateRecurringInvoiceRequest | Unset = UNSET,
) -> dict[str, Any]:
    request: dict[str, Any] = {
        "method": OPERATION.method,
        "url": f"/recurring-invoices/{_codec.path_value('id', id)}",
    }
    headers: dict[str, str] = {}
    if not isinstance(body, Unset):
        request |= _codec.json_request(body)
        headers["Content-Type"] = "application/json"
    request["headers"] = headers
    return request


def _parse_response(
    *, client: _client.Client, response: httpx.Response
) -> Error | RateLimitErrorBody | RecurringInvoice | ValidationErrorBody | None:
    if response.status_code == 200:
        return _parsing.success_body(client, OPERATION, response, RecurringInvoice.from_dict)
    if response.status_code == 400:
        return _parsing.error_body(response, Error.from_dict)
    if response.status_code == 401:
        return _parsing.error_body(response, Error.from_dict)
    if response.status_code == 404:
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
) -> _types.Response[Error | RateLimitErrorBody | RecurringInvoice | ValidationErrorBody]:
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
    body: UpdateRecurringInvoiceRequest | Unset = UNSET,
    options: _types.CallOptions | None = None,
) -> _types.Response[Error | RateLimitErrorBody | RecurringInvoice | ValidationErrorBody]:
    """Update a recurring invoice.

    Changes the amount, the description or the interval of future billings. A field that is
    absent or `null` keeps its value, so a field cannot be cleared. Invoices that were already
    issued do not change.

    The public documentation does not say when a new interval takes effect, nor how a cancelled
    recurring invoice is handled; this specification assumes that `next_billing_date` stays and
    the billings after it follow the new interval, and that a change of a cancelled one is
    rejected with 422.

    Args:
        id: The recurring invoice's id. Limits: at least 1.

    Returns:
        The updated recurring invoice.

    Statuses that are errors:
        400: The body is not valid JSON.
        401: The API key is missing, unknown or expired.
        404: There is no such resource.
        415: The body is not sent as `application/json`, or it is sent with a
            `Content-Encoding`.
        422: One or more fields are not valid; `errors` states which and why.
        429: Too many requests with this API key.
        500: The service failed.
        502: Kaspi did not respond, or responded with an error.
        503: The service's session with Kaspi has expired.
    """
    request = _get_kwargs(
        id=id,
        body=body,
    )
    response = client.get_httpx_client().request(
        **client.request_arguments(OPERATION, request, options)
    )
    return _build_response(client=client, response=response)


def sync(
    id: int,
    *,
    client: _client.AuthenticatedClient,
    body: UpdateRecurringInvoiceRequest | Unset = UNSET,
    options: _types.CallOptions | None = None,
) -> Error | RateLimitErrorBody | RecurringInvoice | ValidationErrorBody | None:
    """Update a recurring invoice. The body alone; see `sync_detailed`."""
    return sync_detailed(
        id=id,
        body=body,
        client=client,
        options=options,
    ).parsed


async def asyncio_detailed(
    id: int,
    *,
    client: _client.AuthenticatedClient,
    body: UpdateRecurringInvoiceRequest | Unset = UNSET,
    options: _types.CallOptions | None = None,
) -> _types.Response[Error | RateLimitErrorBody | RecurringInvoice | ValidationErrorBody]:
    """Update a recurring invoice. As `sync_detailed`, for async code."""
    request = _get_kwargs(
        id=id,
        body=body,
    )
    response = await client.get_async_httpx_client().request(
        **client.request_arguments(OPERATION, request, options)
    )
    return _build_response(client=client, response=response)


async def asyncio(
    id: int,
    *,
    client: _client.AuthenticatedClient,
    body: UpdateRecurringInvoiceRequest | Unset = UNSET,
    options: _types.CallOptions | None = None,
) -> Error | RateLimitErrorBody | RecurringInvoice | ValidationErrorBody | None:
    """Update a recurring invoice. The body alone; see `asyncio_detailed`."""
    return (
        await asyncio_detailed(
            id=id,
            body=body,
            client=client,
            options=options,
        )
    ).parsed
