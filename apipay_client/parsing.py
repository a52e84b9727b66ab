"""Read a response as the spec describes it."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, final

import httpx

from .client import Client
from .codec import JSON_EXTENSION, loads
from .errors import DecodeError, ResponseDecodeError, UnexpectedStatus
from .operations import Operation

T = TypeVar("T")
S = TypeVar("S")
R = TypeVar("R")


@final
@dataclass(frozen=True, slots=True)
class NotJson(Generic[T]):
    """How a body that is not JSON is read: `convert` gets the result of `body`."""

    body: Callable[[httpx.Response], Any]
    convert: Callable[[object], T]


#: How a body is read: by a function for its JSON, in another way, or not at all.
Reader = Callable[[object], T] | NotJson[T] | None
#: A status code, a range of them ("4XX"), or "default".
Status = int | str


class Responses(Generic[S, R]):
    """How the body of each response of an operation is read, by status.

    `S` is the type of the body of a success, `R` that of any response.
    """

    __slots__ = ("errors", "otherwise", "success")

    def __init__(
        self, success: Mapping[Status, Reader[S]], errors: Mapping[Status, Reader[R]]
    ) -> None:
        self.success = success
        self.errors = errors
        with_body = (reader for reader in success.values() if reader is not None)
        #: The reader for a success that the spec does not list.
        self.otherwise: Reader[S] = success.get("2XX", next(with_body, None))


def json_body(response: httpx.Response) -> Any:
    """Return the body as JSON, parsed once; an httpx client that needed it has kept it here."""
    extensions = response.extensions
    if JSON_EXTENSION not in extensions:
        extensions[JSON_EXTENSION] = loads(response.content)
    return extensions[JSON_EXTENSION]


def json_or_none(response: httpx.Response) -> Any:
    """Return the body as JSON, or None if it is not JSON."""
    try:
        return json_body(response)
    except DecodeError:
        return None


def text_body(response: httpx.Response) -> str:
    """Return the body as text."""
    return response.text


def raw_body(response: httpx.Response) -> bytes:
    """Return the body as bytes."""
    return response.content


def _read(response: httpx.Response, reader: Reader[T]) -> T | None:
    if reader is None:
        return None
    if response.status_code in (204, 205) and not response.content:
        raise DecodeError("there, although it is required")
    try:
        if isinstance(reader, NotJson):
            return reader.convert(reader.body(response))
        return reader(json_body(response))
    except RecursionError:
        raise DecodeError("nested little enough to be read") from None


def read_success(
    client: Client, operation: Operation, responses: Responses[S, Any], response: httpx.Response
) -> S:
    """Return the body of a success.

    Any 2xx is a success. One that the spec does not list is read as the first that it lists.

    Raises:
        ResponseDecodeError: The body is not what the spec says, or is missing.
    """
    reader = responses.success.get(response.status_code, responses.otherwise)
    try:
        # Without a reader `S` includes None.
        body: Any = _read(response, reader)
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
    result: S = body
    return result


def read(
    client: Client, operation: Operation, responses: Responses[Any, R], response: httpx.Response
) -> R:
    """Return the body of any response; None for an error whose body the spec does not describe.

    Raises:
        ResponseDecodeError: The body of a success is not what the spec says.
        UnexpectedStatus: The spec does not list the status code, and the client has
            `raise_on_unexpected_status`.
    """
    status = response.status_code
    body: Any = None
    if response.is_success:
        body = read_success(client, operation, responses, response)
    else:
        listed = [
            key for key in (status, f"{status // 100}XX", "default") if key in responses.errors
        ]
        if listed:
            with suppress(DecodeError):  # a proxy in front of the service sends its own page
                body = _read(response, responses.errors[listed[0]])
        elif client.raise_on_unexpected_status:
            raise unexpected(client, operation, response)
    result: R = body
    return result


def unexpected(client: Client, operation: Operation, response: httpx.Response) -> Exception:
    """Return the exception for a response that is not a success."""
    return client.failure(
        UnexpectedStatus(
            response.status_code,
            response.content,
            operation=operation.id,
            headers=response.headers,
        )
    )
