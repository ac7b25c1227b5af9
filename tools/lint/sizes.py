"""One idea per file, short functions: a file may have 400 lines, a function 50.

Why: every project that is loved has one file that is not, the thousand-line heart. A limit that is
checked keeps it from growing. Files of tables or of data may say `house-rule: table` in their first lines.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

FILE_LINES = 400
FUNCTION_LINES = 50
ESCAPE = "house-rule: table"


def breaches(root: Path) -> Iterator[str]:
    """Every source file or function over its limit."""
    for path in sorted((root / "src").rglob("*.py")):
        if "versions" in path.parts or "node_modules" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        lines = text.count("\n")
        if lines > FILE_LINES and ESCAPE not in text[:600]:
            yield f"{path}:1: {lines} lines; split it by idea (limit {FILE_LINES})"
        yield from _long_functions(path, text)


def _long_functions(path: Path, text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            length = node.end_lineno - node.lineno + 1
            if length > FUNCTION_LINES:
                yield f"{path}:{node.lineno}: {node.name} has {length} lines (limit {FUNCTION_LINES})"
