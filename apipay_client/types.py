"""What the generated modules share: UNSET, files, the detailed answer, options of one call, open enums."""

from collections.abc import Mapping, MutableMapping
from enum import IntEnum, StrEnum
from typing import IO, BinaryIO, Generic, Literal, Self, TypedDict, TypeVar, final

import httpx
from attrs import define

from .errors import DecodeError


@final
class Unset:
    """The type of `UNSET`: a field that is not sent, as against one that is sent as null."""

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"

    def __reduce__(self) -> str:
        # By name, so that a pickled or copied UNSET is UNSET itself.
        return "UNSET"


UNSET: Unset = Unset()

FileContent = IO[bytes] | bytes | str
FileTypes = tuple[str | None, FileContent, str | None]
RequestFiles = list[tuple[str, FileTypes]]


@define
class File:
    """A file to upload, or a file that was downloaded."""

    payload: BinaryIO
    file_name: str | None = None
    mime_type: str | None = None

    def to_tuple(self) -> FileTypes:
        """The form that httpx takes in `files`."""
        return self.file_name, self.payload, self.mime_type


T = TypeVar("T")


@define
class Response(Generic[T]):
    """An answer in detail. `status_code` is any integer, `parsed` is None where the body is not
    what the spec says for that status (an HTML error page, say)."""

    status_code: int
    content: bytes
    headers: MutableMapping[str, str]
    parsed: T | None

    def __repr__(self) -> str:
        # The body can hold a customer's data, so only its size is shown.
        return f"Response(status_code={self.status_code}, content=<{len(self.content)} bytes>)"


class CallOptions(TypedDict, total=False):
    """Options of one call. `timeout` and `headers` are applied to the request; the others travel in
    the request's httpx `extensions["options"]`, for a transport that retries or waits."""

    timeout: float | httpx.Timeout | None
    headers: Mapping[str, str]
    max_retries: int
    deadline: float
    priority: Literal["high", "normal", "low"]


class OpenStrEnum(StrEnum):
    """A string enum that also takes values the spec does not know yet.

    Such a value compares equal to its string, pickles, and has `is_known` False.
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
        """The member with this value, known or not."""
        if not isinstance(value, str):
            raise DecodeError("a string")
        return cls(value)

    @property
    def is_known(self) -> bool:
        """Whether the spec that this client was generated from lists the value."""
        return self._value_ in type(self)._value2member_map_


class OpenIntEnum(IntEnum):
    """An integer enum that also takes values the spec does not know yet; see `OpenStrEnum`."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, int) or isinstance(value, bool):
            return None
        member = int.__new__(cls, value)
        member._name_ = f"VALUE_{value}"
        member._value_ = value
        return member

    @classmethod
    def from_json(cls, value: object) -> Self:
        """The member with this value, known or not."""
        if not isinstance(value, int) or isinstance(value, bool):
            raise DecodeError("an integer")
        return cls(value)

    @property
    def is_known(self) -> bool:
        """Whether the spec that this client was generated from lists the value."""
        return self._value_ in type(self)._value2member_map_


__all__ = [
    "UNSET",
    "CallOptions",
    "File",
    "FileTypes",
    "OpenIntEnum",
    "OpenStrEnum",
    "RequestFiles",
    "Response",
    "Unset",
]
