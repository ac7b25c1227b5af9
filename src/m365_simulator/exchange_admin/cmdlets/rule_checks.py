"""What New- and Set-TransportRule refuse, and the canonical form of what they accept (microsoft-365.md §3.4)."""

import json
import re

from m365_simulator.exchange_admin.addresses import any_ip_range, is_domain
from m365_simulator.exchange_admin.failures import NOT_FOUND, CmdletFailure, invalid
from m365_simulator.exchange_admin.invocation import Invocation
from m365_simulator.exchange_admin.object_store import find
from m365_simulator.exchange_admin.organisation import flag, is_unset, text, texts
from m365_simulator.exchange_admin.recipient_index import find_recipient
from m365_simulator.exchange_admin.rule_predicates import (
    ACTION_PARAMETERS,
    CONDITION_PARAMETERS,
    GROUP_CONDITIONS,
    HEADER_PAIRS,
    RECIPIENT_CONDITIONS,
)
from m365_simulator.world import Group, Properties

RULE_BYTES, ALL_PATTERN_BYTES, COMMENT_LENGTH, REASON_LENGTH = 8192, 20480, 1024, 1024
_HEADER_NAME = re.compile(r"^[!-9;-~]{1,255}$")
_RECIPIENT_ACTIONS = ("RedirectMessageTo", "BlindCopyTo", "CopyTo", "AddToRecipients", "ModerateMessageByUser")
_ONLY_MODIFIERS = frozenset({"SetAuditSeverity", "StopRuleProcessing", "RouteMessageOutboundRequireTls"})


def normalise(call: Invocation, rule: Properties) -> Properties:
    """Recipients as primary addresses, the connector by name, empty lists as null. Raises CmdletFailure."""
    for name, value in list(rule.items()):
        if value == [] or value == "":
            rule[name] = None
    for condition in (*GROUP_CONDITIONS, *RECIPIENT_CONDITIONS):
        for name in (condition, "ExceptIf" + condition):
            if name in call.parameters and rule.get(name):
                rule[name] = [
                    _recipient(call, name, value, condition in GROUP_CONDITIONS) for value in texts(rule, name)
                ]
    for name in _RECIPIENT_ACTIONS:
        if name in call.parameters and rule.get(name):
            rule[name] = [_address(call, value) for value in texts(rule, name)]
    if call.text("RouteMessageOutboundConnector"):
        rule["RouteMessageOutboundConnector"] = _connector(call, call.text("RouteMessageOutboundConnector"))
    return rule


def check(call: Invocation, rule: Properties) -> None:
    """Refuses what Exchange refuses. Raises CmdletFailure."""
    if len(text(rule, "Comments")) > COMMENT_LENGTH:
        raise invalid(f"Comments may have at most {COMMENT_LENGTH} characters.")
    _check_headers(rule)
    _check_values(rule)
    _check_reject(rule)
    if not any(not is_unset(rule.get(name)) for name in ACTION_PARAMETERS - _ONLY_MODIFIERS) and not flag(
        rule, "StopRuleProcessing"
    ):
        raise invalid("At least one action must be specified.")
    _check_sizes(call, rule)


def _recipient(call: Invocation, name: str, value: str, must_be_group: bool) -> str:
    found = find_recipient(call.tenant, value)
    if found is None or not found.mail:
        raise CmdletFailure(
            NOT_FOUND,
            f'Couldn\'t find object "{value}". Please make sure that it was spelled correctly or specify a different '
            f"object. Parameter: {name}",
        )
    if must_be_group and not isinstance(found, Group):
        raise invalid(f"'{value}' in {name} isn't a group.")
    return found.mail


def _address(call: Invocation, value: str) -> str:
    found = find_recipient(call.tenant, value)
    if found is not None and found.mail:
        return found.mail
    if "@" in value and is_domain(value.rpartition("@")[2]):
        return value
    raise CmdletFailure(NOT_FOUND, f'Couldn\'t find object "{value}". Please make sure that it was spelled correctly.')


