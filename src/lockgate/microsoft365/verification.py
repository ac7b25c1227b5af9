"""Settings in Microsoft 365 that could get in the way: what each means, and the exact fix. Reads, never changes.

`CHECKLIST` can be shown before there is any access; `verify` answers the same questions from a survey.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from lockgate.microsoft365.exchange_client import Json
from lockgate.microsoft365.installation import Installation
from lockgate.microsoft365.survey import Survey
from lockgate.microsoft365.wanted import owner_mark

MOST_RULES = 300  # mail flow rules per organisation (microsoft-365.md §3.4)
OUR_RULES = 6  # with both directions protected


class Outcome(StrEnum):
    """How a check came out. UNKNOWN: it could not be read."""

    PASS = "pass"  # noqa: S105 - not a password
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to check, with where it is in Microsoft's portals."""

    id: str
    title: str
    meaning: str
    where: str


@dataclass(frozen=True, slots=True)
class Check:
    """One question answered. `fix` is empty when nothing is to be done."""

    question: Question
    outcome: Outcome
    detail: str
    fix: str = ""


SPF = Question(
    "spf-hard-fail",
    "SPF hard fail is off in every inbound anti-spam policy",
    "Mail comes back from the gateway's address, which is not in the sender's SPF record. With 'SPF record: hard fail' "
    "on, Exchange would mark every such message as spam.",
    "Microsoft Defender portal > Email & collaboration > Policies & rules > Threat policies > Anti-spam > each inbound "
    "policy > Mark as spam > SPF record: hard fail: Off",
)
PARTNERS = Question(
    "partner-connectors",
    "No Partner connector for all senders locks mail to other addresses or certificates",
    "Such a connector makes Exchange refuse mail from all but the named host; the gateway would be refused too.",
    "Exchange admin center > Mail flow > Connectors > from Partner organisation",
)
RULES = Question(
    "rule-slots",
    "There is room for the gateway's mail flow rules",
    f"An organisation may have {MOST_RULES} mail flow rules; the gateway needs {OUR_RULES}.",
    "Exchange admin center > Mail flow > Rules",
)
CUSTOMISED = Question(
    "organisation-customisation",
    "Organisation customisation is enabled",
    "A new organisation is 'dehydrated': its policies cannot be changed until it was prepared once.",
    "Exchange Online PowerShell: Enable-OrganizationCustomization",
)
CERTIFICATE = Question(
    "certificate-name",
    "The gateway's name lies inside an accepted domain",
    "Exchange knows returned mail by the certificate, and only when its name belongs to an accepted domain of yours.",
    "Microsoft 365 admin center > Settings > Domains: add and verify the gateway's domain",
)
DIRECT_SEND = Question(
    "reject-direct-send",
    "Reject Direct Send is understood",
    "With it on, Exchange refuses unauthenticated mail from your own domains unless a connector covers it; the "
    "gateway's connector does, printers and applications may not be covered.",
    "Exchange Online PowerShell: Get-OrganizationConfig | fl RejectDirectSend",
)
OTHERS = Question(
    "other-gateways",
    "No other product routes mail out and back",
    "Two products that both route by rule see each message twice or miss it. Decide which one runs, or their order.",
    "Exchange admin center > Mail flow > Rules that use a connector",
)
EARLIER = Question(
    "earlier-rules",
    "No other rule stops processing before the gateway's rules",
    "A rule that stands before the routing rules and stops rule processing lets the mail that it matches past the "
    "gateway. That may be meant, for mail that must not be inspected; otherwise it is a gap.",
    "Exchange admin center > Mail flow > Rules: move the rule below those of Lockgate, or take its 'stop' away",
)
BLOCKED = Question(
    "blocked-connectors",
    "No connector is blocked",
    "Exchange blocks a connector through which suspicious mail came; what comes back from the gateway would wait.",
    "Microsoft Defender portal > Review > Restricted entities: find out why, then unblock the connector",
)
CHECKLIST = (SPF, PARTNERS, RULES, CUSTOMISED, CERTIFICATE, DIRECT_SEND, OTHERS, EARLIER, BLOCKED)


def verify(survey: Survey, installation: Installation) -> tuple[Check, ...]:
    """Every question, answered from what was read."""
    return (
        _asked(survey, SPF, "Get-HostedContentFilterPolicy", _spf),
        _asked(survey, PARTNERS, "Get-InboundConnector", _partners),
        _asked(survey, RULES, "Get-TransportRule", lambda found: _slots(found, installation)),
        _asked(survey, CUSTOMISED, "Get-OrganizationConfig", _customised),
        _certificate(survey, installation),
        _asked(survey, DIRECT_SEND, "Get-OrganizationConfig", _direct_send),
        _asked(survey, OTHERS, "Get-TransportRule", lambda found: _others(found, installation)),
        _asked(survey, EARLIER, "Get-TransportRule", lambda found: _earlier(found, installation)),
        _asked(survey, BLOCKED, "Get-BlockedConnector", _blocked),
    )


