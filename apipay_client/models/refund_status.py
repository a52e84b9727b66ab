from .. import codec as _codec
from ..types import OpenStrEnum


class RefundStatus(OpenStrEnum):
    """Where a refund stands. This version is seen to answer `completed`; the others are met in
    later versions, and what is said of them here is this specification's reading of their
    names. New values appear over time: treat one that you do not know as not final.

    - `completed`: the money was given back
    - `pending`: accepted, not begun
    - `processing`: under way
    - `failed`: the money was not given back

    Values that the spec does not list are kept, with `is_known` False.
    """

    COMPLETED = "completed"
    PENDING = "pending"
    PROCESSING = "processing"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """Whether the value is final: it never changes again. An unknown value is not final."""
        return self.value in (
            "completed",
            "failed",
        )


#: Reads a value of an answer.
read = _codec.member_of(RefundStatus, RefundStatus.from_json)
