from typing import TYPE_CHECKING

from .. import types as _types


class InvoiceStatus(_types.OpenStrEnum):
    """The status of an invoice. New values appear over time (later versions of the API add
    `processing`, `cancelling`, `error`, `partially_refunded` and `refunded`): treat an unknown
    one as not final, and do not fail.

    - `pending`: the customer has not paid yet
    - `paid`: paid; also after a refund
    - `cancelled`: cancelled by the merchant before it was paid
    - `expired`: not paid before its deadline
    """

    PENDING = "pending"
    PAID = "paid"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    if TYPE_CHECKING:
        # Tells type checkers that there are other values; it does not exist.
        _OTHER = "(any other value)"

    @property
    def is_final(self) -> bool:
        """Whether the value never changes again. An unknown value is not final."""
        return self.value in (
            "paid",
            "cancelled",
            "expired",
        )
