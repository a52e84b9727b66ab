"""JSON as the sandbox reads and writes it: exact decimals in, compact ASCII out."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeGuard

Json = Any


def is_object(value: Json) -> TypeGuard[dict[str, Json]]:
    """Whether a parsed value is a JSON object."""
    return isinstance(value, dict)


def is_list(value: Json) -> TypeGuard[list[Json]]:
    """Whether a parsed value is a JSON array."""
    return isinstance(value, list)


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON.")


parse: Callable[[str], Json] = json.JSONDecoder(
    parse_float=Decimal, parse_constant=_refuse_constant
).decode
"""Parse a JSON text; numbers with a point are Decimal, `NaN` and `Infinity` are refused.

Raises ValueError, ArithmeticError (a number too large for Decimal) or RecursionError.
"""

encode: Callable[[Json], str] = json.JSONEncoder(separators=(",", ":")).encode
"""Write JSON. ASCII, as the service does, so that no text can break the encoding of an answer."""
