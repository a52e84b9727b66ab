"""Compares two documents: the API as a whole, its operations and its webhooks."""

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, TypeVar

from ..document import METHODS, OperationNode, is_mapping, is_reference, operations, walk
from ..problems import pointer
from .places import describe
from .rules import Direction, code, turn
from .schemas import PLACE, Finding, SchemaComparison, Spot

#: What a client may do after a lost response, from nothing to anything.
_RETRY_CLASSES: Final = ("never", "confirm", "idempotent", "safe")
_RETRY_BY_METHOD: Final = {
    **dict.fromkeys(("get", "head", "options", "trace"), "safe"),
    **dict.fromkeys(("put", "delete"), "idempotent"),
}
#: Extensions that are compared by what they mean.
_KNOWN: Final = frozenset(
    ("x-retry", "x-rate-limit", "x-pagination", "x-sdk-name", "x-webhooks", "x-no-effect")
)
_Key = TypeVar("_Key", str, tuple[str, str])
_STYLES: Final = {"path": "simple", "header": "simple", "query": "form", "cookie": "form"}


class Comparison:
    """The comparison of one pair of documents."""

    def __init__(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        """Compare `old` with `new`, both repaired and valid."""
        self._old = Spot(old, old, "")
        self._new = Spot(new, new, "")
        self._schemas = SchemaComparison(old, new)
        self._responses_done: set[tuple[str, str]] = set()

    def findings(self) -> Iterator[Finding]:
        """Give what differs, in the order of the new document."""
        yield from self._api()
        yield from self._operations()
        yield from self._webhooks()
        yield from self._other_schemas()

    def _api(self) -> Iterator[Finding]:
        was, now = (it.member("info", "version").value for it in (self._old, self._new))
        if was != now:
            text = f"the version of {PLACE} is now {code(now)}; it was {code(was)}"
            yield self._found("api-version-changed", "/info/version", text)
        yield from self._servers(self._old, self._new)
        yield from self._rate_limit(self._old, self._new)
        yield from self._extensions(self._old, self._new)

    def _operations(self) -> Iterator[Finding]:
        before, after = list(operations(self._old.value)), list(operations(self._new.value))
        by_place = {_place(node): node for node in before}
        new_places = {_place(node) for node in after}
        by_id = {_id(node): node for node in before if _place(node) not in new_places}
        matched: set[str] = set()
        for node in after:
            old = by_place.get(_place(node))
            if old is None:
                old = by_id.get(_id(node))
                if old is None:
                    text = f"the operation {code(_id(node))} ({_sent(node)}) was added"
                    yield Finding("operation-added", node.pointer, "", text)
                    continue
                text = f"{PLACE} is now sent as {_sent(node)}; it was sent as {_sent(old)}"
                yield self._found("operation-moved", node.pointer, text)
            matched.add(old.pointer)
            yield from self._operation(old, node)
        for node in before:
            if node.pointer not in matched:
                text = f"the operation {code(_id(node))} ({_sent(node)}) was removed"
                yield Finding("operation-removed", node.pointer, "", text)

    def _operation(self, was: OperationNode, now: OperationNode) -> Iterator[Finding]:
        old = Spot(self._old.document, was.operation, was.pointer)
        new = Spot(self._new.document, now.operation, now.pointer)
        if _id(was) != _id(now):
            text = f"the operation {code(_id(was))} is now called {PLACE}"
            yield self._found("operation-id-changed", f"{now.pointer}/operationId", text)
        before, after = (it.member("tags").value or [None] for it in (old, new))
        if before[0] != after[0]:
            text = f"{PLACE} is now under {code(after[0])}; it was under {code(before[0])}"
            yield self._found("operation-tag-changed", f"{now.pointer}/tags", text)
        yield from self._deprecated("operation", old, new)
        yield from self._retry(was, now)
        yield from self._rate_limit(old, new)
        yield from self._pagination(old, new)
        yield from self._sdk_name(old, new)
        yield from self._extensions(old, new)
        items = (it.member("paths", node.path) for it, node in ((self._old, was), (self._new, now)))
        own = [
            next((it for it in pair if "servers" in it.value), None)
            for pair in zip((old, new), items, strict=True)
        ]
        if any(own):
            yield from self._servers(own[0] or self._old, own[1] or self._new)
        yield from self._security(old, new)
        yield from self._parameters(was, now)
        yield from self._body(old, new)
        yield from self._responses(old, new)

    def _servers(self, old: Spot, new: Spot) -> Iterator[Finding]:
        before, after = (
            [str(it["url"]).rstrip("/") for it in spot.value.get("servers") or [{"url": "/"}]]
            for spot in (old, new)
        )
        place = f"{new.pointer}/servers"
        if before[0] != after[0]:
            text = f"the server of {PLACE} is now {code(after[0])}; it was {code(before[0])}"
            yield self._found("server-changed", place, text)
        for url in after[1:]:
            if url not in before:
                yield self._found("server-added", place, f"{PLACE} has the server {code(url)}, too")
        for url in before[1:]:
            if url not in after:
                text = f"{PLACE} no longer has the server {code(url)}"
                yield self._found("server-removed", place, text)

    def _security(self, old: Spot, new: Spot) -> Iterator[Finding]:
        before, after = _security(old), _security(new)
        gone, come = before - after, after - before
        if not gone and not come:
            return
        if any(not choice for choice in after):
            change = "added" if not gone else "dropped"
        elif gone and come:
            change = "changed"
        else:
            change = "removed" if gone else "added"
        own = old.value if "security" not in new.value else new.value
        place = f"{new.pointer}/security" if "security" in own else "/security"
        text = f"{PLACE} now takes {_choices(after)}; it took {_choices(before)}"
        yield self._found(f"authentication-{change}", place, text)

    def _rate_limit(self, old: Spot, new: Spot) -> Iterator[Finding]:
        name = "x-rate-limit"
        if name not in old.value and name not in new.value:
            return
        was = old.value.get(name) or self._old.value.get(name)
        now = new.value.get(name) or self._new.value.get(name)
        if was == now:
            return
        change = turn(was, now)
        before, after = _rate(was), _rate(now)
        if before != after and 0 not in (before, after) and _per(was, now) == _per(now, was):
            change = "lowered" if after < before else "raised"
        text = f"the rate limit of {PLACE} is now {_limit(now)}; it was {_limit(was)}"
        yield self._found(f"rate-limit-{change}", f"{new.pointer}/{name}", text)

    def _retry(self, was: OperationNode, now: OperationNode) -> Iterator[Finding]:
        before, after = (
            str(it.operation.get("x-retry", _RETRY_BY_METHOD.get(it.method, "never")))
            for it in (was, now)
        )
        if before != after:
            weaker = _rank(after) < _rank(before)
            text = f"the retry class of {PLACE} is now {code(after)}; it was {code(before)}"
            change = "weakened" if weaker else "strengthened"
            yield self._found(f"retry-class-{change}", f"{now.pointer}/x-retry", text)

    def _pagination(self, old: Spot, new: Spot) -> Iterator[Finding]:
        was, now = old.value.get("x-pagination"), new.value.get("x-pagination")
        if was != now:
            text = f"how {PLACE} is paged is now {_compact(now)}; it was {_compact(was)}"
            yield self._found(f"pagination-{turn(was, now)}", f"{new.pointer}/x-pagination", text)

    def _sdk_name(self, old: Spot, new: Spot) -> Iterator[Finding]:
        was, now = old.value.get("x-sdk-name"), new.value.get("x-sdk-name")
        if was != now:
            text = f"the Python name of {PLACE} is now {code(now)}; it was {code(was)}"
            yield self._found("sdk-name-changed", f"{new.pointer}/x-sdk-name", text)

    def _extensions(self, old: Spot, new: Spot) -> Iterator[Finding]:
        for name in dict.fromkeys([*new.value, *old.value]):
            was, now = old.value.get(name), new.value.get(name)
            if str(name).startswith("x-") and name not in _KNOWN and was != now:
                text = f"{code(name)} of {PLACE} is now {_compact(now)}; it was {_compact(was)}"
                yield self._found("extension-changed", new.pointer + pointer(name), text)

    def _deprecated(self, kind: str, old: Spot, new: Spot) -> Iterator[Finding]:
        was, now = (it.value.get("deprecated") is True for it in (old, new))
        if was != now:
            change = "deprecated" if now else "no-longer-deprecated"
            text = f"{PLACE} is {change.replace('-', ' ')}"
            yield self._found(f"{kind}-{change}", new.pointer, text)

    def _parameters(self, was: OperationNode, now: OperationNode) -> Iterator[Finding]:
        old, new = _parameters(self._old, was), _parameters(self._new, now)
        gone = {key: spot for key, spot in old.items() if key not in new}
        come = {key: spot for key, spot in new.items() if key not in old}
        for before, after in _renamed(gone, come, self._same_parameter):
            spot, called = come.pop(after), gone.pop(before).value
            text = f"the {before[0]} parameter {code(called['name'])} is now {PLACE}"
            yield self._found("request-parameter-renamed", spot.site, text)
        operation = code(_id(now))
        for key, spot in new.items():
            called = f"the {key[0]} parameter {code(spot.value['name'])}"
            needed = spot.value.get("required") is True
            if key in old:
                yield from self._parameter(old[key], spot)
            elif key in come:
                change = "required-parameter" if needed else "parameter"
                text = f"{called}{', which is required,' if needed else ''} was added to {PLACE}"
                yield Finding(f"request-{change}-added", spot.site, operation, text)
        for key, spot in gone.items():
            text = f"the {key[0]} parameter {code(spot.value['name'])} was removed from {PLACE}"
            yield Finding("request-parameter-removed", spot.site, operation, text)

    def _parameter(self, old: Spot, new: Spot) -> Iterator[Finding]:
        names = [str(it.value["name"]) for it in (old, new)]
        if names[0].lower() != names[1].lower():  # in the same position of the path
            text = f"the {new.value['in']} parameter {code(names[0])} is now {PLACE}"
            yield self._found("request-parameter-renamed", new.site, text)
        was, now = (it.value.get("required") is True for it in (old, new))
        if was != now:
            change = "became-required" if now else "became-optional"
            text = f"{PLACE} is {'now' if now else 'no longer'} required"
            yield self._found(f"request-parameter-{change}", new.pointer, text)
        before, after = _style(old.value), _style(new.value)
        if before != after:
            text = f"{PLACE} is now written as {after}; it was written as {before}"
            yield self._found("request-parameter-style-changed", new.pointer, text)
        yield from self._deprecated("request-parameter", old, new)
        yield from self._sdk_name(old, new)
        yield from self._schemas.compare(old.member("schema"), new.member("schema"), "request")
        yield from self._content(old, new, "request")

    def _same_parameter(self, old: Spot, new: Spot) -> bool:
        parts = [
            (it.value.get("required") is True, it.value["in"], _style(it.value))
            for it in (old, new)
        ]
        schemas = old.member("schema"), new.member("schema")
        return parts[0] == parts[1] and self._schemas.same(*schemas, "request")

    def _body(self, old: Spot, new: Spot) -> Iterator[Finding]:
        before, after = (it.member("requestBody").followed() for it in (old, new))
        was, now = (bool(it.value and it.value.get("required")) for it in (before, after))
        operation = describe(new.document, new.pointer)
        if after.value and not before.value:
            change = "required-body-added" if now else "body-added"
            text = f"{PLACE} {'needs' if now else 'takes'} a request body"
            yield Finding(f"request-{change}", after.pointer, operation, text)
        elif before.value and not after.value:
            text = f"{PLACE} no longer takes a request body"
            yield Finding("request-body-removed", before.pointer, operation, text)
        elif before.value and after.value:
            if was != now:
                change = "became-required" if now else "became-optional"
                text = f"{PLACE} is {'now' if now else 'no longer'} required"
                yield self._found(f"request-body-{change}", after.pointer, text)
            yield from self._content(before, after, "request")

    def _responses(self, old: Spot, new: Spot) -> Iterator[Finding]:
        before, after = _responses(old), _responses(new)
        operation = describe(new.document, new.pointer)
        gone = [status for status in before if status not in after]
        come = [status for status in after if status not in before]
        moved = dict(zip(filter(_is_success, come), filter(_is_success, gone), strict=False))
        for status, spot in after.items():
            kind = "success" if _is_success(status) else "error"
            if status in moved:
                text = f"{PLACE} now responds with {code(status)}; it was {code(moved[status])}"
                place = spot.pointer
                yield Finding("response-success-status-changed", place, operation, text)
                yield from self._response(before[moved[status]], spot)
            elif status in before:
                yield from self._response(before[status], spot)
            elif status in come:
                text = f"{PLACE} can now respond with {code(status)}"
                place = new.pointer + pointer("responses", status)
                yield Finding(f"response-{kind}-status-added", place, operation, text)
        for status in gone:
            if status not in moved.values():
                kind = "success" if _is_success(status) else "error"
                text = f"{PLACE} no longer responds with {code(status)}"
                place = old.pointer + pointer("responses", status)
                yield Finding(f"response-{kind}-status-removed", place, operation, text)

    def _response(self, old: Spot, new: Spot) -> Iterator[Finding]:
        if (old.pointer, new.pointer) in self._responses_done:
            return
        self._responses_done.add((old.pointer, new.pointer))
        was, now = (it.value.get("x-no-effect") is True for it in (old, new))
        if was != now:
            text = f"{PLACE} {'now' if now else 'no longer'} says that the request had no effect"
            change = "added" if now else "removed"
            place = f"{new.pointer}/x-no-effect"
            yield self._found(f"response-no-effect-{change}", place, text)
        yield from self._headers(old.members("headers"), new.members("headers"), _where(new))
        yield from self._content(old, new, "response")

    def _headers(self, old: dict[str, Spot], new: dict[str, Spot], where: str) -> Iterator[Finding]:
        spelled = {name.lower(): name for name in new}
        old = {spelled.get(name.lower(), name): spot for name, spot in old.items()}
        gone = {name: spot for name, spot in old.items() if name not in new}
        come = {name: spot for name, spot in new.items() if name not in old}
        for before, after in _renamed(gone, come, self._same_header):
            spot, _ = come.pop(after), gone.pop(before)
            text = f"the header {code(before)} of {PLACE} is now {code(after)}"
            yield Finding("response-header-renamed", spot.site, where, text)
        for name, spot in new.items():
            if name in old:
                was, now = (it.value.get("required") is True for it in (old[name], spot))
                if was != now:
                    text = f"the header {code(name)} {_REQUIRED[now]} {PLACE}"
                    change = "became-required" if now else "became-optional"
                    yield Finding(f"response-header-{change}", spot.pointer, where, text)
                schemas = old[name].member("schema"), spot.member("schema")
                yield from self._schemas.compare(*schemas, "response")
            elif name in come:
                text = f"the header {code(name)} was added to {PLACE}"
                yield Finding("response-header-added", spot.site, where, text)
        for name, spot in gone.items():
            text = f"the header {code(name)} was removed from {PLACE}"
            yield Finding("response-header-removed", spot.site, where, text)

    def _same_header(self, old: Spot, new: Spot) -> bool:
        needed = [it.value.get("required") is True for it in (old, new)]
        schemas = old.member("schema"), new.member("schema")
        return needed[0] == needed[1] and self._schemas.same(*schemas, "response")

    def _content(self, old: Spot, new: Spot, direction: Direction) -> Iterator[Finding]:
        before, after = _media_types(old), _media_types(new)
        gone = [kind for kind in before if kind not in after]
        come = [kind for kind in after if kind not in before]
        if direction == "response" and bool(before) != bool(after):
            text = f"{PLACE} {'now has a body' if after else 'no longer has a body'}"
            yield self._found(f"response-body-{'added' if after else 'removed'}", new.pointer, text)
            return
        moved = dict(zip(come, gone, strict=True)) if len(come) == len(gone) == 1 else {}
        for kind, media in after.items():
            if kind in moved:
                text = f"{PLACE} is now {code(kind)}; it was {code(moved[kind])}"
                yield self._found(f"{direction}-media-type-changed", media.pointer, text)
            elif kind in come:
                text = f"{PLACE} can now be {code(kind)}"
                yield self._found(f"{direction}-media-type-added", media.pointer, text)
                continue
            given = before[moved.get(kind, kind)]
            yield from self._schemas.compare(
                given.member("schema"), media.member("schema"), direction
            )
            was, now = given.value.get("encoding"), media.value.get("encoding")
            if direction == "request" and was != now:
                text = f"the parts of {PLACE} are encoded in another way"
                yield self._found("request-encoding-changed", f"{media.pointer}/encoding", text)
        for kind in gone:
            if kind not in moved.values():
                text = f"{PLACE} can no longer be {code(kind)}"
                yield self._found(f"{direction}-media-type-removed", before[kind].pointer, text)

    def _webhooks(self) -> Iterator[Finding]:
        old, new = self._old.members("x-webhooks"), self._new.members("x-webhooks")
        for name, item in new.items():
            if name not in old or not is_mapping(old[name].value):
                text = f"the webhook {code(name)} was added"
                yield Finding("webhook-added", item.pointer, "", text)
            elif is_mapping(item.value):
                yield from self._webhook(name, old[name], item)
        for name, item in old.items():
            if name not in new or not is_mapping(new[name].value):
                text = f"the webhook {code(name)} was removed"
                yield Finding("webhook-removed", item.pointer, "", text)

    def _webhook(self, name: str, old: Spot, new: Spot) -> Iterator[Finding]:
        yield from self._extensions(old, new)
        for method in METHODS:
            was, now = old.member(method), new.member(method)
            if is_mapping(was.value) and is_mapping(now.value):
                # The API is the one that sends: what arrives is like a response.
                yield from self._headers(_sent_headers(was), _sent_headers(now), _where(new))
                bodies = was.member("requestBody").followed(), now.member("requestBody").followed()
                yield from self._content(*bodies, "response")
            elif is_mapping(was.value) or is_mapping(now.value):
                change = "added" if is_mapping(now.value) else "removed"
                spot = now if change == "added" else was
                text = f"the {method.upper()} of the webhook {code(name)} was {change}"
                yield Finding(f"webhook-{change}", spot.pointer, "", text)

    def _other_schemas(self) -> Iterator[Finding]:
        """Schemas that no operation uses have classes too: they describe what is received."""
        before, after = (_unused_schemas(it) for it in (self._old, self._new))
        everywhere = [
            it.member("components").members("schemas").keys() for it in (self._old, self._new)
        ]
        gone = {name: spot for name, spot in before.items() if name not in everywhere[1]}
        come = {name: spot for name, spot in after.items() if name not in everywhere[0]}
        same = partial(self._schemas.same, direction="response")
        for old_name, new_name in _renamed(gone, come, same):
            del gone[old_name], come[new_name]
        for name, spot in after.items():
            if name in come:
                text = f"the schema {code(name)} was added"
                yield Finding("schema-added", spot.pointer, "", text)
            elif name in before:
                yield from self._schemas.compare(before[name], spot, "response")
        for name, spot in gone.items():
            text = f"the schema {code(name)} was removed"
            yield Finding("schema-removed", spot.pointer, "", text)

    def _found(self, change: str, place: str, text: str) -> Finding:
        return Finding(change, place, describe(self._new.value, place), text)


_REQUIRED: Final = {True: "is now always part of", False: "can now be absent from"}


def _where(spot: Spot) -> str:
    return describe(spot.document, spot.pointer)


def _renamed(
    gone: dict[_Key, Spot], come: dict[_Key, Spot], same: Callable[[Spot, Spot], bool]
) -> list[tuple[_Key, _Key]]:
    """Pair what is gone with what has come, where exactly one fits."""
    fits = [(old, new) for old in gone for new in come if same(gone[old], come[new])]
    firsts, seconds = [old for old, _ in fits], [new for _, new in fits]
    return [it for it in fits if firsts.count(it[0]) == seconds.count(it[1]) == 1]


def _place(node: OperationNode) -> tuple[str, str]:
    return node.method, re.sub(r"\{[^{}]*\}", "{}", node.path)


def _id(node: OperationNode) -> str:
    return str(node.operation.get("operationId") or f"{node.method.upper()} {node.path}")


def _sent(node: OperationNode) -> str:
    return code(f"{node.method.upper()} {node.path}")


def _is_success(status: str) -> bool:
    return status.startswith("2")


def _responses(operation: Spot) -> dict[str, Spot]:
    found = operation.members("responses")
    return {status: spot for status, spot in found.items() if not status.startswith("x-")}


def _parameters(top: Spot, node: OperationNode) -> dict[tuple[str, str], Spot]:
    """The parameters of an operation and of its path, by where they are sent and their name.

    Those of the path go by their position in it.
    """
    found: dict[tuple[str, str], Spot] = {}
    positions = re.findall(r"\{([^{}]*)\}", node.path)
    for holder in (top.member("paths", node.path), top.member("paths", node.path, node.method)):
        listed = holder.member("parameters")
        for index in range(len(listed.value or ())):
            spot = listed.member(index).followed()
            name = str(spot.value["name"])
            if spot.value["in"] == "path" and name in positions:
                name = str(positions.index(name))
            elif spot.value["in"] == "header":
                name = name.lower()
            found[spot.value["in"], name] = spot
    return found


def _style(parameter: dict[str, Any]) -> str:
    style = str(parameter.get("style", _STYLES[parameter["in"]]))
    explode = parameter.get("explode", style == "form") is True
    reserved = ", reserved characters as they are" if parameter.get("allowReserved") else ""
    return f"{style}, {'exploded' if explode else 'not exploded'}{reserved}"


def _media_types(holder: Spot) -> dict[str, Spot]:
    found = holder.members("content") if is_mapping(holder.value) else {}
    return {name.partition(";")[0].strip().lower(): spot for name, spot in found.items()}


def _sent_headers(operation: Spot) -> dict[str, Spot]:
    listed = operation.member("parameters")
    spots = [listed.member(index).followed() for index in range(len(listed.value or ()))]
    return {str(spot.value["name"]): spot for spot in spots if spot.member("name").value}


def _security(operation: Spot) -> set[frozenset[tuple[str, tuple[str, ...]]]]:
    """The ways to authenticate, each a set of schemes and their scopes, by what they mean."""
    document = operation.document
    schemes = Spot(document, document, "").member("components").members("securitySchemes")
    stated: list[dict[str, list[str]]] = operation.value.get("security", document.get("security"))
    return {
        frozenset((_scheme(schemes[name].value), tuple(sorted(it))) for name, it in choice.items())
        for choice in stated or [{}]
    }


def _scheme(scheme: dict[str, Any]) -> str:
    match scheme:
        case {"type": "apiKey", "in": place, "name": name}:
            return f"the {place} {code(name)}"
        case {"type": "http", "scheme": name}:
            return f"HTTP {code(str(name).lower())}"
        case {"type": "openIdConnect", "openIdConnectUrl": url}:
            return f"OpenID Connect of {code(url)}"
        case _:
            return f"OAuth 2 ({code(json.dumps(scheme.get('flows'), sort_keys=True))})"


def _choices(security: set[frozenset[tuple[str, tuple[str, ...]]]]) -> str:
    choices = (
        " and ".join(
            sorted(
                f"{name} with {code(', '.join(scopes))}" if scopes else name for name, scopes in it
            )
        )
        for it in security
    )
    return " or ".join(sorted(choice or "no authentication" for choice in choices))


def _rank(retry: str) -> int:
    return _RETRY_CLASSES.index(retry) if retry in _RETRY_CLASSES else 0


def _rate(limit: Any) -> float:
    """Return the requests in a second; 0 where the extension, which nothing validates, is wrong."""
    try:
        return float(limit["requests"]) / float(limit["window_seconds"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return 0


def _per(limit: Any, other: Any) -> Any:
    """Return what the limit is counted by, like the other one where that is not stated."""
    return limit.get("per", other.get("per"))


def _limit(limit: Any) -> str:
    if not _rate(limit):
        return _compact(limit)
    per = f" per {limit['per']}" if "per" in limit else ""
    return code(f"{limit['requests']} in {limit['window_seconds']} s{per}")


def _compact(value: Any) -> str:
    if value is None:
        return "none"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return code(text) if len(text) <= 200 else "different"


def _unused_schemas(top: Spot) -> dict[str, Spot]:
    """The named schemas that no operation and no webhook uses."""
    schemas = top.member("components").members("schemas")
    used: set[str] = set()
    waiting: list[tuple[Spot, Any]] = [
        (top.member("paths", path), "path item") for path in top.value["paths"]
    ]
    waiting += [(item, "path item") for item in top.members("x-webhooks").values()]
    while waiting:
        spot, kind = waiting.pop()
        for node in walk(spot.value, kind):
            if is_reference(node.value) and node.value["$ref"] not in used:
                used.add(node.value["$ref"])
                waiting.append((Spot(top.document, node.value, "").followed(), node.kind))
    return {
        name: spot
        for name, spot in schemas.items()
        if "#" + pointer("components", "schemas", name) not in used
    }
