from typing import TYPE_CHECKING

from .. import types as _types


class RefundStatus(_types.OpenStrEnum):
    """The status of a refund. This version returns `completed`; the other values come from later
    versions, and this specification assumes their meaning from their names. New values appear
    over time: treat an unknown one as not final.

    - `completed`: the money was refunded
    - `pending`: accepted, not started
    - `processing`: in progress
    - `failed`: the money was not refunded
    """

    COMPLETED = "completed"
    PENDING = "pending"
    PROCESSING = "processing"
    FAILED = "failed"
    if TYPE_CHECKING:
        # Tells type checkers that there are other values; it does not exist.
        _OTHER = "(any other value)"

    @property
    def is_final(self) -> bool:
        """Whether the value never changes again. An unknown value is not final."""
        return self.value in (
            "completed",
            "failed",
        )
