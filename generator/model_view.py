"""What the template of a model needs to know of it, worked out beforehand."""

from dataclasses import dataclass, field
from typing import Any

from openapi_python_client.parser.properties import ModelProperty
from openapi_python_client.parser.properties.any import AnyProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.strings import PythonIdentifier, in_double_quote_literal

from . import expressions
from .spec_index import SpecIndex
from .text import attributes_text, docstring


@dataclass(frozen=True)
class Field:
    """One attribute of a model."""

    name: str
    key: str
    type: str
    initial: str
    has_default: bool
    absent: str
    encoder: str
    taker: str
    decoder: str


@dataclass(frozen=True)
class Page:
    """How a model is a page of a list, from `x-pagination`."""

    items: str
    items_type: str
    numbers: dict[str, str]
    docs: dict[str, str] = field(
        default_factory=lambda: {
            "page_number": "Which page this is, from 1.",
            "page_size": "How many items a page of this list has at most.",
            "page_total": "How many items the whole list has.",
        }
    )


@dataclass(frozen=True)
class ModelView:
    """One model."""

    name: str
    docstring: str
    fields: list[Field]
    imports: list[str]
    lazy_imports: list[str]
    additional_type: str
    additional_decoder: str
    has_unset: bool
    has_absent: bool
    postponed: bool
    page: Page | None


def model_view(model: ModelProperty, index: SpecIndex) -> ModelView:
    """Work out one model."""
    name = str(model.class_info.name)
    schema = index.schema_of_class(name)
    answer_only = index.answer_only(name)
    properties: list[PropertyProtocol] = [
        *(model.required_properties or []),
        *(model.optional_properties or []),
    ]
    fields = [_field(prop, schema, answer_only, index) for prop in properties]
    fields.sort(key=lambda f: f.has_default)  # attrs wants those without a default first
    additional = model.additional_properties
    typed = additional is not None and not isinstance(additional, AnyProperty)
    lazy = sorted(
        {line for line in model.lazy_imports or set()}
        - {line for line in model.lazy_imports or set() if line.endswith(f" import {name}")}
    )
    has_unset = not answer_only and any(f.absent == "UNSET" for f in fields)
    imports = sorted(
        line
        for line in model.relative_imports or set()
        if not line.startswith(("from typing import", "from ..types import UNSET"))
    )
    if additional is not None and typed:
        imports = sorted({*imports, *_plain_imports(additional)})
    return ModelView(
        name=name,
        docstring=_docstring(model, schema, properties, index),
        fields=fields,
        imports=imports,
        lazy_imports=lazy,
        additional_type=expressions.type_text(additional) if typed and additional else "Any",
        additional_decoder=(
            f"_codec.rest_of(data, {expressions.decoder(additional)})" if typed and additional else "data"
        ),
        has_unset=has_unset,
        has_absent=any(f.absent for f in fields),
        postponed=bool(lazy),
        page=_page(name, model, index),
    )


def _plain_imports(prop: PropertyProtocol) -> set[str]:
    return {
        line
        for line in prop.get_imports(prefix="..")
        if not line.startswith(("from typing import", "from ..types import UNSET"))
    }


def _field(
    prop: PropertyProtocol, schema: dict[str, Any], answer_only: bool, index: SpecIndex
) -> Field:
    key = prop.name.get_untrusted_value()
    raw = schema.get("properties", {}).get(key, {})
    default = ""
    if prop.default is not None and not answer_only:
        default = prop.default.python_code.as_unembedded_code()
    elif not prop.required:
        default = "None" if answer_only else "UNSET"
    if index.is_sensitive(raw):
        initial = f" = _field(default={default}, repr=_codec.hidden)" if default else " = _field(repr=_codec.hidden)"
    else:
        initial = f" = {default}" if default else ""
    if prop.required:
        taker, convert = "_codec.required", expressions.decoder(prop)
    elif answer_only:
        taker, convert = "_codec.optional", expressions.optional_decoder(prop)
    else:
        taker, convert = "_codec.unset_or", expressions.decoder(prop)
    absent = "" if prop.required else ("None" if answer_only else "UNSET")
    return Field(
        name=str(prop.python_name),
        key=in_double_quote_literal(key),
        type=(expressions.response_type if answer_only else expressions.request_type)(prop),
        initial=initial,
        has_default=bool(default),
        absent=absent,
        encoder="_codec.decimals_as_text" if expressions.sends_text_decimals(prop) else "_codec.to_json",
        taker=taker,
        decoder=convert,
    )


def _docstring(
    model: ModelProperty,
    schema: dict[str, Any],
    properties: list[PropertyProtocol],
    index: SpecIndex,
) -> str:
    raw = schema.get("properties", {})
    described = {
        str(prop.python_name): index.described(raw.get(prop.name.get_untrusted_value(), {}))
        for prop in properties
    }
    intro = schema.get("description") or str(model.class_info.name)
    return docstring(intro, attributes_text("Attributes", described))


#: The property of a page model, and the key of `x-pagination` that says where its value stands.
_PAGE_NUMBERS = {"page_number": "current", "page_size": "per_page", "page_total": "total"}


def _identifier(name: str) -> str:
    return str(PythonIdentifier(name, prefix="field_"))


def _page(class_name: str, model: ModelProperty, index: SpecIndex) -> Page | None:
    for operation in index.operations:
        paging = operation.data.get("x-pagination")
        if paging is None or index.success_class(operation) != class_name:
            continue
        items = next(
            prop
            for prop in [*(model.required_properties or []), *(model.optional_properties or [])]
            if prop.name == paging["items"]
        )
        return Page(
            items=f"self.{items.python_name}" + ("" if items.required else " or []"),
            items_type=expressions.type_text(expressions.without_null(items)),
            numbers={
                name: "self." + ".".join(_identifier(part) for part in paging[source].split("."))
                for name, source in _PAGE_NUMBERS.items()
                if source in paging
            },
        )
    return None