Answer = tuple[Outcome, str, str]


def _asked(survey: Survey, question: Question, cmdlet: str, answer: Callable[[list[Json]], Answer]) -> Check:
    if cmdlet not in survey.extras:
        return Check(question, Outcome.UNKNOWN, survey.unread.get(cmdlet, "It was not read."), question.where)
    return Check(question, *answer(survey.extras[cmdlet]))


def _spf(policies: list[Json]) -> Answer:
    hard = [str(one.get("Name")) for one in policies if str(one.get("MarkAsSpamSpfRecordHardFail")) == "On"]
    if not hard:
        return Outcome.PASS, f"{len(policies)} policies looked at", ""
    return Outcome.FAIL, f"On in: {', '.join(hard)}", SPF.where


def _partners(connectors: list[Json]) -> Answer:
    locking = [
        str(one.get("Name"))
        for one in connectors
        if one.get("ConnectorType") == "Partner"
        and one.get("Enabled")
        and any("*" in str(domain) for domain in one.get("SenderDomains") or ())
        and (one.get("RestrictDomainsToCertificate") or one.get("RestrictDomainsToIPAddresses"))
    ]
    if not locking:
        return Outcome.PASS, f"{len(connectors)} inbound connectors looked at", ""
    return Outcome.FAIL, f"Locks all senders: {', '.join(locking)}", f"Change or disable it: {PARTNERS.where}"


def _slots(rules: list[Json], installation: Installation) -> Answer:
    free = MOST_RULES - sum(1 for one in rules if not _is_ours(one, installation))
    if free >= OUR_RULES:
        return Outcome.PASS, f"{free} rules are free", ""
    return Outcome.FAIL, f"only {free} rules are free", "Remove rules that are not needed any more."


def _customised(configs: list[Json]) -> Answer:
    if any(one.get("IsDehydrated") for one in configs):
        return Outcome.FAIL, "The organisation is dehydrated.", CUSTOMISED.where
    return Outcome.PASS, "It is.", ""


def _certificate(survey: Survey, installation: Installation) -> Check:
    host = installation.gateway_host
    inside = [one.name for one in survey.domains if host == one.name or host.endswith("." + one.name)]
    exact = [one for one in survey.domains if one.covers(host)]
    if exact:
        return Check(CERTIFICATE, Outcome.PASS, f"{host} belongs to {exact[0].name}.")
    fix = f"Add {host} to the domains of the organisation and verify it."
    detail = f"{host} is below {inside[0]}, but not an accepted domain itself." if inside else f"{host} is outside."
    return Check(CERTIFICATE, Outcome.FAIL, detail, fix)


def _direct_send(configs: list[Json]) -> Answer:
    if any(one.get("RejectDirectSend") for one in configs):
        return Outcome.WARN, "Reject Direct Send is on.", "Check that devices and applications have a connector."
    return Outcome.PASS, "Reject Direct Send is off.", ""


def _others(rules: list[Json], installation: Installation) -> Answer:
    routing = [
        str(one.get("Name"))
        for one in rules
        if one.get("RouteMessageOutboundConnector")
        and str(one.get("State")) != "Disabled"
        and not _is_ours(one, installation)
    ]
    if not routing:
        return Outcome.PASS, "No other rule routes mail to a connector.", ""
    return Outcome.WARN, f"Rules that route mail elsewhere: {', '.join(routing)}", OTHERS.meaning


def _earlier(rules: list[Json], installation: Installation) -> Answer:
    ordered = sorted(rules, key=lambda one: int(str(one.get("Priority") or 0)))
    routing = [
        number
        for number, one in enumerate(ordered)
        if _is_ours(one, installation) and one.get("RouteMessageOutboundConnector")
    ]
    if not routing:
        return Outcome.PASS, "The gateway's rules are put in front of all others when they are made.", ""
    stopping = [
        str(one.get("Name"))
        for one in ordered[: max(routing)]
        if one.get("StopRuleProcessing") and str(one.get("State")) != "Disabled" and not _is_ours(one, installation)
    ]
    if not stopping:
        return Outcome.PASS, "None does.", ""
    return Outcome.WARN, f"They stop before the gateway's rules: {', '.join(stopping)}", EARLIER.where


def _blocked(connectors: list[Json]) -> Answer:
    if not connectors:
        return Outcome.PASS, "None is.", ""
    names = ", ".join(str(one.get("Name") or one.get("ConnectorId") or "unnamed") for one in connectors)
    return Outcome.FAIL, f"Blocked: {names}", BLOCKED.where


def _is_ours(rule: Json, installation: Installation) -> bool:
    return owner_mark(installation.id) in str(rule.get("Comments") or "")
