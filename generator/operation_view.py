"""One operation as the templates need it: its record, its module of `api`, its method."""

import re
import textwrap
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from openapi_python_client.parser.bodies import Body, BodyType
from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.parser.properties import EnumProperty, ModelProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.properties.string import StringProperty
from openapi_python_client.parser.responses import Response

from . import expressions
from .decimals import DecimalProperty
from .document import is_list, is_mapping
from .model_view import properties
from .problems import SpecError
from .spec_index import RawOperation, SpecIndex, method_name
from .text import docstring, first_sentence, literal, section, sentence

_RETRY_BY_METHOD = {
    **dict.fromkeys(("get", "head", "options", "trace"), "safe"),
    **dict.fromkeys(("put", "delete"), "idempotent"),
}
_RETRY_CLASSES = ("safe", "idempotent", "confirm", "never")
#: Names of the `operations` module itself.
_TAKEN_CONSTANTS = {
    *("API_KEY_HEADER", "API_VERSION", "AUTH_PREFIX", "EXTENSIONS", "OPERATIONS", "SERVER_URL"),
    "STATED_MESSAGES",
}
#: Modules that the template of a resource imports with an underscore before the name.
_TAKEN_MODULES = {"calls", "codec", "operations", "types"}
#: Methods that every resource has.
_TAKEN_METHODS = {"with_raw_response"}
#: The statuses of success of an operation that states none.
_ANY_SUCCESS = "tuple(range(200, 300))"
#: The fields of `x-pagination`, all but max_size, which the parameter's schema states.
_PAGINATION = ("page", "cursor", "size", "items", "total", "current", "per_page", "next")
#: Names that the functions and methods use themselves. An argument of the spec that has one gets
#: the place where it is sent as a suffix: `options_query`, `body_header`, `client_body`.
RESERVED_ARGUMENTS = {"self", "client", "body", "options"}
#: String formats that are types, or that say nothing about how a person writes the value.
_KNOWN_FORMATS = {
    *("", "date", "date-time", "uuid", "binary", "byte", "uri", "email", "password"),
}
#: Where the parser takes the body of a response from, and the function of `parsing` for it.
_BODIES = {
    "response.json()": "",
    "response.text": "text_body",
    "response.content": "raw_body",
}


@dataclass(frozen=True)
class Argument:
    """One argument of a method: its name and type, and the expression that is passed on."""

    name: str
    type: str
    default: str
    passed: str


@dataclass(frozen=True)
class OperationView:
    """One operation. Texts are Python source, except for docstrings and the title."""

    title: str
    docstring: str
    #: The record in `operations`: its name, and its fields that have a value.
    constant: str
    facts: dict[str, str]
    #: The module of `api`.
    client: str
    path_parameters: list[str]
    keyword_parameters: list[str]
    url: str
    request: dict[str, str]
    success_type: str
    any_type: str
    success_readers: list[str]
    error_readers: list[str]
    imports: list[str]
    #: The method in `resources`: its name, and where it finds the module of `api`.
    name: str
    module: str
    alias: str
    path_arguments: list[Argument]
    keyword_arguments: list[Argument]
    call: list[str]
    result: str
    method_imports: list[str]


