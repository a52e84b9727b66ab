from typing import TYPE_CHECKING

from .. import types as _types


class BillingInterval(_types.OpenStrEnum):
    """How often a recurring invoice bills. New values appear over time.

    - `daily`: every day
    - `weekly`: every 7 days
    - `monthly`: every month, on the day of the start date or else the month's last day
    - `yearly`: every year, on the day of the start date (29 February: 28 February if needed)
    """

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    YEARLY = "yearly"
    if TYPE_CHECKING:
        # Tells type checkers that there are other values; it does not exist.
        _OTHER = "(any other value)"
