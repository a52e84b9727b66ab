"""Compares schemas by what they allow, not by how they are written.

A schema is read as a `View` first: references followed, `allOf` merged, the ways to allow null made
one, and what OpenAPI assumes anyway left out. Two spellings of one schema give equal views.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, NamedTuple

from ..document import is_list, is_mapping, is_reference, locate
from ..problems import pointer
from .places import describe
from .rules import RULES, Direction, code, turn

#: Stands for the place in the text of a finding.
PLACE: Final = "\0"


class Spot(NamedTuple):
    """A part of a document, such as a schema, with its place.

    Attributes:
        document: the document that holds it.
        value: the part itself; None where there is none.
        pointer: where it is defined.
        used: where a reference to it stands, if it was found by one.
    """

    document: dict[str, Any]
    value: Any
    pointer: str
    used: str | None = None

    @property
    def site(self) -> str:
        """The place where it is used."""
        return self.used or self.pointer

    def followed(self) -> "Spot":
        """Return what a reference refers to, or this spot where it is not a reference."""
        if not is_reference(self.value):
            return self
        place, value = locate(self.document, self.value["$ref"])
        return Spot(self.document, value, place, self.site)

    def member(self, *keys: Any) -> "Spot":
        """Return the part under these keys, None where one of them is missing."""
        value: Any = self.value
        for key in keys:
            value = value.get(key) if is_mapping(value) else value[key] if is_list(value) else None
        return Spot(self.document, value, self.pointer + pointer(*keys))

    def members(self, key: str) -> "dict[str, Spot]":
        """Return the named parts under a key, references followed."""
        holder = self.member(key)
        names: list[str] = list(holder.value) if is_mapping(holder.value) else []
        return {name: holder.member(name).followed() for name in names}


@dataclass(frozen=True, slots=True)
class Finding:
    """A change, before equal ones become one row.

    Attributes:
        id: the kind of change.
        pointer: its place in the new document, or in the old one where it is gone.
        where: the place for a reader.
        text: the sentence, with `PLACE` for `where`.
    """

    id: str
    pointer: str
    where: str
    text: str


@dataclass(slots=True)
class View:
    """What a schema allows.

    Attributes:
        spot: where it is defined, references followed.
        words: its keywords other than the ones below, without those that change nothing.
        places: the pointer of each of these keywords.
        required: the required properties, each with the place of the object that says so.
        variants: the alternatives of `oneOf` and `anyOf`, without null.
    """

    spot: Spot
    words: dict[str, Any] = field(default_factory=dict[str, Any])
    places: dict[str, str] = field(default_factory=dict[str, str])
    nullable: bool = False
    properties: dict[str, Spot] = field(default_factory=dict[str, Spot])
    required: dict[str, str] = field(default_factory=dict[str, str])
    items: Spot | None = None
    extra: Spot | None = None
    variants: list[Spot] = field(default_factory=list[Spot])

    @property
    def pointer(self) -> str:
        """The pointer of the definition."""
        return self.spot.pointer

    @property
    def type(self) -> str:
        """The type for a reader; `anything` where none is stated."""
        if self.variants:
            return "one of several types"
        kind = self.words.get("type")
        if kind is None and (self.properties or self.extra is not None):
            kind = "object"
        if kind is None and self.items is not None:
            kind = "array"
        if kind is None and self.words.get("enum"):
            kind = "string" if isinstance(self.words["enum"][0], str) else "integer"
        form = self.words.get("format")
        typed = form in _TYPED.get(str(kind), ())
        return "anything" if kind is None else f"{kind} ({form})" if typed else str(kind)


#: Formats that are types of their own in Python.
_TYPED: Final = {
    "string": ("date", "date-time", "uuid", "binary", "decimal"),
    "number": ("decimal",),
}
#: Keywords that say what a schema is for, or that a view holds elsewhere.
_IGNORED: Final = frozenset(
    ("title", "description", "example", "externalDocs", "xml", "x-enum-varnames")
)
_HELD: Final = frozenset(
    ("allOf", "oneOf", "anyOf", "properties", "required", "items", "additionalProperties")
)
#: What OpenAPI assumes where a keyword is absent.
_ASSUMED: Final[dict[str, tuple[Any, ...]]] = {
    "uniqueItems": (False,),
    "exclusiveMinimum": (False,),
    "exclusiveMaximum": (False,),
    "readOnly": (False,),
    "writeOnly": (False,),
    "deprecated": (False,),
    "minLength": (0,),
    "minItems": (0,),
    "minProperties": (0,),
    "x-sdk-nullable": (True,),
    "x-sensitive": (False,),
}


def view(spot: Spot) -> View:
    """Read a schema."""
    seen = View(spot.followed())
    _merge(seen, spot, frozenset())
    if seen.words.get("type") in ("integer", "number") and seen.words.get("format") != "decimal":
        seen.words.pop("format", None)  # Python has one type for each
    return seen


def _merge(into: View, spot: Spot, seen: frozenset[str]) -> None:
    spot = spot.followed()
    if spot.pointer in seen or not is_mapping(spot.value):
        return
    seen |= {spot.pointer}
    schema = spot.value
    for part in _parts(spot, "allOf"):
        _merge(into, part, seen)
    for key in ("oneOf", "anyOf"):
        parts = _parts(spot, key)
        real = [part for part in parts if part.followed().member("enum").value != [None]]
        if len(real) < len(parts):
            into.nullable = True
        if len(real) == 1:
            _merge(into, real[0], seen)
        else:
            into.variants += real
    for name in _mapping(schema.get("properties")):
        into.properties[name] = spot.member("properties", name)
    into.required |= dict.fromkeys(schema.get("required") or (), spot.pointer)
    if "items" in schema:
        into.items = spot.member("items")
    if "additionalProperties" in schema:
        extra = spot.member("additionalProperties")
        into.extra = None if extra.value in (True, {}) else extra
    for key, value in schema.items():
        if key == "nullable":
            into.nullable = value is True
        elif key == "enum" and is_list(value):
            into.nullable = into.nullable or None in value
            _put(into, spot, key, [item for item in value if item is not None])
        elif key not in _IGNORED | _HELD and value not in _ASSUMED.get(key, ()):
            _put(into, spot, key, value)


def _put(into: View, spot: Spot, key: str, value: Any) -> None:
    into.words[key] = value
    into.places[key] = spot.pointer + pointer(key)


def _parts(spot: Spot, key: str) -> list[Spot]:
    listed = spot.member(key)
    return [listed.member(index) for index in range(len(listed.value or ()))]


class SchemaComparison:
    """Compares schemas of two documents, each pair once."""

    def __init__(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        """Compare schemas of the document `old` with those of `new`."""
        self._kept = set(Spot(old, old, "").member("components").members("schemas"))
        self._kept &= set(Spot(new, new, "").member("components").members("schemas"))
        self._done: set[tuple[str, str, str]] = set()

    def same(self, old: Spot, new: Spot, direction: Direction) -> bool:
        """Whether two schemas allow the same."""
        fresh = SchemaComparison(old.document, new.document)
        return next(fresh.compare(old, new, direction), None) is None

    def compare(
        self, old: Spot, new: Spot, direction: Direction, label: str | None = None
    ) -> Iterator[Finding]:
        """Give what differs between two schemas of values that are sent, or received.

        Args:
            old: the schema as it was.
            new: the schema as it is.
            direction: whether its values are sent or received.
            label: the place for a reader, where it does not follow from the place of `new`.
        """
        before, after = view(old), view(new)
        was, now = _component(before.pointer), _component(after.pointer)
        swapped = was != now and not (
            # Renamed: the old name is gone, or the new one has come.
            was and now and not {was, now} <= self._kept
        )
        if swapped:
            label = label or describe(new.document, new.pointer)
        elif was:
            label = None
        key = (before.pointer, new.pointer if swapped else after.pointer, direction)
        if key in self._done:
            return
        self._done.add(key)
        root = new.pointer if swapped else after.pointer
        yield from _Pair(self, before, after, direction, root, label).findings()


@dataclass(slots=True)
class _Pair:
    """Two schemas in the same place."""

    comparison: SchemaComparison
    old: View
    new: View
    direction: Direction
    root: str
    label: str | None

    def findings(self) -> Iterator[Finding]:
        yield from self._flags()
        if self.old.variants or self.new.variants:
            yield from self._variants()
            return
        was, now = self.old.type, self.new.type
        if was != now:
            change = "changed"
            if now == "anything" or (was, now) == ("integer", "number"):
                change = "widened"
            elif was == "anything" or (was, now) == ("number", "integer"):
                change = "narrowed"
            text = f"the type of {PLACE} is now {code(now)}; it was {code(was)}"
            yield self._found(f"type-{change}", "type", text)
            return
        yield from self._enum()
        yield from self._limits()
        yield from self._properties()
        yield from self._extra()
        if self.old.items or self.new.items:
            label = f"an item of {self.label}" if self.label else None
            anything = Spot({}, {}, self.root)
            items = self.old.items or anything, self.new.items or anything
            yield from self.comparison.compare(*items, self.direction, label)

    def _found(
        self, name: str, keyword: str | None, text: str, *, place: str | None = None
    ) -> Finding:
        """Report a change of a keyword, or else of the whole schema, at its place."""
        document, at, holder = self.new.spot.document, place or self.root, self.root
        for seen in (self.old, self.new):
            if keyword in seen.places:
                document, at = seen.spot.document, seen.places[keyword]
                holder = at.rpartition("/")[0]
        where = self.label or describe(document, holder)
        change = name if name in RULES else f"{self.direction}-{name}"
        return Finding(change, at, where, text)

    def _flags(self) -> Iterator[Finding]:
        old, new = self.old, self.new
        if new.nullable and not old.nullable:
            yield self._found("null-allowed", None, f"{PLACE} can now be null")
        elif old.nullable and not new.nullable:
            yield self._found("null-forbidden", None, f"{PLACE} can no longer be null")
        for keyword, value, there, gone in _FLAGS:
            before, after = old.words.get(keyword) == value, new.words.get(keyword) == value
            if before != after:
                name, text = there if after else gone
                yield self._found(name, keyword, text.format(PLACE))
        was, now = old.words.get("x-final"), new.words.get("x-final")
        if _unordered(was) != _unordered(now):
            text = f"the final values of {PLACE} are now {_listed(now)}; they were {_listed(was)}"
            yield self._found(f"final-values-{turn(was, now)}", "x-final", text)
        was, now = old.words.get("default"), new.words.get("default")
        if was != now and self.direction == "request":
            text = f"the default of {PLACE} is now {code(now)}; it was {code(was)}"
            yield self._found(f"default-{turn(was, now)}", "default", text)

    def _enum(self) -> Iterator[Finding]:
        was, now = self.old.words.get("enum"), self.new.words.get("enum")
        if was is None or now is None:
            if was is not None:
                yield self._found("enum-removed", "enum", f"{PLACE} has no list of values any more")
            elif now is not None:
                text = f"{PLACE} can now only be {_listed(now)}"
                yield self._found("enum-added", "enum", text)
            return
        for value in now:
            if value not in was:
                text = f"{PLACE} can now be {code(value)}"
                yield self._found("enum-value-added", "enum", text)
        for value in was:
            if value not in now:
                text = f"{PLACE} can no longer be {code(value)}"
                yield self._found("enum-value-removed", "enum", text)

    def _limits(self) -> Iterator[Finding]:
        for keyword in _LIMITS:
            was, now = self.old.words.get(keyword), self.new.words.get(keyword)
            if was == now:
                continue
            change = "loosened" if _looser(keyword, was, now) else "tightened"
            text = f"{code(keyword)} of {PLACE} is now {_value(now)}; it was {_value(was)}"
            yield self._found(f"limit-{change}", keyword, text)

    def _properties(self) -> Iterator[Finding]:
        old, new = self._visible(self.old), self._visible(self.new)
        for name, spot in new.items():
            needed, demanded = name in self.new.required, name in self.old.required
            if name not in old:
                text = f"the {'required ' * needed}property {code(name)} was added to {PLACE}"
                yield self._property(f"{'required-' * needed}property-added", spot, text)
                continue
            if needed and not demanded:
                text = f"{code(name)} of {PLACE} is now required"
                yield self._property("property-became-required", spot, text, self.new, name)
            elif demanded and not needed:
                text = f"{code(name)} of {PLACE} is no longer required"
                yield self._property("property-became-optional", spot, text, self.old, name)
            inside = f"{code(name)} of {self.label}" if self.label else None
            yield from self.comparison.compare(old[name], spot, self.direction, inside)
        for name, spot in old.items():
            if name not in new:
                text = f"the property {code(name)} was removed from {PLACE}"
                yield self._property("property-removed", spot, text)

    def _property(
        self, change: str, spot: Spot, text: str, said: View | None = None, name: str = ""
    ) -> Finding:
        """Report a property of the object that defines it, or that says that it is required."""
        document = said.spot.document if said else spot.document
        holder = said.required[name] if said else spot.pointer.rpartition("/properties/")[0]
        where = self.label or describe(document, holder)
        return Finding(f"{self.direction}-{change}", spot.pointer, where, text)

    def _visible(self, schema: View) -> dict[str, Spot]:
        hidden = "readOnly" if self.direction == "request" else "writeOnly"
        return {
            name: spot for name, spot in schema.properties.items() if hidden not in view(spot).words
        }

    def _extra(self) -> Iterator[Finding]:
        was, now = self.old.extra, self.new.extra
        place = now.pointer if now else self.root
        before, after = (
            was is not None and was.value is False,
            now is not None and now.value is False,
        )
        if before != after:
            change = "forbidden" if after else "allowed"
            text = (
                f"{PLACE} {'no longer' if after else 'now'} takes properties that it does not name"
            )
            yield self._found(f"extra-properties-{change}", None, text, place=place)
        elif not before and (was or now):
            label = f"a value of {self.label}" if self.label else None
            anything = Spot({}, {}, place)
            yield from self.comparison.compare(
                was or anything, now or anything, self.direction, label
            )

    def _variants(self) -> Iterator[Finding]:
        old = self.old.variants or [self.old.spot]
        new = self.new.variants or [self.new.spot]
        pairs, gone, come = _matched(old, new)
        for before, after in pairs:
            yield from self.comparison.compare(before, after, self.direction, self.label)
        for spot in come:
            text = f"{PLACE} can now be {_called(spot)}"
            yield self._found("variant-added", None, text, place=spot.pointer)
        for spot in gone:
            text = f"{PLACE} can no longer be {_called(spot)}"
            yield self._found("variant-removed", None, text)
        was, now = (_mapping(it.words.get("discriminator")) for it in (self.old, self.new))
        if was.get("propertyName") != now.get("propertyName"):
            text = f"the alternatives of {PLACE} are told apart by another property"
            yield self._found("discriminator-changed", "discriminator", text)


#: Keyword, value that matters, and what is said when it comes and when it goes.
_FLAGS: Final = (
    (
        *("deprecated", True),
        ("schema-deprecated", "{} is deprecated"),
        ("schema-no-longer-deprecated", "{} is no longer deprecated"),
    ),
    (
        *("x-sensitive", True),
        ("sensitive-added", "{} is now hidden in logs and reprs"),
        ("sensitive-removed", "{} is no longer hidden in logs and reprs"),
    ),
    (
        *("x-sdk-nullable", False),
        ("sdk-null-forbidden", "the client no longer takes `None` for {}"),
        ("sdk-null-allowed", "the client now takes `None` for {}"),
    ),
)
_LOWER: Final = ("minimum", "minLength", "minItems", "minProperties")
_UPPER: Final = ("maximum", "maxLength", "maxItems", "maxProperties")
_LIMITS: Final = (
    *(*_LOWER, *_UPPER, "exclusiveMinimum", "exclusiveMaximum"),
    *("multipleOf", "pattern", "format", "uniqueItems", "not"),
)


def _mapping(value: Any) -> dict[str, Any]:
    return value if is_mapping(value) else {}


def _looser(keyword: str, was: Any, now: Any) -> bool:
    if was is None or now is None:
        return now is None
    if keyword == "multipleOf":
        return Decimal(str(was)) % Decimal(str(now)) == 0
    return bool(now < was) if keyword in _LOWER else keyword in _UPPER and bool(now > was)


def _component(place: str) -> str | None:
    """Return the name of the component that stands at exactly this place."""
    start = "/components/schemas/"
    name = place.removeprefix(start)
    return name if place.startswith(start) and "/" not in name else None


def _matched(
    old: list[Spot], new: list[Spot]
) -> tuple[list[tuple[Spot, Spot]], list[Spot], list[Spot]]:
    """Pair the alternatives of two unions; return the pairs, and what is left of each."""
    gone, come = list(old), list(new)
    pairs: list[tuple[Spot, Spot]] = []
    for key in (_name, _shape, _type):
        for before in list(gone):
            after = next(
                (it for it in come if key(it) is not None and key(it) == key(before)), None
            )
            if after is not None:
                pairs.append((before, after))
                gone.remove(before)
                come.remove(after)
    return pairs, gone, come


def _name(spot: Spot) -> object:
    return _component(view(spot).pointer)


def _shape(spot: Spot) -> object:
    seen = view(spot)
    return seen.type, set(seen.properties), seen.words.get("enum")


def _type(spot: Spot) -> object:
    return view(spot).type


def _called(spot: Spot) -> str:
    return code(_name(spot) or view(spot).type)


def _listed(values: Any) -> str:
    return ", ".join(map(code, values)) if is_list(values) and values else code(values or None)


def _unordered(values: Any) -> Any:
    return sorted(map(str, values)) if is_list(values) else values


def _value(value: Any) -> str:
    return code(json.dumps(value) if isinstance(value, bool | dict) else value)
