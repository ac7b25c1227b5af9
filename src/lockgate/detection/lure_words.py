"""What lures speak of, told by the beginnings of words in many languages: a charge, a call, a sign-in, a full mailbox.

The words are in `lists/lure_words.txt`; how near one another they stand is asked of the result, as with `wishes`.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from operator import attrgetter

from ahocorasick_rs import AhoCorasick

from lockgate.detection.wishes import LETTERS_A_WORD, Wish, Wishes

READ = 4_000
"""Characters of a text that are looked at; a lure says what it wants before that."""

_WORD = re.compile(r"[^\W_\u3040-\u30ff\u3400-\u9fff]+")
_MARKS = re.compile("[\u0300-\u036f]")
_WITHOUT_SPACES = re.compile("[\u3040-\u30ff\u3400-\u9fff]+")


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """`whole` words and `beginnings` by what they tell, `firsts` of two words, `letters` of scripts without spaces."""

    whole: dict[str, tuple[str, ...]]
    beginnings: dict[str, tuple[str, ...]]
    firsts: frozenset[str]
    letters: re.Pattern[str]
    told_by_letters: dict[str, tuple[str, ...]]


@lru_cache(maxsize=16)
def lure_words(plain_text: str) -> Wishes:
    """What the first `READ` characters of a text as `text.plain` gives it speak of; several detectors ask."""
    read = plain_text[:READ]
    bare = read if read.isascii() else _bare(read)
    if read.isascii() or _WITHOUT_SPACES.search(read) is None:
        words = _WORD.findall(bare)
        found = list(_told(words))
        found += () if _vocabulary().firsts.isdisjoint(words) else _pairs(words)
    else:
        found = list(_in_letters(bare))
    found.sort(key=attrgetter("place"))
    return Wishes(tuple(found), frozenset(one.name for one in found))


def span(near: Sequence[Wish]) -> int:
    """How many words lie between the first and the last."""
    places = [one.place for one in near]
    return max(places) - min(places)


def _told(words: list[str]) -> Iterator[Wish]:
    """What each word tells by itself, found in one pass over all: most words tell nothing."""
    automaton, meanings = _automaton()
    text = f" {' '.join(words)} "
    hits = automaton.find_matches_as_indexes(text, overlapping=True)
    said = sorted((text.count(" ", 0, start), number) for number, start, _ in hits)
    yield from dict.fromkeys(Wish(name, words[at], at) for at, number in said for name in meanings[number])


@cache
def _automaton() -> tuple[AhoCorasick, tuple[tuple[str, ...], ...]]:
    """Finds whole words, then beginnings with the shortest first; and what each of them tells."""
    known = _vocabulary()
    beginnings = {word: known.beginnings[word] for word in sorted(known.beginnings, key=len) if len(word) > 1}
    written = [*(f" {word} " for word in known.whole), *(f" {word}" for word in beginnings)]
    return AhoCorasick(written), (*known.whole.values(), *beginnings.values())


def _pairs(words: list[str]) -> Iterator[Wish]:
    firsts = _vocabulary().firsts
    for place, (first, second) in enumerate(pairwise(words)):
        if first in firsts:
            pair = f"{first}-{second}"
            yield from (Wish(name, pair, place) for name in _told_by(pair))


def _in_letters(text: str) -> Iterator[Wish]:
    """Of text without spaces, and of the words of an alphabet that stand in it."""
    known = _vocabulary()
    for hit in known.letters.finditer(text):
        place = hit.start() // LETTERS_A_WORD
        yield from (Wish(name, hit[0], place) for name in known.told_by_letters[hit[0]])
    for word in _WORD.finditer(text):
        yield from (Wish(name, word[0], word.start() // LETTERS_A_WORD) for name in _told_by(word[0]))


@lru_cache(maxsize=32_768)
def _told_by(word: str) -> tuple[str, ...]:
    known = _vocabulary()
    found = list(known.whole.get(word, ()))
    for end in range(2, len(word) + 1):
        found += known.beginnings.get(word[:end], ())
    return tuple(dict.fromkeys(found))


@cache
def _vocabulary() -> _Vocabulary:
    whole: dict[str, tuple[str, ...]] = {}
    beginnings: dict[str, tuple[str, ...]] = {}
    letters: dict[str, tuple[str, ...]] = {}
    for name, word in _listed():
        if _WITHOUT_SPACES.search(word):
            table, key = letters, _bare(word)
        else:
            table, key = (beginnings, word[:-1]) if word.endswith("*") else (whole, word)
        table[key] = tuple(dict.fromkeys((*table.get(key, ()), name)))
    firsts = frozenset(word.partition("-")[0] for word in (*whole, *beginnings) if "-" in word)
    longest_first = sorted(letters, key=len, reverse=True)
    return _Vocabulary(whole, beginnings, firsts, re.compile("|".join(map(re.escape, longest_first))), letters)


def _listed() -> Iterator[tuple[str, str]]:
    name = ""
    text = files("lockgate.detection.lists").joinpath("lure_words.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("["):
            name = line.strip("[]")
        elif not line.startswith("#"):
            yield from ((name, word) for word in line.split())


def _bare(text: str) -> str:
    """Without accents; Japanese voicing marks go as well, on both sides of a comparison."""
    return _MARKS.sub("", unicodedata.normalize("NFD", text)).replace("ł", "l").replace("ø", "o")
