from .. import codec as _codec
from ..types import OpenStrEnum


class RecurringInvoiceStatus(OpenStrEnum):
    """The status of a recurring invoice. New values appear over time: treat an unknown one as not
    final, and do not fail.

    - `active`: bills on its schedule
    - `paused`: does not bill until it is resumed
    - `cancelled`: no longer bills; final

    Values that the spec does not list are kept, with `is_known` False.
    """

    ACTIVE = "active"
    PAUSED = "paused"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether the value is final: it never changes again. An unknown value is not final."""
        return self.value in ("cancelled",)


#: Reads a value of an answer.
read = _codec.member_of(RecurringInvoiceStatus, RecurringInvoiceStatus.from_json)
