"""Sign a webhook body, and verify a signature in constant time over the raw bytes.

`X-Webhook-Signature: sha256=<hex>`: HMAC-SHA256 of the raw body with the webhook's secret (UTF-8)
as its key. Uppercase hex passes; the scheme is compared exactly.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, TypeAlias, cast

from apipay.errors import InvalidRequestError

from ._frames import hides_arguments
from .delivery import SIGNATURE_HEADER, SIGNATURE_SCHEME
from .errors import SignatureError, WebhookSecretError

Secret: TypeAlias = str | bytes
"""The secret of one webhook, as the dashboard shows it. `bytes` are used exactly as they are."""

Secrets: TypeAlias = Secret | Sequence[Secret]
"""One secret, or several during a rotation: any of them verifies."""

HeaderPairs: TypeAlias = Iterable[tuple[str | bytes, str | bytes]]
Headers: TypeAlias = Mapping[str, Any] | HeaderPairs
"""A request's headers: a mapping (of any framework, or a WSGI environ) or (name, value) pairs."""

Signature: TypeAlias = str | bytes | Headers | None
"""The value of the signature header, or all headers; names are compared in any case."""


class Key:
    """An HMAC (RFC 2104) that has taken in its key. Its `repr` does not show the secret."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, secret: bytes) -> None:
        block_size = hashlib.new(SIGNATURE_SCHEME).block_size
        if len(secret) > block_size:
            secret = hashlib.new(SIGNATURE_SCHEME, secret).digest()
        block = secret.ljust(block_size, b"\0")
        self._inner = hashlib.new(SIGNATURE_SCHEME, bytes(byte ^ 0x36 for byte in block))
        self._outer = hashlib.new(SIGNATURE_SCHEME, bytes(byte ^ 0x5C for byte in block))

    def hexdigest(self, body: bytes) -> str:
        """Return the signature of `body` in lowercase hex digits."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(body)
        outer.update(inner.digest())
        return outer.hexdigest()


Keys: TypeAlias = tuple[Key, ...]

_HEADER: Final = SIGNATURE_HEADER.lower()
# CGI and WSGI pass headers under the second name.
_HEADER_NAMES: Final = frozenset({_HEADER, "http_" + _HEADER.replace("-", "_")})
_HEADER_LENGTHS: Final = frozenset(map(len, _HEADER_NAMES))
_PREFIX: Final = SIGNATURE_SCHEME + "="
_DIGITS: Final = hashlib.new(SIGNATURE_SCHEME).digest_size * 2
_HEX: Final = frozenset("0123456789abcdef")


@hides_arguments
def sign(body: bytes, secret: Secret) -> str:
    """Return the signature header's value for `body`: `sha256=` and 64 lowercase hex digits.

    For tests of your own receiver. The service signs what it sends itself.

    Raises:
        InvalidRequestError: `body` is not bytes.
        WebhookSecretError: `secret` is missing or blank.
    """
    (key,) = keys_of(secret)
    return _PREFIX + key.hexdigest(raw_body(body))


@hides_arguments
def verify(body: bytes, signature: Signature, secret: Secrets) -> None:
    """Return only if `signature` was made from exactly these bytes with one of the secrets.

    Raises:
        SignatureError: it was not; `reason` says how.
        InvalidRequestError: `body` is not bytes.
        WebhookSecretError: there is no usable secret.
    """
    check(raw_body(body), signature, keys_of(secret))


def check(body: bytes, signature: Signature, keys: Keys) -> None:
    """Verify like `verify`, with keys from `keys_of`."""
    value = signature if isinstance(signature, str) else _one_value(signature)
    value = value.strip(" \t")  # HTTP allows them around a header's value
    digits = value[len(_PREFIX) :].lower()
    if not (value.startswith(_PREFIX) and len(digits) == _DIGITS and digits.isascii()):
        raise _malformed(value)
    matches = False
    for key in keys:
        # No early exit: the time must not tell which secret it was.
        matches |= hmac.compare_digest(key.hexdigest(body), digits)
    if not matches:
        raise _malformed(value) if set(digits) - _HEX else _mismatch()


def raw_body(body: object) -> bytes:
    """Return `body` as bytes, or say why it cannot be verified."""
    if isinstance(body, bytes):
        return body
    if isinstance(body, bytearray):
        return bytes(body)
    raise InvalidRequestError(
        f"The webhook's body must be the raw bytes of the request, not {type(body).__name__}. "
        "Pass the bytes as they came: a body that was parsed and written again does not verify."
    )


