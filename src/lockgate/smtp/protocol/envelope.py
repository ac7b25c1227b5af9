"""The envelope of a message: who it is from, whom it is for, and what was asked about delivery reports.

The rule: parameters are carried as they came (xtext stays xtext), so that relaying them changes nothing.
"""

from dataclasses import dataclass
from enum import StrEnum


class Body(StrEnum):
    """RFC 6152 §2: what the client declares about the content's octets."""

    SEVEN_BIT = "7BIT"
    EIGHT_BIT_MIME = "8BITMIME"


class Ret(StrEnum):
    """RFC 3461 §4.3: how much of the message a failure report returns."""

    FULL = "FULL"
    HEADERS = "HDRS"


class Notify(StrEnum):
    """RFC 3461 §4.1: on which outcomes a report is wanted."""

    NEVER = "NEVER"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    DELAY = "DELAY"


@dataclass(frozen=True, slots=True)
class MailFrom:
    """The reverse path ("" is the null path `<>`) with its parameters; `envid` is xtext (RFC 3461 §4.4)."""

    mail_from: str
    size: int | None = None
    body: Body | None = None
    smtputf8: bool = False
    ret: Ret | None = None
    envid: str | None = None


@dataclass(frozen=True, slots=True)
class Recipient:
    """One forward path; `orcpt` is `address-type;xtext` as received (RFC 3461 §4.2)."""

    rcpt_to: str
    notify: tuple[Notify, ...] = ()
    orcpt: str | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """What one transaction sends: at least one recipient."""

    mail_from: MailFrom
    recipients: tuple[Recipient, ...]
