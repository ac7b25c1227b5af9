"""What Exchange's configuration says, typed, for the parts that act on it (mail flow).

Reads only. Every function accepts a tenant whose Exchange objects have never been touched and then
answers with Exchange's defaults. Values are those that the cmdlets show (microsoft-365.md §3.4).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from m365_simulator.exchange_admin.rule_predicates import ACTION_PARAMETERS, CONDITION_PARAMETERS
from m365_simulator.world import JsonValue, Properties, Tenant


def objects(tenant: Tenant, noun: str) -> list[Properties]:
    """All configuration objects of a noun, in order of creation."""
    return list(tenant.exchange.objects.get(noun, {}).values())


def texts(properties: Properties, name: str) -> list[str]:
    """A property as a list of texts: absent and null are empty, a single value is a list of one."""
    value = properties.get(name)
    if value is None or value == "":
        return []
    if isinstance(value, list):
        return [str(item) for item in value if item is not None]
    return [str(value)]


def text(properties: Properties, name: str, default: str = "") -> str:
    """A property as text."""
    value = properties.get(name)
    return default if value is None else str(value)


def flag(properties: Properties, name: str, default: bool = False) -> bool:
    """A Boolean property."""
    value = properties.get(name)
    return value if isinstance(value, bool) else default


def domain_patterns(properties: Properties, name: str) -> list[str]:
    """An address-space property without its decoration: `smtp:*.contoso.com;1` is `*.contoso.com`."""
    return [value.removeprefix("smtp:").partition(";")[0].lower() for value in texts(properties, name)]


@dataclass(frozen=True, slots=True)
class InboundConnectorView:
    """One inbound connector; `connector_type` is `Partner` or `OnPremises`."""

    properties: Properties
    guid: str
    name: str
    enabled: bool
    connector_type: str
    sender_domains: list[str]  # "*" is everybody; lower case
    associated_accepted_domains: list[str]
    require_tls: bool
    restrict_domains_to_certificate: bool
    restrict_domains_to_ip_addresses: bool
    tls_sender_certificate_name: str
    sender_ip_addresses: list[str]
    cloud_services_mail_enabled: bool
    treat_messages_as_internal: bool
    ef_skip_last_ip: bool
    ef_skip_ips: list[str]
    ef_users: list[str]
    blocked: bool  # Exchange has blocked it for suspicious traffic (Get-BlockedConnector)


@dataclass(frozen=True, slots=True)
class OutboundConnectorView:
    """One outbound connector; `tls_settings` is empty for opportunistic TLS."""

    properties: Properties
    guid: str
    name: str
    enabled: bool
    connector_type: str
    rule_scoped: bool
    test_mode: bool
    use_mx_record: bool
    smart_hosts: list[str]
    recipient_domains: list[str]
    all_accepted_domains: bool
    tls_settings: str  # "", EncryptionOnly, CertificateValidation, DomainValidation
    tls_domain: str
    cloud_services_mail_enabled: bool
    route_all_messages_via_on_premises: bool
    sender_rewriting_enabled: bool
    blocked: bool


@dataclass(frozen=True, slots=True)
class TransportRuleView:
    """One mail flow rule. The three dictionaries hold only what is set, under the parameters' own names;

    those of `exceptions` have lost their `ExceptIf`. Header conditions are the pairs
    `HeaderContainsMessageHeader` + `HeaderContainsWords` and `HeaderMatchesMessageHeader` + `HeaderMatchesPatterns`.
    """

    properties: Properties
    guid: str
    name: str
    priority: int
    enabled: bool
    mode: str  # Enforce, Audit, AuditAndNotify
    conditions: Properties
    exceptions: Properties
    actions: Properties
    stop_processing: bool
    rule_error_action: str  # Ignore or Defer
    sender_address_location: str  # Header, Envelope or HeaderOrEnvelope
    recipient_address_type: str  # Original or Resolved
    route_connector: str  # name of the outbound connector, "" when the rule does not route
    route_requires_tls: bool
    set_scl: int | None
    set_header: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class ConnectionFilter:
    """The connection filter policy: IPv4 addresses, CIDR blocks or `a-b` ranges."""

    allowed: list[str]
    blocked: list[str]


@dataclass(frozen=True, slots=True)
class SpoofItem:
    """One allow or block pair of the spoof list; `spoof_type` is External or Internal, `user` may be `*`."""

    user: str
    infrastructure: str
    spoof_type: str
    allow: bool


def _blocked_connectors(tenant: Tenant) -> set[str]:
    return set(tenant.exchange.objects.get("BlockedConnector", {}))


def inbound_connectors(tenant: Tenant) -> list[InboundConnectorView]:
    """Every inbound connector, disabled ones included."""
    blocked = _blocked_connectors(tenant)
    return [_inbound(properties, blocked) for properties in objects(tenant, "InboundConnector")]


def _inbound(properties: Properties, blocked: set[str]) -> InboundConnectorView:
    guid = text(properties, "Guid")
    return InboundConnectorView(
        properties=properties,
        guid=guid,
        name=text(properties, "Name"),
        enabled=flag(properties, "Enabled"),
        connector_type=text(properties, "ConnectorType", "Partner"),
        sender_domains=domain_patterns(properties, "SenderDomains"),
        associated_accepted_domains=[d.lower() for d in texts(properties, "AssociatedAcceptedDomains")],
        require_tls=flag(properties, "RequireTls", True),
        restrict_domains_to_certificate=flag(properties, "RestrictDomainsToCertificate"),
        restrict_domains_to_ip_addresses=flag(properties, "RestrictDomainsToIPAddresses"),
        tls_sender_certificate_name=text(properties, "TlsSenderCertificateName"),
        sender_ip_addresses=texts(properties, "SenderIPAddresses"),
        cloud_services_mail_enabled=flag(properties, "CloudServicesMailEnabled"),
        treat_messages_as_internal=flag(properties, "TreatMessagesAsInternal"),
        ef_skip_last_ip=flag(properties, "EFSkipLastIP"),
        ef_skip_ips=texts(properties, "EFSkipIPs"),
        ef_users=texts(properties, "EFUsers"),
        blocked=guid in blocked,
    )


def outbound_connectors(tenant: Tenant) -> list[OutboundConnectorView]:
    """Every outbound connector: also disabled, rule-scoped and test-mode ones."""
    blocked = _blocked_connectors(tenant)
    return [_outbound(properties, blocked) for properties in objects(tenant, "OutboundConnector")]


def _outbound(properties: Properties, blocked: set[str]) -> OutboundConnectorView:
    guid = text(properties, "Guid")
    return OutboundConnectorView(
        properties=properties,
        guid=guid,
        name=text(properties, "Name"),
        enabled=flag(properties, "Enabled"),
        connector_type=text(properties, "ConnectorType", "Partner"),
        rule_scoped=flag(properties, "IsTransportRuleScoped"),
        test_mode=flag(properties, "TestMode"),
        use_mx_record=flag(properties, "UseMXRecord", True),
        smart_hosts=texts(properties, "SmartHosts"),
        recipient_domains=domain_patterns(properties, "RecipientDomains"),
        all_accepted_domains=flag(properties, "AllAcceptedDomains"),
        tls_settings=text(properties, "TlsSettings"),
        tls_domain=text(properties, "TlsDomain"),
        cloud_services_mail_enabled=flag(properties, "CloudServicesMailEnabled"),
        route_all_messages_via_on_premises=flag(properties, "RouteAllMessagesViaOnPremises"),
        sender_rewriting_enabled=flag(properties, "SenderRewritingEnabled"),
        blocked=guid in blocked,
    )


def transport_rules(tenant: Tenant) -> list[TransportRuleView]:
    """Every mail flow rule in priority order, disabled ones included."""
    return rule_views(objects(tenant, "TransportRule"))


def rule_views(rules: Iterable[Properties]) -> list[TransportRuleView]:
    """These rules in priority order."""
    return sorted(map(_rule, rules), key=lambda rule: rule.priority)


def _rule(properties: Properties) -> TransportRuleView:
    priority = properties.get("Priority")
    scl = properties.get("SetSCL")
    header = text(properties, "SetHeaderName")
    return TransportRuleView(
        properties=properties,
        guid=text(properties, "Guid"),
        name=text(properties, "Name"),
        priority=priority if isinstance(priority, int) else 0,
        enabled=text(properties, "State") == "Enabled",
        mode=text(properties, "Mode", "Enforce"),
        conditions=_present(properties, CONDITION_PARAMETERS, ""),
        exceptions=_present(properties, CONDITION_PARAMETERS, "ExceptIf"),
        actions=_present(properties, ACTION_PARAMETERS, ""),
        stop_processing=flag(properties, "StopRuleProcessing"),
        rule_error_action=text(properties, "RuleErrorAction", "Ignore"),
        sender_address_location=text(properties, "SenderAddressLocation", "Header"),
        recipient_address_type=text(properties, "RecipientAddressType", "Resolved"),
        route_connector=text(properties, "RouteMessageOutboundConnector"),
        route_requires_tls=flag(properties, "RouteMessageOutboundRequireTls"),
        set_scl=int(str(scl)) if scl is not None else None,
        set_header=(header, text(properties, "SetHeaderValue")) if header else None,
    )


def _present(properties: Properties, names: frozenset[str], prefix: str) -> Properties:
    found = {name: properties.get(prefix + name) for name in sorted(names)}
    return {name: value for name, value in found.items() if not is_unset(value)}


def is_unset(value: JsonValue) -> bool:
    """Whether a property of a rule counts as not set."""
    return value is None or value is False or value == "" or value == []


def connection_filter(tenant: Tenant) -> ConnectionFilter:
    """The (only) connection filter policy."""
    policy = singleton(tenant, "HostedConnectionFilterPolicy")
    return ConnectionFilter(allowed=texts(policy, "IPAllowList"), blocked=texts(policy, "IPBlockList"))


def spoof_items(tenant: Tenant) -> list[SpoofItem]:
    """The spoof allow and block entries of the tenant allow/block list."""
    return [
        SpoofItem(
            user=text(item, "SpoofedUser").lower(),
            infrastructure=text(item, "SendingInfrastructure").lower(),
            spoof_type=text(item, "SpoofType"),
            allow=text(item, "Action") == "Allow",
        )
        for item in objects(tenant, "TenantAllowBlockListSpoofItems")
    ]


def arc_trusted_sealers(tenant: Tenant) -> list[str]:
    """The domains whose ARC seals this tenant trusts, lower case."""
    joined = text(singleton(tenant, "ArcConfig"), "ArcTrustedSealers")
    return [domain.strip().lower() for domain in joined.split(",") if domain.strip()]


def singleton(tenant: Tenant, noun: str) -> Properties:
    """The `Default` object of a noun; empty when nobody has read or changed it yet."""
    return tenant.exchange.objects.get(noun, {}).get("Default", {})


def organization_config(tenant: Tenant) -> Properties:
    """`Get-OrganizationConfig` as far as it has been set: `RejectDirectSend`, `IsDehydrated`, ..."""
    return singleton(tenant, "OrganizationConfig")


def transport_config(tenant: Tenant) -> Properties:
    """`Get-TransportConfig` as far as it has been set: `MessageExpiration`, `MaxRecipientEnvelopeLimit`, ..."""
    return singleton(tenant, "TransportConfig")


def content_filter(tenant: Tenant) -> Properties:
    """The default anti-spam policy: `AllowedSenders`, `SpamAction`, `MarkAsSpamSpfRecordHardFail`, ..."""
    return singleton(tenant, "HostedContentFilterPolicy")


def remote_domains(tenant: Tenant) -> list[Properties]:
    """The remote domains; `DomainName` of the default one is `*`."""
    return objects(tenant, "RemoteDomain")


def journal_rules(tenant: Tenant) -> list[Properties]:
    """The journal rules: `JournalEmailAddress`, `Recipient`, `Scope`, `Enabled`."""
    return objects(tenant, "JournalRule")
