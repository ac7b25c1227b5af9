"""A name or the subject turns its direction around in the middle.

Why it matters: `invoice[RLO]fdp.exe` is shown as `invoiceexe.pdf`.
Known false positives: marks that only set a direction (LRM, RLM) in Hebrew and Arabic text are not counted.
References: MITRE ATT&CK T1036.002; Unicode UAX #9.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

OVERRIDES = ("\u202e", "\u202d")


@detector("evasion.right-to-left-override", Category.EVASION, weight=4.0)
def right_to_left_override(message: Message, content: Content) -> Iterator[Outcome]:
    places = [("header Subject", message.subject), ("header From", content.header_from.display_name)]
    places += [(file.where, file.name) for file in content.files]
    for where, text in places:
        if any(mark in text for mark in OVERRIDES):
            shown = text.translate({0x202E: "[RLO]", 0x202D: "[LRO]"})
            strength = 0.5 if where.startswith("header") else 1.0
            yield Found(
                f"{where.removeprefix('header ')} turns its direction around", (Evidence(where, shown),), strength
            )
