"""Answers of the HTTP side: their bytes, and the service's shape of an error."""

from dataclasses import dataclass

from .errors import SandboxError
from .jsons import encode

JSON = b"application/json"
Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(slots=True)
class Answer:
    """Status, body and headers of one answer."""

    status: int
    body: bytes
    content_type: bytes = JSON
    headers: Headers = ()


def error(problem: SandboxError) -> Answer:
    """Write an error as the service does."""
    body: dict[str, object] = {"message": problem.message}
    if problem.errors is not None:
        body["errors"] = problem.errors
    if problem.retry_after is not None:
        body["retry_after"] = problem.retry_after
    return Answer(problem.status, encode(body).encode())
