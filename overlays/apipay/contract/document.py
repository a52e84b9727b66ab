"""Loads openapi.yaml and follows its references."""

import importlib.util
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import yaml

from apipay.errors import InvalidRequestError

Spec = str | Path | Mapping[str, Any]


class _Loader(yaml.SafeLoader):
    """YAML in which a date stays text, as in JSON."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def load(spec: Spec | None = None) -> dict[str, Any]:
    """Return a specification: from a file, from a dict, or the one shipped with apipay-sandbox."""
    if isinstance(spec, Mapping):
        document: Any = spec
    else:
        path = _shipped() if spec is None else Path(spec)
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise InvalidRequestError(
                f"The specification cannot be read ({type(error).__name__}). Pass the path of an "
                "openapi.yaml."
            ) from None
        document = yaml.load(text, Loader=_Loader)  # noqa: S506, a subclass of SafeLoader
    if not isinstance(document, Mapping) or "paths" not in document:
        raise InvalidRequestError("The specification has no paths. Pass an OpenAPI 3.0 document.")
    return dict(_exact(document))


def _shipped() -> Path:
    # Found, not imported: client and sandbox read the specification independently.
    found = importlib.util.find_spec("apipay_sandbox")
    if found is None or found.origin is None:
        raise InvalidRequestError(
            "There is no specification. Install apipay[sandbox], which ships one, or pass the path "
            "of an openapi.yaml."
        )
    package = Path(found.origin).parent
    shipped = package / "openapi.yaml"
    return shipped if shipped.exists() else package.parents[1] / "openapi.yaml"


def _exact(value: Any) -> Any:
    """Return `value` with decimals in place of floats: 4.85 is a multiple of 0.01."""
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, Mapping):
        fields = cast("Mapping[object, Any]", value)
        return {str(name): _exact(held) for name, held in fields.items()}
    if isinstance(value, list):
        items = cast("list[object]", value)
        return [_exact(held) for held in items]
    return value


def resolve(document: Mapping[str, Any], node: Any) -> Any:
    """Follow a local `$ref`, also to another one."""
    while "$ref" in node:
        target: Any = document
        for part in str(node["$ref"]).removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def escaped(part: object) -> str:
    """Return one part of a JSON pointer."""
    return str(part).replace("~", "~0").replace("/", "~1")


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Return method, path and definition of each operation."""
    for path, item in document["paths"].items():
        for method in ("get", "put", "post", "delete", "patch", "head", "options"):
            if method in item:
                yield method, path, item[method]


def undocumented_fields(
    document: Mapping[str, Any], schema: Any, value: Any, pointer: str = ""
) -> Iterator[str]:
    """Return the pointers of the fields of `value` that its schema does not name."""
    parts = list(_parts(document, schema))
    if isinstance(value, list):
        items = cast("list[object]", value)
        for part in parts:
            if "items" in part:
                for index, item in enumerate(items):
                    yield from undocumented_fields(
                        document, part["items"], item, f"{pointer}/{index}"
                    )
                return
    if not isinstance(value, dict):
        return
    known = {name: held for part in parts for name, held in part.get("properties", {}).items()}
    extra = [part["additionalProperties"] for part in parts if "additionalProperties" in part]
    for name, held in cast("dict[str, Any]", value).items():
        place = f"{pointer}/{escaped(name)}"
        if name in known:
            yield from undocumented_fields(document, known[name], held, place)
        elif not any(extra) and (known or extra):
            yield place


def _parts(document: Mapping[str, Any], schema: Any) -> Iterator[Mapping[str, Any]]:
    schema = resolve(document, schema)
    yield schema
    for keyword in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(keyword, ()):
            yield from _parts(document, part)
