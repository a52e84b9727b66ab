"""What the template of a resource needs to know: flat, typed methods out of operations."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from openapi_python_client import strings
from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.parser.properties import EnumProperty, ModelProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.properties.string import StringProperty

from . import expressions
from .decimals import DecimalProperty
from .endpoint_view import answer_type, request_body_type
from .model_view import properties
from .operation_view import constant, operation_docstring
from .problems import SpecError
from .spec_index import RawOperation, SpecIndex, method_name
from .text import docstring, literal

#: Names that the functions and methods use themselves. An argument of the spec that has one gets
#: the place where it is sent behind it: `options_query`, `body_header`, `client_body`.
RESERVED_ARGUMENTS = {
    *("self", "client", "body", "options", "request", "response", "result", "error", "httpx"),
}
#: String formats that are types, or that say nothing about how a person writes the value.
_KNOWN_FORMATS = {
    *("", "date", "date-time", "uuid", "binary", "byte", "uri", "email", "password"),
}
#: Modules that the template imports with an underscore before the name.
_TAKEN_MODULES = {"codec", "operations", "parsing", "types"}
_BUILTIN_TYPES = ("bool", "float", "int", "list", "str")


@dataclass(frozen=True)
class Argument:
    """One argument of a method: its name and type, and the expression that is passed on."""

    name: str
    type: str
    default: str
    passed: str


@dataclass(frozen=True)
class Method:
    """One operation as a method."""

    name: str
    constant: str
    #: The module of its functions: where it is, and what it is called here.
    module: str
    alias: str
    path_arguments: list[Argument]
    keyword_arguments: list[Argument]
    call: list[str]
    result: str
    docstring: str
    imports: set[str]


@dataclass(frozen=True)
class Resource:
    """The methods of one tag."""

    module: str
    class_name: str
    title: str
    docstring: str
    client: str
    methods: list[Method]
    imports: list[str]


def resource(
    tag: str,
    endpoints: list[Endpoint],
    index: SpecIndex,
    models: Mapping[str, ModelProperty],
    classes: Collection[str],
    client: str,
) -> Resource:
    """Work out the resource of one tag.

    Args:
        tag: the parser's name of the tag.
        endpoints: its operations.
        index: the document.
        models: the models of the spec by their names.
        classes: the names of all classes of the spec, which a resource must not be called like.
        client: the type of the client that the operations need.
    """
    methods: dict[str, Method] = {}
    raws = [index.by_python_name[str(endpoint.name)] for endpoint in endpoints]
    for endpoint, raw in zip(endpoints, raws, strict=True):
        method = _method(endpoint, raw, index, models, classes)
        twin = methods.get(method.name)
        if twin is not None:
            raise SpecError(
                f"{raw.id} and {twin.constant} would both be the method {method.name!r}",
                pointer=raw.pointer,
                mend="Give one of them an x-sdk-name",
            )
        methods[method.name] = method
    shown = [_unshadowed(method, methods) for method in methods.values()]
    spelled = raws[0].tag
    described = {
        entry["name"]: entry.get("description") for entry in index.document.get("tags", [])
    }
    class_name = str(strings.ClassName(spelled, "Tag"))
    while {class_name, f"Async{class_name}"} & {*classes}:
        class_name = f"{class_name}Resource"
    return Resource(
        module=tag,
        class_name=class_name,
        title=docstring(f"The operations of the tag {spelled}."),
        docstring=docstring(str(described.get(spelled) or f"The operations of the tag {spelled}.")),
        client=client,
        methods=shown,
        imports=sorted(set[str]().union(*(method.imports for method in shown))),
    )


def _method(
    endpoint: Endpoint,
    raw: RawOperation,
    index: SpecIndex,
    models: Mapping[str, ModelProperty],
    classes: Collection[str],
) -> Method:
    path_arguments: list[Argument] = []
    keyword_arguments: list[Argument] = []
    call: list[str] = []
    imports: set[str] = set()
    names = {*RESERVED_ARGUMENTS, *classes}
    for location, prop in endpoint.iter_all_parameters():
        name = prop.name.get_untrusted_value()
        schema = index.flat(raw.parameters[location.value, name]["schema"])
        argument = _argument(prop, str(prop.python_name), schema)
        names.add(argument.name)
        (path_arguments if location == "path" else keyword_arguments).append(argument)
        call.append(f"{prop.python_name}={argument.passed}")
        imports |= expressions.imports(prop, "..")
    body_schemas: dict[str, Any] = {}
    model = _flat_body(endpoint)
    if model is not None:
        raw_fields = index.schema_of_class(str(model.class_info.name)).get("properties", {})
        fields: list[str] = []
        body_arguments: list[Argument] = []
        # Of the parser's copies of a model, this is the one whose fields have their final names.
        for own in properties(models[str(model.class_info.name)]):
            if index.flat(raw_fields.get(own.name.get_untrusted_value(), {})).get("readOnly"):
                continue
            name = free_name(str(own.python_name), "body", names)
            body_schemas[name] = raw_fields.get(own.name.get_untrusted_value(), {})
            body_arguments.append(_argument(own, name, index.flat(body_schemas[name])))
            fields.append(f"{own.python_name}={body_arguments[-1].passed}")
            imports |= expressions.imports(own, "..")
        keyword_arguments = [*body_arguments, *keyword_arguments]
        made = f"{model.class_info.name}({', '.join(fields)})"
        if not model.required:
            given = " and ".join(f"{argument.name} is UNSET" for argument in body_arguments)
            made = f"UNSET if {given} else {made}"
        call.append(f"body={made}")
    elif endpoint.bodies:
        body_type = request_body_type(endpoint)
        default = "UNSET" if body_type.endswith(" | Unset") else ""
        keyword_arguments.insert(0, Argument("body", body_type, default, "body"))
        call.append("body=body")
    for body in endpoint.bodies:
        imports |= expressions.imports(body.prop, "..")
    keyword_arguments.sort(key=lambda argument: bool(argument.default))
    result, answer_imports = _result(endpoint)
    return Method(
        name=method_name(raw),
        constant=constant(endpoint),
        module=f"..api.{endpoint.tags[0]} import {endpoint.name}",
        alias=f"_{endpoint.name}_" if endpoint.name in _TAKEN_MODULES else f"_{endpoint.name}",
        path_arguments=path_arguments,
        keyword_arguments=keyword_arguments,
        call=call,
        result=result,
        docstring=operation_docstring(endpoint, raw, index, body_schemas, result=result),
        imports=imports | answer_imports,
    )


def _flat_body(endpoint: Endpoint) -> ModelProperty | None:
    """The model whose fields become arguments of their own, if the body is one."""
    if len(endpoint.bodies) != 1:
        return None
    model: PropertyProtocol = endpoint.bodies[0].prop
    if not isinstance(model, ModelProperty) or not properties(model):
        return None
    # A body that may be left out but needs a field if it is there cannot be said in flat arguments.
    return model if model.required or not model.required_properties else None


def free_name(name: str, location: str, taken: set[str]) -> str:
    """The name, or one with the location behind it; from then on it is taken."""
    while name in taken:
        name = f"{name}_{location}"
    taken.add(name)
    return name


def _argument(prop: PropertyProtocol, name: str, schema: dict[str, Any]) -> Argument:
    plain = expressions.without_null(prop)
    refuses_null = schema.get("x-sdk-nullable") is False
    null = " | None" if expressions.is_nullable(prop) and not refuses_null else ""
    others = null + ("" if prop.required else " | Unset")
    text, value = expressions.request_type(prop), name
    if refuses_null:
        text = expressions.type_text(plain) + others
        value = f'_codec.not_none("{name}", {name})'
    passed = value
    if isinstance(plain, DecimalProperty):
        text = f"Decimal | int | str | float{others}"
        step = f', "{plain.step}"' if plain.step else ""
        passed = f'_codec.decimal_argument("{name}", {value}{step})'
    elif isinstance(plain, EnumProperty):
        text = f"{_enum_type(plain)}{others}"
        passed = f'_codec.enum_argument("{name}", {plain.class_info.name}.from_json, {value})'
    elif isinstance(plain, ListProperty) and isinstance(plain.inner_property, EnumProperty):
        inner = plain.inner_property
        text = f"Sequence[{_enum_type(inner)}]{others}"
        passed = f'_codec.enum_arguments("{name}", {inner.class_info.name}.from_json, {value})'
    elif isinstance(plain, StringProperty) and str(schema.get("format", "")) not in _KNOWN_FORMATS:
        passed = f"self._client.normalised({literal(str(schema['format']))}, {value})"
    return Argument(name, text, "" if prop.required else "UNSET", passed)


def _enum_type(prop: EnumProperty) -> str:
    values = (literal(v) if isinstance(v, str) else str(v) for v in prop.values.values())
    return f"{prop.class_info.name} | Literal[{', '.join(values)}]"


def _result(endpoint: Endpoint) -> tuple[str, set[str]]:
    """The type of a method's result, and its imports."""
    answers = [
        answer
        for answer in endpoint.responses.patterns
        if answer.status_code.range and 200 <= answer.status_code.range[0] < 300
    ]
    if not answers and endpoint.responses.default is not None:
        answers = [endpoint.responses.default]
    imports = set[str]().union(*(expressions.imports(answer.prop, "..") for answer in answers))
    return expressions.joined(answer_type(answer) for answer in answers) or "None", imports


def _unshadowed(method: Method, names: Iterable[str]) -> Method:
    """The method with types that mean what they say in a class that has a method called `list`."""
    hidden = [name for name in _BUILTIN_TYPES if name in names]
    if not hidden:
        return method
    # Texts inside of Literal stay as they are.
    pattern = re.compile(rf'("(?:[^"\\]|\\.)*")|\b({"|".join(hidden)})\b')

    def clear(text: str) -> str:
        return pattern.sub(lambda m: m.group(1) or f"builtins.{m.group(2)}", text)

    return replace(
        method,
        path_arguments=[replace(a, type=clear(a.type)) for a in method.path_arguments],
        keyword_arguments=[replace(a, type=clear(a.type)) for a in method.keyword_arguments],
        result=clear(method.result),
    )
