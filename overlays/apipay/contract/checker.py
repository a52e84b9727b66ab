"""Compares requests and responses with a specification, by means of openapi-core."""

import json
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from jsonschema.exceptions import ValidationError
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.templating.paths.exceptions import PathError
from openapi_core.templating.responses.exceptions import ResponseFinderError
from openapi_core.validation.request.exceptions import (
    ParameterValidationError,
    SecurityValidationError,
)
from openapi_core.validation.response.exceptions import HeaderValidationError
from openapi_core.validation.schemas.exceptions import InvalidSchemaValue
from werkzeug.datastructures import Headers, ImmutableMultiDict

from apipay.contract.coverage import Kind, Problem
from apipay.contract.document import (
    Spec,
    escaped,
    load,
    operations,
    resolve,
    undocumented_fields,
)

_JSON = "application/json"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_\[\].-]{0,39}|[0-9]{1,6}")
_KINDS: dict[str, Kind] = {
    "required": "missing-field",
    "enum": "unknown-enum-value",
    "type": "wrong-type",
    "additionalProperties": "undocumented-field",
}


def _parse(data: bytes) -> Any:
    return json.loads(data, parse_float=Decimal)


class _Request:
    """A request as openapi-core reads it."""

    def __init__(self, request: httpx.Request, host_url: str, path: str) -> None:
        self.host_url = host_url
        self.path = path
        self.method = request.method.lower()
        self.body = request.content or None
        self.content_type = request.headers.get("content-type", "")
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(parse_qsl(request.url.query.decode(), keep_blank_values=True)),
            header=Headers(list(request.headers.items())),
        )


class _Response:
    """A response as openapi-core reads it."""

    def __init__(self, status: int, headers: httpx.Headers, body: bytes) -> None:
        self.status_code = status
        self.headers = Headers(list(headers.items()))
        self.content_type = headers.get("content-type", "").lower()
        self.data = body


class Checker:
    """Reports how requests and responses differ from a specification.

    Args:
        spec: The path of an openapi.yaml, or the document itself. Default: the one shipped with
            apipay-sandbox.
    """

    def __init__(self, spec: Spec | None = None) -> None:
        self.document = load(spec)
        server = urlsplit(str(self.document["servers"][0]["url"]))
        self._host = f"{server.scheme}://{server.netloc}"
        self._base = server.path.rstrip("/")
        self._core = OpenAPI.from_dict(
            self.document, config=Config(extra_media_type_deserializers={_JSON: _parse})
        )
        self.statuses = {
            str(operation["operationId"]): frozenset(
                int(status) for status in operation["responses"] if str(status).isdigit()
            )
            for _, _, operation in operations(self.document)
        }
        self._routes = [
            (method, re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)), operation)
            for method, path, operation in operations(self.document)
        ]

    def operation(self, request: httpx.Request) -> dict[str, Any] | None:
        """Return the definition of the operation that a request calls."""
        path = self._path(request).removeprefix(self._base)
        matches = [
            operation
            for method, pattern, operation in self._routes
            if method == request.method.lower() and pattern.fullmatch(path)
        ]
        # A path without parameters wins over one with.
        return dict(matches[0]) if matches else None

    def check_request(self, request: httpx.Request) -> list[Problem]:
        """Return the problems of a request. Its body must have been read."""
        name = self._name(request)
        errors = self._core.iter_request_errors(self._request(request))
        found = list(_problems(errors, name, "request"))
        operation = self.operation(request)
        body = resolve(self.document, (operation or {}).get("requestBody", {}))
        return found + self._extra(body, request.content, name, "request")

    def check_response(
        self, request: httpx.Request, status: int, headers: httpx.Headers, body: bytes
    ) -> list[Problem]:
        """Return the problems of a response, fields that the specification lacks included."""
        name, where = self._name(request), f"response {status}"
        errors = self._core.iter_response_errors(
            self._request(request), _Response(status, headers, body)
        )
        found = list(_problems(errors, name, where))
        operation = self.operation(request) or {"responses": {}}
        documented = resolve(self.document, operation["responses"].get(str(status), {}))
        return found + self._extra(documented, body, name, where)

    def _extra(self, holder: Any, body: bytes, name: str, where: str) -> list[Problem]:
        schema = holder.get("content", {}).get(_JSON, {}).get("schema")
        try:
            value = _parse(body) if schema is not None and body else None
        except ValueError:
            return []  # reported by openapi-core
        return (
            [
                Problem(
                    "undocumented-field", name, where, _safe(pointer), "no such field is documented"
                )
                for pointer in undocumented_fields(self.document, schema, value)
            ]
            if schema is not None
            else []
        )

    def _name(self, request: httpx.Request) -> str:
        operation = self.operation(request)
        return operation["operationId"] if operation else f"{request.method} of an unknown path"

    def _path(self, request: httpx.Request) -> str:
        path = request.url.path
        return path if path.startswith(f"{self._base}/") else self._base + path

    def _request(self, request: httpx.Request) -> _Request:
        return _Request(request, self._host, self._path(request))


