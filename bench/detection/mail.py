"""The mail of the comparison: what nothing was trained on, and what the filters that learn may learn from.

Unseen are the campaigns that are kept back, one message of each invented template that is kept back, the business mail
of the tests, and mail that was written apart (apart/README.md), which is in no training either. Mail of the
SpamAssassin corpus is left out of the comparison: SpamAssassin's and rspamd's rules were tuned on it.
"""

from collections.abc import Iterator
from pathlib import Path

from lockgate.learning.material import DRESSED, OUR_WRITING, Labelled, corpus_mail, invented_mail
from tests.lockgate.detection import samples

TUNED_ON = frozenset({"sa_corpus"})
SAMPLES = Path("tests/lockgate/detection/ham")
WRITTEN_APART = Path("bench/detection/apart")
APART, APART_READ = "apart", "apart, read"
"""Mail that was written apart and is not read, and the set that was read in part to find what is missed."""
MADE = OUR_WRITING | {APART, APART_READ}
"""Sources of mail that somebody invented."""
_PHISHING = ("qr", "credential")


def everything(corpus: Path) -> list[Labelled]:
    """All of it, in a fixed order."""
    return [*corpus_mail(corpus), *invented_mail(), *business_samples(), *written_apart()]


def business_samples() -> Iterator[Labelled]:
    """The business mail that the tests hold, written before and apart from the invented mail."""
    for path in sorted(SAMPLES.glob("*.samples")):
        for one in samples.read(path):
            yield Labelled("tests", "ham", one.expected, f"{path.stem} {one.title}", True, one.raw)


def written_apart() -> Iterator[Labelled]:
    """Attacks and business mail by authors who knew neither detectors nor invented mail."""
    for path in sorted(WRITTEN_APART.glob("*.samples")):
        firm, _, name = path.name.partition("-")
        for one in samples.read(path):
            attack = "phish" if one.expected.startswith(_PHISHING) else "scam"
            label = "ham" if name.startswith("business") else attack
            title = f"{path.stem} {one.title}"
            yield Labelled(APART_READ if firm == "contoso" else APART, label, one.expected, title, True, one.raw)


def unseen(mail: list[Labelled]) -> list[Labelled]:
    """What is measured on."""
    found = [one for one in mail if one.held_out and one.source not in TUNED_ON]
    first_of = {one.campaign: one for one in reversed(found) if one.source == DRESSED}
    return [one for one in found if one.source != DRESSED or first_of[one.campaign] is one]


def training(mail: list[Labelled], left_out: frozenset[str]) -> list[Labelled]:
    """What may be learnt from."""
    return [one for one in mail if not one.held_out and one.source not in left_out]


def phishing(mail: list[Labelled]) -> list[Labelled]:
    """The phishing of the corpus, seen or not: processor time does not depend on it."""
    return [one for one in mail if one.label == "phish" and one.source not in MADE]
