"""Everything the simulation knows, in plain mutable records: tenants, their directories, mailboxes and history.

One process, one event loop, one World: every part reads and writes these records directly, and nothing
else holds state. `control` empties and refills the World; no part keeps a reference to a Tenant across
requests (look it up by id), so a reset really resets.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric import rsa

JsonValue = None | bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"]
Properties = dict[str, JsonValue]


def new_guid() -> str:
    """A random GUID in Microsoft's lower-case form."""
    return str(uuid.uuid4())


@dataclass
class Clock:
    """The simulation's time; `offset_seconds` lets the control API move it forward (queues, expiry)."""

    offset_seconds: float = 0.0

    def now(self) -> datetime:
        """The present moment of the simulation, UTC."""
        real = datetime.now(tz=UTC).timestamp()  # noqa: TID251 - the one place that reads the real clock
        return datetime.fromtimestamp(real + self.offset_seconds, tz=UTC)


@dataclass
class Domain:
    """A domain of the tenant. `domain_type` is Exchange's: Authoritative, InternalRelay or ExternalRelay."""

    name: str
    is_default: bool = False
    is_initial: bool = False
    is_verified: bool = True
    domain_type: str = "Authoritative"
    match_subdomains: bool = False


@dataclass
class User:
    """A directory user. `password` is invented; `roles` are directory role template ids."""

    user_principal_name: str
    display_name: str
    mail: str
    proxy_addresses: list[str] = field(default_factory=list)  # "SMTP:" primary, "smtp:" alias
    password: str = ""
    roles: set[str] = field(default_factory=set)
    account_enabled: bool = True
    mailbox_type: str = "UserMailbox"  # or SharedMailbox, RoomMailbox; "" for no mailbox
    extra: Properties = field(default_factory=dict)  # givenName, surname, jobTitle, department, ...
    id: str = field(default_factory=new_guid)


@dataclass
class Group:
    """A group of any kind. `members` are object ids of users and groups."""

    display_name: str
    mail: str = ""
    kind: str = "Distribution"  # Distribution, MailEnabledSecurity, Security, Unified
    members: list[str] = field(default_factory=list)
    extra: Properties = field(default_factory=dict)  # Exchange-side settings (Notes, ManagedBy, ...)
    id: str = field(default_factory=new_guid)


@dataclass
class Permission:
    """An application permission (`Role`) or delegated one (`Scope`) asked for by a registration."""

    resource_app_id: str
    id: str
    type: str = "Role"


@dataclass
class AppRegistration:
    """A multi-tenant application: what its publisher registered. Certificates are DER."""

    client_id: str
    display_name: str
    redirect_uris: list[str]
    required: list[Permission]
    certificates: list[bytes] = field(default_factory=list)
    publisher: str = ""


@dataclass
class ServicePrincipal:
    """An application as it exists in one tenant; `granted` are the consented permission ids per resource.

    `user_consents` are the delegated scope values that single users accepted for themselves. The two
    `tokens_...` counters stand for slow replication after a consent: each token request takes one off.
    """

    app_id: str
    display_name: str
    granted: dict[str, set[str]] = field(default_factory=dict)
    enabled: bool = True
    id: str = field(default_factory=new_guid)
    user_consents: dict[str, set[str]] = field(default_factory=dict)  # user id -> scope values
    tokens_refused: int = 0  # answers AADSTS700016 this many times
    tokens_without_roles: int = 0  # then issues this many tokens with the `roles` from before the consent
    granted_before: dict[str, set[str]] = field(default_factory=dict)
    created: datetime | None = None


@dataclass
class RoleAssignment:
    """A directory role held by a user or service principal. `schedule` is set when PIM made it."""

    role_template_id: str
    principal_id: str
    justification: str = ""
    schedule: Properties | None = None
    id: str = field(default_factory=new_guid)
    tokens_without: int = 0  # slow replication: this many tokens are still issued without the role


@dataclass
class StoredMessage:
    """One message in one mailbox folder. `content` is what was delivered, byte for byte."""

    folder: str  # well-known name: inbox, junkemail, sentitems, deleteditems, recoverableitemspurges
    content: bytes
    received: datetime
    network_message_id: str = ""
    mail_from: str = ""
    is_read: bool = False
    id: str = field(default_factory=new_guid)


@dataclass
class Mailbox:
    """The messages of one user."""

    owner_id: str
    messages: list[StoredMessage] = field(default_factory=list)
    known_fields: set[str] = field(default_factory=set)  # lower-case X- names that it has met in JSON


@dataclass
class ExchangeOrganisation:
    """Exchange's own configuration objects, kept as the cmdlets show them: noun -> identity -> properties.

    Nouns are the cmdlet nouns (`InboundConnector`, `OutboundConnector`, `TransportRule`, ...). Singletons
    such as `OrganizationConfig` live under the identity `Default`.
    """

    objects: dict[str, dict[str, Properties]] = field(default_factory=dict)
    replaced_rules: list[tuple[datetime, dict[str, Properties]]] = field(default_factory=list)  # and when, oldest first


@dataclass
class AuditRecord:
    """One record of the unified audit log, as the activity feed shows it."""

    content_type: str  # Audit.Exchange, Audit.AzureActiveDirectory, Audit.General
    created: datetime
    body: Properties
    id: str = field(default_factory=new_guid)


@dataclass
class ActivityBlob:
    """One content blob of the activity feed: immutable once listed. `records` are ids in `Tenant.audit`."""

    content_type: str
    created: datetime
    records: list[str]
    id: str = field(default_factory=new_guid)


