"""From an httpx answer to the value of the spec: what the generated functions have in common."""

from collections.abc import Callable
from typing import Any, TypeVar

import httpx

from .client import Client
from .codec import JSON_EXTENSION, loads
from .errors import DecodeError, ResponseDecodeError, UnexpectedStatus
from .operations import Operation
from .types import Response

T = TypeVar("T")


def json_body(response: httpx.Response) -> Any:
    """The body as JSON, parsed once: a transport that has looked into it keeps it here."""
    extensions = response.extensions
    if JSON_EXTENSION not in extensions:
        extensions[JSON_EXTENSION] = loads(response.content)
    return extensions[JSON_EXTENSION]


def text_body(response: httpx.Response) -> str:
    """The body as text."""
    return response.text


def raw_body(response: httpx.Response) -> bytes:
    """The body as it came."""
    return response.content


def _read(
    response: httpx.Response,
    convert: Callable[[object], T],
    body: Callable[[httpx.Response], Any],
) -> T:
    try:
        return convert(body(response))
    except RecursionError:
        raise DecodeError("nested little enough to be read") from None


def success_body(
    client: Client,
    operation: Operation,
    response: httpx.Response,
    convert: Callable[[object], T],
    body: Callable[[httpx.Response], Any] = json_body,
) -> T:
    """The body of a success. Raises `ResponseDecodeError` where it is not what the spec says."""
    try:
        return _read(response, convert, body)
    except DecodeError as error:
        raise client.failure(
            ResponseDecodeError(
                operation.id,
                response.status_code,
                response.content,
                path=error.path,
                expected=error.expected,
                headers=response.headers,
            )
        ) from None


def error_body(
    response: httpx.Response,
    convert: Callable[[object], T],
    body: Callable[[httpx.Response], Any] = json_body,
) -> T | None:
    """The body of an error; None where something in between answered in its own words."""
    try:
        return _read(response, convert, body)
    except DecodeError:
        return None


def default_body(
    client: Client,
    operation: Operation,
    response: httpx.Response,
    convert: Callable[[object], T],
    body: Callable[[httpx.Response], Any] = json_body,
) -> T | None:
    """The body of a status that the spec does not list: of a success, or of an error."""
    if response.status_code in operation.success:
        return success_body(client, operation, response, convert, body)
    return error_body(response, convert, body)


def unexpected(client: Client, operation: Operation, response: httpx.Response) -> None:
    """A status that the spec does not give a typed result for."""
    if client.raise_on_unexpected_status:
        raise client.failure(
            UnexpectedStatus(
                response.status_code,
                response.content,
                operation=operation.id,
                headers=response.headers,
            )
        )


def succeeded(client: Client, operation: Operation, response: Response[Any]) -> Any:
    """The typed result of a success. Raises `UnexpectedStatus` for every other answer."""
    if response.status_code in operation.success:
        return response.parsed
    raise client.failure(
        UnexpectedStatus(
            response.status_code,
            response.content,
            operation=operation.id,
            headers=response.headers,
        )
    )
