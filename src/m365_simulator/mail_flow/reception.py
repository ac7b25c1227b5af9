"""The door of the tenants' mail exchangers: who may hand over what, and for which tenant."""

import asyncio
import secrets
from dataclasses import dataclass

from m365_simulator.mail_flow import faults, trace
from m365_simulator.mail_flow.attribution import Attribution, Refusal, attribute
from m365_simulator.mail_flow.headers import HeaderBlock
from m365_simulator.mail_flow.listener import Peer, Transaction
from m365_simulator.mail_flow.message import Envelope, Message, Origin, Recipient, Via
from m365_simulator.mail_flow.pipeline import Pipeline
from m365_simulator.mail_flow.stamps import SERVER
from m365_simulator.world import World, new_guid

MAX_RECIPIENTS = 200  # of one tenant domain in one transaction (microsoft-365.md §4.6)
TOO_MANY = "452 4.5.3 Too many recipients (AS780090)"
NO_FROM = "550 5.7.512 Access denied, message must be RFC 5322 section 3.6.2 compliant and include a valid From address"


@dataclass
class MxDoorman:
    """Decides at each command on port 25. Attribution happens again for every recipient."""

    world: World
    pipeline: Pipeline
    greeting: str = "Microsoft ESMTP MAIL Service ready"
    requires_login: bool = False

    def on_mail(self, peer: Peer, transaction: Transaction) -> str:
        """MAIL is taken unless a fault is armed; the sender is judged with each recipient."""
        return faults.status(self.world, f"mx MAIL {transaction.mail_from}") or _check_greeting(peer)

    def on_rcpt(self, peer: Peer, transaction: Transaction, recipient: Recipient) -> str:
        """One recipient: attributed to a tenant and connector, or refused."""
        fault = faults.status(self.world, f"mx RCPT {recipient.address}")
        if fault:
            return fault
        same_domain = sum(one.domain == recipient.domain for one in transaction.recipients)
        if same_domain >= MAX_RECIPIENTS:
            return TOO_MANY
        found = attribute(self.world, peer, transaction.mail_from, recipient.address)
        if isinstance(found, Refusal):
            trace.refused(self.world, peer.ip, transaction.mail_from, recipient.address, found.reply)
            return found.reply
        return ""

    async def on_message(self, peer: Peer, transaction: Transaction, content: bytes) -> str:
        """The end of the data: one message for each tenant and connector that the recipients belong to."""
        envelope = transaction.envelope()
        fault = self.world.take_fault("smtp", f"mx DATA {envelope.mail_from}")
        if fault is not None:
            reply = await faults.apply(fault)
            if reply and not faults.takes_effect(fault):
                return reply
        groups = self._by_tenant(peer, envelope)
        if not HeaderBlock(content).first("From") and not any(found.connector for found, _ in groups):
            trace.refused(self.world, peer.ip, envelope.mail_from, "", NO_FROM)
            return NO_FROM
        for found, recipients in groups:
            self.pipeline.accept(self._message(peer, envelope, recipients, found, content))
        await asyncio.sleep(0)  # lets other sessions go on between large messages
        if fault is not None and faults.takes_effect(fault):
            return "421 drop"
        identity = HeaderBlock(content).first("Message-ID") or f"<{new_guid()}@{SERVER}>"
        return f"250 2.6.0 {identity} [InternalId={secrets.randbits(40)}, Hostname={SERVER}] Queued mail for delivery"

    def _by_tenant(self, peer: Peer, envelope: Envelope) -> list[tuple[Attribution, tuple[Recipient, ...]]]:
        groups: dict[tuple[str, str], tuple[Attribution, list[Recipient]]] = {}
        for recipient in envelope.recipients:
            found = attribute(self.world, peer, envelope.mail_from, recipient.address)
            if isinstance(found, Refusal):  # the configuration changed since RCPT
                continue
            key = (found.tenant.id, found.connector.guid if found.connector else "")
            groups.setdefault(key, (found, []))[1].append(recipient)
        return [(found, tuple(recipients)) for found, recipients in groups.values()]

    def _message(
        self, peer: Peer, envelope: Envelope, recipients: tuple[Recipient, ...], found: Attribution, content: bytes
    ) -> Message:
        connector = found.connector
        on_premises = connector is not None and connector.connector_type == "OnPremises"
        own_sender = found.tenant.accepts_domain(envelope.mail_from.rpartition("@")[2].lower())
        treated = connector is not None and on_premises and connector.treat_messages_as_internal and own_sender
        origin = Origin(
            via=Via.MX,
            client_ip=peer.ip,
            helo=peer.helo,
            tls=peer.tls,
            certificate_names=peer.certificate_names,
            connector=connector.name if connector is not None else "",
            connector_type=connector.connector_type if connector is not None else "",
            keeps_internal_headers=connector is not None and on_premises and connector.cloud_services_mail_enabled,
            treated_as_internal=treated,
            internal=treated,
        )
        message = Message(found.tenant.id, envelope, content, origin, self.world.clock.now())
        return message.with_recipients(recipients)

    def authenticate(self, user: str, password: str) -> bool:
        """Nobody signs in on port 25."""
        del user, password
        return False


def _check_greeting(peer: Peer) -> str:
    return "" if peer.helo else "503 5.5.2 Send hello first"
