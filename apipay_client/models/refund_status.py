from typing import TYPE_CHECKING

from .. import types as _types


class RefundStatus(_types.OpenStrEnum):
    """Where a refund stands. This version is seen to answer `completed`; the others are met in
    later versions, and what is said of them here is this specification's reading of their
    names. New values appear over time: treat one that you do not know as not final.

    - `completed`: the money was given back
    - `pending`: accepted, not begun
    - `processing`: under way
    - `failed`: the money was not given back
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
