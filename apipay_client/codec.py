"""Convert JSON to Python values and back: one small function for each kind of value.

A function that reads raises `DecodeError`, which says where the value is and what it should have
been. It never holds the value itself.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from math import isfinite
from typing import Any, Generic, NoReturn, Self, TypeVar, cast
from urllib.parse import quote
from uuid import UUID

from attrs import Attribute, fields

from .errors import ClientError, DecodeError, InvalidArgument
from .types import Unset

T = TypeVar("T")

#: A decimal with more digits than this before or after the point is rejected: 1E+999999999 is short
#: to write and would fill the memory when written out.
_MOST_DIGITS = 100
_LARGEST = 10**_MOST_DIGITS

#: The httpx extension in which a request and a response keep their parsed JSON. Treat it as
#: read-only.
JSON_EXTENSION = "json"


# -- reading -----------------------------------------------------------------------------------


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


# `json.loads` would make a decoder for each call.
_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_no_constant)


def loads(content: bytes) -> Any:
    """Parse a JSON body. A number with a fraction becomes a Decimal, so that none is rounded.

    Raises:
        DecodeError: The content is not JSON.
    """
    try:
        return _DECODER.decode(content.decode(json.detect_encoding(content)))
    # InvalidOperation: an exponent beyond the limits of Decimal.
    except (ValueError, RecursionError, InvalidOperation):
        raise DecodeError("JSON") from None


def to_object(value: object) -> dict[str, Any]:
    """Return a copy of a JSON object."""
    if isinstance(value, dict):
        return cast("dict[str, Any]", value).copy()
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, Any]", value))
    raise DecodeError("an object")


class Model(Generic[T]):
    """The base of all models: an object with the fields of the spec, and others of type `T`."""

    __slots__ = ()
    additional_properties: dict[str, T]

    @classmethod
    def from_dict(cls, source: object) -> Self:
        """Read a JSON object.

        Raises:
            DecodeError: It is not what the spec says.
        """
        data = to_object(source)
        try:
            result = cls._read(data)
        except (DecodeError, KeyError) as error:
            raise _placed(error, cls, source, data) from None
        model: Any = result  # only the subclasses have a slot for it
        model.additional_properties = data
        return result

    @classmethod
    def _read(cls, data: dict[str, Any]) -> Self:
        """Take the known fields out of `data`, in the order of the attributes."""
        return cls()

    def to_dict(self) -> dict[str, Any]:
        """Return the object as JSON values. Optional fields without a value are left out."""
        result: dict[str, Any] = {}
        for attribute in _attributes(type(self)):
            write = decimals_as_text if attribute.metadata.get("text") else to_json
            value = getattr(self, attribute.name)
            if not attribute.init:
                result = {key: write(other) for key, other in value.items()} | result
            elif value is not attribute.default:
                result[_key(attribute)] = write(value)
        return result

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties

    def __getitem__(self, key: str) -> T:
        """Return a field that the spec does not know, by its name in JSON."""
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: T) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]


def _attributes(kind: type[Any]) -> "tuple[Attribute[Any], ...]":
    return cast("tuple[Attribute[Any], ...]", fields(kind))


def _key(attribute: "Attribute[Any]") -> str:
    """Return the name of a model's attribute in JSON."""
    key: str = attribute.metadata.get("key", attribute.name)
    return key


def _placed(
    error: DecodeError | KeyError, kind: type[Any], source: object, left: Mapping[str, Any]
) -> DecodeError:
    """Return the error of a field with the name of the field in its path.

    Fields are taken in the order of the attributes, those by keyword last. So the one at fault is
    the last that was in `source` and is not in `left`. Finding it afterwards costs a valid response
    nothing.
    """
    if isinstance(error, KeyError):
        return DecodeError("there, although it is required").under(str(error.args[0]))
    before = to_object(source)
    taken = sorted(_attributes(kind), key=lambda attribute: attribute.kw_only)
    keys = [_key(attribute) for attribute in taken if attribute.init]
    return error.under([key for key in keys if key in before and key not in left][-1])


class Map(Model[T]):
    """The base of a model whose other fields have a type."""

    __slots__ = ()

    @classmethod
    def from_dict(cls, source: object) -> Self:
        result = super().from_dict(source)
        convert, others = cls._other(), result.additional_properties
        for key, value in others.items():
            try:
                others[key] = convert(value)
            except DecodeError as error:
                raise error.under(key) from None
        return result

    @classmethod
    def _other(cls) -> Callable[[object], T]:
        """Return the function that reads a field that the spec does not name."""
        raise NotImplementedError


def to_any(value: object) -> Any:
    return value


def to_str(value: object) -> str:
    if isinstance(value, str):
        return value
    raise DecodeError("a string")


def to_optional_str(value: object) -> str | None:
    return None if value is None else to_str(value)


def to_int(value: object) -> int:
    if type(value) is int:
        return value
    # JSON has one kind of number: some servers write a whole one with a fraction of zero.
    if isinstance(value, float | Decimal) and isfinite(value) and abs(value) < _LARGEST:
        whole = int(value)
        if whole == value:
            return whole
    raise DecodeError("an integer")


