"""Paths as MAIL FROM and RCPT TO carry them (RFC 5321 §4.1.2), with SMTPUTF8 (RFC 6531 §3.3).

The rule: a mailbox is kept as it was written, quoting included; only a source route is dropped.

Lengths of local parts are not limited here (RFC 5321 §4.5.3.1 asks for no limits where possible, and bounce
addresses exceed 64 octets in practice); the command line's own limit bounds them.
"""

import re

# Atext and dots (RFC 5321 §4.1.2 Dot-string); everything above ASCII is judged separately (RFC 6531 §3.3).
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+"
_DOT_STRING = rf"{_ATOM}(?:\.{_ATOM})*"
# Quoted-string = DQUOTE *QcontentSMTP DQUOTE: printable ASCII, or any printable after a backslash.
_QUOTED = r'"(?:[\x20\x21\x23-\x5b\x5d-\x7e\x80-\U0010ffff]|\\[\x20-\x7e])*"'
_LABEL = r"[A-Za-z0-9_\x80-\U0010ffff](?:[A-Za-z0-9_\x80-\U0010ffff-]*[A-Za-z0-9_\x80-\U0010ffff])?"
_DOMAIN = rf"{_LABEL}(?:\.{_LABEL})*"
# RFC 5321 §4.1.3; what is inside is for the one who connects to it, nobody does here.
_LITERAL = r"\[[\x21-\x5a\x5e-\x7e]{1,64}\]"
# RFC 5321 §4.1.1.3: source routes must be accepted, should be ignored.
_ROUTE = rf"(?:@{_DOMAIN}(?:,@{_DOMAIN})*:)?"

_PATH = re.compile(rf"<{_ROUTE}((?:{_DOT_STRING}|{_QUOTED})@({_DOMAIN}|{_LITERAL}))>")
_POSTMASTER = re.compile(r"<(postmaster)>", re.IGNORECASE)

# The shape nearly every path has: tried first because the full grammar costs several times as much.
_PLAIN = re.compile(
    r"<([A-Za-z0-9_=+-]+(?:\.[A-Za-z0-9_=+-]+)*@(?:[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*\.)+[A-Za-z0-9]{2,})>"
)

# RFC 1035 §2.3.4, and RFC 5321 §4.5.3.1.2.
DOMAIN_OCTETS = 255


class AddressError(ValueError):
    """The text is no path; the message says why in words fit for a reply."""


def parse_reverse_path(text: str) -> str:
    """The mailbox of a MAIL FROM argument, "" for the null path. Raises AddressError."""
    return "" if text == "<>" else _mailbox(text)


def parse_forward_path(text: str) -> str:
    """The mailbox of a RCPT TO argument; `<Postmaster>` needs no domain (RFC 5321 §4.1.1.3). Raises AddressError."""
    matched = _POSTMASTER.fullmatch(text)
    return matched[1] if matched else _mailbox(text)


def path_end(text: str) -> int:
    """Index after the closing `>` of the path that `text` opens with; quoted strings may hold `>`. -1: unclosed."""
    if '"' not in text:
        return text.find(">") + 1 or -1
    quoted = False
    position = 0
    while position < len(text):
        character = text[position]
        if quoted and character == "\\":
            position += 1
        elif character == '"':
            quoted = not quoted
        elif character == ">" and not quoted:
            return position + 1
        position += 1
    return -1


def _mailbox(text: str) -> str:
    plain = _PLAIN.fullmatch(text)
    if plain and len(text) <= DOMAIN_OCTETS:
        return plain[1]
    matched = _PATH.fullmatch(text)
    if matched is None:
        raise AddressError("not a valid address")
    mailbox, domain = matched[1], matched[2]
    if len(domain.encode()) > DOMAIN_OCTETS:
        raise AddressError("domain longer than 255 octets")
    # C1 controls, unassigned code points and separators have no business in an address (RFC 6531 §3.3, RFC 5198).
    if not mailbox.isascii() and not mailbox.isprintable():
        raise AddressError("address holds unprintable characters")
    return mailbox
