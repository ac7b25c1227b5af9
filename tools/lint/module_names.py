"""A module is named after its idea: names that could hold anything are refused."""

from collections.abc import Iterator
from pathlib import Path

EMPTY_WORDS = {"utils", "util", "helpers", "common", "base", "misc", "manager", "handler", "handlers", "core"}


def breaches(root: Path) -> Iterator[str]:
    """Every module or package whose name says nothing."""
    for path in sorted((root / "src").rglob("*.py")):
        name = path.parent.name if path.name == "__init__.py" else path.stem
        if name in EMPTY_WORDS:
            yield f"{path}:1: '{name}' says nothing; name the idea"
