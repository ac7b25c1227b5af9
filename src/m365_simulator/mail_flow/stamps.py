"""The header fields that Exchange puts on, takes off and renames as mail crosses its borders.

Sources: microsoft-365.md §4.7 (antispam report), §4.8 (cross-tenant set, exactly one CrossTenant-Id on egress),
§4.9 (header firewall). Authentication-Results, the antispam report and X-Microsoft-Antispam of an earlier pass
are renamed, so that the topmost of each name is always ours.
"""

from email.utils import format_datetime

from m365_simulator.dns_records import mx_host
from m365_simulator.mail_flow.authentication import Authentication
from m365_simulator.mail_flow.headers import HeaderBlock
from m365_simulator.mail_flow.message import Message, SpamVerdict, Via, domain_of
from m365_simulator.world import Tenant

ORGANIZATION = "X-MS-Exchange-Organization-"
CROSS_PREMISES = "X-MS-Exchange-CrossPremises-"
CROSS_TENANT = "X-MS-Exchange-CrossTenant-"
SERVER = "SIM01MB0001.eurprd01.prod.outlook.com"
FRONT_END = "SIM01FT0001.mail.protection.outlook.com"
_INTERNAL = ("x-ms-exchange-organization-", "x-ms-exchange-forest-")
_REPORT = "X-Forefront-Antispam-Report"
_REPORTS = (_REPORT, "X-Microsoft-Antispam", "X-Microsoft-Antispam-Message-Info")


def passes(block: HeaderBlock) -> int:
    """How many times Exchange Online has taken this message in already."""
    return sum("via Frontend Transport" in value for value in block.all("Received"))


def firewall(block: HeaderBlock, keep_internal: bool) -> None:
    """What an incoming message may not bring along; `keep_internal` promotes CrossPremises fields (hybrid)."""
    block.remove(lambda name: name.startswith(_INTERNAL))
    if keep_internal:
        for name in _names(block, CROSS_PREMISES):
            block.rename(name, ORGANIZATION + name[len(CROSS_PREMISES) :])
    block.remove(lambda name: name.startswith(CROSS_PREMISES.lower()))
    stripped = block.remove(
        lambda name: (
            name.startswith(CROSS_TENANT.lower()) or name in {"x-originatororg", "x-eoptenantattributedmessage"}
        )
    )
    if stripped:
        block.prepend("X-MS-Exchange-Transport-CrossTenantHeadersStripped", FRONT_END)
    block.rename("Authentication-Results", "Authentication-Results-Original")
    for name in _REPORTS:
        block.rename(name, name + "-Untrusted")


def _names(block: HeaderBlock, prefix: str) -> list[str]:
    found = (raw.partition(b":")[0].decode("ascii", "replace") for raw in block.fields)
    return list(dict.fromkeys(name for name in found if name.lower().startswith(prefix.lower())))


def received(message: Message, host: str) -> str:
    """The Received line of the door that the message came through."""
    origin = message.origin
    version, _, cipher = origin.tls.partition(" ")
    tls = f" (version={version.replace('.', '_')},\r\n cipher={cipher})" if version else ""
    kind = "via Frontend Transport" if origin.via is Via.MX else "via Mailbox Transport"
    source = f"{origin.helo or 'localhost'} ({origin.client_ip})"
    when = format_datetime(message.arrived)
    return f"from {source} by {host} with\r\n Microsoft SMTP Server{tls} id 15.20.9000.1 {kind}; {when}"


def authentication_results(message: Message, results: Authentication) -> str:
    """The value that Exchange writes, one method after the other."""
    dkim_note = {"none": "message not signed", "pass": "signature was verified"}.get(results.dkim, "not verified")
    parts = [
        f"spf={results.spf} (sender IP is {message.origin.client_ip})\r\n smtp.mailfrom={results.spf_domain}",
        f"dkim={results.dkim} ({dkim_note})\r\n header.d={results.dkim_domain or 'none'}",
        f"dmarc={results.dmarc} action={results.dmarc_action}\r\n header.from={results.from_domain}",
        f"compauth={results.compauth} reason={results.reason}",
    ]
    if results.arc != "none":
        overridden = " oda=1 ltdi=1" if results.reason == "130" else " oda=0 ltdi=0"
        parts.append(f"arc={results.arc} (0{overridden})")
    return ";".join(parts)


def arrival(message: Message, tenant: Tenant, results: Authentication | None, host: str) -> list[tuple[str, str]]:
    """The fields put on top of an accepted message, the first of them topmost.

    The results stand above the Received of the door, as real messages show it: what is below came from outside.
    """
    internal = message.origin.internal
    originating = internal or tenant.accepts_domain(domain_of(message.envelope.mail_from))
    found = [] if results is None else [("Authentication-Results", authentication_results(message, results))]
    return [
        *found,
        ("Received", received(message, host)),
        (ORGANIZATION + "Network-Message-Id", message.network_message_id),
        (ORGANIZATION + "AuthAs", "Internal" if internal else "Anonymous"),
        (ORGANIZATION + "AuthSource", SERVER if internal else FRONT_END),
        (ORGANIZATION + "MessageDirectionality", "Originating" if originating else "Incoming"),
        (ORGANIZATION + "ExpirationStartTime", format_datetime(message.arrived)),
        ("X-EOPAttributedMessage", "0"),
        ("X-EOPTenantAttributedMessage", f"{tenant.id}:0"),
    ]


