"""A picture holds a QR code that opens a web page.

Why it matters: the code moves the reader from the protected computer to a private telephone, and hides the link from
filters that read text. Honest mail that reaches a computer seldom needs one.
Known false positives: tickets, boarding passes, two-factor enrolment, payment slips (EPC and Swiss QR hold no link).
References: MITRE ATT&CK T1660; ISO/IEC 18004.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, Unfinished, detector
from lockgate.detection.organisations import same_organisation
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import LinkSource


@detector("link.qr-code", Category.PHISHING, weight=2.0)
def qr_code(content: Content) -> Iterator[Outcome]:
    lure = content.said("credential", "account-threat", "document-share", "payroll-change", "delivery-fee")
    for target in content.web_targets:
        if target.link.source is not LinkSource.QR_CODE or same_organisation(target.host, content.header_from.domain):
            continue
        asks = f" in a text that says '{lure[0].phrase}'" if lure else ""
        explanation = f"a QR code opens {target.host}{asks}"
        yield Found(explanation, (Evidence(target.where, target.url),), 1.6 if lure else 1.0, ("link:qr-code",))
    for where in content.qr.unread:
        yield Unfinished(f"{where}: too large to look for QR codes", essential=False)
