"""Administrators' own YARA rules: compiled apart from ours, and handed to the workers as one piece of bytes.

A rule says in its `meta` what it means: `category` (malware, phishing, spam or file; malware when left out), `weight`
(log-odds: 0.7 doubles the odds, 2.3 makes them tenfold) and `explanation` or `description`. Rules cannot include files,
and one set is either good as a whole or refused as a whole with a sentence that names file and line.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO

import yara_x

from lockgate.detection.byte_rules import SCAN_LIMIT, TIMEOUT_SECONDS, RuleHit, ScanFailed
from lockgate.model.errors import InvalidInput

CATEGORIES = ("malware", "phishing", "spam", "file")
WEIGHTS = {"malware": 6.0, "phishing": 3.0, "spam": 2.0, "file": 1.0}
HEAVIEST = 10.0
TEXT_LIMIT = 200


@dataclass(frozen=True, slots=True)
class OwnRuleSet:
    """Compiled rules, ready to travel. `version` changes with any byte of them; an empty set has none."""

    version: str = ""
    compiled: bytes = field(default=b"", repr=False)
    count: int = 0


def compile_rules(sources: Mapping[str, str]) -> OwnRuleSet:
    """One set from files by name. Raises InvalidInput with a sentence when any of them has a mistake."""
    if not sources:
        return OwnRuleSet()
    compiler = yara_x.Compiler()
    compiler.enable_includes(False)
    digest = hashlib.sha256()
    for name, text in sorted(sources.items()):
        digest.update(name.encode() + b"\0" + text.encode() + b"\0")
        compiler.new_namespace(name)
        try:
            compiler.add_source(text, origin=name)
        except yara_x.CompileError as error:
            raise InvalidInput(_sentence(name, compiler, error)) from error
    rules = compiler.build()
    for rule in rules:
        _check(rule)
    target = BytesIO()
    rules.serialize_into(target)
    return OwnRuleSet(digest.hexdigest()[:12], target.getvalue(), sum(1 for _ in rules))


class OwnRules:
    """A set in use. `version` marks reports, so that a replay can say what differs."""

    def __init__(self, version: str, compiled: bytes) -> None:
        self.version = version
        self._scanner = yara_x.Scanner(yara_x.Rules.deserialize_from(BytesIO(compiled)))
        self._scanner.set_timeout(TIMEOUT_SECONDS)

    def scan(self, content: bytes) -> Iterator[RuleHit | ScanFailed]:
        """Every rule that matches. `strength` of a hit is its weight in log-odds."""
        try:
            results = self._scanner.scan(content[:SCAN_LIMIT])
        except (yara_x.TimeoutError, yara_x.ScanError) as error:
            yield ScanFailed(f"own rules: {type(error).__name__}")
            return
        for rule in results.matching_rules:
            meta = dict(rule.metadata)
            family = str(meta.get("category", "malware"))
            told = str(meta.get("explanation") or meta.get("description") or "").strip()[:TEXT_LIMIT]
            name = f"{rule.namespace}:{rule.identifier}"
            yield RuleHit(name, family, told or f"what the rule {rule.identifier} looks for", _weight(meta, family))


def _weight(meta: Mapping[str, object], family: str) -> float:
    given = meta.get("weight", WEIGHTS.get(family, 1.0))
    return max(-HEAVIEST, min(HEAVIEST, float(given))) if isinstance(given, int | float) else WEIGHTS.get(family, 1.0)


def _check(rule: "yara_x.Rule") -> None:
    meta = dict(rule.metadata)
    category, weight = meta.get("category", "malware"), meta.get("weight", 1.0)
    if category not in CATEGORIES:
        raise InvalidInput(f"{rule.namespace}: rule {rule.identifier} has the category {category}; it may be "
                           f"{', '.join(CATEGORIES)}.")  # fmt: skip
    if isinstance(weight, bool) or not isinstance(weight, int | float) or abs(weight) > HEAVIEST:
        raise InvalidInput(f"{rule.namespace}: rule {rule.identifier} needs a number up to {HEAVIEST:g} as its weight.")


def _sentence(name: str, compiler: "yara_x.Compiler", error: Exception) -> str:
    found = compiler.errors()
    if not found:
        return f"{name}: {str(error).splitlines()[0]}."
    first = found[0]
    return f"{name}, line {first.get('line', '?')}: {first.get('title', 'a mistake')}."
