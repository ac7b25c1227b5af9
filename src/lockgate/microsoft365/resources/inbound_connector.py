"""Inbound connectors: by our certificate the tenant knows what comes back from us (microsoft-365.md §3.4, §4.1)."""

from lockgate.microsoft365.resources.connector import Connector
from lockgate.microsoft365.resources.resource import WantedObject
from lockgate.microsoft365.wanted import Wanted


class InboundConnectors(Connector):
    """Implements `Resource`."""

    def wanted(self, wanted: Wanted) -> list[WantedObject]:
        """One per direction; only a client certificate with our name is taken for ours."""
        return [
            WantedObject(
                f"Lockgate {direction}: back from the gateway",
                {
                    "ConnectorType": "OnPremises",
                    "SenderDomains": ("*",),
                    "RequireTls": True,
                    "RestrictDomainsToCertificate": True,
                    "TlsSenderCertificateName": wanted.gateway_host,
                    "Enabled": True,
                },
                f"Takes {direction} mail back from the gateway, and only with its certificate.",
            )
            for direction in wanted.active
        ]


WATCHED = (
    "ConnectorType",
    "SenderDomains",
    "RequireTls",
    "RestrictDomainsToCertificate",
    "TlsSenderCertificateName",
    "Enabled",
)
INBOUND_CONNECTORS = InboundConnectors(
    "inbound connector", "InboundConnector", WATCHED, frozenset({"SenderDomains"}), ({},)
)
