from __future__ import annotations

from typing import Any, Self

from attrs import define as _define
from attrs import field as _field

from .. import codec as _codec


@_define
class VerifyOrganizationRequest(_codec.Model[Any]):
    """The organization to verify.

    Attributes:
        idn: Twelve digits: the IIN of a person or the BIN of a company. Limits: matches
            ^[0-9]{12}$.
    """

    idn: str = _field(repr=_codec.hidden)
    additional_properties: dict[str, Any] = _field(
        init=False, factory=_codec.no_fields, repr=_codec.keys_only
    )

    @classmethod
    def _read(cls, data: dict[str, Any]) -> Self:
        take = data.pop
        # By position: by name it would take a quarter longer.
        return cls(_codec.to_str(take("idn")))
