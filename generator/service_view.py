"""The facts about the service: base URL, version, key, extensions."""

from dataclasses import dataclass
from typing import Any

from .document import is_mapping, operations
from .problems import SpecError, pointer
from .text import literal


@dataclass(frozen=True)
class ServiceView:
    """The constants of the `operations` module; texts are Python source."""

    server_url: str
    version: str
    key_header: str
    key_prefix: str
    extensions: str


def service_view(document: dict[str, Any]) -> ServiceView:
    """Work out the constants of the service."""
    header, prefix = _key(document)
    return ServiceView(
        server_url=literal(_server(document)),
        version=literal(str(document["info"]["version"])),
        key_header=literal(header),
        key_prefix=literal(prefix),
        extensions=repr({key: value for key, value in document.items() if key.startswith("x-")}),
    )


def needs_key(document: dict[str, Any]) -> bool:
    """Whether any operation requires a key."""
    everywhere = document.get("security", [])
    return any(node.operation.get("security", everywhere) for node in operations(document))


def _server(document: dict[str, Any]) -> str:
    servers: list[dict[str, Any]] = document.get("servers") or [{"url": ""}]
    url = str(servers[0]["url"])
    variables: dict[str, Any] = servers[0].get("variables", {})
    for name, variable in variables.items():
        url = url.replace(f"{{{name}}}", str(variable["default"]))
    return url


def _key(document: dict[str, Any]) -> tuple[str, str]:
    """Return the header that carries the key, and the prefix of the key in it."""
    schemes: dict[str, Any] = document.get("components", {}).get("securitySchemes", {})
    asked = [name for need in document.get("security", []) if is_mapping(need) for name in need]
    unusable = ""
    for name in [*asked, *schemes]:
        scheme = schemes.get(name, {})
        if scheme.get("type") in ("oauth2", "openIdConnect"):
            return "Authorization", "Bearer"
        if scheme.get("type") == "http":
            return "Authorization", str(scheme["scheme"]).capitalize()
        if scheme.get("in") == "header":
            return str(scheme["name"]), ""
        unusable = unusable or name
    if unusable and needs_key(document):
        raise SpecError(
            f"the key of {unusable!r} does not go into a header, which is all that clients can do",
            pointer=pointer("components", "securitySchemes", unusable),
            remedy="Add a scheme in a header or of the type http",
        )
    return "Authorization", "Bearer"
