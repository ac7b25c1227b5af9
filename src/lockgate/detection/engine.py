"""Runs every detector over one message; each one gets an outcome, and what failed is named.

The rule it keeps: a failure is a finding. A crash, a missing fact or a limit becomes an `Incomplete`; nothing is
swallowed, and nothing counts as innocent because it could not be looked at.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from lockgate.detection import scoring
from lockgate.detection.catalogue import Catalogue
from lockgate.detection.content import MAY_HOLD, Content
from lockgate.detection.correlation import own_rules, variables
from lockgate.detection.correlation.signals import Signals
from lockgate.detection.detector import Detector, Found, Unfinished
from lockgate.detection.file_exceptions import FileExceptions, file_exceptions
from lockgate.detection.files.listing import seen_files
from lockgate.detection.overrides import Overrides, overrides_of
from lockgate.detection.plan import NOT_CONFIGURED, plan
from lockgate.model.envelope import Direction
from lockgate.model.facts import Facts, Origin
from lockgate.model.findings import Evidence, Failure, Finding, Incomplete, Maturity, Report, SeenFile
from lockgate.model.message import Message
from lockgate.model.reputation import Reputation
from lockgate.model.tuning import Tuning

__all__ = ["NOT_CONFIGURED", "inspect"]

EVIDENCE_LIMIT = 8
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
    origin = facts.get(Origin)
    planned = plan(
        catalogue,
        origin.direction if origin else Direction.INBOUND,
        frozenset((*supplies, Signals, *_held(views))),
        facts.missing,
        frozenset(overrides.maturities.items()),
    )
    said = _Gathering(gaps=[*planned.gaps])
    excepted = file_exceptions(facts.get(Reputation), views)
    for stage in planned.stages:
        for detector in stage:
            _run(detector, views, supplies, overrides, said, excepted)
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


def _held(content: Content) -> tuple[type, ...]:
    """What the message holds; all it may where that cannot be found out: each detector then fails by its own name."""
    try:
        return content.holds
    except Exception:  # noqa: BLE001 - the detectors are the boundary that records the crash
        return MAY_HOLD


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
    content: Content,
    supplies: Mapping[type, object],
    overrides: Overrides,
    said: _Gathering,
    excepted: FileExceptions,
) -> None:
    signs: list[Found] = []
    try:
        if detector.topics and content.topics.isdisjoint(detector.topics):
            return
        for outcome in detector.function(*map(supplies.get, detector.asks_for)):
            match outcome:
                case Found():
                    signs.append(outcome)
                case Unfinished(why, failure, essential):
                    said.gaps.append(Incomplete(detector.id, failure, why, essential))
    except Exception as error:  # noqa: BLE001 - the boundary that turns a detector's crash into a recorded outcome
        said.gaps.append(Incomplete(detector.id, Failure.CRASHED, f"{type(error).__name__}: {error}"[:EXCERPT_LIMIT]))
    if signs := signs and excepted.left(detector.id, detector.category, signs):
        maturity = overrides.maturity(detector)
        finding = _merge(detector, signs, overrides.weight(detector), maturity)
        (said.shadow if maturity is Maturity.SHADOW else said.enforced).append(finding)


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
    shortened = [*_shorten(pieces)]
    if len(shortened) <= EVIDENCE_LIMIT:
        return tuple(shortened)
    kept: list[Evidence] = []
    parts: set[str] = set()
    for piece in shortened:
        part = piece.where.partition(" > ")[0] if piece.where.startswith("part ") else ""
        if len(kept) < EVIDENCE_LIMIT or (part and part not in parts):
            kept.append(piece)
        parts.add(part)
    return tuple(kept)


def _shorten(pieces: Iterable[Evidence]) -> Iterator[Evidence]:
    for piece in dict.fromkeys(pieces):
        shown = " ".join(piece.excerpt.split())[:EXCERPT_LIMIT]
        yield piece if shown == piece.excerpt else Evidence(piece.where, shown)
