"""Mail flow rules of others beside ours: room, order, and what happens twice (microsoft-365.md §3.4, §4.12)."""

from lockgate.microsoft365.verification.evidence import Evidence
from lockgate.microsoft365.verification.mail_flow_rules import READ, before_ours, mail_flow_rules
from lockgate.microsoft365.verification.question import Answer, Asked, Question, failed, passed, several, warned

MOST_RULES = 300  # mail flow rules per organisation (microsoft-365.md §3.4)
OUR_RULES = 7  # with both directions protected

ROOM = Question(
    "rule-slots",
    "There is room for the gateway's mail flow rules",
    f"An organisation may have {MOST_RULES} mail flow rules; the gateway needs {OUR_RULES}.",
    "Exchange admin center > Mail flow > Rules",
)
EARLIER = Question(
    "earlier-rules",
    "No other rule stops processing before the gateway's rules",
    "A rule that stands before the routing rules and stops rule processing lets the mail that it matches past the "
    "gateway. That may be meant, for mail that must not be inspected; otherwise it is a gap.",
    "Exchange admin center > Mail flow > Rules: move the rule below those of Lockgate, or take its 'stop' away",
)
TWICE = Question(
    "rules-that-act-twice",
    "No rule changes mail before it goes to the gateway",
    "Protected mail meets the rules twice: before it goes to the gateway, and after it has come back. The gateway's "
    "routing rule stops the first time, so a rule below it acts once. A rule above it acts both times: two "
    "disclaimers, a subject with two marks; and what it encrypts the gateway cannot read.",
    "Exchange admin center > Mail flow > Rules: move the rule below those of Lockgate",
)


def _room(evidence: Evidence) -> Answer:
    free = MOST_RULES - sum(1 for one in mail_flow_rules(evidence) if not one.ours)
    if free >= OUR_RULES:
        return passed(f"{free} rules are free")
    return failed(f"only {free} rules are free", "Remove rules that are not needed any more.")


def _earlier(evidence: Evidence) -> Answer:
    before = before_ours(mail_flow_rules(evidence))
    if before is None:
        return passed("The gateway's rules are put in front of all others when they are made.")
    stopping = [one.name for one in before if one.stops]
    if not stopping:
        return passed("None does.")
    return warned(f"They stop before the gateway's rules: {', '.join(stopping)}", EARLIER.where)


def _twice(evidence: Evidence) -> Answer:
    rules = mail_flow_rules(evidence)
    altering = [one.name for one in rules if one.acts and one.alters and not one.ours]
    before = before_ours(rules)
    if before is None:
        names = f" They will stand before {several(altering)}, which then act once." if altering else ""
        return passed(f"The gateway's rules are put in front of all others when they are made.{names}")
    twice = [f"'{one.name}' {' and '.join(one.alters)}" for one in before if one.acts and one.alters]
    if twice:
        fix = f"{TWICE.where}; or give it an exception for what it has done already."
        return warned(f"Before the gateway's rules: {'; '.join(twice)}.", fix)
    return passed(f"{several(altering)} act after the gateway, once." if altering else "No rule changes mail.")


CHECKS = (Asked(ROOM, _room, (READ,)), Asked(EARLIER, _earlier, (READ,)), Asked(TWICE, _twice, (READ,)))
