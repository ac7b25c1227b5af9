"""The server side of SMTP: client bytes in, events out, replies in, bytes out.

How it is driven: `reply(greeting)` first; then `receive_data` for every read, `next_event` until it answers
NEED_DATA (read on) or PAUSED (a `reply`, `proceed` or `tls_started` is owed), and `data_to_send` whenever there is
time to write. Replies to pipelined commands gather in one block (RFC 2920 §3.2).

The rule: the same bytes make the same conversation however they are cut, and hostile bytes make replies, never
exceptions.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar

from . import standard_replies as replies
from .commands import Unparsable, parse_bare, parse_bdat, parse_hello, parse_mail, parse_recipient, split_verb
from .content import BdatContent, has_bare_line_ends
from .events import (
    NEED_DATA,
    PAUSED,
    CloseReason,
    ContentReceived,
    DataStarted,
    EhloReceived,
    ServerEvent,
    Signal,
    StartTlsReceived,
)
from .lines import LineFault
from .replies import Reply
from .server_states import KNOWN_VERBS, REFUSALS, VERBS_WITHOUT_TLS, Limits, State, ehlo_reply
from .server_transaction import ServerTransaction


class ServerConnection(ServerTransaction):
    """One connection, as a pure machine. Not to be subclassed."""

    __slots__ = ("_chunk_left", "_last_chunk", "_resume")

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self._chunk_left = 0
        self._last_chunk = False
        # Where a BDAT that was out of sequence returns to once its octets are swallowed.
        self._resume = State.CONNECTED

    def next_event(self) -> ServerEvent | Signal:
        """The next thing that happened, NEED_DATA, or PAUSED."""
        while True:
            if self._events:
                return self._events.popleft()
            if self._question is not None or self._state is State.CLOSED:
                return PAUSED
            if self._state is State.DATA:
                progress = self._read_data()
            elif self._state is State.CHUNK:
                progress = self._read_chunk()
            else:
                progress = self._read_command()
            if not progress:
                return NEED_DATA

    # ---- reading; every reader says whether it made progress

    def _read_data(self) -> bool:
        data = self._data
        if data is None or not self._input:
            return False
        used = data.feed(self._input.peek())
        if used is None:
            self._input.clear()
            return False
        self._input.take(used)
        self._finish_content(data.content(), too_large=data.too_large, by_bdat=False)
        return True

    def _read_chunk(self) -> bool:
        part = self._input.take(self._chunk_left)
        self._chunk_left -= len(part)
        if self._bdat is not None and self._chunk_refusal is None:
            self._bdat.feed(part)
        if self._chunk_left:
            return False
        self._finish_chunk()
        return True

    def _finish_chunk(self) -> None:
        bdat, refusal, self._chunk_refusal = self._bdat, self._chunk_refusal, None
        if bdat is None:
            self._state = self._resume
            self._refuse(refusal or replies.NEEDS_MAIL)
        elif refusal is not None:
            self._send(refusal)
            self._end_transaction()
        elif bdat.too_large or self._last_chunk:
            self._finish_content(bdat.content(), too_large=bdat.too_large, by_bdat=True)
        else:
            self._send(replies.CHUNK_RECEIVED)
            self._state = State.BETWEEN_CHUNKS

    def _finish_content(self, content: bytes, *, too_large: bool, by_bdat: bool) -> None:
        bare = not too_large and has_bare_line_ends(content)
        refusal = replies.TOO_LARGE if too_large else self._judge(content, bare=bare, by_bdat=by_bdat)
        if refusal is not None:
            self._send(refusal)
            self._drop_transaction(refusal)
            return
        self._state = State.MESSAGE
        self._ask(ContentReceived(content, bare))

    def _judge(self, content: bytes, *, bare: bool, by_bdat: bool) -> Reply | None:
        if bare and not (by_bdat and self._limits.bare_line_ends_in_bdat):
            return replies.BARE_LINE_ENDS
        # RFC 2045 §2.7 and §2.8: neither 7bit nor 8bit content has NUL, and BINARYMIME is not offered.
        return replies.CONTENT_WITH_NUL if b"\0" in content else None

    def _read_command(self) -> bool:
        line = self._input.take_line()
        if line is None:
            return False
        if line is LineFault.TOO_LONG:
            self._refuse(replies.LINE_TOO_LONG)
        elif b"\n" in line or b"\r" in line or b"\0" in line:
            self._refuse(replies.LINE_WITH_CONTROLS)
        else:
            try:
                self._obey(line.decode("utf-8"))
            except UnicodeDecodeError:
                self._refuse(replies.NOT_UTF8)
            except Unparsable as refused:
                self._refuse(refused.reply)
        return True

    # ---- commands

    def _obey(self, line: str) -> None:
        verb, argument = split_verb(line)
        refusal = self._refusal(verb)
        if verb == "BDAT":
            self._on_bdat(argument, refusal)
        elif refusal is not None:
            self._refuse(refusal)
        else:
            self._COMMANDS[verb](self, argument)

    def _refusal(self, verb: str) -> Reply | None:
        """Why this verb cannot be served now; None when it can."""
        if self._state is State.REFUSED and verb != "QUIT":
            return replies.REFUSED_SESSION
        if verb not in self._COMMANDS and verb != "BDAT":
            return replies.NOT_IMPLEMENTED if verb in KNOWN_VERBS else replies.UNKNOWN_COMMAND
        if self._limits.tls_required and not self._tls_active and verb not in VERBS_WITHOUT_TLS:
            return replies.NEEDS_TLS
        refusal = REFUSALS.get((self._state, verb))
        if refusal is replies.NEEDS_RECIPIENT and self._recipients_refused:
            return replies.NO_VALID_RECIPIENTS
        return refusal

    def _on_hello(self, argument: str, *, esmtp: bool) -> None:
        hello = parse_hello(argument, esmtp=esmtp)
        self._count_idle()
        # RFC 5321 §4.1.4: EHLO in mid-session clears all buffers as RSET does.
        self._drop_transaction(None)
        if self._state is State.CLOSED:
            return
        self._esmtp = esmtp
        self._state = State.READY
        if esmtp:
            self._output.append(ehlo_reply(self._limits, tls_active=self._tls_active))
        else:
            self._send(Reply(250, "", self._limits.hostname))
        self._events.append(EhloReceived(hello.name, esmtp))

    def _on_ehlo(self, argument: str) -> None:
        self._on_hello(argument, esmtp=True)

    def _on_helo(self, argument: str) -> None:
        self._on_hello(argument, esmtp=False)

    def _on_starttls(self, argument: str) -> None:
        parse_bare(argument)
        if self._tls_active:
            self._refuse(replies.TLS_ACTIVE)
        elif not self._limits.tls_offered:
            self._refuse(replies.TLS_UNAVAILABLE)
        else:
            self._send(replies.READY_FOR_TLS)
            self._state = State.STARTING_TLS
            self._ask(StartTlsReceived())

    def _on_mail(self, argument: str) -> None:
        command = parse_mail(argument, esmtp=self._esmtp)
        if command.size is not None and command.size > self._limits.max_size:
            self._send(replies.TOO_LARGE)
        else:
            self._ask(command)

    def _on_rcpt(self, argument: str) -> None:
        smtputf8 = self.mail_from is not None and self.mail_from.smtputf8
        command = parse_recipient(argument, esmtp=self._esmtp, smtputf8=smtputf8)
        if len(self.recipients) >= self._limits.max_recipients:
            self._send(replies.TOO_MANY_RECIPIENTS)
        else:
            self._ask(command)

    def _on_data(self, argument: str) -> None:
        parse_bare(argument)
        self._announce_content(None)

    def _on_bdat(self, argument: str, refusal: Reply | None) -> None:
        try:
            bdat = parse_bdat(argument)
        except Unparsable as refused:
            # Octets follow, nobody knows how many: read as commands they would be an injection.
            self._send(refused.reply)
            self._close(CloseReason.UNPARSABLE_BDAT)
            return
        self._chunk_left, self._last_chunk = bdat.size, bdat.last
        if refusal is not None:
            self._chunk_refusal, self._resume = refusal, self._state
            self._state = State.CHUNK
        elif self._bdat is not None:
            self._state = State.CHUNK
        else:
            self._bdat = BdatContent(self._limits.max_size)
            self._announce_content(bdat.size if bdat.last else None)

    def _announce_content(self, size: int | None) -> None:
        declared = self.mail_from.size if self.mail_from is not None else None
        self._state = State.ASKED
        self._ask(DataStarted(size if declared is None else declared))

    def _on_rset(self, argument: str) -> None:
        parse_bare(argument)
        self._count_idle()
        if self._state is not State.CLOSED:
            self._drop_transaction(None)
            self._send(replies.OK)

    def _on_noop(self, _argument: str) -> None:
        self._answer_idly(replies.OK)

    def _on_help(self, _argument: str) -> None:
        self._answer_idly(replies.HELP)

    def _on_vrfy(self, argument: str) -> None:
        if not argument.strip():
            raise Unparsable(replies.VRFY_NEEDS_ARGUMENT)
        self._answer_idly(replies.CANNOT_VERIFY)

    def _answer_idly(self, reply: Reply) -> None:
        self._count_idle()
        if self._state is not State.CLOSED:
            self._send(reply)

    def _count_idle(self) -> None:
        """Commands that carry no mail are endless only for someone who has no mail to carry."""
        self._idle_commands += 1
        if self._idle_commands > self._limits.max_idle_commands:
            self._send(replies.TOO_MANY_ERRORS)
            self._close(CloseReason.TOO_MANY_ERRORS)

    def _on_quit(self, argument: str) -> None:
        parse_bare(argument)
        self._send(replies.BYE)
        self._close(CloseReason.QUIT)

    _COMMANDS: ClassVar[Mapping[str, Callable[["ServerConnection", str], None]]] = {
        "EHLO": _on_ehlo,
        "HELO": _on_helo,
        "STARTTLS": _on_starttls,
        "MAIL": _on_mail,
        "RCPT": _on_rcpt,
        "DATA": _on_data,
        "RSET": _on_rset,
        "NOOP": _on_noop,
        "HELP": _on_help,
        "VRFY": _on_vrfy,
        "QUIT": _on_quit,
    }
