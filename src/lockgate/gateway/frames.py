"""How the gateway talks to an inspection worker: length-prefixed frames over a socket pair.

What comes back from a worker is decoded as JSON into exact types and never unpickled: a worker that hostile
bytes have taken over must not be able to take over the gateway.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum

from pydantic import TypeAdapter

from lockgate.mime.signed_links import Written
from lockgate.model.decision import Changes
from lockgate.model.facts import Facts
from lockgate.model.findings import Report
from lockgate.model.reputation import Indicators

PREFIX = struct.Struct("!BQ")  # kind, payload length


class Kind(IntEnum):
    """The frames; requests go to the worker, the rest come back."""

    PARSE = 1  # content -> SUMMARY
    JUDGE = 2  # Facts -> REPORT
    CHANGE = 3  # Order -> CHANGED
    FORGET = 5  # end of this message, no answer
    PREVIEW = 6  # -> PREVIEWED
    OWN_RULES = 8  # a version, a NUL, compiled rules -> DONE
    FILES = 7  # -> FILES_LISTED, then a FILE for each
    INDICATE = 9  # -> INDICATED
    LINKS = 21  # 1 for plain text too, else 0 -> LINKED
    PUT_BACK = 23  # PuttingBack -> SUMMARY, CONTENT
    SUMMARY = 11
    REPORT = 12
    CHANGED = 13  # a NoteOfChange, a NUL, the content
    PREVIEWED = 15
    FILES_LISTED = 16
    DONE = 18
    FILE = 17  # content
    INDICATED = 20
    LINKED = 22
    CONTENT = 24  # a note, a NUL, the content
    FAILED = 19  # what went wrong, for the log


@dataclass(frozen=True, slots=True)
class Summary:
    """What the gateway itself needs to know of a parsed message; texts are cut to what a trace row holds."""

    header_from: str
    subject: str
    internet_message_id: str
    parts: int
    defects: tuple[str, ...]
    files: int = 0  # parts that a client offers as files
    return_path: str = ""  # what the message says of its envelope, for a rehearsal that has none
    addressed: tuple[str, ...] = ()
    authors: tuple[tuple[str, str], ...] = ()  # address and full name, of those whom readers are shown
    own_links: tuple[str, ...] = ()  # tokens of what looks like links of ours in its bodies


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file that scanners may be given; its content comes in a frame of its own."""

    where: str
    name: str
    kind: str
    runs: bool


@dataclass(frozen=True, slots=True)
class FileList:
    """`complete` is False when the message carries more than is handed out."""

    files: tuple[ListedFile, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class NoteOfChange:
    """What was done to a copy; `unsafe` says why it must not be used."""

    notes: tuple[str, ...]
    unsafe: str
    links: int = 0  # how many were replaced


@dataclass(frozen=True, slots=True)
class Order:
    """What a copy is to be: changes, and addresses in the places of links."""

    changes: Changes
    links: tuple[tuple[Written, str], ...] = ()


@dataclass(frozen=True, slots=True)
class LinkList:
    """The links that can be replaced; `reason` says why none can."""

    links: tuple[Written, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PuttingBack:
    """What stood in the places of links that begin with `begin`, by their tokens. The message is judged so; copies are
    made of it only if `deliver`.
    """

    begin: str
    links: tuple[tuple[str, Written], ...]
    deliver: bool


CHANGE_NOTES = TypeAdapter(NoteOfChange)
FACTS = TypeAdapter(Facts)
FILE_LISTS = TypeAdapter(FileList)
INDICATORS = TypeAdapter(Indicators)
LINK_LISTS = TypeAdapter(LinkList)
ORDERS = TypeAdapter(Order)
PUTTINGS_BACK = TypeAdapter(PuttingBack)
REPORTS = TypeAdapter(Report)
SUMMARIES = TypeAdapter(Summary)


def frame(kind: Kind, payload: bytes = b"") -> bytes:
    """One frame, ready to send."""
    return PREFIX.pack(kind, len(payload)) + payload
