"""Makes text that came from outside safe to show: only plain words survive.

A server's sentence can repeat what was sent to it (a phone number, an IIN, a name, the API
key). No list of bad patterns catches every name, so this works the other way round: a word is
shown only when it is an everyday word of this API, which is to say one that the specification's
own prose uses. Anything else becomes "...". Figures are shown when they are short.
"""

import functools
import json
import re
from collections.abc import Iterable, Iterator
from typing import cast

from apipay.specification import document

REDACTED = "..."
_LIMIT = 300
_SECRET_DIGITS = 6  # a run of this many digits can be a phone number, an IIN or a part of one

_PROSE = """
    a about above after again all allowed already an and any are as at be because been before
    being below between bill billed body but by can cannot contact could database declined did
    differ digits do does due during each empty end equal error errors exceed exceeded exceeds
    exist exists expected expired failed few field first for format found from gateway given go
    greater had has have id if in inactive insufficient internal invalid invoice invoices is it
    its key large later least left length less like limit list long longer lower maintenance many
    match may maximum me message method minimum minute missing month more most must negative new
    no none not null number of off on once one only operation or other out over own page past path
    pattern payment pending per please positive possible provided query range rate reached
    refund refunded refunds refused request requests required resource retry same second seconds
    see server service session should size small smaller some something started state still stop
    string such support take temporarily than that the their then there these they this through
    time timeout to today too try two type unable unauthorized unavailable unexpected unknown
    unsupported until up upstream use used valid value values verification verified verify version
    wait was were what when which while will with within without wrong yet you your zero
"""
_PLAIN_WORDS = frozenset(_PROSE.split())

_TOKEN = re.compile(
    r"(?P<figures>\+?\d(?:[\d\s().,+-]*\d)?)(?![^\W_])"  # with the marks that people group by
    r"|(?P<word>[^\W\d_]+(?:'[^\W\d_]+)?)(?!\d)"
    r"|(?P<mixed>\w+)",
)
_ALLOWED_MARK = re.compile(r"""[^\s.,:;!?()'"/_\[\]-]""")


def _prose(node: object) -> Iterator[str]:
    """Descriptions, summaries and names in a specification; examples are left out."""
    if isinstance(node, dict):
        for key, value in cast("dict[str, object]", node).items():
            if key in ("example", "examples", "contact"):
                continue
            yield key
            if key in ("description", "summary", "title", "enum", "operationId", "name"):
                yield json.dumps(value, ensure_ascii=False)
            yield from _prose(value)
    elif isinstance(node, list):
        for value in cast("list[object]", node):
            yield from _prose(value)


@functools.cache
def _vocabulary() -> frozenset[str]:
    """Every word that may be shown; read once, when the first error needs it."""
    words = re.findall(r"[A-Za-z]+", " ".join(_prose(document())))
    return _PLAIN_WORDS | frozenset(word.lower() for word in words)


def safe_text(text: str, secrets: Iterable[str] = ()) -> str:
    """Return `text` with nothing in it but this API's plain words and short figures.

    `secrets` are removed first, whatever they look like. At most 300 characters are looked at.
    """
    for secret in secrets:
        if secret:
            text = text.replace(secret, REDACTED)
    text = " ".join(text[:_LIMIT].split())
    words = _vocabulary()

    def show(match: re.Match[str]) -> str:
        token = match.group()
        if match.lastgroup == "figures":
            return token if sum(map(str.isdigit, token)) < _SECRET_DIGITS else REDACTED
        if match.lastgroup == "word":
            return token if token.lower() in words else REDACTED
        parts = token.split("_")  # phone_number, but not sk_live_9a8b
        plain = all(part.lower() in words for part in parts if part)
        return token if plain and any(parts) else REDACTED

    shown = _ALLOWED_MARK.sub(lambda mark: mark[0] if mark[0].isalnum() else "", text)
    shown = _TOKEN.sub(show, " ".join(shown.split()))
    return re.sub(r"\.\.\.(?:[\s.,:;'\"/_-]*\.\.\.)+", REDACTED, shown).strip()
