"""The API keys that the sandbox knows. All belong to one merchant; each has its own rate limit."""

from .errors import SandboxError
from .spec import Spec


class Keys:
    """Active and expired keys. Hold the store's lock."""

    def __init__(self, spec: Spec, key: str) -> None:
        self._spec = spec
        self._first = key
        self._active: dict[str, bool] = {}
        self.add(key)

    def reset(self) -> None:
        """Know the first key only, and take it as valid."""
        self._active = {self._first: True}

    def add(self, key: str) -> None:
        """Make a key valid."""
        if not key or not key.isascii() or key != key.strip():
            raise SandboxError("An API key must be ASCII text without spaces around.", status=422)
        self._active[key] = True

    def expire(self, key: str) -> None:
        """Let a key expire: requests with it are answered 401."""
        if key not in self._active:
            raise SandboxError("There is no such API key.", status=404)
        self._active[key] = False

    def check(self, key: str) -> None:
        """Refuse a missing, unknown or expired key, as the service does."""
        active = self._active.get(key)
        if active:
            return
        if not key:
            example = "ApiKeyMissing"
        else:
            example = "ApiKeyInvalid" if active is None else "ApiKeyExpired"
        raise SandboxError(self._spec.message(example), status=401)
