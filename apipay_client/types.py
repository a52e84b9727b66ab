"""Types that the generated modules share: UNSET, files, responses, call options, open enums."""

from collections.abc import Mapping, MutableMapping
from enum import StrEnum
from typing import Generic, Literal, NoReturn, Self, TypedDict, TypeVar, cast, final

import httpx
from attrs import define

from .errors import DecodeError


@final
class Unset:
    """The type of `UNSET`: a field that is not sent, unlike one that is sent as null."""

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"

    def __reduce__(self) -> str:
        # By name, so that a pickled or copied UNSET is UNSET itself.
        return "UNSET"


UNSET: Unset = Unset()


T = TypeVar("T")


@define
class Response(Generic[T]):
    """A response with its parsed body.

    The functions of `api` set `parsed` to None where the body is not what the spec says for that
    status code (an HTML error page, for example). With `with_raw_response` it is always the body
    of a success.
    """

    status_code: int
    content: bytes
    headers: MutableMapping[str, str]
    parsed: T

    @property
    def request_id(self) -> str | None:
        """The service's id of the request (header `X-Request-Id`), if the response has one."""
        return self.headers.get("X-Request-Id")

    def __repr__(self) -> str:
        # The body can hold personal data, so only its size is shown.
        return f"Response(status_code={self.status_code}, content=<{len(self.content)} bytes>)"


class CallOptions(TypedDict, total=False):
    """Options of one call.

    `timeout` and `headers` are applied to the request. The others travel in the request's httpx
    `extensions["options"]`, for an httpx client that retries or waits.
    """

    timeout: float | httpx.Timeout | None
    headers: Mapping[str, str]
    max_retries: int
    deadline: float
    priority: Literal["high", "normal", "low"]


@final
class Secret:
    """A string that does not show in a repr or an attribute, and is not pickled."""

    __slots__ = ("_value",)

    def __init__(self, value: "str | Secret") -> None:
        self._value: str = value.reveal() if isinstance(value, Secret) else value

    def reveal(self) -> str:
        """Return the string."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A secret is not pickled or copied. Pass it in again.")


class OpenStrEnum(StrEnum):
    """A string enum that also accepts values that the spec does not know yet.

    An unknown value equals its string, pickles, and has `is_known` False. Type checkers ask for a
    `case` for it in a `match`.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Return the member with this value, known or not.

        Raises:
            DecodeError: The value is not a string.
        """
        if not isinstance(value, str):
            raise DecodeError("a string")
        # Several times faster than cls(value) for a known value.
        known = cls._value2member_map_
        return cast(Self, known[value]) if value in known else cls(value)

    @property
    def is_known(self) -> bool:
        """Whether the spec of this client lists the value."""
        return self._value_ in type(self)._value2member_map_
