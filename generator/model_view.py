"""A model as its template needs it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
    """One attribute of a model. Texts are Python source."""

    name: str
    type: str
    #: The default: "" if the field is required, else "None" or "UNSET".
    absent: str
    #: The arguments of attrs' `field`, apart from the default.
    settings: tuple[str, ...]
    taken: str
    keyword: bool = False

    @property
    def initial(self) -> str:
        """What follows the type: nothing, the default, or a call of `field`."""
        settings = [f"default={self.absent}"] if self.absent else []
        settings += [*self.settings, *(["kw_only=True"] if self.keyword else [])]
        if self.settings or self.keyword:
            return f" = _field({', '.join(settings)})"
        return f" = {self.absent}" if self.absent else ""


@dataclass(frozen=True)
class Additional:
    """The fields that the spec does not name."""

    type: str
    metadata: str
    #: Their decoder, "" where they stay as they are.
    decoder: str


@dataclass(frozen=True)
class Number:
    """One of the numbers of a page."""

    name: str
    doc: str
    type: str
    value: str


@dataclass(frozen=True)
class Page:
    """The parts of a model that is a page of a list, from `x-pagination`."""

    items: str
    items_type: str
    numbers: list[Number]


@dataclass(frozen=True)
class ModelView:
    """One model."""

    name: str
    #: The base class: the model that it extends, or one of `codec`.
    base: str
    docstring: str
    #: Its own fields, without those of the base.
    fields: list[Field]
    #: None where they are those of the base.
    additional: Additional | None
    imports: list[str]
    lazy_imports: list[str]
    taken: list[str]
    page: Page | None


def model_view(
    model: ModelProperty, index: SpecIndex, models: Mapping[str, ModelProperty]
) -> ModelView:
    """Work out one model."""
    name = str(model.class_info.name)
    schema = index.schema_of_class(name)
    base = _base(model, index, models)
    fields = _fields(model, index, models)
    inherited = [field.name for field in _fields(base, index, models)] if base else []
    own = [field for field in fields if field.name not in inherited]
    additional = _additional(model)
    extra = model.additional_properties
    lines = expressions.own_imports(
        {*(model.relative_imports or ()), *(model.lazy_imports or ())}
    ).union(expressions.imports(extra, "..") if extra else ())
    self_import = f"from ..{model.self_import}"
    base_import = f"from ..{base.self_import}" if base else ""
    # Models are imported when they are first read, so that they can hold each other.
    lazy = set(model.lazy_imports or ()) - {self_import, base_import}
    eager = lines - lazy - {self_import}
    root = f'_codec.Map["{additional.type}"]' if additional.decoder else "_codec.Model[Any]"
    return ModelView(
        name=name,
        base=str(base.class_info.name) if base else root,
        docstring=_docstring(name, schema, [*own], properties(model), index),
        fields=own,
        additional=None if base else additional,
        imports=sorted(eager | ({base_import} if base else set())),
        lazy_imports=sorted(lazy),
        taken=[
            *(field.taken for field in fields if not field.keyword),
            *(f"{field.name}={field.taken}" for field in fields if field.keyword),
        ],
        page=_page(name, index, models),
    )


def _base(
    model: ModelProperty, index: SpecIndex, models: Mapping[str, ModelProperty]
) -> ModelProperty | None:
    """Return the model that this one extends: the first of its `allOf` that it does not change."""
    own = {field.name: field for field in _own_fields(model, index)}
    for name in index.extended(str(model.class_info.name)):
        base = models.get(name)
        if base is None or base is model or _additional(base) != _additional(model):
            continue
        fields = _own_fields(base, index)
        if fields and all(own.get(field.name) == field for field in fields):
            return base
    return None


def _own_fields(model: ModelProperty, index: SpecIndex) -> list[Field]:
    return [_field(prop, str(model.class_info.name), index) for prop in properties(model)]


def _fields(
    model: ModelProperty, index: SpecIndex, models: Mapping[str, ModelProperty]
) -> list[Field]:
    """Return the fields of a model in the order of the attributes: those of the base first."""
    own = _own_fields(model, index)
    base = _base(model, index, models)
    if base is None:
        return own
    first = _fields(base, index, models)
    names = {field.name for field in first}
    rest = [field for field in own if field.name not in names]
    if not any(field.absent for field in first):
        return [*first, *rest]
    # An attribute without a default cannot follow one with a default, except by keyword.
    required = [replace(field, keyword=True) for field in rest if not field.absent]
    return [*first, *(field for field in rest if field.absent), *required]


def _additional(model: ModelProperty) -> Additional:
    extra = model.additional_properties
    if extra is None or isinstance(extra, AnyProperty):
        return Additional("Any", "", "")
    text = expressions.sends_text_decimals(extra)
    return Additional(
        expressions.type_text(extra),
        ', metadata={"text": True}' if text else "",
        expressions.decoder(extra),
    )


def properties(model: ModelProperty) -> list[PropertyProtocol]:
    """Return the properties of a model, the required ones first."""
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
            remedy="Rename the schema that it refers to",
        )
    settings: list[str] = []
    if index.is_sensitive(schema.get("properties", {}).get(name, {})):
        settings.append("repr=_codec.hidden")
    metadata = [f'"key": {key}'] if prop.python_name != name else []
    if expressions.sends_text_decimals(prop):
        metadata.append('"text": True')
    if metadata:
        settings.append(f"metadata={{{', '.join(metadata)}}}")
    return Field(
        name=str(prop.python_name),
        type=written,
        absent="" if prop.required else ("None" if answer_only else "UNSET"),
        settings=tuple(settings),
        taken=expressions.taken(prop, key, answer_only),
    )


def _docstring(
    name: str,
    schema: dict[str, Any],
    fields: list[Field],
    props: list[PropertyProtocol],
    index: SpecIndex,
) -> str:
    raw = schema.get("properties", {})
    own = {field.name for field in fields}
    described = {
        str(prop.python_name): index.described(raw.get(prop.name.get_untrusted_value(), {}))
        for prop in props
        if prop.python_name in own
    }
    return docstring(str(schema.get("description") or name), section("Attributes", described))


#: The property of a page model, the key of `x-pagination` with the path of its value, and what
#: it is.
_NUMBERS = (
    ("page_number", "current", "The number of this page, from 1."),
    ("page_size", "per_page", "The number of items on a full page."),
    ("page_total", "total", "The number of items in the whole list."),
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
        """Return the type of the number at this path, and its expression."""
        last, names = self.to(path, key)
        certain = last.required and not expressions.is_nullable(last)
        return "int" if certain else "int | None", "self." + ".".join(names)

    def to(self, path: object, key: str) -> tuple[PropertyProtocol, list[str]]:
        """Return the property at this path, and the Python names on the way."""
        here: PropertyProtocol = self.models[self.page]
        names: list[str] = []
        for part in str(path).split("."):
            if not isinstance(here, ModelProperty) or (names and not here.required):
                raise _unusable(self.operation, key, f"names {path!r}, which is not always there")
            # The parser's copies of a model can be from before it knew the model's properties.
            inside = properties(self.models[str(here.class_info.name)])
            found = next((prop for prop in inside if prop.name == part), None)
            if found is None:
                raise _unusable(self.operation, key, f"names {path!r}, which responses do not have")
            here = found
            names.append(str(here.python_name))
        return here, names


def _unusable(raw: RawOperation, key: str, problem: str) -> SpecError:
    return SpecError(
        f"x-pagination of {raw.id} {problem}",
        pointer=f"{raw.pointer}/x-pagination" + (f"/{key}" if key else ""),
        remedy="Let it name required properties of the page's schema",
    )
