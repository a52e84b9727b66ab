"""Amounts of money in tenge: exact, or refused."""

import math
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from apipay.errors import InvalidRequestError
from apipay.specification import document


@cache
def _limits() -> tuple[Decimal, Decimal, Decimal]:
    """The least and the greatest amount and the smallest step, as the specification states them."""
    amount: Mapping[str, Any] = document()["components"]["schemas"]["Amount"]
    step = Decimal(1).scaleb(-int(amount["x-decimals"]))
    return Decimal(str(amount["minimum"])), Decimal(str(amount["maximum"])), step


def to_amount(value: Decimal | int | str | float) -> Decimal:
    """Return `value` as an amount in tenge, with two decimals (tiyn).

    A float is taken only when it stands for whole tiyn, as 10.5 does and 0.1 + 0.2 does not. In
    strings the decimal sign is a point, and there is no other sign or space: "1500.50".

    Raises `InvalidRequestError` for anything else, and outside of the service's limits.
    """
    least, most, step = _limits()
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str | float):
        raise InvalidRequestError(
            f"An amount is a Decimal, int, str or float, not {type(value).__name__}."
        )
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InvalidRequestError("An amount is a finite number.")
        exact = Decimal(repr(value))
    elif isinstance(value, str):
        exact = _read(value)
    else:
        exact = Decimal(value)
    if not exact.is_finite():
        raise InvalidRequestError("An amount is a finite number.")
    if not least <= exact <= most:
        raise InvalidRequestError(f"An amount is from {least} to {most} tenge.")
    amount = exact.quantize(step)
    if amount != exact:
        raise InvalidRequestError(
            f"An amount is exact to {step} tenge (1 tiyn). Round it yourself first; "
            "for what a computation gave, compute in Decimal."
        )
    return amount


def _read(text: str) -> Decimal:
    digits = text.replace(".", "", 1).removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        raise InvalidRequestError('An amount as a string is digits and a point, as in "1500.50".')
    try:
        return Decimal(text)
    except InvalidOperation:
        raise InvalidRequestError(
            'An amount as a string is digits and a point, as in "1500.50".'
        ) from None
