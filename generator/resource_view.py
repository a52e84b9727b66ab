"""What the template of a resource needs to know: flat, typed methods out of operations."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from openapi_python_client import strings
from openapi_python_client.parser.bodies import Body
from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.parser.properties import EnumProperty, ModelProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.properties.string import StringProperty
from openapi_python_client.strings import in_double_quote_literal, safe_for_docstring

from . import expressions
from .decimals import DecimalProperty
from .operation_view import operation_docstring
from .problems import SpecError
from .spec_index import RawOperation, SpecIndex, method_name
from .text import docstring

#: Names that a method uses itself; an argument of the spec that has one gets an underscore.
_TAKEN = {"self", "options", "client", "body", "response", "error"}
#: String formats that are types, or that say nothing about how a person writes the value.
_KNOWN_FORMATS = {"date", "date-time", "uuid", "binary", "byte", "uri", "email", "password"}


@dataclass
class Argument:
    """One argument of a method, and how it is passed on."""

    name: str
    type: str
    default: str
    conversion: str
    sent_type: str = ""
    imports: set[str] = field(default_factory=set)


@dataclass
class Method:
    """One operation as a method."""

    name: str
    operation_id: str
    module: str
    path_arguments: list[Argument]
    keyword_arguments: list[Argument]
    call_arguments: list[str]
    result: str
    cast: str
    docstring: str
    imports: set[str]

    @property
    def conversions(self) -> list[str]:
        """Statements that turn arguments into what is sent."""
        arguments = [*self.path_arguments, *self.keyword_arguments]
        return [f"{a.name}_value: {a.sent_type} = {a.conversion}" for a in arguments if a.conversion]


@dataclass
class Resource:
    """The methods of one tag."""

    attribute: str
    module: str
    class_name: str
    title: str
    docstring: str
    methods: list[Method]
    imports: list[str]
    uses: dict[str, bool]


def resource(
    tag: str, endpoints: list[Endpoint], index: SpecIndex, raws: dict[str, RawOperation]
) -> Resource:
    """Work out the resource of one tag; `tag` is the parser's name of it."""
    methods: list[Method] = []
    for endpoint in endpoints:
        raw = raws[endpoint.name]
        method = _method(endpoint, raw, index)
        twin = next((m for m in methods if m.name == method.name), None)
        if twin is not None:
            raise SpecError(
                pointer=raw.pointer,
                problem=f"{raw.id} and {twin.operation_id} would both be the method {method.name!r}",
                mend="give one of them an x-sdk-name",
            )
        methods.append(method)
    spelled = str((raws[endpoints[0].name].data.get("tags") or ["default"])[0])
    words = next(
        (
            str(entry.get("description", ""))
            for entry in index.document.get("tags", [])
            if entry.get("name") == spelled
        ),
        "",
    )
    imports = sorted(set().union(*(m.imports for m in methods)))
    code = "\n".join(
        f"{a.type} {a.default} {a.conversion} {a.sent_type if a.conversion else ''}"
        for m in methods
        for a in (*m.path_arguments, *m.keyword_arguments)
    ) + "\n".join(f"{m.result} {m.cast} {' '.join(m.call_arguments)}" for m in methods)
    return Resource(
        attribute=tag,
        module=tag,
        class_name=str(strings.ClassName(spelled, "Tag")),
        title=safe_for_docstring(f"The operations of the tag {spelled}."),
        docstring=docstring(words or f"The operations of the tag {spelled}."),
        methods=methods,
        imports=imports,
        uses={name: bool(re.search(rf"\b{name}\b", code)) for name in _OPTIONAL_NAMES},
    )


_OPTIONAL_NAMES = (
    *("builtins", "Sequence", "Any", "Literal", "cast", "UNSET", "Unset", "_codec"),
)


def _method(endpoint: Endpoint, raw: RawOperation, index: SpecIndex) -> Method:
    tag = str((raw.data.get("tags") or ["default"])[0])
    names = set(_TAKEN)
    path_arguments: list[Argument] = []
    keyword_arguments: list[Argument] = []
    call: list[str] = []
    imports = {f"from ..api.{endpoint.tags[0]} import {endpoint.name}"}
    for location, prop in endpoint.iter_all_parameters():
        argument = _argument(prop, _free(str(prop.python_name), location.value, names), raw, index)
        (path_arguments if location == "path" else keyword_arguments).append(argument)
        call.append(f"{prop.python_name}={_passed(argument)}")
    body_schemas: dict[str, Any] = {}
    flat = _flat_body(endpoint)
    if flat is not None:
        model = flat.prop
        assert isinstance(model, ModelProperty)
        schema = index.schema_of_class(str(model.class_info.name)).get("properties", {})
        fields: list[str] = []
        body_arguments: list[Argument] = []
        properties = [*(model.required_properties or []), *(model.optional_properties or [])]
        for prop in properties:
            key = prop.name.get_untrusted_value()
            name = _free(str(prop.python_name), "body", names)
            body_schemas[name] = schema.get(key, {})
            argument = _argument(prop, name, raw, index, schema.get(key, {}))
            body_arguments.append(argument)
            fields.append(f"{prop.python_name}={_passed(argument)}")
        keyword_arguments = [*body_arguments, *keyword_arguments]
        imports |= _model_imports(model)
        made = f"{model.class_info.name}({', '.join(fields)})"
        if not model.required and not model.required_properties:
            given = " and ".join(f"{_passed(a)} is UNSET" for a in body_arguments)
            made = f"UNSET if {given} else {made}"
        call.append(f"body={made}")
    elif endpoint.bodies:
        types = " | ".join(expressions.type_text(b.prop) for b in endpoint.bodies)
        optional = not all(b.prop.required for b in endpoint.bodies)
        keyword_arguments.insert(
            0,
            Argument(
                name="body",
                type=_unshadowed(types + (" | Unset" if optional else "")),
                default="UNSET" if optional else "",
                conversion="",
            ),
        )
        for body in endpoint.bodies:
            imports |= _prop_imports(body.prop)
        call.append("body=body")
    for argument in (*path_arguments, *keyword_arguments):
        imports |= argument.imports
        if argument.conversion:
            imports.add("from ..errors import InvalidArgument")
    result, result_imports = _result(endpoint)
    keyword_arguments.sort(key=lambda a: bool(a.default))
    return Method(
        name=method_name(raw.id, tag, raw.data.get("x-sdk-name"), raw.pointer),
        operation_id=in_double_quote_literal(raw.id),
        module=str(endpoint.name),
        path_arguments=path_arguments,
        keyword_arguments=keyword_arguments,
        call_arguments=call,
        result=_unshadowed(result),
        cast="" if result in ("Any", "None") else f"cast({_unshadowed(result)!r}, ",
        docstring=operation_docstring(endpoint, raw, index, body_schemas, result=result),
        imports=imports | result_imports,
    )


