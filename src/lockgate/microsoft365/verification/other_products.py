"""Other products that mail goes through, known by the shape of what they made and not by their names.

A product like ours has a rule that routes to a connector used by rules only, and a connector of the type OnPremises
through which mail comes back (microsoft-365.md §4.3, §6). One that only watches gets copies by journal rules (§4.11).
"""

from lockgate.microsoft365.resources.outbound_connector import OUTBOUND_CONNECTORS
from lockgate.microsoft365.resources.resource import text
from lockgate.microsoft365.verification.evidence import Evidence
from lockgate.microsoft365.verification.inbound_connectors import READ as READ_CONNECTORS
from lockgate.microsoft365.verification.inbound_connectors import inbound_connectors
from lockgate.microsoft365.verification.mail_flow_rules import READ as READ_RULES
from lockgate.microsoft365.verification.mail_flow_rules import FoundRule, mail_flow_rules
from lockgate.microsoft365.verification.question import (
    Answer,
    Asked,
    Question,
    passed,
    quoted,
    several,
    unknown,
    warned,
)

READ_JOURNAL = "Get-JournalRule"
OTHERS = Question(
    "other-gateways",
    "No other product routes mail out and back, or gets copies of it",
    "Two products that both route by rule see each message twice or miss it. Decide which one runs, or their order. "
    "A journal rule reports each message each time it passes: with the gateway, before and after inspection.",
    "Exchange admin center > Mail flow > Rules that use a connector; Microsoft Purview portal > Exchange (legacy) > "
    "Journal rules",
)


def _others(evidence: Evidence) -> Answer:
    details, fixes = _routing(evidence)
    if copies := _journals(evidence):
        details.append(f"Journal rules send copies outside: {'; '.join(copies)}.")
        fixes.append("Expect two journal reports for each protected message, or narrow the journal rule's scope.")
    if details:
        return warned(" ".join(details), " ".join(fixes))
    if why := evidence.why_unread(READ_RULES, READ_CONNECTORS, READ_JOURNAL):
        return unknown(why, OTHERS.where)
    return passed("No other rule routes mail to a connector, and no journal rule sends copies outside.")


def _routing(evidence: Evidence) -> tuple[list[str], list[str]]:
    rules = [one for one in mail_flow_rules(evidence) if one.connector and one.acts and not one.ours]
    back = [one.name for one in inbound_connectors(evidence) if one.on_premises and one.enabled and not one.ours]
    scoped = _rule_scoped(evidence)
    inline = [one for one in rules if back and one.connector.lower() in scoped]
    away = [one for one in rules if one not in inline]
    details, fixes = [], []
    if inline:
        details.append(f"An inline product: {_named(inline)}, and mail comes back through {several(back)}.")
        commands = "; ".join(f"Disable-TransportRule -Identity {quoted(one.name)}" for one in inline)
        fixes.append(f"Decide which product inspects. To take the other one out: {commands}.")
    if away:
        details.append(f"Rules that route mail elsewhere: {_named(away)}.")
        fixes.append("Make sure that the mail which they match may go past the gateway, or move them below its rules.")
    return details, fixes


def _rule_scoped(evidence: Evidence) -> set[str]:
    """Names of outbound connectors that only rules use."""
    found = evidence.survey.objects.get(OUTBOUND_CONNECTORS.kind, {})
    return {name.lower() for name, one in found.items() if one.has({"IsTransportRuleScoped": True})}


def _named(rules: list[FoundRule]) -> str:
    return ", ".join(f"rule '{one.name}' routes to '{one.connector}'" for one in rules)


def _journals(evidence: Evidence) -> list[str]:
    """Enabled journal rules whose reports leave the organisation's own domains."""
    return [
        f"'{text(one, 'Name')}' to {text(one, 'JournalEmailAddress')}"
        for one in evidence.found(READ_JOURNAL)
        if one.get("Enabled") and not _is_inside(text(one, "JournalEmailAddress"), evidence)
    ]


def _is_inside(address: str, evidence: Evidence) -> bool:
    domain = address.rpartition("@")[2].lower()
    return any(one.covers(domain) for one in evidence.survey.domains)


CHECKS = (Asked(OTHERS, _others),)
