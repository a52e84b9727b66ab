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
from math import isfinite
from typing import Any, NoReturn, TypeVar, cast
from urllib.parse import quote
from uuid import UUID

from attrs import fields, has

from .errors import ClientError, DecodeError, InvalidArgument
from .types import File, FileTypes, RequestFiles, Unset

T = TypeVar("T")
U = TypeVar("U")
E = TypeVar("E", bound=Enum)

#: A decimal with more digits than this before or behind the point is refused: 1E+999999999 is
#: short to write and would fill the memory once written out.
_MOST_DIGITS = 100
_LARGEST = 10**_MOST_DIGITS


#: Where a request and an answer keep what their JSON says, in httpx's `extensions`. Nobody
#: changes it.
JSON_EXTENSION = "json"


# -- reading -----------------------------------------------------------------------------------


def loads(content: bytes) -> Any:
    """Parse a JSON body; numbers with a fraction become Decimal, so that none is rounded."""
    try:
        return _DECODER.decode(content.decode(json.detect_encoding(content)))
    except (ValueError, RecursionError, InvalidOperation):  # the last: an exponent beyond Decimal's
        raise DecodeError("JSON") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


# As `json.loads`, which would make one for each call.
_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_no_constant)


def to_object(value: object) -> dict[str, Any]:
    """A copy of a JSON object, to take the known fields out of."""
    if isinstance(value, dict):
        return cast("dict[str, Any]", value).copy()
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, Any]", value))
    raise DecodeError("an object")


def placed(
    error: DecodeError | KeyError, keys: Iterable[str], source: object, left: Mapping[str, Any]
) -> DecodeError:
    """The error of a field, with the field's name in it.

    Fields are taken out in the order of `keys`, so the one at fault is the last that was in
    `source` and is no longer in `left`. To find that out afterwards costs a good answer nothing.
    """
    if isinstance(error, KeyError):
        return DecodeError("there, though it is required").under(str(error.args[0]))
    before = to_object(source)
    return error.under([key for key in keys if key in before and key not in left][-1])


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
    if type(value) is int:
        return value
    # JSON has one kind of number: some servers write a whole one with a fraction of zero.
    if isinstance(value, float | Decimal) and isfinite(value) and abs(value) < _LARGEST:
        whole = int(value)
        if whole == value:
            return whole
    raise DecodeError("an integer")


def to_float(value: object) -> float:
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return float(value)
    raise DecodeError("a number")


def to_decimal(value: object) -> Decimal:
    """Money: from a string or from a number, exactly."""
    if isinstance(value, str) or (isinstance(value, int | Decimal) and not isinstance(value, bool)):
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


def member_of(kind: type[E], convert: Callable[[object], E]) -> Callable[[object], E]:
    """As `convert`, with the values that the enum knows looked up in a dict."""
    known: dict[object, E] = {member.value: member for member in kind}

    def find(value: object) -> E:
        if isinstance(value, str | int) and not isinstance(value, bool) and value in known:
            return known[value]
        return convert(value)

    return find


def to_file(value: object) -> File:
    if isinstance(value, bytes):
        return File(payload=BytesIO(value))
    if isinstance(value, str):
        return File(payload=BytesIO(value.encode()))
    raise DecodeError("a file")


def nullable(convert: Callable[[object], T]) -> Callable[[object], T | None]:
    def convert_or_none(value: object) -> T | None:
        return None if value is None else convert(value)

    return convert_or_none


def list_of(convert: Callable[[object], T]) -> Callable[[object], list[T]]:
    def convert_all(value: object) -> list[T]:
        if not isinstance(value, list):
            raise DecodeError("an array")
        values = cast("list[object]", value)
        converted: list[T] = []
        try:
            for item in values:
                converted.append(convert(item))
        except DecodeError as error:
            raise error.under(len(converted)) from None
        return converted

    return convert_all


def either(
    first: Callable[[object], T], second: Callable[[object], U]
) -> Callable[[object], T | U]:
    """The alternative that knows more of the value; of equals the first."""

    def convert(value: object) -> T | U:
        try:
            one = first(value)
        except DecodeError:
            return second(value)
        strange = _strangeness(one)
        if not strange:
            return one
        try:
            other = second(value)
        except DecodeError:
            return one
        return other if _strangeness(other) < strange else one

    return convert


def _strangeness(value: Any) -> int:
    """How many fields and enum values there are in it that its type does not know."""
    kind = type(cast(object, value))
    if issubclass(kind, Enum):
        return 0 if getattr(value, "is_known", True) else 1
    if kind is list:
        return sum(map(_strangeness, value))
    if not has(kind):
        return 0
    return sum(
        len(getattr(value, field.name))
        if field.name == "additional_properties"
        else _strangeness(getattr(value, field.name))
        for field in fields(kind)
    )


# -- writing -----------------------------------------------------------------------------------


_AS_THEY_ARE = frozenset({str, int, float, bool, Decimal, type(None)})


def to_json(value: Any) -> Any:
    """A value as `json` can write it; a Decimal stays one, see `dumps`."""
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, (str, int, float, Decimal)):
        return value.value if isinstance(value, Enum) else value
    return _written(value, to_json)


def decimals_as_text(value: Any) -> Any:
    """As `to_json`, where the spec sends decimals as strings."""
    return _decimal_text(value) if isinstance(value, Decimal) else _written(value, decimals_as_text)


def _written(value: Any, write: Callable[[Any], Any]) -> Any:
    if value is None or isinstance(value, str | int | float):
        return to_json(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, Mapping):
        items = cast("Mapping[str, Any]", value).items()
        return {key: write(item) for key, item in items if not isinstance(item, Unset)}
    if isinstance(value, Iterable) and not isinstance(value, bytes | bytearray | memoryview):
        return [write(item) for item in cast("Iterable[object]", value)]
    raise InvalidArgument("body", "holds a value that JSON cannot carry.")


