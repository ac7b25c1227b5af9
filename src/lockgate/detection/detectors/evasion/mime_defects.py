"""The message is built so that mail programs read it differently.

Why it matters: two Content-Type fields or broken boundaries show one thing to a filter and another to the reader.
Known false positives: careless programs; only defects that change what is shown weigh.
References: RFC 2045, RFC 2046; Ullrich, "MIME is broken"; Poddebniak et al., "Johnny, you are fired!", 2019.
"""

from collections.abc import Iterator

from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

AMBIGUOUS = {
    "duplicate": "a field that may stand once stands twice",
    "boundary": "it is unclear where its parts begin",
    "conflict": "its header contradicts itself",
    "nul": "it has NUL bytes",
    "ambiguous": "it declares two things at once",
    "reading": "its bytes are decoded differently",
    "nested": "encodings are nested",
    "stray": "it has stray delimiters",
    "encoding": "its transfer encoding is unclear",
    "unclosed": "a part is not closed",
    "bare-cr": "carriage returns stand alone in it",
}


@detector("evasion.mime-defects", Category.EVASION, weight=0.6)
def mime_defects(message: Message) -> Iterator[Outcome]:
    telling = [defect for defect in message.defects if any(word in defect.id for word in AMBIGUOUS)]
    if telling:
        evidence = tuple(Evidence(defect.id, defect.detail) for defect in telling[:6])
        strength = 1.0 + 0.5 * min(len({defect.id for defect in telling}) - 1, 3)
        why = next(words for part, words in AMBIGUOUS.items() if part in telling[0].id)
        explanation = f"mail programs may read it differently: {why} ({telling[0].detail or telling[0].id})"
        yield Found(explanation, evidence, strength)
