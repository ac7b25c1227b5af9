"""Feeds as lines: what is listed, and the note that came with it. What cannot be an entry is counted, never guessed."""

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from lockgate.lookups.reputation_patterns import canonical, subject_of
from lockgate.model.errors import InvalidInput
from lockgate.model.reputation import Subject
from lockgate.tuning.feeds.stix import indicators

MOST = 200_000
LARGEST = 64 * 1024 * 1024  # bytes
NOTE = 200

# The attribute types of MISP (misp-standard.org, "MISP core format" §2.3.2) that we can compare mail with.
_MISP = {
    "domain": Subject.DOMAIN, "hostname": Subject.DOMAIN, "url": Subject.URL, "uri": Subject.URL, "link": Subject.URL,
    "email": Subject.SENDER, "email-src": Subject.SENDER, "email-reply-to": Subject.SENDER, "ip-src": Subject.HOST,
    "ip-dst": Subject.HOST, "md5": Subject.HASH, "sha1": Subject.HASH, "sha256": Subject.HASH,
}  # fmt: skip
_COMPOSED = {"filename|md5", "filename|sha1", "filename|sha256", "domain|ip"}


class Format(StrEnum):
    """How a feed is written."""

    PLAIN = "plain"
    MISP_JSON = "misp-json"
    MISP_CSV = "misp-csv"
    STIX = "stix"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a feed."""

    subject: Subject
    pattern: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """The lines, each once, and how many could be none; `examples` of those are for whoever imports."""

    lines: tuple[Line, ...]
    skipped: int
    examples: tuple[str, ...]


def read_feed(content: bytes, written: Format) -> Read:
    """Raises InvalidInput when the whole is not what it should be; single lines that are wrong are skipped."""
    if len(content) > LARGEST:
        raise InvalidInput(f"The feed has more than {LARGEST // 1024**2} MiB.")
    found: dict[tuple[Subject, str], Line] = {}
    skipped = 0
    examples: list[str] = []
    for subject, value, note in _raw(content, written):
        try:
            line = Line(subject, canonical(subject, value), " ".join(note.split())[:NOTE])
        except InvalidInput as error:
            skipped += 1
            examples += [str(error)] if len(examples) < 5 else []
            continue
        found.setdefault((line.subject, line.pattern), line)
        if len(found) > MOST:
            raise InvalidInput(f"The feed has more than {MOST} entries.")
    return Read(tuple(found.values()), skipped, tuple(examples))


def _raw(content: bytes, written: Format) -> Iterator[tuple[Subject, str, str]]:
    text = content.decode("utf-8-sig", "replace")
    match written:
        case Format.PLAIN:
            yield from _plain(text)
        case Format.MISP_CSV:
            yield from _misp_csv(text)
        case Format.MISP_JSON:
            yield from _misp_json(_json(text))
        case Format.STIX:
            yield from indicators(_json(text))


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("The feed is no JSON.") from error


def _plain(text: str) -> Iterator[tuple[Subject, str, str]]:
    """One a line; `#` and `;` begin a comment; a hosts file's `0.0.0.0 name` counts as the name."""
    for raw in text.splitlines():
        line, _, note = raw.partition("#")
        value = re.sub(r"^(?:0\.0\.0\.0|127\.0\.0\.1)\s+", "", line.strip())
        if value and not value.startswith(";"):
            first = value.split()[0].strip(",\"'")
            yield subject_of(first) or Subject.DOMAIN, first, note


def _misp_csv(text: str) -> Iterator[tuple[Subject, str, str]]:
    rows = csv.DictReader(io.StringIO(text))
    if rows.fieldnames is None or not {"type", "value"} <= set(rows.fieldnames):
        raise InvalidInput("A CSV export of MISP has the columns 'type' and 'value'.")
    for row in rows:
        yield from _misp(row.get("type") or "", row.get("value") or "", row.get("comment") or "")


def _misp_json(tree: object) -> Iterator[tuple[Subject, str, str]]:
    """Events, lists of them and search results: whatever has attributes somewhere."""
    for node in _nodes(tree):
        attributes = node.get("Attribute")
        for one in attributes if isinstance(attributes, list) else ():
            if isinstance(one, dict) and one.get("to_ids", True):
                yield from _misp(str(one.get("type", "")), str(one.get("value", "")), str(one.get("comment") or ""))


def _misp(kind: str, value: str, note: str) -> Iterator[tuple[Subject, str, str]]:
    if kind in _COMPOSED:
        first, _, second = value.partition("|")
        yield (Subject.DOMAIN, first, note) if kind == "domain|ip" else (Subject.HASH, second, note)
    elif kind in _MISP:
        yield _MISP[kind], value, note


def _nodes(tree: object) -> Iterator[dict[str, object]]:
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            yield node
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)
