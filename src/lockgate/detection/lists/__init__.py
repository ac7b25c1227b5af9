"""Lists of domains that ship with the product; read once per process, from files beside this one."""

from functools import cache, lru_cache
from importlib.resources import files


@cache
def listed(name: str) -> frozenset[str]:
    """The entries of `<name>.txt`, lower-case; lines that start with # are comments."""
    text = files(__name__).joinpath(f"{name}.txt").read_text(encoding="utf-8")
    lines = (line.strip().lower() for line in text.splitlines())
    return frozenset(line for line in lines if line and not line.startswith("#"))


@lru_cache(maxsize=16_384)
def covers(name: str, host: str) -> bool:
    """Whether `host` or a domain above it is on the list."""
    entries = listed(name)
    labels = host.lower().split(".")
    return any(".".join(labels[start:]) in entries for start in range(len(labels)))
