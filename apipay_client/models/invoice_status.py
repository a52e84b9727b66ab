from .. import codec as _codec
from ..types import OpenStrEnum


class InvoiceStatus(OpenStrEnum):
    """The status of an invoice. New values appear over time (later versions of the API add
    `processing`, `cancelling`, `error`, `partially_refunded` and `refunded`): treat an unknown
    one as not final, and do not fail.

    - `pending`: the customer has not paid yet
    - `paid`: paid; also after a refund
    - `cancelled`: cancelled by the merchant before it was paid
    - `expired`: not paid before its deadline

    Values that the spec does not list are kept, with `is_known` False.
    """

    PENDING = "pending"
    PAID = "paid"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def is_final(self) -> bool:
        """Whether the value is final: it never changes again. An unknown value is not final."""
        return self.value in (
            "paid",
            "cancelled",
            "expired",
        )


#: Reads a value of an answer.
read = _codec.member_of(InvoiceStatus, InvoiceStatus.from_json)
