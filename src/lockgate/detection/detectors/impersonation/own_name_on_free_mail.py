"""The sender's address is one that anybody gets, and has the organisation's name in front of the @.

Why it matters: `contoso.payroll@outlook.com` and `ada.byron.contoso@gmail.com` are made for one firm; mail clients that
show little of an address show that part.
Known false positives: customers who get themselves an address for one firm, people of the same name as the firm (no
sign when the sender is called so). What stands behind a plus says for whom an address is, and is no sign.
References: MITRE ATT&CK T1585.002, T1656; FBI IC3 annual report.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import covers, listed
from lockgate.detection.organisations import label
from lockgate.detection.resemblance import BAIT
from lockgate.detection.text import skeleton
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

SHORTEST = 4
LONG_ENOUGH = 6  # to be a part of a word that nobody else has
_BETWEEN = re.compile(r"[._\-\d]+")


@detector("impersonation.own-name-on-free-mail", Category.FRAUD, weight=4.2, direction=Direction.INBOUND)
def own_name_on_free_mail(message: Message, content: Content, origin: Origin) -> Iterator[Outcome]:
    if content.is_discussion:
        return
    ours = {label(domain) for domain in origin.internal_domains}
    places = [("header From", author) for author in content.authors]
    places += [("header Reply-To", mailbox) for mailbox in message.reply_to[:3]]
    for where, mailbox in places:
        if not mailbox.domain or not covers("free_mail", mailbox.domain):
            continue
        local = mailbox.address.rpartition("@")[0].partition("+")[0].lower()
        called = skeleton(mailbox.display_name)
        for own in sorted(ours):
            beside = _beside(local, own)
            if beside is None:
                continue
            speaks_for_us = any(word in BAIT for word in beside)
            if own.replace("-", "") in called and not speaks_for_us:
                continue  # a surname, or the firm's own old address
            strength = 1.0 if speaks_for_us or own not in listed("ordinary_words") else 0.3
            explanation = f"{mailbox.address} has the name {own} and is at a provider where anybody gets an address"
            yield Found(explanation, (Evidence(where, mailbox.address),), strength, ("impersonation:own-organisation",))


@lru_cache(maxsize=4_096)
def _beside(local: str, own: str) -> tuple[str, ...] | None:
    """The words beside our name in a local part; None when it is not in it, or is all of it."""
    words = [word for word in _BETWEEN.split(local) if word]
    if len(own) < SHORTEST or (len(words) == 1 and words[0] == own):
        return None
    if own in words:
        return tuple(word for word in words if word != own)
    whole = f"-{'-'.join(words)}-"
    if "-" in own and f"-{own}-" in whole:
        return tuple(word for word in whole.replace(f"-{own}-", "-").split("-") if word)
    for word in words:
        rest = word.removeprefix(own) if word.startswith(own) else word.removesuffix(own)
        known = rest in BAIT or len(own) >= LONG_ENOUGH  # `jsmithcontoso`
        if rest not in (word, "") and known and rest not in listed("other_peoples_words"):
            return (rest, *(other for other in words if other != word))
    return None
