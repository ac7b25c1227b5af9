"""Somebody outside signs with the own name and, below it, the name or the website of our organisation.

Why it matters: an impostor's address is not ours, so the signature has to say who writes; telephones show little else.
Known false positives: people of ours who write from a private address with the signature of the office.
References: MITRE ATT&CK T1656; FBI IC3, "Business Email Compromise: The $55 Billion Scam".
"""

import re
from collections.abc import Iterator, Sequence

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import covers, listed
from lockgate.detection.organisations import label
from lockgate.detection.text import name_words
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin, ProtectedIdentities, SenderHistory
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

SHORTEST = 4
READ = 1_500
"""Characters before what is quoted in which a signature is looked for."""
BELOW = 5
"""Lines of a signature below the name."""
_APART = re.compile(r"\s*[|,;·•/–—]\s*|\s-\s")
_SITE = re.compile(r"(?:https?://)?(?:www\.)?", re.IGNORECASE)


@detector("impersonation.signs-as-ours", Category.FRAUD, weight=2.0, direction=Direction.INBOUND)
def signs_as_ours(
    message: Message,
    content: Content,
    origin: Origin,
    identities: ProtectedIdentities | None,
    history: SenderHistory | None,
) -> Iterator[Outcome]:
    author = content.header_from
    inside = origin.is_internal(author.domain) or (identities is not None and author.domain in identities.domains)
    if inside or content.is_discussion or (history is not None and history.known):
        return
    end = content.quoted_from
    text = message.visible_text[max(0, end - READ) : end]
    lowered = text.lower()
    ours = [domain for domain in sorted(origin.internal_domains) if len(label(domain)) >= SHORTEST]
    if not any(label(domain) in lowered for domain in ours):
        return
    signature = _below(name_words(author.display_name), [line.strip() for line in text.splitlines() if line.strip()])
    told = next((line for line in signature for domain in ours if _names_alone(line, domain)), "")
    if told:
        strength = 1.0 if covers("free_mail", author.domain) else 0.9
        evidence = (Evidence("text", told), Evidence("header From", author.address))
        yield Found(
            f"{author.display_name} signs as one of ours and writes from {author.domain or 'no domain'}",
            evidence,
            strength,
            ("impersonation:own-organisation",),
        )


def _below(name: frozenset[str], lines: Sequence[str]) -> Sequence[str]:
    """The last line that is hardly more than this name, and those below it."""
    if not name:
        return ()
    for place in range(len(lines) - 1, 0, -1):
        words = name_words(lines[place])
        if name <= words and len(words) <= len(name) + 4:
            return lines[place : place + 1 + BELOW]
    return ()


def _names_alone(line: str, domain: str) -> bool:
    """Whether a part of the line is our name or website, and nothing else."""
    own = label(domain)
    return any(
        _SITE.sub("", part.rstrip("/"), count=1).lower() == domain
        or (own in (words := name_words(part)) and words - {own} <= listed("firm_words"))
        for part in _APART.split(line)
    )
