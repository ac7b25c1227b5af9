"""The words as a whole are those of unwanted mail, or of wanted mail.

Why it matters: lists of phrases know what somebody thought of; a model that was trained on mail knows thousands of weak
signs more. It says little by itself, on purpose: its weight is limited so that it needs company to make a verdict.
Known false positives: advertising that one asked for, in words that spammers use.
References: Graham, "A Plan for Spam", 2002; Weinberger et al., 2009; docs/models/wording.md.
"""

from collections.abc import Iterator

from lockgate.detection import wording as model
from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category, Evidence

TRUST = 0.7
"""Measured on mail of other sources: the model's log-odds are that much too sure of themselves."""
MOST, LEAST = 2.2, -1.0
WORTH_SAYING = 0.3
ENOUGH = 24  # words and pairs; less is no text


@detector("spam.wording", Category.SPAM, weight=1.0, direction=Direction.INBOUND)
def wording(content: Content) -> Iterator[Outcome]:
    trained = model.default_model()
    weighed = trained.weigh(content.words)
    if len(weighed) < ENOUGH:
        return
    strength = max(LEAST, min(MOST, TRUST * trained.log_odds(weighed)))
    if abs(strength) < WORTH_SAYING:
        return
    said = model.speaking(weighed, 5, against=strength > 0)
    evidence = tuple(Evidence("text", words) for words in said)
    kind = "unwanted" if strength > 0 else "wanted"
    yield Found(f"the words as a whole are those of {kind} mail", evidence, round(strength, 2))
