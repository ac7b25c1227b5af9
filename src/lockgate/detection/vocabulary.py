"""Lists of words and beginnings of words in many languages, by what they tell, and where they stand in a text.

A list has a line in brackets before the words that tell one thing; `*` behind a word makes it a beginning, a hyphen
joins two words. A word may tell several things. All words of a text are looked up in one pass: most tell nothing.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick

from lockgate.mime.beyond_ascii import beyond_ascii

LETTERS_A_WORD = 2
"""Letters of Chinese or Japanese that count as a word."""
SHORTEST_BEGINNING = 2

WORD = re.compile(r"[^\W_\u3040-\u30ff\u3400-\u9fff]+")
WITHOUT_SPACES = re.compile("[\u3040-\u30ff\u3400-\u9fff]+")
_MARKS = re.compile("[\u0300-\u036f]")
_APART = {code: chr(code) if chr(code).isalnum() else " " for code in range(128)}


class Wish(NamedTuple):
    """A word that was found: which wish it tells, and where, counted in words."""

    name: str
    word: str
    place: int


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`meanings` are what each pattern of the `automaton` tells: whole words, then beginnings, the shortest first."""

    automaton: AhoCorasick
    meanings: tuple[tuple[str, ...], ...]

    def told(self, words: Sequence[str]) -> Iterator[tuple[int, str]]:
        """Which of the words tell something by themselves, by their number, and what; each thing once a word."""
        text = f" {' '.join(words)} "
        hits = self.automaton.find_matches_as_indexes(text, overlapping=True)
        said = sorted((text.count(" ", 0, start), number) for number, start, _ in hits)
        yield from dict.fromkeys((at, name) for at, number in said for name in self.meanings[number])

    def told_in(self, text: str) -> Iterator[Wish]:
        """Of the words of an alphabet that stand in a text without spaces."""
        words = [*WORD.finditer(text)]
        for at, name in self.told([word[0] for word in words]):
            yield Wish(name, words[at][0], words[at].start() // LETTERS_A_WORD)


def vocabulary(told_by: Mapping[str, tuple[str, ...]]) -> Vocabulary:
    """Of words, and of beginnings with `*` behind them, by what they tell."""
    beginnings = sorted((word for word in told_by if word.endswith("*")), key=len)
    beginnings = [word for word in beginnings if len(word) > SHORTEST_BEGINNING]
    whole = [word for word in told_by if not word.endswith("*")]
    written = [*(f" {word} " for word in whole), *(f" {word[:-1]}" for word in beginnings)]
    return Vocabulary(AhoCorasick(written), tuple(told_by[word] for word in (*whole, *beginnings)))


def listed(name: str) -> Iterator[tuple[str, str]]:
    """What a list in `lists/` says, as pairs of what is told and a word."""
    told = ""
    text = files("lockgate.detection.lists").joinpath(name).read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("["):
            told = line.strip("[]")
        elif not line.startswith("#"):
            yield from ((told, word) for word in line.split())


def by_word(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """What each word tells, each thing once."""
    found: dict[str, dict[str, None]] = {}
    for told, word in pairs:
        found.setdefault(word, {})[told] = None
    return {word: tuple(told) for word, told in found.items()}


def has_spaces(text: str) -> bool:
    """Whether nothing of it is in a script without spaces between words."""
    return WITHOUT_SPACES.search(beyond_ascii(text)) is None


def words_of(text: str) -> list[str]:
    """All words: what `WORD` finds, in ASCII several times as quickly."""
    return text.translate(_APART).split() if text.isascii() else WORD.findall(text)


def bare(text: str) -> str:
    """Without accents; Japanese voicing marks go as well, on both sides of a comparison."""
    if text.isascii():
        return text
    return _MARKS.sub("", unicodedata.normalize("NFD", text)).replace("ł", "l").replace("ø", "o")
