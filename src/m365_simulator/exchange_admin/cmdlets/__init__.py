"""What every cmdlet does: one file per family, joined into one table here."""

from m365_simulator.exchange_admin.cmdlets import (
    allow_block_list,
    distribution_group,
    domain,
    group_member,
    hosted_policy,
    inbound_connector,
    journal_rule,
    message_trace,
    organization,
    outbound_connector,
    recipient,
    role_management,
    transport_rule,
)
from m365_simulator.exchange_admin.invocation import Run

_FAMILIES = (
    allow_block_list,
    distribution_group,
    domain,
    group_member,
    hosted_policy,
    inbound_connector,
    journal_rule,
    message_trace,
    organization,
    outbound_connector,
    recipient,
    role_management,
    transport_rule,
)
ALL: dict[str, Run] = {name.lower(): run for family in _FAMILIES for name, run in family.CMDLETS.items()}
