"""The `format: decimal` property: money as `decimal.Decimal`, which openapi-python-client has no type for."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from attrs import define, field
from openapi_python_client import Config
from openapi_python_client import schema as oai
from openapi_python_client.parser import properties as opc_properties
from openapi_python_client.parser.errors import PropertyError
from openapi_python_client.parser.properties.protocol import (
    PropertyProtocol,
    Value,
    convert_example,
)
from openapi_python_client.strings import PythonCode, PythonIdentifier

#: `format` that `prepare` writes on decimals sent as JSON numbers; both kinds then pass through
#: the one place where the parser looks at the format of a string.
NUMBER_FORMAT = "decimal-number"
STRING_FORMAT = "decimal"
_FORMAT_READER = "_string_based_property"


@define
class DecimalProperty(PropertyProtocol):
    """A property of type Decimal, sent as a JSON string or as a JSON number."""

    name: oai.UntrustedString
    required: bool
    default: Value | None
    python_name: PythonIdentifier
    description: oai.UntrustedString | None
    example: oai.UntrustedString | None = field(converter=convert_example)
    as_number: bool = False
    #: The spec's `multipleOf`, "" where there is none: a float argument must be exact to it.
    step: str = ""

    _type_string: ClassVar[str] = "Decimal"
    _json_type_string: ClassVar[str] = "Decimal"
    _allowed_locations: ClassVar[set[oai.ParameterLocation]] = set(oai.ParameterLocation)

    def convert_value(self, value: Any) -> Value | PropertyError | None:
        """The default of the spec as Python code, or the reason why it is none."""
        if value is None or isinstance(value, Value):
            return value
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            return PropertyError(detail=f"{value!r} is not a decimal number")
        return Value(python_code=PythonCode(f'Decimal("{number}")'), raw_value=value)

    def get_imports(self, *, prefix: str) -> set[str]:
        """Import lines of a module that names this type."""
        return super().get_imports(prefix=prefix) | {"from decimal import Decimal"}


@contextmanager
def decimal_properties() -> Iterator[None]:
    """While open, the parser makes a `DecimalProperty` of every `format: decimal`.

    The parser has no extension point for string formats, so its one private function that reads
    them is wrapped; the exact pin of openapi-python-client is what makes that safe.
    """
    original = getattr(opc_properties, _FORMAT_READER)

    def string_property(
        name: oai.UntrustedString, required: bool, data: oai.Schema, config: Config
    ) -> Any:
        schema_format = data.schema_format.get_untrusted_value() if data.schema_format else None
        if schema_format not in (STRING_FORMAT, NUMBER_FORMAT):
            return original(name=name, required=required, data=data, config=config)
        prop = DecimalProperty(
            name=name,
            required=required,
            default=None,
            python_name=PythonIdentifier(value=name, prefix=config.field_prefix),
            description=data.description,
            example=data.example,
            as_number=schema_format == NUMBER_FORMAT,
            step=str(Decimal(str(data.multipleOf))) if data.multipleOf else "",
        )
        default = prop.convert_value(data.default)
        if isinstance(default, PropertyError):
            return default
        prop.default = default
        return prop

    setattr(opc_properties, _FORMAT_READER, string_property)
    try:
        yield
    finally:
        setattr(opc_properties, _FORMAT_READER, original)
