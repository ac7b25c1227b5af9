"""A QR code opens a web page: in a picture, on a page of a PDF file, or drawn by a table or by block characters.

Why it matters: the code moves the reader from the protected computer to a private telephone, and hides the link from
filters that read text. Honest mail that reaches a computer seldom needs one, and draws none without a picture.
Known false positives: tickets, boarding passes, two-factor enrolment, payment slips (EPC and Swiss QR hold no link).
References: MITRE ATT&CK T1660; ISO/IEC 18004.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, Unfinished, detector
from lockgate.detection.organisations import same_organisation
from lockgate.detection.topics import Mention
from lockgate.model.findings import Category
from lockgate.model.message import LinkSource

_LURES = ("credential", "account-threat", "document-share", "payroll-change", "delivery-fee")
DRAWN = ("html", "text")


@detector("link.qr-code", Category.PHISHING, weight=2.0)
def qr_code(content: Content) -> Iterator[Outcome]:
    opened = [target for target in content.web_targets if target.link.source is LinkSource.QR_CODE]
    lure = _lure(content) if opened else None
    for target in opened:
        if same_organisation(target.host, content.header_from.domain):
            continue
        asks = f" in a text that says '{lure.phrase}'" if lure else ""
        drawn = target.link.part_path in DRAWN
        how = "a QR code drawn without a picture" if drawn else "a QR code"
        strength = (1.6 if lure else 1.0) + (0.6 if drawn else 0.0)
        labels = ("link:qr-code", "link:qr-code-drawn") if drawn else ("link:qr-code",)
        yield Found(f"{how} opens {target.host}{asks}", (target.evidence,), strength, labels)
    for where in content.qr.unread:
        yield Unfinished(f"{where}: too large to look for QR codes", essential=False)


def _lure(content: Content) -> Mention | None:
    """What the text, or a page of an attached file, says about accounts, documents, pay or parcels."""
    said = (*content.said(*_LURES), *(mention for name in _LURES for mention in content.page_mentions.get(name, ())))
    return said[0] if said else None
