"""Runs every detector over one message; each one gets an outcome, and what failed is named.

The rule it keeps: a failure is a finding. A crash, a missing fact or a limit becomes an `Incomplete`; nothing is
swallowed, and nothing counts as innocent because it could not be looked at.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from lockgate.detection import scoring
from lockgate.detection.catalogue import Catalogue
from lockgate.detection.content import Content
from lockgate.detection.correlation import own_rules, variables
from lockgate.detection.correlation.signals import Signals
from lockgate.detection.detector import Detector, Found, Need, Unfinished
from lockgate.detection.file_exceptions import FileExceptions, file_exceptions
from lockgate.detection.files.listing import seen_files
from lockgate.detection.overrides import Overrides, overrides_of
from lockgate.model.envelope import Direction
from lockgate.model.facts import Facts, Origin
from lockgate.model.findings import Evidence, Failure, Finding, Incomplete, Maturity, Report, SeenFile
from lockgate.model.message import Message
from lockgate.model.reputation import Reputation
from lockgate.model.tuning import Tuning

NOT_CONFIGURED = "not configured"
EVIDENCE_LIMIT = 8
_DRAFT = Maturity.DRAFT
EXCERPT_LIMIT = 200


@dataclass(slots=True)
class _Gathering:
    """What the detectors said so far."""

    enforced: list[Finding] = field(default_factory=list)
    shadow: list[Finding] = field(default_factory=list)
    gaps: list[Incomplete] = field(default_factory=list)


def inspect(
    message: Message,
    facts: Facts,
    catalogue: Catalogue,
    overrides: Overrides | None = None,
    content: Content | None = None,
) -> Report:
    """Judge a message. Never raises for anything the message contains; the same input gives the same report.

    `Report.milliseconds` stays 0: whoever calls owns the clock. Without `overrides` those of the tuning among the
    facts count. `content` is given by those who have looked into the message already.
    """
    tuning = facts.get(Tuning)
    overrides = overrides_of(tuning) if overrides is None else overrides
    views = content or Content(message)
    supplies: dict[type, object] = {Content: views, Message: message}
    for fact in reversed(facts.known):  # the first of a kind counts
        supplies[type(fact)] = fact
    said = _Gathering()
    origin = facts.get(Origin)
    direction = origin.direction if origin else Direction.INBOUND
    maturities = overrides.maturities
    excepted = file_exceptions(facts.get(Reputation), views)
    for stage in catalogue.stages(direction):
        for detector in stage:
            if maturities.get(detector.id, detector.maturity) is not _DRAFT:
                _run(detector, supplies, facts, overrides, said, excepted)
        supplies[Signals] = Signals(tuple(said.enforced))
    if tuning is not None and tuning.rules:
        _own_rules(message, views, facts, tuning, said)
    files = _files(views, said)
    judgement = scoring.judge(said.enforced)
    return Report(
        verdict=judgement.verdict,
        score=judgement.score,
        findings=tuple(sorted(said.enforced, key=lambda finding: (-abs(finding.weight), finding.detector))),
        incomplete=tuple(said.gaps),
        shadow=tuple(said.shadow),
        catalogue=overrides.mark(catalogue.fingerprint),
        files=files,
    )


def _files(content: Content, said: _Gathering) -> tuple[SeenFile, ...]:
    """What policies about files ask; a list that could not be made is a gap like any other."""
    try:
        return seen_files(content)
    except Exception as error:  # noqa: BLE001 - the boundary that turns a crash into a recorded outcome
        said.gaps.append(Incomplete("files", Failure.CRASHED, f"{type(error).__name__}: {error}"[:EXCERPT_LIMIT]))
        return ()


def _own_rules(message: Message, content: Content, facts: Facts, tuning: Tuning, said: _Gathering) -> None:
    """The organisation's own rules see everything that was found before them."""
    before = scoring.judge(said.enforced)
    seen = variables.of_findings(said.enforced, before.score, before.verdict.value)
    found = own_rules.evaluate(tuning, variables.together(variables.of_message(message, content, facts), seen))
    said.enforced += found.enforced
    said.shadow += found.shadow
    said.gaps += found.gaps


