"""The valid and expired API keys. All belong to one merchant; each has its own rate limit."""

from .errors import SandboxError
from .spec import Spec


class Keys:
    """API keys by validity. Hold the store's lock."""

    def __init__(self, spec: Spec, key: str) -> None:
        self._spec = spec
        self._first = key
        self._valid: dict[str, bool] = {}
        self.add(key)

    def reset(self) -> None:
        """Keep only the first key, and make it valid."""
        self._valid = {self._first: True}

    def add(self, key: str) -> None:
        """Make a key valid."""
        if not (key.isascii() and key.isprintable()) or not key or key != key.strip():
            raise SandboxError(
                "An API key must be printable ASCII text without surrounding spaces.", status=422
            )
        self._valid[key] = True

    def expire(self, key: str) -> None:
        """Expire a key: requests with it get 401."""
        if key not in self._valid:
            raise SandboxError("There is no such API key.", status=404)
        self._valid[key] = False

    def check(self, key: str) -> None:
        """Reject a missing, unknown or expired key with 401."""
        valid = self._valid.get(key)
        if valid:
            return
        if not key:
            example = "ApiKeyMissing"
        else:
            example = "ApiKeyInvalid" if valid is None else "ApiKeyExpired"
        raise SandboxError(self._spec.message(example), status=401)
