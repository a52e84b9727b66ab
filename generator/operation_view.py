"""What the template of `operations` needs to know, and an operation's words for docstrings."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.parser.properties.protocol import PropertyProtocol

from .document import is_list, is_mapping
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
#: The statuses of success of an operation that states none.
ANY_SUCCESS = "tuple(range(200, 300))"
#: The fields of `x-pagination`, all but max_size, which the parameter's schema states.
_PAGINATION = ("page", "cursor", "size", "items", "total", "current", "per_page", "next")


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
    #: The other fields, those with a value only: name and value.
    facts: dict[str, str]


def operation_view(endpoint: Endpoint, raw: RawOperation, index: SpecIndex) -> OperationView:
    """Work out the record of one operation."""
    retry = raw.data.get("x-retry", _RETRY_BY_METHOD.get(raw.method, "never"))
    if retry not in _RETRY_CLASSES:
        raise SpecError(
            f"{retry!r} is not a retry class",
            pointer=f"{raw.pointer}/x-retry",
            mend=f"Write one of {', '.join(_RETRY_CLASSES)}",
        )
    success = _statuses(raw, index, lambda status, _: status.startswith("2")) or ANY_SUCCESS
    facts = {
        "success": success,
        "no_content": _statuses(
            raw, index, lambda status, response: status[0] == "2" and not response.get("content")
        ),
        "no_effect": _statuses(raw, index, lambda _, response: response.get("x-no-effect") is True),
        "rate_limit": _rate_limit(raw),
        "pagination": _pagination(endpoint, raw, index),
    }
    return OperationView(
        constant=constant(endpoint),
        id=literal(raw.id),
        name=literal(method_name(raw)),
        method=literal(raw.method.upper()),
        path=literal(raw.path),
        tag=literal(raw.tag),
        retry=literal(str(retry)),
        facts={name: value for name, value in facts.items() if value},
    )


def constant(endpoint: Endpoint) -> str:
    """The name of an operation's constant, `CREATE_INVOICE`."""
    name = endpoint.name.upper()
    return f"{name}_" if name in _TAKEN_CONSTANTS else name


def _statuses(
    raw: RawOperation, index: SpecIndex, wanted: Callable[[str, dict[str, Any]], bool]
) -> str:
    """The statuses of the wanted responses, as the source of a tuple; "" for none.

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
            mend="Write {requests: 60, window_seconds: 60}, with positive numbers",
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
            mend="Name the query parameter, as page or as cursor, and the path of the items",
        )
    if "cursor" in values and "next" not in values:
        raise SpecError(
            f"x-pagination of {raw.id} does not say where the next cursor stands",
            pointer=f"{raw.pointer}/x-pagination",
            mend="Add next, the path of the next cursor in a response",
        )
    for role in ("page", "cursor", "size"):
        if role in values:
            matching = [p for p in endpoint.query_parameters if p.name == values[role]]
            if not matching:
                raise SpecError(
                    f"{values[role]!r} is not a query parameter of {raw.id}",
                    pointer=f"{raw.pointer}/x-pagination/{role}",
                    mend="Name one of its query parameters",
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
