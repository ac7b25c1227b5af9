"""The model card: what a model was made from, under which terms, how it does on mail that it never saw, its limits."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from lockgate.detection.classifier.model import Model
from lockgate.learning.material import NON_COMMERCIAL
from lockgate.learning.training import Example

LICENCES = {
    "phishing_pot": "CC BY-NC 4.0: not for commercial use", "sa_corpus": "Apache-2.0 package of public mail",
    "csdmc_train": "competition data", "glitchy_spam": "permission without restriction", "sisimai": "BSD-2-Clause",
    "ha_parcels": "MIT", "invented": "our own writing", "dressed": "our own writing", "own": "the operator's own mail",
    "reviewed": "the operator's own mail",
    "unspy_newsletters": "none stated",
}  # fmt: skip
LISTS = "public list posts, no licence; learnt from, never shown"
LIMITS = """
Invented mail is our own writing as it is; dressed mail is more of it, with signatures, banners, quoted threads,
rewritten links and the layouts of many programs.

Limits: the wanted mail of the corpus is mostly technical lists and mail of 2002 and 2010, so what business mail looks
like was learnt from invented messages. Fraud by e-mail to firms and QR lures are invented too. Languages beyond the
twelve of the invented mail are thin. Only the first 1,500 characters are looked at. Who knows the model can write a
message that it likes; its say is limited for that reason, and other findings stand beside it.
"""


def card(model: Model, used: Sequence[Example], unseen: Sequence[Example], size: int, measured: Model) -> str:
    """Markdown. `measured` is a model made in the same way that did not learn from `unseen`."""
    return "\n".join([*_heading(model, used, size), *_material(used), *_measures(measured, unseen), LIMITS])


def _heading(model: Model, used: Sequence[Example], size: int) -> Iterator[str]:
    restricted = any(one.source in NON_COMMERCIAL for one in used)
    yield "# Classifier\n"
    yield "<!-- Made by `lockgate model train --card`. -->\n"
    yield f"Version {model.version}; {len(used):,} messages; {size:,} bytes. Logistic regression over hashed pieces"
    yield "of words, features of structure and their pairs; it holds no text. It is added to the detectors'"
    yield f"findings, between {model.least:+.0f} and {model.most:+.0f} log-odds, as"
    yield "`phishing.classifier`, `fraud.classifier`, `spam.classifier` or `innocence.classifier`, with the features"
    yield "that said most as evidence.\n"
    yield (
        "**Not for commercial use**: it was made from material under such terms.\n"
        if restricted
        else ("Nothing it was made from is under terms that forbid commercial use.\n")
    )


def _material(used: Sequence[Example]) -> Iterator[str]:
    yield "## Data\n"
    yield "| Source | Terms | Wanted | Phishing | Fraud | Spam |\n|---|---|---|---|---|---|"
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for one in used:
        counts[one.source][one.label] += 1
    for source, found in sorted(counts.items()):
        terms = LICENCES.get(source, LISTS if source.startswith("l_") else "")
        yield f"| {source} | {terms} | {found['ham']} | {found['phish']} | {found['scam']} | {found['spam']} |"
    yield ""


def _measures(model: Model, measured: Sequence[Example]) -> Iterator[str]:
    yield "## On mail that it never saw, by itself\n"
    yield "| Source | Label | Messages | Speaks against (above 0) | strongly (above 2) |\n|---|---|---|---|---|"
    groups: dict[tuple[str, str], list[float]] = defaultdict(list)
    for one in measured:
        groups[one.source, one.label].append(model.evidence(one.places))
    for (source, label), said in sorted(groups.items()):
        above = [f"{sum(value > limit for value in said) / len(said):.1%}" for limit in (0, 2)]
        yield f"| {source} | {label} | {len(said)} | {above[0]} | {above[1]} |"
