"""Other people's tools read openapi.yaml: openapi-python-client without a warning, openapi-core."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData

Document = dict[str, Any]
Follow = Callable[[dict[str, Any]], dict[str, Any]]
JSON = "application/json"


@pytest.fixture(scope="module")
def client() -> OpenAPI:
    return OpenAPI.from_file_path(str(Path(__file__).parents[2] / "openapi.yaml"))


def _request(
    operation: Document, follow: Follow, body: Any = None, key: str | None = "test-key"
) -> MockRequest:
    parameters = [follow(parameter) for parameter in operation.get("parameters", [])]
    query = {p["name"]: p["example"] for p in parameters if p["in"] == "query"}
    return MockRequest(
        "https://bpapi.bazarbay.site",
        operation["method"].lower(),
        "/api" + operation["path"].replace("{id}", "4217"),
        path_pattern="/api" + operation["path"],
        args={k: v if isinstance(v, list) else str(v) for k, v in query.items()},
        view_args={"id": "4217"} if "{id}" in operation["path"] else {},
        headers={"X-API-Key": key} if key else {},
        data=b"" if body is None else json.dumps(body, default=float).encode(),
        content_type=JSON,
    )


def _examples(content: Document, follow: Follow) -> list[Any]:
    return [follow(example)["value"] for example in content[JSON]["examples"].values()]


def test_openapi_core_accepts_every_request(
    operation: Document, client: OpenAPI, follow: Follow
) -> None:
    bodies = [None]
    if "requestBody" in operation:
        bodies = _examples(operation["requestBody"]["content"], follow)
    for body in bodies:
        client.validate_request(_request(operation, follow, body))


def test_openapi_core_refuses_a_request_without_the_key(
    operation: Document, client: OpenAPI, follow: Follow
) -> None:
    request = _request(operation, follow, key=None)
    errors = [type(error).__name__ for error in client.iter_request_errors(request)]
    assert "SecurityValidationError" in errors


def test_openapi_core_accepts_every_answer(
    operation: Document, client: OpenAPI, follow: Follow
) -> None:
    request = _request(operation, follow)
    for status, reference in operation["responses"].items():
        for body in _examples(follow(reference)["content"], follow):
            answer = MockResponse(
                data=json.dumps(body, default=float).encode(),
                status_code=int(status),
                headers={"X-RateLimit-Remaining": "57"},
                content_type=JSON,
            )
            client.validate_response(request, answer)


def test_openapi_python_client_reads_everything_without_a_warning(document: Document) -> None:
    config = Config.from_sources(ConfigFile(), MetaType.NONE, Path("spec"), "utf-8", False, None)
    data = GeneratorData.from_dict(document, config=config)
    assert isinstance(data, GeneratorData), data
    assert data.errors == []
    collections = data.endpoint_collections_by_tag
    assert [e for found in collections.values() for e in found.parse_errors] == []
    assert {tag: len(found.endpoints) for tag, found in collections.items()} == {
        "organizations": 2,
        "invoices": 4,
        "refunds": 4,
        "recurring_invoices": 9,
    }
    classes = {str(found.class_info.name) for found in [*data.models, *data.enums]}
    scalars = {"Money", "Amount", "PhoneNumber", "Idn"}
    assert classes >= set(document["components"]["schemas"]) - scalars
