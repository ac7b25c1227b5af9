"""Mail flow rules: Get, New, Set, Remove, Enable, Disable (microsoft-365.md §3.4).

A stored rule has every property of the documentation (null when unset) plus Priority, State, Mode and lists of
its conditions, exceptions and actions. Priorities are always 0..n-1 without gaps.
"""

from m365_simulator.exchange_admin.cmdlet_table import cmdlets
from m365_simulator.exchange_admin.cmdlets.rule_checks import check, normalise
from m365_simulator.exchange_admin.cmdlets.rule_description import description, predicate_lists
from m365_simulator.exchange_admin.failures import INVALID_OPERATION, CmdletFailure, invalid, not_found
from m365_simulator.exchange_admin.invocation import Invocation, Run
from m365_simulator.exchange_admin.object_store import (
    check_name,
    commit,
    create,
    delete,
    find,
    merged,
    required,
    shelf,
)
from m365_simulator.exchange_admin.organisation import text, transport_rules
from m365_simulator.exchange_admin.wildcards import matches_filter
from m365_simulator.world import JsonValue, Properties

NOUN = "TransportRule"
RULES_PER_TENANT = 300
NOT_STORED = frozenset({"Identity", "Enabled", "Priority"})


def get(call: Invocation) -> list[Properties]:
    """Rules in priority order. Unlike with connectors, an identity that does not exist is an error."""
    if call.identity is not None:
        found = find(call.tenant, NOUN, call.identity)
        if found is None:
            raise not_found(call.identity)
        rules = [found]
    else:
        rules = [view.properties for view in transport_rules(call.tenant)]
    state, wanted = call.text("State"), call.text("Filter")
    rules = [rule for rule in rules if not state or rule["State"] == state]
    rules = [rule for rule in rules if not wanted or matches_filter(rule, wanted)]
    if call.flag("ExcludeConditionActionDetails"):
        hidden = {"Conditions", "Exceptions", "Actions", "Description"}
        return [{name: value for name, value in rule.items() if name not in hidden} for rule in rules]
    return rules


def new(call: Invocation) -> list[Properties]:
    """New-TransportRule. Enabled and in mode Enforce unless told otherwise; last unless Priority is given."""
    count = len(shelf(call.tenant, NOUN))
    if count >= RULES_PER_TENANT:
        raise CmdletFailure(
            INVALID_OPERATION, f"You can't have more than {RULES_PER_TENANT} rules in the organization."
        )
    priority = _priority(call, count, count)
    candidate = normalise(call, merged(_defaults(), call, NOT_STORED))
    check(call, candidate)
    check_name(call, NOUN, text(candidate, "Name"))
    candidate["State"] = "Enabled" if call.flag("Enabled", True) else "Disabled"
    made = create(call, NOUN, _described(candidate))
    made["Priority"] = count
    _move(call, made, priority)
    return [made]


def set_(call: Invocation) -> list[Properties]:
    """Set-TransportRule."""
    existing = required(call, NOUN)
    last = len(shelf(call.tenant, NOUN)) - 1
    priority = _priority(call, last, int(str(existing["Priority"])))
    candidate = normalise(call, merged(existing, call, NOT_STORED))
    check(call, candidate)
    check_name(call, NOUN, text(candidate, "Name"), text(existing, "Guid"))
    commit(call, existing, _described(candidate))
    _move(call, existing, priority)
    return []


def remove(call: Invocation) -> list[Properties]:
    """Remove-TransportRule; the rules below move up."""
    delete(call, NOUN, required(call, NOUN))
    _renumber(transport_rules_of(call))
    return []


def enable(call: Invocation) -> list[Properties]:
    """Enable-TransportRule, with a mode if one is given."""
    existing = required(call, NOUN)
    changes: Properties = {"State": "Enabled"}
    if call.given("Mode"):
        changes["Mode"] = call.text("Mode")
    commit(call, existing, changes)
    return []


def disable(call: Invocation) -> list[Properties]:
    """Disable-TransportRule."""
    commit(call, required(call, NOUN), {"State": "Disabled"})
    return []


def transport_rules_of(call: Invocation) -> list[Properties]:
    """The stored rules in priority order."""
    return [view.properties for view in transport_rules(call.tenant)]


def _priority(call: Invocation, highest: int, default: int) -> int:
    if not call.given("Priority"):
        return default
    wanted = int(call.text("Priority", "0"))
    if not 0 <= wanted <= highest:
        raise invalid(f"The priority must be between 0 and {highest}.")
    return wanted


def _move(call: Invocation, rule: Properties, priority: int) -> None:
    others = [other for other in transport_rules_of(call) if other is not rule]
    others.insert(priority, rule)
    _renumber(others)


def _renumber(rules: list[Properties]) -> None:
    for number, rule in enumerate(rules):
        rule["Priority"] = number


def _defaults() -> Properties:
    parameters = cmdlets()["new-transportrule"].parameters.values()
    unset: dict[str, JsonValue] = {p.name: None for p in parameters if p.name not in NOT_STORED}
    return {
        **unset,
        "Mode": "Enforce",
        "RuleErrorAction": "Ignore",
        "RuleSubType": "None",
        "SenderAddressLocation": "Header",
        "RecipientAddressType": "Resolved",
        "StopRuleProcessing": False,
        "RouteMessageOutboundRequireTls": False,
        "UseLegacyRegex": False,
        "DeleteMessage": False,
        "Quarantine": False,
    }


def _described(candidate: Properties) -> Properties:
    """Adds what Exchange derives: the lists of predicates and actions, and a description in words."""

    return {**candidate, **predicate_lists(candidate), "Description": description(candidate), "ManuallyModified": False}


CMDLETS: dict[str, Run] = {
    "Get-TransportRule": get,
    "New-TransportRule": new,
    "Set-TransportRule": set_,
    "Remove-TransportRule": remove,
    "Enable-TransportRule": enable,
    "Disable-TransportRule": disable,
}
