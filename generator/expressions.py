"""Python type and conversion expressions for the parser's properties, as text for the templates.

The names of modules and helpers in them start with an underscore: no name from a spec does, so
none can hide them.
"""

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

#: Of the parser's import lines that are not of models, the ones that are used.
_NEEDED = ("import datetime", "from decimal", "from uuid")


def decoder(prop: PropertyProtocol) -> str:
    """Return the expression of a function that converts JSON to the property's Python value."""
    value = value_decoder(prop)
    return f"_codec.nullable({value})" if is_nullable(prop) else value


def value_decoder(prop: PropertyProtocol) -> str:
    """Return the expression of `decoder` for a value that is not null."""
    if isinstance(prop, ModelProperty):
        return f"{prop.class_info.name}.from_dict"
    if isinstance(prop, EnumProperty):
        return f"{prop.class_info.name}.from_json"
    if isinstance(prop, ListProperty):
        return f"_codec.list_of({decoder(prop.inner_property)})"
    if isinstance(prop, UnionProperty):
        *others, last = (decoder(p) for p in _not_null(prop))
        for other in reversed(others):
            last = f"_codec.either({other}, {last})"
        return last
    return f"_codec.{_SIMPLE[type(prop)]}"


def _not_null(prop: UnionProperty) -> list[PropertyProtocol]:
    return [p for p in prop.inner_properties if not isinstance(p, NoneProperty)]


def is_nullable(prop: PropertyProtocol) -> bool:
    """Whether the property can be null or another value."""
    return isinstance(prop, UnionProperty) and any(
        isinstance(p, NoneProperty) for p in prop.inner_properties
    )


def without_null(prop: PropertyProtocol) -> PropertyProtocol:
    """Return the property behind a nullable one; a union of several properties stays as it is."""
    if isinstance(prop, UnionProperty):
        inner = _not_null(prop)
        if len(inner) == 1:
            return inner[0]
    return prop


def taken(prop: PropertyProtocol, key: str, answer_only: bool) -> str:
    """Return the expression that takes a field and decodes it; `key` is Python source."""
    if prop.required and not is_nullable(prop):
        return _applied(value_decoder(prop), f"take({key})")
    if prop.required:
        return f"None if (value := take({key})) is None else {_applied(value_decoder(prop))}"
    if answer_only and isinstance(without_null(prop), StringProperty):
        # Most fields are strings: for them a saved call is saved time.
        return f"value if type(value := take({key}, None)) is str else text(value)"
    if answer_only:
        return f"None if (value := take({key}, None)) is None else {_applied(value_decoder(prop))}"
    return f"UNSET if (value := take({key}, UNSET)) is UNSET else {_applied(decoder(prop))}"


def _applied(function: str, value: str = "value") -> str:
    return value if function == "_codec.to_any" else f"{function}({value})"


def type_text(prop: PropertyProtocol) -> str:
    """Return the type of a value that is present, with None last if it can be null."""
    if isinstance(prop, UnionProperty):
        return joined(type_text(p) for p in prop.inner_properties)
    if isinstance(prop, ListProperty):
        return f"list[{type_text(prop.inner_property)}]"
    if isinstance(prop, FileProperty):
        return "_types.File"
    return prop.get_type_string(no_optional=True).as_unembedded_code()


def joined(types: Iterable[str]) -> str:
    """Return a union of types, each once, in a stable order."""
    parts = {part for text in types for part in _alternatives(text)}
    if "Any" in parts:
        return "Any"
    return " | ".join(sorted(parts, key=lambda text: (text == "None", text.lower(), text)))


def _alternatives(text: str) -> list[str]:
    """Return the types of a union, but not those inside of brackets."""
    found = [""]
    for word in text.split(" "):
        here = found[-1]
        if word == "|" and here.count("[") == here.count("]"):
            found.append("")
        else:
            found[-1] = f"{here} {word}".strip()
    return found


def response_type(prop: PropertyProtocol) -> str:
    """Return the type in a model that only responses hold: absent and null are both None."""
    text = type_text(prop)
    return text if prop.required else joined([text, "None"])


def request_type(prop: PropertyProtocol) -> str:
    """Return the type where requests hold the property: absent is UNSET, null is None."""
    text = type_text(prop)
    return text if prop.required else f"{text} | Unset"


def sends_text_decimals(prop: PropertyProtocol) -> bool:
    """Whether decimals in this property are sent as JSON strings."""
    if isinstance(prop, ListProperty):
        return sends_text_decimals(prop.inner_property)
    if isinstance(prop, UnionProperty):
        return any(sends_text_decimals(p) for p in prop.inner_properties)
    return isinstance(prop, DecimalProperty) and not prop.as_number


def imports(prop: PropertyProtocol, prefix: str) -> set[str]:
    """Return import lines for `type_text` and `decoder`; `prefix` is the dots to the root."""
    lines = prop.get_imports(prefix=prefix) | prop.get_lazy_imports(prefix=prefix)
    return own_imports(lines)


def own_imports(lines: Iterable[str]) -> set[str]:
    """Return the parser's import lines, without names that the templates import themselves."""
    return {line for line in lines if line.startswith(_NEEDED) or ".models." in line}
