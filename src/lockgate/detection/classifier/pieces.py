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
_SEALED = np.uint32(32 - PIECE_BITS)
_BLANK = ord(" ")
_FIRST_IDEOGRAPH = 0x2E80
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+")
_WORD = re.compile(r"[^\W_]+|[$€£%!]")
_DIGITS = str.maketrans("123456789", "000000000")


@dataclass(frozen=True)
class Pieces:
    """All pieces of a text that has one blank before, between and behind its words, in reading order by length."""

    text: str
    codes: "Codes"
    middles: "Codes"  # where in the text the middle of each piece stands

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
        borders = np.cumsum(self._letters == _BLANK)
        by_word = np.bincount(borders[self.middles], weights=said, minlength=len(words))
        chosen = sorted(int(place) for place in np.argsort(-by_word)[:count] if by_word[place] > 0)
        runs = [[place for _, place in run] for _, run in groupby(enumerate(chosen), lambda pair: pair[1] - pair[0])]
        runs.sort(key=lambda run: -sum(by_word[place] for place in run))
        phrases = (" ".join(words[place] for place in run).strip()[:SHOWN_LETTERS] for run in runs)
        return list(dict.fromkeys(filter(_tells, phrases)))

    @property
    def _letters(self) -> "Codes":
        return _letters(self.text)


def pieces(plain_text: str) -> Pieces:
    """The pieces of text as `text.plain` gives it."""
    text = f" {' '.join(_WORD.findall(_without_addresses(plain_text[:READ]))).translate(_DIGITS)} "
    letters = _letters(text)
    cut = list(_cut(letters, ideographs=not text.isascii()))
    codes = np.concatenate([np.empty(0, np.uint32), *(codes for codes, _ in cut)])
    middles = np.concatenate([np.empty(0, np.intp), *(middles for _, middles in cut)])
    return Pieces(text, (codes * _MIXER) >> _SEALED, middles)


def _cut(letters: "Codes", *, ideographs: bool) -> "Iterator[tuple[Codes, NDArray[np.intp]]]":
    """Codes of the pieces of each length by a rolling polynomial, and the places of their middles."""
    codes = np.zeros(len(letters), np.uint32)
    for length in range(1, min(max(LENGTHS), len(letters)) + 1):
        codes = codes[: len(letters) - length + 1] * _FACTOR + letters[length - 1 :]
        if length in LENGTHS:
            yield codes + np.uint32(length), np.arange(length // 2, length // 2 + len(codes))
        elif length == 2 and ideographs:
            dense = letters >= _FIRST_IDEOGRAPH
            pairs = np.flatnonzero(dense[:-1] & dense[1:])
            yield codes[pairs], pairs


def _tells(phrase: str) -> bool:
    """Whether it says something to a reader: masked numbers and the shortest words do not."""
    return sum(map(str.isalpha, phrase)) >= (3 if phrase.isascii() else 1)


def _without_addresses(text: str) -> str:
    return _ADDRESS.sub(" ", text) if "@" in text or "://" in text or "www." in text else text


def _letters(text: str) -> "Codes":
    """Code points; a lone half of a pair is one like any other."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint32)