def operation_view(
    endpoint: Endpoint,
    raw: RawOperation,
    index: SpecIndex,
    models: Mapping[str, ModelProperty],
    classes: Collection[str],
) -> OperationView:
    """Work out one operation.

    Args:
        endpoint: The operation as the parser knows it.
        raw: The operation as the document has it.
        index: The document.
        models: The models of the spec by name.
        classes: The names of all classes of the spec.
    """
    parameters = list(endpoint.iter_all_parameters())
    taken = {*RESERVED_ARGUMENTS, *classes}
    path_arguments: list[Argument] = []
    keyword_arguments: list[Argument] = []
    call: list[str] = []
    for location, prop in parameters:
        name = prop.name.get_untrusted_value()
        schema = index.flat(raw.parameters[location.value, name]["schema"])
        argument = _argument(prop, str(prop.python_name), schema)
        taken.add(argument.name)
        (path_arguments if location == "path" else keyword_arguments).append(argument)
        call.append(f"{prop.python_name}={argument.passed}")
    body_arguments, schemas, body, fields = _method_body(endpoint, index, models, taken)
    if body:
        call.append(f"body={body}")
    successes, errors = _responses(endpoint)
    sent = [prop for _, prop in parameters] + [one.prop for one in endpoint.bodies]
    received = [response.prop for response in successes]
    result = _types_of(successes)
    method = method_name(raw)
    return OperationView(
        title=title(raw),
        docstring=_docstring(endpoint, raw, index, schemas, result),
        constant=_constant(endpoint),
        facts=_facts(endpoint, raw, index),
        client="AuthenticatedClient" if endpoint.requires_security else "Client",
        path_parameters=[_parameter(prop) for prop in endpoint.path_parameters],
        keyword_parameters=[
            *_body_parameter(endpoint),
            *(_parameter(prop) for location, prop in parameters if location != "path"),
        ],
        url=_url(endpoint, raw),
        request=_request(endpoint, raw),
        success_type=result,
        any_type=expressions.joined([result, _types_of(errors), "None"]),
        success_readers=[_reader(response, is_success=True) for response in successes],
        error_readers=[_reader(response, is_success=False) for response in errors],
        imports=_imports([*sent, *received, *(one.prop for one in errors)], "..."),
        name=f"{method}_" if method in _TAKEN_METHODS else method,
        module=f"..api.{endpoint.tags[0]} import {endpoint.name}",
        alias=f"_{endpoint.name}_" if endpoint.name in _TAKEN_MODULES else f"_{endpoint.name}",
        path_arguments=path_arguments,
        keyword_arguments=sorted(
            [*body_arguments, *keyword_arguments], key=lambda argument: bool(argument.default)
        ),
        call=call,
        result=result,
        method_imports=_imports([*sent, *fields, *received], ".."),
    )


def _facts(endpoint: Endpoint, raw: RawOperation, index: SpecIndex) -> dict[str, str]:
    """Return the fields of an operation's record that have a value."""
    retry = raw.data.get("x-retry", _RETRY_BY_METHOD.get(raw.method, "never"))
    if retry not in _RETRY_CLASSES:
        raise SpecError(
            f"{retry!r} is not a retry class",
            pointer=f"{raw.pointer}/x-retry",
            remedy=f"Write one of {', '.join(_RETRY_CLASSES)}",
        )
    facts = {
        "id": literal(raw.id),
        "name": literal(method_name(raw)),
        "method": literal(raw.method.upper()),
        "path": literal(raw.path),
        "tag": literal(raw.tag),
        "retry": literal(str(retry)),
        "success": _statuses(raw, index, lambda status, _: status[0] == "2") or _ANY_SUCCESS,
        "no_content": _statuses(
            raw, index, lambda status, response: status[0] == "2" and not response.get("content")
        ),
        "no_effect": _statuses(raw, index, lambda _, response: response.get("x-no-effect") is True),
        "rate_limit": _rate_limit(raw),
        "pagination": _pagination(endpoint, raw, index),
    }
    return {name: value for name, value in facts.items() if value}


def _statuses(
    raw: RawOperation, index: SpecIndex, wanted: Callable[[str, dict[str, Any]], bool]
) -> str:
    """Return the statuses of the wanted responses as the source of a tuple, "" for none.

    A range like 4XX stands for those of its statuses that have no response of their own.
    """
    responses = {status: index.resolve(found) for status, found in raw.data["responses"].items()}
    chosen = {status for status, response in responses.items() if wanted(status, response)}
    exact = {int(status) for status in responses if status.isdecimal()}
    picked = {int(status) for status in chosen if status.isdecimal()}
    for status in chosen:
        if re.fullmatch(r"[1-5]XX", status):
            everything = range(100 * int(status[0]), 100 * int(status[0]) + 100)
            if len(chosen) == 1 and not exact & {*everything}:
                return f"tuple(range({everything.start}, {everything.stop}))"
            picked |= {*everything} - (exact - picked)
    return f"({', '.join(map(str, sorted(picked)))},)" if picked else ""


def _rate_limit(raw: RawOperation) -> str:
    stated = raw.data.get("x-rate-limit")
    if stated is None:
        return ""
    try:
        requests, seconds = int(stated["requests"]), float(stated["window_seconds"])
    except (KeyError, TypeError, ValueError):
        requests, seconds = 0, 0.0
    if requests <= 0 or seconds <= 0:
        raise SpecError(
            "the rate limit is not usable",
            pointer=f"{raw.pointer}/x-rate-limit",
            remedy="Write {requests: 60, window_seconds: 60}, with positive numbers",
        )
    return f"RateLimit(requests={requests}, seconds={seconds})"


