"""The dates on which a recurring invoice will bill, worked out from what it says of itself."""

import datetime
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from dateutil.relativedelta import relativedelta

from apipay.errors import InvalidRequestError
from apipay_client.models import BillingInterval, RecurringInvoiceStatus

if TYPE_CHECKING:
    from apipay_client.models import RecurringInvoice

_STEPS: Mapping[BillingInterval, relativedelta] = {
    BillingInterval.DAILY: relativedelta(days=1),
    BillingInterval.WEEKLY: relativedelta(days=7),
    BillingInterval.MONTHLY: relativedelta(months=1),
    BillingInterval.YEARLY: relativedelta(years=1),
}

_NOT_BILLED = (RecurringInvoiceStatus.PAUSED, RecurringInvoiceStatus.CANCELLED)


def upcoming_billing_dates(
    recurring: "RecurringInvoice", *, since: datetime.date | None = None
) -> Iterator[datetime.date]:
    """Give the coming billing dates in order, for ever or up to `end_date`, which can bill too.

    The first is `next_billing_date`, or the first on or after `since` where that is later. The
    day of the start date is kept: from 31 January a month later is the last day of February, and
    the next is 31 March. While it is paused, and once it is cancelled, nothing is billed.

    Take as many as needed: `itertools.islice(upcoming_billing_dates(recurring), 12)`.

    Raises `InvalidRequestError` when `interval`, or both `start_date` and `next_billing_date`, are
    missing, as in items of lists they can be: get the recurring invoice first.
    """
    interval = recurring.interval
    anchor = recurring.start_date or recurring.next_billing_date
    if interval is None or anchor is None:
        raise InvalidRequestError(
            "This recurring invoice lacks its interval or its dates: get it whole with "
            "client.recurring_invoices.get first."
        )
    step = _STEPS.get(interval)
    if step is None:
        raise InvalidRequestError("The interval is one that this version of apipay does not know.")
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
