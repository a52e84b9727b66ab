"""Python type and conversion expressions for the parser's properties, as text for the templates.

The names of modules and helpers in them start with an underscore: no name from a spec does, so
none can hide them.
"""

import re
from collections.abc import Iterable

from openapi_python_client.parser.properties.any import AnyProperty
from openapi_python_client.parser.properties.boolean import BooleanProperty
from openapi_python_client.parser.properties.date import DateProperty
from openapi_python_client.parser.properties.datetime import DateTimeProperty
from openapi_python_client.parser.properties.enum_property import EnumProperty
from openapi_python_client.parser.properties.file import FileProperty
from openapi_python_client.parser.properties.float import FloatProperty
from openapi_python_client.parser.properties.int import IntProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.model_property import ModelProperty
from openapi_python_client.parser.properties.none import NoneProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.properties.string import StringProperty
from openapi_python_client.parser.properties.union import UnionProperty
from openapi_python_client.parser.properties.uuid import UuidProperty

from .decimals import DecimalProperty

_SIMPLE: dict[type[PropertyProtocol], str] = {
    AnyProperty: "to_any",
    BooleanProperty: "to_bool",
    DateProperty: "to_date",
    DateTimeProperty: "to_datetime",
    DecimalProperty: "to_decimal",
    FileProperty: "to_file",
    FloatProperty: "to_float",
    IntProperty: "to_int",
    NoneProperty: "to_none",
    StringProperty: "to_str",
    UuidProperty: "to_uuid",
}

#: Of the import lines that the parser gives beside those of models, the ones that are used.
_NEEDED = ("import datetime", "from decimal", "from uuid")


def decoder(prop: PropertyProtocol) -> str:
    """The expression of a function that turns a JSON value into the property's Python value."""
    value = value_decoder(prop)
    return f"_codec.nullable({value})" if is_nullable(prop) else value


def value_decoder(prop: PropertyProtocol) -> str:
    """As `decoder`, for a place that has dealt with null already."""
    if isinstance(prop, ModelProperty):
        return f"{prop.class_info.name}.from_dict"
    if isinstance(prop, EnumProperty):
        return f"_{prop.class_info.module_name}_enum.read"
    if isinstance(prop, ListProperty):
        return f"_codec.list_of({decoder(prop.inner_property)})"
    if isinstance(prop, UnionProperty):
        *others, last = (decoder(p) for p in _beside_null(prop))
        for other in reversed(others):
            last = f"_codec.either({other}, {last})"
        return last
    return f"_codec.{_SIMPLE[type(prop)]}"


def _beside_null(prop: UnionProperty) -> list[PropertyProtocol]:
    return [p for p in prop.inner_properties if not isinstance(p, NoneProperty)]


def is_nullable(prop: PropertyProtocol) -> bool:
    """Whether the spec lets the property be null beside other values."""
    return isinstance(prop, UnionProperty) and any(
        isinstance(p, NoneProperty) for p in prop.inner_properties
    )


def without_null(prop: PropertyProtocol) -> PropertyProtocol:
    """The one property behind a nullable one; a real union comes back as it is."""
    if isinstance(prop, UnionProperty):
        inner = _beside_null(prop)
        if len(inner) == 1:
            return inner[0]
    return prop


def taken(prop: PropertyProtocol, key: str, answer_only: bool) -> str:
    """The expression that takes a field out of `data` and decodes it; `key` is Python source."""
    if prop.required and not is_nullable(prop):
        return _applied(value_decoder(prop), f"take({key})")
    if prop.required:
        return f"None if (value := take({key})) is None else {_applied(value_decoder(prop))}"
    if answer_only and isinstance(without_null(prop), StringProperty):
        # Most fields are texts: for them a call saved is time saved.
        return (
            f"value if (value := take({key}, None)) is None or type(value) is str "
            "else _codec.to_str(value)"
        )
    if answer_only:
        return f"None if (value := take({key}, None)) is None else {_applied(value_decoder(prop))}"
    return f"UNSET if (value := take({key}, UNSET)) is UNSET else {_applied(decoder(prop))}"


def _applied(function: str, value: str = "value") -> str:
    return value if function == "_codec.to_any" else f"{function}({value})"


def type_text(prop: PropertyProtocol) -> str:
    """The type of a value that is there, null included (last) where the spec allows it."""
    if isinstance(prop, UnionProperty):
        return joined(type_text(p) for p in prop.inner_properties)
    if isinstance(prop, ListProperty):
        return f"list[{type_text(prop.inner_property)}]"
    if isinstance(prop, FileProperty):
        return "_types.File"
    return prop.get_type_string(no_optional=True).as_unembedded_code()


def joined(types: Iterable[str]) -> str:
    """A union of types, each once, in an order that is always the same."""
    parts = {part for text in types for part in _alternatives(text)}
    if "Any" in parts:
        return "Any"
    return " | ".join(sorted(parts, key=lambda text: (text == "None", text.lower(), text)))


def _alternatives(text: str) -> list[str]:
    """The types of a union, not those inside of brackets."""
    found = [""]
    for word in text.split(" "):
        here = found[-1]
        if word == "|" and here.count("[") == here.count("]"):
            found.append("")
        else:
            found[-1] = f"{here} {word}".strip()
    return found


def response_type(prop: PropertyProtocol) -> str:
    """The attribute type in a model that only answers hold: absent and null are both None."""
    text = type_text(prop)
    return text if prop.required else joined([text, "None"])


def request_type(prop: PropertyProtocol) -> str:
    """The type where requests hold the property: absent is UNSET, null is None."""
    text = type_text(prop)
    return text if prop.required else f"{text} | Unset"


def sends_text_decimals(prop: PropertyProtocol) -> bool:
    """Whether decimals in this property go out as JSON strings."""
    if isinstance(prop, ListProperty):
        return sends_text_decimals(prop.inner_property)
    if isinstance(prop, UnionProperty):
        return any(sends_text_decimals(p) for p in prop.inner_properties)
    return isinstance(prop, DecimalProperty) and not prop.as_number


def encoder(prop: PropertyProtocol) -> str:
    """The function that turns the property's Python value into what JSON can hold."""
    return "_codec.decimals_as_text" if sends_text_decimals(prop) else "_codec.to_json"


def imports(prop: PropertyProtocol, prefix: str) -> set[str]:
    """Import lines for `type_text` and `decoder`; `prefix` is the dots to the package's root."""
    lines = prop.get_imports(prefix=prefix) | prop.get_lazy_imports(prefix=prefix)
    return own_imports(lines)


def own_imports(lines: Iterable[str]) -> set[str]:
    """The parser's import lines less those of names that the templates import themselves."""
    needed = {line for line in lines if line.startswith(_NEEDED) or ".models." in line}
    # An enum's module as well as its class: `decoder` uses the module.
    return needed | {
        re.sub(r"\.(\w+) import \w+$", r" import \1 as _\1_enum", line)
        for line in needed
        if ".models." in line
    }
