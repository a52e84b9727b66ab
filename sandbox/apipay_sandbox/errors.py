"""The exception of the sandbox."""

from collections.abc import Mapping, Sequence

FieldErrors = Mapping[str, Sequence[str]]


class SandboxError(Exception):
    """A request or a control verb was rejected; nothing was changed.

    Attributes:
        message: what is wrong, and what to do.
        status: the HTTP status code for it.
        errors: messages by field, only with 422.
        retry_after: seconds, only with 429.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        errors: FieldErrors | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.errors = errors
        self.retry_after = retry_after


def invalid(field: str, problem: str) -> SandboxError:
    """Return a 422 about one field: `invalid("url", "must be text.")`."""
    message = f"{field} {problem}"
    return SandboxError(message, status=422, errors={field: [message]})


def not_found(what: str, number: object) -> SandboxError:
    """Return a 404 for a record that does not exist."""
    return SandboxError(f"There is no {what} {number}.", status=404)
