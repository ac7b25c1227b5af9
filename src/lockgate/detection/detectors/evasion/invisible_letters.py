"""Words are broken up by characters that are not shown.

Why it matters: `pass<zero width space>word` reads as a word to people and as two to a filter.
Known false positives: padding after a preview text (long rows, which newsletters use, are not counted); joiners in
Persian, Hindi and emoji.
References: Unicode UTS #36 §3; MITRE ATT&CK T1027.
"""

import re
from collections.abc import Iterator

from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.text import has_any
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

_INVISIBLE = "\u00ad\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff"
_NAMES = "(?:zwnj|zwj|shy|#820[3-7]|#x200[b-f]|#173|#847|#65279|#xfeff);"
_ENTITY = f"&{_NAMES}"
_LETTER = "[A-Za-z\u00c0-\u024f]"
# Begins with what is rare and looks back for the letter from there: so nearly nothing of a text is looked at twice.
_INSIDE_WORD = re.compile(
    f"[{_INVISIBLE}&](?i:(?<={_LETTER}[{_INVISIBLE}])|(?<={_LETTER}&){_NAMES})"
    f"(?i:(?:[{_INVISIBLE}]|{_ENTITY}){{0,2}}(?={_LETTER}))"
)
_ENTITIES = re.compile(_ENTITY, re.IGNORECASE)
_SOFT_HYPHEN = "\u00ad"


@detector("evasion.invisible-letters", Category.EVASION, weight=1.5)
def invisible_letters(message: Message) -> Iterator[Outcome]:
    for where, text in (("header Subject", message.subject), ("text", (message.html or message.text)[:200_000])):
        found = list(_broken_words(text)) if _has_any(text) else []
        hard = [piece for piece in found if _SOFT_HYPHEN not in piece and "&shy" not in piece]
        if (where == "header Subject" and found) or len(hard) >= 3:
            shown = ", ".join(piece.encode("ascii", "backslashreplace").decode() for piece in found[:3])
            explanation = f"{len(found)} words have characters inside that are not shown"
            yield Found(explanation, (Evidence(where, shown),), 1.6 if where == "header Subject" else 1.0)


def _broken_words(text: str) -> Iterator[str]:
    """The two letters with what is between them; of `p-a-s` with two breaks only the first counts."""
    end = 0
    for match in _INSIDE_WORD.finditer(text):
        if match.start() > end:
            end = match.end() + 1
            yield text[match.start() - 1 : end]


def _has_any(text: str) -> bool:
    """Whether the slow expression can match at all; most mail has none of these characters."""
    if not text.isascii() and has_any(text, _INVISIBLE):
        return True
    return "&" in text and _ENTITIES.search(text) is not None
