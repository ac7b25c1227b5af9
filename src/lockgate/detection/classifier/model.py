"""The classifier: how much more often features like a message's are seen in unwanted mail than in wanted mail.

Logistic regression over hashed names of features (Weinberger et al., "Feature Hashing for Large Scale Multitask
Learning", 2009): words in one table, structure in another. One column of weights says whether mail is unwanted, three
more which kind it would be. The tables hold no text; what they were made from is told in docs/models/classifier.md.
"""

import json
import math
import struct
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from heapq import nlargest
from importlib.resources import files
from operator import itemgetter
from pathlib import Path

from lockgate.detection.classifier import structure, words
from lockgate.detection.content import Content
from lockgate.model.errors import InvalidInput
from lockgate.model.message import Message

WORD_BITS, STRUCTURE_BITS = 18, 16
SIZE = (1 << WORD_BITS) + (1 << STRUCTURE_BITS)
SMOOTHING, SCALE = 20, 4.0
"""A group of n features counts SCALE / sqrt(n + SMOOTHING) each: five words do not say as much as five hundred."""
COLUMNS = ("unwanted", "phish", "scam", "spam")
GROUPS, JOINTS = ("text", "structure"), (words.JOINT, structure.JOINT)
SHOWN = 4
"""Features of each group that are shown as evidence."""
MAGIC = b"LGCM1\n"
_HEAD = struct.Struct("<6sI")  # magic, length of the JSON that follows


Places = tuple[Sequence[int], Sequence[int]]
"""Of the words and of the structure."""
Coded = Mapping[int, tuple[str, ...]]
"""Features, each once: CRC-32 of the name, and the parts that the name is joined from."""


@dataclass(frozen=True, slots=True)
class Features:
    """What one message has. Names are put together only for those few that are shown."""

    words: Coded
    structure: Coded

    @property
    def places(self) -> Places:
        """Where the weights of both groups stand."""
        word_mask, structure_mask = (1 << WORD_BITS) - 1, (1 << STRUCTURE_BITS) - 1
        behind = 1 << WORD_BITS
        return (
            array("i", [code & word_mask for code in self.words]),
            array("i", [(code & structure_mask) + behind for code in self.structure]),
        )


@dataclass(frozen=True, slots=True)
class Judged:
    """`evidence` is the log-odds to add to those of the other findings; `kind` is phish, scam, spam or empty."""

    evidence: float
    kind: str
    speaking: tuple[tuple[str, str], ...]  # where (text or structure) and the feature that says most


@dataclass(frozen=True, slots=True)
class Model:
    """Columns of weights in units of `steps`. `slope` and `offset` fit the log-odds to those of the detectors."""

    version: str
    biases: tuple[float, ...]
    steps: tuple[float, ...]
    slope: float
    offset: float
    least: float
    most: float
    columns: tuple[Sequence[int], ...]

    def log_odds(self, places: Places, column: int = 0) -> float:
        """The column's own log-odds."""
        groups = [scale(len(group)) * sum(_picked(self.columns[column], group)) for group in places]
        return self.biases[column] + self.steps[column] * sum(groups)

    def evidence(self, places: Places) -> float:
        """Log-odds to add to those of the detectors."""
        return limited(self.slope * self.log_odds(places) + self.offset, self.least, self.most)

    def judge(self, features: Features) -> Judged:
        """What the model says of a message with these features, and because of what."""
        places = features.places
        evidence = self.evidence(places)
        kinds = [self.log_odds(places, column) for column in range(1, len(COLUMNS))] if evidence > 0 else []
        kind = COLUMNS[1 + kinds.index(max(kinds))] if kinds else ""
        return Judged(evidence, kind, tuple(self._speaking(features, places, against=evidence > 0)))

    def _speaking(self, features: Features, places: Places, *, against: bool) -> Iterator[tuple[str, str]]:
        side, looked_at = 1 if against else -1, 3 * SHOWN
        for where, joint, group, coded in zip(
            GROUPS, JOINTS, places, (features.words, features.structure), strict=True
        ):
            weights = [side * weight for weight in _picked(self.columns[0], group)]
            least = max(1, min(nlargest(looked_at, weights), default=1))
            said = [
                (-weight, joint.join(parts))
                for weight, parts in zip(weights, coded.values(), strict=True)
                if weight >= least
            ]
            for name in _apart((name for _, name in sorted(said)[:looked_at]), SHOWN):
                yield where, name


