"""Holds the comparison of two schemas, for `generator.changes`.

Whether a change breaks code depends on where a schema is used: a property that becomes required is
a demand in a request and a promise in an answer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeGuard

from .document import is_list, is_mapping, is_reference, resolve
from .problems import pointer
from .repairs.inline import is_class

Kind = Literal["added", "removed", "changed", "deprecated", "behaviour"]
Direction = Literal["request", "response"]
Uses = frozenset[Direction]

REQUEST: Final[Uses] = frozenset(("request",))
RESPONSE: Final[Uses] = frozenset(("response",))

# Lower limits are tightened when they grow, upper ones when they shrink.
_LOWER: Final = ("minimum", "minLength", "minItems", "minProperties")
_UPPER: Final = ("maximum", "maxLength", "maxItems", "maxProperties")
_RULES: Final = ("pattern", "multipleOf", "exclusiveMinimum", "exclusiveMaximum", "uniqueItems")


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two specs.

    Attributes:
        pointer: JSON pointer of the place in the new document, or in the old one if it is gone.
        kind: whether something was added, removed, changed, deprecated, or behaves differently.
        breaking: whether code that was right before can be wrong now.
        text: one Markdown sentence for a changelog, which can stand alone.
    """

    pointer: str
    kind: Kind
    breaking: bool
    text: str


def code(value: object) -> str:
    """`value` as code in Markdown, on one line."""
    text = " ".join(str(value).split()).replace("`", "'")
    return f"`{text}`"


def shown(value: Any) -> str:
    """A value of the spec as a person reads it; absence is `none`."""
    return "none" if value is None else code(value)


