"""Trains the wording model from the corpus named by LOCKGATE_CORPUS and writes it with its card.

    LOCKGATE_CORPUS=... python tools/train_wording.py [--non-commercial FILE]

The same corpus gives the same bytes. Sources whose licence forbids commercial use are left out, unless the model is
written elsewhere with `--non-commercial FILE`. A third of the campaigns is never trained on; the card reports on it.
"""

import argparse
import csv
import io
import math
import os
import random
import tarfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lockgate.detection.content import Content
from lockgate.detection.wording import BITS, SMOOTHING, Model, features, pack, unpack
from lockgate.mime.parser import parse
from tests.lockgate.detection import samples

ROOT = Path(__file__).parents[1]
MODEL = ROOT / "src" / "lockgate" / "detection" / "models" / "wording.bin"
CARD = ROOT / "docs" / "models" / "wording.md"
NON_COMMERCIAL = frozenset({"phishing_pot"})
EPOCHS, RATE, SHRINK = 6, 0.25, 2e-5
OWN_WEIGHT = 4.0
"""Our invented business mail counts that often: the corpus holds next to none."""


@dataclass(frozen=True, slots=True)
class Example:
    """A message as the model sees it."""

    source: str
    kind: str
    unwanted: bool
    campaign: str
    features: tuple[int, ...]

    @property
    def is_unseen(self) -> bool:
        """Whether its campaign is kept for the report."""
        return zlib.crc32(self.campaign.encode()) % 3 == 0


def examples(corpus: Path) -> Iterator[Example]:
    """Every message of the corpus, in the order of its manifest."""
    with (corpus / "train" / "MANIFEST.tsv").open(encoding="utf-8", newline="") as table:
        rows = {row["path"]: row for row in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)}
    with tarfile.open(corpus / "train" / "train.tar.xz") as opened:
        found = {
            member.name: features(Content(parse(stream.read())).words)
            for member in opened
            if member.name in rows and (stream := opened.extractfile(member)) is not None
        }
    for name, row in rows.items():
        yield Example(row["source"], row["label"], row["label"] != "ham", row["campaign"], found[name])


def own_mail() -> Iterator[Example]:
    """The invented business mail of the tests."""
    for path in sorted((ROOT / "tests" / "lockgate" / "detection" / "ham").glob("*.samples")):
        for sample in samples.read(path):
            found = features(Content(sample.message).words)
            yield Example("own", sample.expected, False, f"{path.stem} {sample.title}", found)


def train(trained_on: Sequence[Example], seed: int = 1) -> bytes:
    """Logistic regression by AdaGrad (Duchi et al., 2011); the packed model. Same input and seed, same bytes."""
    weights, squares, bias = [0.0] * (1 << BITS), [1e-2] * (1 << BITS), 0.0
    sizes = Counter(one.campaign for one in trained_on)
    order, chance = list(trained_on), random.Random(seed)
    for _ in range(EPOCHS):
        chance.shuffle(order)
        for one in order:
            scale = 1 / math.sqrt(len(one.features) + SMOOTHING)
            places = one.features
            odds = bias + scale * math.fsum([weights[at] for at in places])
            importance = OWN_WEIGHT if one.source == "own" else 1 / math.sqrt(sizes[one.campaign])
            error = (1 / (1 + math.exp(-max(-30.0, min(30.0, odds)))) - one.unwanted) * importance
            bias -= 0.02 * error
            for at in places:
                slope = error * scale + SHRINK * weights[at]
                squares[at] += slope * slope
                weights[at] -= RATE * slope / math.sqrt(squares[at])
    return pack(bias, weights)


def card(model: Model, everything: Sequence[Example], left_out: frozenset[str]) -> str:
    """What the model was made from and how it does on mail that it never saw."""
    out = io.StringIO()
    used = Counter((one.source, one.kind) for one in everything if one.source not in left_out and not one.is_unseen)
    out.write("# Wording model\n\n<!-- Made by tools/train_wording.py. -->\n\n")
    out.write("Logistic regression over hashed words and word pairs; 131,072 weights of one byte. It holds no text.\n")
    out.write("Its finding is `spam.wording`, limited to -1.0..+2.2 log-odds, so that it decides nothing alone.\n\n")
    out.write("Trained on two thirds of the campaigns of these sources (licences: the corpus's README; nothing whose\n")
    out.write("terms forbid commercial use) and on our own invented business mail:\n\n")
    out.write("| Source | Kind | Messages |\n|---|---|---|\n")
    out.writelines(f"| {source} | {kind} | {count} |\n" for (source, kind), count in sorted(used.items()))
    out.write("\nOn campaigns that it never saw, and on sources left out of training, by the model alone:\n\n")
    out.write("| Source | Kind | Messages | Log-odds above 0 | above 2 |\n|---|---|---|---|---|\n")
    unseen: dict[tuple[str, str], list[float]] = {}
    for one in everything:
        if one.is_unseen or one.source in left_out:
            unseen.setdefault((one.source, one.kind), []).append(_log_odds(model, one))
    for (source, kind), odds in sorted(unseen.items()):
        above = [f"{sum(value > limit for value in odds) / len(odds):.1%}" for limit in (0, 2)]
        out.write(f"| {source} | {kind} | {len(odds)} | {above[0]} | {above[1]} |\n")
    out.write(
        "\nLimits: the wanted mail of the corpus is mostly technical lists and mail of 2002 and 2010; business mail\n"
    )
    out.write("is ours and little. Languages other than English and German are thin.\n")
    return out.getvalue()


def _log_odds(model: Model, one: Example) -> float:
    signed = memoryview(model.weights).cast("b")
    total = sum([signed[at] for at in one.features])
    return model.bias + model.step * total / math.sqrt(len(one.features) + SMOOTHING)


def main() -> None:
    """Train and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--non-commercial", type=Path, help="also use sources for non-commercial use; write here")
    target: Path | None = parser.parse_args().non_commercial
    everything = [*examples(Path(os.environ["LOCKGATE_CORPUS"])), *own_mail()]
    left_out = NON_COMMERCIAL if target is None else frozenset[str]()
    packed = train([one for one in everything if one.source not in left_out and not one.is_unseen])
    (target or MODEL).write_bytes(packed)
    told = card(unpack(packed), everything, left_out)
    if target is None:
        CARD.parent.mkdir(parents=True, exist_ok=True)
        CARD.write_text(told, encoding="utf-8")
    print(told)


if __name__ == "__main__":
    main()
