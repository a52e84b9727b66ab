"""What the sandbox raises: one class for a request or a verb that cannot be done."""

from collections.abc import Mapping, Sequence

FieldErrors = Mapping[str, Sequence[str]]


class SandboxError(Exception):
    """The sandbox cannot do what was asked; nothing was changed.

    Attributes: `status` (the HTTP status that says the same: 400, 401, 403, 404, 409, 410, 422 and
    so on), `message`, `errors` (field -> messages, only with 422), `retry_after` (only with 429).
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
