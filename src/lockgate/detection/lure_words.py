"""What lures speak of, told by the beginnings of words in many languages: a charge, a call, a sign-in, a full mailbox.

The words are in `lists/lure_words.txt`; how near one another they stand is asked of the result, as with `wishes`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from operator import attrgetter

from lockgate.detection import vocabulary
from lockgate.detection.vocabulary import LETTERS_A_WORD, WITHOUT_SPACES, Vocabulary, Wish, bare, has_spaces, words_of
from lockgate.detection.wishes import Wishes

READ = 4_000
"""Characters of a text that are looked at; a lure says what it wants before that."""


@dataclass(frozen=True, slots=True)
class _Known:
    """`words` of an alphabet, the `firsts` of those that are two, and `letters` of scripts without spaces."""

    words: Vocabulary
    firsts: frozenset[str]
    letters: re.Pattern[str]
    told_by_letters: dict[str, tuple[str, ...]]


@lru_cache(maxsize=16)
def lure_words(plain_text: str) -> Wishes:
    """What the first `READ` characters of a text as `text.plain` gives it speak of; several detectors ask."""
    read = plain_text[:READ]
    text, known = bare(read), _known()
    if has_spaces(read):
        words = words_of(text)
        found = [Wish(name, words[at], at) for at, name in known.words.told(words)]
        found += () if known.firsts.isdisjoint(words) else _pairs(words)
    else:
        found = [*_in_letters(text), *known.words.told_in(text)]
    found.sort(key=attrgetter("place"))
    return Wishes(tuple(found), frozenset(one.name for one in found))


def span(near: Sequence[Wish]) -> int:
    """How many words lie between the first and the last."""
    places = [one.place for one in near]
    return max(places) - min(places)


def _pairs(words: Sequence[str]) -> Iterator[Wish]:
    firsts = _known().firsts
    pairs = [(at, f"{first}-{second}") for at, (first, second) in enumerate(pairwise(words)) if first in firsts]
    for number, name in _known().words.told([pair for _, pair in pairs]):
        at, pair = pairs[number]
        yield Wish(name, pair, at)


def _in_letters(text: str) -> Iterator[Wish]:
    known = _known()
    for hit in known.letters.finditer(text):
        place = hit.start() // LETTERS_A_WORD
        yield from (Wish(name, hit[0], place) for name in known.told_by_letters[hit[0]])


@cache
def _known() -> _Known:
    told = [
        (name, bare(word) if WITHOUT_SPACES.search(word) else word)
        for name, word in vocabulary.listed("lure_words.txt")
    ]
    by_word = vocabulary.by_word(told)
    letters = {word: those for word, those in by_word.items() if WITHOUT_SPACES.search(word)}
    words = {word: those for word, those in by_word.items() if word not in letters}
    firsts = frozenset(word.partition("-")[0] for word in words if "-" in word)
    longest_first = sorted(letters, key=len, reverse=True)
    return _Known(vocabulary.vocabulary(words), firsts, re.compile("|".join(map(re.escape, longest_first))), letters)