def _connector(call: Invocation, identity: str) -> str:
    found = find(call.tenant, "OutboundConnector", identity)
    if found is None:
        raise invalid(f"The outbound connector '{identity}' used in RouteMessageOutboundConnector couldn't be found.")
    scoped = flag(found, "IsTransportRuleScoped")
    if not scoped and call.switch("rule_requires_scoped_connector", True) is True:
        raise invalid(f"The outbound connector '{identity}' isn't scoped to mail flow rules (IsTransportRuleScoped).")
    return text(found, "Name")


def _check_headers(rule: Properties) -> None:
    pairs = [*HEADER_PAIRS, ("SetHeaderName", "SetHeaderValue")]
    pairs += [("ExceptIf" + header, "ExceptIf" + values) for header, values in HEADER_PAIRS]
    for header, values in pairs:
        if is_unset(rule.get(header)) != is_unset(rule.get(values)):
            raise invalid(f"{header} and {values} must be specified together.")
    for name in ("SetHeaderName", "RemoveHeader", *(header for header, _ in pairs)):
        if text(rule, name) and not _HEADER_NAME.match(text(rule, name)):
            raise invalid(f"'{text(rule, name)}' in {name} isn't a valid header name.")


def _check_values(rule: Properties) -> None:
    for prefix in ("", "ExceptIf"):
        for value in texts(rule, prefix + "SenderIpRanges"):
            any_ip_range(value, prefix + "SenderIpRanges")
        for name in ("SenderDomainIs", "RecipientDomainIs"):
            for domain in texts(rule, prefix + name):
                if not is_domain(domain):
                    raise invalid(f"'{domain}' in {prefix + name} isn't a domain.")
    severity = text(rule, "SetAuditSeverity")
    if severity and severity.lower() not in {"donotaudit", "low", "medium", "high"}:
        raise invalid("SetAuditSeverity must be DoNotAudit, Low, Medium or High.")
    if flag(rule, "RouteMessageOutboundRequireTls") and flag(rule, "DeleteMessage"):
        raise invalid("DeleteMessage can't be combined with RouteMessageOutboundRequireTls.")


def _check_reject(rule: Properties) -> None:
    status, reason = text(rule, "RejectMessageEnhancedStatusCode"), text(rule, "RejectMessageReasonText")
    if len(reason) > REASON_LENGTH:
        raise invalid(f"RejectMessageReasonText may have at most {REASON_LENGTH} characters.")
    if not status:
        return
    allowed = status == "5.7.1" or re.fullmatch(r"5\.7\.9\d\d", status) is not None
    if not allowed:
        raise invalid("RejectMessageEnhancedStatusCode must be 5.7.1 or between 5.7.900 and 5.7.999.")


def _check_sizes(call: Invocation, rule: Properties) -> None:
    kept = {name: value for name, value in rule.items() if not is_unset(value)}
    derived = {"Conditions", "Exceptions", "Actions", "Description"}
    size = len(json.dumps({name: value for name, value in kept.items() if name not in derived}).encode())
    if size > RULE_BYTES:
        raise invalid(f"The rule is too large: {size} bytes; the maximum is {RULE_BYTES}.")
    total = sum(_pattern_bytes(other) for other in _other_rules(call, rule)) + _pattern_bytes(rule)
    if total > ALL_PATTERN_BYTES:
        raise invalid(f"The regular expressions of all rules together may have {ALL_PATTERN_BYTES} characters.")


def _other_rules(call: Invocation, rule: Properties) -> list[Properties]:
    rules = call.tenant.exchange.objects.get("TransportRule", {}).values()
    return [other for other in rules if other.get("Guid") != rule.get("Guid")]


def _pattern_bytes(rule: Properties) -> int:
    names = [prefix + name for name in CONDITION_PARAMETERS if name.endswith("Patterns") for prefix in ("", "ExceptIf")]
    patterns = [pattern for name in names for pattern in texts(rule, name)]
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error:
            raise invalid(f"The regular expression '{pattern}' isn't valid.") from None
    return sum(len(pattern) for pattern in patterns)
