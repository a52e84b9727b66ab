"""Every kind of change that is reported, with its severity.

A kind of change has one severity, so that the id of a row says how bad it is. A change is

- breaking, if a program that was right can now fail, or mean something else: a caller of the API,
  of an earlier client of it, or of the newly generated one;
- additive, if a program can do more than before;
- cosmetic, if no program can tell.
"""

from dataclasses import dataclass
from typing import Final, Literal

Severity = Literal["breaking", "additive", "cosmetic"]
Direction = Literal["request", "response"]

SEVERITIES: Final[tuple[Severity, ...]] = ("breaking", "additive", "cosmetic")

_B: Final = "breaking"
_A: Final = "additive"
_C: Final = "cosmetic"

# Changes of a schema, by what a value of it is used for: sent to the API, or received from it.
# What a request allows can grow; what a response allows can shrink. Enums are open in the generated
# code, which also checks no limits, so new values and limits of a response surprise nobody.
_SCHEMA: Final[dict[str, tuple[Severity, Severity]]] = {
    # name: (in a request, in a response)
    "type-changed": (_B, _B),
    "type-narrowed": (_B, _A),
    "type-widened": (_A, _B),
    "null-allowed": (_A, _B),
    "null-forbidden": (_B, _A),
    "enum-added": (_B, _A),
    "enum-removed": (_A, _B),
    "enum-value-added": (_A, _A),
    "enum-value-removed": (_B, _A),
    "limit-tightened": (_B, _C),
    "limit-loosened": (_A, _C),
    "property-added": (_A, _A),
    "required-property-added": (_B, _A),
    "property-removed": (_B, _B),
    "property-became-required": (_B, _A),
    "property-became-optional": (_A, _B),
    "extra-properties-allowed": (_A, _C),
    "extra-properties-forbidden": (_B, _C),
    "variant-added": (_A, _B),
    "variant-removed": (_B, _A),
}

#: The severity of each id.
RULES: Final[dict[str, Severity]] = {
    "api-version-changed": _C,
    "server-changed": _B,
    "server-added": _A,
    "server-removed": _B,
    "authentication-changed": _B,
    "authentication-added": _A,
    "authentication-removed": _B,
    "authentication-dropped": _A,
    "extension-changed": _A,
    "schema-added": _A,
    "schema-removed": _B,
    "schema-deprecated": _A,
    "schema-no-longer-deprecated": _C,
    "discriminator-changed": _B,
    "final-values-added": _A,
    "final-values-changed": _B,
    "final-values-removed": _B,
    "sensitive-added": _A,
    "sensitive-removed": _B,
    "sdk-null-allowed": _A,
    "sdk-null-forbidden": _B,
    "webhook-added": _A,
    "webhook-removed": _B,
    "operation-added": _A,
    "operation-removed": _B,
    "operation-moved": _B,
    "operation-id-changed": _B,
    "operation-tag-changed": _B,
    "operation-deprecated": _A,
    "operation-no-longer-deprecated": _C,
    "sdk-name-changed": _B,
    "retry-class-weakened": _B,
    "retry-class-strengthened": _A,
    "rate-limit-added": _B,
    "rate-limit-removed": _A,
    "rate-limit-lowered": _B,
    "rate-limit-raised": _A,
    "rate-limit-changed": _B,
    "pagination-added": _A,
    "pagination-changed": _B,
    "pagination-removed": _B,
    "request-default-added": _C,
    "request-default-changed": _B,
    "request-default-removed": _C,
    "request-parameter-added": _A,
    "request-required-parameter-added": _B,
    "request-parameter-removed": _B,
    "request-parameter-renamed": _B,
    "request-parameter-became-required": _B,
    "request-parameter-became-optional": _A,
    "request-parameter-style-changed": _B,
    "request-parameter-deprecated": _A,
    "request-parameter-no-longer-deprecated": _C,
    "request-body-added": _A,
    "request-required-body-added": _B,
    "request-body-removed": _B,
    "request-body-became-required": _B,
    "request-body-became-optional": _A,
    "request-encoding-changed": _B,
    "request-media-type-added": _A,
    "request-media-type-changed": _B,
    "request-media-type-removed": _B,
    "response-media-type-added": _A,
    "response-media-type-changed": _B,
    "response-media-type-removed": _B,
    "response-body-added": _A,
    "response-body-removed": _B,
    "response-header-added": _A,
    "response-header-removed": _B,
    "response-header-renamed": _B,
    "response-header-became-required": _A,
    "response-header-became-optional": _B,
    "response-success-status-added": _A,
    "response-success-status-changed": _B,
    "response-success-status-removed": _B,
    "response-error-status-added": _A,
    "response-error-status-removed": _A,
    "response-no-effect-added": _A,
    "response-no-effect-removed": _B,
    **{f"request-{name}": severities[0] for name, severities in _SCHEMA.items()},
    **{f"response-{name}": severities[1] for name, severities in _SCHEMA.items()},
}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two specs.

    Attributes:
        id: the kind of change, a key of `RULES`.
        severity: how bad that is for a program that was right.
        pointer: JSON pointer of the place in the new document, or in the old one where it is gone.
        text: one Markdown sentence.
        also: pointers of further places with the same change.
    """

    id: str
    severity: Severity
    pointer: str
    text: str
    also: tuple[str, ...] = ()


def turn(was: object, now: object) -> str:
    """Return what became of an optional value."""
    return "added" if was is None else "removed" if now is None else "changed"


def code(value: object) -> str:
    """Return `value` as code in Markdown, on one line; None is `none`."""
    if value is None:
        return "none"
    text = " ".join(str(value).split()).replace("`", "'")
    return f"`{text}`"
