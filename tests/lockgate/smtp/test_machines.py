"""The two pure machines wired back to back, and each of them fed with anything at all."""

from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.smtp.protocol.client import Answered, ClientConnection, ContentWanted, ProtocolBroken, TransactionEnded
from lockgate.smtp.protocol.envelope import Body, Envelope, MailFrom, Notify, Recipient, Ret
from lockgate.smtp.protocol.events import Signal
from lockgate.smtp.protocol.extensions import Extensions, Message
from lockgate.smtp.protocol.server_states import Limits
from tests.lockgate.smtp.conversing import PureDriver, cut
from tests.lockgate.smtp.transcripts import Answers, described

LIMITS = Limits("gw.example", max_size=5000, max_recipients=5)
CUTS = st.lists(st.integers(min_value=0, max_value=3000), max_size=8)

local_parts = st.one_of(
    st.text("abcXYZ019!#$%&'*+/=?^_`{|}~-", min_size=1, max_size=20),
    st.from_regex(r'"([a-z @<>,]|\\["\\])*"', fullmatch=True),
    st.text("δοκιμήäöü", min_size=1, max_size=10),
)
addresses = st.builds(
    "{}@{}".format, local_parts, st.sampled_from(["b.example", "sub.b.example", "[192.0.2.1]", "bücher.example"])
)
senders = st.builds(
    MailFrom,
    st.one_of(st.just(""), addresses),
    st.none(),
    st.sampled_from([None, Body.EIGHT_BIT_MIME]),
    st.just(True),
    st.sampled_from([None, *Ret]),
    st.sampled_from([None, "QQ+2B314"]),
)
recipients = st.builds(
    Recipient,
    addresses,
    st.sampled_from([(), (Notify.NEVER,), (Notify.SUCCESS, Notify.DELAY)]),
    st.sampled_from([None, "rfc822;bob+2Bx@b.example", "utf-8;δ@b.example"]),
)
envelopes = st.builds(Envelope, senders, st.lists(recipients, min_size=1, max_size=5).map(tuple))
lines = st.lists(
    st.sampled_from([b"", b".", b"..", b".x", b"text", b"a.", b"\xc3\xa9", b"QUIT", b"x" * 100]), max_size=20
)
contents = lines.map(lambda given: b"".join(line + b"\r\n" for line in given))


class Pair:
    """A client machine and a server machine; octets cross in pieces."""

    def __init__(self, cuts: list[int]) -> None:
        self.client = ClientConnection()
        self.answers = Answers({})
        self.server = PureDriver(LIMITS, self.answers)
        self.cuts = cuts
        self.client.receive_data(self.server.feed([]))

    def exchange(self, data: bytes = b"") -> None:
        data = self.client.data_to_send() + data
        while data:
            for piece in cut(self.server.feed(cut(data, self.cuts)), self.cuts):
                self.client.receive_data(piece)
            data = self.client.data_to_send()

    def events(self) -> list[object]:
        """Everything that comes of what has been said, until both sides wait."""
        found: list[object] = []
        while True:
            event = self.client.next_event()
            if not isinstance(event, Signal):
                found.append(event)
            elif data := self.client.data_to_send():
                self.exchange(data)
            else:
                return found


@settings(max_examples=200, deadline=None)
@given(envelope=envelopes, content=contents, cuts=CUTS, without=st.sets(st.sampled_from(["CHUNKING", "PIPELINING"])))
def test_what_the_client_sends_is_what_the_server_hands_over(
    envelope: Envelope, content: bytes, cuts: list[int], without: set[str]
) -> None:
    pair = Pair(cuts)
    pair.events()
    pair.client.ehlo("client.example")
    pair.exchange()
    (answered,) = pair.events()
    assert isinstance(answered, Answered)
    offered = {key: value for key, value in pair.client.extensions.offered.items() if key not in without}
    pair.client.extensions = Extensions(offered)
    for _ in range(2):
        pair.client.submit(Message(envelope, [content[:7], content[7:]]))
        pair.exchange()
        assert pair.events() == [ContentWanted()]
        pair.exchange(b"".join(pair.client.send_content()))
        assert pair.events() == [TransactionEnded()]
        transaction = pair.client.transaction
        assert transaction is not None
        assert transaction.content is not None
        assert transaction.content.code == 250
    eight_bit = envelope.mail_from.body or not content.isascii()
    sender = MailFrom(
        envelope.mail_from.mail_from,
        None,
        Body.EIGHT_BIT_MIME if eight_bit else None,
        True,
        envelope.mail_from.ret,
        envelope.mail_from.envid,
    )
    assert pair.answers.messages == [described(sender, list(envelope.recipients), content, bare=False)] * 2


COMMANDS = st.sampled_from(
    [
        b"EHLO x\r\n",
        b"HELO x\r\n",
        b"MAIL FROM:<a@b.example>\r\n",
        b"RCPT TO:<a@b.example>\r\n",
        b"DATA\r\n",
        b"BDAT 3\r\n",
        b"BDAT 2 LAST\r\n",
        b"\r\n.\r\n",
        b"RSET\r\n",
        b"STARTTLS\r\n",
        b"QUIT\r\n",
        b"\r",
        b"\n",
        b".",
        b"\0",
        b"MAIL FROM:<",
        b" SIZE=5",
    ]
)
ANYTHING = st.lists(st.one_of(COMMANDS, st.binary(max_size=30)), max_size=30).map(b"".join)


@settings(max_examples=400, deadline=None)
@given(data=ANYTHING, cuts=CUTS)
def test_any_octets_get_replies_and_the_same_however_they_are_cut(data: bytes, cuts: list[int]) -> None:
    whole, pieces = (PureDriver(LIMITS, Answers({})) for _ in range(2))
    said = whole.feed([data])
    assert pieces.feed(cut(data, cuts)) == said
    assert whole.answers.messages == pieces.answers.messages
    assert whole.machine.state is pieces.machine.state
    for line in said.split(b"\r\n")[:-1]:
        assert line[:3].isdigit()
        assert line[3:4] in (b" ", b"-")
        assert len(line) <= 510


@settings(max_examples=300, deadline=None)
@given(
    data=st.lists(
        st.one_of(
            st.sampled_from([b"250 ok\r\n", b"354 go\r\n", b"250-", b"421 x\r\n", b"5", b"\r\n"]),
            st.binary(max_size=20),
        )
    ).map(b"".join),
    cuts=CUTS,
)
def test_any_octets_from_a_server_end_in_events(data: bytes, cuts: list[int]) -> None:
    client = ClientConnection()
    for piece in cut(data, cuts):
        client.receive_data(piece)
        while not isinstance(event := client.next_event(), Signal):
            if isinstance(event, Answered) and client.transaction is None:
                client.submit(Message(Envelope(MailFrom(""), (Recipient("a@b.example"),)), [b"x\r\n"]))
            if isinstance(event, ContentWanted):
                client.send_content()
            if isinstance(event, ProtocolBroken):
                return
