"""The mail of the comparison: what nothing was trained on, and what the filters that learn may learn from.

Unseen are the campaigns that are kept back, invented mail of templates that are kept back, and the business mail of the
tests, which is in no training either. Mail of the SpamAssassin corpus is left out of the comparison: SpamAssassin's and
rspamd's rules were tuned on it.
"""

from collections.abc import Iterator
from pathlib import Path

from lockgate.learning.material import OUR_WRITING, Labelled, corpus_mail, invented_mail
from tests.lockgate.detection import samples

TUNED_ON = frozenset({"sa_corpus"})
SAMPLES = Path("tests/lockgate/detection/ham")


def everything(corpus: Path) -> list[Labelled]:
    """All of it, in a fixed order."""
    return [*corpus_mail(corpus), *invented_mail(), *business_samples()]


def business_samples() -> Iterator[Labelled]:
    """The business mail that the tests hold, written before and apart from the invented mail."""
    for path in sorted(SAMPLES.glob("*.samples")):
        for one in samples.read(path):
            yield Labelled("tests", "ham", one.expected, f"{path.stem} {one.title}", True, one.raw)


def unseen(mail: list[Labelled]) -> list[Labelled]:
    """What is measured on."""
    return [one for one in mail if one.held_out and one.source not in TUNED_ON]


def training(mail: list[Labelled], left_out: frozenset[str]) -> list[Labelled]:
    """What may be learnt from."""
    return [one for one in mail if not one.held_out and one.source not in left_out]


def phishing(mail: list[Labelled]) -> list[Labelled]:
    """The phishing of the corpus, seen or not: processor time does not depend on it."""
    return [one for one in mail if one.label == "phish" and one.source not in OUR_WRITING]
