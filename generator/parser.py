"""openapi-python-client's parser, steered where it has no setting; its complaints as `SpecError`.

The parser has no extension points. Three of its internals are replaced while it runs; the exact
pin of openapi-python-client is what makes that safe.
"""

import json
import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from openapi_python_client import schema as oai
from openapi_python_client import strings
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser import properties as parser_properties
from openapi_python_client.parser.errors import GeneratorError, ParseError
from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.parser.properties import EnumProperty
from openapi_python_client.parser.properties.schemas import Class

from .decimals import decimal_property
from .document import is_list, is_mapping, pointer
from .prepare import prepare
from .problems import SpecError
from .repairs.names import spoken
from .spec_index import RawOperation, SpecIndex

_STRING_READER = "_string_based_property"
_ENUM_NAMER = "values_from_list"
_RESERVED = "RESERVED_WORDS"
_SANITIZER = "sanitize"

#: Names that the templates use next to those of the spec. A schema of such a name gets an
#: underscore, as the parser does it for Python's own names.
_USED_BY_TEMPLATES = {
    *(
        "Any",
        "Callable",
        "CallOptions",
        "ClassVar",
        "Decimal",
        "InvalidArgument",
        "Literal",
        "Mapping",
    ),
    *("OpenIntEnum", "OpenStrEnum", "OPERATION", "RequestFiles", "Self", "Sequence"),
    *("TYPE_CHECKING", "UNSET", "Unset", "UUID"),
}


@contextmanager
def steered() -> Generator[None]:
    """While open, the parser knows decimals and reserved names, and leaves enum values alone."""
    read_string = getattr(parser_properties, _STRING_READER)
    name_values = EnumProperty.values_from_list
    reserved: set[str] = strings.RESERVED_WORDS

    def string_property(
        name: oai.UntrustedString, required: bool, data: oai.Schema, config: Config
    ) -> Any:
        found = decimal_property(name, required, data, config)
        return found or read_string(name=name, required=required, data=data, config=config)

    def named_values(
        values: list[Any], class_info: Class, var_names: list[str]
    ) -> dict[str, str | int]:
        # The parser escapes the values and drops control characters; the templates want them raw.
        named = name_values(values, class_info, var_names)
        return dict(zip(named, values, strict=True))

    sanitize = strings.sanitize

    def spoken_sanitized(name: str) -> str:
        return sanitize(spoken(name))

    setattr(strings, _SANITIZER, spoken_sanitized)
    setattr(parser_properties, _STRING_READER, string_property)
    setattr(EnumProperty, _ENUM_NAMER, staticmethod(named_values))
    setattr(strings, _RESERVED, reserved | _USED_BY_TEMPLATES)
    try:
        yield
    finally:
        setattr(strings, _SANITIZER, sanitize)
        setattr(parser_properties, _STRING_READER, read_string)
        setattr(EnumProperty, _ENUM_NAMER, staticmethod(name_values))
        setattr(strings, _RESERVED, reserved)


def configuration(out: Path, package_name: str) -> Config:
    """The settings of openapi-python-client; all that is not named here keeps its default."""
    return Config.from_sources(
        config_file=ConfigFile(package_name_override=package_name, post_hooks=[]),
        meta_type=MetaType.NONE,
        document_source=out,
        file_encoding="utf-8",
        overwrite=False,
        output_path=out,
    )


def parse(index: SpecIndex, config: Config) -> GeneratorData:
    """Read the whole document.

    Raises:
        SpecError: the parser cannot take something, or would drop it from the client.
    """
    try:
        data = GeneratorData.from_dict(prepare(index.document), config=config)
    except RecursionError:
        raise SpecError(
            "schemas contain each other without end",
            pointer="/components/schemas",
            remedy="Break the circle of their allOf",
        ) from None
    errors = [data] if isinstance(data, GeneratorError) else all_errors(data)
    if errors:
        first, *others = [refusal(error, index) for error in errors]
        first.others = tuple(others)
        raise first
    assert isinstance(data, GeneratorData)
    for collection in data.endpoint_collections_by_tag.values():
        for endpoint in collection.endpoints:
            raw = index.by_python_name[str(endpoint.name)]
            _check_parameters(endpoint, raw)
            for location, prop in endpoint.iter_all_parameters():
                parameter = raw.parameters[location.value, prop.name.get_untrusted_value()]
                if "x-sdk-name" in parameter:
                    name = oai.UntrustedString(_sdk_name(parameter, raw))
                    prop.set_python_name(name, config, skip_snake_case=True)
    return data


