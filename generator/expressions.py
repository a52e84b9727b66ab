"""Python type and conversion expressions for the parser's properties, as text for the templates."""

from openapi_python_client.parser.properties import (
    AnyProperty,
    BooleanProperty,
    ConstProperty,
    EnumProperty,
    FileProperty,
    FloatProperty,
    IntProperty,
    ListProperty,
    LiteralEnumProperty,
    ModelProperty,
    NoneProperty,
    StringProperty,
    UnionProperty,
    UuidProperty,
)
from openapi_python_client.parser.properties.date import DateProperty
from openapi_python_client.parser.properties.datetime import DateTimeProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol

from .decimals import DecimalProperty

#: How generated modules name their `codec`: no name from a spec starts with an underscore, so none
#: can hide it.
CODEC = "_codec."

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


def decoder(prop: PropertyProtocol) -> str:
    """The expression of a function that turns a JSON value into the property's Python value."""
    if isinstance(prop, ModelProperty):
        return f"{prop.class_info.name}.from_dict"
    if isinstance(prop, EnumProperty):
        return f"{prop.class_info.name}.from_json"
    if isinstance(prop, ListProperty):
        return f"{CODEC}list_of({decoder(prop.inner_property)})"
    if isinstance(prop, ConstProperty):
        return f"{CODEC}constant({prop.value.python_code.as_unembedded_code()})"
    if isinstance(prop, UnionProperty):
        inner = [p for p in prop.inner_properties if not isinstance(p, NoneProperty)]
        converters = ", ".join(decoder(p) for p in inner)
        either = converters if len(inner) == 1 else f"{CODEC}either({converters})"
        return f"{CODEC}nullable({either})" if is_nullable(prop) else either
    if isinstance(prop, LiteralEnumProperty):
        raise TypeError("literal enums are switched off in the configuration of the parser")
    return CODEC + _SIMPLE[type(prop)]


def is_nullable(prop: PropertyProtocol) -> bool:
    """Whether the spec lets the property be null."""
    return isinstance(prop, NoneProperty) or (
        isinstance(prop, UnionProperty)
        and any(isinstance(p, NoneProperty) for p in prop.inner_properties)
    )


def without_null(prop: PropertyProtocol) -> PropertyProtocol:
    """The one property behind a nullable one; a real union comes back as it is."""
    if isinstance(prop, UnionProperty):
        inner = [p for p in prop.inner_properties if not isinstance(p, NoneProperty)]
        if len(inner) == 1:
            return inner[0]
    return prop


def optional_decoder(prop: PropertyProtocol) -> str:
    """As `decoder`, for a place that has dealt with null already."""
    text = decoder(prop)
    null = f"{CODEC}nullable("
    return text.removeprefix(null)[:-1] if text.startswith(null) else text


def type_text(prop: PropertyProtocol) -> str:
    """The type of a value that is there, null included (last) where the spec allows it."""
    if isinstance(prop, UnionProperty):
        inner = {type_text(p) for p in prop.inner_properties}
        return " | ".join(sorted(inner, key=lambda text: (text == "None", text.lower())))
    return prop.get_type_string(no_optional=True).as_unembedded_code()


def response_type(prop: PropertyProtocol) -> str:
    """The attribute type in a model that only answers hold: absent and null are both None."""
    text = type_text(prop)
    return text if prop.required or is_nullable(prop) else f"{text} | None"


def request_type(prop: PropertyProtocol) -> str:
    """The attribute type in a model that requests hold: absent is UNSET, null is None."""
    text = type_text(prop)
    return text if prop.required else f"{text} | Unset"


def sends_text_decimals(prop: PropertyProtocol) -> bool:
    """Whether decimals in this property go out as JSON strings."""
    if isinstance(prop, ListProperty):
        return sends_text_decimals(prop.inner_property)
    if isinstance(prop, UnionProperty):
        return any(sends_text_decimals(p) for p in prop.inner_properties)
    return isinstance(prop, DecimalProperty) and not prop.as_number