def _run(
    detector: Detector,
    supplies: Mapping[type, object],
    facts: Facts,
    overrides: Overrides,
    said: _Gathering,
    excepted: FileExceptions,
) -> None:
    if not detector.kinds <= supplies.keys() and not _can_do_without(detector, supplies, facts, said):
        return
    signs: list[Found] = []
    try:
        for outcome in detector.function(*map(supplies.get, detector.asks_for)):
            match outcome:
                case Found():
                    signs.append(outcome)
                case Unfinished(why, failure, essential):
                    said.gaps.append(Incomplete(detector.id, failure, why, essential))
    except Exception as error:  # noqa: BLE001 - the boundary that turns a detector's crash into a recorded outcome
        said.gaps.append(Incomplete(detector.id, Failure.CRASHED, f"{type(error).__name__}: {error}"[:EXCERPT_LIMIT]))
    signs = excepted.left(detector.id, detector.category, signs)
    if signs:
        maturity = overrides.maturity(detector)
        finding = _merge(detector, signs, overrides.weight(detector), maturity)
        (said.shadow if maturity is Maturity.SHADOW else said.enforced).append(finding)


def _can_do_without(detector: Detector, supplies: Mapping[type, object], facts: Facts, said: _Gathering) -> bool:
    """Whether all that is missing is optional; what was wanted and could not be had is recorded."""
    for need in detector.needs:
        if need.kind in supplies:
            continue
        if not need.optional:
            said.gaps.append(_missing(detector, need, facts))
            return False
        if any(gap.name == need.kind.__name__ and gap.why != NOT_CONFIGURED for gap in facts.missing):
            said.gaps.append(replace(_missing(detector, need, facts), essential=False))
    return True


def _missing(detector: Detector, need: Need, facts: Facts) -> Incomplete:
    """A fact that nobody set up is no reason to hold mail; one that could not be had today is."""
    name = need.kind.__name__
    why = next((gap.why for gap in facts.missing if gap.name == name), NOT_CONFIGURED)
    return _gap(detector.id, name, why)


@lru_cache(maxsize=512)
def _gap(detector: str, fact: str, why: str) -> Incomplete:
    return Incomplete(detector, Failure.MISSING_FACT, f"{fact}: {why}", essential=why != NOT_CONFIGURED)


def _merge(detector: Detector, signs: list[Found], weight: float, maturity: Maturity) -> Finding:
    """One finding per detector: the strongest sign speaks, so that ten equal links do not count tenfold."""
    strongest = max(signs, key=lambda sign: abs(sign.strength))
    return Finding(
        detector=detector.id,
        category=detector.category,
        weight=round(weight * strongest.strength, 3),
        explanation=strongest.explanation,
        evidence=_evidence(piece for sign in signs for piece in sign.evidence),
        maturity=maturity,
        labels=tuple(dict.fromkeys(label for sign in signs for label in sign.labels)),
    )


def _evidence(pieces: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """The first pieces, then one for each further part: what is done to attachments is done to all of them."""
    kept: list[Evidence] = []
    parts: set[str] = set()
    for piece in _shorten(pieces):
        part = piece.where.partition(" > ")[0] if piece.where.startswith("part ") else ""
        if len(kept) < EVIDENCE_LIMIT or (part and part not in parts):
            kept.append(piece)
        parts.add(part)
    return tuple(kept)


def _shorten(pieces: Iterable[Evidence]) -> Iterable[Evidence]:
    seen = dict.fromkeys(pieces)
    return (Evidence(piece.where, " ".join(piece.excerpt.split())[:EXCERPT_LIMIT]) for piece in seen)
