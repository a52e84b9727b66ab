"""What the template of `operations` needs to know, and an operation's words for docstrings."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.parser.properties.protocol import PropertyProtocol

from .document import is_mapping
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
}


@dataclass(frozen=True)
class Paging:
    """The arguments that page a list."""

    page: str
    size: str
    max_size: int | None


@dataclass(frozen=True)
class OperationView:
    """One record of the `operations` module; texts are Python source."""

    constant: str
    id: str
    name: str
    method: str
    path: str
    tag: str
    retry: str
    success: str
    pagination: Paging | None


def operation_view(endpoint: Endpoint, raw: RawOperation, index: SpecIndex) -> OperationView:
    """Work out the record of one operation."""
    retry = raw.data.get("x-retry", _RETRY_BY_METHOD.get(raw.method, "never"))
    if retry not in _RETRY_CLASSES:
        raise SpecError(
            f"{retry!r} is not a retry class",
            pointer=f"{raw.pointer}/x-retry",
            mend=f"Write one of {', '.join(_RETRY_CLASSES)}",
        )
    return OperationView(
        constant=constant(endpoint),
        id=literal(raw.id),
        name=literal(method_name(raw)),
        method=literal(raw.method.upper()),
        path=literal(raw.path),
        tag=literal(raw.tag),
        retry=literal(str(retry)),
        success=_success(raw),
        pagination=_paging(endpoint, raw, index),
    )


def constant(endpoint: Endpoint) -> str:
    """The name of an operation's constant, `CREATE_INVOICE`."""
    name = endpoint.name.upper()
    return f"{name}_" if name in _TAKEN_CONSTANTS else name


def _success(raw: RawOperation) -> str:
    exact = sorted(int(status) for status in raw.data["responses"] if re.match(r"2\d\d$", status))
    if exact and "2XX" not in raw.data["responses"]:
        return f"({', '.join(map(str, exact))},)"
    return "tuple(range(200, 300))"


def _paging(endpoint: Endpoint, raw: RawOperation, index: SpecIndex) -> Paging | None:
    paging = raw.data.get("x-pagination")
    if paging is None:
        return None
    names: dict[str, str] = {}
    for role in ("page", "size"):
        wanted = paging.get(role) if is_mapping(paging) else None
        matching = [p for p in endpoint.query_parameters if p.name == wanted]
        if not matching:
            raise SpecError(
                f"{wanted!r} is not a query parameter of {raw.id}",
                pointer=f"{raw.pointer}/x-pagination/{role}",
                mend="Name one of its query parameters",
            )
        names[role] = str(matching[0].python_name)
    size = index.flat(raw.parameters["query", paging["size"]]["schema"])
    return Paging(page=names["page"], size=names["size"], max_size=size.get("maximum"))


def title(raw: RawOperation) -> str:
    """The operation in one sentence, for a docstring."""
    words = raw.data.get("summary") or raw.data.get("description") or raw.id
    return docstring(sentence(first_sentence(str(words)))).replace("\n", " ")


def operation_docstring(
    endpoint: Endpoint, raw: RawOperation, index: SpecIndex, body: Mapping[str, Any], result: str
) -> str:
    """Meaning, arguments with limits, result and errors of an operation, in the spec's words.

    Args:
        endpoint: the operation as the parser knows it.
        raw: the operation as the document has it.
        index: the document.
        body: the schemas of the arguments that make up the body, by name.
        result: what the result is called if the spec says nothing of it.
    """
    summary = sentence(str(raw.data.get("summary") or "").strip())
    description = str(raw.data.get("description") or "").strip()
    arguments = {name: index.described(schema) for name, schema in body.items()}
    for location, prop in endpoint.iter_all_parameters():
        arguments[str(prop.python_name)] = _parameter_words(location.value, prop, raw, index)
    returned = ""
    errors: dict[str, str] = {}
    for status, answer in raw.data["responses"].items():
        words = first_sentence(str(index.resolve(answer).get("description", "")))
        if not status.startswith("2"):
            errors[status] = words
        elif not returned:
            returned = words
    return docstring(
        "\n\n".join(text for text in (summary, description) if text) or raw.id,
        section("Args", arguments),
        f"Returns:\n    {returned or result}",
        section("Statuses that are errors", errors),
    )


def _parameter_words(
    location: str, prop: PropertyProtocol, raw: RawOperation, index: SpecIndex
) -> str:
    parameter = raw.parameters[location, prop.name.get_untrusted_value()]
    schema = index.flat(parameter["schema"])
    return index.described(
        {**schema, "description": parameter.get("description") or schema.get("description", "")}
    )
