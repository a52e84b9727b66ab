"""Webhooks: from the raw bytes of a delivery to an event that is handled once."""

from .signature import sign, verify

__all__ = ["sign", "verify"]