def _problems(errors: Iterable[Exception], name: str, where: str) -> Iterator[Problem]:
    for error in errors:
        if isinstance(error, ResponseFinderError):
            text = "this status is not documented"
            yield Problem("undocumented-status", name, where, "", text)
            continue
        if isinstance(error, PathError):
            text = "no operation of the specification has this method and path"
            yield Problem("undocumented-operation", name, where, "", text)
            continue
        prefix = ""
        if isinstance(error, ParameterValidationError):
            prefix = f"/{error.location}/{escaped(error.name)}"
        elif isinstance(error, HeaderValidationError):
            prefix = f"/header/{escaped(error.name)}"
        cause = _schema_cause(error)
        if cause is not None:
            for inner in cause.schema_errors:
                if isinstance(inner, ValidationError):
                    yield _of_schema(inner, name, where, prefix)
        elif isinstance(error, SecurityValidationError):
            yield Problem("missing-field", name, where, "/header", "the API key is missing")
        elif prefix:
            kind: Kind = "missing-field" if "Missing" in type(error).__name__ else "wrong-type"
            text = "is missing" if kind == "missing-field" else "does not have the stated type"
            yield Problem(kind, name, where, prefix, text)
        else:
            text = "the body is missing, is not JSON, or has another media type"
            yield Problem("unreadable-body", name, where, "", text)


def _schema_cause(error: BaseException | None) -> InvalidSchemaValue | None:
    while error is not None:
        if isinstance(error, InvalidSchemaValue):
            return error
        error = error.__cause__
    return None


def _of_schema(error: ValidationError, name: str, where: str, prefix: str) -> Problem:
    while error.validator in ("anyOf", "oneOf") and error.context:
        error = _closest(error.context)
    keyword = str(error.validator)
    pointer = prefix + "".join(f"/{escaped(part)}" for part in error.absolute_path)
    kind = _KINDS.get(keyword, "invalid-value")
    if keyword == "required":
        # The name is from the specification; only the message says which of the required ones.
        stated = re.match(r"'([^']+)'", error.message)
        pointer += f"/{escaped(stated[1])}" if stated else ""
        text = "the field is required and missing"
    elif keyword == "type" or error.instance is None:
        kind = "wrong-type"
        wanted = error.schema.get("type") if isinstance(error.schema, dict) else None
        text = f"expected {wanted or 'another type'}, found {_type(error.instance)}"
    else:
        text = f"does not satisfy {keyword}: {_shown(error.validator_value)}"
    return Problem(kind, name, where, _safe(pointer), text)


def _closest(errors: Iterable[ValidationError]) -> ValidationError:
    """Return the error of the branch whose type fits, else of the first branch."""
    return min(errors, key=lambda error: (error.validator == "type", len(error.path) == 0))


def _shown(value: object) -> str:
    return json.dumps(value, default=str, ensure_ascii=False)


def _type(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case Decimal() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def _safe(pointer: str) -> str:
    """Return a pointer with `?` for each name that does not look like a field or an index."""
    return "/".join(
        part if not part or _NAME.fullmatch(part) else "?" for part in pointer.split("/")
    )


@lru_cache(maxsize=8)
def shared_checker(path: str | None) -> Checker:
    """Return the checker of a file; reading one takes half a second."""
    return Checker(path)
