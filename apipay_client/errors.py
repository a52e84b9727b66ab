"""Exceptions of this package. No message holds a value from a request or a response."""

from collections.abc import Mapping


class ClientError(Exception):
    """The base of the exceptions of this package."""


class UnexpectedStatus(ClientError):
    """The response is not a success.

    The methods of `resources` raise it for each such response. The functions of `api` raise it for
    a status code that the spec does not list, if the client has `raise_on_unexpected_status`.
    """

    def __init__(
        self,
        status_code: int,
        content: bytes,
        *,
        operation: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status_code = status_code
        self.content = content
        self.operation = operation
        self.headers: dict[str, str] = dict(headers or {})
        super().__init__(status_code, content)

    def __str__(self) -> str:
        called = self.operation or "The request"
        return (
            f"{called} failed with status {self.status_code}. "
            f"The body of {len(self.content)} bytes is in `content`."
        )

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(status_code={self.status_code}, operation={self.operation!r})"
        )

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.status_code, b""), {"operation": self.operation}


class DecodeError(ClientError, ValueError):
    """A JSON value is not what the spec says. `path` is where, as a JSON pointer."""

    def __init__(self, expected: str, path: str = "") -> None:
        self.expected = expected
        self.path = path
        super().__init__(expected, path)

    def __str__(self) -> str:
        return f"The value at {self.path or 'the root'} is not {self.expected}."

    def under(self, key: str | int) -> "DecodeError":
        """Return the same error with the key of the surrounding object or array in its path."""
        token = str(key).replace("~", "~0").replace("/", "~1")
        return DecodeError(self.expected, f"/{token}{self.path}")


class ResponseDecodeError(ClientError, ValueError):
    """The response is a success, but its body is not what the spec says.

    The request was processed: do not send it again because of this error.
    """

    def __init__(
        self,
        operation: str,
        status_code: int,
        content: bytes,
        *,
        path: str = "",
        expected: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.operation = operation
        self.status_code = status_code
        self.content = content
        self.path = path
        self.expected = expected
        self.headers: dict[str, str] = dict(headers or {})
        super().__init__(operation, status_code, content)

    def __str__(self) -> str:
        where = f"the value at {self.path} is not" if self.path else "the body is not"
        return (
            f"{self.operation} succeeded with status {self.status_code}, but the response breaks "
            f"the spec: {where} {self.expected}. The request was processed; do not send it again."
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> tuple[object, ...]:
        state = {"path": self.path, "expected": self.expected}
        return type(self), (self.operation, self.status_code, b""), state


class InvalidArgument(ClientError, ValueError):
    """An argument cannot be sent as the spec requires. Nothing was sent."""

    def __init__(self, argument: str, problem: str) -> None:
        self.argument = argument
        self.problem = problem
        super().__init__(argument, problem)

    def __str__(self) -> str:
        return f"{self.argument}: {self.problem}"


__all__ = [
    "ClientError",
    "DecodeError",
    "InvalidArgument",
    "ResponseDecodeError",
    "UnexpectedStatus",
]
