"""The operations of one tag as the template of a resource needs them."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from openapi_python_client import strings

from .operation_view import OperationView
from .problems import SpecError
from .spec_index import RawOperation, SpecIndex
from .text import docstring, first_sentence

_BUILTIN_TYPES = ("bool", "float", "int", "list", "str")
#: Attributes of `Resources` itself.
_TAKEN_ATTRIBUTES = {"request"}


@dataclass(frozen=True)
class Resource:
    """The methods of one tag."""

    module: str
    attribute: str
    class_name: str
    title: str
    summary: str
    docstring: str
    client: str
    methods: list[OperationView]
    imports: list[str]


def resource(
    tag: str,
    operations: list[tuple[RawOperation, OperationView]],
    index: SpecIndex,
    classes: Collection[str],
    client: str,
) -> Resource:
    """Work out the resource of one tag.

    Args:
        tag: The parser's name of the tag.
        operations: Its operations.
        index: The document.
        classes: The names of all classes of the spec, which the resource must not have.
        client: The type of the client that the operations need.

    Raises:
        SpecError: Two operations would be methods of the same name.
    """
    methods: dict[str, OperationView] = {}
    for raw, method in operations:
        twin = methods.setdefault(method.name, method)
        if twin is not method:
            raise SpecError(
                f"{raw.id} and {twin.constant} would both be the method {method.name!r}",
                pointer=raw.pointer,
                remedy="Give one of them an x-sdk-name",
            )
    spelled = operations[0][0].tag
    described = {
        entry["name"]: entry.get("description") for entry in index.document.get("tags", [])
    }
    class_name = str(strings.ClassName(spelled, "Tag"))
    while {class_name, f"Async{class_name}"} & {*classes}:
        class_name = f"{class_name}Resource"
    title = f"The operations of the tag {spelled}."
    words = str(described.get(spelled) or title)
    return Resource(
        module=tag,
        attribute=f"{tag}_" if tag in _TAKEN_ATTRIBUTES else tag,
        class_name=class_name,
        title=docstring(title),
        summary=docstring(first_sentence(words)),
        docstring=docstring(words),
        client=client,
        methods=[_unshadowed(method, methods) for method in methods.values()],
        imports=sorted(set[str]().union(*(one.method_imports for one in methods.values()))),
    )


def _unshadowed(method: OperationView, names: Iterable[str]) -> OperationView:
    """Return the method with types that also work in a class with a method called `list`."""
    hidden = [name for name in _BUILTIN_TYPES if name in names]
    if not hidden:
        return method
    # Texts inside of Literal stay as they are.
    pattern = re.compile(rf'("(?:[^"\\]|\\.)*")|\b({"|".join(hidden)})\b')

    def clear(text: str) -> str:
        return pattern.sub(lambda m: m.group(1) or f"builtins.{m.group(2)}", text)

    return replace(
        method,
        path_arguments=[replace(a, type=clear(a.type)) for a in method.path_arguments],
        keyword_arguments=[replace(a, type=clear(a.type)) for a in method.keyword_arguments],
        result=clear(method.result),
    )
