"""What a writer may want of a firm, told by the beginnings of words in many languages: an account, a change, a payment.

Phrases of `topics` tell what was said before; words that stand near one another tell what was never put that way yet.
`lists/wishes.txt` holds the words. A word may belong to several wishes.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from operator import attrgetter

from lockgate.detection import vocabulary
from lockgate.detection.account_numbers import account_numbers
from lockgate.detection.vocabulary import LETTERS_A_WORD, WITHOUT_SPACES, Vocabulary, Wish, bare, has_spaces, words_of

READ = 1_600
"""Characters of subject and text that are looked at; who wants something says so at once."""
NEAR = 24
"""Words between the first and the last that belong together: one long sentence, or two short ones."""

ACCOUNT = "account given"
"""The wish that a number of a bank account tells, which is in no list."""


@dataclass(frozen=True, slots=True)
class _Known:
    """`words` of an alphabet, `pairs` of them by the first and the second.

    `letters` of scripts without spaces are one expression each.
    """

    words: Vocabulary
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
    if has_spaces(read):
        read = bare(read)
        words = words_of(read)
        found = [Wish(name, words[at], at) for at, name in _known().words.told(words)]
        found += _pairs(words)
        found += (Wish(ACCOUNT, hit, len(words_of(read[:start]))) for start, hit in account_numbers(read))
    else:
        found = [*_in_letters(read), *_known().words.told_in(read)]
        found += (Wish(ACCOUNT, hit, start // LETTERS_A_WORD) for start, hit in account_numbers(read))
    found.sort(key=attrgetter("place"))
    return Wishes(tuple(found), frozenset(wish.name for wish in found))


def _span(picked: Sequence[Wish]) -> int:
    places = [one.place for one in picked]
    return max(places) - min(places)


def _pairs(words: Sequence[str]) -> Iterator[Wish]:
    """Two words that tell something only together: `gift cards`, or with one between them `new business account`."""
    pairs, there = _known().pairs, frozenset(words)
    firsts = {first for first in there & pairs.keys() if not there.isdisjoint(pairs[first])}
    for place, first in enumerate(words) if firsts else ():
        if first in firsts:
            for second in words[place + 1 : place + 3]:
                yield from (Wish(name, f"{first}-{second}", place) for name in pairs[first].get(second, ()))


def _in_letters(text: str) -> Iterator[Wish]:
    for name, expression in _known().letters:
        yield from (Wish(name, hit[0], hit.start() // LETTERS_A_WORD) for hit in expression.finditer(text))


@cache
def _known() -> _Known:
    pairs: dict[str, dict[str, tuple[str, ...]]] = {}
    letters: dict[str, list[str]] = {}
    words: list[tuple[str, str]] = []
    for name, word in vocabulary.listed("wishes.txt"):
        first, joined, second = word.partition("-")
        if WITHOUT_SPACES.match(word):
            letters.setdefault(name, []).append(word)
        elif joined:
            told = pairs.setdefault(first, {})
            told[second] = tuple(dict.fromkeys((*told.get(second, ()), name)))
        else:
            words.append((name, word))
    patterns = tuple((name, re.compile("|".join(map(re.escape, found)))) for name, found in letters.items())
    return _Known(vocabulary.vocabulary(vocabulary.by_word(words)), pairs, patterns)
