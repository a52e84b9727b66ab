"""What the template of an endpoint needs to know: one module of `api` with its four functions."""

import re
from dataclasses import dataclass

from openapi_python_client.parser.bodies import Body, BodyType
from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.parser.properties import ModelProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.responses import Response

from . import expressions
from .operation_view import constant, operation_docstring, title
from .spec_index import RawOperation, SpecIndex
from .text import literal

#: Where the parser takes a body from, and our function that does so.
_READERS = {
    "response.json()": "",
    "response.text": ", _parsing.text_body",
    "response.content": ", _parsing.raw_body",
}


@dataclass(frozen=True)
class BodyView:
    """How one kind of request body is put into the request: "" or `if ...:`, and what follows."""

    opening: str
    lines: list[str]


@dataclass(frozen=True)
class AnswerView:
    """How the answer of one status is read; the condition of the default is empty."""

    condition: str
    expression: str


@dataclass(frozen=True)
class EndpointView:
    """One module of `api`; texts are Python source but for the docstrings."""

    title: str
    docstring: str
    constant: str
    client: str
    path_arguments: list[str]
    keyword_arguments: list[str]
    names: list[str]
    url: str
    query: list[str]
    headers: list[str]
    cookies: list[str]
    bodies: list[BodyView]
    answers: list[AnswerView]
    #: The type of what is parsed, the same with None, and whether any answer has a body at all.
    result: str
    optional_result: str
    parsed: bool
    imports: list[str]


def endpoint_view(endpoint: Endpoint, raw: RawOperation, index: SpecIndex) -> EndpointView:
    """Work out the module of one operation."""
    answers = list(endpoint.responses)
    keywords = [*endpoint.query_parameters, *endpoint.header_parameters]
    keywords += endpoint.cookie_parameters
    arguments = [_argument(prop) for prop in keywords]
    body_type = request_body_type(endpoint)
    if body_type:
        optional = body_type.endswith(" | Unset")
        arguments.insert(0, f"body: {body_type}" + (" = UNSET" if optional else ""))
    result = expressions.joined(answer_type(answer) for answer in answers) or "None"
    all_properties = [prop for _, prop in endpoint.iter_all_parameters()]
    all_properties += [body.prop for body in endpoint.bodies]
    all_properties += [answer.prop for answer in answers]
    return EndpointView(
        title=title(raw),
        docstring=operation_docstring(endpoint, raw, index, {}, result="the detailed answer"),
        constant=constant(endpoint),
        client="_client.AuthenticatedClient"
        if endpoint.requires_security
        else "_client.AuthenticatedClient | _client.Client",
        path_arguments=[_argument(prop) for prop in endpoint.path_parameters],
        keyword_arguments=arguments,
        names=[
            *(str(prop.python_name) for prop in endpoint.path_parameters),
            *(["body"] if body_type else []),
            *(str(prop.python_name) for prop in keywords),
        ],
        url=_url(endpoint, raw),
        query=[_entry("query", prop, raw) for prop in endpoint.query_parameters],
        headers=[_entry("header", prop, raw) for prop in endpoint.header_parameters],
        cookies=[_entry("cookie", prop, raw) for prop in endpoint.cookie_parameters],
        bodies=_bodies(endpoint),
        answers=[_answer(answer) for answer in answers],
        result=result,
        optional_result=expressions.joined([result, "None"]),
        parsed=result != "None",
        imports=sorted(set[str]().union(*(expressions.imports(p, "...") for p in all_properties))),
    )


def request_body_type(endpoint: Endpoint) -> str:
    """The type of the argument `body`, "" where there is none."""
    if not endpoint.bodies:
        return ""
    types = expressions.joined(expressions.type_text(body.prop) for body in endpoint.bodies)
    optional = not all(body.prop.required for body in endpoint.bodies)
    return f"{types} | Unset" if optional else types


def answer_type(answer: Response) -> str:
    """The type of the body of an answer, "None" for one that has no body."""
    return expressions.type_text(answer.prop) if _has_body(answer) else "None"


def _has_body(answer: Response) -> bool:
    return answer.source["attribute"] in _READERS


def _argument(prop: PropertyProtocol) -> str:
    default = "" if prop.required else " = UNSET"
    return f"{prop.python_name}: {expressions.request_type(prop)}{default}"


def _entry(location: str, prop: PropertyProtocol, raw: RawOperation) -> str:
    """A parameter by its name on the wire, as an entry of a dict."""
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
    """The path as one literal, or as an f-string with its parameters quoted."""
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


def _bodies(endpoint: Endpoint) -> list[BodyView]:
    by_type: dict[str, Body] = {}
    for body in endpoint.bodies:
        # The same class in a second media type is sent in the first.
        by_type.setdefault(_instance_type(body.prop), body)
    if "Any" in by_type:  # fits everything, so it comes last
        by_type["Any"] = by_type.pop("Any")
    optional = not all(body.prop.required for body in endpoint.bodies)
    views: list[BodyView] = []
    for kind, body in by_type.items():
        branch = "elif" if views else "if"
        opening = f"{branch} isinstance(body, {kind}):"
        if len(views) == len(by_type) - 1:
            opening = "else:" if views else ""
            if optional:
                opening = f"{branch} not isinstance(body, Unset):"
        views.append(BodyView(opening, _assignments(body)))
    return views


def _instance_type(prop: PropertyProtocol) -> str:
    plain = expressions.without_null(prop)
    if isinstance(plain, ModelProperty):
        return str(plain.class_info.name)
    return expressions.type_text(plain).partition("[")[0]


def _assignments(body: Body) -> list[str]:
    content_type = literal(body.content_type.get_untrusted_value())
    header = f'headers["Content-Type"] = {content_type}'
    if body.body_type is BodyType.JSON:
        text = expressions.sends_text_decimals(body.prop)
        value = "_codec.decimals_as_text(body)" if text else "body"
        return [f"request |= _codec.json_request({value})", header]
    if body.body_type is BodyType.DATA:
        return ['request["data"] = _codec.form(body)', header]
    if body.body_type is BodyType.FILES:
        # httpx writes the header itself, with the boundary that it chose.
        return ['request["files"] = body.to_multipart()']
    # Read at once: an async client takes no file, and a retry needs the bytes again.
    return ['request["content"] = body.payload.read()', header]


def _answer(answer: Response) -> AnswerView:
    condition = ""
    function, first = "error_body", "response"
    if answer.status_code.range is None:
        function, first = "default_body", "client, OPERATION, response"
    else:
        low, high = answer.status_code.range
        condition = f"response.status_code == {low}"
        if low != high:
            condition = f"{low} <= response.status_code <= {high}"
        if 200 <= low < 300:
            function, first = "success_body", "client, OPERATION, response"
    if not _has_body(answer):
        return AnswerView(condition, "None")
    reader = _READERS[answer.source["attribute"]]
    convert = expressions.decoder(answer.prop)
    return AnswerView(condition, f"_parsing.{function}({first}, {convert}{reader})")
