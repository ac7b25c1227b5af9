"""The sender's domain is one letter from the name that the sender bears or signs with.

Why it matters: a firm can spell its name; who registers `ceramicas-villalonqa.example` and is called Cerámicas
Villalonga is not that firm.
Known false positives: firms whose domain drops or doubles a letter on purpose (only a letter put for another, or two
that changed places, counts).
References: MITRE ATT&CK T1583.001; Unicode UTS #39; Damerau, 1964.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import covers, listed
from lockgate.detection.organisations import label
from lockgate.detection.resemblance import letter_changed
from lockgate.detection.targets import readable
from lockgate.detection.text import skeleton
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

SHORTEST = 8
LEAST_NAMED = 6  # letters of a name that the domain has
SIGNATURE = 400  # characters at the end of what is not quoted
LONGEST = 60
_PIECES = re.compile(r"[\n|,;•·]|\s[-–—]\s")
_TWO_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "æ": "ae", "ß": "ss"})


@detector("impersonation.misspelt-name", Category.FRAUD, weight=3.2, direction=Direction.INBOUND)
def misspelt_name(message: Message, content: Content, origin: Origin) -> Iterator[Outcome]:
    author = content.header_from
    if not author.domain or origin.is_internal(author.domain) or covers("free_mail", author.domain):
        return
    theirs = _letters(author.domain)
    if len(theirs) < SHORTEST or content.is_discussion:
        return
    wrong = ""
    for name in _names(message, content, theirs):
        spellings = _spellings(name)
        if any(one in theirs for one in spellings if len(one) >= LEAST_NAMED):
            return
        wrong = wrong or next((name for one in spellings if letter_changed(theirs, one)), "")
    if wrong:
        evidence = (Evidence("header From", author.address), Evidence("text", wrong))
        yield Found(f"the sender is {wrong}, and writes from {author.domain}: a letter differs", evidence)


def _names(message: Message, content: Content, theirs: str) -> Iterator[str]:
    """What the sender is called and what stands in the signature, as far as it begins as the domain does.

    An impostor changes a letter that nobody looks at; hardly ever the first.
    """
    shown = content.header_from.display_name
    yield from (shown.strip(), *_PIECES.split(shown))
    text, end = message.visible_text, content.quoted_from
    for piece in _PIECES.split(text[max(0, end - SIGNATURE) : end]):
        name = piece.strip()
        if LEAST_NAMED <= len(name) <= LONGEST and name[0].lower() == theirs[0]:
            yield name


@lru_cache(maxsize=4_096)
def _letters(domain: str) -> str:
    return skeleton(label(readable(domain)))


@lru_cache(maxsize=4_096)
def _spellings(name: str) -> tuple[str, ...]:
    """A name's letters as a domain may have them: with and without legal forms, marks left out or written out."""
    words = name.lower().split()
    kept = [word for word in words if word.strip(".,()") not in listed("firm_words")] or words
    ways = (" ".join(words), " ".join(kept))
    return tuple(dict.fromkeys(skeleton(one) for way in ways for one in (way, way.translate(_TWO_LETTERS))))
