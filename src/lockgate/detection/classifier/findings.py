"""The trained model's finding, for the detector of the family that it speaks for."""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome
from lockgate.model.findings import Evidence

WORTH_SAYING = 0.3


def speaks_against(content: Content, kind: str, called: str) -> Iterator[Outcome]:
    """A finding when the model speaks against the message and takes it for this kind."""
    judged = content.classified
    if judged.kind == kind and judged.evidence >= WORTH_SAYING:
        evidence = tuple(Evidence(*pair) for pair in judged.speaking)
        yield Found(f"words and build as a whole are those of {called}", evidence, round(judged.evidence, 3))


def speaks_for(content: Content) -> Iterator[Outcome]:
    """A finding when the model speaks for the message."""
    judged = content.classified
    if judged.evidence <= -WORTH_SAYING:
        evidence = tuple(Evidence(*pair) for pair in judged.speaking)
        yield Found("words and build as a whole are those of wanted mail", evidence, round(-judged.evidence, 3))
