from __future__ import annotations

from typing import Any, Self

from attrs import define as _define
from attrs import field as _field

from .. import codec as _codec
from ..models.organization_status import OrganizationStatus


@_define
class Organization(_codec.Model[Any]):
    """An organization of Kaspi Business for which the service acts as a cashier.

    Attributes:
        id: The organization's id. Limits: at least 1.
        status: The verification status of an organization. New values appear over time: treat
            an unknown one as not verified and not final. Limits: one of pending, verified,
            failed.
        idn: The organization's IIN or BIN. Limits: matches ^[0-9]{12}$.
        time_remaining: Whole seconds left of the verification window. It has a meaning only
            while the status is `pending`, but can be present with another status. Limits: at
            least 0.
    """

    id: int
    status: OrganizationStatus
    idn: str | None = _field(default=None, repr=_codec.hidden)
    time_remaining: int | None = None
    additional_properties: dict[str, Any] = _field(
        init=False, factory=_codec.no_fields, repr=_codec.keys_only
    )

    @classmethod
    def _read(cls, data: dict[str, Any]) -> Self:
        take = data.pop
        text = _codec.to_optional_str
        # By position: by name it would take a quarter longer.
        return cls(
            _codec.to_int(take("id")),
            OrganizationStatus.from_json(take("status")),
            value if type(value := take("idn", None)) is str else text(value),
            None if (value := take("time_remaining", None)) is None else _codec.to_int(value),
        )
