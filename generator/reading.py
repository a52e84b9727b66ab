"""Holds the way from the bytes of a spec file to plain dicts, lists, strings and numbers.

YAML is read as version 1.2 and kept to what JSON can say: dates stay the text that was written,
aliases are written out, tags beyond the plain ones are refused. Keys keep their type (`200:` is
the integer 200), so that `generator.repair` can report what it repairs.
"""

import io
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol, TypeGuard

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from .problems import SpecError, pointer, short

# Far beyond any real spec. The limits stop aliases that multiply and nesting that would exhaust
# the interpreter's stack in us or in the libraries behind us.
MAX_VALUES: Final = 1_000_000
MAX_DEPTH: Final = 100

_TAG: Final = "tag:yaml.org,2002:"
_PLAIN_TEXT: Final = (f"{_TAG}str", f"{_TAG}timestamp")


def is_mapping(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether `value` is a mapping."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether `value` is a list."""
    return isinstance(value, list)


def read(path: Path) -> Any:
    """Read the YAML or JSON file at `path` into plain values.

    Raises:
        SpecError: no such file, not UTF-8, not YAML or JSON (with line and column), a key twice in
            one mapping, or something JSON has no word for.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise SpecError("there is no such file", remedy="Check the path to the spec") from None
    except OSError as error:
        problem = f"the file cannot be read ({error.strerror or type(error).__name__})"
        raise SpecError(problem, remedy="Give the path of a readable YAML or JSON file") from None
    return parse(content, as_json=path.suffix.lower() == ".json")


def parse(content: bytes, *, as_json: bool = False) -> Any:
    """Read the bytes of a YAML (or, with `as_json`, JSON) document into plain values."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problem = f"byte {error.start + 1} of the file is not UTF-8"
        raise SpecError(problem, remedy="Save the file as UTF-8") from None
    if as_json:
        return _from_json(text)
    if text.lstrip().startswith("{"):
        # JSON under another name: YAML readers stumble over its tabs, and are slower.
        try:
            loaded = json.loads(text, object_pairs_hook=_Members)
        except (ValueError, RecursionError):
            pass
        else:
            return plain(loaded)
    return _from_yaml(text)


def plain(value: Any) -> Any:
    """Copy `value`, checking that it holds only what JSON can say (keys of any simple type).

    Raises:
        SpecError: a value that JSON cannot hold, a value inside itself, too deep, too large.
    """
    return _Copy().copy(value, "", 0)


class _Members(dict[str, Any]):
    """A JSON object that remembers a key which it was given twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.twice: str | None = None
        if len(self) < len(pairs):
            keys = [key for key, _ in pairs]
            self.twice = next(key for index, key in enumerate(keys) if key in keys[:index])


def _from_json(text: str) -> Any:
    try:
        loaded = json.loads(text, object_pairs_hook=_Members)
    except json.JSONDecodeError as error:
        problem = f"line {error.lineno}, column {error.colno}: not JSON ({error.msg})"
        raise SpecError(problem, remedy="Correct the JSON there") from None
    except ValueError as error:
        raise SpecError(f"not JSON ({short(error)})", remedy="Correct the number") from None
    except RecursionError:
        raise _too_deep("") from None
    return plain(loaded)


def _from_yaml(text: str) -> Any:
    # The pure Python reader: the one with the same behaviour wherever it is installed.
    yaml: Any = YAML(typ="safe", pure=True)
    try:
        node: _Node | None = yaml.compose(io.StringIO(text))
        return None if node is None else _Construct(yaml).value(node, "", 0)
    except MarkedYAMLError as raised:
        error: Any = raised  # ruamel.yaml has no types of its own
        mark: _Mark | None = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        what = short(error.problem or error.context or type(error).__name__, 200)
        raise SpecError(f"{place}not YAML ({what})", remedy="Correct the YAML there") from None
    except YAMLError as error:
        raise SpecError(
            f"not YAML ({short(error, 200)})", remedy="Correct the YAML or save the file as UTF-8"
        ) from None
    except RecursionError:
        raise _too_deep("") from None


class _Mark(Protocol):
    line: int
    column: int


class _Node(Protocol):
    """What is used of a node of ruamel.yaml, which has no types of its own."""

    id: str  # scalar, sequence or mapping
    tag: str
    value: Any
    start_mark: _Mark | None


class _Limits:
    """Counts the values and the depth of a document while it is built."""

    def __init__(self) -> None:
        self._values = 0

    def count(self, place: str, depth: int) -> None:
        self._values += 1
        if self._values > MAX_VALUES:
            problem = f"the document has more than {MAX_VALUES:,} values, aliases written out"
            raise SpecError(problem, remedy="Use $ref instead of YAML aliases")
        if depth > MAX_DEPTH:
            raise _too_deep(place)


class _Construct(_Limits):
    """Builds plain values from YAML's node graph, where line numbers are still known."""

    def __init__(self, yaml: Any) -> None:
        super().__init__()
        self._integer: Callable[[_Node], int] = yaml.constructor.construct_yaml_int
        self._float: Callable[[_Node], float] = yaml.constructor.construct_yaml_float
        self._open: set[int] = set()

    def value(self, node: _Node, place: str, depth: int) -> Any:
        self.count(place, depth)
        if node.id == "scalar":
            return self._scalar(node, place)
        if id(node) in self._open:
            raise SpecError(
                f"{_line(node)}the YAML alias points at a mapping that it stands in",
                pointer=place,
                remedy="Use $ref for what refers to itself",
            )
        self._open.add(id(node))
        try:
            if node.id == "sequence" and node.tag == f"{_TAG}seq":
                items: list[_Node] = node.value
                return [
                    self.value(item, place + pointer(index), depth + 1)
                    for index, item in enumerate(items)
                ]
            if node.id == "mapping" and node.tag == f"{_TAG}map":
                return self._mapping(node, place, depth)
        finally:
            self._open.discard(id(node))
        raise _unknown_tag(node, place)

    def _mapping(self, node: _Node, place: str, depth: int) -> dict[Any, Any]:
        pairs: list[tuple[_Node, _Node]] = node.value
        result: dict[Any, Any] = {}
        merged: list[Any] = []
        for key_node, value_node in pairs:
            if key_node.id != "scalar":
                raise SpecError(
                    f"{_line(key_node)}a key is a mapping or a list",
                    pointer=place,
                    remedy="Use a text as the key, in quotes if it begins with a bracket or brace",
                )
            if key_node.tag == f"{_TAG}merge":
                found = self.value(value_node, place, depth)
                merged += found if is_list(found) else [found]
                continue
            key = self._scalar(key_node, place)
            if key in result:
                raise SpecError(
                    f"{_line(key_node)}the key {short(key)!r} stands twice in one mapping",
                    pointer=place + pointer(short(key)),
                    remedy="Remove or rename one of the two",
                )
            result[key] = self.value(value_node, place + pointer(key), depth + 1)
        for mapping in merged:
            if not is_mapping(mapping):
                raise SpecError(
                    f"{_line(node)}'<<' takes in something that is not a mapping",
                    pointer=place,
                    remedy="Let it point at a mapping, or write the keys out",
                )
            result = {**mapping, **result}
        return result

    def _scalar(self, node: _Node, place: str) -> Any:
        text: str = node.value
        if node.tag in _PLAIN_TEXT:
            return text
        try:
            if node.tag == f"{_TAG}null":
                return None
            if node.tag == f"{_TAG}bool":
                return text.lower() in ("true", "yes", "on", "y")
            if node.tag == f"{_TAG}int":
                return self._integer(node)
            if node.tag == f"{_TAG}float":
                return _finite(self._float(node), place)
        except (ValueError, OverflowError):
            raise SpecError(
                f"{_line(node)}{short(text)!r} is not a number",
                pointer=place,
                remedy="Correct the number, or put it in quotes if it is a text",
            ) from None
        raise _unknown_tag(node, place)


class _Copy(_Limits):
    """Copies values that are already in memory."""

    def __init__(self) -> None:
        super().__init__()
        self._open: set[int] = set()

    def copy(self, value: Any, place: str, depth: int) -> Any:
        self.count(place, depth)
        if value is None or isinstance(value, str | bool | int):
            return value
        if isinstance(value, float):
            return _finite(value, place)
        if id(value) in self._open:
            raise SpecError(
                "the value holds itself", pointer=place, remedy="Use $ref for what refers to itself"
            )
        self._open.add(id(value))
        try:
            if isinstance(value, _Members) and value.twice is not None:
                raise SpecError(
                    f"the key {short(value.twice)!r} stands twice in one object",
                    pointer=place + pointer(short(value.twice)),
                    remedy="Remove or rename one of the two",
                )
            if is_mapping(value):
                return {
                    key: self.copy(member, place + pointer(key), depth + 1)
                    for key, member in value.items()
                }
            if is_list(value):
                return [
                    self.copy(item, place + pointer(index), depth + 1)
                    for index, item in enumerate(value)
                ]
        finally:
            self._open.discard(id(value))
        raise SpecError(
            f"a value of the type {type(value).__name__} has no form in JSON",
            pointer=place,
            remedy="Write it as a text",
        )


def _finite(number: float, place: str) -> float:
    if math.isfinite(number):
        return number
    raise SpecError(
        f"{number} is not a number in JSON", pointer=place, remedy="Leave it out or write a number"
    )


def _too_deep(place: str) -> SpecError:
    # The pointer of such a place is itself beyond reading: its beginning is enough.
    return SpecError(
        f"the document is nested deeper than {MAX_DEPTH} levels",
        pointer="/".join(place.split("/")[:6]),
        remedy="Move the inner schemas to components and refer to them by $ref",
    )


def _line(node: _Node) -> str:
    return f"line {node.start_mark.line + 1}: " if node.start_mark else ""


def _unknown_tag(node: _Node, place: str) -> SpecError:
    return SpecError(
        f"{_line(node)}the YAML tag {short(node.tag)!r} has no meaning in OpenAPI",
        pointer=place,
        remedy="Remove the tag",
    )
