from typing import TYPE_CHECKING

from .. import types as _types


class RecurringInvoiceStatus(_types.OpenStrEnum):
    """Where a recurring invoice stands. New values appear over time: treat one that you do not
    know as not final, and do not fail.

    - `active`: bills on its schedule
    - `paused`: bills nothing until it is resumed
    - `cancelled`: bills nothing any more; final
    """

    ACTIVE = "active"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    if TYPE_CHECKING:
        # Tells type checkers that there are other values; it does not exist.
        _OTHER = "(any other value)"

    @property
    def is_final(self) -> bool:
        """Whether the value never changes again. An unknown value is not final."""
        return self.value in ("cancelled",)
