"""Rules take a while to reach all of Exchange (microsoft-365.md §3.4): `rule_propagation_seconds`, a switch.

Mail flow acts on the rules as they were so long ago, while the cmdlets show them as they are.
"""

import copy
from datetime import timedelta

from m365_simulator.exchange_admin.organisation import TransportRuleView, rule_views, transport_rules
from m365_simulator.world import Tenant, World


def remember(world: World, tenant: Tenant) -> None:
    """The rules are about to change: keep them as they are, for as long as mail flow needs them."""
    delay = _delay(world)
    if not delay:
        return
    now = world.clock.now()
    past = [one for one in tenant.exchange.replaced_rules if one[0] > now - delay]
    rules = copy.deepcopy(tenant.exchange.objects.get("TransportRule", {}))
    tenant.exchange.replaced_rules = [*past, (now, rules)]


def in_mail_flow(world: World, tenant: Tenant) -> list[TransportRuleView]:
    """The rules that mail flow acts on now, in priority order."""
    since = world.clock.now() - _delay(world)
    for replaced, rules in tenant.exchange.replaced_rules:
        if replaced > since:
            return rule_views(rules.values())
    return transport_rules(tenant)


def _delay(world: World) -> timedelta:
    seconds = world.switches.get("rule_propagation_seconds")
    return timedelta(seconds=seconds if isinstance(seconds, int | float) else 0)
