from __future__ import annotations

from typing import Any, Self

from attrs import define as _define
from attrs import field as _field

from .. import codec as _codec
from .. import errors as _errors
from ..models import organization_status as _organization_status_enum
from ..models.organization_status import OrganizationStatus


@_define
class Organization:
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

    def to_dict(self) -> dict[str, Any]:
        """The object as JSON would hold it; optional fields that are not set are left out."""
        result: dict[str, Any] = {
            key: _codec.to_json(value) for key, value in self.additional_properties.items()
        }
        result["id"] = _codec.to_json(self.id)
        result["status"] = _codec.to_json(self.status)
        if self.idn is not None:
            result["idn"] = _codec.to_json(self.idn)
        if self.time_remaining is not None:
            result["time_remaining"] = _codec.to_json(self.time_remaining)
        return result

    @classmethod
    def from_dict(cls, source: object) -> Self:
        """Read a JSON object. Raises `DecodeError` where it is not what the spec says."""
        data = _codec.to_object(source)
        take = data.pop
        try:
            # In the order of the attributes: by name it would take a quarter longer.
            result = cls(
                _codec.to_int(take("id")),
                _organization_status_enum.read(take("status")),
                value
                if (value := take("idn", None)) is None or type(value) is str
                else _codec.to_str(value),
                None if (value := take("time_remaining", None)) is None else _codec.to_int(value),
            )
        except (_errors.DecodeError, KeyError) as error:
            raise _codec.placed(error, _KEYS, source, data) from None
        result.additional_properties = data
        return result

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties

    def __getitem__(self, key: str) -> Any:
        """A field that the spec does not know, by its name in JSON."""
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]


#: The fields in the order in which `from_dict` reads them.
_KEYS = (
    "id",
    "status",
    "idn",
    "time_remaining",
)
