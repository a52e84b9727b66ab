"""Holds `compare`, which lists what differs between two specs, and how that is written.

Both documents should be valid and repaired (`generator.repair`). Descriptions, examples, links and
callbacks are not compared: the generated code does not depend on them.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final

from .operations import Comparison
from .rules import RULES, SEVERITIES, Change, Severity
from .schemas import PLACE, Finding

__all__ = ["RULES", "SEVERITIES", "Change", "Severity", "compare", "render", "render_json"]

#: The verb of a sentence that begins with the place.
_VERB: Final = re.compile(rf"^({PLACE} (?:now |no longer )?)(is|has|takes|needs|says|responds) ")
_PLURAL: Final = {"is": "are", "has": "have"}
_TITLES: Final = {
    "breaking": "Breaking changes",
    "additive": "Additions",
    "cosmetic": "Changes that no program notices",
}


def compare(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    """List what differs between two specs: what breaks first, then in the order of the new one.

    One cause is one row: a change of a component is reported at the component, and the same change
    in several places is reported once, with all its places.
    """
    places: dict[tuple[str, str, str, str], Finding] = {}
    for found in Comparison(old, new).findings():
        # What is both sent and received changes for both: the worse of the two counts.
        kind = found.id.removeprefix("request-").removeprefix("response-")
        key = found.pointer, found.where, found.text, kind
        if key not in places or _rank(found) < _rank(places[key]):
            places[key] = found
    rows: dict[tuple[str, str, str], list[Finding]] = {}
    for found in places.values():
        name = found.pointer.rpartition("/")[2]
        rows.setdefault((found.id, found.text, "" if name.isdecimal() else name), []).append(found)
    changes = [_row(found) for found in rows.values()]
    return sorted(changes, key=lambda change: SEVERITIES.index(change.severity))


def _rank(finding: Finding) -> int:
    return SEVERITIES.index(RULES[finding.id])


def _row(found: list[Finding]) -> Change:
    first, *others = found
    where = list(dict.fromkeys(it.where for it in found))
    shown = where if len(where) <= 4 else [*where[:3], f"{len(where) - 3} other places"]
    place = " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
    text = first.text
    if len(where) > 1:
        text = _VERB.sub(lambda it: f"{it[1]}{_PLURAL.get(it[2], it[2][:-1])} ", text)
    text = text.replace(PLACE, place)
    also = tuple(dict.fromkeys(it.pointer for it in others))
    return Change(first.id, RULES[first.id], first.pointer, f"{text[:1].upper()}{text[1:]}.", also)


def render(changes: Iterable[Change], *, ids: bool = True) -> str:
    """Return the changes as Markdown, by severity, each with its id or without."""
    listed = list(changes)
    sections = [
        f"### {title}\n\n"
        + "".join(f"- {it.text}{f' ({it.id})' * ids}\n" for it in listed if it.severity == severity)
        for severity, title in _TITLES.items()
        if any(it.severity == severity for it in listed)
    ]
    return "\n".join(sections) or "No changes.\n"


def render_json(changes: Iterable[Change]) -> str:
    """Return the changes as a JSON list of objects."""
    return json.dumps([asdict(change) for change in changes], ensure_ascii=False, indent=2) + "\n"
