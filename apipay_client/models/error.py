from __future__ import annotations

from typing import Any, Self

from attrs import define as _define
from attrs import field as _field

from .. import codec as _codec


@_define
class Error(_codec.Model[Any]):
    """What went wrong.

    Attributes:
        message: What went wrong, for people to read. Its wording can change: decide by the
            status.
    """

    message: str
    additional_properties: dict[str, Any] = _field(
        init=False, factory=_codec.no_fields, repr=_codec.keys_only
    )

    @classmethod
    def _read(cls, data: dict[str, Any]) -> Self:
        take = data.pop
        # By position: by name it would take a quarter longer.
        return cls(_codec.to_str(take("message")))