def with_antispam_report(message: Message, tenant: Tenant) -> Message:
    """The message with its verdict written down, replacing an earlier writing of this pass."""
    block = HeaderBlock(message.content)
    verdict = message.verdict
    block.replace("X-Microsoft-Antispam", f"BCL:{verdict.bcl};ARA:13230040;")
    block.replace(_REPORT, antispam_report(message, verdict, tenant))
    block.replace(ORGANIZATION + "SCL", str(verdict.scl))
    return message.with_content(block.content())


def antispam_report(message: Message, verdict: SpamVerdict, tenant: Tenant) -> str:
    """X-Forefront-Antispam-Report for one verdict."""
    own_sender = tenant.accepts_domain(domain_of(message.envelope.mail_from))
    inside = all(tenant.accepts_domain(one.domain) for one in message.envelope.recipients)
    outgoing = message.origin.internal or (own_sender and bool(message.origin.connector))
    direction = ("INT" if inside else "OUT") if outgoing else "INB"
    origin = message.origin
    return (
        f"CIP:{origin.client_ip};CTRY:;LANG:en;SCL:{verdict.scl};SRV:;IPV:{verdict.ip_verdict};SFV:{verdict.sfv};"
        f"H:{origin.helo or 'localhost'};PTR:;CAT:{verdict.category};SFS:;DIR:{direction};"
    )


def cross_tenant(message: Message, tenant: Tenant) -> list[tuple[str, str]]:
    """The cross-tenant set of the tenant that hands a message on (or delivers it)."""
    origin = message.origin
    stamped = [
        (CROSS_TENANT + "OriginalArrivalTime", format_datetime(message.arrived)),
        (CROSS_TENANT + "Network-Message-Id", message.network_message_id),
        (CROSS_TENANT + "Id", tenant.id),
        (CROSS_TENANT + "AuthSource", SERVER if origin.internal else FRONT_END),
        (CROSS_TENANT + "AuthAs", "Internal" if origin.internal else "Anonymous"),
        (CROSS_TENANT + "FromEntityHeader", _from_entity(message, tenant)),
    ]
    if origin.connector:
        attributed = f"TenantId={tenant.id};Ip=[{origin.client_ip}];Helo=[{origin.helo}]"
        stamped.append((CROSS_TENANT + "OriginalAttributedTenantConnectingIp", attributed))
    if origin.user_principal_name:
        stamped.append((CROSS_TENANT + "MailboxType", "HOSTED"))
    stamped.append(("X-MS-Exchange-Transport-CrossTenantHeadersStamped", SERVER))
    return stamped


def _from_entity(message: Message, tenant: Tenant) -> str:
    if message.origin.internal:
        return "Hosted"
    own = tenant.accepts_domain(domain_of(message.envelope.mail_from))
    return "HybridOnPrem" if own and message.origin.connector else "Internet"


def delivered(message: Message, tenant: Tenant) -> bytes:
    """The content as it lies in a mailbox."""
    block = HeaderBlock(with_antispam_report(message, tenant).content)
    block.prepend_all(cross_tenant(message, tenant))
    return block.content()


def leaving(message: Message, tenant: Tenant, keep_internal: bool) -> bytes:
    """The content as it leaves the tenant by SMTP; `keep_internal` for CloudServicesMailEnabled connectors."""
    block = HeaderBlock(with_antispam_report(message, tenant).content)
    if keep_internal:
        for name in _names(block, ORGANIZATION):
            block.rename(name, CROSS_PREMISES + name[len(ORGANIZATION) :])
    block.remove(lambda name: name.startswith(_INTERNAL))
    organisation_domain = domain_of(message.envelope.mail_from)
    if not tenant.accepts_domain(organisation_domain):
        organisation_domain = initial_domain(tenant)
    block.prepend_all([("X-OriginatorOrg", organisation_domain), *cross_tenant(message, tenant)])
    block.prepend("Received", received_inside(message, mx_host(initial_domain(tenant))))
    return block.content()


def received_inside(message: Message, host: str) -> str:
    """The Received line of the hop inside Microsoft's network."""
    when = format_datetime(message.arrived)
    return f"from {SERVER} (2603:10a6:800::1) by\r\n {host} with mapi id 15.20.9000.001; {when}"


def initial_domain(tenant: Tenant) -> str:
    """The tenant's default domain, else its first."""
    domains = list(tenant.domains.values())
    default = next((domain for domain in domains if domain.is_default), None)
    return default.name if default else next(iter(tenant.domains), "onmicrosoft.com")
