"""What the templates of endpoints, operations and resources need to know, worked out beforehand."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openapi_python_client.parser.bodies import Body, BodyType
from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.responses import Response
from openapi_python_client.strings import in_double_quote_literal

from . import expressions
from .problems import SpecError
from .spec_index import RawOperation, SpecIndex, method_name
from .text import attributes_text, docstring, first_sentence

_SOURCES = {"response.json()": "", "response.text": "_parsing.text_body", "response.content": "_parsing.raw_body"}
_RETRY_BY_METHOD = {"get": "safe", "head": "safe", "options": "safe", "trace": "safe"}
_RETRY_BY_METHOD |= {"put": "idempotent", "delete": "idempotent"}
_RETRY_CLASSES = ("safe", "idempotent", "reconcile", "never")


@dataclass(frozen=True)
class Paging:
    """The arguments that page a list."""

    page: str
    size: str
    max_size: int | None


@dataclass(frozen=True)
class OperationView:
    """One record of the `operations` module."""

    constant: str
    id: str
    method_name: str
    method: str
    path: str
    tag: str
    retry: str
    success: str
    pagination: Paging | None


def operation_view(endpoint: Endpoint, raw: RawOperation, index: SpecIndex) -> OperationView:
    """Work out the record of one operation."""
    tag = str((raw.data.get("tags") or ["default"])[0])
    retry = raw.data.get("x-retry", _RETRY_BY_METHOD.get(raw.method, "never"))
    if retry not in _RETRY_CLASSES:
        raise SpecError(
            pointer=f"{raw.pointer}/x-retry",
            problem=f"{retry!r} is not a retry class",
            mend=f"write one of {', '.join(_RETRY_CLASSES)}",
        )
    return OperationView(
        constant=constant(endpoint),
        id=in_double_quote_literal(raw.id),
        method_name=method_name(raw.id, tag, raw.data.get("x-sdk-name"), raw.pointer),
        method=raw.method.upper(),
        path=in_double_quote_literal(raw.path),
        tag=in_double_quote_literal(tag),
        retry=str(retry),
        success=_success(raw),
        pagination=_paging(endpoint, raw, index),
    )


def constant(endpoint: Endpoint) -> str:
    """The name of an operation's constant, `CREATE_INVOICE`."""
    return endpoint.name.upper()


def _success(raw: RawOperation) -> str:
    statuses = [str(status) for status in raw.data["responses"]]
    exact = sorted(int(status) for status in statuses if re.fullmatch(r"2\d\d", status))
    if exact and "2XX" not in statuses:
        return f"({', '.join(map(str, exact))},)"
    return "tuple(range(200, 300))"


def _paging(endpoint: Endpoint, raw: RawOperation, index: SpecIndex) -> Paging | None:
    paging: Mapping[str, str] | None = raw.data.get("x-pagination")
    if paging is None:
        return None
    names: dict[str, str] = {}
    for role in ("page", "size"):
        matching = [p for p in endpoint.query_parameters if p.name == paging.get(role, "")]
        if not matching:
            raise SpecError(
                pointer=f"{raw.pointer}/x-pagination/{role}",
                problem=f"{paging.get(role)!r} is not a query parameter of {raw.id}",
                mend="name one of its query parameters",
            )
        names[role] = str(matching[0].python_name)
    size = index.flat(raw.parameters["query", paging["size"]].get("schema", {}))
    return Paging(page=names["page"], size=names["size"], max_size=size.get("maximum"))


@dataclass(frozen=True)
class BodyView:
    """How one kind of request body is put into the request."""

    condition: str
    assign: str
    content_type: str


@dataclass(frozen=True)
class AnswerView:
    """How the answer of one status is read."""

    condition: str
    expression: str


@dataclass(frozen=True)
class EndpointView:
    """One module of `api`."""

    title: str
    docstring: str
    constant: str
    result: str
    parsed: bool
    postponed: bool
    imports: list[str]
    bodies: list[BodyView]
    answers: list[AnswerView]
    default: str


