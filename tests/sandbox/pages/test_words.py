"""Money, time and phone numbers as people read them."""

import pytest

from apipay_sandbox.pages.words import count, hidden_phone, moment, phone, tenge


@pytest.mark.parametrize(
    ("tiyn", "written"),
    [
        (1, "0,01 ₸"),
        (0, "0,00 ₸"),
        (99_950, "999,50 ₸"),
        (1_000_000, "10 000,00 ₸"),
        (9_999_999_999, "99 999 999,99 ₸"),
    ],
)
def test_an_amount(tiyn: int, written: str) -> None:
    assert tenge(tiyn) == written.replace(" ", "\u00a0")


def test_a_moment_is_written_for_people_and_machines() -> None:
    assert moment(1_769_853_600.9) == (
        '<time datetime="2026-01-31T10:00:00Z">31.01.2026 10:00:00\u00a0UTC</time>'
    )


def test_a_phone_number() -> None:
    assert phone("87001234567").replace("\u00a0", " ") == "+7 700 123 45 67"
    assert hidden_phone("87001234567").replace("\u00a0", " ") == "+7 700 ••• •• 67"


def test_a_count() -> None:
    assert count(1, "invoice", "invoices") == "1\u00a0invoice"
    assert count(0, "invoice", "invoices") == "0\u00a0invoices"