@dataclass
class ActivitySubscription:
    """One content type that an application subscribed to. `read_up_to` is a position in `Tenant.audit`."""

    content_type: str
    enabled: bool = True
    webhook: Properties | None = None
    read_up_to: int = 0


@dataclass
class DirectoryChange:
    """One entry of the directory's change log; delta tokens are positions in it."""

    kind: str  # "user" or "group"
    object_id: str
    removed: bool = False


@dataclass
class Tenant:
    """One organisation."""

    id: str
    display_name: str
    domains: dict[str, Domain] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    service_principals: dict[str, ServicePrincipal] = field(default_factory=dict)
    role_assignments: dict[str, RoleAssignment] = field(default_factory=dict)
    pim_enabled: bool = False
    exchange: ExchangeOrganisation = field(default_factory=ExchangeOrganisation)
    mailboxes: dict[str, Mailbox] = field(default_factory=dict)  # by user id
    audit: list[AuditRecord] = field(default_factory=list)
    changes: list[DirectoryChange] = field(default_factory=list)
    subscriptions: dict[str, ActivitySubscription] = field(default_factory=dict)  # by content type
    blobs: dict[str, ActivityBlob] = field(default_factory=dict)  # by content id, oldest first

    def user_by_address(self, address: str) -> User | None:
        """The user whose UPN, primary address or alias this is; case does not matter."""
        wanted = address.lower()
        for user in self.users.values():
            own = {user.user_principal_name.lower(), user.mail.lower()}
            own.update(proxy.partition(":")[2].lower() for proxy in user.proxy_addresses)
            if wanted in own:
                return user
        return None

    def group_by_address(self, address: str) -> Group | None:
        """The mail-enabled group with this address."""
        wanted = address.lower()
        return next((group for group in self.groups.values() if group.mail.lower() == wanted), None)

    def accepts_domain(self, domain: str) -> bool:
        """Whether `domain` is an accepted domain of this tenant."""
        wanted = domain.lower()
        return any(
            wanted == known.name or (known.match_subdomains and wanted.endswith("." + known.name))
            for known in self.domains.values()
            if known.is_verified
        )


@dataclass
class Call:
    """One request or message step, for the control API's history."""

    time: datetime
    surface: str  # login, graph, exchange, activity, smtp, portal, webmail, control
    method: str
    target: str
    status: int
    tenant_id: str = ""
    detail: Properties = field(default_factory=dict)


@dataclass
class MessageHop:
    """One step in the life of one message inside the simulation."""

    time: datetime
    network_message_id: str
    tenant_id: str
    event: str  # RECEIVE, RULE, ROUTE, DEFER, DELIVER, JUNK, SEND_INTERNET, NDR, LOOP, REFUSE
    detail: Properties = field(default_factory=dict)


@dataclass
class Fault:
    """A switch that makes one surface misbehave: `match` is a glob on the target, `remaining` counts down."""

    surface: str
    match: str
    kind: str  # status, delay, drop, empty-403, throttle, ... ; coverage.md lists them
    parameters: Properties = field(default_factory=dict)
    remaining: int = 1


@dataclass
class InternetMessage:
    """A message that left the tenant for the outside world, as the foreign server received it."""

    received: datetime
    mail_from: str
    recipient: str
    content: bytes


@dataclass
class WebSession:
    """A person signed in with a browser at the login pages or the portal (`surface`)."""

    tenant_id: str
    user_id: str
    surface: str
    form_token: str  # every form of the session carries it


@dataclass
class AuthorizationCode:
    """A code of the code flow: what was asked for and by whom. Single use, ten minutes."""

    client_id: str
    tenant_id: str
    user_id: str
    redirect_uri: str
    scopes: list[str]
    nonce: str
    code_challenge: str
    code_challenge_method: str
    expires: datetime
    used: bool = False


def _new_signing_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class World:
    """The whole simulation. `signing_key` signs every token; it is new at each start and outlives a reset."""

    clock: Clock = field(default_factory=Clock)
    tenants: dict[str, Tenant] = field(default_factory=dict)
    registrations: dict[str, AppRegistration] = field(default_factory=dict)
    history: list[Call] = field(default_factory=list)
    hops: list[MessageHop] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    internet: list[InternetMessage] = field(default_factory=list)
    # Behaviours Microsoft leaves undocumented; coverage.md lists them.
    switches: Properties = field(default_factory=dict)
    # Where port 25 of a host name really is.
    network: dict[str, tuple[str, int]] = field(default_factory=dict)
    # DNS records beyond those derived from the tenants: (name, type) -> texts.
    dns: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    reset_hooks: list[Callable[[], None]] = field(default_factory=list)
    web_sessions: dict[str, WebSession] = field(default_factory=dict)  # by cookie value
    authorization_codes: dict[str, AuthorizationCode] = field(default_factory=dict)
    used_assertions: set[str] = field(default_factory=set)  # `jti` of client assertions seen
    signing_key: rsa.RSAPrivateKey = field(default_factory=_new_signing_key)

    def tenant_of_domain(self, domain: str) -> Tenant | None:
        """The tenant that has verified `domain`."""
        return next((tenant for tenant in self.tenants.values() if tenant.accepts_domain(domain)), None)

    def tenant_by_name(self, name: str) -> Tenant | None:
        """A tenant by GUID or by one of its domains, as Microsoft's URLs allow."""
        return self.tenants.get(name.lower()) or self.tenant_of_domain(name)

    def take_fault(self, surface: str, target: str) -> Fault | None:
        """The first armed fault for this call, counting it down."""
        from fnmatch import fnmatchcase

        for fault in self.faults:
            if fault.surface == surface and fault.remaining != 0 and fnmatchcase(target, fault.match):
                fault.remaining -= 1
                return fault
        return None
