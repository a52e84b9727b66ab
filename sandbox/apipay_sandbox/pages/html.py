"""Writing HTML: `tag` escapes every child and every attribute that is not `Html` already."""

import re
from collections.abc import Iterable
from html import escape
from typing import TypeAlias

_VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})
# What HTML cannot hold (most control characters) and UTF-8 cannot (halves of surrogate pairs).
_UNFIT = re.compile("[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Html(str):
    """Markup. Only `text`, `tag` and `join` make it, so that plain text is never taken for it."""

    __slots__ = ()


Child: TypeAlias = str | int | Iterable["Child"] | None
Attribute: TypeAlias = str | int | bool | None


def text(value: str | int) -> Html:
    """Escape plain text; `Html` stays as it is."""
    if isinstance(value, Html):
        return value
    return Html(escape(_UNFIT.sub("\N{REPLACEMENT CHARACTER}", str(value))))


def join(children: Iterable[Child]) -> Html:
    """Put children side by side. None is nothing."""
    return Html("".join(_flat(children)))


def tag(name: str, /, *children: Child, **attributes: Attribute) -> Html:
    """Write an element: `tag("p", "1 < 2", class_="note")`.

    Attributes: a trailing underscore is dropped, others become hyphens. True writes the bare name,
    None and False leave the attribute out.
    """
    start = name
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        start += f" {key.removesuffix('_').replace('_', '-')}"
        if value is not True:
            start += f'="{text(value)}"'
    if name in _VOID:
        return Html(f"<{start}>")
    return Html(f"<{start}>{join(children)}</{name}>")


def _flat(children: Iterable[Child]) -> Iterable[str]:
    for child in children:
        if child is None:
            continue
        if isinstance(child, (str, int)):
            yield text(child)
        else:
            yield from _flat(child)
