"""Mail flow rules as the checks see them, in their order, whoever made them."""

from dataclasses import dataclass

from lockgate.microsoft365.exchange_client import Json
from lockgate.microsoft365.resources.resource import text
from lockgate.microsoft365.verification.evidence import Evidence

READ = "Get-TransportRule"
# What changes a message for the second time when a rule meets it twice, in words (microsoft-365.md Appendix A).
ALTERING = {
    "ApplyHtmlDisclaimerText": "adds a disclaimer",
    "PrependSubject": "writes in front of the subject",
    "ApplyOME": "encrypts",
    "ApplyRightsProtectionTemplate": "encrypts",
}


@dataclass(frozen=True, slots=True)
class FoundRule:
    """One rule. `acts` is false for a rule that only tries out what it would do."""

    name: str
    ours: bool
    enabled: bool
    acts: bool
    stops: bool
    connector: str  # that it routes to; empty when it does not
    alters: tuple[str, ...]  # in words


def mail_flow_rules(evidence: Evidence) -> list[FoundRule]:
    """All that were read, the first one first."""
    ordered = sorted(evidence.found(READ), key=lambda one: int(str(one.get("Priority") or 0)))
    return [_parsed(one, evidence.is_ours(one.get("Comments"))) for one in ordered]


def before_ours(rules: list[FoundRule]) -> list[FoundRule] | None:
    """Rules of others that meet mail before the last of our routing rules does; None without a rule of ours."""
    routing = [number for number, one in enumerate(rules) if one.ours and one.connector]
    if not routing:
        return None
    return [one for one in rules[: max(routing)] if not one.ours and one.enabled]


def _parsed(one: Json, ours: bool) -> FoundRule:
    enabled = text(one, "State") != "Disabled"
    return FoundRule(
        name=text(one, "Name"),
        ours=ours,
        enabled=enabled,
        acts=enabled and text(one, "Mode") in ("", "Enforce"),
        stops=bool(one.get("StopRuleProcessing")),
        connector=text(one, "RouteMessageOutboundConnector"),
        alters=tuple(dict.fromkeys(words for name, words in ALTERING.items() if one.get(name))),
    )
