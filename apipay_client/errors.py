"""What this package raises itself; no message holds a value from a request or an answer."""

from collections.abc import Mapping


class ClientError(Exception):
    """The root of the errors below."""


class UnexpectedStatus(ClientError):
    """The server answered with a status that the spec does not give a typed result for.

    `sync` and `asyncio` raise it when the client has `raise_on_unexpected_status`; the methods of
    `resources` raise it for every answer that is not a success.
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
        called = f"{self.operation} was" if self.operation else "The request was"
        return (
            f"{called} answered with status {self.status_code} and {len(self.content)} bytes of "
            "body; see `content`."
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
        """The same error, seen from the object or array that holds the value."""
        token = str(key).replace("~", "~0").replace("/", "~1")
        return DecodeError(self.expected, f"/{token}{self.path}")


class ResponseDecodeError(ClientError, ValueError):
    """The server answered with a success whose body is not what the spec says.

    The server has done what was asked: do not send the same request again because of this error.
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
            f"{self.operation} succeeded with status {self.status_code}, but its answer breaks the "
            f"spec: {where} {self.expected}. The request was processed; do not send it again."
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> tuple[object, ...]:
        state = {"path": self.path, "expected": self.expected}
        return type(self), (self.operation, self.status_code, b""), state


class InvalidArgument(ClientError, ValueError):
    """An argument cannot be sent as the spec wants it; nothing was sent."""

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
