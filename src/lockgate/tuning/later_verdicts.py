"""Delivered mail that what is known now would have kept out, and held mail that it would have let pass.

Told from the findings that the trace keeps.

Rule: the policies in force decide twice, by the judgement of then and by that of now, so that only a new list entry,
weight, maturity or rule makes a difference, and what only monitors takes nothing back. Everybody who has the message
must be meant, and what an administrator has released stays. The classifier and detectors of a new version are not
asked: the trace has no messages.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime

from lockgate.detection import scoring
from lockgate.lookups.reputation_patterns import Matcher
from lockgate.model.decision import Fate
from lockgate.model.lifecycle import State
from lockgate.model.policy import PolicySet
from lockgate.model.pull_back import Destination
from lockgate.model.trace import MessageTrace
from lockgate.model.tuning import Tuning
from lockgate.policy.engine import decide
from lockgate.tuning.policy_trial import Profiles, protected, report_of
from lockgate.tuning.replay import judged_again

DELIVERED = frozenset({State.RELAYED, State.JUNKED})
KEPT_OUT = frozenset({Fate.QUARANTINE, Fate.DELETE, Fate.REJECT})
TuningAt = Callable[[datetime], Tuning]


def where_to(
    trace: MessageTrace,
    tuning_at: TuningAt,
    now: datetime,
    lists: Matcher,
    policies: PolicySet,
    profiles: Profiles,
) -> Destination | None:
    """Where it belongs now; None when it may stay where it is."""
    report = report_of(trace)
    mine = [one for one in trace.recipients if one.state in DELIVERED]
    if report is None or not mine or any(one.state is State.RELEASED for one in trace.recipients):
        return None
    findings = judged_again(trace, tuning_at(trace.received_at), tuning_at(now), lists)
    judged = scoring.judge(findings)
    if judged.score <= report.score:
        return None
    later = replace(report, verdict=judged.verdict, score=judged.score, findings=findings)
    found: set[Destination | None] = set()
    for one in mine:
        profile = profiles(protected(trace, one.rcpt_to))
        was, would = (decide(each, one.rcpt_to, profile, policies).fate for each in (report, later))
        found.add(_destination(was, would))
    return found.pop() if len(found) == 1 else None


def may_go(
    trace: MessageTrace,
    waiting: Collection[str],
    tuning_at: TuningAt,
    now: datetime,
    lists: Matcher,
    policies: PolicySet,
    profiles: Profiles,
) -> bool:
    """Whether it would be delivered by now to everybody of `waiting`, for whom it was held by the judgement of then."""
    report = report_of(trace)
    mine = [one for one in trace.recipients if one.rcpt_to in waiting]
    if report is None or len(mine) < len(waiting):
        return False
    findings = judged_again(trace, tuning_at(trace.received_at), tuning_at(now), lists)
    judged = scoring.judge(findings)
    if judged.score >= report.score:
        return False
    later = replace(report, verdict=judged.verdict, score=judged.score, findings=findings)
    for one in mine:
        profile = profiles(protected(trace, one.rcpt_to))
        was, would = (decide(each, one.rcpt_to, profile, policies).fate for each in (report, later))
        if was is not Fate.QUARANTINE or would is not Fate.RELAY:
            return False
    return bool(mine)


def _destination(was: Fate, would: Fate) -> Destination | None:
    if would in KEPT_OUT and was not in KEPT_OUT:
        return Destination.QUARANTINE
    return Destination.JUNK if would is Fate.JUNK and was is Fate.RELAY else None
