"""The wording model: how much more often the words of a text are seen in unwanted mail than in wanted mail.

Logistic regression over the words and word pairs of the first `READ` characters, hashed into a table of small numbers
(Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", 2009). The table is made by
`tools/train_wording.py` and holds no text; what it was made from is told in docs/models/wording.md.
"""

import math
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise

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

    def log_odds(self, found: frozenset[int]) -> float:
        """Log-odds that a text with these features is unwanted."""
        signed = memoryview(self.weights).cast("b")
        total = sum([signed[feature] for feature in found])
        return self.bias + self.step * total / math.sqrt(len(found) + SMOOTHING)

    def speaking(self, plain_text: str, count: int, *, against: bool = True) -> list[str]:
        """The words and pairs that say most against the text (or for it), strongest first."""
        signed = memoryview(self.weights).cast("b")
        side = 1 if against else -1
        weighed = {name: side * signed[place(name)] for name in names(plain_text)}
        strongest = sorted(weighed, key=lambda name: (-weighed[name], name))[: 3 * count]
        kept: list[str] = []
        for name in strongest:
            if weighed[name] > 0 and not any(name in other or other in name for other in kept):
                kept.append(name)
        return kept[:count]


def names(plain_text: str) -> Iterator[str]:
    """Words and pairs of neighbours, of text as `text.plain` gives it."""
    words = _WORD.findall(plain_text[:READ])
    yield from words
    for first, second in pairwise(words):
        yield f"{first} {second}"


def place(name: str) -> int:
    """Where the weight of a word or pair stands."""
    return zlib.crc32(name.encode()) & ((1 << BITS) - 1)


def features(plain_text: str) -> frozenset[int]:
    """The places of everything in the text, each once."""
    return frozenset([place(name) for name in set(names(plain_text))])


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