def _pagination(endpoint: Endpoint, raw: RawOperation, index: SpecIndex) -> str:
    stated = raw.data.get("x-pagination")
    if stated is None:
        return ""
    paging: dict[str, Any] = stated if is_mapping(stated) else {}
    values = {key: str(paging[key]) for key in _PAGINATION if key in paging}
    if ("page" in values) == ("cursor" in values) or "items" not in values:
        raise SpecError(
            f"x-pagination of {raw.id} does not say how to turn the page",
            pointer=f"{raw.pointer}/x-pagination",
            remedy="Name the query parameter, as page or as cursor, and the path of the items",
        )
    if "cursor" in values and "next" not in values:
        raise SpecError(
            f"x-pagination of {raw.id} does not say where the next cursor stands",
            pointer=f"{raw.pointer}/x-pagination",
            remedy="Add next, the path of the next cursor in a response",
        )
    for role in ("page", "cursor", "size"):
        if role in values:
            matching = [p for p in endpoint.query_parameters if p.name == values[role]]
            if not matching:
                raise SpecError(
                    f"{values[role]!r} is not a query parameter of {raw.id}",
                    pointer=f"{raw.pointer}/x-pagination/{role}",
                    remedy="Name one of its query parameters",
                )
            values[role] = str(matching[0].python_name)
    arguments = [f"{key}={literal(value)}" for key, value in values.items()]
    if "size" in values:
        limit = index.flat(raw.parameters["query", paging["size"]]["schema"]).get("maximum")
        if limit is not None:
            arguments.append(f"max_size={int(limit)}")
    return f"Pagination({', '.join(arguments)})"


def stated_messages(index: SpecIndex) -> list[str]:
    """Return the messages that the examples of error responses contain, sorted.

    These are the texts under `message` and the texts in the lists of `errors`.
    """
    found: set[str] = set()
    for raw in index.operations:
        for status, response in raw.data["responses"].items():
            if status.startswith("2"):
                continue
            for media in index.resolve(response).get("content", {}).values():
                examples = [media["example"]] if "example" in media else []
                examples += [
                    index.resolve(one).get("value") for one in media.get("examples", {}).values()
                ]
                for example in examples:
                    if is_mapping(example):
                        found |= _texts_in_lists([example.get("message")])
                        found |= _texts_in_lists(example.get("errors"))
    return sorted(found)


def _texts_in_lists(value: Any) -> set[str]:
    if is_mapping(value):
        return set[str]().union(*map(_texts_in_lists, value.values()))
    if not is_list(value):
        return set()
    texts = {item for item in value if isinstance(item, str) and item}
    return texts.union(*map(_texts_in_lists, value))


def title(raw: RawOperation) -> str:
    """Return the operation in one sentence, for a docstring."""
    words = raw.data.get("summary") or raw.data.get("description") or raw.id
    return docstring(sentence(first_sentence(str(words)))).replace("\n", " ")


def _docstring(
    endpoint: Endpoint,
    raw: RawOperation,
    index: SpecIndex,
    body: Mapping[str, Any],
    result: str,
) -> str:
    """Return the meaning, arguments, result and errors of an operation, in the spec's words."""
    summary = sentence(str(raw.data.get("summary") or "").strip())
    description = str(raw.data.get("description") or "").strip()
    arguments = {name: index.described(schema) for name, schema in body.items()}
    for location, prop in endpoint.iter_all_parameters():
        parameter = raw.parameters[location.value, prop.name.get_untrusted_value()]
        schema = index.flat(parameter["schema"])
        words = parameter.get("description") or schema.get("description", "")
        arguments[str(prop.python_name)] = index.described({**schema, "description": words})
    words = (
        first_sentence(str(index.resolve(response).get("description", "")))
        for status, response in raw.data["responses"].items()
        if status.startswith("2")
    )
    common = common_errors(index)
    errors = {
        status: words for status, words in _errors(raw, index).items() if status not in common
    }
    raised = "UnexpectedStatus: The response is not a success"
    raised = section(raised, errors) or f"{raised}."
    return docstring(
        "\n\n".join(text for text in (summary, description) if text) or raw.id,
        section("Args", arguments),
        f"Returns:\n    {next(words, '') or result}",
        f"Raises:\n{textwrap.indent(raised, '    ')}",
    )


def _errors(raw: RawOperation, index: SpecIndex) -> dict[str, str]:
    """Return the statuses of an operation that are errors, each with its meaning."""
    return {
        status: first_sentence(str(index.resolve(response).get("description", "")))
        for status, response in raw.data["responses"].items()
        if not status.startswith("2")
    }