def keys_of(secret: object) -> Keys:
    """Return the HMAC keys of one or several secrets."""
    if isinstance(secret, (str, bytes)):
        return (_key(secret),)
    if not isinstance(secret, Sequence) or not secret:
        raise WebhookSecretError(
            "No webhook secret was given. The ApiPay dashboard shows it once, when the webhook is "
            "made; pass it as `secret` or set APIPAY_WEBHOOK_SECRET."
        )
    for one in cast("Sequence[object]", secret):
        if not isinstance(one, (str, bytes)):
            raise WebhookSecretError(
                f"The webhook secret must be str or bytes, not {type(one).__name__}."
            )
    return tuple(map(_key, cast("Sequence[Secret]", secret)))


@lru_cache(maxsize=256)
def _key(secret: Secret) -> Key:
    if isinstance(secret, str):
        if secret != secret.strip() or "\0" in secret:
            # Mostly a line break from a file: every delivery would be refused, and nobody sees why.
            raise WebhookSecretError(
                "The webhook secret is blank, or has whitespace around it or a NUL in it. Strip "
                "it, or pass bytes if these characters belong to it."
            )
        try:
            secret = secret.encode()
        except UnicodeEncodeError:
            raise WebhookSecretError(
                "The webhook secret is not valid Unicode text. Pass it as the dashboard shows it."
            ) from None
    # HMAC pads its key with NULs, so that a key of NULs is the empty key, with which anybody signs.
    if not secret.strip(b"\0 \t\r\n\v\f"):
        raise WebhookSecretError(
            "The webhook secret is blank: anybody could sign with it. Pass the one that the ApiPay "
            "dashboard showed when the webhook was made."
        )
    return Key(secret)


def _one_value(signature: Any) -> str:
    """Return the one value of the signature header, from the value itself or from all headers."""
    if isinstance(signature, (bytes, bytearray)):
        return _text(signature)
    values: list[Any] = []
    try:
        for name, value in _items(signature):
            # Few names have the length, so that few are compared.
            if len(name) in _HEADER_LENGTHS and _text(name).lower() in _HEADER_NAMES:
                values.append(value)
        (value,) = values
        if issubclass(type(value), list):  # some servers pass each header as a list of its values
            values = value
            (value,) = values
    except (TypeError, ValueError):
        if len(values) > 1:
            raise _repeated() from None
        return ""
    return _text(value)


def _items(headers: Any) -> Iterable[tuple[Any, Any]]:
    # httpx joins repeated headers in items(), but not in multi_items().
    items = getattr(headers, "multi_items", None) or getattr(headers, "items", None)
    pairs: Iterable[tuple[Any, Any]] = headers if items is None else items()
    return pairs


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return value.decode("latin-1") if isinstance(value, (bytes, bytearray)) else ""


def _malformed(value: str) -> SignatureError:
    """Return the error for a value that is not of the form `sha256=<hex>`."""
    if not value:
        return SignatureError(
            f"The webhook has no signature: the header {SIGNATURE_HEADER} is missing or empty. "
            "Pass the header's value, or all headers as a mapping or as (name, value) pairs.",
            "missing",
        )
    if "," in value[:512]:
        return _repeated()  # servers join repeated headers with a comma
    scheme, equals, _ = value[:512].partition("=")
    if equals and scheme and scheme != SIGNATURE_SCHEME and scheme.replace("-", "").isalnum():
        return SignatureError(
            f"The webhook's signature names another scheme than {SIGNATURE_SCHEME}, the only one "
            "that is accepted.",
            "scheme",
        )
    return SignatureError(
        f"The webhook's signature is not {_PREFIX} and {_DIGITS} hexadecimal digits.", "malformed"
    )


def _repeated() -> SignatureError:
    return SignatureError(
        f"The webhook has the header {SIGNATURE_HEADER} more than once; exactly one is expected.",
        "repeated",
    )


def _mismatch() -> SignatureError:
    return SignatureError(
        "The webhook's signature does not match its body. Either it is not from ApiPay, or the "
        "secret is another webhook's, or the body is not the raw bytes as they came.",
        "mismatch",
    )
