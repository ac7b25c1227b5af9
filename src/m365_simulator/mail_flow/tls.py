"""TLS of the simulated mail hosts: who they are, whom they trust, and what a connector's TlsSettings mean.

Besides the simulation's own authority, every `trusted/*.pem` below the settings' directory is trusted, so that
a gateway may bring a certificate of its own. Python cannot accept a client certificate that fails to verify: such
a handshake fails, where Exchange would go on and treat the client as one without a certificate (coverage.md).
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from m365_simulator.certificates import Certificates
from m365_simulator.exchange_admin.organisation import OutboundConnectorView
from m365_simulator.mail_flow.client import TlsDemand
from m365_simulator.settings import Settings

MX_NAMES = ("mail.protection.outlook.com", "*.mail.protection.outlook.com", "*.mail.eo.outlook.com", "localhost")
SUBMISSION_NAMES = ("smtp.office365.com", "localhost", "127.0.0.1")
INTERNET_NAMES = ("mx.internet.example", "localhost", "127.0.0.1")


@dataclass(frozen=True)
class MailTls:
    """Keeps contexts until a trusted file is added, changed or removed: no restart is needed for that."""

    certificates: Certificates
    settings: Settings
    _made: dict[tuple[object, ...], ssl.SSLContext] = field(default_factory=dict)

    def mx_context(self) -> ssl.SSLContext:
        """For the tenants' mail exchangers: asks for a client certificate."""
        return self._kept("mx", lambda: self._trusting(self.certificates.server_context(MX_NAMES, ask_client=True)))

    def submission_context(self) -> ssl.SSLContext:
        """For port 587."""
        return self._kept("submission", lambda: self.certificates.server_context(SUBMISSION_NAMES))

    def internet_context(self) -> ssl.SSLContext:
        """For every host of the outside world."""
        return self._kept("internet", lambda: self.certificates.server_context(INTERNET_NAMES))

    def opportunistic(self, server_name: str, *, required: bool = False) -> TlsDemand:
        """TLS where offered, or always where a rule requires it; whatever the certificate."""
        return TlsDemand(self._client(verify=False), server_name, required)

    def demand(self, connector: OutboundConnectorView, server_name: str, required: bool) -> TlsDemand:
        """What a connector's TlsSettings ask for; `required` is a rule's RouteMessageOutboundRequireTls."""
        match connector.tls_settings:
            case "CertificateValidation":
                return TlsDemand(self._client(verify=True), server_name, required=True)
            case "DomainValidation":
                return TlsDemand(self._client(verify=True), server_name, True, connector.tls_domain)
            case "EncryptionOnly":
                return TlsDemand(self._client(verify=False), server_name, required=True)
            case _:
                return TlsDemand(self._client(verify=False), server_name, required)

    def _client(self, *, verify: bool) -> ssl.SSLContext:
        return self._kept(f"client {verify}", lambda: self._new_client(verify=verify))

    def _new_client(self, *, verify: bool) -> ssl.SSLContext:
        context = self.certificates.client_context(MX_NAMES)
        context.check_hostname = False  # the connector names what the certificate must carry, not the host
        if not verify:
            context.verify_mode = ssl.CERT_NONE
            return context
        return self._trusting(context)

    def _kept(self, purpose: str, make: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
        key = (purpose, *((path, path.stat().st_mtime_ns) for path in self._trusted()))
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def _trusted(self) -> list[Path]:
        return sorted((self.settings.directory / "trusted").glob("*.pem"))

    def _trusting(self, context: ssl.SSLContext) -> ssl.SSLContext:
        for path in self._trusted():
            context.load_verify_locations(path)
        return context
