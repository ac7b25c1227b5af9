"""The sender claims to have broken in or filmed the reader, and wants to be paid in a currency that leaves no trace.

Why it matters: the claim is made to millions; those who pay do so at once and tell nobody.
Known false positives: advice and news about such mail.
References: CERT-EU, "Sextortion scams"; Bitcoin Wiki, "Address" (Base58Check), BIP 173 (Bech32).
"""

import re
from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

_WALLET = re.compile(
    r"\b(?:[13][a-km-zA-HJ-NP-Z1-9]{25,34}|bc1[ac-hj-np-z02-9]{11,71}|0x[0-9a-fA-F]{40}|[48][0-9AB][1-9A-HJ-NP-Za-km-z]{93}"
    r"|L[a-km-zA-HJ-NP-Z1-9]{26,33})\b"
)


TOPICS = ("extortion",)


@detector("fraud.extortion", Category.FRAUD, weight=2.0, topics=TOPICS)
def extortion(message: Message, content: Content) -> Iterator[Outcome]:
    said = content.said(*TOPICS)
    if content.is_discussion or not said:
        return
    wallet = _WALLET.search(message.visible_text[:50_000])
    if len(said) + (1 if wallet else 0) < 2:
        return
    strength = min(0.35 * len(said), 1.8) + (1.0 if wallet else 0.0)
    evidence = [Evidence("text", mention.phrase) for mention in said[:6]]
    if wallet:
        evidence.append(Evidence("text", f"wallet {wallet.group()[:12]}..."))
    shown = said[0].phrase if said else "a wallet address"
    yield Found(f"the text threatens and wants to be paid: '{shown}'", tuple(evidence), round(strength, 2))
