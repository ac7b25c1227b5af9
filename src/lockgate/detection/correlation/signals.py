"""What the detectors found about a message, as correlation rules look at it.

A rule sees findings that count; what is in shadow or speaks for nothing is no signal.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import translate
from functools import cached_property, lru_cache

from lockgate.model.findings import Evidence, Finding


@dataclass(frozen=True)
class Signals:
    """The enforced findings of the detectors that ran before."""

    findings: tuple[Finding, ...]

    @cached_property
    def by_id(self) -> dict[str, Finding]:
        """Each detector's finding."""
        return {finding.detector: finding for finding in self.findings}

    def of(self, *patterns: str, least: float = 0.0) -> tuple[Finding, ...]:
        """Findings against the message whose detector's id matches one of the patterns, the weightiest first.

        Those of less than `least` log-odds are left out.
        """
        named = _any_of(patterns)
        return tuple(one for one in self._against if one.weight >= least and named(one.detector))

    @cached_property
    def _against(self) -> list[Finding]:
        against = [finding for finding in self.findings if finding.weight > 0]
        return sorted(against, key=lambda finding: (-finding.weight, finding.detector))

    def weight(self, *patterns: str) -> float:
        """The sum of their weights, in log-odds."""
        return sum(finding.weight for finding in self.of(*patterns))

    @cached_property
    def is_vouched_for(self) -> bool:
        """Whether something strong speaks for the sender: an old correspondence, an answer to us, a colleague."""
        return any(
            finding.weight <= -1.2 and finding.detector not in ("innocence.automatic", "innocence.classifier")
            for finding in self.findings
            if finding.detector.startswith("innocence.")
        )


@lru_cache(maxsize=256)
def _any_of(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether an id matches one of them, remembered by id: rules ask the same of every message."""
    expression = re.compile("|".join(map(translate, patterns)))
    return lru_cache(maxsize=1_024)(lambda identity: expression.match(identity) is not None)


def evidence_of(findings: Iterable[Finding]) -> tuple[Evidence, ...]:
    """Which findings met, for the reader of a rule's finding."""
    return tuple(Evidence(finding.detector, finding.explanation) for finding in findings)
