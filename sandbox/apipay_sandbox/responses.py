"""ASGI types and responses: status, body, headers, and the body of an error."""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from .errors import SandboxError
from .jsons import Json, encode

JSON = b"application/json"
Headers = tuple[tuple[bytes, bytes], ...]
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(slots=True)
class Response:
    """One HTTP response."""

    status: int
    body: bytes
    content_type: bytes = JSON
    headers: Headers = ()


def error_body(problem: SandboxError) -> dict[str, Json]:
    """Return the body of an error response."""
    body: dict[str, Json] = {"message": problem.message}
    if problem.errors is not None:
        body["errors"] = problem.errors
    if problem.retry_after is not None:
        body["retry_after"] = problem.retry_after
    return body


def error(problem: SandboxError, headers: Headers = ()) -> Response:
    """Return an error response."""
    return Response(problem.status, encode(error_body(problem)).encode(), headers=headers)


async def start(send: Send, response: Response) -> None:
    """Send the status and the headers of a response."""
    headers = [
        (b"content-type", response.content_type),
        (b"content-length", b"%d" % len(response.body)),
        *response.headers,
    ]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})


async def respond(send: Send, response: Response) -> None:
    """Send a whole response."""
    await start(send, response)
    await send({"type": "http.response.body", "body": response.body})
