from .. import codec as _codec
from ..types import OpenStrEnum


class OrganizationStatus(OpenStrEnum):
    """The verification status of an organization. New values appear over time: treat an unknown
    one as not verified and not final.

    - `pending`: the owner has not confirmed yet
    - `verified`: confirmed; invoices can be created
    - `failed`: rejected by the owner

    Values that the spec does not list are kept, with `is_known` False.
    """

    PENDING = "pending"
    VERIFIED = "verified"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """Whether the value is final: it never changes again. An unknown value is not final."""
        return self.value in (
            "verified",
            "failed",
        )


#: Reads a value of an answer.
read = _codec.member_of(OrganizationStatus, OrganizationStatus.from_json)
