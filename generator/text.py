"""Write string literals, and docstrings from the texts of the spec."""

import re
import textwrap
from collections.abc import Mapping

from openapi_python_client.strings import safe_for_docstring

WIDTH = 92


def literal(value: str) -> str:
    """Return Python source of exactly this string, in double quotes.

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
    """Return the text of a docstring: the paragraphs of the intro, then the sections with text."""
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
    """Return a section with an entry `name: words` for each name that has words."""
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
    """Return the text with a full stop at its end."""
    return text if not text or text.endswith((".", "?", "!")) else f"{text}."


def first_sentence(text: str) -> str:
    """Return the first sentence of a text, on one line."""
    flat = " ".join(text.split())
    match = re.match(r".+?[.!?](?=\s|$)", flat)
    return match.group() if match else flat
