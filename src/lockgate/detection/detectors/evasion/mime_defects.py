"""The message is built so that mail programs read it differently.

Why it matters: two Content-Type fields or broken boundaries show one thing to a filter and another to the reader.
Known false positives: careless programs; only defects that change what is shown weigh.
References: RFC 2045, RFC 2046; Ullrich, "MIME is broken"; Poddebniak et al., "Johnny, you are fired!", 2019.
"""

from collections.abc import Iterator

from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

AMBIGUOUS = (
    "duplicate",
    "boundary",
    "conflict",
    "nul",
    "ambiguous",
    "nested",
    "stray",
    "encoding",
    "truncated",
    "unclosed",
)


@detector("evasion.mime-defects", Category.EVASION, weight=0.6)
def mime_defects(message: Message) -> Iterator[Outcome]:
    telling = [defect for defect in message.defects if any(word in defect.id for word in AMBIGUOUS)]
    if telling:
        evidence = tuple(Evidence(defect.id, defect.detail) for defect in telling[:6])
        strength = 1.0 + 0.5 * min(len({defect.id for defect in telling}) - 1, 3)
        yield Found(f"mail programs may read it differently: {telling[0].detail}", evidence, strength)