def _picked(column: Sequence[int], places: Sequence[int]) -> tuple[int, ...]:
    """The weights at these places, by one call however many there are."""
    return itemgetter(*places)(column) if len(places) > 1 else tuple(column[place] for place in places)


def features_of(message: Message, content: Content) -> Features:
    """All features of one message."""
    return Features(words.coded(content.words, len(content.subject)), structure.coded(message, content))


def scale(count: int) -> float:
    """What each feature of a group of `count` counts."""
    return SCALE / math.sqrt(count + SMOOTHING)


def limited(evidence: float, least: float, most: float) -> float:
    """Between the limits and never at them, so that order is kept: beyond half a limit it grows ever slower."""
    limit = most if evidence > 0 else -least
    return limit * math.tanh(evidence / limit)


def pack(model: Model) -> bytes:
    """The model as a file. The same model gives the same bytes."""
    told = {name: getattr(model, name) for name in ("version", "biases", "steps", "slope", "offset", "least", "most")}
    head = json.dumps(told, sort_keys=True).encode()
    tables = b"".join(struct.pack(f"<{len(column)}h", *column) for column in model.columns)
    return _HEAD.pack(MAGIC, len(head)) + head + zlib.compress(tables, 9)


def unpack(content: bytes) -> Model:
    """The model in a file. Raises ValueError when it is none of this version."""
    try:
        magic, length = _HEAD.unpack_from(content)
        told = json.loads(content[_HEAD.size : _HEAD.size + length]) if magic == MAGIC else None
        tables = zlib.decompress(content[_HEAD.size + length :]) if told else b""
    except (struct.error, UnicodeDecodeError, zlib.error) as error:
        raise ValueError("this is no classifier of this version") from error
    if told is None or len(tables) != 2 * SIZE * len(COLUMNS):
        raise ValueError("this is no classifier of this version")
    numbers = array("h", struct.unpack(f"<{SIZE * len(COLUMNS)}h", tables))
    columns = tuple(numbers[start : start + SIZE] for start in range(0, len(numbers), SIZE))
    return Model(
        told["version"], tuple(told["biases"]), tuple(told["steps"]), told["slope"], told["offset"], told["least"],
        told["most"], columns,
    )  # fmt: skip


@cache
def shipped() -> Model:
    """The model that comes with the product; read once per process."""
    return unpack(files("lockgate.detection").joinpath("models", "classifier.bin").read_bytes())


_chosen: list[Callable[[], Model]] = [shipped]


def current() -> Model:
    """The model that judges in this process."""
    return _chosen[-1]()


def use(path: Path | None) -> None:
    """From now on this process judges by the model in that file; None: by the one that comes with the product.

    Raises InvalidInput when the file holds none.
    """
    if path is None:
        _chosen[-1] = shipped
        return
    try:
        read = unpack(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{path} is no classifier that this version can use: {error}") from error
    _chosen[-1] = lambda: read


def _apart(ordered: Iterable[str], count: int) -> list[str]:
    """The first ones, none inside another."""
    kept: list[str] = []
    for name in ordered:
        if not any(name in other or other in name for other in kept):
            kept.append(name)
    return kept[:count]


def rounded(weights: Iterable[float]) -> tuple[float, Sequence[int]]:
    """A column as whole steps, and the size of one step."""
    given = list(weights)
    step = max(map(abs, given), default=0.0) / 32_767 or 1.0
    return step, array("h", (round(weight / step) for weight in given))
