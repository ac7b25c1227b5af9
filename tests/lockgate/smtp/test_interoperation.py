"""Our listener and our sender against SMTP programs that share no code with them, and against each other over TLS."""

import asyncio
import shutil
import smtplib
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiosmtpd import smtp as aiosmtpd_smtp
from aiosmtpd.smtp import Envelope as AiosmtpdEnvelope

from lockgate.smtp.delivery import Delivery, NextHop, Settlement, Stage, TlsUse
from lockgate.smtp.listener import ListenerSettings
from lockgate.smtp.pool import Pool
from lockgate.smtp.protocol.envelope import Envelope, MailFrom, Recipient
from lockgate.smtp.sender import Sender
from tests.lockgate.smtp.serving import Authority, ScriptedService, serving

CONTENT = b"Subject: x\r\n\r\n.dot\r\n..\r\nbody \xc3\xa9\r\n"
LARGE = (
    b"Subject: large\r\n\r\n"
    + b".line of seventy-six octets or so, with a dot in front of it to be stuffed\r\n" * 70_000
)
BIG = 20_000_000


async def test_smtplib_over_tls_with_a_client_certificate(authority: Authority) -> None:
    service = ScriptedService()

    def talk(port: int) -> dict[str, tuple[int, bytes]]:
        with smtplib.SMTP("127.0.0.1", port, timeout=60) as peer:
            peer._host = "gw.example"  # type: ignore[attr-defined]
            peer.starttls(context=authority.client)
            refused = peer.sendmail("alice@a.example", ["bob@b.example", "deny@b.example"], CONTENT, ["BODY=8BITMIME"])
            peer.sendmail("δ@a.example", ["bob@b.example"], LARGE, ["SMTPUTF8"])
            return refused

    settings = ListenerSettings("gw.example", authority.server, tls_required=True)
    async with asyncio.timeout(60), serving(service, settings) as port:
        refused = await asyncio.to_thread(talk, port)
    assert refused == {"deny@b.example": (550, b"5.1.1 No such user")}
    assert [transaction.content for transaction in service.transactions] == [CONTENT, LARGE]
    assert service.transactions[0].session.peer.tls is not None
    assert service.transactions[0].session.peer.tls.common_name == "mail.client.example"


@pytest.mark.peer
@pytest.mark.skipif(shutil.which("swaks") is None, reason="swaks is not installed")
@pytest.mark.parametrize("pipelining", [[], ["--pipeline"]])
async def test_swaks(authority: Authority, pipelining: list[str]) -> None:
    service = ScriptedService()
    settings = ListenerSettings("gw.example", authority.server, tls_required=True)
    identity = authority.client_identity
    async with asyncio.timeout(60), serving(service, settings) as port:
        arguments = ["swaks", "--server", "127.0.0.1", "--port", str(port), "--ehlo", "swaks.example", *pipelining]
        arguments += ["--tls", "--tls-cert", str(identity.certificate), "--tls-key", str(identity.key)]
        arguments += ["--from", "alice@a.example", "--to", "bob@b.example,deny@b.example,carol@b.example"]
        arguments += ["--body", ".leading dot\n..\nend", "--timeout", "10"]
        done = await asyncio.to_thread(subprocess.run, arguments, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (transaction,) = service.transactions
    assert [recipient.rcpt_to for recipient in transaction.recipients] == ["bob@b.example", "carol@b.example"]
    assert b"\r\n\r\n.leading dot\r\n..\r\nend\r\n" in transaction.content
    peer = transaction.session.peer
    assert peer.helo == "swaks.example"
    assert peer.tls is not None
    assert peer.tls.certified


class Kept:
    """An aiosmtpd handler that keeps envelopes and refuses on demand."""

    def __init__(self) -> None:
        self.envelopes: list[AiosmtpdEnvelope] = []
        self.reply = "250 2.0.0 kept"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: AiosmtpdEnvelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("deny"):
            return "550 5.1.1 no"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: AiosmtpdEnvelope) -> str:  # noqa: N802
        self.envelopes.append(envelope)
        return self.reply


@asynccontextmanager
async def aiosmtpd(kept: Kept, authority: Authority | None = None) -> AsyncIterator[int]:
    context = authority.server if authority else None

    def protocol() -> aiosmtpd_smtp.SMTP:
        return aiosmtpd_smtp.SMTP(
            kept, enable_SMTPUTF8=True, decode_data=False, data_size_limit=BIG, tls_context=context, hostname="peer"
        )

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def settlements(delivery: Delivery) -> list[Settlement]:
    return [outcome.settlement for outcome in delivery.outcomes]


