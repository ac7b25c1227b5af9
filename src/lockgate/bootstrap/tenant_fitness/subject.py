"""Whom the questions are about: an organisation with a grant, or one that is still to be granted, by a domain."""

from dataclasses import dataclass

from lockgate.bootstrap.microsoft365 import MailHosts
from lockgate.bootstrap.parts import Parts, further_identities, identity
from lockgate.model.clock import Clock
from lockgate.model.errors import LockgateError
from lockgate.model.service_account import ServiceAccount
from lockgate.model.tenant import AcceptedDomain, name_for
from lockgate.settings import Settings
from lockgate.smtp.tls import Identity

SMTP = 25


@dataclass(frozen=True, slots=True)
class Subject:
    """One organisation before the doctor. `port` is the one on which the world reaches the gateway."""

    parts: Parts
    clock: Clock
    domains: tuple[AcceptedDomain, ...]
    account: ServiceAccount | None = None
    port: int = SMTP

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self.parts.settings

    @property
    def gateway_host(self) -> str:
        """The name by which this organisation is to know the gateway."""
        gateway = self.settings.gateway
        names = (gateway.hostname.lower(), *(one.hostname.lower() for one in gateway.names))
        return name_for(names, self.domains)

    @property
    def identity(self) -> Identity:
        """The certificate that goes with that name; raises ConfigurationError when it cannot be used."""
        further = further_identities(self.settings.gateway)
        return further.get(self.gateway_host) or identity(self.settings.gateway)

    async def mail_host(self) -> str:
        """The host that takes the organisation's mail; empty when none is known."""
        if self.account is not None and self.account.next_hop:
            return self.account.next_hop
        try:
            return await MailHosts(self.settings).find(self.domains)
        except LockgateError:
            return ""
