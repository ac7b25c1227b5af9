"""All features of a message as places in the model's table: pieces of its text, its structure, pairs of the latter."""

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from lockgate.detection.classifier import pieces, structure
from lockgate.detection.classifier.model import PIECE_BITS, STRUCTURE_BITS
from lockgate.detection.classifier.pieces import Pieces
from lockgate.detection.content import Content
from lockgate.model.message import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lockgate.detection.classifier.model import Places, Table

PAIRED = 48
"""Features of structure that are looked at alone and in pairs; few messages have more."""
SHOWN = 4
"""Features of each group that are shown as evidence."""
SHOWN_WORDS = 7
"""Words that are shown at most; neighbours count as one feature."""

_FACTOR, _MIXER = np.uint32(0x01000193), np.uint32(0x9E3779B1)
_BEHIND_PIECES = 1 << PIECE_BITS


@dataclass(frozen=True, slots=True)
class Features:
    """What one message has. Names are put together only for those few that are shown.

    `structure` are the places of the features with these names, then those of all pairs of the first `paired` of them.
    """

    pieces: Pieces
    names: list[str]
    paired: int
    structure: "NDArray[np.integer]"

    @property
    def places(self) -> "Places":
        """Where the weights of both groups stand."""
        return self.pieces.places, self.structure

    def speaking(self, table: "Table", side: int) -> list[tuple[str, str]]:
        """What says most on this side, 1 for unwanted and -1 for wanted: words, and features that are in no other."""
        words = self.pieces.loudest(side * _told(table, self.pieces.codes), SHOWN_WORDS)[:SHOWN]
        said = side * _told(table, self.structure)
        loudest = np.argsort(-said)[: 3 * SHOWN]
        named = list(map(self.named, loudest[said[loudest] > 0].tolist()))
        return [("text", word) for word in words] + [("structure", name) for name in _apart(named, SHOWN)]

    def named(self, place: int) -> str:
        """The feature whose weight `structure` has at that place."""
        if place < len(self.names):
            return self.names[place]
        first, second = (side[place - len(self.names)] for side in _pairs(self.paired))
        return f"{self.names[first]} & {self.names[second]}"


def _told(table: "Table", places: "NDArray[np.integer]") -> "NDArray[np.int32]":
    """How much each of these features speaks against the message. Whole rows are taken several times as quickly."""
    return table.take(places, axis=0)[:, 0].astype(np.int32)


def features_of(message: Message, content: Content) -> Features:
    """All features of one message."""
    paired = list(structure.names(message, content))[:PAIRED]
    names = paired + structure.spoken_of(content)
    codes = np.fromiter(map(_code, names), np.uint32, len(names))
    firsts, seconds = _pairs(len(paired))
    pairs = (codes[firsts] * _FACTOR + codes[seconds]) * _MIXER
    found = np.concatenate((codes, pairs)) >> np.uint32(32 - STRUCTURE_BITS)
    return Features(pieces.pieces(content.words), names, len(paired), found + _BEHIND_PIECES)


@lru_cache(maxsize=4_096)
def _code(name: str) -> int:
    return crc32(name.encode())


@cache
def _pairs(count: int) -> "tuple[NDArray[np.intp], NDArray[np.intp]]":
    """The places of both sides of every pair of so many, `PAIRED` at most."""
    firsts, seconds = np.triu_indices(count, 1)
    return firsts, seconds


def _apart(ordered: list[str], count: int) -> list[str]:
    """The first ones, none inside another."""
    kept: list[str] = []
    for name in ordered:
        if not any(name in other or other in name for other in kept):
            kept.append(name)
        if len(kept) == count:
            break
    return kept
