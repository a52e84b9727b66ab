"""From a document to the files of a client package, through openapi-python-client."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from openapi_python_client import Config, Project
from openapi_python_client.config import ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError
from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.schema import UntrustedString
from openapi_python_client.strings import in_double_quote_literal

from .decimals import decimal_properties
from .model_view import model_view
from .operation_view import endpoint_view, operation_view
from .prepare import prepare
from .problems import SpecError
from .resource_view import resource
from .spec_index import RawOperation, SpecIndex

TEMPLATES = Path(__file__).parent / "templates"
#: Static modules of the package: template to file.
_MODULES = {"codec.py.jinja": "codec.py", "parsing.py.jinja": "parsing.py"}
_RESERVED_ARGUMENTS = {"body", "options", "request", "response"}
_RESERVED_ATTRIBUTES = {
    *("additional_properties", "from_dict", "to_dict", "to_multipart"),
    *("page_items", "page_number", "page_size", "page_total"),
}
_SPEC_FILE = "openapi.json"


class ClientProject(Project):
    """openapi-python-client's project with our templates, and `operations` and `resources` added."""

    def __init__(self, *, openapi: GeneratorData, config: Config, index: SpecIndex) -> None:
        super().__init__(openapi=openapi, config=config, custom_template_path=TEMPLATES)
        self.index = index
        self.raws = self._raw_operations()
        self._free_reserved_names()
        self.env.globals.update(
            model_view=lambda model: model_view(model, index),
            endpoint_view=lambda endpoint: endpoint_view(
                endpoint, self.raws[endpoint.name], index
            ),
        )

    def _raw_operations(self) -> dict[str, RawOperation]:
        raws: dict[str, RawOperation] = {}
        for collection in self.openapi.endpoint_collections_by_tag.values():
            for endpoint in collection.endpoints:
                raws[str(endpoint.name)] = self.index.by_python_name[str(endpoint.name)]
        return raws

    def _free_reserved_names(self) -> None:
        """Rename what would clash with the names that the templates use themselves."""
        for endpoint in self._endpoints():
            for location, parameter in endpoint.iter_all_parameters():
                if parameter.python_name in _RESERVED_ARGUMENTS:
                    old, new = f"{{{parameter.python_name}}}", f"{parameter.python_name}_{location}"
                    parameter.set_python_name(UntrustedString(new), self.config)
                    path = endpoint.path.get_untrusted_value()
                    endpoint.path = UntrustedString(path.replace(old, f"{{{new}}}"))
        for model in self.openapi.models:
            for prop in [*(model.required_properties or []), *(model.optional_properties or [])]:
                if prop.python_name in _RESERVED_ATTRIBUTES:
                    new = f"{prop.python_name}_value"
                    prop.set_python_name(UntrustedString(new), self.config)

    def build(self) -> list[GeneratorError]:
        """Write all files; the folder must not exist."""
        self.project_dir.mkdir(parents=True)
        self._create_package()
        self._build_models()
        self._build_api()
        self._build_shared()
        self._build_operations()
        self._build_resources()
        return list(self._get_errors())

    def _write(self, template: str, path: str, **context: Any) -> None:
        target = self.package_dir / path
        target.parent.mkdir(exist_ok=True)
        target.write_text(self.env.get_template(template).render(**context), encoding="utf-8")

    def _build_shared(self) -> None:
        for template, path in _MODULES.items():
            self._write(template, path)
        (self.package_dir / "py.typed").write_text("")
        text = json.dumps(self.index.document, ensure_ascii=False, indent=1, default=str)
        (self.package_dir / _SPEC_FILE).write_text(f"{text}\n", encoding="utf-8")

    def _endpoints(self) -> list[Endpoint]:
        return [
            endpoint
            for collection in self.openapi.endpoint_collections_by_tag.values()
            for endpoint in collection.endpoints
        ]

    def _build_operations(self) -> None:
        operations = [
            operation_view(endpoint, self.raws[str(endpoint.name)], self.index)
            for endpoint in self._endpoints()
        ]
        self._write(
            "operations.py.jinja",
            "operations.py",
            operations=operations,
            service=_service(self.index.document),
        )

    def _build_resources(self) -> None:
        resources = [
            resource(str(tag), collection.endpoints, self.index, self.raws)
            for tag, collection in self.openapi.endpoint_collections_by_tag.items()
        ]
        for one in resources:
            self._write("resource.py.jinja", f"resources/{one.module}.py", resource=one)
        first = resources[0] if resources else None
        example = f"{first.attribute}.{first.methods[0].name}(...)" if first else "..."
        self._write(
            "resources_init.py.jinja",
            "resources/__init__.py",
            resources=resources,
            example=example,
        )


