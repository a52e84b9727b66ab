"""Write the files of a client package from a document, through openapi-python-client."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined
from openapi_python_client import Project
from openapi_python_client.config import Config
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError
from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.parser.properties import ModelProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.schema import UntrustedString

from .model_view import ModelView, model_view, properties
from .operation_view import (
    RESERVED_ARGUMENTS,
    OperationView,
    common_errors,
    free_name,
    operation_view,
    stated_messages,
)
from .parser import all_errors, configuration, parse, refusal, steered
from .problems import SpecError, short
from .pruning import prune
from .resource_view import Resource, resource
from .service_view import needs_key, service_view
from .spec_index import SpecIndex
from .text import literal, section

_TEMPLATES = Path(__file__).parent / "templates"
#: Names of models' own attributes.
_RESERVED_ATTRIBUTES = {
    *("additional_properties", "from_dict", "to_dict"),
    *("page_items", "page_number", "page_size", "page_total"),
}


def render(document: dict[str, Any], out: Path, package_name: str) -> None:
    """Write the client package of a valid document to `out`, which must not exist.

    Raises:
        SpecError: The parser rejected a part of the document, or would have dropped it.
    """
    with steered():
        index = SpecIndex(document)
        config = configuration(out, package_name)
        project = ClientProject(parse(index, config), config, index)
        try:
            errors = project.build()
        except (SpecError, OSError):
            raise
        except Exception as error:
            raise SpecError(
                f"the generator fails at this ({type(error).__name__}: {short(error, 200)})",
                pointer=project.at,
                remedy="Describe it in simpler words, and report the defect of the generator",
            ) from error
    if errors:
        raise refusal(errors[0], index)
    _format(out, project.pointers)


class ClientProject(Project):
    """openapi-python-client's project with our templates, `operations` and `resources`."""

    def __init__(self, openapi: GeneratorData, config: Config, index: SpecIndex) -> None:
        super().__init__(openapi=openapi, config=config, custom_template_path=_TEMPLATES)
        self._index = index
        self._models: Mapping[str, ModelProperty] = {
            str(model.class_info.name): model for model in openapi.models
        }
        self._classes = {*self._models, *(str(enum.class_info.name) for enum in openapi.enums)}
        self._operations: dict[str, OperationView] = {}
        #: The pointer of what is being written, and the pointers of the files so far.
        self.at = ""
        self.pointers: dict[str, str] = {}
        self._free_reserved_names()
        self.env.undefined = StrictUndefined
        self.env.filters["literal"] = literal
        views: dict[str, Any] = {
            "model_view": self._model_view,
            "operation_view": self._operation_view,
            "final_values": self._index.final_values,
        }
        self.env.globals.update(views)

    def _free_reserved_names(self) -> None:
        """Rename what would clash with names that the templates use."""
        for endpoint in self._endpoints():
            parameters = list(endpoint.iter_all_parameters())
            self._rename(
                [(location.value, prop) for location, prop in parameters],
                RESERVED_ARGUMENTS | self._classes,
            )
        for model in self.openapi.models:
            self._rename(
                [("value", prop) for prop in properties(model)],
                _RESERVED_ATTRIBUTES | self._classes,
            )

    def _rename(self, named: list[tuple[str, PropertyProtocol]], reserved: set[str]) -> None:
        taken = reserved | {str(prop.python_name) for _, prop in named}
        for suffix, prop in named:
            if prop.python_name in reserved:
                name = free_name(str(prop.python_name), suffix, taken)
                prop.set_python_name(UntrustedString(name), self.config, skip_snake_case=True)

    def build(self) -> list[GeneratorError]:
        """Write all files; the folder must not exist."""
        self.project_dir.mkdir(parents=True)
        self._create_package()
        self._build_models()
        self._build_api()
        self._build_shared()
        return all_errors(self.openapi)

    def _model_view(self, model: ModelProperty) -> ModelView:
        self.at = self._index.pointer_of_class(str(model.class_info.name))
        self.pointers[f"models/{model.class_info.module_name}.py"] = self.at
        return model_view(model, self._index, self._models)

    def _operation_view(self, endpoint: Endpoint) -> OperationView:
        name = str(endpoint.name)
        if name not in self._operations:
            raw = self._index.by_python_name[name]
            self.at = raw.pointer
            self.pointers[f"api/{endpoint.tags[0]}/{name}.py"] = self.at
            self._operations[name] = operation_view(
                endpoint, raw, self._index, self._models, self._classes
            )
        return self._operations[name]

    def _endpoints(self) -> list[Endpoint]:
        return [
            endpoint
            for collection in self.openapi.endpoint_collections_by_tag.values()
            for endpoint in collection.endpoints
        ]

    def _write(self, path: str, **context: Any) -> None:
        """Write one file from the template of its name, or from the one that `template` names."""
        template = context.pop("template", f"{path}.jinja")
        target = self.package_dir / path
        target.parent.mkdir(exist_ok=True)
        target.write_text(self.env.get_template(template).render(**context), encoding="utf-8")

    def _build_shared(self) -> None:
        client = "AuthenticatedClient" if needs_key(self._index.document) else "Client"
        self._write("operations.py", **self._facts())
        self._write("codec.py")
        self._write("parsing.py")
        self._write("calls.py", client=client)
        self._build_resources(client)
        self._prune()
        (self.package_dir / "py.typed").touch()

    def _prune(self) -> None:
        files = set(self.package_dir.rglob("*.py"))
        for name, kept in (("codec", ["dumps"]), ("types", ["UNSET"])):
            module = self.package_dir / f"{name}.py"
            try:
                prune(module, files - {module}, kept)
            except SyntaxError:  # `_format` says in which file, and where that comes from
                return

    def _facts(self) -> dict[str, Any]:
        return {
            "operations": [self._operation_view(endpoint) for endpoint in self._endpoints()],
            "service": service_view(self._index.document),
            "messages": [literal(message) for message in stated_messages(self._index)],
        }

    def _build_resources(self, client: str) -> None:
        resources: list[Resource] = []
        for tag, collection in self.openapi.endpoint_collections_by_tag.items():
            operations = [
                (self._index.by_python_name[str(one.name)], self._operation_view(one))
                for one in collection.endpoints
            ]
            found = resource(str(tag), operations, self._index, self._classes, client)
            resources.append(found)
            self._write(
                f"resources/{found.module}.py", template="resource.py.jinja", resource=found
            )
        self._write(
            "resources/__init__.py",
            template="resources_init.py.jinja",
            resources=resources,
            client=client,
            errors=section("Every operation can fail with", common_errors(self._index)),
        )


def _format(out: Path, pointers: Mapping[str, str]) -> None:
    """Sort the imports and format, with the ruff of this interpreter and no settings but these."""
    ruff = [sys.executable, "-m", "ruff"]
    settings = ["--isolated", "--line-length=100", "--target-version=py311", "--no-cache"]
    for command in (["check", "--fix-only", "--select=I,F401"], ["format"]):
        done = subprocess.run(
            [*ruff, *command, *settings, out.name],
            cwd=out.parent,  # inside the package, its types.py would hide the standard one
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        said = short(f"{done.stderr} {done.stdout}", 300)
        if done.returncode:
            files = [path for path in pointers if f"{out.name}/{path}" in said]
            raise SpecError(
                f"the code generated from this is not Python that ruff can read ({said})",
                pointer=pointers[files[0]] if files else "",
                remedy="Describe it in simpler words, and report the defect of the generator",
            )
