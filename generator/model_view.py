"""What the template of a model needs to know of it, worked out beforehand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openapi_python_client.parser.properties import ModelProperty
from openapi_python_client.parser.properties.any import AnyProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol

from . import expressions
from .document import is_mapping
from .problems import SpecError, pointer
from .spec_index import RawOperation, SpecIndex
from .text import docstring, literal, section


@dataclass(frozen=True)
class Field:
    """One attribute of a model."""

    name: str
    #: Its name in JSON, as Python source.
    key: str
    type: str
    #: What stands behind the type: nothing, or the default.
    initial: str
    #: What says that it is not there: "" if it always is, else "None" or "UNSET".
    absent: str
    encoder: str
    taken: str


@dataclass(frozen=True)
class Number:
    """One of the numbers of a page."""

    name: str
    doc: str
    type: str
    value: str


@dataclass(frozen=True)
class Page:
    """How a model is a page of a list, from `x-pagination`."""

    items: str
    items_type: str
    numbers: list[Number]


@dataclass(frozen=True)
class ModelView:
    """One model."""

    name: str
    docstring: str
    fields: list[Field]
    imports: list[str]
    lazy_imports: list[str]
    additional_type: str
    additional_encoder: str
    rest: str
    page: Page | None


def model_view(
    model: ModelProperty, index: SpecIndex, models: Mapping[str, ModelProperty]
) -> ModelView:
    """Work out one model."""
    name = str(model.class_info.name)
    schema = index.schema_of_class(name)
    own = properties(model)
    fields = [_field(prop, name, index) for prop in own]
    additional = model.additional_properties
    lines = expressions.own_imports(
        {*(model.relative_imports or ()), *(model.lazy_imports or ())}
    ).union(expressions.imports(additional, "..") if additional else ())
    # Models are imported when they are first read, so that they can hold each other.
    lazy = set(model.lazy_imports or ()) - {f"from ..{model.self_import}"}
    if additional is None or isinstance(additional, AnyProperty):
        additional_type, rest = "Any", "data"
    else:
        additional_type = expressions.type_text(additional)
        rest = f"_codec.rest_of(data, {expressions.decoder(additional)})"
    return ModelView(
        name=name,
        docstring=_docstring(name, schema, own, index),
        fields=fields,
        imports=sorted(lines - lazy - {f"from ..{model.self_import}"}),
        lazy_imports=sorted(lazy),
        additional_type=additional_type,
        additional_encoder=expressions.encoder(additional) if additional else "_codec.to_json",
        rest=rest,
        page=_page(name, index, models),
    )


def properties(model: ModelProperty) -> list[PropertyProtocol]:
    """The properties of a model, the required ones first."""
    return [*(model.required_properties or []), *(model.optional_properties or [])]


def _field(prop: PropertyProtocol, class_name: str, index: SpecIndex) -> Field:
    answer_only = index.answer_only(class_name)
    schema = index.schema_of_class(class_name)
    name = prop.name.get_untrusted_value()
    key = literal(name)
    written = (expressions.response_type if answer_only else expressions.request_type)(prop)
    if written.startswith("ClassVar"):
        raise SpecError(
            "attrs takes a type whose name begins with ClassVar for no attribute",
            pointer=f"{index.pointer_of_class(class_name)}{pointer('properties', name)}",
            mend="Rename the schema that it refers to",
        )
    absent = "" if prop.required else ("None" if answer_only else "UNSET")
    settings = [f"default={absent}"] if absent else []
    initial = f" = {absent}" if absent else ""
    if index.is_sensitive(schema.get("properties", {}).get(name, {})):
        initial = f" = _field({', '.join([*settings, 'repr=_codec.hidden'])})"
    return Field(
        name=str(prop.python_name),
        key=key,
        type=written,
        initial=initial,
        absent=absent,
        encoder=expressions.encoder(prop),
        taken=expressions.taken(prop, key, answer_only),
    )


def _docstring(
    name: str, schema: dict[str, Any], own: list[PropertyProtocol], index: SpecIndex
) -> str:
    raw = schema.get("properties", {})
    described = {
        str(prop.python_name): index.described(raw.get(prop.name.get_untrusted_value(), {}))
        for prop in own
    }
    return docstring(str(schema.get("description") or name), section("Attributes", described))


#: The property of a page model, the key of `x-pagination` that says where its value stands, and
#: what it is.
_NUMBERS = (
    ("page_number", "current", "Which page this is, from 1."),
    ("page_size", "per_page", "How many items a page of this list has at most."),
    ("page_total", "total", "How many items the whole list has."),
)


def _page(class_name: str, index: SpecIndex, models: Mapping[str, ModelProperty]) -> Page | None:
    for operation in index.operations:
        paging = operation.data.get("x-pagination")
        if paging is None or index.success_class(operation) != class_name:
            continue
        if not is_mapping(paging):
            raise _unusable(operation, "", "is not a mapping")
        walk = _PageWalk(class_name, operation, models)
        items, _ = walk.to(paging.get("items"), "items")
        plain = expressions.without_null(items)
        certain = items.required and plain is items
        return Page(
            items=f"self.{items.python_name}" + ("" if certain else " or []"),
            items_type=expressions.type_text(plain),
            numbers=[
                Number(name, doc, *walk.number(paging[key], key))
                for name, key, doc in _NUMBERS
                if key in paging
            ],
        )
    return None


@dataclass(frozen=True)
class _PageWalk:
    """Finds the properties that `x-pagination` names by their paths, like `meta.total`."""

    page: str
    operation: RawOperation
    models: Mapping[str, ModelProperty]

    def number(self, path: object, key: str) -> tuple[str, str]:
        """The type of the number at this path, and the expression that gives it."""
        last, names = self.to(path, key)
        certain = last.required and not expressions.is_nullable(last)
        return "int" if certain else "int | None", "self." + ".".join(names)

    def to(self, path: object, key: str) -> tuple[PropertyProtocol, list[str]]:
        """The property at this path, and the Python names on the way."""
        here: PropertyProtocol = self.models[self.page]
        names: list[str] = []
        for part in str(path).split("."):
            if not isinstance(here, ModelProperty) or (names and not here.required):
                raise _unusable(self.operation, key, f"names {path!r}, which is not always there")
            # The parser's copies of a model can be from before it knew the model's properties.
            inside = properties(self.models[str(here.class_info.name)])
            found = next((prop for prop in inside if prop.name == part), None)
            if found is None:
                raise _unusable(self.operation, key, f"names {path!r}, which answers do not have")
            here = found
            names.append(str(here.python_name))
        return here, names


def _unusable(raw: RawOperation, key: str, problem: str) -> SpecError:
    return SpecError(
        f"x-pagination of {raw.id} {problem}",
        pointer=f"{raw.pointer}/x-pagination" + (f"/{key}" if key else ""),
        mend="Let it name required properties of the page's schema",
    )
