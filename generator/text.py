"""Text of generated code: string literals, and docstrings from the spec's words."""

import re
import textwrap
from collections.abc import Mapping

from openapi_python_client.strings import safe_for_docstring

WIDTH = 92


def literal(value: str) -> str:
    """Python source of exactly this string, in double quotes.

    openapi-python-client's own filter drops control characters, and with them the true name of a
    field on the wire.
    """
    return '"' + "".join(_escaped(character) for character in value) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode()


def docstring(intro: str, *sections: str) -> str:
    """A docstring's text: the intro's paragraphs, then the sections that are not empty."""
    paragraphs = [p for p in re.split(r"\n\s*\n", intro.strip()) if p.strip()]
    blocks = [_wrapped(p) for p in paragraphs]
    blocks += [section for section in sections if section]
    return safe_for_docstring("\n\n".join(blocks))


def _wrapped(paragraph: str) -> str:
    # A table or a list keeps its lines; prose is filled.
    if re.match(r"\s*([|*+-]|\d+[.)])\s?", paragraph):
        return "\n".join(line.rstrip() for line in paragraph.splitlines())
    return textwrap.fill(" ".join(paragraph.split()), WIDTH, break_long_words=False)


def section(title: str, described: Mapping[str, str]) -> str:
    """A section with one entry a name, `name: what it is`; names without words are left out."""
    lines = [
        textwrap.fill(
            f"{name}: {words}",
            WIDTH,
            initial_indent="    ",
            subsequent_indent="        ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        for name, words in described.items()
        if words
    ]
    return "\n".join([f"{title}:", *lines]) if lines else ""


def sentence(text: str) -> str:
    """The text with a full stop, if it ends without one."""
    return text if not text or text.endswith((".", "?", "!")) else f"{text}."


def first_sentence(text: str) -> str:
    """The first sentence of a text, on one line."""
    flat = " ".join(text.split())
    match = re.match(r".+?[.!?](?=\s|$)", flat)
    return match.group() if match else flat
