"""Billing dates: anchored on the start day, clamped to the month's end."""

from calendar import monthrange
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apipay_sandbox.domain import recurring
from apipay_sandbox.records import RecurringInvoice

days = st.dates(min_value=date(1990, 1, 1), max_value=date(2090, 12, 31))
intervals = st.sampled_from(["daily", "weekly", "monthly", "yearly"])


def by_hand(start: date, interval: str, number: int) -> date:
    """The same schedule without dateutil."""
    if interval in {"daily", "weekly"}:
        return start + timedelta(days=number * (1 if interval == "daily" else 7))
    months = start.year * 12 + start.month - 1 + number * (1 if interval == "monthly" else 12)
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(start.day, monthrange(year, month)[1]))


def schedule(**fields: Any) -> RecurringInvoice:
    return RecurringInvoice(
        **{
            "id": 1, "status": "active", "amount": 100, "phone_number": "87001234567",
            "interval": "monthly", "created_at": 0.0, "start_date": date(2026, 1, 31), **fields,
        }
    )  # fmt: skip


@given(start=days, interval=intervals, number=st.integers(0, 400))
def test_billing_dates_are_those_of_the_calendar(start: date, interval: str, number: int) -> None:
    assert recurring.billing_date(start, interval, number) == by_hand(start, interval, number)


@given(start=days, interval=intervals, ahead=st.integers(-40, 2000))
def test_the_first_date_from_a_day_is_the_earliest_that_is_not_before_it(
    start: date, interval: str, ahead: int
) -> None:
    day = start + timedelta(days=ahead)

    found = recurring.first_from(start, interval, day)

    dates = (by_hand(start, interval, number) for number in range(2100))
    assert found == next(one for one in dates if one >= day)


def test_a_month_end_clamps_and_comes_back() -> None:
    record, seen = recurring.scheduled(schedule(), date(2026, 1, 31)), []
    for _ in range(4):
        seen.append(record.next_billing_date)
        record = recurring.covered(record)

    assert seen == [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]


def test_a_leap_day_is_billed_on_the_28th_in_other_years() -> None:
    record = schedule(interval="yearly", start_date=date(2024, 2, 29))

    found = [recurring.first_from(record.start_date, "yearly", date(y, 1, 1)) for y in (2025, 2028)]

    assert found == [date(2025, 2, 28), date(2028, 2, 29)]


def test_nothing_is_billed_after_the_end() -> None:
    record = schedule(end_date=date(2026, 2, 28))

    second = recurring.covered(recurring.scheduled(record, date(2026, 1, 31)))
    third = recurring.covered(second)

    assert second.next_billing_date == date(2026, 2, 28)
    assert third.next_billing_date is None
    assert recurring.covered(third) == third


def test_the_end_of_the_calendar_ends_the_schedule() -> None:
    last = schedule(interval="daily", start_date=date.max)

    first = recurring.scheduled(last, date(2026, 1, 1))

    assert first.next_billing_date == date.max
    assert recurring.covered(first).next_billing_date is None
    assert recurring.billing_date(date.max, "yearly", 1) is None


def test_a_start_in_the_past_bills_from_today_on() -> None:
    record = recurring.scheduled(schedule(start_date=date(2020, 5, 31)), date(2026, 2, 1))

    assert record.next_billing_date == date(2026, 2, 28)


@pytest.mark.parametrize(
    ("today", "expected"),
    [(date(2026, 2, 10), date(2026, 2, 28)), (date(2026, 3, 1), date(2026, 3, 31))],
)
def test_resuming_skips_the_dates_of_the_pause(today: date, expected: date) -> None:
    paused = schedule(status="paused", next_billing_date=date(2026, 2, 28))

    resumed = recurring.resumed(paused, today)

    assert (resumed.status, resumed.next_billing_date) == ("active", expected)


def test_a_record_survives_its_stored_form() -> None:
    record = recurring.scheduled(schedule(end_date=date(2027, 1, 1)), date(2026, 1, 31))

    assert RecurringInvoice.restored(record.stored()) == record
