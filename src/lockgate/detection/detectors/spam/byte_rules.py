"""A byte rule recognises spam, such as the GTUBE test text.

Why it matters: a test text shows an administrator that the filter is in place.
Known false positives: texts about spam filters that quote it.
References: Apache SpamAssassin, "GTUBE".
"""

from collections.abc import Iterator

from lockgate.detection.byte_rules import RuleHit
from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.findings import Category, Evidence


@detector("spam.byte-rules", Category.SPAM, weight=6.0, about=RuleHit)
def byte_rules(content: Content) -> Iterator[Outcome]:
    for where, hit in content.hits:
        if hit.family == "spam":
            evidence = (Evidence(where, hit.rule),)
            yield Found(f"{where} holds {hit.explanation}", evidence, hit.strength, (f"rule:{hit.rule}",))