class SchemaComparison:
    """Compares schemas of two documents. A named schema is compared once, under its name."""

    def __init__(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        """Compare schemas of the document `old` with those of `new`."""
        self._old = old
        self._new = new

    def compare(self, old: Any, new: Any, uses: Uses, *, at: str, subject: str) -> Iterator[Change]:
        """Give what differs between two schemas in the same place.

        Args:
            old: the schema as it was, or a reference to it.
            new: the schema as it is.
            uses: whether it is sent, received or both.
            at: JSON pointer of `new`.
            subject: what it is called in a sentence, in Markdown.
        """
        if name_of(old) is not None and name_of(old) == name_of(new):
            yield from self._nullable(old, new, uses, at, subject)
            return
        before, after = self.type_text(self._old, old), self.type_text(self._new, new)
        if before != after:
            yield Change(at, "changed", True, f"{subject} is now {after}; it was {before}")
            return
        yield from self._nullable(old, new, uses, at, subject)
        old, new = self._target(self._old, old), self._target(self._new, new)
        if is_mapping(old) and is_mapping(new):
            yield from self.details(old, new, uses, at=at, subject=subject)

    def details(
        self, old: dict[str, Any], new: dict[str, Any], uses: Uses, *, at: str, subject: str
    ) -> Iterator[Change]:
        """Give what differs inside two schemas of the same type."""
        yield from self._enum(old, new, at, subject)
        yield from self._limits(old, new, uses, at, subject)
        if "request" in uses and old.get("default") != new.get("default"):
            text = (
                f"the default of {subject} is now {shown(new.get('default'))}; "
                f"it was {shown(old.get('default'))}"
            )
            yield Change(f"{at}/default", "behaviour", True, text)
        if new.get("deprecated") is True and old.get("deprecated") is not True:
            yield Change(at, "deprecated", False, f"{subject} is deprecated")
        yield from self._properties(old, new, uses, at, subject)
        for key, part in (("items", "an item"), ("additionalProperties", "a value")):
            if is_mapping(old.get(key)) and is_mapping(new.get(key)):
                inside = f"{part} of {subject}"
                yield from self.compare(old[key], new[key], uses, at=f"{at}/{key}", subject=inside)

    def type_text(self, document: dict[str, Any], schema: Any) -> str:
        """What a value of this schema is, in a few words: `list of Refund`, `text (date)`."""
        name = name_of(schema)
        target = self._target(document, schema)
        if not is_mapping(target):
            return "anything"
        if name is not None and (is_class(target) or is_union(target)):
            return code(name)
        for key in ("oneOf", "anyOf"):
            if is_list(target.get(key)):
                parts = sorted({self.type_text(document, part) for part in target[key]})
                return " or ".join(parts) or "anything"
        kind = target.get("type")
        if kind == "array":
            return f"a list of {self.type_text(document, target.get('items', {}))}"
        if is_class(target):
            return "an enum" if target.get("enum") else "an object"
        form = target.get("format")
        return f"{code(kind)} ({form})" if form and kind else code(kind) if kind else "anything"

    def _target(self, document: dict[str, Any], schema: Any) -> Any:
        inner = _unwrapped(schema)
        return resolve(document, inner["$ref"]) if is_reference(inner) else inner

    def _nullable(self, old: Any, new: Any, uses: Uses, at: str, subject: str) -> Iterator[Change]:
        # Of a named schema, that it is nullable itself is said where it is compared itself.
        before = is_mapping(old) and old.get("nullable") is True
        after = is_mapping(new) and new.get("nullable") is True
        if after and not before:
            yield Change(at, "changed", "response" in uses, f"{subject} can be null")
        elif before and not after:
            yield Change(at, "changed", "request" in uses, f"{subject} can no longer be null")

    def _enum(
        self, old: dict[str, Any], new: dict[str, Any], at: str, subject: str
    ) -> Iterator[Change]:
        before, after = old.get("enum"), new.get("enum")
        place = f"{at}/enum"
        if not is_list(before) or not is_list(after):
            if before != after:
                word = "no longer has" if is_list(before) else "has now"
                yield Change(place, "changed", True, f"{subject} {word} a fixed list of values")
            return
        for value in after:
            if value not in before:
                # Enums are open in the generated code: a new value is no surprise to it.
                text = f"{subject} can be {code(value)}"
                yield Change(place, "added", False, text)
        for value in before:
            if value not in after:
                text = f"{subject} can no longer be {code(value)}"
                yield Change(place, "removed", True, text)

    def _limits(
        self, old: dict[str, Any], new: dict[str, Any], uses: Uses, at: str, subject: str
    ) -> Iterator[Change]:
        for key in (*_LOWER, *_UPPER, *_RULES):
            before, after = old.get(key), new.get(key)
            if before == after:
                continue
            tighter = after is not None
            if key in (*_LOWER, *_UPPER) and _is_number(before) and _is_number(after):
                tighter = after > before if key in _LOWER else after < before
            words = "stricter" if tighter else "looser"
            text = (
                f"{subject} is {words}: {code(key)} is now {shown(after)}; it was {shown(before)}"
            )
            yield Change(f"{at}/{key}", "changed", tighter and "request" in uses, text)

    def _properties(
        self, old: dict[str, Any], new: dict[str, Any], uses: Uses, at: str, subject: str
    ) -> Iterator[Change]:
        before, needed_before = self._fields(self._old, old, frozenset())
        after, needed_after = self._fields(self._new, new, frozenset())
        for name, schema in after.items():
            place = at + pointer("properties", name)
            field = _field(subject, name)
            needed = name in needed_after
            if name not in before:
                demanded = needed and "request" in uses
                word = "new and required" if demanded else "new"
                text = f"{field} ({self.type_text(self._new, schema)}) is {word}"
                yield Change(place, "added", demanded, text)
                continue
            if needed and name not in needed_before:
                text = (
                    f"{field} is now required" if "request" in uses else f"{field} is always there"
                )
                yield Change(place, "changed", "request" in uses, text)
            elif name in needed_before and not needed:
                text = f"{field} can be absent"
                yield Change(place, "changed", "response" in uses, text)
            yield from self.compare(before[name], schema, uses, at=place, subject=field)
        for name in before:
            if name not in after:
                place = at + pointer("properties", name)
                yield Change(place, "removed", True, f"{_field(subject, name)} is gone")

    def _fields(
        self, document: dict[str, Any], schema: Any, seen: frozenset[str]
    ) -> tuple[dict[str, Any], set[str]]:
        """The properties of an object with those that it takes in by allOf, and the required."""
        if is_reference(schema):
            if schema["$ref"] in seen:
                return {}, set()
            seen = seen | {schema["$ref"]}
            schema = resolve(document, schema["$ref"])
        fields: dict[str, Any] = {}
        needed: set[str] = set()
        parts = schema.get("allOf") if is_mapping(schema) else None
        for part in parts if is_list(parts) else []:
            more, also = self._fields(document, part, seen)
            fields |= more
            needed |= also
        if is_mapping(schema):
            own = schema.get("properties")
            fields |= own if is_mapping(own) else {}
            required = schema.get("required")
            needed |= set(required if is_list(required) else [])
        return fields, needed


def _unwrapped(schema: Any) -> Any:
    """The reference inside an allOf of one, which only adds what belongs to the place."""
    if is_mapping(schema) and not is_reference(schema):
        parts = schema.get("allOf")
        if is_list(parts) and len(parts) == 1 and is_reference(parts[0]):
            return parts[0]
    return schema


def name_of(schema: Any) -> str | None:
    """The name of the component that a schema refers to, also through an allOf of one."""
    inner = _unwrapped(schema)
    start = "#/components/schemas/"
    if is_reference(inner) and inner["$ref"].startswith(start):
        name: str = inner["$ref"].removeprefix(start)
        return name
    return None


def is_union(schema: dict[str, Any]) -> bool:
    """Whether this is a union, which has a name but no class."""
    return is_list(schema.get("oneOf")) or is_list(schema.get("anyOf"))


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _field(subject: str, name: str) -> str:
    """`Invoice` and `status` are called `Invoice.status`."""
    if subject.startswith("`") and subject.endswith("`"):
        return code(f"{subject.strip('`')}.{name}")
    return f"{code(name)} of {subject}"
