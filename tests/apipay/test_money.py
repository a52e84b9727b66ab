"""Amounts: taken exactly or refused."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apipay.errors import InvalidRequestError
from apipay.money import to_amount


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        (1, "1.00"),
        (99_999_999, "99999999.00"),
        ("0.01", "0.01"),
        ("1500.5", "1500.50"),
        ("007", "7.00"),
        (Decimal("10.10"), "10.10"),
        (Decimal("1E+3"), "1000.00"),
        (10.5, "10.50"),
        (0.1, "0.10"),
        (19.99, "19.99"),
        (1e3, "1000.00"),
    ],
)
def test_what_is_taken(value: Any, amount: str) -> None:
    assert str(to_amount(value)) == amount


@pytest.mark.parametrize(
    "value",
    [
        0.1 + 0.2,
        1.005,
        float("nan"),
        float("inf"),
        1e-3,
        Decimal("NaN"),
        Decimal("-Infinity"),
        Decimal("sNaN"),
        Decimal("0.001"),
        "1.234",
        0,
        "0",
        -1,
        "-5",
        100_000_000,
        "99999999.991",
        10**30,
        "",
        "  5",
        "1 500",
        "1,5",
        "1_000",
        "1e3",
        "+5",
        "١٢",
        "nan",
        "1.2.3",
        ".",
        "--5",
        True,
        None,
        b"5",
        [5],
    ],
)
def test_what_is_refused(value: Any) -> None:
    with pytest.raises(InvalidRequestError):
        to_amount(value)


@given(st.integers(1, 9_999_999_999))
def test_every_number_of_tiyn_comes_through_in_every_type(tiyn: int) -> None:
    exact = Decimal(tiyn) / 100
    assert to_amount(exact) == exact
    assert to_amount(str(exact)) == exact
    assert to_amount(float(exact)) == exact


@given(st.floats())
def test_a_float_is_taken_as_it_prints_or_refused(value: float) -> None:
    try:
        amount = to_amount(value)
    except InvalidRequestError:
        return
    assert amount == Decimal(repr(value))
    assert amount.as_tuple().exponent == -2
