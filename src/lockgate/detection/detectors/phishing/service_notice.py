"""A notice as services send them (a voice message, a shared file, a refund), from a stranger, leading to a stranger.

Why it matters: such notices are opened without a thought, and ask for the sign-in of the office suite or for a card.
Words near one another tell the notice in many languages. Alone it says nothing, because small services send the same;
a well-known service that is named, and owns neither sender nor link, makes it a forgery.
Known false positives: telephone systems and scanners of small makers, resellers that name the service.
References: MITRE ATT&CK T1566.002, T1656.
"""

import re
from collections.abc import Iterator

from lockgate.detection.brands import all_brands, owns
from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lure_words import lure_words
from lockgate.detection.lures import SUM_OF_MONEY, is_short_notice, is_stranger, pages_elsewhere
from lockgate.detection.vocabulary import Wish
from lockgate.detection.wishes import Wishes
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin, SenderHistory
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

NOTICES = (
    ("a voice message or missed call", ("voice message", "open"), 0.0),
    ("a shared document", ("document", "shared", "open"), 0.0),
    ("a document to sign", ("document", "signature", "open"), 0.0),
    ("news about wages", ("wages paper", "open"), 0.0),
    ("money back from the tax office", ("tax", "money back", "sign in"), 1.0),
    ("money back from the tax office", ("tax", "money back", "verify"), 1.0),
    ("a parcel that waits for a fee", ("parcel", "waiting", "fee"), 0.0),
)
"""What is told, the words that tell it, and how much it says alone."""
_SERVICES = re.compile(
    r"\b(?:in|op|via|with|auf|mit|dans|avec|en|con|su|no|na|w|v|i|med|på|using|by|ms|microsoft|my)?\s?"
    r"(teams|sharepoint|onedrive|outlook|office ?365|microsoft ?365|m365|docusign|adobe sign|acrobat sign|dropbox|"
    r"google drive|zoom|webex|wetransfer|ringcentral|workday|adp|gusto|dhl|fedex|ups|dpd|gls|postnl)\b"
)
_SMALL_SUM = re.compile(
    r"(?<![\d.,])[1-9](?:[.,]\d\d)\s?(?:€|eur|£|gbp|\$|usd|chf|zł|pln)|(?:€|£|\$|eur|gbp|usd|chf|r\$)\s?[1-9][.,]\d\d(?!\d)|"
    r"(?<![\d.,])[1-9]\d?(?:[.,]\d\d)?\s?(?:kr|sek|zł|pln)(?!\w)|(?<![\d.,])[1-9]\d{1,2}\s?(?:kč|czk|円|元)"
)


@detector("phishing.service-notice", Category.PHISHING, weight=2.6, direction=Direction.INBOUND)
def service_notice(
    message: Message, content: Content, origin: Origin, history: SenderHistory | None
) -> Iterator[Outcome]:
    words = content.fresh
    if not is_short_notice(message, content) or not is_stranger(content, origin, history):
        return
    pages = pages_elsewhere(content, origin)
    told = lure_words(words) if pages else None
    what, near, strength = _notice(told) if told else ("", (), 0.0)
    if not near:
        return
    service = _borrowed(words, content.header_from.domain, [one.host for one in pages])
    strength += 1.4 if service else 0.0
    strength += 1.4 if what.startswith("a parcel") and _SMALL_SUM.search(words) else 0.0
    strength += 0.3 if what.startswith("money") and SUM_OF_MONEY.search(words) else 0.0
    if not strength:
        return
    named = f", in the name of {service}" if service else ""
    evidence = (Evidence("text", ", ".join(dict.fromkeys(one.word for one in near))), pages[0].evidence)
    yield Found(f"{what} is told by a stranger{named}, with a link to {pages[0].host}", evidence, round(strength, 2))


def _notice(told: Wishes) -> tuple[str, tuple[Wish, ...], float]:
    for what, needs, strength in NOTICES:
        near = told.together(*needs)
        if near:
            return what, near, strength
    return "", (), 0.0


def _borrowed(words: str, sender: str, hosts: list[str]) -> str:
    """A service that the text names and that owns neither the sender nor any page."""
    found = _SERVICES.search(words)
    if found is None:
        return ""
    name = found.group(1)
    brand = next((one for one in all_brands() if any(name in called for called in one.names)), None)
    if brand is not None and any(owns(brand, host) for host in (sender, *hosts)):
        return ""
    squeezed = name.replace(" ", "")
    return "" if any(host.startswith(f"{squeezed}.") for host in hosts) else name
