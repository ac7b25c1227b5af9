"""No committed file names a package registry's host: the client's own settings decide where packages come from."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

HOSTS = tuple(
    f"{name}.{top}" for name, top in (("registry.npmjs", "org"), ("files.pythonhosted", "org"), ("pypi", "org"))
)
SKIPPED_SUFFIXES = {".png", ".eml", ".samples"}


def breaches(root: Path) -> Iterator[str]:
    """Every tracked text file that names such a host."""
    listing = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True)
    for name in listing.stdout.splitlines():
        path = root / name
        if path.suffix in SKIPPED_SUFFIXES or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        for host in HOSTS:
            if host in text:
                yield f"{path}:1: names the registry host {host}"
