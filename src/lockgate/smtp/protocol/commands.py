"""Command lines as values: one line in, one command or one refusing reply out.

The rule: grammar only. Whether a command is allowed now is the state machine's business; whether an extension's
parameter is allowed at all is said here, next to its RFC.
"""

from dataclasses import dataclass

from . import standard_replies as replies
from .addresses import AddressError, parse_forward_path, parse_reverse_path, path_end
from .events import MailFromReceived, RecipientReceived
from .parameters import ParameterError, mail_from_with, recipient_with, split_parameters
from .replies import Reply


@dataclass(frozen=True, slots=True)
class Hello:
    """EHLO or HELO."""

    name: str
    esmtp: bool


@dataclass(frozen=True, slots=True)
class Bdat:
    """BDAT size [LAST] (RFC 3030 §2); `size` octets follow the line at once."""

    size: int
    last: bool


class Unparsable(ValueError):
    """A line that is no valid command; carries the reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


def split_verb(line: str) -> tuple[str, str]:
    """Verb in upper case and its argument, without the blanks that end the line (RFC 5321 §4.1.1)."""
    verb, _, argument = line.rstrip(" \t").partition(" ")
    return verb.upper(), argument


def parse_hello(argument: str, *, esmtp: bool) -> Hello:
    """RFC 5321 §4.1.1.1. What is given as a name is not judged, as long as it is one printable word."""
    name = argument.strip()
    # §4.1.4: a server must not refuse a message because the name fails to verify; odd names are data.
    if not name or " " in name or not name.isprintable():
        raise Unparsable(replies.HELO_NEEDS_NAME)
    return Hello(name, esmtp)


def parse_bdat(argument: str) -> Bdat:
    """RFC 3030 §2. A size that cannot be read leaves no way to find the next command."""
    words = argument.split(" ")
    size = words[0]
    last = len(words) == 2 and words[1].upper() == "LAST"
    # RFC 1870 §4 bounds sizes at 20 digits; isdigit alone would let other scripts' digits in.
    if not (size.isascii() and size.isdigit() and len(size) <= 20) or (len(words) != 1 and not last):
        raise Unparsable(replies.BDAT_SYNTAX)
    return Bdat(int(size), last)


def parse_bare(argument: str) -> None:
    """DATA, RSET, QUIT and STARTTLS take no argument (RFC 5321 §4.1.1, RFC 3207 §4)."""
    if argument.strip():
        raise Unparsable(replies.NO_ARGUMENT_WANTED)


def parse_mail(argument: str, *, esmtp: bool) -> MailFromReceived:
    """RFC 5321 §4.1.1.2; parameters only after EHLO."""
    path, rest = _path_and_rest("FROM:", argument, replies.MAIL_SYNTAX)
    try:
        mail_from = parse_reverse_path(path)
        command = mail_from_with(mail_from, _parameters(rest, esmtp=esmtp))
    except AddressError as error:
        raise Unparsable(Reply(501, "5.1.7", f"Sender: {error}")) from error
    except ParameterError as error:
        raise Unparsable(error.reply) from error
    # RFC 6531 §3.5: a non-ASCII address without SMTPUTF8 is answered 553 or 550 with X.6.7.
    if not command.smtputf8 and not argument.isascii():
        raise Unparsable(replies.NEEDS_SMTPUTF8)
    return command


def parse_recipient(argument: str, *, esmtp: bool, smtputf8: bool) -> RecipientReceived:
    """RFC 5321 §4.1.1.3; `smtputf8` is what MAIL FROM declared."""
    if not smtputf8 and not argument.isascii():
        raise Unparsable(replies.NEEDS_SMTPUTF8)
    path, rest = _path_and_rest("TO:", argument, replies.RCPT_SYNTAX)
    try:
        return recipient_with(parse_forward_path(path), _parameters(rest, esmtp=esmtp))
    except AddressError as error:
        raise Unparsable(Reply(501, "5.1.3", f"Recipient: {error}")) from error
    except ParameterError as error:
        raise Unparsable(error.reply) from error


def _path_and_rest(prefix: str, argument: str, syntax: Reply) -> tuple[str, str]:
    """RFC 5321 §3.3 allows no blank on either side of the colon."""
    tail = argument[len(prefix) :]
    if argument[: len(prefix)].upper() != prefix or not tail.startswith("<"):
        raise Unparsable(syntax)
    end = path_end(tail)
    if end < 0:
        raise Unparsable(syntax)
    return tail[:end], tail[end:]


def _parameters(rest: str, *, esmtp: bool) -> dict[str, str | None]:
    if not rest:
        return {}
    if not esmtp:
        raise ParameterError(replies.PARAMETERS_NEED_EHLO)
    return split_parameters(rest)
