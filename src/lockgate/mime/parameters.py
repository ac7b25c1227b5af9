"""Content-Type and Content-Disposition as mail clients read them (RFC 2045 §5.1, RFC 2183, RFC 2231), sloppily.

Clients disagree on malformed parameters, and attackers live on that. So every reading of a parameter is kept:
`values(name)` gives all of them, the one that most clients take first.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from lockgate.mime.charsets import decode_single_byte, decode_strictly, python_codec
from lockgate.mime.encoded_words import decode_words

MAX_PARAMETERS = 100
MAX_VALUE = 20_000

_PARAMETER = re.compile(
    r'([^\s=;"\x00-\x1f]{1,200})\s*=\s*(?:"((?:[^"\\]|\\.)*)("?)([^;\s]*)|((?:[^;\\]|\\.)*))', re.DOTALL
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_SECTION = re.compile(r"(.*?)\*(?:(\d{1,3})(\*?))?")
_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+")
_RUN = re.compile(r"\s{2,}")  # long runs of blanks would make the searches below quadratic
_BLANKS = re.compile(r"[\s\x00]+")


@dataclass(frozen=True, slots=True)
class Parameterised:
    """A value with parameters. `value` is lower-case without comments; `clean` says that it was well formed."""

    value: str
    readings: tuple[tuple[str, str], ...]  # (lower-case name, one reading of its value), the usual reading first
    clean: bool

    def values(self, name: str) -> list[str]:
        """Every reading of one parameter."""
        return [value for known, value in self.readings if known == name]

    def first(self, name: str) -> str:
        """The reading that most clients take; empty when there is none."""
        return next((value for known, value in self.readings if known == name), "")


EMPTY = Parameterised("", (), True)


@lru_cache(maxsize=2048)
def parse(raw: str) -> Parameterised:
    """Take a header value apart. Never raises; a value of more than MAX_VALUE characters is cut."""
    if not raw:
        return EMPTY
    text = _RUN.sub(" ", raw[:MAX_VALUE])
    bare = without_comments(text) if "(" in text else text
    if "=?" in bare:
        bare = decode_words(bare)
    head, _, rest = bare.partition(";")
    value = _BLANKS.sub("", head).strip("\"'").lower()
    plain, sections = _collect(rest or "")
    readings = [*_joined(sections), *plain] if sections else plain
    clean = not ("(" in text or "=?" in text) and bool(value) and len({name for name, _ in readings}) == len(readings)
    return Parameterised(value, tuple(dict.fromkeys(readings)), clean)


def _collect(rest: str) -> tuple[list[tuple[str, str]], list[tuple[str, int, bool, str]]]:
    plain: list[tuple[str, str]] = []
    sections: list[tuple[str, int, bool, str]] = []
    for count, found in enumerate(_PARAMETER.finditer(rest)):
        if count >= MAX_PARAMETERS:
            break
        name = found.group(1).lower()
        readings = _readings(found)
        section = _SECTION.fullmatch(name) if "*" in name else None
        if section is None:
            plain.extend((name, value) for value in readings)
        else:
            number = int(section.group(2)) if section.group(2) else 0
            encoded = section.group(2) is None or section.group(3) == "*"
            sections.append((section.group(1), number, encoded, readings[0]))
    return plain, sections


def _readings(found: re.Match[str]) -> list[str]:
    """A quoted value gives its inside, and with text behind the quote both joined; a token gives itself."""
    quoted, closed, tail, token = found.group(2), found.group(3), found.group(4), found.group(5)
    if quoted is None:
        whole = token.strip()
        first = re.split(r"\s", whole, maxsplit=1)[0] if whole else ""
        shown = [whole, first] if first != whole else [whole]
        return [decode_words(value).replace("\\", "") if "\\" in value else decode_words(value) for value in shown]
    inside = _ESCAPE.sub(r"\1", quoted) if "\\" in quoted else quoted
    readings = [inside + tail, inside] if tail else [inside]
    if not closed:
        readings.append(inside.partition(";")[0].strip())
    if "\\" in quoted:
        readings.append(quoted)
    return [decode_words(value) for value in readings]


def _joined(sections: list[tuple[str, int, bool, str]]) -> list[tuple[str, str]]:
    """RFC 2231 continuations put together, in order of their numbers, then in order of writing."""
    names = dict.fromkeys(name for name, *_ in sections)
    joined: list[tuple[str, str]] = []
    for name in names:
        own = [section for section in sections if section[0] == name]
        joined.extend((name, _extended(order)) for order in (sorted(own, key=lambda section: section[1]), own))
    return list(dict.fromkeys(joined))


def _extended(sections: list[tuple[str, int, bool, str]]) -> str:
    charset = ""
    raw = bytearray()
    for index, (_, _, encoded, value) in enumerate(sections):
        if encoded and index == 0 and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)  # noqa: PLW2901 - the rest of the same value
        raw += unquote_to_bytes(value) if encoded or "%" in value else value.encode("utf-8", "replace")
    codec = python_codec(charset) if charset else "utf-8"
    if codec == "utf-16" and raw[:1] == b"\0":
        codec = "utf-16-be"  # without a byte order mark (RFC 2781 §4.3)
    try:
        return decode_strictly(bytes(raw), codec or "utf-8")
    except (UnicodeError, ValueError):
        return decode_single_byte(bytes(raw))


def without_comments(text: str) -> str:
    """The text without RFC 5322 §3.2.2 comments; parentheses in quotes stay. An unclosed one is kept as text."""
    kept: list[str] = []
    depth = 0
    quoted = False
    position = 0
    opened = 0
    while position < len(text):
        char = text[position]
        if char == "\\" and position + 1 < len(text):
            if not depth:
                kept.append(text[position : position + 2])
            position += 2
            continue
        if char == '"' and not depth:
            quoted = not quoted
        if char == "(" and not quoted:
            opened = position if depth == 0 else opened
            depth += 1
        elif char == ")" and depth and not quoted:
            depth -= 1
        elif not depth:
            kept.append(char)
        position += 1
    if depth:
        kept.append(text[opened:])
    return "".join(kept)


def looks_like_type(value: str) -> bool:
    """Whether a Content-Type value is a type and a subtype (RFC 2045 §5.1)."""
    return _TYPE.fullmatch(value) is not None
