"""What a message says, as features: its words cut into pieces of four and five characters, over their borders.

Pieces know a word in every form that a language gives it, inside a compound, misspelt or broken up, and something of
its neighbours (Kanaris et al., "Words versus Character N-grams for Anti-spam Filtering", 2007). Chinese and Japanese
are cut into pairs of characters as well. Addresses of mail and of the web are left out and digits are all alike: they
name a sender or a time, not a kind of mail. Only the beginning of the text is looked at; that is what persuades.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from lockgate.detection.classifier.model import PIECE_BITS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.uint32]

READ = 1_500
"""Characters of subject, sender's name and text that are looked at."""
LENGTHS = (4, 5)
SHOWN_LETTERS = 40
"""Of a phrase that is shown; a sentence of Chinese has no blanks."""

_FACTOR, _MIXER = np.uint32(0x01000193), np.uint32(0x9E3779B1)
_SQUARE = np.uint32(0x01000193**2 % 2**32)
_SEALED = np.uint32(32 - PIECE_BITS)
_BLANK = ord(" ")
_FIRST_IDEOGRAPH = 0x2E80
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+")
_WORD = re.compile(r"[^\W_]+|[$€£%!]")
_SIGNS = b"$%!"  # of ASCII, each a word of its own
_IN_ASCII = bytes(
    ord("0") if 48 <= code < 58 else code if code < 128 and (chr(code).isalpha() or code in _SIGNS) else _BLANK
    for code in range(256)
)
"""What `_WORD` and the mask of digits make of each byte: the same, several times as quick."""


@dataclass(frozen=True)
class Pieces:
    """All pieces of a text that has one blank before, between and behind its words, in reading order by length."""

    letters: "Codes"
    codes: "Codes"
    middles: "list[slice | NDArray[np.intp]]"  # where in the text the middle of each piece stands

    @cached_property
    def places(self) -> "Codes":
        """Each code once, in rising order, as `np.unique` gives them in ten times the time."""
        ordered = np.sort(self.codes)
        first = np.ones(len(ordered), bool)
        np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
        return ordered[first]

    def loudest(self, said: "NDArray[np.integer]", count: int) -> list[str]:
        """The words that say most when `said` is what each piece says, neighbours together; `count` words at most."""
        words = self.text.split(" ")
        borders = np.cumsum(self.letters == _BLANK)
        places = np.concatenate([borders[middle] for middle in self.middles])
        by_word = np.bincount(places, weights=said, minlength=len(words))
        loudest = np.argsort(-by_word)[:count]
        chosen = sorted(loudest[by_word[loudest] > 0].tolist())
        runs = [[place for _, place in run] for _, run in groupby(enumerate(chosen), lambda pair: pair[1] - pair[0])]
        runs.sort(key=lambda run: -sum(by_word[place] for place in run))
        phrases = (" ".join(words[place] for place in run).strip()[:SHOWN_LETTERS] for run in runs)
        return list(dict.fromkeys(filter(_tells, phrases)))

    @property
    def text(self) -> str:
        """The text, its digits all alike."""
        return self.letters.tobytes().decode("utf-32-le", "surrogatepass")


def pieces(plain_text: str) -> Pieces:
    """The pieces of text as `text.plain` gives it."""
    letters = _letters(_without_addresses(plain_text[:READ]))
    cut = list(_cut(letters))
    codes = np.concatenate([codes for codes, _ in cut])
    return Pieces(letters, (codes * _MIXER) >> _SEALED, [middles for _, middles in cut])


def _cut(letters: "Codes") -> "Iterator[tuple[Codes, slice | NDArray[np.intp]]]":
    """Codes of the pieces of each length by a rolling polynomial, and the places of their middles."""
    twos = letters[:-1] * _FACTOR + letters[1:]
    if letters.max() >= _FIRST_IDEOGRAPH:
        dense = letters >= _FIRST_IDEOGRAPH
        pairs = np.flatnonzero(dense[:-1] & dense[1:])
        yield twos[pairs], pairs
    fours = twos[:-2] * _SQUARE + twos[2:]
    fives = fours[:-1] * _FACTOR + letters[4:]
    for length, codes in zip(LENGTHS, (fours, fives), strict=True):
        yield codes + np.uint32(length), slice(length // 2, length // 2 + len(codes))


def _tells(phrase: str) -> bool:
    """Whether it says something to a reader: masked numbers and the shortest words do not."""
    return sum(map(str.isalpha, phrase)) >= (3 if phrase.isascii() else 1)


def _without_addresses(text: str) -> str:
    return _ADDRESS.sub(" ", text) if "@" in text or "://" in text or "www." in text else text


def _letters(text: str) -> "Codes":
    """Code points of the words, blanks around them, digits masked; a lone half of a pair is one like any other."""
    if text.isascii():
        bare = text.encode().translate(_IN_ASCII)
        for sign in (b"$", b"%", b"!"):
            bare = bare.replace(sign, b" %b " % sign)
        return np.frombuffer(b" %b " % b" ".join(bare.split()), np.uint8).astype(np.uint32)
    spaced = f" {' '.join(_WORD.findall(text))} "
    letters = np.frombuffer(spaced.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint32)
    letters[(letters > ord("0")) & (letters <= ord("9"))] = ord("0")
    return letters