def dumps(value: Any) -> bytes:
    """A JSON body, UTF-8. A Decimal becomes the JSON number with exactly its value."""
    content: bytes = json_request(value)["content"]
    return content


def json_request(value: Any) -> dict[str, Any]:
    """A JSON body as httpx takes it, with what it says beside it, for a transport that asks."""
    try:
        document = to_json(value)
        content = _ENCODER.encode(document).encode()
    except ClientError:
        raise
    except (ValueError, RecursionError):  # infinite, in a circle, or no text that UTF-8 can carry
        raise InvalidArgument("body", "holds a value that JSON cannot carry.") from None
    return {"content": content, "extensions": {JSON_EXTENSION: document}}


def _decimal_text(value: Decimal, name: str = "body") -> str:
    if value.is_finite() and abs(value.adjusted()) <= _MOST_DIGITS:
        return f"{value:f}"
    raise InvalidArgument(name, "is not a number of a reasonable size.")


def _number(value: object) -> int | float:
    if isinstance(value, Decimal):
        return _exact("body", value)
    raise InvalidArgument("body", "holds a value that JSON cannot carry.")


_ENCODER = json.JSONEncoder(
    default=_number, ensure_ascii=False, separators=(",", ":"), allow_nan=False
)


def _exact(name: str, value: Decimal) -> int | float:
    """The Python number that `json` writes as exactly this value."""
    if not value.is_finite():
        raise InvalidArgument(name, "is not a finite number.")
    if abs(value.adjusted()) <= _MOST_DIGITS:
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
        if hasattr(value, "to_dict"):
            given |= query(value.to_dict())
        elif _is_list(value):
            given[name] = [_text(item, name) for item in value]
        else:
            given[name] = _text(value, name)
    return given


def joined(value: Any, separator: str = ",") -> Any:
    """Return a list as one value (`explode: false`)."""
    return separator.join(_text(item, "list") for item in value) if _is_list(value) else value


def deep_object(name: str, value: Any) -> dict[str, Any]:
    """Return the query parameters `name[key]` of an object (`style: deepObject`)."""
    if value is None or isinstance(value, Unset):
        return {}
    found = to_json(value)
    members = found.to_dict() if hasattr(found, "to_dict") else found
    return {f"{name}[{key}]": member for key, member in members.items()}


def headers(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Header parameters without those that were not given."""
    return {name: _text(value, name) for name, value in query(parameters).items()}


def cookies(parameters: Mapping[str, Any]) -> dict[str, str]:
    """The header of the cookie parameters that were given, if any."""
    given = headers(parameters).items()
    text = "; ".join(f"{name}={quote(value, safe=_COOKIE_CHARACTERS)}" for name, value in given)
    return {"Cookie": text} if text else {}


#: Beside letters and digits, what a cookie's value can hold (RFC 6265).
_COOKIE_CHARACTERS = "!#$&'()*+-./:<=>?@[]^_`{|}~"


def path_value(name: str, value: Any) -> str:
    """One segment of a path, quoted. Refuses what would make it another path."""
    text = joined(value) if _is_list(value) else _text(value, name)
    if text in ("", ".", "..") or value is None:
        raise InvalidArgument(name, "cannot stand in a path; give the id of what is meant.")
    return quote(text, safe="")


def form(value: Any) -> dict[str, Any]:
    """The fields of an `application/x-www-form-urlencoded` body."""
    return query(to_json(value))


def multipart_field(name: str, value: Any) -> RequestFiles:
    """The parts that one field of a `multipart/form-data` body becomes."""
    if value is None or isinstance(value, Unset):
        return []
    if isinstance(value, File):
        return [(name, value.to_tuple())]
    if isinstance(value, list):
        return [
            part for item in cast("list[object]", value) for part in multipart_field(name, item)
        ]
    if isinstance(value, Mapping) or hasattr(value, "to_dict"):
        part: FileTypes = (None, dumps(value), "application/json")
        return [(name, part)]
    return [(name, (None, _text(value, name).encode(), "text/plain"))]


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple | set | frozenset)


def _text(value: Any, name: str) -> str:
    value = to_json(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return _decimal_text(value, name)
    if isinstance(value, dict | list):
        raise InvalidArgument(name, "is an object or a list, which cannot be sent as text.")
    return "null" if value is None else str(value)


# -- arguments of the resources ----------------------------------------------------------------


def decimal_argument(name: str, value: Any, step: str = "") -> Any:
    """A decimal argument. A float is taken only where it is exact to the spec's `multipleOf`."""
    if value is None or isinstance(value, Unset):
        return value
    if not isinstance(value, (Decimal, int, str, float)) or isinstance(value, bool):
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


def not_none(name: str, value: T) -> T:
    """An argument that may be left out, but is not None: null would mean more than it seems."""
    if value is None:
        raise InvalidArgument(name, "is None; leave the argument out if that is meant.")
    return value


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
    return [enum_argument(name, convert, item) for item in cast("Iterable[object]", values)]


def hidden(value: object) -> str:
    """How a repr shows a field that the spec marks `x-sensitive`."""
    return repr(value) if value is None or isinstance(value, Unset) else "***"


def no_fields() -> dict[str, Any]:
    """A new empty `additional_properties`."""
    return {}


def keys_only(value: Mapping[str, Any]) -> str:
    """How a repr shows fields that the spec does not know: their values may be anything."""
    return f"<{', '.join(sorted(value))}>" if value else "<none>"
