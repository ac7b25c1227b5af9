"""States of the server machine, its limits, and the table of what each state allows.

The rule: whether a command is allowed now is read from the table, never from nested conditions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

from . import standard_replies as replies
from .replies import Reply


@dataclass(frozen=True, slots=True)
class Limits:
    """What one connection may ask for. Sizes in octets."""

    hostname: str
    max_size: int = 157_286_400
    """Exchange Online's own limit, 150 MiB."""
    max_recipients: int = 1000
    """RFC 5321 §4.5.3.1.8 asks for at least 100."""
    max_line: int = 2048
    """RFC 5321's 512 plus what SIZE, DSN and SMTPUTF8 add; Postfix's limit is the same."""
    max_errors: int = 20
    """Refused command lines, as in Postfix (smtpd_hard_error_limit)."""
    max_idle_commands: int = 100
    """NOOP, RSET, VRFY and the like since the last message, as in Postfix (smtpd_junk_command_limit)."""
    tls_offered: bool = False
    tls_required: bool = False
    bare_line_ends_in_bdat: bool = True
    """Exchange sends bare line feeds by BDAT and by nothing else; False refuses them there too."""


class State(Enum):
    """Where the conversation is. Names say what has happened last."""

    CONNECTED = auto()
    REFUSED = auto()
    GREETED = auto()
    READY = auto()
    MAIL = auto()
    RECIPIENTS = auto()
    ASKED = auto()
    """DATA or the first BDAT has come; the driver decides whether there is room."""
    DATA = auto()
    CHUNK = auto()
    BETWEEN_CHUNKS = auto()
    MESSAGE = auto()
    """The content is complete; the driver owes the final reply."""
    STARTING_TLS = auto()
    CLOSED = auto()


# RFC 5321 §4.1.4 (order of commands), RFC 3030 §2 (a BDAT sequence may not be mixed with DATA), RFC 3207 §4.
# A missing entry means: allowed.
REFUSALS: Mapping[tuple[State, str], Reply] = {
    (State.GREETED, "MAIL"): replies.NEEDS_HELLO,
    (State.GREETED, "RCPT"): replies.NEEDS_HELLO,
    (State.GREETED, "DATA"): replies.NEEDS_HELLO,
    (State.GREETED, "BDAT"): replies.NEEDS_HELLO,
    (State.READY, "RCPT"): replies.NEEDS_MAIL,
    (State.READY, "DATA"): replies.NEEDS_MAIL,
    (State.READY, "BDAT"): replies.NEEDS_MAIL,
    (State.MAIL, "MAIL"): replies.NESTED_MAIL,
    (State.MAIL, "DATA"): replies.NEEDS_RECIPIENT,
    (State.MAIL, "BDAT"): replies.NEEDS_RECIPIENT,
    (State.RECIPIENTS, "MAIL"): replies.NESTED_MAIL,
    (State.BETWEEN_CHUNKS, "MAIL"): replies.BDAT_IN_PROGRESS,
    (State.BETWEEN_CHUNKS, "RCPT"): replies.BDAT_IN_PROGRESS,
    (State.BETWEEN_CHUNKS, "DATA"): replies.BDAT_IN_PROGRESS,
    (State.MAIL, "STARTTLS"): replies.NESTED_MAIL,
    (State.RECIPIENTS, "STARTTLS"): replies.NESTED_MAIL,
    (State.BETWEEN_CHUNKS, "STARTTLS"): replies.BDAT_IN_PROGRESS,
}

# RFC 3207 §4: what is served before TLS when TLS is required; HELO is EHLO without a way to go on.
VERBS_WITHOUT_TLS = frozenset({"EHLO", "HELO", "NOOP", "QUIT", "STARTTLS"})

# RFC 5321 §4.2.4: commands of the standards that are not implemented here get 502, not 500.
KNOWN_VERBS = frozenset({"EXPN", "AUTH", "ETRN", "TURN", "SEND", "SOML", "SAML", "ATRN", "BURL"})

TRANSACTION_STATES = frozenset({State.MAIL, State.RECIPIENTS, State.BETWEEN_CHUNKS})


@lru_cache(maxsize=16)
def ehlo_reply(limits: Limits, *, tls_active: bool) -> bytes:
    """Wire form of the reply (RFC 5321 §4.1.1.1); STARTTLS is gone once it is used (RFC 3207 §4.2)."""
    lines = [
        limits.hostname,
        f"SIZE {limits.max_size}",
        "PIPELINING",
        "8BITMIME",
        "SMTPUTF8",
        "DSN",
        "ENHANCEDSTATUSCODES",
        "CHUNKING",
        f"LIMITS RCPTMAX={limits.max_recipients}",
    ]
    if limits.tls_offered and not tls_active:
        lines.insert(2, "STARTTLS")
    return Reply(250, "", "\n".join(lines)).encode()
