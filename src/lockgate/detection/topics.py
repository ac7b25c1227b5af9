"""What a text talks about: short phrase lists in many languages, found in one pass (Aho and Corasick, 1975).

`phrases/<family>.txt` holds sections `[topic]` of one phrase a line, lower-case as `text.plain` gives it; a line in
slashes is a regular expression over UTF-8 bytes, for yara-x. Phrases that begin or end with a letter match whole words
only.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from operator import attrgetter
from typing import NamedTuple

import yara_x
from ahocorasick_rs import BytesAhoCorasick

from lockgate.detection.text import plain


class Mention(NamedTuple):
    """One phrase of a topic found in the text."""

    topic: str
    phrase: str
    offset: int  # in the UTF-8 bytes of the plain text
    end: int


_JOINING = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")

_OFFSET = attrgetter("offset")
Mentions = dict[str, tuple[Mention, ...]]


@cache
def phrase_lists() -> dict[str, tuple[str, ...]]:
    """All topics with their phrases."""
    topics: dict[str, list[str]] = {}
    for entry in sorted(files("lockgate.detection").joinpath("phrases").iterdir(), key=lambda path: path.name):
        if not entry.name.endswith(".txt"):
            continue
        topic = ""
        for line in entry.read_text(encoding="utf-8").splitlines():
            text = line.strip()
            if text.startswith("[") and text.endswith("]"):
                topic = text[1:-1]
            elif text and not text.startswith("#"):
                topics.setdefault(topic, []).append(text if text.startswith("/") else plain(text))
    return {topic: tuple(dict.fromkeys(phrases)) for topic, phrases in topics.items()}


def mentions(plain_text: str) -> Mentions:
    """For each topic the distinct phrases found, in order of appearance. `plain_text` comes from `text.plain`."""
    data = plain_text.encode()
    found: dict[str, dict[str, Mention]] = {}
    for mention in (*_phrases_in(data), *_expressions_in(data)):
        found.setdefault(mention.topic, {}).setdefault(mention.phrase, mention)
    return {topic: tuple(sorted(by.values(), key=_OFFSET)) for topic, by in found.items()}


def _phrases_in(data: bytes) -> Iterator[Mention]:
    automaton, phrases = _automaton()
    for number, start, end in automaton.find_matches_as_indexes(data, overlapping=True):
        if _whole(data, start, end):
            phrase, topics = phrases[number]
            for topic in topics:
                yield Mention(topic, phrase, start, end)


def _expressions_in(data: bytes) -> Iterator[Mention]:
    """The first match of each expression; it may lie inside words."""
    for rule in _expressions().scan(data).matching_rules:
        first = rule.patterns[0].matches[0]
        end = first.offset + first.length
        phrase = data[first.offset : end].decode("utf-8", "replace")
        yield Mention(str(dict(rule.metadata)["topic"]), phrase, first.offset, end)


@cache
def _automaton() -> tuple[BytesAhoCorasick, tuple[tuple[str, tuple[str, ...]], ...]]:
    """Finds every phrase; and each phrase with the topics that list it."""
    topics: dict[str, list[str]] = {}
    for topic, phrases in phrase_lists().items():
        for phrase in phrases:
            if not phrase.startswith("/"):
                topics.setdefault(phrase, []).append(topic)
    listed = tuple((phrase, tuple(those)) for phrase, those in topics.items())
    return BytesAhoCorasick([phrase.encode() for phrase in topics]), listed


@cache
def _expressions() -> yara_x.Scanner:
    return yara_x.Scanner(yara_x.compile("\n".join(_rules())))


def _rules() -> Iterator[str]:
    """A rule for each expression: those that do not match cost nothing."""
    for topic, phrases in phrase_lists().items():
        for number, phrase in enumerate(phrases):
            if phrase.startswith("/"):
                name = f"{topic.replace('-', '_')}__{number}"
                yield f'rule {name} {{ meta: topic = "{topic}" strings: $p = {_bytes_pattern(phrase)} condition: $p }}'


def _bytes_pattern(phrase: str) -> str:
    return "/" + _BEYOND_ASCII.sub(_escaped, phrase[1:-1]) + "/"


def _escaped(match: re.Match[str]) -> str:
    return "".join(f"\\x{byte:02x}" for byte in match[0].encode())


def _whole(data: bytes, start: int, end: int) -> bool:
    """Whether no Latin letter or digit continues the match; scripts without spaces have no such edge."""
    before = start > 0 and data[start - 1] in _JOINING and data[start] in _JOINING
    return not before and not (end < len(data) and data[end] in _JOINING and data[end - 1] in _JOINING)
