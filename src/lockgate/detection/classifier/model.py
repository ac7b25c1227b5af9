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
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from lockgate.detection.classifier import structure, words
from lockgate.detection.content import Content
from lockgate.model.errors import InvalidInput
from lockgate.model.message import Message

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.int16]

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
    columns: "Numbers" = field(repr=False, compare=False)  # one row a column

    def evidence(self, places: Places) -> float:
        """Log-odds to add to those of the detectors."""
        return self._evidence(self._log_odds(self._weights(places)))

    def judge(self, features: Features) -> Judged:
        """What the model says of a message with these features, and because of what."""
        weights = self._weights(features.places)
        log_odds = self._log_odds(weights)
        evidence = self._evidence(log_odds)
        kind = COLUMNS[1 + log_odds[1:].index(max(log_odds[1:]))] if evidence > 0 else ""
        return Judged(evidence, kind, tuple(_speaking(features, weights, side=1 if evidence > 0 else -1)))

    def _weights(self, places: Places) -> "list[Numbers]":
        """For each group the weights of its features, one row a column."""
        return [self.columns.take(group, axis=1) for group in places]

    def _log_odds(self, weights: "Sequence[Numbers]") -> list[float]:
        """Each column's own log-odds."""
        sums = [(scale(group.shape[1]), group.sum(axis=1, dtype="int64").tolist()) for group in weights]
        return [
            bias + step * sum(factor * totals[column] for factor, totals in sums)
            for column, (bias, step) in enumerate(zip(self.biases, self.steps, strict=True))
        ]

    def _evidence(self, log_odds: Sequence[float]) -> float:
        return limited(self.slope * log_odds[0] + self.offset, self.least, self.most)


def _speaking(features: Features, weights: "Sequence[Numbers]", side: int) -> Iterator[tuple[str, str]]:
    """The features that say most on this side, of each group the first few that are not inside one another."""
    groups = zip(GROUPS, JOINTS, weights, (features.words, features.structure), strict=True)
    for where, joint, columns, coded in groups:
        said = side * columns[0].astype("int32")
        named = list(coded.values())
        loudest = [(-int(said[place]), joint.join(named[place])) for place in _largest(said, 3 * SHOWN)]
        for name in _apart((name for _, name in sorted(loudest)[: 3 * SHOWN]), SHOWN):
            yield where, name


def _largest(numbers: "NDArray[np.int32]", count: int) -> list[int]:
    """Where the `count` largest positive numbers stand, and others that are as large as the last of them."""
    if not len(numbers):
        return []
    edge = len(numbers) - min(count, len(numbers))
    lowest = numbers.copy()
    lowest.partition(edge)
    places: list[int] = (numbers >= max(1, int(lowest[edge]))).nonzero()[0].tolist()
    return places


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
    return _HEAD.pack(MAGIC, len(head)) + head + zlib.compress(model.columns.astype("<i2").tobytes(), 9)


def unpack(content: bytes) -> Model:
    """The model in a file. Raises ValueError when it is none of this version."""
    import numpy as np

    try:
        magic, length = _HEAD.unpack_from(content)
        told = json.loads(content[_HEAD.size : _HEAD.size + length]) if magic == MAGIC else None
        tables = zlib.decompress(content[_HEAD.size + length :]) if told else b""
    except (struct.error, UnicodeDecodeError, zlib.error) as error:
        raise ValueError("this is no classifier of this version") from error
    if told is None or len(tables) != 2 * SIZE * len(COLUMNS):
        raise ValueError("this is no classifier of this version")
    columns = np.frombuffer(tables, "<i2").reshape(len(COLUMNS), SIZE).astype(np.int16)
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
