"""Spam policies that judge mail a second time when it comes back (microsoft-365.md §3.4, §4.7)."""

from lockgate.microsoft365.resources.trusted_sealers import sealers
from lockgate.microsoft365.verification.evidence import Evidence
from lockgate.microsoft365.verification.question import Answer, Asked, Question, failed, passed, unknown, warned
from lockgate.model.envelope import Direction

SPF = Question(
    "spf-hard-fail",
    "SPF hard fail is off in every inbound anti-spam policy",
    "Mail comes back from the gateway's address, which is not in the sender's SPF record. With 'SPF record: hard fail' "
    "on, Exchange would mark every such message as spam.",
    "Microsoft Defender portal > Email & collaboration > Policies & rules > Threat policies > Anti-spam > each inbound "
    "policy > Mark as spam > SPF record: hard fail: Off",
)
SEALERS = Question(
    "arc-sealer",
    "The gateway is a trusted ARC sealer",
    "When the gateway changes a message, its sender's DKIM signature no longer fits. Exchange then believes what it "
    "found on the message's first way in only if the seal on it is by a domain that the organisation trusts.",
    "Microsoft Defender portal > Email & collaboration > Policies & rules > Threat policies > Email authentication "
    "settings > ARC: add the domain of the gateway's seals",
)
SAFE_LINKS = Question(
    "safe-links",
    "Safe Links and the gateway do not both rewrite links",
    "With Defender for Office 365, Safe Links rewrites links in mail. A link that is rewritten on both ways in is hard "
    "to read, and the second rewriting hides the first. The gateway reads through Microsoft's rewriting by itself.",
    "Microsoft Defender portal > Email & collaboration > Policies & rules > Threat policies > Safe Links > each policy "
    "> URL & click protection settings: where another product rewrites links too, choose 'Do not rewrite URLs, do "
    "checks via Safe Links API only'",
)


def _spf(evidence: Evidence) -> Answer:
    policies = evidence.found("Get-HostedContentFilterPolicy")
    hard = [str(one.get("Name")) for one in policies if str(one.get("MarkAsSpamSpfRecordHardFail")) == "On"]
    if not hard:
        return passed(f"{len(policies)} policies looked at")
    return failed(f"On in: {', '.join(hard)}", SPF.where)


def _sealers(evidence: Evidence) -> Answer:
    sealer = evidence.installation.sealer
    if not sealer:
        return passed("The gateway does not seal what it returns, so there is no seal to trust.")
    trusted = [name for one in evidence.found("Get-ArcConfig") for name in sealers(one.get("ArcTrustedSealers"))]
    if sealer in trusted:
        return passed(f"{sealer} is trusted.")
    if Direction.INBOUND not in evidence.directions:
        return passed("Only mail from outside needs it, and inbound protection is not asked for.")
    # The cmdlet replaces the whole list.
    every = ", ".join(f'"{name}"' for name in [*trusted, sealer])
    fix = (
        "The plan adds it beside the others. By hand, in Exchange Online PowerShell: Set-ArcConfig -Identity Default "
        f"-ArcTrustedSealers {every}"
    )
    return warned(f"{sealer} is not among the trusted sealers ({', '.join(trusted) or 'there are none'}).", fix)


def _safe_links(evidence: Evidence) -> Answer:
    del evidence
    return unknown("Lockgate does not read Safe Links policies; look once by hand.", SAFE_LINKS.where)


CHECKS = (
    Asked(SPF, _spf, ("Get-HostedContentFilterPolicy",)),
    Asked(SEALERS, _sealers, ("Get-ArcConfig",)),
    Asked(SAFE_LINKS, _safe_links),
)
