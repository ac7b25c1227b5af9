"""Words mix Latin letters with look-alikes of other scripts.

Why it matters: nobody types a Cyrillic `а` into an English word; programs do, against filters.
Known false positives: mathematics, units and product names (single words are not counted).
References: Unicode UTS #39 §5.1 (mixed-script detection).
"""

import re
from collections.abc import Iterator

from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.text import mixes_scripts
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

ENOUGH = 4
_WORD = re.compile(r"[^\W\d_]{3,}")
_ANY = re.compile("[\u0370-\u03ff\u0400-\u052f\u0561-\u0587\u2c80-\u2cff]")


@detector("evasion.mixed-scripts", Category.EVASION, weight=2.2)
def mixed_scripts(message: Message) -> Iterator[Outcome]:
    text = f"{message.subject}\n{message.visible_text[:30_000]}"
    if not _ANY.search(text):
        return
    words = list(dict.fromkeys(word for word in _WORD.findall(text) if mixes_scripts(word)))
    if len(words) >= ENOUGH:
        yield Found(f"{len(words)} words mix scripts", (Evidence("text", ", ".join(words[:8])),))
