"""Help for testing code that uses apipay: a clock that needs no waiting."""

from apipay.testing.virtual_clock import VirtualClock

__all__ = ["VirtualClock"]
