"""Recurring invoices: active <-> paused -> cancelled, and their billing dates.

The schedule is anchored on the start date: billing n is the start date plus n intervals, clamped
to the month's last day. So 31 January is followed by 28 February and then by 31 March.
"""

from datetime import date, timedelta

import attrs
from dateutil.relativedelta import relativedelta

from ..records import RecurringInvoice

_DAYS = {"daily": 1, "weekly": 7}
_MONTHS = {"monthly": 1, "yearly": 12}
INTERVALS = frozenset(_DAYS | _MONTHS)


def billing_date(start: date, interval: str, number: int) -> date | None:
    """Return the date of billing `number`, counted from 0; None past the end of the calendar."""
    try:
        if interval in _DAYS:
            return start + timedelta(days=_DAYS[interval] * number)
        return start + relativedelta(months=_MONTHS[interval] * number)
    except (OverflowError, ValueError):
        return None


def first_from(start: date, interval: str, day: date) -> date | None:
    """Return the first billing date on or after `day`."""
    if day <= start:
        return start
    if interval in _DAYS:
        number = -(-(day - start).days // _DAYS[interval])
    else:
        months = (day.year - start.year) * 12 + day.month - start.month
        number = months // _MONTHS[interval]
    found = billing_date(start, interval, number)
    if found is not None and found < day:
        found = billing_date(start, interval, number + 1)
    return found


def scheduled(recurring: RecurringInvoice, today: date) -> RecurringInvoice:
    """Set the next billing date: the first that is not past, not covered, not after the end."""
    day = max(today, recurring.start_date)
    if recurring.covered_until is not None and recurring.covered_until >= day:
        day = recurring.covered_until
        if day == date.max:
            return attrs.evolve(recurring, next_billing_date=None)
        day += timedelta(days=1)
    found = first_from(recurring.start_date, recurring.interval, day)
    if found is not None and recurring.end_date is not None and found > recurring.end_date:
        found = None
    return attrs.evolve(recurring, next_billing_date=found)


def covered(recurring: RecurringInvoice) -> RecurringInvoice:
    """Move on to the next billing date after one was billed or skipped."""
    due = recurring.next_billing_date
    if due is None:
        return recurring
    return scheduled(attrs.evolve(recurring, covered_until=due), due)


def is_due(recurring: RecurringInvoice, today: date) -> bool:
    """Return whether an invoice must be created now."""
    due = recurring.next_billing_date
    return recurring.status == "active" and due is not None and due <= today


def resumed(recurring: RecurringInvoice, today: date) -> RecurringInvoice:
    """Return the recurring invoice active again; billing dates in the pause are skipped."""
    active = attrs.evolve(recurring, status="active")
    due = recurring.next_billing_date
    return scheduled(active, today) if due is not None and due < today else active


def ended(recurring: RecurringInvoice, today: date) -> bool:
    """Return whether its end date has passed."""
    return recurring.end_date is not None and today > recurring.end_date
