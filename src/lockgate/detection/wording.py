"""The wording model: how much more often the words of a text are seen in unwanted mail than in wanted mail.

Logistic regression over the words and word pairs of the first `READ` characters, hashed into a table of small numbers
(Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", 2009). The table is made by
`tools/train_wording.py` and holds no text; what it was made from is told in docs/models/wording.md.
"""

import heapq
import math
import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from zlib import crc32

READ = 1_500
"""Characters that are looked at: subject, sender's name and the beginning of the text."""
BITS = 17
SMOOTHING = 20
"""Added to the number of features before the square root, so that a text of five words is not judged by them."""
MAGIC = b"LGWM1\n"
_HEAD = struct.Struct("<6sBff")  # magic, bits, bias, weight of one step
_WORD = re.compile(r"[^\W\d_]{2,20}|[$€£%!]")


@dataclass(frozen=True, slots=True)
class Model:
    """`weights` are signed bytes, each times `step`."""

    bias: float
    step: float
    weights: bytes

    def weigh(self, plain_text: str) -> dict[str, int]:
        """Every word and pair of the text with its weight in steps; positive ones speak against the text."""
        signed, mask = memoryview(self.weights).cast("b"), (1 << BITS) - 1
        return {name: signed[crc32(name.encode()) & mask] for name in set(names(plain_text))}

    def log_odds(self, weighed: Mapping[str, int]) -> float:
        """Log-odds that a text of these words and pairs is unwanted."""
        return self.bias + self.step * sum(weighed.values()) / math.sqrt(len(weighed) + SMOOTHING)


def speaking(weighed: Mapping[str, int], count: int, *, against: bool = True) -> list[str]:
    """The words and pairs that say most against the text (or for it), strongest first, none inside another."""
    side = 1 if against else -1
    strongest = heapq.nsmallest(3 * count, weighed, key=lambda name: (-side * weighed[name], name))
    kept: list[str] = []
    for name in strongest:
        if side * weighed[name] > 0 and not any(name in other or other in name for other in kept):
            kept.append(name)
    return kept[:count]


def names(plain_text: str) -> Iterator[str]:
    """Words and pairs of neighbours, of text as `text.plain` gives it."""
    words = _WORD.findall(plain_text[:READ])
    yield from words
    yield from map(" ".join, pairwise(words))


def features(plain_text: str) -> tuple[int, ...]:
    """Where the weights of the words and pairs of a text stand, each name once, in order; for training."""
    mask = (1 << BITS) - 1
    return tuple(sorted(crc32(name.encode()) & mask for name in set(names(plain_text))))


def pack(bias: float, weights: list[float]) -> bytes:
    """The model as a file: weights rounded to 127 steps, compressed."""
    largest = max(map(abs, weights), default=0.0)
    step = largest / 127 or 1.0
    rounded = struct.pack(f"<{len(weights)}b", *(round(weight / step) for weight in weights))
    return _HEAD.pack(MAGIC, BITS, bias, step) + zlib.compress(rounded, 9)


def unpack(content: bytes) -> Model:
    """The model in a file. Raises ValueError when it is none of ours."""
    magic, bits, bias, step = _HEAD.unpack_from(content)
    weights = zlib.decompress(content[_HEAD.size :])
    if magic != MAGIC or bits != BITS or len(weights) != 1 << BITS:
        raise ValueError("this is no wording model of this version")
    return Model(bias, step, weights)


@cache
def default_model() -> Model:
    """The model that comes with the product; read once per process."""
    return unpack(files("lockgate.detection").joinpath("models", "wording.bin").read_bytes())
