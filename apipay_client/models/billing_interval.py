from .. import codec as _codec
from ..types import OpenStrEnum


class BillingInterval(OpenStrEnum):
    """How often a recurring invoice bills. New values appear over time.

    - `daily`: every day
    - `weekly`: every 7 days
    - `monthly`: every month, on the day of the start date or else the month's last day
    - `yearly`: every year, on the day of the start date (29 February: 28 February if needed)

    Values that the spec does not list are kept, with `is_known` False.
    """

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    YEARLY = "yearly"


#: Reads a value of an answer.
read = _codec.member_of(BillingInterval, BillingInterval.from_json)
