"""A rule of the administrators' own calls something in the message spam.

Why it matters: an organisation knows what others do not: its attackers, its templates, its rules. The weight is the
rule's own (`weight` in its meta, in log-odds), so an override of this detector scales all of them.
Known false positives: whatever the rules do not think of; run new ones with a small weight first.
References: YARA documentation; setting `detection.yara_rules`, a folder that is read again when it changes.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.own_rules import OwnRules
from lockgate.model.findings import Category, Evidence


@detector("spam.own-byte-rules", Category.SPAM, weight=1.0, about=OwnRules)
def own_byte_rules(content: Content) -> Iterator[Outcome]:
    for where, hit in content.own_hits:
        if hit.family == "spam":
            labels = (f"rule:{hit.rule}",)
            yield Found(f"{where} holds {hit.explanation}", (Evidence(where, hit.rule),), hit.strength, labels)
