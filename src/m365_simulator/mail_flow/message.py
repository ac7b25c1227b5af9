"""A message on its way through the simulated Exchange, with what is known of where it came from.

`content` is always complete and as the next party will see it: steps that stamp or strip headers replace it.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum

from m365_simulator.world import new_guid


class Via(Enum):
    """The door through which a message came in."""

    MX = "mx"
    SUBMISSION = "submission"
    SYSTEM = "system"  # non-delivery reports: mail flow rules do not see them
    MAILBOX = "mailbox"  # automatic replies and forwards, made by a mailbox: rules see them


@dataclass(frozen=True, slots=True)
class Recipient:
    """One RCPT TO. `notify` and `orcpt` are the DSN parameters (RFC 3461 §4), empty when not given.

    `original` is the address before aliases and groups were resolved.
    """

    address: str
    notify: str = ""
    orcpt: str = ""
    original: str = ""

    @property
    def domain(self) -> str:
        """The part after the @, lower case."""
        return domain_of(self.address)


@dataclass(frozen=True, slots=True)
class Envelope:
    """MAIL FROM with its parameters and the recipients. `mail_from` is empty for the null sender."""

    mail_from: str
    recipients: tuple[Recipient, ...]
    body: str = ""  # 7BIT, 8BITMIME or BINARYMIME when the client said so
    smtputf8: bool = False
    ret: str = ""
    envid: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Who handed the message over. `connector` is the inbound connector it was attributed to, by name."""

    via: Via
    client_ip: str = "127.0.0.1"
    helo: str = ""
    tls: str = ""  # e.g. "TLSv1.3 TLS_AES_256_GCM_SHA384"; empty without TLS
    certificate_names: tuple[str, ...] = ()
    connector: str = ""
    connector_type: str = ""
    keeps_internal_headers: bool = False  # CloudServicesMailEnabled on that connector
    treated_as_internal: bool = False  # TreatMessagesAsInternal on that connector
    internal: bool = False  # AuthAs Internal
    user_principal_name: str = ""


@dataclass(frozen=True, slots=True)
class SpamVerdict:
    """What filtering thinks. `scl` −1 is not filtered; 5, 6 spam; 9 high confidence (microsoft-365.md §4.7)."""

    scl: int = 1
    sfv: str = "NSPM"
    category: str = "NONE"
    ip_verdict: str = "NLI"
    bcl: int = 0
    refuse_by_dmarc: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One message with the recipients that share its fate so far."""

    tenant_id: str
    envelope: Envelope
    content: bytes
    origin: Origin
    arrived: datetime
    network_message_id: str = field(default_factory=new_guid)
    verdict: SpamVerdict = field(default_factory=SpamVerdict)
    compauth: str = ""

    def with_recipients(self, recipients: tuple[Recipient, ...]) -> "Message":
        """The same message for other recipients."""
        return replace(self, envelope=replace(self.envelope, recipients=recipients))

    def with_content(self, content: bytes) -> "Message":
        """The same message with other bytes."""
        return replace(self, content=content)

    @property
    def addresses(self) -> list[str]:
        """The recipients' addresses."""
        return [recipient.address for recipient in self.envelope.recipients]


def domain_of(address: str) -> str:
    """The part after the last @ in lower case; empty for the null sender."""
    return address.rpartition("@")[2].lower() if "@" in address else ""
