"""A subscription is said to have been charged, and a telephone number is given to stop it.

Why it matters: there is no link to judge; the victim calls, and is talked into remote access or a "refund".
Known false positives: real order confirmations with a service number (from the shop's own domain, with links to it).
References: MITRE ATT&CK T1566.004; Trellix, "BazarCall".
"""

import re
from collections.abc import Iterator

from lockgate.detection.brands import named_in
from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import covers
from lockgate.detection.organisations import same_organisation
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

_TELEPHONE = re.compile(  # North American numbers, also with letters O in the place of noughts
    r"(?<![\w/.-])\+?[1lI]?[\s.\-]{0,2}[({\[]{0,2}\s?[2-9oO8]\d[0-9oO]\s?[)}\]]{0,2}"
    r"[\s.\-]{0,3}[\doO]{3}[\s.\-]{1,3}[\doO]{4}(?![\w-])"
)
_CHARGED = re.compile(r"[$€£]\s?\d{2,4}(?:[.,]\d{2})?|\b\d{2,4}[.,]\d{2}\s?(?:usd|eur|gbp|\$|€)", re.IGNORECASE)


@detector("fraud.callback", Category.FRAUD, weight=2.5, direction=Direction.INBOUND)
def callback(message: Message, content: Content) -> Iterator[Outcome]:
    said = content.said("callback")
    telephone = _TELEPHONE.search(message.visible_text[:20_000])
    if not said or telephone is None or content.is_discussion:
        return
    author = content.header_from
    at_home = any(same_organisation(target.host, author.domain) for target in content.web_targets)
    free = covers("free_mail", author.domain)
    charged = _CHARGED.search(message.visible_text[:20_000])
    brand = named_in(content.words[:3_000])
    if at_home or not (free or (charged and len(said) >= 2)):
        return
    strength = 0.5 + (0.5 if free else 0.0) + (0.3 if charged else 0.0) + (0.3 if brand else 0.0)
    explanation = f"the text says '{said[0].phrase}' and asks to call {telephone.group().strip()}"
    evidence = (Evidence("text", telephone.group()), *(Evidence("text", mention.phrase) for mention in said[:3]))
    yield Found(explanation, evidence, round(strength, 2))