def render(document: dict[str, Any], out: Path, package_name: str) -> None:
    """Write the client package of a valid document to `out`, which must not exist.

    Raises:
        SpecError: the parser could not take something, however small, or dropped it.
    """
    if not document.get("paths"):
        raise SpecError("there is no operation", pointer="/paths", mend="describe at least one")
    config = Config.from_sources(
        config_file=ConfigFile(package_name_override=package_name, post_hooks=[]),
        meta_type=MetaType.NONE,
        document_source=out,
        file_encoding="utf-8",
        overwrite=False,
        output_path=out,
    )
    index = SpecIndex(document)
    with decimal_properties():
        data = GeneratorData.from_dict(prepare(document), config=config)
        if isinstance(data, GeneratorError):
            raise _refusal(data, index)
        errors = [*data.errors]
        for collection in data.endpoint_collections_by_tag.values():
            errors += collection.parse_errors
        if errors:
            raise _refusal(errors[0], index)
        errors = ClientProject(openapi=data, config=config, index=index).build()
    if errors:
        raise _refusal(errors[0], index)
    _format(out)


def _format(out: Path) -> None:
    """Sort the imports and format, with the ruff of this interpreter and no settings but these."""
    ruff = [sys.executable, "-m", "ruff"]
    target = ["--isolated", "--line-length=100", "--target-version=py311", "--no-cache", out.name]
    for command in (["check", "--fix-only", "--select=I,F401"], ["format"]):
        done = subprocess.run(
            [*ruff, *command, "--quiet", *target],
            cwd=out.parent,  # inside the package, its types.py would hide the standard one
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"ruff cannot read what was generated: {done.stderr.strip()}")


def _refusal(error: GeneratorError, index: SpecIndex) -> SpecError:
    """The parser's words with the place in the document they are about."""
    words = " ".join(f"{error.header or ''} {error.detail or ''}".split())
    return SpecError(
        f"openapi-python-client cannot take this: {words}",
        pointer=_place(words, getattr(error, "data", None), index),
        mend="rewrite it so that nothing is dropped from the client",
    )


def _place(words: str, data: Any, index: SpecIndex) -> str:
    for operation in index.operations:
        if f"{operation.method.upper()} {operation.path} " in f"{words} ":
            return operation.pointer
    for name in index.schemas:
        if f"/components/schemas/{name}" in words or f"schema {name}:" in words:
            return f"/components/schemas/{name}"
    if data is None or not hasattr(data, "model_dump"):
        return ""
    wanted = json.loads(data.model_dump_json(by_alias=True, exclude_unset=True))
    return _find(index.document, wanted, "") or ""


def _find(node: Any, wanted: Any, place: str) -> str | None:
    if node == wanted:
        return place
    children = (
        node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    )
    for key, value in children:
        token = str(key).replace("~", "~0").replace("/", "~1")
        found = _find(value, wanted, f"{place}/{token}")
        if found is not None:
            return found
    return None


def _service(document: dict[str, Any]) -> dict[str, str]:
    """What the spec says of the service as a whole, as text for the template."""
    schemes = document.get("components", {}).get("securitySchemes", {})
    header, prefix = "Authorization", "Bearer"
    for scheme in schemes.values():
        if scheme.get("type") == "apiKey" and scheme.get("in") == "header":
            header, prefix = str(scheme["name"]), ""
            break
    servers = document.get("servers") or [{"url": ""}]
    extensions = {key: value for key, value in document.items() if key.startswith("x-")}
    return {
        "server_url": in_double_quote_literal(str(servers[0]["url"])),
        "version": in_double_quote_literal(str(document["info"]["version"])),
        "key_header": in_double_quote_literal(header),
        "key_prefix": in_double_quote_literal(prefix),
        "extensions": repr(extensions),
    }
