from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from attrs import define as _define
from attrs import field as _field

from .. import codec as _codec

if TYPE_CHECKING:
    from ..models.organization import Organization


@_define
class OrganizationEnvelope(_codec.Model[Any]):
    """A wrapper of an organization.

    Attributes:
        organization: An organization of Kaspi Business for which the service acts as a cashier.
    """

    organization: Organization
    additional_properties: dict[str, Any] = _field(
        init=False, factory=_codec.no_fields, repr=_codec.keys_only
    )

    @classmethod
    def _read(cls, data: dict[str, Any]) -> Self:
        from ..models.organization import Organization

        take = data.pop
        # By position: by name it would take a quarter longer.
        return cls(Organization.from_dict(take("organization")))
