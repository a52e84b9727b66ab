from typing import TYPE_CHECKING

from .. import types as _types


class OrganizationStatus(_types.OpenStrEnum):
    """Where the verification of an organization stands. New values appear over time: treat one
    that you do not know as not verified, and go on.

    - `pending`: waits for the owner to confirm
    - `verified`: confirmed; invoices can be created
    - `failed`: refused by the owner
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
