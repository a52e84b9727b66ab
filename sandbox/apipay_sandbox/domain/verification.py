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
    """Return whether the owner can still confirm or refuse."""
    return organization.status == "pending" and now < organization.window_ends


def is_over(organization: Organization, now: float) -> bool:
    """Return whether the window passed without a decision: the service responds 410."""
    return organization.status == "pending" and now >= organization.window_ends


def seconds_left(organization: Organization, now: float) -> int | None:
    """Return the whole seconds left of an open window, rounded up; else None."""
    if not is_open(organization, now):
        return None
    return math.ceil(organization.window_ends - now)


def decide(organization: Organization, confirmed: bool) -> Organization:
    """Return the organization after its owner's decision."""
    return attrs.evolve(organization, status="verified" if confirmed else "failed")