async def test_aiosmtpd_as_next_hop_over_tls(authority: Authority) -> None:
    kept = Kept()
    envelope = Envelope(
        MailFrom("δ@a.example", smtputf8=True), (Recipient("bob@b.example"), Recipient("deny@b.example"))
    )
    async with (
        asyncio.timeout(60),
        aiosmtpd(kept, authority) as port,
        Pool("us.example", authority.client) as pool,
    ):
        next_hop = NextHop("127.0.0.1", port, TlsUse.REQUIRED, "gw.example")
        for content in ([CONTENT], [b"X-Ours: 1\r\n", LARGE], [b"A: b\r\n", b".\r\n", b"", b".", b"x\r\n"]):
            delivery = await Sender(pool).send(next_hop, envelope, content)
            assert settlements(delivery) == [Settlement.DELIVERED, Settlement.PERMANENT]
            assert delivery.tls is not None
            assert delivery.tls.certified
            assert kept.envelopes[-1].original_content == b"".join(content)
        kept.reply = "451 4.3.0 later"
        delivery = await Sender(pool).send(next_hop, envelope, [CONTENT])
        assert settlements(delivery) == [Settlement.TEMPORARY, Settlement.PERMANENT]
        assert delivery.reused


@pytest.mark.parametrize("server_name", ["other.example", "gw.example"])
async def test_a_next_hop_must_prove_its_name(authority: Authority, server_name: str) -> None:
    async with asyncio.timeout(60), aiosmtpd(Kept(), authority) as port, Pool("us.example", authority.client) as pool:
        next_hop = NextHop("127.0.0.1", port, TlsUse.REQUIRED, server_name)
        delivery = await Sender(pool).send(next_hop, Envelope(MailFrom(""), (Recipient("bob@b.example"),)), [b"x\r\n"])
    outcome = delivery.outcomes[0]
    if server_name == "gw.example":
        assert outcome.settlement is Settlement.DELIVERED
    else:
        assert (outcome.settlement, outcome.stage) == (Settlement.TEMPORARY, Stage.STARTTLS)


async def test_tls_that_is_required_and_not_offered_defers_and_opportunistic_does_without() -> None:
    kept = Kept()
    envelope = Envelope(MailFrom(""), (Recipient("bob@b.example"),))
    async with asyncio.timeout(60), aiosmtpd(kept) as port, Pool("us.example", None) as pool:
        delivery = await Sender(pool).send(NextHop("127.0.0.1", port, TlsUse.REQUIRED), envelope, [b"x\r\n"])
        assert [(one.settlement, one.stage) for one in delivery.outcomes] == [(Settlement.TEMPORARY, Stage.STARTTLS)]
        delivery = await Sender(pool).send(NextHop("127.0.0.1", port, TlsUse.OPPORTUNISTIC), envelope, [b"x\r\n"])
        assert settlements(delivery) == [Settlement.DELIVERED]
        assert delivery.tls is None


async def test_our_sender_and_our_listener_over_tls(authority: Authority) -> None:
    service = ScriptedService()
    settings = ListenerSettings("gw.example", authority.server, tls_required=True)
    envelope = Envelope(MailFrom("alice@a.example"), tuple(Recipient(f"r{number}@b.example") for number in range(250)))
    contents = [[b"X-Ours: 1\r\n", CONTENT], [LARGE], [b"bare\nline\r\n"], [b""]]
    async with (
        asyncio.timeout(60),
        serving(service, settings) as port,
        Pool("us.example", authority.client) as pool,
    ):
        next_hop = NextHop("localhost", port)
        deliveries = await asyncio.gather(
            *(Sender(pool).send(next_hop, envelope, content) for content in contents for _ in range(5))
        )
    assert all(set(settlements(delivery)) == {Settlement.DELIVERED} for delivery in deliveries)
    assert {transaction.content for transaction in service.transactions} == {b"".join(content) for content in contents}
    assert all(len(transaction.recipients) == 250 for transaction in service.transactions)
    assert all(session.peer.tls is not None and session.peer.tls.certified for session in service.sessions)
