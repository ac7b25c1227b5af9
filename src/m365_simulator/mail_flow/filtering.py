"""The simulated spam filter: small, deterministic, and reported with Exchange's own words.

Order: allow lists, known test content, the policy for SPF failures, then spoofing. Rules may override the
result afterwards by SetSCL (microsoft-365.md §4.7).
"""

from dataclasses import replace

from m365_simulator.exchange_admin import organisation
from m365_simulator.mail_flow.addresses import domain_or_below, ip_listed
from m365_simulator.mail_flow.authentication import Authentication
from m365_simulator.mail_flow.headers import HeaderBlock
from m365_simulator.mail_flow.message import Message, SpamVerdict, domain_of
from m365_simulator.world import Properties, Tenant

GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
BULK_LEVEL = 5  # of mail with List-Unsubscribe; the policy's threshold is 7 by default


def classify(message: Message, results: Authentication, tenant: Tenant) -> SpamVerdict:
    """The verdict on a message at its arrival, before any rule."""
    policy = organisation.content_filter(tenant)
    block = HeaderBlock(message.content)
    bcl = BULK_LEVEL if block.first("List-Unsubscribe") or block.first("Precedence").lower() == "bulk" else 0
    if message.origin.internal:
        return SpamVerdict(scl=-1, sfv="SKI", ip_verdict="NLI")
    if ip_listed(message.origin.client_ip, organisation.connection_filter(tenant).allowed):
        return _with_dmarc(SpamVerdict(scl=-1, sfv="NSPM", ip_verdict="CAL", bcl=bcl), results, message, tenant)
    if _sender_allowed(results.from_domain, message, policy):
        return SpamVerdict(scl=-1, sfv="SKA", bcl=bcl)
    if GTUBE in message.content:
        return SpamVerdict(scl=9, sfv="SPM", category="HSPM", bcl=bcl)
    if organisation.text(policy, "MarkAsSpamSpfRecordHardFail") == "On" and results.spf == "fail":
        return SpamVerdict(scl=9, sfv="SPM", category="HSPM", bcl=bcl)
    if bcl >= _number(policy.get("BulkThreshold"), 7):
        return SpamVerdict(scl=6, sfv="SPM", category="BULK", bcl=bcl)
    return _spoofing(SpamVerdict(bcl=bcl), results, message, tenant)


def _spoofing(verdict: SpamVerdict, results: Authentication, message: Message, tenant: Tenant) -> SpamVerdict:
    suspicious = results.reason in {"000", "010", "601"} or (
        results.reason == "001" and results.spf in {"fail", "softfail"} and results.dkim != "pass"
    )
    listed = spoof_listed(results, message, tenant)
    if listed is False or (suspicious and listed is None and results.compauth == "fail"):
        verdict = replace(verdict, scl=5, sfv="SPM", category="SPOOF")
    return _with_dmarc(verdict, results, message, tenant)


def _with_dmarc(verdict: SpamVerdict, results: Authentication, message: Message, tenant: Tenant) -> SpamVerdict:
    """The sender's own p=reject is honoured whatever the IP allow list says (microsoft-365.md §3.4)."""
    refused = results.dmarc_action == "oreject" and spoof_listed(results, message, tenant) is not True
    return replace(verdict, refuse_by_dmarc=refused)


def spoof_listed(results: Authentication, message: Message, tenant: Tenant) -> bool | None:
    """Whether the tenant allows (True) or blocks (False) this pair of sender and infrastructure; else None."""
    kind = "Internal" if tenant.accepts_domain(results.from_domain) else "External"
    for item in organisation.spoof_items(tenant):
        if item.spoof_type.lower() != kind.lower():
            continue
        user_fits = item.user in {"*", results.from_domain} or item.user == message.envelope.mail_from.lower()
        if user_fits and _infrastructure_fits(item.infrastructure, results, message):
            return item.allow
    return None


def _infrastructure_fits(infrastructure: str, results: Authentication, message: Message) -> bool:
    if infrastructure == "*" or ip_listed(message.origin.client_ip, [infrastructure]):
        return True
    if results.dkim == "pass" and results.dkim_domain == infrastructure:
        return True
    names = (*message.origin.certificate_names, message.origin.helo.lower())
    return any(domain_or_below(name.removeprefix("*."), infrastructure) for name in names if name)


def _sender_allowed(from_domain: str, message: Message, policy: Properties) -> bool:
    domains = [domain.lower() for domain in organisation.texts(policy, "AllowedSenderDomains")]
    senders = [sender.lower() for sender in organisation.texts(policy, "AllowedSenders")]
    sender = message.envelope.mail_from.lower()
    return sender in senders or domain_of(sender) in domains or from_domain in domains


def by_rule(verdict: SpamVerdict, scl: int) -> SpamVerdict:
    """The verdict after a rule's SetSCL: −1 skips filtering, 5 and more is spam."""
    if scl < 0:
        return replace(verdict, scl=-1, sfv="SKN", refuse_by_dmarc=False)
    return replace(verdict, scl=scl, sfv="SKS" if scl >= 5 else "NSPM", category="SPM" if scl >= 5 else "NONE")


def _number(value: object, default: int) -> int:
    return int(str(value)) if value is not None and str(value).isdigit() else default
