"""Which notification speaks of a message, and for which of its recipients. Pure."""

from collections.abc import Sequence
from email.utils import parseaddr
from itertools import groupby

from lockgate.model.findings import Maturity, Report
from lockgate.model.notice import NoticeFacts, Outcome, outcome_of
from lockgate.model.policy import Condition
from lockgate.model.trace import MessageTrace, RecipientTrace, Step
from lockgate.notifications.notices.settings import NoticeRule
from lockgate.policy.conditions import matching
from lockgate.policy.filters import BY_ID, Filter

MOST_REASONS = 10
MOST_RECIPIENTS = 50
LONGEST = 200  # characters of a subject, an address or a reason


def is_ours(trace: MessageTrace) -> bool:
    """Whether this installation wrote the message, proven: nobody is ever told of it."""
    return any(one.step is Step.OWN_MAIL for one in trace.events)


def is_automatic(trace: MessageTrace, own_address: str) -> bool:
    """Whether a program wrote the message, by its own word, or it claims to come from us without the proof."""
    claims = any(one.step is Step.AUTOMATIC for one in trace.events)
    return claims or own_address in (trace.mail_from.lower(), parseaddr(trace.header_from)[1].lower())


def found(rule: NoticeRule, trace: MessageTrace) -> list[NoticeFacts]:
    """What the rule has to tell of a message, one for each outcome: most messages have one, or none at all."""
    if rule.direction not in (None, trace.direction):
        return []
    if rule.verdicts and trace.verdict not in rule.verdicts:
        return []
    if rule.filters and not any(_finds(BY_ID[one], trace) for one in rule.filters):
        return []
    meant = [(outcome, one) for one in trace.recipients if (outcome := _outcome(rule, one))]
    meant.sort(key=lambda pair: pair[0])
    grouped = groupby(meant, key=lambda pair: pair[0])
    return [facts(trace, outcome, [one for _, one in same]) for outcome, same in grouped]


def facts(trace: MessageTrace, outcome: Outcome, recipients: Sequence[RecipientTrace]) -> NoticeFacts:
    """What is known of the message, for these recipients."""
    first = recipients[0]
    said = [one.explanation for one in trace.findings if one.maturity is Maturity.ENFORCED and one.weight >= 0]
    return NoticeFacts(
        trace.id, trace.direction, trace.finished_at, _cut(trace.header_from or trace.mail_from),
        tuple(_cut(one.rcpt_to) for one in recipients[:MOST_RECIPIENTS]), _cut(trace.subject), trace.verdict,
        tuple(map(_cut, said[:MOST_REASONS])), outcome, first.policy_name, first.rule,
    )  # fmt: skip


def _outcome(rule: NoticeRule, one: RecipientTrace) -> Outcome | None:
    outcome = outcome_of(one)
    if outcome is None or (rule.outcomes and outcome not in rule.outcomes):
        return None
    if (rule.policies and one.policy_id not in rule.policies) or (rule.rules and one.rule not in rule.rules):
        return None
    return outcome


def _finds(one: Filter, trace: MessageTrace) -> bool:
    if trace.verdict in one.verdicts:
        return True
    counted = tuple(each for each in trace.findings if each.maturity is Maturity.ENFORCED)
    report = Report(trace.verdict, 0.0, counted) if trace.verdict else None
    return report is not None and bool(one.findings) and bool(matching(Condition(findings=one.findings), report))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