def _flat_body(endpoint: Endpoint) -> Body | None:
    if len(endpoint.bodies) != 1 or not isinstance(endpoint.bodies[0].prop, ModelProperty):
        return None
    model = endpoint.bodies[0].prop
    known = [*(model.required_properties or []), *(model.optional_properties or [])]
    return endpoint.bodies[0] if known else None


def _free(name: str, location: str, names: set[str]) -> str:
    if name in _TAKEN:
        name = f"{name}_"
    elif name in names:
        name = f"{name}_{location}"
    names.add(name)
    return name


def _passed(argument: Argument) -> str:
    return f"{argument.name}_value" if argument.conversion else argument.name


def _argument(
    prop: PropertyProtocol,
    name: str,
    raw: RawOperation,
    index: SpecIndex,
    schema: Any = None,
) -> Argument:
    plain = expressions.without_null(prop)
    null = " | None" if expressions.is_nullable(prop) else ""
    unset = "" if prop.required else " | Unset"
    default = "" if prop.required else "UNSET"
    imports = _prop_imports(prop)
    conversion = ""
    if isinstance(plain, DecimalProperty):
        text = f"Decimal | int | str | float{null}{unset}"
        step = f', "{plain.step}"' if plain.step else ""
        conversion = f'_codec.decimal_argument("{name}", {name}{step})'
    elif isinstance(plain, EnumProperty):
        text = f"{_enum_type(plain)}{null}{unset}"
        conversion = f'_codec.enum_argument("{name}", {plain.class_info.name}.from_json, {name})'
    elif isinstance(plain, ListProperty) and isinstance(plain.inner_property, EnumProperty):
        text = f"Sequence[{_enum_type(plain.inner_property)}]{null}{unset}"
        enum = plain.inner_property.class_info.name
        conversion = f'_codec.enum_arguments("{name}", {enum}.from_json, {name})'
    else:
        text = expressions.type_text(prop) + unset
        string_format = _format(plain, prop, raw, index, schema)
        if string_format:
            conversion = f'self._client.normalised("{string_format}", {name})'
    if prop.default is not None and not isinstance(plain, ListProperty):
        default = prop.default.python_code.as_unembedded_code()
    sent_type = _unshadowed(expressions.request_type(prop))
    return Argument(name, _unshadowed(text), default, conversion, sent_type, imports)


def _format(
    plain: PropertyProtocol, prop: PropertyProtocol, raw: RawOperation, index: SpecIndex, schema: Any
) -> str:
    if not isinstance(plain, StringProperty):
        return ""
    if schema is None:
        for (_, parameter_name), parameter in raw.parameters.items():
            if prop.name == parameter_name:
                schema = parameter.get("schema", {})
    string_format = str(index.flat(schema or {}).get("format", ""))
    return "" if string_format in _KNOWN_FORMATS else in_double_quote_literal(string_format)


def _enum_type(prop: EnumProperty) -> str:
    values = ", ".join(
        f'"{value}"' if prop.value_type is str else str(value) for value in prop.values.values()
    )
    return f"{prop.class_info.name} | Literal[{values}]"


def _result(endpoint: Endpoint) -> tuple[str, set[str]]:
    types: list[str] = []
    imports: set[str] = set()
    for response in sorted(endpoint.responses.patterns):
        low, _ = response.status_code.range or (0, 0)
        if not 200 <= low < 300:
            continue
        empty = response.source["attribute"] == "None"
        text = "None" if empty else expressions.type_text(response.prop)
        if text not in types:
            types.append(text)
        imports |= _prop_imports(response.prop)
    if not types and endpoint.responses.default is not None:
        types = [expressions.type_text(endpoint.responses.default.prop)]
        imports = _prop_imports(endpoint.responses.default.prop)
    return ("Any" if "Any" in types else " | ".join(types)) or "None", imports


def _prop_imports(prop: PropertyProtocol) -> set[str]:
    lines = prop.get_imports(prefix="..") | prop.get_lazy_imports(prefix="..")
    return {
        line
        for line in lines
        if not line.startswith(("from typing import", "from ..types import UNSET"))
    }


def _model_imports(model: ModelProperty) -> set[str]:
    info = model.class_info
    return {f"from ..models.{info.module_name} import {info.name}"}


def _unshadowed(text: str) -> str:
    # A class with a method `list` cannot say `list[...]` in its annotations.
    return re.sub(r"\blist\[", "builtins.list[", text)


def all_endpoints(collections: Any) -> Iterator[Endpoint]:
    """Every endpoint, in the order of the document's tags."""
    for collection in collections.values():
        yield from collection.endpoints
