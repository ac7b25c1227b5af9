"""Drives a `ServerConnection` without a socket, with the answers of a transcript's service."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from lockgate.smtp.protocol.events import (
    Closing,
    ContentReceived,
    DataStarted,
    MailFromReceived,
    RecipientReceived,
    Signal,
    StartTlsReceived,
)
from lockgate.smtp.protocol.replies import Reply
from lockgate.smtp.protocol.server import ServerConnection
from lockgate.smtp.protocol.server_states import Limits, State
from tests.lockgate.smtp.transcripts import Answers, Crash

FAILED = Reply(451, "4.3.0", "Local error, try again later")


class PureDriver:
    """What the listener does, minus the network."""

    def __init__(self, limits: Limits, answers: Answers) -> None:
        self.machine = ServerConnection(limits)
        self.answers = answers
        self.closed = False
        self.starting_tls = False
        self.output = b""
        self.machine.reply(answers.greeting())
        self.run()

    def feed(self, pieces: Iterable[bytes]) -> bytes:
        """Everything the server says to these octets."""
        for piece in pieces:
            self.machine.receive_data(piece)
            self.run()
        said, self.output = self.output, b""
        return said

    def run(self) -> None:
        for event in self._events():
            match event:
                case Closing():
                    self.closed = True
                case StartTlsReceived():
                    self.starting_tls = True
                case MailFromReceived() | RecipientReceived() | DataStarted() | ContentReceived():
                    self._answer(event)
                case _:
                    pass
        self.output += self.machine.data_to_send()

    def _events(self) -> Iterator[object]:
        while not isinstance(event := self.machine.next_event(), Signal):
            yield event

    def _answer(self, event: object) -> None:
        try:
            reply = self._reply(event)
        except Crash:
            reply = FAILED
        if reply is None:
            self.machine.proceed()
        elif self.machine.state is not State.CLOSED:
            self.machine.reply(reply)

    def _reply(self, event: object) -> Reply | None:
        sender = self.machine.mail_from
        match event:
            case MailFromReceived():
                return self.answers.mail_from(event)
            case RecipientReceived():
                return self.answers.rcpt_to(event)
            case DataStarted():
                assert sender is not None
                return self.answers.may_receive(sender.mail_from, event.expected_size)
            case ContentReceived():
                assert sender is not None
                recipients = list(self.machine.recipients)
                return self.answers.message(sender, [*recipients], event.content, bare=event.bare_line_ends)
        raise AssertionError(event)


def cut(data: bytes, cuts: Iterable[int]) -> list[bytes]:
    """`data` in pieces."""
    places = sorted({0, len(data), *(place % (len(data) + 1) for place in cuts)})
    return [data[start:end] for start, end in pairwise(places)]
