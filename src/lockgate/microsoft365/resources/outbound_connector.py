"""Outbound connectors: the way to the gateway, used only by our rules (microsoft-365.md §3.4, §4.3)."""

from lockgate.microsoft365.resources.connector import Connector
from lockgate.microsoft365.resources.resource import WantedObject
from lockgate.microsoft365.wanted import Wanted
from lockgate.model.envelope import Direction


def connector_name(direction: Direction) -> str:
    """The name that the routing rule refers to."""
    return f"Lockgate {direction}: to the gateway"


class OutboundConnectors(Connector):
    """Implements `Resource`."""

    def wanted(self, wanted: Wanted) -> list[WantedObject]:
        """One per direction; mail goes to our host only, over TLS that proves our name."""
        return [
            WantedObject(
                connector_name(direction),
                {
                    "ConnectorType": "OnPremises",
                    "IsTransportRuleScoped": True,
                    "UseMXRecord": False,
                    "SmartHosts": (wanted.gateway_host,),
                    "TlsSettings": "DomainValidation",
                    "TlsDomain": wanted.gateway_host,
                    "Enabled": True,
                },
                f"Hands {direction} mail to the gateway, over TLS to exactly this host.",
            )
            for direction in wanted.active
        ]


OUTBOUND_CONNECTORS = OutboundConnectors(
    "outbound connector",
    "OutboundConnector",
    ("ConnectorType", "IsTransportRuleScoped", "UseMXRecord", "SmartHosts", "TlsSettings", "TlsDomain", "Enabled"),
    frozenset({"SmartHosts"}),
    # Rule-scoped and test-mode connectors are hidden unless they are asked for.
    (
        {},
        {"IncludeTestModeConnectors": True},
        {"IsTransportRuleScoped": True},
        {"IsTransportRuleScoped": True, "IncludeTestModeConnectors": True},
    ),
)
