"""Reads `tests/transcripts/*.txt` and holds the service that they are written against.

Lines: `C:` a client line (CRLF added), `C|` raw client octets with escapes, `S:` one reply line, `E:` the EHLO reply
without STARTTLS, `M:` a message handed to the service, `T:` the TLS handshake, `X:` the server has closed. `@` lists
options, `#` comments.
"""

import shlex
from dataclasses import dataclass, field
from pathlib import Path

from lockgate.smtp.protocol.envelope import MailFrom, Recipient
from lockgate.smtp.protocol.replies import Reply
from lockgate.smtp.protocol.server_states import Limits

FOLDER = Path(__file__).parents[2] / "transcripts"


@dataclass
class Turn:
    """What the client sends at once, and all that must come of it before it sends more."""

    sent: bytes = b""
    replies: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    tls: bool = False
    closed: bool = False


@dataclass
class Transcript:
    name: str
    options: dict[str, str]
    turns: list[Turn]

    @property
    def limits(self) -> Limits:
        number = {key: int(value) for key, value in self.options.items() if value.isdigit() and key in _NUMBERS}
        return Limits(
            "gw.example",
            max_size=number.get("max_size", 1000),
            max_recipients=3,
            max_line=number.get("max_line", 2048),
            max_errors=number.get("max_errors", 20),
            max_idle_commands=number.get("max_idle_commands", 100),
            tls_offered="tls" in self.options,
            tls_required="tls_required" in self.options,
            bare_line_ends_in_bdat=self.options.get("bare_line_ends_in_bdat") != "0",
        )

    @property
    def messages(self) -> list[str]:
        return [message for turn in self.turns for message in turn.messages]


_NUMBERS = {"max_size", "max_line", "max_errors", "max_idle_commands"}


def load_all() -> list[Transcript]:
    return [read(path) for path in sorted(FOLDER.glob("*.txt"))]


def read(path: Path) -> Transcript:
    transcript = Transcript(path.stem, {}, [Turn()])
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        mark, rest = line[:2], line[2:].removeprefix(" ")
        turn = transcript.turns[-1]
        if mark in ("C:", "C|") and (turn.replies or turn.messages or turn.closed or turn.tls):
            turn = Turn()
            transcript.turns.append(turn)
        match mark:
            case "C:":
                turn.sent += rest.encode() + b"\r\n"
            case "C|":
                turn.sent += rest.encode().decode("unicode_escape").encode("latin-1")
            case "S:":
                turn.replies.append(rest)
            case "E:":
                turn.replies += _ehlo(transcript.limits)
            case "M:":
                turn.messages.append(rest)
            case "T:":
                turn.tls = True
            case "X:":
                turn.closed = True
            case "@ ":
                transcript.options |= {
                    key: value for key, _, value in (word.partition("=") for word in shlex.split(rest))
                }
            case _:
                assert line.startswith("#"), f"{path}:{number}: {line!r}"
    return transcript


def _ehlo(limits: Limits) -> list[str]:
    words = ["gw.example", f"SIZE {limits.max_size}", "PIPELINING", "8BITMIME", "SMTPUTF8", "DSN"]
    words += ["ENHANCEDSTATUSCODES", "CHUNKING"]
    return [f"250-{word}" for word in words] + ["250 LIMITS RCPTMAX=3"]


class Crash(Exception):
    """What a broken service raises."""


class Answers:
    """The service of all transcripts: what it says is told by the local parts it is asked about."""

    def __init__(self, options: dict[str, str]) -> None:
        self._options = options
        self.messages: list[str] = []

    def greeting(self) -> Reply:
        return {
            "554": Reply(554, "", "5.3.2 No service"),
            "421": Reply(421, "", "4.3.2 Too busy"),
        }.get(self._options.get("greeting", ""), Reply(220, "", "gw.example ESMTP"))

    def mail_from(self, command: MailFrom) -> Reply:
        match command.mail_from.partition("@")[0]:
            case "deny":
                return Reply(550, "5.7.1", "Not from you")
            case "leave":
                return Reply(421, "4.3.2", "Go away")
            case "crash":
                raise Crash
        return Reply(250, "2.1.0", "Sender OK")

    def rcpt_to(self, command: Recipient) -> Reply:
        match command.rcpt_to.partition("@")[0]:
            case "deny":
                return Reply(550, "5.1.1", "No such user")
            case "later":
                return Reply(451, "4.7.1", "Try later")
            case "crash":
                raise Crash
        return Reply(250, "2.1.5", "Recipient OK")

    def may_receive(self, mail_from: str, expected_size: int | None) -> Reply | None:
        return Reply(452, "4.3.1", f"No memory for {expected_size}") if mail_from.startswith("nomemory") else None

    def message(self, mail_from: MailFrom, recipients: list[Recipient], content: bytes, *, bare: bool) -> Reply:
        if content.startswith(b"X-Reply: "):
            wanted = content.partition(b"\r\n")[0].decode().removeprefix("X-Reply: ")
            if wanted == "crash":
                raise Crash
            code, enhanced, text = wanted.split(" ", 2)
            return Reply(int(code), enhanced, text)
        self.messages.append(described(mail_from, recipients, content, bare=bare))
        return Reply(250, "2.6.0", "Taken")


def described(mail_from: MailFrom, recipients: list[Recipient], content: bytes, *, bare: bool) -> str:
    """A message as an `M:` line writes it."""
    sender = [mail_from.mail_from or "<>"]
    sender += [f"BODY={mail_from.body}"] if mail_from.body else []
    sender += ["SMTPUTF8"] if mail_from.smtputf8 else []
    sender += [f"RET={mail_from.ret}"] if mail_from.ret else []
    sender += [f"ENVID={mail_from.envid}"] if mail_from.envid else []
    to = []
    for recipient in recipients:
        words = [recipient.rcpt_to]
        words += ["NOTIFY=" + ",".join(recipient.notify)] if recipient.notify else []
        words += [f"ORCPT={recipient.orcpt}"] if recipient.orcpt else []
        to.append(" ".join(words))
    shown = repr(content)[2:-1]
    return f'{" ".join(sender)} -> {", ".join(to)} "{shown}"{" bare" if bare else ""}'