def common_errors(index: SpecIndex) -> dict[str, str]:
    """Return the errors that every operation has, if there are several operations."""
    first, *others = [_errors(raw, index) for raw in index.operations] or [dict[str, str]()]
    return {
        status: words
        for status, words in first.items()
        if others and all(other.get(status) == words for other in others)
    }


def _constant(endpoint: Endpoint) -> str:
    """Return the name of an operation's constant, `CREATE_INVOICE`."""
    name = endpoint.name.upper()
    return f"{name}_" if name in _TAKEN_CONSTANTS else name


def _imports(props: Iterable[PropertyProtocol], prefix: str) -> list[str]:
    return sorted(set[str]().union(*(expressions.imports(prop, prefix) for prop in props)))


# -- responses ---------------------------------------------------------------------------------


def _responses(endpoint: Endpoint) -> tuple[list[Response], list[Response]]:
    """Return the responses that are successes, and those that are errors.

    The default response is an error, unless the operation lists no success.
    """
    successes = [one for one in endpoint.responses.patterns if _first_digit(one) == "2"]
    errors = [one for one in endpoint.responses if one not in successes]
    if not successes and endpoint.responses.default is not None:
        successes = [endpoint.responses.default]
    return successes, errors


def _first_digit(response: Response) -> str:
    return response.status_code.pattern[0]


def _types_of(responses: Iterable[Response]) -> str:
    """Return the type of the bodies of responses."""
    types = (
        expressions.type_text(one.prop) if one.source["attribute"] in _BODIES else "None"
        for one in responses
    )
    return expressions.joined(types) or "None"


def _reader(response: Response, *, is_success: bool) -> str:
    """Return an entry of the table of responses."""
    status = response.status_code.pattern
    key = status if status.isdecimal() else literal(status)
    if is_success and status == "default":
        key = literal("2XX")
    attribute = response.source["attribute"]
    if attribute not in _BODIES:
        return f"{key}: None"
    reader = expressions.decoder(response.prop)
    body = _BODIES[attribute]
    return f"{key}: _parsing.NotJson(_parsing.{body}, {reader})" if body else f"{key}: {reader}"


# -- the request -------------------------------------------------------------------------------


def _parameter(prop: PropertyProtocol) -> str:
    default = "" if prop.required else " = UNSET"
    return f"{prop.python_name}: {expressions.request_type(prop)}{default}"


def _body_type(endpoint: Endpoint) -> tuple[str, str]:
    """Return the type of the argument `body`, "" without one, and its default."""
    types = expressions.joined(expressions.type_text(body.prop) for body in endpoint.bodies)
    if all(body.prop.required for body in endpoint.bodies):
        return types, ""
    return f"{types} | Unset", "UNSET"


def _body_parameter(endpoint: Endpoint) -> list[str]:
    kind, default = _body_type(endpoint)
    return [f"body: {kind}" + (f" = {default}" if default else "")] if kind else []


def _request(endpoint: Endpoint, raw: RawOperation) -> dict[str, str]:
    """Return the arguments of `PreparedRequest` for the parameters and the body."""

    def taken(function: str, props: list[PropertyProtocol], location: str) -> str:
        entries = ", ".join(_entry(location, prop, raw) for prop in props)
        return f"_codec.{function}({{{entries}}})" if props else ""

    headers = [
        taken("headers", [*endpoint.header_parameters], "header"),
        taken("cookies", [*endpoint.cookie_parameters], "cookie"),
    ]
    arguments = {
        "params": taken("query", [*endpoint.query_parameters], "query"),
        "headers": " | ".join(filter(None, headers)),
        "body": _body(endpoint),
    }
    return {name: value for name, value in arguments.items() if value}


def _entry(location: str, prop: PropertyProtocol, raw: RawOperation) -> str:
    """Return a parameter by its name on the wire, as an entry of a dict."""
    value = str(prop.python_name)
    name = prop.name.get_untrusted_value()
    parameter = raw.parameters[location, name]
    style = parameter.get("style", "form")
    if location == "query" and style == "deepObject":
        return f"**_codec.deep_object({literal(name)}, {value})"
    if location == "query" and parameter.get("explode", style == "form") is False:
        separator = {"pipeDelimited": ', "|"', "spaceDelimited": ', " "'}.get(style, "")
        value = f"_codec.joined({value}{separator})"
    return f"{literal(name)}: {value}"


