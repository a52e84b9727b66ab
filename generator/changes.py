"""Holds `compare`: what differs between two specs, and what of it breaks code that was right.

Both documents should be valid and repaired (`generator.repair`), so that the same thing has the
same name in both. Descriptions and examples are not compared.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from .document import (
    OperationNode,
    is_list,
    is_mapping,
    is_reference,
    operations,
    resolve,
    walk,
)
from .problems import pointer
from .repairs.inline import is_class
from .schema_changes import (
    REQUEST,
    RESPONSE,
    Change,
    Kind,
    SchemaComparison,
    Uses,
    code,
    name_of,
    shown,
)

__all__ = ["Change", "Kind", "compare", "render"]


def compare(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    """Give what differs between two specs, in the order of the new one, each thing once.

    A change counts as breaking if a call that was right can now fail or mean something else, or
    if code that uses the generated client can find a name, a type or a promise gone. New values of
    an enum break nothing: enums are open in the generated code.
    """
    comparison = _Comparison(old, new)
    found = [*comparison.head(), *comparison.operations(), *comparison.components()]
    return list(dict.fromkeys(found))


def render(changes: Iterable[Change]) -> str:
    """Give the changes as Markdown for a changelog: what breaks first, then the rest by kind."""
    listed = list(changes)
    breaking = [change for change in listed if change.breaking]
    sections = [("Breaking changes", breaking)]
    for kind, title in _TITLES.items():
        sections.append((title, [it for it in listed if it.kind == kind and not it.breaking]))
    written = [
        f"### {title}\n\n" + "".join(f"- {_sentence(change.text)}\n" for change in found)
        for title, found in sections
        if found
    ]
    return "\n".join(written) or "No changes.\n"


_TITLES: Final[dict[Kind, str]] = {
    "added": "Added",
    "changed": "Changed",
    "behaviour": "Changed behaviour",
    "deprecated": "Deprecated",
    "removed": "Removed",
}


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


class _Comparison:
    """The comparison of one pair of documents."""

    def __init__(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        self._old = old
        self._new = new
        self._schemas = SchemaComparison(old, new)

    def head(self) -> Iterator[Change]:
        """The version, the server, the authentication, and extensions of the whole API."""
        before, after = self._old.get("info", {}), self._new.get("info", {})
        if before.get("version") != after.get("version"):
            text = (
                f"the version of the API is now {shown(after.get('version'))}; "
                f"it was {shown(before.get('version'))}"
            )
            yield Change("/info/version", "changed", False, text)
        was, now = _server(self._old), _server(self._new)
        if was != now:
            text = f"the server is now {shown(now)}; it was {shown(was)}"
            yield Change("/servers/0/url", "behaviour", True, text)
        yield from self._security(
            self._old.get("security"), self._new.get("security"), "/security", "the API"
        )
        for name, scheme in _components(self._new, "securitySchemes").items():
            given = _components(self._old, "securitySchemes").get(name)
            if given is not None and _bare(given) != _bare(scheme):
                place = pointer("components", "securitySchemes", name)
                text = f"the way to authenticate, {code(name)}, works differently"
                yield Change(place, "behaviour", True, text)
        yield from _extensions(self._old, self._new, "", "the API")

    def operations(self) -> Iterator[Change]:
        """Operations that came, went, moved or changed."""
        before = list(operations(self._old))
        after = list(operations(self._new))
        by_place = {_place_key(node): node for node in before}
        by_id = {_id(node): node for node in before}
        places_after = {_place_key(node) for node in after}
        matched: set[str] = set()
        for node in after:
            old = by_place.get(_place_key(node))
            moved = by_id.get(_id(node))
            if old is None and moved is not None and _place_key(moved) not in places_after:
                old = moved
                text = f"{_called(node)} is sent as {_sent(node)}; it was {_sent(old)}"
                yield Change(node.pointer, "changed", False, text)
            if old is None:
                text = f"the operation {_called(node)} ({_sent(node)}) is new"
                yield Change(node.pointer, "added", False, text)
                continue
            matched.add(old.pointer)
            yield from self._operation(old, node)
        for node in before:
            if node.pointer not in matched:
                text = f"the operation {_called(node)} ({_sent(node)}) is gone"
                yield Change(node.pointer, "removed", True, text)

    def components(self) -> Iterator[Change]:
        """Named schemas that came, went or changed."""
        before, after = _components(self._old, "schemas"), _components(self._new, "schemas")
        uses = _uses(self._old)
        for name, found in _uses(self._new).items():
            uses[name] = uses.get(name, frozenset()) | found
        for name, schema in after.items():
            place = pointer("components", "schemas", name)
            if name in before:
                # What no operation uses is told by someone else: a webhook, so it is received.
                where = uses.get(name) or RESPONSE
                yield from self._schemas.compare(
                    before[name], schema, where, at=place, subject=code(name)
                )
            elif is_class(schema):
                yield Change(place, "added", False, f"the type {code(name)} is new")
        for name, schema in before.items():
            if name not in after and is_class(schema):
                place = pointer("components", "schemas", name)
                yield Change(place, "removed", True, f"the type {code(name)} is gone")

    def _operation(self, old: OperationNode, new: OperationNode) -> Iterator[Change]:
        was, now, at, called = old.operation, new.operation, new.pointer, _called(new)
        if _id(old) != _id(new):
            text = f"the operation {code(_id(old))} is now called {called}"
            yield Change(f"{at}/operationId", "changed", True, text)
        if _tag(was) != _tag(now):
            text = f"{called} is now under {shown(_tag(now))}; it was under {shown(_tag(was))}"
            yield Change(f"{at}/tags", "changed", True, text)
        if now.get("deprecated") is True and was.get("deprecated") is not True:
            yield Change(at, "deprecated", False, f"{called} is deprecated")
        yield from _extensions(was, now, at, called)
        yield from self._security(
            was.get("security"), now.get("security"), f"{at}/security", called
        )
        yield from self._parameters(old, new)
        yield from self._body(was, now, at, called)
        yield from self._responses(was, now, at, called)

    def _security(self, was: Any, now: Any, at: str, called: str) -> Iterator[Change]:
        if was != now:
            text = (
                f"{called} is called with {_security_text(now)}; it was with {_security_text(was)}"
            )
            # Asking for nothing breaks nobody. No entry at all means that of the whole API.
            yield Change(at, "behaviour", now != [], text)

    def _parameters(self, old: OperationNode, new: OperationNode) -> Iterator[Change]:
        called = _called(new)
        was = dict(self._declared(self._old, old))
        now = dict(self._declared(self._new, new))
        for key, (at, parameter) in now.items():
            subject = f"the {key[0]} parameter {code(key[1])} of {called}"
            needed = parameter.get("required") is True
            if key not in was:
                word = "new and required" if needed else "new"
                yield Change(at, "added", needed, f"{subject} is {word}")
                continue
            _, given = was[key]
            if needed and given.get("required") is not True:
                yield Change(f"{at}/required", "changed", True, f"{subject} is now required")
            elif given.get("required") is True and not needed:
                yield Change(f"{at}/required", "changed", False, f"{subject} is now optional")
            if parameter.get("deprecated") is True and given.get("deprecated") is not True:
                yield Change(at, "deprecated", False, f"{subject} is deprecated")
            if any(given.get(word) != parameter.get(word) for word in ("style", "explode")):
                yield Change(at, "behaviour", True, f"{subject} is sent in another form")
            yield from self._schemas.compare(
                given.get("schema", {}),
                parameter.get("schema", {}),
                REQUEST,
                at=f"{at}/schema",
                subject=subject,
            )
        for key, (at, _) in was.items():
            if key not in now:
                text = f"the {key[0]} parameter {code(key[1])} of {called} is gone"
                yield Change(at, "removed", True, text)

    def _declared(
        self, document: dict[str, Any], node: OperationNode
    ) -> Iterator[tuple[tuple[str, str], tuple[str, dict[str, Any]]]]:
        item = document["paths"][node.path]
        holders = ((pointer("paths", node.path), item), (node.pointer, node.operation))
        for place, holder in holders:
            listed = holder.get("parameters")
            for index, parameter in enumerate(listed if is_list(listed) else []):
                found = _followed(document, parameter)
                key = (str(found.get("in")), str(found.get("name")))
                yield key, (place + pointer("parameters", index), found)

    def _body(self, was: Any, now: Any, at: str, called: str) -> Iterator[Change]:
        at = f"{at}/requestBody"
        before = _followed(self._old, was.get("requestBody"))
        after = _followed(self._new, now.get("requestBody"))
        needed = after.get("required") is True
        if after and not before:
            word = "a body, which is required" if needed else "a body"
            yield Change(at, "added", needed, f"{called} takes {word}")
        elif before and not after:
            yield Change(at, "removed", True, f"{called} takes no body any more")
        elif before and after:
            if needed and before.get("required") is not True:
                yield Change(f"{at}/required", "changed", True, f"{called} needs its body now")
            elif before.get("required") is True and not needed:
                text = f"{called} can be called without a body"
                yield Change(f"{at}/required", "changed", False, text)
            yield from self._content(before, after, REQUEST, at, f"the body of {called}")

    def _responses(self, was: Any, now: Any, at: str, called: str) -> Iterator[Change]:
        before, after = was.get("responses", {}), now.get("responses", {})
        for status, response in after.items():
            place = at + pointer("responses", status)
            if status not in before:
                text = f"{called} can answer {code(status)}"
                yield Change(place, "added", False, text)
                continue
            given, found = _followed(self._old, before[status]), _followed(self._new, response)
            subject = f"the answer {code(status)} of {called}"
            yield from self._content(given, found, RESPONSE, place, subject)
            for name in _members(given, "headers"):
                if name not in _members(found, "headers"):
                    text = f"{subject} no longer has the header {code(name)}"
                    yield Change(place + pointer("headers", name), "removed", True, text)
            for name in _members(found, "headers"):
                if name not in _members(given, "headers"):
                    text = f"{subject} has the header {code(name)}"
                    yield Change(place + pointer("headers", name), "added", False, text)
        for status in before:
            if status not in after:
                place = at + pointer("responses", status)
                text = f"{called} no longer answers {code(status)}"
                yield Change(place, "removed", str(status).startswith("2"), text)

    def _content(
        self, before: dict[str, Any], after: dict[str, Any], uses: Uses, at: str, subject: str
    ) -> Iterator[Change]:
        given, found = _members(before, "content"), _members(after, "content")
        for kind, media in found.items():
            place = at + pointer("content", kind)
            if kind not in given:
                yield Change(place, "added", False, f"{subject} can be {code(kind)}")
                continue
            was, now = given[kind].get("schema", {}), media.get("schema", {})
            yield from self._schemas.compare(was, now, uses, at=f"{place}/schema", subject=subject)
        for kind in given:
            if kind not in found:
                place = at + pointer("content", kind)
                yield Change(place, "removed", True, f"{subject} can no longer be {code(kind)}")


def _uses(document: dict[str, Any]) -> dict[str, Uses]:
    """Whether each named schema is sent, received or both, through whatever refers to it."""
    uses: dict[str, Uses] = {}
    waiting: list[tuple[Any, Any, Uses]] = []
    for _, _, operation, _ in operations(document):
        waiting.append((operation.get("requestBody"), "request body", REQUEST))
        listed = operation.get("parameters")
        for parameter in listed if is_list(listed) else []:
            waiting.append((parameter, "parameter", REQUEST))
        for response in _members(operation, "responses").values():
            waiting.append((response, "response", RESPONSE))
    for item in _members(document, "paths").values():
        listed = item.get("parameters") if is_mapping(item) else None
        for parameter in listed if is_list(listed) else []:
            waiting.append((parameter, "parameter", REQUEST))
    while waiting:
        value, kind, use = waiting.pop()
        for node in walk(value, kind):
            if not is_reference(node.value):
                continue
            name = name_of(node.value)
            if name is not None:
                if use <= uses.get(name, frozenset()):
                    continue
                uses[name] = uses.get(name, frozenset()) | use
            waiting.append((resolve(document, node.value["$ref"]), node.kind, use))
    return uses


def _extensions(was: dict[str, Any], now: dict[str, Any], at: str, called: str) -> Iterator[Change]:
    names = [name for name in (*now, *was) if str(name).startswith("x-")]
    for name in dict.fromkeys(names):
        if was.get(name) != now.get(name):
            before, after = _compact(was.get(name)), _compact(now.get(name))
            text = f"{code(name)} of {called} is now {after}; it was {before}"
            # These name methods in the generated code; what others mean, only their readers know.
            yield Change(at + pointer(name), "behaviour", name == "x-sdk-name", text)


def _compact(value: Any) -> str:
    if value is None:
        return "none"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return code(text) if len(text) <= 200 else "different"  # a long one is best read in the spec


def _bare(scheme: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in scheme.items() if key != "description"}


def _server(document: dict[str, Any]) -> str | None:
    servers = document.get("servers")
    return servers[0].get("url") if is_list(servers) and servers else None


def _security_text(security: Any) -> str:
    if security is None:
        return "what the whole API asks for"
    choices = [" and ".join(code(name) for name in choice) or "nothing" for choice in security]
    return " or ".join(choices) or "no authentication"


def _place_key(node: OperationNode) -> tuple[str, str]:
    return node.method, re.sub(r"\{[^{}]*\}", "{}", node.path)


def _id(node: OperationNode) -> str:
    return str(node.operation.get("operationId") or f"{node.method} {node.path}")


def _called(node: OperationNode) -> str:
    return code(_id(node))


def _sent(node: OperationNode) -> str:
    return code(f"{node.method.upper()} {node.path}")


def _tag(operation: dict[str, Any]) -> str | None:
    tags = operation.get("tags")
    return tags[0] if is_list(tags) and tags else None


def _components(document: dict[str, Any], section: str) -> dict[str, Any]:
    return _members(_members(document, "components"), section)


def _members(holder: dict[str, Any], key: str) -> dict[str, Any]:
    found = holder.get(key)
    return found if is_mapping(found) else {}


def _followed(document: dict[str, Any], value: Any) -> dict[str, Any]:
    found = resolve(document, value["$ref"]) if is_reference(value) else value
    return found if is_mapping(found) else {}
