"""How JSON becomes Python values and back: one small function for each kind of value.

Every function that reads raises `DecodeError` with where the value stood and what it should have
been, never with the value itself.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from io import BytesIO
from typing import Any, NoReturn, Protocol, TypeVar, cast
from urllib.parse import quote
from uuid import UUID

from .errors import DecodeError, InvalidArgument
from .types import UNSET, File, FileTypes, RequestFiles, Unset

T = TypeVar("T")

#: A decimal with more digits than this before or behind the point is refused: 1E+999999999 is
#: short to write and would fill the memory once written out.
_MOST_DIGITS = 100


class _Model(Protocol):
    def to_dict(self) -> dict[str, Any]: ...


# -- reading -----------------------------------------------------------------------------------


def loads(content: bytes) -> Any:
    """Parse a JSON body; numbers with a fraction become Decimal, so that none is rounded."""
    try:
        return json.loads(content, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise DecodeError("JSON") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def to_object(value: object) -> dict[str, Any]:
    """A copy of a JSON object, to take the known fields out of."""
    if not isinstance(value, Mapping):
        raise DecodeError("an object")
    return dict(cast(Mapping[str, Any], value))


def required(data: dict[str, Any], key: str, convert: Callable[[object], T]) -> T:
    """Take a field that is always there."""
    try:
        value = data.pop(key)
    except KeyError:
        raise DecodeError("there, though it is required", f"/{key}") from None
    try:
        return convert(value)
    except DecodeError as error:
        raise error.under(key) from None


def optional(data: dict[str, Any], key: str, convert: Callable[[object], T]) -> T | None:
    """Take a field of an answer; absent and null are both None."""
    value = data.pop(key, None)
    if value is None:
        return None
    try:
        return convert(value)
    except DecodeError as error:
        raise error.under(key) from None


def unset_or(data: dict[str, Any], key: str, convert: Callable[[object], T]) -> T | Unset:
    """Take a field of a request body, where absent and null can differ."""
    if key not in data:
        return UNSET
    return required(data, key, convert)


def rest_of(data: dict[str, Any], convert: Callable[[object], T]) -> dict[str, T]:
    """The fields that are left, each converted."""
    rest: dict[str, T] = {}
    for key, value in data.items():
        try:
            rest[key] = convert(value)
        except DecodeError as error:
            raise error.under(key) from None
    return rest


def to_any(value: object) -> Any:
    return value


def to_none(value: object) -> None:
    if value is not None:
        raise DecodeError("null")


def to_str(value: object) -> str:
    if isinstance(value, str):
        return value
    raise DecodeError("a string")


def to_bool(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise DecodeError("a boolean")


def to_int(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise DecodeError("an integer")


def to_float(value: object) -> float:
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return float(value)
    raise DecodeError("a number")


def to_decimal(value: object) -> Decimal:
    """Money: from a string or from a number, exactly."""
    if isinstance(value, str | int | Decimal) and not isinstance(value, bool):
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise DecodeError("a decimal number") from None
        if number.is_finite():
            return number
    raise DecodeError("a decimal number")


def to_date(value: object) -> date:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise DecodeError("a date, YYYY-MM-DD")


def to_datetime(value: object) -> datetime:
    if isinstance(value, str):
        try:
            parsed = datetime.fromisoformat(value)
        except ValueError:
            raise DecodeError("an RFC 3339 timestamp") from None
        if parsed.tzinfo is not None:
            return parsed
    raise DecodeError("an RFC 3339 timestamp with its offset")


def to_uuid(value: object) -> UUID:
    if isinstance(value, str):
        try:
            return UUID(value)
        except ValueError:
            pass
    raise DecodeError("a UUID")


def to_file(value: object) -> File:
    if isinstance(value, bytes):
        return File(payload=BytesIO(value))
    if isinstance(value, str):
        return File(payload=BytesIO(value.encode()))
    raise DecodeError("a file")


def constant(expected: T) -> Callable[[object], T]:
    def convert(value: object) -> T:
        if value == expected and type(value) is type(expected):
            return expected
        raise DecodeError(f"the constant {expected!r}")

    return convert


def nullable(convert: Callable[[object], T]) -> Callable[[object], T | None]:
    def convert_or_none(value: object) -> T | None:
        return None if value is None else convert(value)

    return convert_or_none


def list_of(convert: Callable[[object], T]) -> Callable[[object], list[T]]:
    def convert_all(value: object) -> list[T]:
        if not isinstance(value, list):
            raise DecodeError("an array")
        values = cast(list[object], value)
        converted: list[T] = []
        try:
            for item in values:
                converted.append(convert(item))
        except DecodeError as error:
            raise error.under(len(converted)) from None
        return converted

    return convert_all


def either(*converts: Callable[[object], Any]) -> Callable[[object], Any]:
    """The first alternative that the value fits."""

    def convert(value: object) -> Any:
        for alternative in converts:
            try:
                return alternative(value)
            except DecodeError:
                continue
        raise DecodeError("any of the alternatives in the spec")

    return convert


# -- writing -----------------------------------------------------------------------------------


def to_json(value: Any) -> Any:
    """A value as `json` can write it; a Decimal stays one, see `dumps`."""
    if value is None or isinstance(value, str | int | float | Decimal):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        items = cast(Mapping[str, Any], value).items()
        return {key: to_json(item) for key, item in items if not isinstance(item, Unset)}
    if isinstance(value, Iterable):
        return [to_json(item) for item in cast(Iterable[object], value)]
    if isinstance(value, UUID):
        return str(value)
    return cast(_Model, value).to_dict()


def decimals_as_text(value: Any) -> Any:
    """As `to_json`, for a decimal that the spec sends as a string."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, list):
        return [decimals_as_text(item) for item in cast(list[object], value)]
    return to_json(value)


