"""Clients in tests say how long they wait: httpx gives up after five seconds, which a busy machine can take."""

import ast
from collections.abc import Iterator
from pathlib import Path

CLIENTS = {
    f"httpx.{name}" for name in ("Client", "AsyncClient", "get", "post", "put", "patch", "delete", "request", "stream")
}
IN_PROCESS = "transport"  # no network, hence no time


def breaches(root: Path) -> Iterator[str]:
    """Every client without a time."""
    for path in sorted((root / "tests").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in CLIENTS:
                said = {one.arg for one in node.keywords}
                if not said & {"timeout", IN_PROCESS}:
                    yield f"{path}:{node.lineno}: a client without a timeout; tests.patience has one"