def _url(endpoint: Endpoint, raw: RawOperation) -> str:
    """Return the path as one literal, or as an f-string with its parameters quoted."""
    names = {prop.name.get_untrusted_value(): prop.python_name for prop in endpoint.path_parameters}
    parts = re.split(r"\{(" + "|".join(map(re.escape, names)) + r")\}", raw.path)
    if not names:
        return literal(raw.path)
    text = ""
    for position, part in enumerate(parts):
        if position % 2:
            text += f"{{_codec.path_value('{names[part]}', {names[part]})}}"
        else:
            text += literal(part)[1:-1].replace("{", "{{").replace("}", "}}")
    return f'f"{text}"'


def _body(endpoint: Endpoint) -> str:
    """Return the expression of the part of the request that carries the body."""
    by_type: dict[str, Body] = {}
    for body in endpoint.bodies:
        # The same class in a second media type is sent in the first.
        by_type.setdefault(_instance_type(body.prop), body)
    if "Any" in by_type:  # fits everything, so it comes last
        by_type["Any"] = by_type.pop("Any")
    optional = not all(body.prop.required for body in endpoint.bodies)
    text = "None" if optional else ""
    for kind, body in reversed(by_type.items()):
        if not text:
            text = _encoded(body)
        elif kind == "Any" or text == "None":
            text = f"{text} if isinstance(body, Unset) else {_encoded(body)}"
        else:
            text = f"{_encoded(body)} if isinstance(body, {kind}) else {text}"
    return text


def _instance_type(prop: PropertyProtocol) -> str:
    plain = expressions.without_null(prop)
    if isinstance(plain, ModelProperty):
        return str(plain.class_info.name)
    return expressions.type_text(plain).partition("[")[0]


def _encoded(body: Body) -> str:
    media_type = literal(body.content_type.get_untrusted_value())
    if body.body_type is BodyType.JSON:
        text = expressions.sends_text_decimals(body.prop)
        value = "_codec.decimals_as_text(body)" if text else "body"
        return f"_codec.json_body({value}, {media_type})"
    if body.body_type is BodyType.DATA:
        return f"_codec.form_body(body, {media_type})"
    if body.body_type is BodyType.FILES:
        return "_codec.multipart_body(body)"
    return f"_codec.file_body(body, {media_type})"


# -- the method --------------------------------------------------------------------------------


def _method_body(
    endpoint: Endpoint,
    index: SpecIndex,
    models: Mapping[str, ModelProperty],
    names: set[str],
) -> tuple[list[Argument], dict[str, Any], str, list[PropertyProtocol]]:
    """Return the arguments for the body, their schemas, what is passed on, their properties.

    Args:
        endpoint: The operation.
        index: The document.
        models: The models by name. Of the parser's copies of a model, these are the ones whose
            properties have their final names.
        names: The names that are taken.
    """
    model = _flat_body(endpoint)
    if model is None:
        kind, default = _body_type(endpoint)
        return (
            [Argument("body", kind, default, "body")] if kind else [],
            {},
            "body" if kind else "",
            [],
        )
    raw_fields = index.schema_of_class(str(model.class_info.name)).get("properties", {})
    own = [
        prop
        for prop in properties(models[str(model.class_info.name)])
        if not index.flat(raw_fields.get(prop.name.get_untrusted_value(), {})).get("readOnly")
    ]
    arguments: list[Argument] = []
    schemas: dict[str, Any] = {}
    for prop in own:
        name = free_name(str(prop.python_name), "body", names)
        schemas[name] = raw_fields.get(prop.name.get_untrusted_value(), {})
        arguments.append(_argument(prop, name, index.flat(schemas[name])))
    fields = (
        f"{prop.python_name}={argument.passed}"
        for prop, argument in zip(own, arguments, strict=True)
    )
    made = f"{model.class_info.name}({', '.join(fields)})"
    if not model.required:
        given = " and ".join(f"{argument.name} is UNSET" for argument in arguments)
        made = f"UNSET if {given} else {made}"
    return arguments, schemas, made, own


def _flat_body(endpoint: Endpoint) -> ModelProperty | None:
    """Return the model whose fields become arguments of their own, if the body is one."""
    if len(endpoint.bodies) != 1:
        return None
    model: PropertyProtocol = endpoint.bodies[0].prop
    if not isinstance(model, ModelProperty) or not properties(model):
        return None
    # Flat arguments cannot express a body that can be left out but has a required field.
    return model if model.required or not model.required_properties else None


def free_name(name: str, location: str, taken: set[str]) -> str:
    """Return the name, with the location as suffix if it is taken; add it to the taken ones."""
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
