"""The classifier: how much more often features like a message's are seen in unwanted mail than in wanted mail.

Logistic regression over hashed names of features (Weinberger et al., "Feature Hashing for Large Scale Multitask
Learning", 2009): pieces of text in one part of a table, structure in the other. One column of weights says whether mail
is unwanted, three more which kind it would be. The table holds no text; what it was made from is told in
docs/models/classifier.md.
"""

import json
import math
import struct
import zlib
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from lockgate.model.errors import InvalidInput

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Table = NDArray[np.int16]
    Places = tuple[NDArray[np.integer], NDArray[np.integer]]

PIECE_BITS, STRUCTURE_BITS = 18, 16
SIZE = (1 << PIECE_BITS) + (1 << STRUCTURE_BITS)
SCALE, SMOOTHING = 4.0, (200, 20)
"""A group of n features counts SCALE / sqrt(n + its SMOOTHING) each: five words do not say as much as five hundred."""
COLUMNS = ("unwanted", "phish", "scam", "spam")
MAGIC = b"LGCM2\n"
_HEAD = struct.Struct("<6sI")  # magic, length of the JSON that follows


class Spoken(Protocol):
    """A message's features, which can say their names."""

    @property
    def places(self) -> "Places":
        """Where the weights stand: of the pieces of text, and of the structure."""

    def speaking(self, table: "Table", side: int) -> list[tuple[str, str]]:
        """The group and the name of those that say most on this side."""


@dataclass(frozen=True, slots=True)
class Judged:
    """`evidence` is the log-odds to add to those of the other findings; `kind` is phish, scam, spam or empty."""

    evidence: float
    kind: str
    speaking: tuple[tuple[str, str], ...]  # where (text or structure) and the feature that says most


@dataclass(frozen=True, slots=True)
class Model:
    """Weights in units of `steps`, a column for each question; `slope` and `offset` fit the sum to the detectors'."""

    version: str
    biases: tuple[float, ...]
    steps: tuple[float, ...]
    slope: float
    offset: float
    least: float
    most: float
    table: "Table" = field(repr=False, compare=False)  # for each place the weight of every column

    def evidence(self, places: "Places") -> float:
        """Log-odds to add to those of the detectors."""
        return self._evidence(self._log_odds(places))

    def judge(self, features: Spoken) -> Judged:
        """What the model says of a message with these features, and because of what."""
        log_odds = self._log_odds(features.places)
        evidence = self._evidence(log_odds)
        kind = COLUMNS[1 + log_odds[1:].index(max(log_odds[1:]))] if evidence > 0 else ""
        return Judged(evidence, kind, tuple(features.speaking(self.table, 1 if evidence > 0 else -1)))

    def _log_odds(self, places: "Places") -> list[float]:
        """Each column's own log-odds."""
        # Column by column: numpy adds up short rows three times as slowly.
        weights = (self.table.take(group, axis=0).T.astype("int32", order="C") for group in places)
        totals = [group.sum(axis=1, dtype="int64").tolist() for group in weights]
        sums = list(zip(scales(places), totals, strict=True))
        return [
            bias + step * sum(factor * total[column] for factor, total in sums)
            for column, (bias, step) in enumerate(zip(self.biases, self.steps, strict=True))
        ]

    def _evidence(self, log_odds: Sequence[float]) -> float:
        return limited(self.slope * log_odds[0] + self.offset, self.least, self.most)


def scales(places: "Places") -> tuple[float, float]:
    """What each feature of either group counts."""
    pieces, structure = (SCALE / math.sqrt(len(group) + more) for group, more in zip(places, SMOOTHING, strict=True))
    return pieces, structure


def limited(evidence: float, least: float, most: float) -> float:
    """Between the limits and never at them, so that order is kept: beyond half a limit it grows ever slower."""
    limit = most if evidence > 0 else -least
    return limit * math.tanh(evidence / limit)


def pack(model: Model) -> bytes:
    """The model as a file. The same model gives the same bytes."""
    told = {name: getattr(model, name) for name in ("version", "biases", "steps", "slope", "offset", "least", "most")}
    head = json.dumps(told, sort_keys=True).encode()
    return _HEAD.pack(MAGIC, len(head)) + head + zlib.compress(model.table.T.astype("<i2").tobytes(), 9)


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
    table = np.ascontiguousarray(np.frombuffer(tables, "<i2").reshape(len(COLUMNS), SIZE).T.astype(np.int16))
    return Model(
        told["version"], tuple(told["biases"]), tuple(told["steps"]), told["slope"], told["offset"], told["least"],
        told["most"], table,
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


def rounded(weights: Iterable[float]) -> tuple[float, Sequence[int]]:
    """A column as whole steps, and the size of one step."""
    given = list(weights)
    step = max(map(abs, given), default=0.0) / 32_767 or 1.0
    return step, array("h", (round(weight / step) for weight in given))
