"""Remove from a generated module what no other module uses."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path


def prune(module: Path, users: Iterable[Path], kept: Iterable[str] = ()) -> None:
    """Remove the top-level definitions of a module that nothing uses.

    Args:
        module: The file; it is rewritten.
        users: The files that use it, as `codec.x`, `_codec.x` or `from .codec import x`.
        kept: Names that stay in any case.
    """
    source = module.read_text("utf-8")
    wanted = {*kept}.union(*(_used(user, module.stem) for user in users))
    statements = list(_statements(source))
    needed: set[str] = set()
    while wanted - needed:
        needed |= wanted
        for _, names, references in statements:
            if names & needed:
                wanted |= references
    text = "".join(part for part, names, _ in statements if not names or names & needed)
    module.write_text(text, "utf-8")


def _statements(source: str) -> Iterator[tuple[str, set[str], set[str]]]:
    """Yield each top-level statement with the comment before it, what it defines and refers to."""
    lines = source.splitlines(keepends=True)
    start = 0
    for node in ast.parse(source).body:
        end = node.end_lineno or start
        names: set[str] = set()
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names = {node.name}
        elif isinstance(node, ast.Assign):
            names = {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names = {node.target.id}
        yield "".join(lines[start:end]), names, _names(node)
        start = end


def _names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _used(user: Path, module: str) -> set[str]:
    """Return the names of the module that a file uses."""
    tree = ast.parse(user.read_text("utf-8"))
    imported: set[str] = set()
    used: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == module:
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            used |= {node.attr} if node.value.id.removeprefix("_") == module else set()
    return used | (imported & _names(tree))
