from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from attrs import define as _define
from attrs import field as _field

from .. import codec as _codec

if TYPE_CHECKING:
    from ..models.organization import Organization


@_define
class OrganizationVerification(_codec.Model[Any]):
    """The organization and a message for its owner.

    Attributes:
        organization: An organization of Kaspi Business for which the service acts as a cashier.
        message: A message for people about what the owner has to do now.
    """

    organization: Organization
    message: str | None = None
    additional_properties: dict[str, Any] = _field(
        init=False, factory=_codec.no_fields, repr=_codec.keys_only
    )

    @classmethod
    def _read(cls, data: dict[str, Any]) -> Self:
        from ..models.organization import Organization

        take = data.pop
        text = _codec.to_optional_str
        # By position: by name it would take a quarter longer.
        return cls(
            Organization.from_dict(take("organization")),
            value if type(value := take("message", None)) is str else text(value),
        )