def dumps(value: Any) -> bytes:
    """A JSON body, UTF-8. A Decimal becomes the JSON number with exactly its value."""
    return json.dumps(
        to_json(value), default=_number, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    ).encode()


def _number(value: object) -> int | float:
    if isinstance(value, Decimal):
        return _exact("body", value)
    raise InvalidArgument("body", "holds a value that JSON cannot carry.")


def _exact(name: str, value: Decimal) -> int | float:
    """The Python number that `json` writes as exactly this value."""
    if value.is_finite() and abs(value.adjusted()) <= _MOST_DIGITS:
        if value == value.to_integral_value():
            return int(value)
        # `repr` of a float is the shortest text that reads back as the same float: where that
        # text has the Decimal's value, the number on the wire is exact.
        number = float(value)
        if Decimal(repr(number)) == value:
            return number
    raise InvalidArgument(name, "has more digits than a JSON number keeps exactly.")


def query(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Query parameters without those that were not given."""
    given: dict[str, Any] = {}
    for name, value in parameters.items():
        if isinstance(value, Unset) or value is None:
            continue
        if isinstance(value, list | tuple | set | frozenset):
            given[name] = [_text(item) for item in cast(Iterable[object], value)]
        elif hasattr(value, "to_dict"):
            given.update(query(cast(_Model, value).to_dict()))
        else:
            given[name] = _text(value)
    return given


def headers(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Header parameters without those that were not given."""
    return {name: _text(value) for name, value in query(parameters).items()}


def path_value(value: Any) -> str:
    """One segment of a path, quoted."""
    return quote(_text(value), safe="")


def form(value: _Model) -> dict[str, Any]:
    """The fields of an `application/x-www-form-urlencoded` body."""
    return query(value.to_dict())


def multipart_field(name: str, value: Any) -> RequestFiles:
    """The parts that one field of a `multipart/form-data` body becomes."""
    if isinstance(value, Unset):
        return []
    if isinstance(value, File):
        return [(name, value.to_tuple())]
    if isinstance(value, list):
        return [part for item in cast(list[object], value) for part in multipart_field(name, item)]
    if isinstance(value, Mapping) or hasattr(value, "to_dict"):
        part: FileTypes = (None, dumps(value), "application/json")
        return [(name, part)]
    return [(name, (None, _text(value).encode(), "text/plain"))]


def _text(value: Any) -> str:
    value = to_json(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return "null" if value is None else str(value)


# -- arguments of the resources ----------------------------------------------------------------


def decimal_argument(name: str, value: Any, step: str = "") -> Any:
    """A decimal argument. A float is taken only where it is exact to the spec's `multipleOf`."""
    if value is None or isinstance(value, Unset):
        return value
    if not isinstance(value, Decimal | int | str | float) or isinstance(value, bool):
        raise InvalidArgument(name, "is not a number; give a Decimal, an int or a str.")
    try:
        number = Decimal(repr(value) if isinstance(value, float) else value)
    except InvalidOperation:
        raise InvalidArgument(name, 'is not a number; write it like "1234.50".') from None
    _exact(name, number)
    if step and isinstance(value, float) and (number / Decimal(step)) % 1:
        raise InvalidArgument(
            name, f"is a float that is not exact to {step}; give a Decimal or a str."
        )
    return number


def enum_argument(name: str, convert: Callable[[object], T], value: Any) -> Any:
    """An enum argument, given as its member or as its value."""
    if value is None or isinstance(value, Unset):
        return value
    try:
        return convert(value)
    except DecodeError as error:
        raise InvalidArgument(name, f"is not {error.expected}.") from None


def enum_arguments(name: str, convert: Callable[[object], T], values: Any) -> Any:
    """As `enum_argument`, for a list; a lone string counts as a list of one."""
    if values is None or isinstance(values, Unset):
        return values
    if isinstance(values, str):
        values = [values]
    if not isinstance(values, Iterable):
        raise InvalidArgument(name, "is not a list.")
    return [enum_argument(name, convert, item) for item in cast(Iterable[object], values)]


def hidden(value: object) -> str:
    """How a repr shows a field that the spec marks `x-sensitive`."""
    return repr(value) if value is None or isinstance(value, Unset) else "***"


def no_fields() -> dict[str, Any]:
    """A new empty `additional_properties`."""
    return {}


def keys_only(value: Mapping[str, Any]) -> str:
    """How a repr shows fields that the spec does not know: their values may be anything."""
    return f"<{', '.join(sorted(value))}>" if value else "<none>"
