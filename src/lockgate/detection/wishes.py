"""What a writer may want of a firm, told by the beginnings of words in many languages: an account, a change, a payment.

Phrases of `topics` tell what was said before; words that stand near one another tell what was never put that way yet.
`lists/wishes.txt` holds the words. A word may belong to several wishes.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from operator import attrgetter

from lockgate.detection.account_numbers import account_numbers

READ = 1_600
"""Characters of subject and text that are looked at; who wants something says so at once."""
NEAR = 24
"""Words between the first and the last that belong together: one long sentence, or two short ones."""
LETTERS_A_WORD = 2
"""Letters of Chinese or Japanese that count as a word."""

ACCOUNT = "account given"
"""The wish that a number of a bank account tells, which is in no list."""

_WORD = re.compile(r"[^\W_\u3040-\u30ff\u3400-\u9fff]+")
_MARKS = re.compile("[\u0300-\u036f]")
_WITHOUT_SPACES = re.compile("[\u3040-\u30ff\u3400-\u9fff]+")


@dataclass(frozen=True, slots=True)
class Wish:
    """A word that was found: which wish it tells, and where, counted in words."""

    name: str
    word: str
    place: int


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """Wishes of `whole` words, of `beginnings`, and of `pairs` by their first and second word.

    `letters` of scripts without spaces are one expression each.
    """

    whole: dict[str, tuple[str, ...]]
    beginnings: dict[str, tuple[str, ...]]
    pairs: dict[str, dict[str, tuple[str, ...]]]
    letters: tuple[tuple[str, re.Pattern[str]], ...]


@dataclass(frozen=True, slots=True)
class Wishes:
    """All such words of a text, in reading order; `names` are the wishes that at least one word tells."""

    found: tuple[Wish, ...]
    names: frozenset[str]

    def together(self, *names: str, within: int = NEAR) -> tuple[Wish, ...]:
        """The nearest words that tell all of these within so many words, each word one; () when there are none."""
        if not self.names.issuperset(names):
            return ()
        best: tuple[Wish, ...] = ()
        latest: dict[str, Wish] = {}
        for wish in self.found:
            if wish.name not in names:
                continue
            latest[wish.name] = wish
            if len(latest) == len(names):
                picked = tuple(latest.values())
                apart = len({(one.word, one.place) for one in picked}) == len(names)
                if apart and _span(picked) <= within and (not best or _span(picked) < _span(best)):
                    best = picked
        return best


def wishes(plain_text: str) -> Wishes:
    """What a text as `text.plain` gives it tells."""
    read = plain_text[:READ]
    if read.isascii() or _WITHOUT_SPACES.search(read) is None:
        read = read if read.isascii() else _bare(read)
        words = _WORD.findall(read)
        found = [Wish(name, words[at], at) for at, told in enumerate(map(_told_by, words)) if told for name in told]
        found += _pairs(words)
        found += (Wish(ACCOUNT, hit, len(_WORD.findall(read[:start]))) for start, hit in account_numbers(read))
    else:
        found = list(_in_letters(read))
        found += (Wish(ACCOUNT, hit, start // LETTERS_A_WORD) for start, hit in account_numbers(read))
    found.sort(key=attrgetter("place"))
    return Wishes(tuple(found), frozenset(wish.name for wish in found))


def _span(picked: Sequence[Wish]) -> int:
    places = [one.place for one in picked]
    return max(places) - min(places)


def _pairs(words: Sequence[str]) -> Iterator[Wish]:
    """Two words that tell something only together: `gift cards`, or with one between them `new business account`."""
    pairs = _vocabulary().pairs
    for place, first in enumerate(words):
        if first in pairs:
            for second in words[place + 1 : place + 3]:
                yield from (Wish(name, f"{first}-{second}", place) for name in pairs[first].get(second, ()))


def _in_letters(text: str) -> Iterator[Wish]:
    """Of text without spaces, and of the words of an alphabet that stand in it."""
    for name, expression in _vocabulary().letters:
        yield from (Wish(name, hit[0], hit.start() // LETTERS_A_WORD) for hit in expression.finditer(text))
    for word in _WORD.finditer(text):
        yield from (Wish(name, word[0], word.start() // LETTERS_A_WORD) for name in _told_by(word[0]))


@lru_cache(maxsize=16_384)
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
    pairs: dict[str, dict[str, tuple[str, ...]]] = {}
    letters: dict[str, list[str]] = {}
    for name, word in _listed():
        first, joined, second = word.partition("-")
        if _WITHOUT_SPACES.match(word):
            letters.setdefault(name, []).append(word)
        elif joined:
            seconds = pairs.setdefault(first, {})
            seconds[second] = tuple(dict.fromkeys((*seconds.get(second, ()), name)))
        else:
            table, key = (beginnings, word[:-1]) if word.endswith("*") else (whole, word)
            table[key] = tuple(dict.fromkeys((*table.get(key, ()), name)))
    patterns = tuple((name, re.compile("|".join(map(re.escape, found)))) for name, found in letters.items())
    return _Vocabulary(whole, beginnings, pairs, patterns)


def _listed() -> Iterator[tuple[str, str]]:
    name = ""
    text = files("lockgate.detection.lists").joinpath("wishes.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("["):
            name = line.strip("[]")
        elif not line.startswith("#"):
            yield from ((name, word) for word in line.split())


def _bare(text: str) -> str:
    """Without accents."""
    return _MARKS.sub("", unicodedata.normalize("NFD", text)).replace("ł", "l").replace("ø", "o")
