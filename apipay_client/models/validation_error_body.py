from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from attrs import define as _define

from .. import codec as _codec
from ..models.error import Error

if TYPE_CHECKING:
    from ..models.field_errors import FieldErrors


@_define
class ValidationErrorBody(Error):
    """The fields of a request that are not valid.

    Attributes:
        errors: The problems of each field that is not valid.
    """

    errors: FieldErrors

    @classmethod
    def _read(cls, data: dict[str, Any]) -> Self:
        from ..models.field_errors import FieldErrors

        take = data.pop
        # By position: by name it would take a quarter longer.
        return cls(_codec.to_str(take("message")), FieldErrors.from_dict(take("errors")))
