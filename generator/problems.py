"""Holds `SpecError`, the one error of reading and repairing a spec, and JSON pointers.

Every refusal names its place by a JSON pointer (RFC 6901), says what is wrong and how to fix it.
"""

from pathlib import Path


def pointer(*parts: object) -> str:
    """Make the JSON pointer (RFC 6901) of the place under these keys and indexes.

    `pointer("paths", "/invoices/{id}")` is `/paths/~1invoices~1{id}`; no parts is `""`, which is
    the whole document.
    """
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def short(value: object, limit: int = 60) -> str:
    """Give `value` as text for a message: one line, at most `limit` characters."""
    text = " ".join(str(value).split())
    text = "".join(character if character.isprintable() else "?" for character in text)
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


class SpecError(Exception):
    """The spec cannot be used as it is: where, what is wrong, and how to fix it.

    Attributes:
        pointer: JSON pointer of the place; `""` is the whole document.
        problem: what is wrong there, without a full stop.
        remedy: what to do about it, without a full stop.
        file: the file that the spec was read from, if known; it can be set later.
        others: further problems that were found in the same step.
    """

    def __init__(
        self, problem: str, *, pointer: str = "", remedy: str, file: Path | None = None
    ) -> None:
        """Say what is wrong (`problem`) at `pointer`, and what to do about it (`remedy`)."""
        super().__init__(problem)
        self.pointer = pointer
        self.problem = problem
        self.remedy = remedy
        self.file = file
        self.others: tuple[SpecError, ...] = ()

    def __str__(self) -> str:
        """One line: the file, the place, the problem, the remedy."""
        place = [str(self.file)] if self.file else []
        place += [short(self.pointer, 300)] if self.pointer else []
        return f"{': '.join([*place, self.problem])}. {self.remedy}."

    def __reduce__(self) -> tuple[object, ...]:
        """Let it cross a process boundary: keyword arguments are not pickled by default."""
        return _rebuild, (self.problem, self.pointer, self.remedy, self.file)


def _rebuild(problem: str, pointer: str, remedy: str, file: Path | None) -> SpecError:
    return SpecError(problem, pointer=pointer, remedy=remedy, file=file)
