"""Billing dates: month ends, skipped periods, ends."""

import datetime
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apipay.billing import upcoming_billing_dates
from apipay.errors import InvalidRequestError
from apipay_client.models import BillingInterval, RecurringInvoice, RecurringInvoiceStatus


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def recurring(interval: str | None, start: str | None = None, **more: Any) -> RecurringInvoice:
    dates: dict[str, Any] = {name: day(more[name]) for name in more if name != "status"}
    return RecurringInvoice(
        id=1,
        status=RecurringInvoiceStatus(more.get("status", "active")),
        interval=None if interval is None else BillingInterval(interval),
        start_date=None if start is None else day(start),
        **dates,
    )


def first(count: int, of: RecurringInvoice, since: str | None = None) -> list[str]:
    dates = upcoming_billing_dates(of, since=None if since is None else day(since))
    return [date.isoformat() for date in islice(dates, count)]


def test_each_interval() -> None:
    assert first(3, recurring("daily", "2026-02-27")) == ["2026-02-27", "2026-02-28", "2026-03-01"]
    assert first(3, recurring("weekly", "2026-12-25")) == ["2026-12-25", "2027-01-01", "2027-01-08"]
    assert first(2, recurring("monthly", "2026-12-15")) == ["2026-12-15", "2027-01-15"]
    assert first(2, recurring("yearly", "2026-05-05")) == ["2026-05-05", "2027-05-05"]


def test_month_ends_clamp_and_come_back() -> None:
    dates = first(5, recurring("monthly", "2027-12-31"))
    assert dates == ["2027-12-31", "2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30"]
    leap = first(5, recurring("yearly", "2024-02-29"))
    assert leap == ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]


def test_it_goes_on_from_the_next_billing_date_on_the_day_of_the_start() -> None:
    of = recurring("monthly", "2026-01-31", next_billing_date="2026-02-28")
    assert first(3, of) == ["2026-02-28", "2026-03-31", "2026-04-30"]
    skipped = recurring("weekly", "2026-01-01", next_billing_date="2026-01-22")
    assert first(2, skipped) == ["2026-01-22", "2026-01-29"]


def test_a_next_date_beside_the_rhythm_is_believed() -> None:
    of = recurring("monthly", "2026-01-31", next_billing_date="2026-03-10")
    assert first(3, of) == ["2026-03-10", "2026-03-31", "2026-04-30"]


def test_the_end_date_can_bill_and_nothing_after_it() -> None:
    assert first(9, recurring("daily", "2026-01-01", end_date="2026-01-03")) == [
        "2026-01-01",
        "2026-01-02",
        "2026-01-03",
    ]
    assert first(9, recurring("monthly", "2026-01-15", end_date="2026-02-14")) == ["2026-01-15"]
    assert first(9, recurring("daily", "2026-01-05", end_date="2026-01-03")) == []


def test_since_leaves_earlier_dates_out() -> None:
    of = recurring("monthly", "2026-01-31")
    assert first(2, of, since="2026-02-28") == ["2026-02-28", "2026-03-31"]
    assert first(2, of, since="2030-03-01") == ["2030-03-31", "2030-04-30"]
    assert first(1, of, since="2020-01-01") == ["2026-01-31"]


def test_paused_and_cancelled_bill_nothing() -> None:
    assert first(5, recurring("daily", "2026-01-01", status="paused")) == []
    assert first(5, recurring("daily", "2026-01-01", status="cancelled")) == []
    assert len(first(5, recurring("daily", "2026-01-01", status="on_trial"))) == 5


def test_the_end_of_the_calendar_is_an_end() -> None:
    assert first(9, recurring("yearly", "9998-06-01")) == ["9998-06-01", "9999-06-01"]
    assert first(9, recurring("daily", "9999-12-30")) == ["9999-12-30", "9999-12-31"]


@pytest.mark.parametrize(
    "lacking",
    [recurring(None, "2026-01-01"), recurring("daily"), recurring("hourly", "2026-01-01")],
)
def test_what_cannot_be_worked_out_is_refused_at_once(lacking: RecurringInvoice) -> None:
    with pytest.raises(InvalidRequestError):
        upcoming_billing_dates(lacking)


@given(
    start=st.dates(datetime.date(2000, 1, 1), datetime.date(2100, 1, 1)),
    interval=st.sampled_from(["daily", "weekly", "monthly", "yearly"]),
    ahead=st.integers(0, 4000),
)
def test_since_gives_the_same_dates_as_counting_from_the_start(
    start: datetime.date, interval: str, ahead: int
) -> None:
    of = recurring(interval, start.isoformat())
    since = start + datetime.timedelta(days=ahead)
    whole = [date for date in islice(upcoming_billing_dates(of), 4010) if date >= since][:3]
    assert list(islice(upcoming_billing_dates(of, since=since), 3)) == whole
    assert all(
        date.day == start.day or (date + datetime.timedelta(1)).day == 1 for date in whole
    ) or (interval in ("daily", "weekly"))
