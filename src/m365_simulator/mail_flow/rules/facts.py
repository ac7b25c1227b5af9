"""What the conditions of a rule may look at: one message, its tenant, and groups with their nesting resolved."""

import email
import email.message
from dataclasses import dataclass, field
from functools import cached_property

from m365_simulator.mail_flow import identities
from m365_simulator.mail_flow.headers import HeaderBlock
from m365_simulator.mail_flow.message import Message, domain_of
from m365_simulator.world import Group, Tenant, User


@dataclass
class Facts:
    """Everything is worked out once per message and rule run, and only when asked for.

    `own_domain_reading` says how FromScope classes unauthenticated mail from an own domain: `InOrganization`
    or `NotInOrganization` (Microsoft does not say; coverage.md).
    """

    message: Message
    tenant: Tenant
    own_domain_reading: str = "NotInOrganization"
    location: str = "Header"  # the rule's SenderAddressLocation
    recipient_type: str = "Resolved"  # the rule's RecipientAddressType
    _members: dict[str, set[str]] = field(default_factory=dict)

    @cached_property
    def block(self) -> HeaderBlock:
        """The header fields."""
        return HeaderBlock(self.message.content)

    @cached_property
    def parsed(self) -> email.message.Message:
        """The MIME structure, by the standard library."""
        return email.message_from_bytes(self.message.content)

    def senders(self) -> list[str]:
        """The sender addresses that the rule's SenderAddressLocation names."""
        header = identities.addresses(self.block, "From")[:1]
        envelope = [self.message.envelope.mail_from.lower()] if self.message.envelope.mail_from else []
        chosen = {"Envelope": envelope, "HeaderOrEnvelope": header + envelope}.get(self.location, header)
        return chosen or envelope

    @cached_property
    def from_inside(self) -> bool:
        """FromScope InOrganization: a sender of ours, and authenticated (microsoft-365.md §3.4)."""
        sender = (identities.addresses(self.block, "From") or [self.message.envelope.mail_from.lower()])[0]
        domain = self.tenant.domains.get(domain_of(sender))
        accepted = self.tenant.accepts_domain(domain_of(sender))
        if not accepted or (domain is not None and domain.domain_type == "ExternalRelay"):
            return False
        authenticated = self.message.origin.internal
        return authenticated or self.own_domain_reading == "InOrganization"

    def inside(self, address: str) -> bool:
        """SentToScope InOrganization for one recipient."""
        return self.tenant.accepts_domain(domain_of(address))

    def members(self, group_name: str) -> set[str]:
        """Every address of every direct or nested member; a group that does not exist has none."""
        if group_name not in self._members:
            group = find_group(self.tenant, group_name)
            users = expand(self.tenant, group) if group else []
            self._members[group_name] = {address for user in users for address in addresses_of(user)}
        return self._members[group_name]

    def same_recipient(self, address: str, named: str) -> bool:
        """Whether an address is (an alias of) the recipient that a rule names."""
        if address.lower() == named.lower():
            return True
        user = find_user(self.tenant, named)
        return user is not None and address.lower() in addresses_of(user)

    @cached_property
    def attachment_names(self) -> list[str]:
        """The file names of all parts that carry one, lower case."""
        return [name.lower() for part in self.parsed.walk() if (name := part.get_filename())]

    @cached_property
    def body_text(self) -> str:
        """The text of all text parts that are no attachments."""
        texts: list[str] = []
        for part in self.parsed.walk():
            if part.get_content_maintype() == "text" and part.get_content_disposition() != "attachment":
                payload = part.get_payload(decode=True)
                texts.append(payload.decode("utf-8", "replace") if isinstance(payload, bytes) else "")
        return "\n".join(texts)


def find_user(tenant: Tenant, name: str) -> User | None:
    """A user by id, address or display name."""
    by_id = tenant.users.get(name)
    named = next((user for user in tenant.users.values() if user.display_name.lower() == name.lower()), None)
    return by_id or tenant.user_by_address(name) or named


def find_group(tenant: Tenant, name: str) -> Group | None:
    """A group by id, address, display name or alias."""
    by_id = tenant.groups.get(name)
    named = next(
        (
            group
            for group in tenant.groups.values()
            if name.lower() in {group.display_name.lower(), str(group.extra.get("Alias", "")).lower()}
        ),
        None,
    )
    return by_id or tenant.group_by_address(name) or named


def expand(tenant: Tenant, group: Group, seen: frozenset[str] = frozenset()) -> list[User]:
    """The users in a group and the groups below it, each once; a cycle ends where it began."""
    users: dict[str, User] = {}
    for member in group.members:
        if member in tenant.users:
            users[member] = tenant.users[member]
        elif member in tenant.groups and member not in seen:
            nested = expand(tenant, tenant.groups[member], seen | {group.id, member})
            users.update({user.id: user for user in nested})
    return list(users.values())


def addresses_of(user: User) -> set[str]:
    """Every address of a user, lower case."""
    proxies = {proxy.partition(":")[2].lower() for proxy in user.proxy_addresses}
    return {user.user_principal_name.lower(), user.mail.lower(), *proxies} - {""}