def endpoint_view(endpoint: Endpoint, raw: RawOperation, index: SpecIndex) -> EndpointView:
    """Work out the module of one operation."""
    answers = [
        AnswerView(_condition(answer), _answer(answer))
        for answer in sorted(endpoint.responses.patterns)
    ]
    default = _answer(endpoint.responses.default) if endpoint.responses.default else ""
    result = endpoint.response_type().as_unembedded_code()
    bodies = [_body(body, many=len(endpoint.bodies) > 1) for body in endpoint.bodies]
    imports = sorted(
        line
        for line in endpoint.relative_imports
        if not line.startswith(("from typing import", "from ...types import UNSET"))
    )
    title = first_sentence(str(raw.data.get("summary") or raw.data.get("description") or raw.id))
    title = title if title.endswith((".", "!", "?")) else f"{title}."
    return EndpointView(
        title=docstring(title).replace("\n", " "),
        docstring=operation_docstring(endpoint, raw, index, {}, result="the detailed answer"),
        constant=constant(endpoint),
        result=result,
        parsed=result != "Any",
        postponed=False,
        imports=imports,
        bodies=bodies,
        answers=answers,
        default=default,
    )


def _condition(answer: Response) -> str:
    low, high = answer.status_code.range or (0, 0)
    if low == high:
        return f"response.status_code == {low}"
    return f"{low} <= response.status_code <= {high}"


def _answer(answer: Response) -> str:
    if _source(answer) not in _SOURCES:
        return "None"
    body = _SOURCES[_source(answer)]
    more = f", {body}" if body else ""
    convert = expressions.decoder(answer.prop)
    low, _ = answer.status_code.range or (0, 0)
    if 200 <= low < 300:
        return f"_parsing.success_body(client, OPERATION, response, {convert}{more})"
    return f"_parsing.error_body(response, {convert}{more})"


def _body(body: Body, many: bool) -> BodyView:
    prop = body.prop
    content_type = in_double_quote_literal(body.content_type)
    if body.body_type is BodyType.JSON:
        assign = 'request["content"] = _codec.dumps(body)'
    elif body.body_type is BodyType.DATA:
        assign = 'request["data"] = _codec.form(body)'
    elif body.body_type is BodyType.FILES:
        # httpx writes this header itself, with the boundary that it chose.
        assign, content_type = 'request["files"] = body.to_multipart()', ""
    else:
        assign = 'request["content"] = body.payload'
    condition = ""
    if many:
        condition = f"isinstance(body, {prop.get_instance_type_string().as_unembedded_code()})"
    elif not prop.required:
        condition = "not isinstance(body, Unset)"
    return BodyView(condition=condition, assign=assign, content_type=content_type)


def operation_docstring(
    endpoint: Endpoint,
    raw: RawOperation,
    index: SpecIndex,
    body_arguments: Mapping[str, Any],
    result: str,
) -> str:
    """Meaning, arguments with limits, result and errors of an operation, in the spec's words."""
    summary = str(raw.data.get("summary") or "").strip()
    description = str(raw.data.get("description") or "").strip()
    summary = summary if not summary or summary.endswith((".", "?", "!")) else f"{summary}."
    arguments = {
        str(prop.python_name): _parameter_words(prop, raw, index)
        for _, prop in endpoint.iter_all_parameters()
    }
    arguments |= {name: index.described(schema) for name, schema in body_arguments.items()}
    errors = {
        str(status): first_sentence(str(index.resolve(answer).get("description", "")))
        for status, answer in raw.data["responses"].items()
        if not str(status).startswith("2")
    }
    return docstring(
        "\n\n".join(text for text in (summary, description) if text) or raw.id,
        attributes_text("Args", arguments),
        f"Returns:\n    {_result_words(raw, index) or result}",
        attributes_text("Statuses that are errors", errors),
    )


def _parameter_words(prop: PropertyProtocol, raw: RawOperation, index: SpecIndex) -> str:
    for (_, name), parameter in raw.parameters.items():
        if prop.name == name:
            schema = dict(index.flat(parameter.get("schema", {})))
            if parameter.get("description"):
                schema["description"] = parameter["description"]
            return index.described(schema)
    return ""


def _result_words(raw: RawOperation, index: SpecIndex) -> str:
    for status, answer in raw.data["responses"].items():
        if str(status).startswith("2"):
            words = first_sentence(str(index.resolve(answer).get("description", "")))
            return words
    return ""



def _source(answer: Response) -> str:
    return answer.source["attribute"]
