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
from itertools import pairwise
from operator import attrgetter

READ = 1_000
"""Characters of subject and text that are looked at; who wants something says so at once."""
NEAR = 24
"""Words between the first and the last that belong together: one long sentence, or two short ones."""
LETTERS_A_WORD = 2
"""Letters of Chinese or Japanese that count as a word."""

_WORD = re.compile(r"[^\W_]+")
_WITHOUT_SPACES = re.compile("[\u3040-\u30ff\u3400-\u9fff]+")


@dataclass(frozen=True, slots=True)
class Wish:
    """A word that was found: which wish it tells, and where, counted in words."""

    name: str
    word: str
    place: int


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """`whole` words and `beginnings` by wish; `letters` of scripts without spaces as one expression each."""

    whole: dict[str, tuple[str, ...]]
    beginnings: dict[str, tuple[str, ...]]
    letters: tuple[tuple[str, re.Pattern[str]], ...]


def wishes(plain_text: str) -> tuple[Wish, ...]:
    """All such words of a text as `text.plain` gives it, in reading order."""
    read = plain_text[:READ]
    words = _WORD.findall(read if read.isascii() else _bare(read))
    found = [Wish(name, words[place], place) for place, told in enumerate(map(_told_by, words)) for name in told]
    if not _firsts().isdisjoint(words):
        found += _pairs(words)
    if not read.isascii():
        found += _in_letters(read)
    return tuple(sorted(found, key=attrgetter("place")))


def together(found: Sequence[Wish], *names: str) -> tuple[Wish, ...]:
    """The nearest words that tell all of these wishes within `NEAR` words, none of them twice; () when there are none."""
    best: tuple[Wish, ...] = ()
    latest: dict[str, Wish] = {}
    for wish in found:
        if wish.name not in names:
            continue
        latest[wish.name] = wish
        picked = tuple(latest[name] for name in names if name in latest)
        if len({(one.word, one.place) for one in picked}) == len(names) and _span(picked) <= NEAR:
            best = picked if not best or _span(picked) < _span(best) else best
    return best


def _span(picked: Sequence[Wish]) -> int:
    places = [one.place for one in picked]
    return max(places) - min(places)


def _pairs(words: Sequence[str]) -> Iterator[Wish]:
    """Two words that tell something only side by side, such as `gift cards`."""
    for place, (first, second) in enumerate(pairwise(words)):
        if first in _firsts():
            pair = f"{first}-{second}"
            yield from (Wish(name, pair, place) for name in _told_by(pair))


def _in_letters(text: str) -> Iterator[Wish]:
    for run in _WITHOUT_SPACES.finditer(text):
        for name, expression in _vocabulary().letters:
            for hit in expression.finditer(run[0]):
                yield Wish(name, hit[0], (run.start() + hit.start()) // LETTERS_A_WORD)


@lru_cache(maxsize=16_384)
def _told_by(word: str) -> tuple[str, ...]:
    known = _vocabulary()
    found = list(known.whole.get(word, ()))
    for end in range(2, len(word) + 1):
        found += known.beginnings.get(word[:end], ())
    return tuple(dict.fromkeys(found))


@cache
def _firsts() -> frozenset[str]:
    known = _vocabulary()
    return frozenset(word.partition("-")[0] for word in (*known.whole, *known.beginnings) if "-" in word)


@cache
def _vocabulary() -> _Vocabulary:
    whole: dict[str, tuple[str, ...]] = {}
    beginnings: dict[str, tuple[str, ...]] = {}
    letters: dict[str, list[str]] = {}
    for name, word in _listed():
        if _WITHOUT_SPACES.match(word):
            letters.setdefault(name, []).append(word)
        else:
            table, key = (beginnings, word[:-1]) if word.endswith("*") else (whole, word)
            table[key] = tuple(dict.fromkeys((*table.get(key, ()), name)))
    patterns = tuple((name, re.compile("|".join(map(re.escape, found)))) for name, found in letters.items())
    return _Vocabulary(whole, beginnings, patterns)


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
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(one for one in decomposed if not unicodedata.combining(one)).replace("ł", "l").replace("ø", "o")
