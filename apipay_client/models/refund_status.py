from .. import codec as _codec
from ..types import OpenStrEnum


class RefundStatus(OpenStrEnum):
    """The status of a refund. This version returns `completed`; the other values come from later
    versions, and this specification assumes their meaning from their names. New values appear
    over time: treat an unknown one as not final.

    - `completed`: the money was refunded
    - `pending`: accepted, not started
    - `processing`: in progress
    - `failed`: the money was not refunded

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
