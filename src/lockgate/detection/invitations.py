"""What a calendar object says (RFC 5545): who organises it, its words, and whether it asks for an answer.

Calendars add such entries by themselves, with their links and telephone numbers, before anybody has read the mail.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lockgate.model.message import Part

READ = 200_000
_FOLD = re.compile(r"\r?\n[ \t]")
_PROPERTY = re.compile(r"^([A-Za-z-]{1,30})((?:;[^:\r\n]{0,500})?):([^\r\n]*)", re.MULTILINE)
_MAILTO = re.compile(r"mailto:([^\s;,>\"]{1,250})", re.IGNORECASE)
_WORDS = frozenset({"SUMMARY", "DESCRIPTION", "LOCATION", "COMMENT", "X-ALT-DESC"})


@dataclass(frozen=True, slots=True)
class Invitation:
    """One calendar object. `organiser` is an address, empty when none is named; `text` is what the reader sees."""

    path: str
    method: str
    organiser: str
    text: str


def invitations(parts: Iterable[Part]) -> Iterator[Invitation]:
    """The calendar objects among the parts, shown or attached. Never raises."""
    for part in parts:
        if part.content_type == "text/calendar" or part.content[:40].lstrip()[:15].upper() == b"BEGIN:VCALENDAR":
            yield _read(part)


def _read(part: Part) -> Invitation:
    text = _FOLD.sub("", part.content[:READ].decode("utf-8", "replace"))
    method = organiser = ""
    shown: list[str] = []
    for match in _PROPERTY.finditer(text):
        name, value = match.group(1).upper(), match.group(3)
        if name == "METHOD":
            method = method or value.strip().upper()
        elif name == "ORGANIZER" and not organiser:
            found = _MAILTO.search(match.group())
            organiser = found.group(1).lower() if found else ""
        elif name in _WORDS:
            shown.append(value.replace("\\n", "\n").replace("\\N", "\n").replace("\\,", ",").replace("\\;", ";"))
    return Invitation(part.path, method, organiser, "\n".join(shown))
