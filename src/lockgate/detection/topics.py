"""What a text talks about: short phrase lists in many languages, found in one pass by yara-x (Aho-Corasick).

`phrases/<family>.txt` holds sections `[topic]` of one phrase a line, lower-case as `text.plain` gives it; a line in
slashes is a regular expression over UTF-8 bytes. Phrases that begin or end with a letter match whole words only.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yara_x

from lockgate.detection.text import plain


@dataclass(frozen=True, slots=True)
class Mention:
    """One phrase of a topic found in the text."""

    topic: str
    phrase: str
    offset: int  # in the UTF-8 bytes of the plain text
    end: int


_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")

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
    for rule in _scanner().scan(data).matching_rules:
        topic, free = _named()[rule.identifier]
        for match in rule.patterns[0].matches:
            if free or _whole(data, match.offset, match.length):
                phrase = data[match.offset : match.offset + match.length].decode("utf-8", "replace")
                found.setdefault(topic, {}).setdefault(
                    phrase, Mention(topic, phrase, match.offset, match.offset + match.length)
                )
                break
    return {topic: tuple(sorted(by.values(), key=lambda hit: hit.offset)) for topic, by in found.items()}


@cache
def _scanner() -> yara_x.Scanner:
    return yara_x.Scanner(yara_x.compile("\n".join(_rules())))


@cache
def _named() -> dict[str, tuple[str, bool]]:
    """For each rule its topic, and whether its phrase is an expression that may match inside words."""
    return {name: (topic, phrase.startswith("/")) for name, topic, phrase in _phrases()}


def _phrases() -> Iterator[tuple[str, str, str]]:
    for topic, phrases in phrase_lists().items():
        for number, phrase in enumerate(phrases):
            yield f"{topic.replace('-', '_')}__{number}", topic, phrase


def _rules() -> Iterator[str]:
    """A rule for each phrase: so a match says which phrase it is, and those that do not match cost nothing."""
    for name, _, phrase in _phrases():
        yield f"rule {name} {{ strings: $p = {_literal(phrase)} condition: $p }}"


def _literal(phrase: str) -> str:
    if len(phrase) > 2 and phrase.startswith("/") and phrase.endswith("/"):
        return _bytes_pattern(phrase)
    return "{" + phrase.encode().hex(" ") + "}"


def _bytes_pattern(phrase: str) -> str:
    return "/" + _BEYOND_ASCII.sub(_escaped, phrase[1:-1]) + "/"


def _escaped(match: re.Match[str]) -> str:
    return "".join(f"\\x{byte:02x}" for byte in match[0].encode())


def _whole(data: bytes, offset: int, length: int) -> bool:
    """Whether no Latin letter or digit continues the match; scripts without spaces have no such edge."""
    end = offset + length
    before = offset > 0 and _joins(data[offset - 1]) and _joins(data[offset])
    after = end < len(data) and _joins(data[end]) and _joins(data[end - 1])
    return not before and not after


def _joins(byte: int) -> bool:
    return 97 <= byte <= 122 or 48 <= byte <= 57
