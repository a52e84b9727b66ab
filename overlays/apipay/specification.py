"""The specification that the client was generated from, for the few facts only it states."""

import functools
import importlib.resources
import json
from collections.abc import Mapping
from typing import Any


@functools.cache
def document() -> Mapping[str, Any]:
    """Return the whole of it as parsed JSON; read at the first use, a few milliseconds."""
    source = importlib.resources.files("apipay_client").joinpath("openapi.json")
    read: Mapping[str, Any] = json.loads(source.read_text(encoding="utf-8"))
    return read


def parameter_schema(path: str, method: str, name: str) -> Mapping[str, Any]:
    """Return the schema of one parameter of an operation; empty where there is none."""
    for parameter in document()["paths"][path][method.lower()].get("parameters", ()):
        found = _resolved(parameter)
        if found["name"] == name:
            return _resolved(found["schema"])
    return {}


def _resolved(node: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in node:
        target: Any = document()
        for token in node["$ref"].removeprefix("#/").split("/"):
            target = target[token.replace("~1", "/").replace("~0", "~")]
        node = target
    return node
