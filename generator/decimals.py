"""The property of `format: decimal`, a type that openapi-python-client does not have."""

from decimal import Decimal
from typing import Any, ClassVar

from attrs import define, field
from openapi_python_client import schema as oai
from openapi_python_client.config import Config
from openapi_python_client.parser.errors import PropertyError
from openapi_python_client.parser.properties.protocol import (
    PropertyProtocol,
    Value,
    convert_example,
)
from openapi_python_client.strings import PythonIdentifier

#: What `prepare` writes as the format of decimals that are JSON numbers: the parser looks at the
#: format of strings only, so both kinds pass through as strings.
NUMBER_FORMAT = "decimal-number"
STRING_FORMAT = "decimal"


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
        """No default reaches the generated code; see `prepare`."""
        return None

    def get_imports(self, *, prefix: str) -> set[str]:
        """Import lines of a module that names this type."""
        return {*super().get_imports(prefix=prefix), "from decimal import Decimal"}


def decimal_property(
    name: oai.UntrustedString, required: bool, data: oai.Schema, config: Config
) -> DecimalProperty | None:
    """The property of a schema whose format says decimal, None for all others."""
    written = data.schema_format.get_untrusted_value() if data.schema_format else ""
    if written not in (STRING_FORMAT, NUMBER_FORMAT):
        return None
    return DecimalProperty(
        name=name,
        required=required,
        default=None,
        python_name=PythonIdentifier(value=name, prefix=config.field_prefix),
        description=data.description,
        example=data.example,
        as_number=written == NUMBER_FORMAT,
        step=str(Decimal(str(data.multipleOf))) if data.multipleOf else "",
    )
