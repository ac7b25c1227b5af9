"""A QR code opens a web page: in a picture, on a page of a PDF file, or drawn by a table or by block characters.

Why it matters: the code moves the reader from the protected computer to a private telephone, and hides the link from
filters that read text. Honest mail that reaches a computer seldom needs one, and seldom draws it without a picture.
A text that asks to scan in order to sign in, to verify or to pay leaves little doubt, even at the sender's own address.
Known false positives: tickets, boarding passes, two-factor enrolment, payment slips (EPC and Swiss QR hold no link).
References: MITRE ATT&CK T1660; ISO/IEC 18004.
"""

from collections.abc import Iterator

from lockgate.detection.brands import owned_domains
from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, Unfinished, detector
from lockgate.detection.lure_words import lure_words
from lockgate.detection.lures import is_stranger
from lockgate.detection.organisations import same_organisation
from lockgate.detection.targets import Target
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin, SenderHistory
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import LinkSource

_LURES = ("credential", "account-threat", "document-share", "payroll-change", "delivery-fee")
DRAWN = ("html", "text")
NEARLY_CERTAIN = 2.0
PICTURES, DRAWINGS = ("link:qr-code",), ("link:qr-code", "link:qr-code-drawn")


@detector("link.qr-code", Category.PHISHING, weight=2.0)
def qr_code(content: Content, origin: Origin, history: SenderHistory | None) -> Iterator[Outcome]:
    opened = [target for target in content.web_targets if target.link.source is LinkSource.QR_CODE]
    suspect = origin.direction is Direction.INBOUND and is_stranger(content, origin, history)
    asked = _asked(content) if opened or content.qr.undecoded else ""
    for target in opened:
        drawn = target.link.part_path in DRAWN
        strength = _strength(target, content, drawn=drawn, asked=asked, suspect=suspect)
        if strength:
            asks = f" in a text that {asked}" if asked else ""
            how = "a QR code drawn without a picture" if drawn else "a QR code"
            labels = DRAWINGS if drawn else PICTURES
            yield Found(f"{how} opens {target.host}{asks}", (target.evidence,), strength, labels)
    if content.qr.undecoded and not opened and suspect:
        explanation = "something drawn like a QR code that no program reads"
        evidence = tuple(
            Evidence(where, "a square of dark and light with corners of a QR code") for where in content.qr.undecoded
        )
        yield Found(explanation, evidence, NEARLY_CERTAIN if asked else 1.6, DRAWINGS)
    for where in content.qr.unread:
        yield Unfinished(f"{where}: too large to look for QR codes", essential=False)


def _strength(target: Target, content: Content, *, drawn: bool, asked: str, suspect: bool) -> float:
    """Nothing for a picture that leads to its sender's own pages, unless a stranger asks to scan it for a lure."""
    at_home = same_organisation(target.host, content.header_from.domain)
    if at_home and not suspect:
        return 0.0
    if drawn:
        return NEARLY_CERTAIN + 0.2 if asked else 0.8
    if at_home:
        return 1.6 if asked.startswith("asks") else 0.0
    if not asked:
        return 0.5 if target.domain in owned_domains() else 1.0
    return NEARLY_CERTAIN if suspect and asked.startswith("asks") else 1.6


def _asked(content: Content) -> str:
    """What the text, or a page of an attached file, wants of who scans; else what lure it speaks of; else nothing."""
    for text in (content.words, content.page_text):
        told = lure_words(text)
        if told.names & {"scan", "telephone"}:
            for wanted in ("sign in", "verify", "fee"):
                if told.together("scan", wanted) or told.together("telephone", wanted):
                    return f"asks to scan it ({wanted})"
    said = (*content.said(*_LURES), *(mention for name in _LURES for mention in content.page_mentions.get(name, ())))
    return f"says '{said[0].phrase}'" if said else ""
