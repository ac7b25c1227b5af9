"""Outbound: the text or a file holds payment card numbers.

Why it matters: card numbers in mail break PCI DSS and are gone for good. A number counts when its length and first
digits are a card scheme's, its check digit holds, and the text around it speaks of cards, or when there are several.
Known false positives: reference numbers that happen to fit (one in ten fits the check digit, few fit the rest).
References: ISO/IEC 7812-1 (Luhn); PCI DSS 4.0 requirement 4.2.2.
"""

import re
from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.files.readable_text import readable_texts
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

SEVERAL = 3
AROUND = 80
_NUMBER = re.compile(r"(?<![\w.,/#+=&?-])(?:\d[ \u00a0-]?){12,18}\d(?![\w/=&-]|[.,]\d)")
_GROUPS = re.compile(r"^(?:\d{13,19}|\d{4}([ \u00a0-])\d{4}\1\d{4}\1\d{1,7}|\d{4}([ \u00a0-])\d{6}\2\d{4,5})$")
_CONTEXT = re.compile(
    r"card|visa|master ?card|amex|american express|maestro|discover|diners|jcb|cvv|cvc|cvn|expir|exp\."
    r"|valid (?:thru|until)"
    r"|karte|kreditkart|gültig bis|prüfziffer|carte|carta|tarjeta|cartão|kaart|karta|kort|pan\b|カード|信用卡",
    re.IGNORECASE,
)


@detector("dlp.payment-card", Category.DLP, weight=2.0, direction=Direction.OUTBOUND)
def payment_card(message: Message, content: Content) -> Iterator[Outcome]:
    for where, text in readable_texts(message, content.files):
        numbers = dict.fromkeys(_cards(text))
        told = [number for number in numbers if _spoken_of(text, number)]
        if not told and len(numbers) < SEVERAL:
            continue
        chosen = told or list(numbers)
        evidence = tuple(Evidence(where, masked(number)) for number in chosen[:5])
        explanation = f"{where} holds {len(chosen)} payment card number{'s' if len(chosen) > 1 else ''}"
        yield Found(explanation, evidence, 1.0 if len(chosen) == 1 else 1.5, ("identifier:payment-card",))


def _cards(text: str) -> Iterator[str]:
    for match in _NUMBER.finditer(text):
        written = match.group()
        digits = re.sub(r"\D", "", written)
        if _GROUPS.match(written) and scheme(digits) and _luhn(digits) and len(set(digits)) > 1:
            yield written


def scheme(digits: str) -> str:
    """The card scheme whose issuer range and length this is (ISO/IEC 7812; the schemes' published ranges), or empty."""
    length, two, three, four = len(digits), int(digits[:2]), int(digits[:3]), int(digits[:4])
    if digits[0] == "4" and length in (13, 16, 19):
        return "Visa"
    if length == 16 and (51 <= two <= 55 or 2221 <= four <= 2720):
        return "Mastercard"
    if length == 15 and two in (34, 37):
        return "American Express"
    if length == 14 and (300 <= three <= 305 or two in (36, 38)):
        return "Diners Club"
    if length == 16 and (four == 6011 or 644 <= three <= 649 or two == 65):
        return "Discover"
    if length == 16 and 3528 <= four <= 3589:
        return "JCB"
    return "UnionPay" if length in (16, 19) and two == 62 else ""


def masked(written: str) -> str:
    """First six and last four digits, as PCI DSS 3.4.1 lets one show at most."""
    digits = re.sub(r"\D", "", written)
    return f"{scheme(digits)} {digits[:6]}{'*' * (len(digits) - 10)}{digits[-4:]}"


def _luhn(digits: str) -> bool:
    from stdnum import luhn

    return bool(luhn.is_valid(digits))


def _spoken_of(text: str, written: str) -> bool:
    place = text.find(written)
    return bool(_CONTEXT.search(text[max(0, place - AROUND) : place + len(written) + AROUND]))
