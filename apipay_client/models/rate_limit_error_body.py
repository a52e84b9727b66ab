from __future__ import annotations

from typing import Any, Self

from attrs import define as _define

from .. import codec as _codec
from ..models.error import Error


@_define
class RateLimitErrorBody(Error):
    """The rate limit is exhausted.

    Attributes:
        retry_after: How many seconds to wait before the next request. Limits: at least 0.
    """

    retry_after: int

    @classmethod
    def _read(cls, data: dict[str, Any]) -> Self:
        take = data.pop
        # By position: by name it would take a quarter longer.
        return cls(_codec.to_str(take("message")), _codec.to_int(take("retry_after")))
