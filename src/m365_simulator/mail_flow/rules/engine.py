"""Runs a tenant's rules over a message in priority order, splitting it where a rule fits only some recipients."""

import re
from dataclasses import dataclass, replace

from m365_simulator.exchange_admin import rule_propagation
from m365_simulator.exchange_admin.organisation import TransportRuleView
from m365_simulator.mail_flow.message import Message, Recipient
from m365_simulator.mail_flow.rules import actions, conditions
from m365_simulator.mail_flow.rules.actions import Branch
from m365_simulator.mail_flow.rules.facts import Facts
from m365_simulator.world import Tenant, World, new_guid


@dataclass(frozen=True, slots=True)
class Readings:
    """How what Microsoft does not say is read (coverage.md, switches of mail flow)."""

    own_domain: str
    shared_id: bool
    first_route: bool


class RuleDeferralError(Exception):
    """A rule with RuleErrorAction Defer could not be evaluated; the argument is the rule's name and the cause."""


def run(world: World, tenant: Tenant, message: Message) -> list[Branch]:
    """The branches of a message after all rules; rules in audit mode and disabled ones change nothing."""
    readings = Readings(
        str(world.switches.get("unauthenticated_own_domain", "NotInOrganization")),
        shared_id=world.switches.get("bifurcated_network_message_id", "new") == "shared",
        first_route=world.switches.get("several_routes", "last") == "first",
    )
    branches = [Branch(message)]
    for rule in rule_propagation.in_mail_flow(world, tenant):
        if rule.enabled and rule.mode == "Enforce":
            branches = [after for branch in branches for after in _run_one(rule, branch, tenant, readings)]
    return branches


def _run_one(rule: TransportRuleView, branch: Branch, tenant: Tenant, readings: Readings) -> list[Branch]:
    if branch.fate.final:
        return [branch]
    message = branch.message
    facts = Facts(message, tenant, readings.own_domain, rule.sender_address_location, rule.recipient_address_type)
    try:
        matched = conditions.matching(rule, facts)
    except (re.error, ValueError, LookupError) as error:  # a bad pattern or number in the rule
        if rule.rule_error_action == "Defer":
            raise RuleDeferralError(f"{rule.name}: {error}") from error
        return [branch]
    if not matched:
        return [branch]
    hit = Branch(message.with_recipients(matched), branch.fate, branch.applied)
    others = _others(message, matched, shared_id=readings.shared_id)
    applied = actions.apply(rule, hit, facts, first_route=readings.first_route)
    return [applied, Branch(others, branch.fate, branch.applied)] if others is not None else [applied]


def _others(message: Message, matched: tuple[Recipient, ...], *, shared_id: bool) -> Message | None:
    """The rest of a bifurcated message; it travels under a network message id of its own, unless they share it."""
    rest = tuple(one for one in message.envelope.recipients if one not in matched)
    if not rest:
        return None
    rest_of_it = message.with_recipients(rest)
    return rest_of_it if shared_id else replace(rest_of_it, network_message_id=new_guid())
