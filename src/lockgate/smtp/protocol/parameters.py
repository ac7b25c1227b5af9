"""ESMTP parameters of MAIL and RCPT: SIZE, BODY, SMTPUTF8, RET, ENVID; NOTIFY, ORCPT.

The rule: what was not advertised is refused by name (555), what is malformed is refused (501), and nothing is
guessed.
"""

import re

from . import standard_replies as replies
from .envelope import Body, Notify, Ret
from .events import MailFromReceived, RecipientReceived
from .replies import Reply

# RFC 5321 §4.1.2 esmtp-param; RFC 6531 §3.3 lets values hold UTF-8.
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([\x21-\x3c\x3e-\x7e\x80-\U0010ffff]+))?")
# RFC 3461 §4: xtext is printable ASCII but "+" and "=", or "+" and two upper-case hex digits.
_XTEXT = re.compile(r"(?:[\x21-\x2a\x2c-\x3c\x3e-\x7e]|\+[0-9A-F]{2})*")
# RFC 6533 §3: an original recipient of type utf-8 may be raw UTF-8 under SMTPUTF8.
_UNITEXT = re.compile(r"(?:[\x21-\x2a\x2c-\x3c\x3e-\x7e\x80-\U0010ffff]|\+[0-9A-F]{2}|\\x\{[0-9A-F]{2,6}\})*")
_ADDRESS_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
# RFC 3461 §4.4 and §4.2 bound ENVID at 100 and ORCPT at 500 characters.
_ENVID_CHARACTERS = 100
_ORCPT_CHARACTERS = 500

Parameters = dict[str, str | None]


class ParameterError(ValueError):
    """A parameter that cannot be honoured; carries the reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


def split_parameters(rest: str) -> Parameters:
    """` KEY=value KEY` to a mapping with upper-case keys; a key given twice is an error."""
    found: Parameters = {}
    for word in rest.split():
        matched = _PARAMETER.fullmatch(word)
        if matched is None or rest[0] != " ":
            raise ParameterError(replies.PARAMETER_SYNTAX)
        key = matched[1].upper()
        if key in found:
            raise ParameterError(Reply(501, "5.5.4", f"{key} given twice"))
        found[key] = matched[2]
    return found


def mail_from_with(mail_from: str, given: Parameters) -> MailFromReceived:
    """MAIL FROM with its parameters judged."""
    if not given:
        return MailFromReceived(mail_from)
    size: int | None = None
    body: Body | None = None
    ret: Ret | None = None
    envid: str | None = None
    for key, value in given.items():
        match key:
            case "SIZE":
                size = _size(value)
            case "BODY":
                body = _body(value)
            case "RET":
                ret = _ret(value)
            case "ENVID":
                envid = _xtext(key, value, _ENVID_CHARACTERS)
            case "SMTPUTF8":
                _valueless(key, value)
            case _:
                raise _unknown(key)
    return MailFromReceived(mail_from, size, body, "SMTPUTF8" in given, ret, envid)


def recipient_with(rcpt_to: str, given: Parameters) -> RecipientReceived:
    """RCPT TO with its parameters judged."""
    if not given:
        return RecipientReceived(rcpt_to)
    notify: tuple[Notify, ...] = ()
    orcpt: str | None = None
    for key, value in given.items():
        match key:
            case "NOTIFY":
                notify = _notify(value)
            case "ORCPT":
                orcpt = _orcpt(value)
            case _:
                raise _unknown(key)
    return RecipientReceived(rcpt_to, notify, orcpt)


def _unknown(key: str) -> ParameterError:
    """RFC 5321 §4.1.1.11: 555 for a parameter that is not recognised or not implemented."""
    return ParameterError(Reply(555, "5.5.4", f"Parameter {key} not recognised"))


def _malformed(key: str) -> ParameterError:
    return ParameterError(Reply(501, "5.5.4", f"Bad value for {key}"))


def _size(value: str | None) -> int:
    """RFC 1870 §4: 1 to 20 digits."""
    if value is None or not (value.isascii() and value.isdigit()) or len(value) > 20:
        raise _malformed("SIZE")
    return int(value)


def _body(value: str | None) -> Body:
    """RFC 6152 §2; BINARYMIME is not advertised (docs/standards.md says why)."""
    try:
        return Body((value or "").upper())
    except ValueError as error:
        raise _malformed("BODY") from error


def _ret(value: str | None) -> Ret:
    try:
        return Ret((value or "").upper())
    except ValueError as error:
        raise _malformed("RET") from error


def _notify(value: str | None) -> tuple[Notify, ...]:
    """RFC 3461 §4.1: NEVER alone, or a list of the others."""
    try:
        wanted = tuple(Notify(word) for word in (value or "").upper().split(","))
    except ValueError as error:
        raise _malformed("NOTIFY") from error
    if len(set(wanted)) != len(wanted) or (Notify.NEVER in wanted and len(wanted) > 1):
        raise _malformed("NOTIFY")
    return wanted


def _orcpt(value: str | None) -> str:
    """RFC 3461 §4.2: address type, semicolon, xtext; RFC 6533 §3 for type utf-8."""
    kind, mark, text = (value or "").partition(";")
    grammar = _UNITEXT if kind.lower() == "utf-8" else _XTEXT
    if (
        not (mark and text and _ADDRESS_TYPE.fullmatch(kind) and grammar.fullmatch(text))
        or len(text) > _ORCPT_CHARACTERS
    ):
        raise _malformed("ORCPT")
    return f"{kind};{text}"


def _xtext(key: str, value: str | None, limit: int) -> str:
    if not value or len(value) > limit or not _XTEXT.fullmatch(value):
        raise _malformed(key)
    return value


def _valueless(key: str, value: str | None) -> None:
    """RFC 6531 §3.4 item 1: SMTPUTF8 takes no value."""
    if value is not None:
        raise _malformed(key)
