"""Finds words of a list, as whole words, and counts them as the list's mode says."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lockgate.detection.data_loss.gates import Gate
from lockgate.detection.data_loss.occurrences import MOST, Document, Value
from lockgate.model.data_loss import Keyword, KeywordMode, Keywords


@dataclass(frozen=True, slots=True)
class KeywordFinder:
    """Finds `Keywords`."""

    identifier: Keywords
    pattern: re.Pattern[str]
    known: Mapping[str, Keyword]

    def gate(self) -> Gate:
        """See `Finds`: one of the words."""
        return Gate("|".join(r"\s{1,3}".join(map(re.escape, text.split())) for text in self.known))

    def find(self, document: Document) -> Iterator[Value]:
        """See `Finds`."""
        found: dict[str, list[int]] = {}
        for match in self.pattern.finditer(document.text):
            word = " ".join(match.group().lower().split())
            if word in self.known and len(found.setdefault(word, [])) < MOST:
                found[word].append(match.start())
        yield from self._counted(found)

    def _counted(self, found: Mapping[str, Sequence[int]]) -> Iterator[Value]:
        first = min((places[0] for places in found.values()), default=0)
        told = ", ".join(found)
        match self.identifier.mode:
            case KeywordMode.ANY:
                yield from (Value(word, places[0]) for word, places in found.items())
            case KeywordMode.ALL:
                if len(found) == len(self.known):
                    yield Value(told, first)
            case KeywordMode.WITHIN:
                if len(found) == len(self.known) and _closest(found.values()) <= self.identifier.within:
                    yield Value(told, first)
            case KeywordMode.SCORED:
                if sum(self.known[word].score for word in found) >= self.identifier.threshold:
                    yield Value(told, first)


def _closest(places: Iterable[Sequence[int]]) -> int:
    """The length of the shortest stretch that has one place of each sequence."""
    merged = sorted((place, number) for number, sequence in enumerate(places) for place in sequence)
    needed = len({number for _, number in merged})
    last: dict[int, int] = {}
    best = merged[-1][0] - merged[0][0]
    for place, number in merged:
        last[number] = place
        if len(last) == needed:
            best = min(best, place - min(last.values()))
    return best


def keyword_finder(identifier: Keywords) -> KeywordFinder:
    """A list of keywords made ready."""
    known = {" ".join(word.text.lower().split()): word for word in identifier.words}
    longest_first = sorted(known, key=lambda text: -len(text))
    alternatives = "|".join(r"\s{1,3}".join(map(re.escape, text.split())) for text in longest_first)
    pattern = re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)", re.IGNORECASE) if known else re.compile(r"(?!)")
    return KeywordFinder(identifier, pattern, known)
