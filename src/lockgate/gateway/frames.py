"""How the gateway talks to an inspection worker: length-prefixed frames over a socket pair.

What comes back from a worker is decoded as JSON into exact types and never unpickled: a worker that hostile
bytes have taken over must not be able to take over the gateway.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum

from pydantic import TypeAdapter

from lockgate.model.facts import Facts
from lockgate.model.findings import Report

PREFIX = struct.Struct("!BQ")  # kind, payload length


class Kind(IntEnum):
    """The frames; requests go to the worker, the rest come back."""

    PARSE = 1  # content -> SUMMARY
    JUDGE = 2  # Facts -> REPORT
    TAG_SUBJECT = 3  # prefix -> CONTENT or UNCHANGED
    ADD_DISCLAIMER = 4  # text -> CONTENT or UNCHANGED
    FORGET = 5  # end of this message, no answer
    PREVIEW = 6  # -> PREVIEWED
    SUMMARY = 11
    REPORT = 12
    CONTENT = 13
    UNCHANGED = 14  # why
    PREVIEWED = 15
    FAILED = 19  # what went wrong, for the log


@dataclass(frozen=True, slots=True)
class Summary:
    """What the gateway itself needs to know of a parsed message; texts are cut to what a trace row holds."""

    header_from: str
    subject: str
    internet_message_id: str
    parts: int
    defects: tuple[str, ...]


FACTS = TypeAdapter(Facts)
REPORTS = TypeAdapter(Report)
SUMMARIES = TypeAdapter(Summary)


def frame(kind: Kind, payload: bytes = b"") -> bytes:
    """One frame, ready to send."""
    return PREFIX.pack(kind, len(payload)) + payload
