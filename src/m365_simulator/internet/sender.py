"""Sends raw messages from anywhere in the simulated Internet to the tenants' mail exchanger."""

from dataclasses import dataclass

from m365_simulator.dns_records import lookup
from m365_simulator.mail_flow.client import Host, Outcome, TlsDemand, send
from m365_simulator.mail_flow.message import Envelope, Recipient, domain_of
from m365_simulator.world import World

UNKNOWN_SENDER_IP = "203.0.113.25"


@dataclass(frozen=True)
class OutsideMail:
    """One message with its envelope. An empty `client_ip` is that of the sender's domain in the simulated DNS."""

    mail_from: str
    recipients: list[str]
    content: bytes
    client_ip: str = ""
    helo: str = ""
    smtputf8: bool = False
    body: str = "8BITMIME"
    notify: str = ""


async def send_from_outside(
    world: World, mx: tuple[str, int], mail: OutsideMail, tls: TlsDemand | None = None
) -> list[Outcome]:
    """Hand a message to the tenants' mail exchanger at `mx` (address, port): an outcome per recipient.

    The claimed address travels by XCLIENT, so that SPF sees it; use `tls` to hand over encrypted.
    """
    domain = domain_of(mail.mail_from)
    client_ip = mail.client_ip or next(iter(lookup(world, domain, "A")), UNKNOWN_SENDER_IP)
    recipients = tuple(Recipient(address, notify=mail.notify, original=address) for address in mail.recipients)
    envelope = Envelope(mail.mail_from, recipients, mail.body, mail.smtputf8)
    hello = mail.helo or (f"mx.{domain}" if domain else "mx.internet.example")
    host = Host("mail.protection.outlook.com", *mx)
    return await send(host, hello, tls, envelope, mail.content, use_bdat=False, claimed_ip=client_ip)
