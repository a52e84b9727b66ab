"""The specification for the sandbox: routes, request schemas, messages and limits.

Everything is read from openapi.yaml. The wheel contains a copy.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from . import validation
from .jsons import Json

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


_MESSAGES = {
    "InvalidRequestFormat": "Invalid request format",
    "UnsupportedMediaType": "Send the body as JSON: Content-Type: application/json.",
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the API."""

    id: str
    method: str
    path: str
    status: int
    query: "validation.QueryReader | None"
    body: "validation.Checker | None"
    body_required: bool

    def read_query(self, text: bytes) -> tuple[dict[str, Json], "validation.Errors"]:
        """Return (values including defaults, errors) of a query string."""
        return self.query.read(text) if self.query is not None else ({}, {})


@dataclass(frozen=True, slots=True)
class Route:
    """One path of the API: its operations by method, and its `Allow` header."""

    operations: Mapping[str, Operation]
    allow: bytes


@dataclass(frozen=True, slots=True)
class DeliveryRules:
    """How webhooks are sent: the field `x-delivery` of an event."""

    timeout_seconds: float
    max_attempts: int
    signature_header: str


class Spec:
    """The loaded specification.

    Attributes:
        base_path: the path of the server's URL, "/api".
        operations: every operation, by its id.
        rate_limit: (requests, seconds) of `x-rate-limit`.
        verification_seconds: the time in which the owner can confirm.
        delivery: the delivery rules of webhooks.
    """

    def __init__(self, document: Mapping[str, Json]) -> None:
        self._document = document
        server: str = document["servers"][0]["url"]
        self.base_path: str = urlsplit(server).path.rstrip("/")
        self.key_header: str = next(
            scheme["name"]
            for scheme in document["components"]["securitySchemes"].values()
            if scheme["type"] == "apiKey" and scheme["in"] == "header"
        )
        examples: Mapping[str, Json] = document["components"]["examples"]
        self._texts: dict[str, str] = {
            field: texts[0]
            for name in ("ValidationFailedOneField", "ValidationFailedSeveralFields")
            for field, texts in examples[name]["value"]["errors"].items()
        }
        self.operations = {operation.id: operation for operation in self._operations()}
        limit = document["x-rate-limit"]
        self.rate_limit: tuple[int, float] = (
            int(limit["requests"]),
            float(limit["window_seconds"]),
        )
        self.verification_seconds = float(document["x-verification"]["window_seconds"])
        self.event: str = next(iter(document["x-webhooks"]))
        rules = document["x-webhooks"][self.event]["x-delivery"]
        if rules["signature_scheme"] != "sha256":
            raise validation.UnsupportedSchemaError("Webhooks are signed with sha256 only.")
        self.delivery = DeliveryRules(
            timeout_seconds=float(rules["timeout_seconds"]),
            max_attempts=int(rules["max_attempts"]),
            signature_header=rules["signature_header"],
        )
        self._routes = self._route_table()

    def route(self, path: str) -> tuple[Route, int | None] | None:
        """Return the route of a path below the base path, and the id in the path if it has one."""
        found = self._routes.get(path)
        if found is not None:
            return found, None
        segments = path.split("/")
        for index, segment in enumerate(segments):
            # 18 digits always fit an int64.
            if segment.isascii() and segment.isdigit() and len(segment) <= 18:
                segments[index] = "{}"
                found = self._routes.get("/".join(segments))
                return (found, int(segment)) if found is not None else None
        return None

    def message(self, example: str) -> str:
        """Return the `message` of an example: the specification has the texts of errors."""
        found = self._document["components"]["examples"].get(example)
        return str(found["value"]["message"] if found else _MESSAGES[example])

    def field_message(self, example: str, field: str) -> str:
        """Return the message about one field in an example of a 422."""
        value = self._document["components"]["examples"][example]["value"]
        return str(value["errors"][field][0])

    def statuses(self, schema: str) -> tuple[str, ...]:
        """Return the values of a status schema."""
        return tuple(self._document["components"]["schemas"][schema]["enum"])

    def resolve(self, node: Mapping[str, Json]) -> Mapping[str, Json]:
        """Return the target of a chain of local `$ref`s."""
        while "$ref" in node:
            target: Json = self._document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def _operations(self) -> Iterator[Operation]:
        for path, item in self._document["paths"].items():
            for method in _METHODS:
                if method in item:
                    yield self._operation(method.upper(), path, item, item[method])

    def _operation(
        self, method: str, path: str, item: Mapping[str, Json], node: Mapping[str, Json]
    ) -> Operation:
        parameters = [
            self.resolve(parameter)
            for parameter in [*item.get("parameters", ()), *node.get("parameters", ())]
        ]
        in_path = [parameter for parameter in parameters if parameter["in"] == "path"]
        if any(self.resolve(one["schema"]).get("type") != "integer" for one in in_path):
            raise validation.UnsupportedSchemaError(f"{path}: only integers are known in paths.")
        in_query = [parameter for parameter in parameters if parameter["in"] == "query"]
        body: validation.Checker | None = None
        request: Mapping[str, Json] = {}
        if "requestBody" in node:
            request = self.resolve(node["requestBody"])
        if request:
            schema = request["content"]["application/json"]["schema"]
            body = validation.compile_schema(schema, self.resolve, self._texts)
        return Operation(
            id=node["operationId"],
            method=method,
            path=path,
            status=min(int(code) for code in node["responses"] if code.startswith("2")),
            query=validation.QueryReader(in_query, self.resolve) if in_query else None,
            body=body,
            body_required=bool(request.get("required", False)),
        )

    def _route_table(self) -> dict[str, Route]:
        by_path: dict[str, dict[str, Operation]] = {}
        for operation in self.operations.values():
            pattern = "/".join(
                "{}" if part.startswith("{") else part for part in operation.path.split("/")
            )
            by_path.setdefault(pattern, {})[operation.method] = operation
        return {
            pattern: Route(found, ", ".join(sorted(found)).encode())
            for pattern, found in by_path.items()
        }


def _source() -> Path:
    """Return openapi.yaml: the copy in the wheel, or the repository's in an editable install."""
    package = Path(__file__).parent
    shipped = package / "openapi.yaml"
    return shipped if shipped.exists() else package.parents[1] / "openapi.yaml"


class _Loader(yaml.CSafeLoader):
    """YAML as the OpenAPI specification allows it: dates stay text, numbers stay exact."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: Decimal(str(node.value)))


@cache
def load() -> Spec:
    """Return the specification that comes with this package."""
    text = _source().read_text(encoding="utf-8")
    return Spec(yaml.load(text, Loader=_Loader))  # noqa: S506, a subclass of CSafeLoader
