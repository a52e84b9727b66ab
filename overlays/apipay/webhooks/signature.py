"""Sign a webhook body, and verify a signature in constant time over the raw bytes.

`X-Webhook-Signature: sha256=<hex>`: HMAC-SHA256 of the raw body, its key is the webhook's secret
(UTF-8). Source: `x-webhooks` in the specification. Uppercase hex is the same number and passes;
the scheme is compared exactly.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeAlias, cast

from .delivery import SIGNATURE_HEADER, SIGNATURE_SCHEME
from .errors import (
    BodyTypeError,
    SignatureMalformedError,
    SignatureMismatchError,
    SignatureMissingError,
    SignatureRepeatedError,
    SignatureSchemeError,
    WebhookSecretError,
)

Secret: TypeAlias = str | bytes
"""One webhook's secret, as the dashboard shows it. `bytes` are taken exactly as they are."""

Secrets: TypeAlias = Secret | Sequence[Secret]
"""One secret, or several while one is being replaced by another: any of them verifies."""

HeaderPairs: TypeAlias = Iterable[tuple[str | bytes, str | bytes]]
Headers: TypeAlias = Mapping[str, Any] | HeaderPairs
"""A request's headers: a mapping (of any framework, or a WSGI environ) or (name, value) pairs."""

Signature: TypeAlias = str | bytes | Headers | None
"""The value of the signature header, or all headers, in which it is looked up in any case."""

_HEADER = SIGNATURE_HEADER.lower()
# CGI and WSGI pass headers under this name.
_HEADER_NAMES = frozenset({_HEADER, "http_" + _HEADER.replace("-", "_")})
_HEADER_LENGTHS = frozenset(map(len, _HEADER_NAMES))
_PREFIX = SIGNATURE_SCHEME + "="
_DIGITS = hashlib.new(SIGNATURE_SCHEME).digest_size * 2
_VALUE = re.compile(f"{re.escape(_PREFIX)}([0-9a-fA-F]{{{_DIGITS}}})")
_SCHEME = re.compile(r"([A-Za-z0-9_-]{1,32})=")
# A signature is 71 characters; whatever is far longer is not worth a regular expression.
_MAX_LENGTH = 512


def sign(body: bytes, secret: Secret) -> str:
    """Return the signature header's value for `body`, `"sha256=<64 lower-case hex digits>"`.

    For tests of your own receiver, and for the sandbox: the service signs what it sends itself.

    Raises:
        BodyTypeError: `body` is not bytes.
        WebhookSecretError: `secret` is missing, empty or blank.
    """
    mac = _keyed(secret_key(secret)).copy()
    mac.update(raw_body(body))
    return _PREFIX + mac.hexdigest()


def verify(body: bytes, signature: Signature, secret: Secrets) -> None:
    """Return only if `signature` was made from exactly these bytes with one of the secrets.

    Raises:
        SignatureError: in one of its forms (missing, repeated, malformed, wrong scheme, mismatch).
        BodyTypeError: `body` is not bytes.
        WebhookSecretError: there is no usable secret.
    """
    verify_with_keys(raw_body(body), signature, secret_keys(secret))


def verify_with_keys(body: bytes, signature: Signature, keys: Sequence[bytes]) -> None:
    """Do what `verify` does, for keys that `secret_keys` has already checked."""
    if not isinstance(signature, str):
        signature = _one_value(signature)
    match = _VALUE.fullmatch(signature) if len(signature) <= _MAX_LENGTH else None
    if match is None:
        match = _after_a_second_look(signature)
    claimed = match.group(1).lower()
    matches = False
    for key in keys:
        # No early exit: the time must not tell which secret it was.
        mac = _keyed(key).copy()
        mac.update(body)
        matches |= hmac.compare_digest(mac.hexdigest(), claimed)
    if not matches:
        raise SignatureMismatchError(
            "The webhook's signature does not match its body. Either it is not from ApiPay, or the "
            "secret is another webhook's, or the body is not the raw bytes as they came."
        )


@lru_cache(maxsize=16)
def _keyed(key: bytes) -> hmac.HMAC:
    """Return an HMAC that has taken in the key: to copy one is faster than to make one."""
    return hmac.new(key, digestmod=SIGNATURE_SCHEME)