def _sdk_name(parameter: dict[str, Any], raw: RawOperation) -> str:
    name = str(parameter["x-sdk-name"])
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise SpecError(
            f"{name!r} is not a name for an argument",
            pointer=f"{raw.parameter_pointer(parameter['in'], parameter['name'])}/x-sdk-name",
            remedy="Write one in snake_case",
        )
    return name


def all_errors(data: GeneratorData) -> list[GeneratorError]:
    """Everything that the parser warned of or failed at."""
    errors: list[GeneratorError] = [*data.errors]
    for collection in data.endpoint_collections_by_tag.values():
        errors += collection.parse_errors
    return errors


_STYLES = {
    "query": ("form", "deepObject", "pipeDelimited", "spaceDelimited"),
    "cookie": ("form",),
}


def _check_parameters(endpoint: Endpoint, raw: RawOperation) -> None:
    """Refuse parameters that the parser passes over or sends in a way that is not the spec's."""
    known = {
        (location.value, prop.name.get_untrusted_value())
        for location, prop in endpoint.iter_all_parameters()
    }
    for (location, name), parameter in raw.parameters.items():
        style = parameter.get("style")
        problem = ""
        if (location, name) not in known:
            problem = "its value is described by `content`"
        elif style not in (None, *_STYLES.get(location, ("simple",))):
            problem = f"the style {style!r} is not supported"
        elif parameter.get("allowReserved"):
            problem = "allowReserved is not supported"
        if problem:
            raise SpecError(
                f"the parameter {name!r} in {location} cannot be sent: {problem}",
                pointer=raw.parameter_pointer(location, name),
                remedy="Describe it by a schema and the default style",
            )


def refusal(error: GeneratorError, index: SpecIndex) -> SpecError:
    """The parser's words with the place in the document that they are about."""
    words = " ".join(f"{error.header or ''} {error.detail or ''}".split())
    data = error.data if isinstance(error, ParseError) else None
    return SpecError(
        f"openapi-python-client cannot take this: {words}",
        pointer=_place(words, data, index),
        remedy="Rewrite it so that nothing is dropped from the client",
    )


def _place(words: str, data: Any, index: SpecIndex) -> str:
    for operation in index.operations:
        if f"parsing {operation.method.upper()} {operation.path} within" in words:
            inside = _data_place(data, operation.data)
            status = re.search(r"response for status code (\w+)", words)
            if not inside and status:
                inside = pointer("responses", status.group(1))
            if not inside and re.search("(Unsupported|Invalid) content type|Missing schema", words):
                inside = pointer("requestBody")
            return operation.pointer + inside
    # The longest first: a name can be the beginning of another.
    for name in sorted(index.schemas, key=len, reverse=True):
        if f"/components/schemas/{name}" in words or f"creating {index.class_name(name)}" in words:
            at = pointer("components", "schemas", name)
            return at + _data_place(data, index.schemas[name])
    return _data_place(data, index.document)


def _data_place(data: Any, inside: Any) -> str:
    """Where what the parser complained of stands in a part of the document; "" if nowhere."""
    if data is None or not hasattr(data, "model_dump_json"):
        return ""
    wanted = json.loads(data.model_dump_json(by_alias=True, exclude_unset=True))
    return _find(inside, wanted, "") or ""


def _find(node: Any, wanted: Any, place: str) -> str | None:
    if node == wanted:
        return place
    children: list[tuple[Any, Any]] = []
    if is_mapping(node):
        children = list(node.items())
    elif is_list(node):
        children = list(enumerate(node))
    for key, value in children:
        found = _find(value, wanted, place + pointer(key))
        if found is not None:
            return found
    return None
