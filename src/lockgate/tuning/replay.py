"""What a change of weights, maturities, own rules or lists would have done to past mail, told from the trace.

The trace keeps findings, not messages. So weights and maturities are exact; an own rule is evaluated over findings,
sender, recipients, subject and size; a list over senders and the domains seen in evidence. What a rule asks beyond that
cannot be told and is counted.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from lockgate.detection import scoring
from lockgate.detection.catalogue import Catalogue, default_catalogue
from lockgate.detection.correlation import own_rules
from lockgate.detection.correlation.expressions import Value
from lockgate.detection.correlation.own_rules import PREFIX
from lockgate.detection.correlation.variables import of_findings, together
from lockgate.detection.overrides import overrides_of
from lockgate.lookups.reputation_patterns import Matcher
from lockgate.model.findings import Category, Evidence, Finding, Maturity, Verdict
from lockgate.model.reputation import Entry, Indicators, Standing
from lockgate.model.trace import MessageTrace
from lockgate.model.tuning import Tuning

EXAMPLES = 50
_HOST = re.compile(r"https?://([^\s/?#:\"'<>]{3,255})", re.IGNORECASE)
BLOCKED, APPROVED = 8.0, -6.0  # as detectors/reputation weigh them


@dataclass(frozen=True, slots=True)
class Change:
    """What is tried: a tuning instead of the one in force, and entries on top of the lists."""

    tuning: Tuning
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """One message that would have been judged otherwise."""

    message_id: str
    received_at: datetime
    header_from: str
    subject: str
    before: Verdict
    after: Verdict
    score_before: float
    score_after: float
    because: tuple[str, ...]  # findings that are new, gone or weigh otherwise


@dataclass(slots=True)
class Replayed:
    """The sum: how many messages, which verdicts became which, which rules could not be told, and examples."""

    messages: int = 0
    moved: Counter[tuple[Verdict, Verdict]] = field(default_factory=Counter)
    hits: Counter[str] = field(default_factory=Counter)  # own rules, in shadow or enforced
    untold: Counter[str] = field(default_factory=Counter)
    examples: list[Changed] = field(default_factory=list)


def replay(traces: Iterable[MessageTrace], now: Tuning, change: Change) -> Replayed:
    """Judge past messages twice, as tuned now and as changed; both over the same stored findings."""
    told = Replayed()
    catalogue, matcher = default_catalogue(), Matcher.of(change.entries)
    for trace in traces:
        if trace.verdict is None:
            continue
        told.messages += 1
        stored = [one for one in trace.findings if not one.detector.startswith(PREFIX)]
        before = [*stored, *_own(trace, stored, now, Replayed())]
        changed = [*_tuned(stored, now, change.tuning, catalogue), *_listed(trace, matcher)]
        after = [*changed, *_own(trace, changed, change.tuning, told)]
        old, new = scoring.judge(_counting(before)), scoring.judge(_counting(after))
        if old.verdict is not new.verdict:
            told.moved[old.verdict, new.verdict] += 1
            if len(told.examples) < EXAMPLES:
                told.examples.append(
                    Changed(
                        trace.id, trace.received_at, trace.header_from, trace.subject, old.verdict, new.verdict,
                        old.score, new.score, _difference(before, after),
                    )
                )  # fmt: skip
    return told


def judged_again(trace: MessageTrace, was: Tuning, tuning: Tuning, lists: Matcher) -> tuple[Finding, ...]:
    """The findings that count as things are now; what a list said at the time is not said twice."""
    stored = [one for one in trace.findings if not one.detector.startswith(PREFIX)]
    known = {one.detector for one in stored}
    changed = [*_tuned(stored, was, tuning, default_catalogue())]
    changed += [one for one in _listed(trace, lists) if one.detector not in known]
    return tuple(_counting([*changed, *_own(trace, changed, tuning, Replayed())]))


def _counting(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.maturity is Maturity.ENFORCED]


def _tuned(stored: list[Finding], now: Tuning, tried: Tuning, catalogue: Catalogue) -> Iterator[Finding]:
    """Findings as the tried tuning would weigh them; those of a draft are gone, and correlations built on them."""
    old, new = overrides_of(now), overrides_of(tried)
    gone: set[str] = set()
    kept: list[Finding] = []
    for finding in stored:
        detector = catalogue.get(finding.detector)
        if detector is None:
            kept.append(finding)
            continue
        maturity = new.maturity(detector) if detector.id in tried.maturities else finding.maturity
        weighed = old.weight(detector)
        weight = finding.weight * new.weight(detector) / weighed if weighed else new.weight(detector)
        if maturity is not Maturity.ENFORCED and finding.maturity is Maturity.ENFORCED:
            gone.add(finding.detector)
        if maturity is not Maturity.DRAFT:
            kept.append(replace(finding, weight=round(weight, 3), maturity=maturity))
    for finding in kept:
        if not (finding.detector.startswith("correlation.") and gone & {one.where for one in finding.evidence}):
            yield finding


def _own(trace: MessageTrace, findings: list[Finding], tuning: Tuning, told: Replayed) -> list[Finding]:
    if not tuning.rules:
        return []
    judged = scoring.judge(_counting(findings))
    variables = together(_of_trace(trace), of_findings(_counting(findings), judged.score, judged.verdict.value))
    found = own_rules.evaluate(tuning, variables)
    told.untold.update(gap.detector for gap in found.gaps)
    told.hits.update(one.detector for one in (*found.enforced, *found.shadow))
    return [*found.enforced, *found.shadow]


def _of_trace(trace: MessageTrace) -> dict[str, Callable[[], Value]]:
    address = trace.header_from.lower()
    message: dict[str, Value] = {
        "subject": trace.subject,
        "size": trace.size,
        "from_address": address,
        "from_domain": address.rpartition("@")[2],
    }
    origin: dict[str, Value] = {
        "direction": trace.direction.value if trace.direction else "",
        "mail_from": trace.mail_from.lower(),
        "recipients": [one.rcpt_to.lower() for one in trace.recipients],
    }
    return {"message": lambda: message, "origin": lambda: origin}


def _listed(trace: MessageTrace, matcher: Matcher) -> Iterator[Finding]:
    excerpts = [one.excerpt for finding in trace.findings for one in finding.evidence]
    hosts = dict.fromkeys(match.lower() for excerpt in excerpts for match in _HOST.findall(excerpt))
    senders = tuple(dict.fromkeys(one.lower() for one in (trace.header_from, trace.mail_from) if "@" in one))
    for hit in matcher.hits(Indicators(senders, (), tuple(hosts)), trace.received_at):
        approved = hit.standing is Standing.APPROVED
        link = hit.value in hosts
        if approved and link:
            continue
        name = "approved" if approved else "blocked-link" if link else "blocked-sender"
        category = Category.INNOCENCE if approved else Category.PHISHING if link else Category.SPAM
        evidence = (Evidence(f"list {hit.source}", hit.pattern),)
        weight = APPROVED if approved else BLOCKED
        yield Finding(f"reputation.{name}", category, weight, f"{hit.value} is {hit.standing}", evidence)


def _difference(before: Iterable[Finding], after: Iterable[Finding]) -> tuple[str, ...]:
    old = {one.detector: one.weight for one in _counting(before)}
    new = {one.detector: one.weight for one in _counting(after)}
    said = [f"{name} {weight:+.1f} is new" for name, weight in new.items() if name not in old]
    said += [f"{name} {weight:+.1f} is gone" for name, weight in old.items() if name not in new]
    said += [f"{name} {old[name]:+.1f} becomes {new[name]:+.1f}" for name in old.keys() & new.keys()
             if old[name] != new[name]]  # fmt: skip
    return tuple(said)
