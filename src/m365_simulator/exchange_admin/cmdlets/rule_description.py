"""What Get-TransportRule derives from a rule's properties: predicate and action lists, and prose."""

from m365_simulator.exchange_admin.organisation import is_unset
from m365_simulator.exchange_admin.rule_predicates import ACTION_PARAMETERS, CONDITION_PARAMETERS
from m365_simulator.world import JsonValue, Properties

NAMESPACE = "Microsoft.Exchange.MessagingPolicies.Rules.Tasks"
# Parameters that only complete another one and have no predicate or action of their own.
_COMPANIONS = frozenset(
    {
        "HeaderContainsWords",
        "HeaderMatchesPatterns",
        "SetHeaderValue",
        "RejectMessageEnhancedStatusCode",
        "ApplyHtmlDisclaimerFallbackAction",
        "ApplyHtmlDisclaimerLocation",
        "IncidentReportContent",
    }
)


def predicate_lists(rule: Properties) -> Properties:
    """`Conditions`, `Exceptions` and `Actions`, null when empty."""
    conditions = _types(rule, CONDITION_PARAMETERS, "", "Predicate")
    exceptions = _types(rule, CONDITION_PARAMETERS, "ExceptIf", "Predicate")
    actions = _types(rule, ACTION_PARAMETERS, "", "Action")
    return {"Conditions": conditions or None, "Exceptions": exceptions or None, "Actions": actions or None}


def _types(rule: Properties, names: frozenset[str], prefix: str, suffix: str) -> list[JsonValue]:
    present = [name for name in sorted(names - _COMPANIONS) if not is_unset(rule.get(prefix + name))]
    return [f"{NAMESPACE}.{name}{suffix}" for name in present]


def description(rule: Properties) -> str:
    """The rule in words, with the comments in front as Exchange has no other searchable place for them."""
    parts = [
        ("If the message:", _phrases(rule, CONDITION_PARAMETERS, "")),
        ("Take the following actions:", _phrases(rule, ACTION_PARAMETERS, "")),
        ("Except if the message:", _phrases(rule, CONDITION_PARAMETERS, "ExceptIf")),
    ]
    blocks = [f"{title}\r\n\t" + "\r\n\t".join(phrases) for title, phrases in parts if phrases]
    comments = rule.get("Comments")
    return "\r\n".join([str(comments), *blocks] if comments else blocks) + "\r\n"


def _phrases(rule: Properties, names: frozenset[str], prefix: str) -> list[str]:
    found = [(name, rule.get(prefix + name)) for name in sorted(names)]
    return [f"{name}: {_words(value)}" for name, value in found if not is_unset(value)]


def _words(value: JsonValue) -> str:
    return " or ".join(f"'{item}'" for item in value) if isinstance(value, list) else f"'{value}'"
