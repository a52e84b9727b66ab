"""Money, time and phone numbers as people read them."""

from datetime import date

import pytest

from apipay_sandbox.pages.formats import day, duration, hidden_phone, moment, phone, tenge


@pytest.mark.parametrize(
    ("tiyn", "written"),
    [
        (1, "0,01 ₸"),
        (0, "0,00 ₸"),
        (99_950, "999,50 ₸"),
        (1_500_050, "15 000,50 ₸"),
        (9_999_999_999, "99 999 999,99 ₸"),
    ],
)
def test_an_amount(tiyn: int, written: str) -> None:
    assert tenge(tiyn) == written.replace(" ", "\u00a0")


def test_a_moment_is_in_almaty_for_people_and_in_utc_for_machines() -> None:
    at = 1_795_516_805.9
    written = '<time datetime="2026-11-24T10:40:05Z">24.11.2026\u00a015:40{}</time>'
    assert moment(at) == written.format("")
    assert moment(at, seconds=True) == written.format(":05")
    assert day(date(2026, 11, 4)) == "04.11.2026"


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (-1, "00:00"),
        (0, "00:00"),
        (0.2, "00:01"),
        (119, "01:59"),
        (3600, "01:00:00"),
        (86_399.5, "24:00:00"),
        (360_000, "100:00:00"),
    ],
)
def test_a_countdown(seconds: float, written: str) -> None:
    assert duration(seconds) == written


def test_a_phone_number() -> None:
    assert phone("87001234567").replace("\u00a0", " ") == "+7 700 123 45 67"
    assert hidden_phone("87001234567").replace("\u00a0", " ") == "+7 700 ••• •• 67"
