"""Problems found by a contract test, and what it covered. Needs no third-party package."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "undocumented-field",
    "missing-field",
    "unknown-enum-value",
    "wrong-type",
    "invalid-value",
    "undocumented-status",
    "undocumented-operation",
    "unreadable-body",
]


@dataclass(frozen=True, slots=True)
class Problem:
    """One difference from the specification. It holds no value of a request or response.

    Attributes:
        kind: What is wrong.
        operation: The operationId, or the method and "an unknown path".
        where: "request" or "response STATUS".
        pointer: JSON pointer into the body, or `/query/NAME`, `/path/NAME`, `/header/NAME`.
        text: What is wrong, in types and names from the specification.
    """

    kind: Kind
    operation: str
    where: str
    pointer: str
    text: str

    def __str__(self) -> str:
        return (
            f"{self.operation}, {self.where}, at {self.pointer or '/'}: {self.text} ({self.kind})"
        )


class ContractError(BaseException):
    """A request or a response does not conform to openapi.yaml; `problems` lists how.

    A BaseException, as pytest's own failures are: neither `except Exception` in the tested code nor
    the client, which takes an error while sending for a lost response, can hide it.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Coverage:
    """The (operation, status) pairs that calls reached, for several transports and threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._documented: dict[str, frozenset[int]] = {}
        self._seen: dict[str, set[int]] = {}

    def document(self, operations: Mapping[str, frozenset[int]]) -> None:
        """Add what there is to cover: the documented statuses of each operation."""
        with self._lock:
            self._documented.update(operations)

    def add(self, operation: str, status: int) -> None:
        """Count a response."""
        with self._lock:
            self._seen.setdefault(operation, set()).add(status)

    @property
    def missing(self) -> dict[str, list[int]]:
        """The documented statuses that no response had, by operation."""
        with self._lock:
            rest = {
                operation: sorted(statuses - self._seen.get(operation, set()))
                for operation, statuses in self._documented.items()
            }
        return {operation: statuses for operation, statuses in rest.items() if statuses}

    def report(self) -> str:
        """Return the coverage as text: a summary, then one line for each operation."""
        missing = self.missing
        documented = sum(len(statuses) for statuses in self._documented.values())
        left = sum(len(statuses) for statuses in missing.values())
        called = sum(1 for operation in self._documented if self._seen.get(operation))
        lines = [
            f"{called} of {len(self._documented)} operations, "
            f"{documented - left} of {documented} documented statuses"
        ]
        for operation, statuses in sorted(self._documented.items()):
            rest = missing.get(operation)
            state = f"missing {', '.join(map(str, rest))}" if rest else "complete"
            lines.append(f"{operation}: {len(statuses) - len(rest or ())}/{len(statuses)}, {state}")
        return "\n".join(lines)

    def require_complete(self) -> None:
        """Raise AssertionError with the report unless every documented status was reached."""
        if self.missing or not self._documented:
            raise AssertionError(self.report())
