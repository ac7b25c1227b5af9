"""The organisation's domains: in Exchange, in the directory, in the DNS (microsoft-365.md §4.1, §4.6, §4.7)."""

from lockgate.microsoft365.verification.evidence import Evidence, Unread
from lockgate.microsoft365.verification.question import Answer, Asked, Question, failed, passed, unknown, warned
from lockgate.microsoft365.verification.sender_policy import SenderPolicy

CERTIFICATE = Question(
    "certificate-name",
    "The gateway's name lies inside an accepted domain",
    "Exchange knows returned mail by the certificate, and only when its name belongs to an accepted domain of yours.",
    "Microsoft 365 admin center > Settings > Domains: add and verify the gateway's domain",
)
SAME = Question(
    "domains-agree",
    "Exchange and the directory know the same domains",
    "Rules and policies work by Exchange's accepted domains, people are synced from the directory. Mail of a domain "
    "that only one of them knows is refused by Exchange, or passes without the policies of the people in it.",
    "Microsoft 365 admin center > Settings > Domains: each domain with its status; Exchange admin center > Mail flow > "
    "Accepted domains",
)
SENDERS = Question(
    "spf-record",
    "The SPF record of each domain names Microsoft 365",
    "Exchange hands your mail to the Internet itself, after it has come back from the gateway, so other hosts see "
    "Microsoft's addresses and the record needs include:spf.protection.outlook.com. The gateway's addresses need not "
    "be in it: only your own Exchange sees them, and it knows the gateway by its certificate. Leave them out, so that "
    "the gateway's host may not write to the world in your name.",
    "Your DNS provider: the TXT record of the domain that begins with v=spf1",
)


def _certificate(evidence: Evidence) -> Answer:
    host, domains = evidence.installation.gateway_host, evidence.survey.domains
    if exact := [one for one in domains if one.covers(host)]:
        return passed(f"{host} belongs to {exact[0].name}.")
    inside = [one.name for one in domains if host.endswith("." + one.name)]
    fix = f"Add {host} to the domains of the organisation and verify it."
    detail = f"{host} is below {inside[0]}, but not an accepted domain itself." if inside else f"{host} is outside."
    return failed(detail, fix)


def _same(evidence: Evidence) -> Answer:
    directory = evidence.graph_domains
    if isinstance(directory, Unread):
        return unknown(directory.why, SAME.where)
    accepted = {one.name for one in evidence.survey.domains}
    only_directory = sorted(set(directory) - accepted)
    only_exchange = sorted(accepted - set(directory))
    details, fixes = [], []
    if only_directory:
        details.append(f"Exchange does not accept mail for {', '.join(only_directory)}.")
        fixes.append(
            "A new domain takes up to a day. Otherwise: Microsoft 365 admin center > Settings > Domains > the domain > "
            "DNS records: choose Exchange and Exchange Online Protection. Ignore it for a domain that has no mail."
        )
    if only_exchange:
        details.append(f"The directory has no verified domain {', '.join(only_exchange)}.")
        fixes.append("Microsoft 365 admin center > Settings > Domains: add the domain and verify it.")
    if details:
        return warned(" ".join(details), " ".join(fixes))
    return passed(f"{len(accepted)} domains in both")


def _senders(evidence: Evidence) -> Answer:
    wrong, unread, fine = [], [], 0
    for domain, policy in evidence.sender_policies.items():
        match policy:
            case Unread():
                unread.append(policy.why)
            case SenderPolicy.NAMES_MICROSOFT:
                fine += 1
            case _:
                wrong.append(f"{domain} {policy}")
    if wrong:
        fix = (
            "In the DNS of each of them, one TXT record: v=spf1 include:spf.protection.outlook.com -all, with the "
            "hosts of other services that send for the domain added before -all. Nothing is to be done for a domain "
            "that sends no mail, or whose record lists Microsoft's addresses one by one and is kept up to date."
        )
        return warned("; ".join(wrong), fix)
    if unread:
        return unknown(" ".join(unread), SENDERS.where)
    return passed(f"{fine} domains looked at") if fine else unknown("No domain was looked up.", SENDERS.where)


CHECKS = (Asked(CERTIFICATE, _certificate), Asked(SAME, _same), Asked(SENDERS, _senders))
