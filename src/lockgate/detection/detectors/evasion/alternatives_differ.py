"""The plain text and the HTML of a message say different things.

Why it matters: both are offered as the same letter; a filter that reads one is fed with harmless words while the
reader sees the other.
Known false positives: plain texts that only say that the program shows no HTML (short, not counted).
References: RFC 2046 §5.1.4; Graham-Cumming, "The Spammers' Compendium".
"""

import re
from collections.abc import Iterator

from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.text import plain
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

LEAST = 40  # words of each
READ = 20_000  # characters
SHORTEST = 4  # letters of a word that counts
_ADDRESS = re.compile(r"https?://\S+|www\.\S+")
_WORD, _ASCII_WORD = re.compile(r"[^\W\d_]{4,20}"), re.compile(r"[a-z]{4,20}")


@detector("evasion.alternatives-differ", Category.EVASION, weight=1.2, direction=Direction.INBOUND)
def alternatives_differ(message: Message) -> Iterator[Outcome]:
    if not message.html or not message.text or not any(part.content_type == "text/html" for part in message.parts):
        return
    if min(len(message.text), len(message.visible_text)) < LEAST * SHORTEST:
        return
    written = _words(message.text)
    shown = _words(message.visible_text) if len(written) >= LEAST else set()
    if len(shown) < LEAST:
        return
    common = len(written & shown) / min(len(written), len(shown))
    if common < 0.15:
        only = ", ".join(sorted(written - shown)[:12])
        yield Found(
            f"plain text and HTML share {common:.0%} of their words", (Evidence("text alternative", only),),
            1.5 if common < 0.05 else 1.0,
        )  # fmt: skip


def _words(text: str) -> set[str]:
    start = text[:READ]
    read = start.lower() if start.isascii() else plain(start)
    without = _ADDRESS.sub(" ", read) if "://" in read or "www." in read else read
    return set((_ASCII_WORD if read.isascii() else _WORD).findall(without))
