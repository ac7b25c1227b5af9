"""Which detectors are asked of a message, settled once for all messages of which the same things are there.

The rule: a detector that wanted a fact and did not get it is named as a gap, whatever the message holds; one that has
nothing to look at would say nothing, and is not asked.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from lockgate.detection.catalogue import Catalogue
from lockgate.detection.detector import Detector, Need
from lockgate.model.envelope import Direction
from lockgate.model.facts import MissingFact
from lockgate.model.findings import Failure, Incomplete, Maturity

NOT_CONFIGURED = "not configured"


@dataclass(frozen=True, slots=True)
class Plan:
    """`stages` are those that look at the message, then those that look at what was found; `gaps` what they lack."""

    stages: tuple[tuple[Detector, ...], tuple[Detector, ...]]
    gaps: tuple[Incomplete, ...]


@lru_cache(maxsize=512)
def plan(
    catalogue: Catalogue,
    direction: Direction,
    there: frozenset[type],
    missing: tuple[MissingFact, ...],
    maturities: frozenset[tuple[str, Maturity]],
) -> Plan:
    """For mail of this direction; `there` are the types of what can be supplied, `maturities` the overridden ones."""
    overridden, reasons = dict(maturities), {gap.name: gap.why for gap in reversed(missing)}
    asked = [
        one
        for one in catalogue.detectors
        if direction in one.directions and overridden.get(one.id, one.maturity) is not Maturity.DRAFT
    ]
    gaps = tuple(gap for one in asked for gap in _gaps(one, there, reasons))
    able = [one for one in asked if one.can_look(there)]
    early, late = (tuple(one for one in able if one.correlates is looks) for looks in (False, True))
    return Plan((early, late), gaps)


def _gaps(detector: Detector, there: frozenset[type], reasons: dict[str, str]) -> Iterator[Incomplete]:
    """What it wanted and could not have; a fact that nobody set up is no reason to hold mail, and no loss if optional.

    After the first fact that it cannot do without nothing more is told.
    """
    for need in detector.needs:
        if need.kind in there:
            continue
        why = reasons.get(need.kind.__name__, NOT_CONFIGURED)
        if not need.optional:
            yield _gap(detector, need, why, essential=why != NOT_CONFIGURED)
            return
        if why != NOT_CONFIGURED:
            yield _gap(detector, need, why, essential=False)


def _gap(detector: Detector, need: Need, why: str, *, essential: bool) -> Incomplete:
    return Incomplete(detector.id, Failure.MISSING_FACT, f"{need.kind.__name__}: {why}", essential=essential)
