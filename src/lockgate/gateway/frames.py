"""How the gateway talks to an inspection worker: length-prefixed frames over a socket pair.

What comes back from a worker is decoded as JSON into exact types and never unpickled: a worker that hostile
bytes have taken over must not be able to take over the gateway.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum

from pydantic import TypeAdapter

from lockgate.model.decision import Changes
from lockgate.model.facts import Facts
from lockgate.model.findings import Report
from lockgate.model.reputation import Indicators

PREFIX = struct.Struct("!BQ")  # kind, payload length


class Kind(IntEnum):
    """The frames; requests go to the worker, the rest come back."""

    PARSE = 1  # content -> SUMMARY
    JUDGE = 2  # Facts -> REPORT
    CHANGE = 3  # Changes -> CHANGED
    FORGET = 5  # end of this message, no answer
    PREVIEW = 6  # -> PREVIEWED
    OWN_RULES = 8  # a version, a NUL, compiled rules -> DONE
    FILES = 7  # -> FILES_LISTED, then a FILE for each
    INDICATE = 9  # -> INDICATED
    SUMMARY = 11
    REPORT = 12
    CHANGED = 13  # a NoteOfChange, a NUL, the content
    PREVIEWED = 15
    FILES_LISTED = 16
    DONE = 18
    FILE = 17  # content
    INDICATED = 20
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


CHANGES = TypeAdapter(Changes)
CHANGE_NOTES = TypeAdapter(NoteOfChange)
FACTS = TypeAdapter(Facts)
FILE_LISTS = TypeAdapter(FileList)
INDICATORS = TypeAdapter(Indicators)
REPORTS = TypeAdapter(Report)
SUMMARIES = TypeAdapter(Summary)


def frame(kind: Kind, payload: bytes = b"") -> bytes:
    """One frame, ready to send."""
    return PREFIX.pack(kind, len(payload)) + payload
