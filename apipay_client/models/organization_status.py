from typing import TYPE_CHECKING

from .. import types as _types


class OrganizationStatus(_types.OpenStrEnum):
    """The verification status of an organization. New values appear over time: treat an unknown
    one as not verified and not final.

    - `pending`: the owner has not confirmed yet
    - `verified`: confirmed; invoices can be created
    - `failed`: rejected by the owner
    """

    PENDING = "pending"
    VERIFIED = "verified"
    FAILED = "failed"
    if TYPE_CHECKING:
        # Tells type checkers that there are other values; it does not exist.
        _OTHER = "(any other value)"

    @property
    def is_final(self) -> bool:
        """Whether the value never changes again. An unknown value is not final."""
        return self.value in (
            "verified",
            "failed",
        )