def to_decimal(value: object) -> Decimal:
    """Read a decimal from a string or a number, exactly."""
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


# -- writing -----------------------------------------------------------------------------------


_UNCHANGED = frozenset({str, int, float, bool, Decimal, type(None)})


def to_json(value: Any) -> Any:
    """Return a value that `json` can write. A Decimal stays one; see `dumps`."""
    if type(value) in _UNCHANGED:
        return value
    if isinstance(value, (str, int, float, Decimal)):
        return value.value if isinstance(value, Enum) else value
    return _written(value, to_json)


def decimals_as_text(value: Any) -> Any:
    """Return a value that `json` can write, with decimals as strings."""
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
    """Write a JSON body. A Decimal becomes the JSON number with exactly its value.

    Raises:
        InvalidArgument: JSON cannot carry the value.
    """
    content: bytes = json_body(value)["content"]
    return content


def json_body(value: Any, media_type: str = "application/json") -> dict[str, Any]:
    """Return the part of a request that carries a JSON body; see `JSON_EXTENSION`."""
    try:
        document = to_json(value)
        content = _ENCODER.encode(document).encode()
    except ClientError:
        raise
    # A number that is not finite, an object that holds itself, or text that UTF-8 cannot carry.
    except (ValueError, RecursionError):
        raise InvalidArgument("body", "holds a value that JSON cannot carry.") from None
    return {
        "content": content,
        "headers": {"Content-Type": media_type},
        "extensions": {JSON_EXTENSION: document},
    }


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
    """Return the Python number that `json` writes as exactly this value."""
    if not value.is_finite():
        raise InvalidArgument(name, "is not a finite number.")
    if abs(value.adjusted()) <= _MOST_DIGITS:
        if value == value.to_integral_value():
            return int(value)
        # The repr of a float is the shortest text that reads back as the same float. Where that
        # text has the value of the Decimal, the number in the body is exact.
        number = float(value)
        if Decimal(repr(number)) == value:
            return number
    raise InvalidArgument(name, "has more digits than a JSON number keeps exactly.")


def query(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return query parameters as text, without those that were not given."""
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


def path_value(name: str, value: Any) -> str:
    """Return one segment of a path, quoted.

    Raises:
        InvalidArgument: The value would change the rest of the path.
    """
    text = joined(value) if _is_list(value) else _text(value, name)
    if text in ("", ".", "..") or value is None:
        raise InvalidArgument(name, "cannot stand in a path; pass the id of the resource.")
    return quote(text, safe="")


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


# -- models and arguments -----------------------------------------------------------------------


def no_fields() -> dict[str, Any]:
    """Return a new empty `additional_properties`."""
    return {}


def keys_only(value: Mapping[str, Any]) -> str:
    """Return the repr of fields that the spec does not know: their values can be anything."""
    return f"<{', '.join(sorted(value))}>" if value else "<none>"


def hidden(value: object) -> str:
    """Return the repr of a field that the spec marks `x-sensitive`."""
    return repr(value) if value is None or isinstance(value, Unset) else "***"


def decimal_argument(name: str, value: Any, step: str = "") -> Any:
    """Check a decimal argument. A float must be exact to the `multipleOf` of the spec."""
    if value is None or isinstance(value, Unset):
        return value
    if not isinstance(value, (Decimal, int, str, float)) or isinstance(value, bool):
        raise InvalidArgument(name, "is not a number; pass a Decimal, an int or a str.")
    try:
        number = Decimal(repr(value) if isinstance(value, float) else value)
    except InvalidOperation:
        raise InvalidArgument(name, 'is not a number; write it like "1234.50".') from None
    _exact(name, number)
    if step and isinstance(value, float) and (number / Decimal(step)) % 1:
        raise InvalidArgument(
            name, f"is a float that is not exact to {step}; pass a Decimal or a str."
        )
    return number


def not_none(name: str, value: T) -> T:
    """Reject None for an argument that can be left out: null would mean more than it seems."""
    if value is None:
        raise InvalidArgument(name, "is None; leave the argument out if that is meant.")
    return value


def enum_argument(name: str, convert: Callable[[object], T], value: Any) -> Any:
    """Convert an enum argument, given as its member or as its value."""
    if value is None or isinstance(value, Unset):
        return value
    try:
        return convert(value)
    except DecodeError as error:
        raise InvalidArgument(name, f"is not {error.expected}.") from None


def enum_arguments(name: str, convert: Callable[[object], T], values: Any) -> Any:
    """Convert a list of enum arguments. A single string counts as a list of one."""
    if values is None or isinstance(values, Unset):
        return values
    if isinstance(values, str):
        values = [values]
    if not isinstance(values, Iterable):
        raise InvalidArgument(name, "is not a list.")
    return [enum_argument(name, convert, item) for item in cast("Iterable[object]", values)]
