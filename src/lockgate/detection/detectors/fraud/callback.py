"""A subscription is said to have been charged, and a telephone number is given to stop it.

Why it matters: there is no link to judge; the victim calls, and is talked into remote access or a "refund". The letter
may be a PDF file whose text is all there is.
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
from lockgate.detection.telephone import number_in
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

READ = 20_000
_CHARGED = re.compile(
    r"[$€£¥]\s?\d{2,4}(?:[.,]\d{2,3})*|\b\d{1,4}(?:[.,]\d{3})?[.,]\d{2}\s?(?:usd|eur|gbp|chf|\$|€|£)|\d[\d,]{2,8}\s?円",
    re.IGNORECASE,
)


@detector("fraud.callback", Category.FRAUD, weight=2.5, direction=Direction.INBOUND)
def callback(message: Message, content: Content) -> Iterator[Outcome]:
    if content.is_discussion:
        return
    on_pages = content.page_mentions.get("callback", ())
    said = content.said("callback") or on_pages
    text = f"{message.visible_text[:READ]}\n{content.page_text[:READ]}"
    telephone = number_in(text) if said else ""
    if not telephone:
        return
    author = content.header_from
    free = covers("free_mail", author.domain)
    charged = _CHARGED.search(text)
    at_home = any(same_organisation(target.host, author.domain) for target in content.web_targets)
    if at_home or not (free or (charged and len(said) >= 2)):
        return
    brand = named_in(content.words[:3_000]) or named_in(content.page_text[:3_000])
    strength = 0.5 + (0.5 if free else 0.0) + (0.3 if charged else 0.0) + (0.3 if brand else 0.0)
    strength += 0.3 if free and on_pages else 0.0
    explanation = f"the text says '{said[0].phrase}' and asks to call {telephone}"
    evidence = (Evidence("text", telephone), *(Evidence("text", mention.phrase) for mention in said[:3]))
    yield Found(explanation, evidence, round(strength, 2))
