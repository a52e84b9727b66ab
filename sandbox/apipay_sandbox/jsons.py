"""JSON as the sandbox reads and writes it: exact decimals in, compact ASCII out."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeGuard

Json = Any


def is_object(value: Json) -> TypeGuard[dict[str, Json]]:
    """Return whether a parsed value is a JSON object."""
    return isinstance(value, dict)


def is_list(value: Json) -> TypeGuard[list[Json]]:
    """Return whether a parsed value is a JSON array."""
    return isinstance(value, list)


def _reject_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON.")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError("The number is too large.")
    return value


parse: Callable[[str], Json] = json.JSONDecoder(
    parse_float=Decimal, parse_constant=_reject_constant
).decode
"""Parse a JSON text with exact decimals. Rejects `NaN` and `Infinity`.

Raises ValueError, ArithmeticError (a number too large for Decimal) or RecursionError.
"""

parse_floats: Callable[[str], Json] = json.JSONDecoder(
    parse_float=_finite, parse_constant=_reject_constant
).decode
"""Parse a JSON text with floats. Rejects `NaN`, `Infinity` and floats out of range."""

encode: Callable[[Json], str] = json.JSONEncoder(separators=(",", ":")).encode
"""Encode as ASCII, as the service does: lone surrogates in a text cannot break a response."""
