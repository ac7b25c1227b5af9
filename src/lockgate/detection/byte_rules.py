"""Byte rules: yara-x rules of our own, from `rules/*.yar`, compiled once per process.

A rule says in its `meta` what it is (`explanation`), how much it weighs relative to the detector (`strength`) and
which detector reports it (`family`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yara_x

SCAN_LIMIT = 150_000_000
"""Bytes of one piece: as much as the largest message that is taken in; the scan reads about a gigabyte a second."""
TIMEOUT_SECONDS = 5


@dataclass(frozen=True, slots=True)
class RuleHit:
    """One rule that matched one piece of content."""

    rule: str
    family: str
    explanation: str
    strength: float


@dataclass(frozen=True, slots=True)
class ScanFailed:
    """The scan could not be finished."""

    why: str


@cache
def rules() -> yara_x.Rules:
    """All rules. A rule with a mistake stops start-up with yara-x's own message."""
    compiler = yara_x.Compiler()
    for entry in sorted(files("lockgate.detection").joinpath("rules").iterdir(), key=lambda path: path.name):
        if entry.name.endswith(".yar"):
            compiler.new_namespace(entry.name.removesuffix(".yar"))
            compiler.add_source(entry.read_text(encoding="utf-8"), origin=entry.name)
    return compiler.build()


@cache
def _scanner() -> yara_x.Scanner:
    scanner = yara_x.Scanner(rules())
    scanner.set_timeout(TIMEOUT_SECONDS)
    return scanner


def scan(content: bytes) -> Iterator[RuleHit | ScanFailed]:
    """Every rule that matches. Content beyond `SCAN_LIMIT` is scanned up to there and reported as unfinished."""
    try:
        results = _scanner().scan(content[:SCAN_LIMIT])
    except (yara_x.TimeoutError, yara_x.ScanError) as error:
        yield ScanFailed(f"{type(error).__name__}: {error}")
        return
    for rule in results.matching_rules:
        meta = dict(rule.metadata)
        yield RuleHit(rule.identifier, str(meta["family"]), str(meta["explanation"]), float(meta.get("strength", 1.0)))
    if len(content) > SCAN_LIMIT:
        yield ScanFailed(f"only the first {SCAN_LIMIT // 1_000_000} MB were scanned")
