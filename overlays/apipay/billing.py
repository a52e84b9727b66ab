"""The dates on which a recurring invoice will bill, computed from its own fields."""

import datetime
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from dateutil.relativedelta import relativedelta

from apipay.errors import InvalidRequestError

if TYPE_CHECKING:
    from apipay_client.models import RecurringInvoice

_STEPS: Mapping[str, relativedelta] = {
    "daily": relativedelta(days=1),
    "weekly": relativedelta(days=7),
    "monthly": relativedelta(months=1),
    "yearly": relativedelta(years=1),
}

_NOT_BILLED = ("paused", "cancelled")


def upcoming_billing_dates(
    recurring: "RecurringInvoice", *, since: datetime.date | None = None
) -> Iterator[datetime.date]:
    """Yield the coming billing dates in order, without end or up to and including `end_date`.

    The day of the start date is kept: from 31 January a month later is the last day of February,
    and the next is 31 March. Nothing is billed while it is paused, and once it is cancelled.

    Args:
        recurring: The recurring invoice, with its interval and dates.
        since: The first date is on or after this one. Default: `next_billing_date`.

    Returns:
        An iterator; take as many as needed:
        `itertools.islice(upcoming_billing_dates(recurring), 12)`.

    Raises:
        InvalidRequestError: `interval`, or both `start_date` and `next_billing_date`, are missing,
            as they can be in items of lists.
    """
    interval = recurring.interval
    anchor = recurring.start_date or recurring.next_billing_date
    if interval is None or anchor is None:
        raise InvalidRequestError(
            "This recurring invoice lacks its interval or its dates. Get the whole resource with "
            "client.recurring_invoices.get first."
        )
    step = _STEPS.get(interval)
    if step is None:
        raise InvalidRequestError(
            "This version of apipay does not know the interval. Upgrade apipay."
        )
    if recurring.status in _NOT_BILLED:
        return iter(())
    return _dates(anchor, step, recurring.next_billing_date or anchor, since, recurring.end_date)


def _dates(
    anchor: datetime.date,
    step: relativedelta,
    following: datetime.date,
    since: datetime.date | None,
    end: datetime.date | None,
) -> Iterator[datetime.date]:
    earliest = following if since is None else max(following, since)
    for date in _and_then(following, _rhythm(anchor, step, _steps_before(anchor, step, earliest))):
        if end is not None and date > end:
            return
        if date >= earliest:
            yield date


def _and_then(first: datetime.date, dates: Iterator[datetime.date]) -> Iterator[datetime.date]:
    """`first`, then those of `dates` that come after it."""
    yield first
    yield from (date for date in dates if date > first)


def _rhythm(anchor: datetime.date, step: relativedelta, count: int) -> Iterator[datetime.date]:
    # Each date is counted from the anchor: going on from a month's clamped end would stay on the
    # 28th for good.
    while True:
        try:
            yield anchor + step * count
        except (ValueError, OverflowError):
            return  # the calendar ends
        count += 1


def _steps_before(anchor: datetime.date, step: relativedelta, date: datetime.date) -> int:
    """A number of steps that surely does not lead past `date`."""
    if step.days:
        steps = (date - anchor).days // step.days
    else:
        months = (date.year - anchor.year) * 12 + date.month - anchor.month
        steps = months // (step.years * 12 + step.months)
    return max(0, steps - 1)