def raw_body(body: object) -> bytes:
    """Return `body` as bytes, or say why it cannot be verified."""
    if isinstance(body, bytes):
        return body
    if isinstance(body, bytearray):
        return bytes(body)
    raise BodyTypeError(
        f"The webhook's body must be the raw bytes of the request, not {type(body).__name__}: the "
        "signature is over the bytes as they came, before any decoding or parsing."
    )


def secret_keys(secret: object) -> tuple[bytes, ...]:
    """Return the HMAC keys for one or several secrets; refuse none, empty and blank ones."""
    if isinstance(secret, (str, bytes)):
        return (secret_key(secret),)
    if not isinstance(secret, Sequence) or not secret:
        raise WebhookSecretError(
            "No webhook secret was given. It is shown once, in the ApiPay dashboard, when the "
            "webhook is made; pass it as `secret`."
        )
    return tuple(secret_key(one) for one in cast("Sequence[object]", secret))


def secret_key(secret: object) -> bytes:
    """Return the HMAC key for one secret; refuse an empty, blank or mistyped one."""
    if isinstance(secret, bytes):
        key = secret
    elif isinstance(secret, str):
        if secret != secret.strip():
            # Mostly a line break from a file: every webhook would be refused, and nobody sees why.
            raise WebhookSecretError(
                "The webhook secret is blank, or has white space around it: strip it, or pass it "
                "as bytes if the white space belongs to it."
            )
        try:
            key = secret.encode()
        except UnicodeEncodeError:
            raise WebhookSecretError("The webhook secret is not valid Unicode text.") from None
    else:
        raise WebhookSecretError(
            f"The webhook secret must be str or bytes, not {type(secret).__name__}."
        )
    if not key:
        raise WebhookSecretError(
            "The webhook secret is empty: with it anybody could sign. Pass the one that the "
            "ApiPay dashboard showed when the webhook was made."
        )
    return key


def _after_a_second_look(signature: str) -> re.Match[str]:
    """Return the match once white space around is gone, or raise the error that fits."""
    if len(signature) > _MAX_LENGTH:
        raise SignatureMalformedError(f"The webhook's signature is over {_MAX_LENGTH} characters.")
    signature = signature.strip(" \t")  # what HTTP allows around a header's value
    if not signature:
        raise _missing()
    match = _VALUE.fullmatch(signature)
    if match is not None:
        return match
    if "," in signature:
        # Servers join repeated headers with a comma.
        raise _repeated()
    scheme = _SCHEME.match(signature)
    if scheme is not None and scheme.group(1) != SIGNATURE_SCHEME:
        raise SignatureSchemeError(
            f"The webhook's signature names another scheme than {SIGNATURE_SCHEME}; only "
            f"{SIGNATURE_SCHEME} is accepted."
        )
    raise SignatureMalformedError(
        f"The webhook's signature must be {_PREFIX} and {_DIGITS} hexadecimal digits."
    )


def _one_value(signature: bytes | Headers | None) -> str:
    """Return the one value of the signature header, from the value itself or from all headers."""
    if signature is None:
        raise _missing()
    if isinstance(signature, (bytes, bytearray)):
        return _text(signature)
    values: list[object] = []
    for name, value in _pairs(signature):
        if not isinstance(name, (str, bytes)) or len(name) not in _HEADER_LENGTHS:
            continue
        if _text(name).lower() in _HEADER_NAMES:
            # Some servers give every header as a list of its values.
            values.extend(cast("list[object]", value) if isinstance(value, list) else [value])
    if not values:
        raise _missing()
    if len(values) > 1:
        raise _repeated()
    return _text(values[0])


def _pairs(headers: object) -> list[tuple[object, object]]:
    # httpx and its kin join repeated headers in items(), but not in multi_items().
    items: Any = getattr(headers, "multi_items", None) or getattr(headers, "items", None)
    try:
        pairs: Any = items() if items is not None else headers
        return [(name, value) for name, value in pairs]
    except (TypeError, ValueError):
        raise SignatureMissingError(
            f"No {SIGNATURE_HEADER} can be found: pass the header's value, or the headers as a "
            "mapping or as (name, value) pairs."
        ) from None


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (bytes, bytearray)):
        return value.decode("latin-1")
    return ""


def _missing() -> SignatureMissingError:
    return SignatureMissingError(
        f"The webhook has no signature: the header {SIGNATURE_HEADER} is missing or empty."
    )


def _repeated() -> SignatureRepeatedError:
    return SignatureRepeatedError(
        f"The webhook has the header {SIGNATURE_HEADER} more than once; exactly one is expected."
    )
