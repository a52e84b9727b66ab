from typing import TYPE_CHECKING

from .. import types as _types


class RecurringInvoiceStatus(_types.OpenStrEnum):
    """The status of a recurring invoice. New values appear over time: treat an unknown one as not
    final, and do not fail.

    - `active`: bills on its schedule
    - `paused`: does not bill until it is resumed
    - `cancelled`: no longer bills; final
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
