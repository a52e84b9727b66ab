"""The verification of an organization: pending -> verified | failed, within a window."""

import math

import attrs

from ..records import Organization


def begin(organization: Organization, now: float, window: float) -> Organization:
    """Open a new window. A verified organization stays verified."""
    if organization.status == "verified":
        return organization
    return attrs.evolve(organization, status="pending", window_ends=now + window)


def is_open(organization: Organization, now: float) -> bool:
    """Whether the owner can still confirm or refuse."""
    return organization.status == "pending" and now < organization.window_ends


def is_over(organization: Organization, now: float) -> bool:
    """Whether the window passed with no decision: the service answers 410."""
    return organization.status == "pending" and now >= organization.window_ends


def seconds_left(organization: Organization, now: float) -> int | None:
    """Whole seconds left of the window, rounded up; None when nothing is waited for."""
    if not is_open(organization, now):
        return None
    return math.ceil(organization.window_ends - now)


def decide(organization: Organization, confirmed: bool) -> Organization:
    """The owner's decision."""
    return attrs.evolve(organization, status="verified" if confirmed else "failed")
