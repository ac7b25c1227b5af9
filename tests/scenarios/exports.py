"""A tenant's whole Exchange configuration as an administrator exports it: every Get- cmdlet, as one text."""

import json

from lockgate.microsoft365.exchange_client import ExchangeClient
from m365_simulator.exchange_admin.cmdlet_table import cmdlets

# When something was changed is no setting; mail, people and their mailboxes are no configuration.
DATES = frozenset({"WhenChanged", "WhenChangedUTC"})
NOT_CONFIGURATION = frozenset({"Get-MessageTraceV2", "Get-MessageTraceDetailV2", "Get-Mailbox", "Get-Recipient"})
HIDDEN: dict[str, dict[str, object]] = {
    "Get-OutboundConnector": {"IsTransportRuleScoped": True, "IncludeTestModeConnectors": True},
}


async def export(exchange: ExchangeClient) -> str:
    """Every configuration object with every property, in Exchange's own order."""
    found: dict[str, object] = {}
    for cmdlet in cmdlets().values():
        required = [one for one in cmdlet.parameters.values() if one.required]
        if cmdlet.verb == "Get" and not required and cmdlet.name not in NOT_CONFIGURATION:
            found[cmdlet.name] = await _objects(exchange, cmdlet.name, {})
    for name, parameters in HIDDEN.items():
        found[f"{name}, hidden"] = await _objects(exchange, name, parameters)
    return json.dumps(found, indent=1)


async def _objects(exchange: ExchangeClient, cmdlet: str, parameters: dict[str, object]) -> list[dict[str, object]]:
    items = await exchange.run(cmdlet, **parameters)
    return [{name: value for name, value in item.items() if name not in DATES} for item in items]
