"""Filters by their common names: what a rule can be about, so that nobody needs to know the names of detectors.

A filter is a beginning: choosing one fills a rule's condition, which is then the author's. house-rule: table
"""

from dataclasses import dataclass

from lockgate.model.envelope import Direction
from lockgate.model.findings import Verdict

BOTH, IN, OUT = frozenset(Direction), frozenset({Direction.INBOUND}), frozenset({Direction.OUTBOUND})


@dataclass(frozen=True, slots=True)
class Filter:
    """A name with the condition behind it: any of these verdicts, or any of these findings or labels."""

    id: str
    family: str
    name: str
    findings: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    directions: frozenset[Direction] = BOTH


FILTERS = (
    Filter("spam", "Spam and graymail", "Spam", verdicts=(Verdict.SPAM,)),
    Filter("bulk", "Spam and graymail", "Bulk mail of any kind", verdicts=(Verdict.BULK,)),
    Filter("marketing", "Spam and graymail", "Marketing", ("graymail:marketing",), directions=IN),
    Filter("newsletter", "Spam and graymail", "Newsletters", ("graymail:newsletter",), directions=IN),
    Filter("social", "Spam and graymail", "Social networks", ("graymail:social",), directions=IN),
    Filter("forum", "Spam and graymail", "Forums and lists", ("graymail:forum",), directions=IN),
    Filter("notice", "Spam and graymail", "Notices of transactions", ("graymail:notice",), directions=IN),
    Filter("blocked", "Spam and graymail", "Blocked senders and header fields",
           ("reputation.blocked-sender", "reputation.blocked-host", "reputation.blocked-header")),
    Filter("phishing", "Phishing and fraud", "Phishing", verdicts=(Verdict.PHISHING,)),
    Filter("fraud", "Phishing and fraud", "Fraud and business e-mail compromise", verdicts=(Verdict.FRAUD,)),
    Filter("extortion", "Phishing and fraud", "Extortion", ("fraud.extortion",)),
    Filter("scam", "Phishing and fraud", "Scams: advance fees, gift cards, prizes",
           ("fraud.advance-fee", "fraud.gift-card-request", "phishing.prize-lure")),
    Filter("payment", "Phishing and fraud", "Changed bank or payroll details",
           ("fraud.bank-details-change", "fraud.payroll-change", "fraud:another-account",
            "correlation.pressing-payment")),
    Filter("person", "Phishing and fraud", "Names of high-profile people", ("impersonation:person",), directions=IN),
    Filter("colleague", "Phishing and fraud", "Names of anybody in the directory",
           ("impersonation:person", "impersonation:colleague"), directions=IN),
    Filter("domain", "Phishing and fraud", "Look-alikes of our domains",
           ("impersonation.own-domain", "impersonation.protected-domain", "link.own-look-alike"), directions=IN),
    Filter("brand", "Phishing and fraud", "Imitated brands", ("impersonation.brand-*", "link.brand-in-host"),
           directions=IN),
    Filter("authentication", "Phishing and fraud", "Failed sender authentication", ("authentication.failed",),
           directions=IN),
    Filter("malware", "Malware", "Malware of any class", verdicts=(Verdict.MALWARE,)),
    Filter("ransomware", "Malware", "Ransomware", ("malware-class:ransomware",)),
    Filter("spyware", "Malware", "Spyware", ("malware-class:spyware",)),
    Filter("worm", "Malware", "Worms", ("malware-class:worm",)),
    Filter("trojan", "Malware", "Trojans", ("malware-class:trojan",)),
    Filter("virus", "Malware", "Other viruses and exploits",
           ("malware-class:virus", "malware-class:exploit", "malware-class:macro", "malware-class:other")),
    Filter("grayware", "Malware", "Adware and unwanted programs", ("malware-class:grayware",)),
    Filter("active", "Malware", "Active content in Office and PDF files",
           ("malware.office-macros", "malware.office-fetches", "malware.dde-command", "malware.pdf-actions")),
    Filter("sandbox", "Malware", "Convicted by the sandbox", ("malware.sandbox",)),
    Filter("locked-archive", "What cannot be scanned", "Archives with a password", ("file:encrypted-archive",)),
    Filter("locked-document", "What cannot be scanned", "Other files with a password", ("file:encrypted-document",)),
    Filter("unopened", "What cannot be scanned", "Damaged, too large, or unknown archives", ("file-unopened:*",)),
    Filter("dangerous", "Files", "Files that run when opened, also inside archives", ("file-danger:*",)),
    Filter("lying", "Files", "Files whose name hides what they are", ("file.lying-extension", "file.polyglot")),
    Filter("blocked-file", "Files", "Blocked files", ("reputation.blocked-file",)),
    Filter("blocked-link", "Links", "Blocked links: the surest", ("reputation.blocked-link",)),
    Filter("deceiving-link", "Links", "Links that deceive: sure",
           ("link.text-differs", "link.disguised-address", "link.look-alike-letters", "link.brand-in-host",
            "link.own-look-alike", "reputation.blocked-link")),
    Filter("any-link", "Links", "Any suspicious link", ("link.*", "reputation.blocked-link")),
    Filter("unrated-link", "Links", "Links that nobody has rated (switch link.unrated on)", ("link:unrated",)),
    Filter("qr", "Links", "QR codes, in the text or in attachments", ("link:qr-code",)),
    Filter("correlation", "Correlation", "Signs of several families together", ("correlation.*",)),
    Filter("own", "Correlation", "Own rules", ("own.*",)),
    Filter("cards", "Data loss", "Payment cards", ("dlp-template:pci-dss",), directions=OUT),
    Filter("gdpr", "Data loss", "Identifiers of people (GDPR)", ("dlp-template:gdpr-*",), directions=OUT),
    Filter("leak", "Data loss", "Any data loss template", ("dlp-template:*",), directions=OUT),
)  # fmt: skip
BY_ID = {one.id: one for one in FILTERS}


def filters_for(direction: Direction) -> dict[str, list[Filter]]:
    """Those that can find something in mail of this direction, by family."""
    found: dict[str, list[Filter]] = {}
    for one in FILTERS:
        if direction in one.directions:
            found.setdefault(one.family, []).append(one)
    return found
