"""What policies would do with one message, why, and what would change it. Nothing is sent, stored or looked up.

Rule: the engine of the mail path decides; what is said beside its decision is asked of the same engine again, with a
finding or a rule less.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from lockgate.detection import scoring
from lockgate.model.decision import Decision, Fate
from lockgate.model.envelope import Direction
from lockgate.model.findings import Maturity, Report, Verdict
from lockgate.model.policy import Policy, PolicySet, RecipientProfile, Rule
from lockgate.model.trace import MessageTrace
from lockgate.policy import actions, conditions
from lockgate.policy.differences import condition_words
from lockgate.policy.engine import choose, decide
from lockgate.policy.explanation import links_words
from lockgate.policy.outcomes import outcome_of, words

MOST = 5
Profiles = Callable[[str], RecipientProfile]


@dataclass(frozen=True, slots=True)
class Applied:
    """A rule that applies: its condition in words, the findings that it matched, the actions that it asks for."""

    rule: str
    condition: str
    findings: tuple[str, ...]
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """What would become of the message for one recipient."""

    decision: Decision
    outcome: str
    applied: tuple[Applied, ...]
    would_change: tuple[str, ...]  # sentences
    links: str = ""  # what the policy wants done with the links; empty: they stay as they are


@dataclass(frozen=True, slots=True)
class Trial:
    """One message against one set of policies."""

    direction: Direction
    header_from: str
    subject: str
    report: Report
    recipients: tuple[Judged, ...]


def alone(tenant_id: str, policy: Policy) -> PolicySet:
    """This policy as if it were the only one, switched on."""
    return PolicySet(tenant_id, policy.direction, (replace(policy, enabled=True),))


def report_of(trace: MessageTrace) -> Report | None:
    """The judgement that the trace keeps; None for a message that was not inspected. Gaps are not kept."""
    if trace.verdict is None or trace.direction is None:
        return None
    counting = tuple(one for one in trace.findings if one.maturity is Maturity.ENFORCED)
    return Report(trace.verdict, trace.score or 0.0, counting, files=trace.files)


def protected(trace: MessageTrace, rcpt_to: str) -> str:
    """Whose policy it is: inbound the recipient's, outbound the sender's."""
    return rcpt_to if trace.direction is Direction.INBOUND else trace.mail_from or trace.header_from


def try_past(trace: MessageTrace, policies: PolicySet, profiles: Profiles) -> Trial | None:
    """A message of the trace, from the findings that it keeps; None when it was not inspected."""
    report = report_of(trace)
    if report is None:
        return None
    decided = [
        (decide(report, one.rcpt_to, profile, policies), profile)
        for one in trace.recipients
        for profile in [profiles(protected(trace, one.rcpt_to))]
    ]
    judged = tuple(explain(decision, profile, report, policies) for decision, profile in decided)
    return Trial(policies.direction, trace.header_from, trace.subject, report, judged)


def tried(about: tuple[str, str], report: Report, decisions: Sequence[Decision], policies: PolicySet,
          sender: str, profiles: Profiles) -> Trial:  # fmt: skip
    """A message that was examined now; `about` is its author and subject, `sender` whose policy counts outbound."""
    inbound = policies.direction is Direction.INBOUND
    judged = tuple(
        explain(decision, profiles(decision.rcpt_to if inbound else sender), report, policies) for decision in decisions
    )
    return Trial(policies.direction, *about, report, judged)


def explain(decision: Decision, profile: RecipientProfile, report: Report, policies: PolicySet) -> Judged:
    """The decision with the rules behind it and what would change it."""
    policy = choose(policies, profile)
    if policy is None:
        return Judged(decision, outcome_of(decision), (), ())
    rules = conditions.applying(policy, report)
    applied = tuple(_applied(rule, report) for rule in rules)
    said = dict.fromkeys(_would_change(decision, profile, report, policy, rules))
    goes_on = decision.fate in (Fate.RELAY, Fate.JUNK)
    links = links_words(decision.click_time) if decision.click_time and goes_on else ""
    return Judged(decision, outcome_of(decision), applied, tuple(said)[:MOST], links)


def _applied(rule: Rule, report: Report) -> Applied:
    found = tuple(finding.detector for finding in actions.findings_of(rule, report))
    if rule.when.files is not None:
        found += tuple(file.name for file in conditions.files_of(rule.when.files, report))
    return Applied(rule.name, condition_words(rule.when), found, tuple(action.kind.value for action in rule.actions))


def _would_change(
    decision: Decision, profile: RecipientProfile, report: Report, policy: Policy, rules: Sequence[Rule]
) -> Iterator[str]:
    def outcome(tried: Report, by: Policy) -> str:
        policies = alone("", replace(by, monitor_only=False))
        return outcome_of(decide(tried, decision.rcpt_to, profile, policies))

    wanted = outcome(report, policy)
    if policy.monitor_only and wanted != outcome_of(decision):
        yield f"If the policy did not only monitor: {words(wanted)}."
    for finding in sorted(report.findings, key=lambda one: -abs(one.weight)):
        left = [one for one in report.findings if one is not finding]
        judged = scoring.judge(left)
        other = outcome(replace(report, findings=tuple(left), verdict=judged.verdict, score=judged.score), policy)
        if other != wanted:
            yield f"Without “{finding.explanation}” ({finding.detector}): {words(other)}."
    for rule in rules:
        other = outcome(report, replace(policy, rules=tuple(one for one in policy.rules if one is not rule)))
        if other != wanted:
            yield f"Without rule '{rule.name}': {words(other)}."
    yield from _nearly(policy, report)


def _nearly(policy: Policy, report: Report) -> Iterator[str]:
    """Rules that only the probability keeps from applying."""
    for rule in policy.rules:
        least = rule.when.minimum_score
        if not rule.enabled or least is None or report.score >= least or report.verdict is Verdict.CLEAN:
            continue
        if conditions.holds(replace(rule.when, minimum_score=None), report):
            kinds = ", ".join(words(action.kind.value) for action in rule.actions)
            yield f"From probability {least:g} on (it is {report.score:.2f}) rule '{rule.name}' would apply: {kinds}."
