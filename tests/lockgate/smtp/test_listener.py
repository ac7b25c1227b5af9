"""The listener as a whole: limits, silence, shutdown, departures, certificates."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from lockgate.smtp.listener import ListenerSettings, bind, listening
from tests.lockgate.smtp.serving import Authority, ScriptedService, serving

PLAIN = ListenerSettings("gw.example")
ENVELOPE = b"MAIL FROM:<alice@a.example>\r\nRCPT TO:<bob@b.example>\r\nDATA\r\n"


@asynccontextmanager
async def client(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()


@asynccontextmanager
async def talking(
    service: ScriptedService, settings: ListenerSettings
) -> AsyncIterator[tuple[int, asyncio.StreamReader, asyncio.StreamWriter]]:
    """A listener with one client; the port is for more of them."""
    async with asyncio.timeout(60), serving(service, settings) as port, client(port) as (reader, writer):
        yield port, reader, writer


async def greeted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    assert (await reader.readline()).startswith(b"220")
    writer.write(b"EHLO client.example\r\n")
    await reader.readuntil(b"250 LIMITS RCPTMAX=1000\r\n")


async def into_message(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, service: ScriptedService) -> None:
    await greeted(reader, writer)
    writer.write(ENVELOPE)
    await reader.readuntil(b"354 End with CRLF.CRLF\r\n")
    writer.write(b"x\r\n.\r\n")
    await service.entered.wait()


async def test_a_client_that_leaves_does_not_stop_its_message() -> None:
    service = ScriptedService()
    service.gate = asyncio.Event()
    async with asyncio.timeout(60), serving(service, PLAIN) as port:
        async with client(port) as (reader, writer):
            await into_message(reader, writer, service)
            writer.transport.abort()
        await service.transactions[0].peer_gone.wait()
        assert service.closed_sessions == 0
        service.gate.set()
    assert len(service.answers.messages) == 1
    assert service.closed_sessions == 1
    assert service.admitted == service.released == 1


async def test_a_client_that_leaves_in_the_middle_of_content_releases_it() -> None:
    service = ScriptedService()
    async with asyncio.timeout(60), serving(service, PLAIN) as port, client(port) as (reader, writer):
        await greeted(reader, writer)
        writer.write(ENVELOPE)
        await reader.readuntil(b"354 End with CRLF.CRLF\r\n")
        writer.write(b"half a line")
        await writer.drain()
    assert service.admitted == service.released == 1
    assert service.transactions == []


async def test_silent_clients_hear_421() -> None:
    service = ScriptedService()
    settings = ListenerSettings("gw.example", command_timeout=0.1, content_timeout=0.2)
    async with asyncio.timeout(60), serving(service, settings) as port:
        async with client(port) as (reader, _writer):
            assert (await reader.readline()).startswith(b"220")
            assert await reader.read() == b"421 4.4.2 Timed out\r\n"
        async with client(port) as (reader, writer):
            await greeted(reader, writer)
            writer.write(ENVELOPE)
            await reader.readuntil(b"354 End with CRLF.CRLF\r\n")
            assert await reader.read() == b"421 4.4.2 Timed out\r\n"
    assert service.admitted == service.released == 1


async def test_waiting_for_the_service_is_not_silence() -> None:
    service = ScriptedService()
    service.gate = asyncio.Event()
    settings = ListenerSettings("gw.example", command_timeout=0.05, content_timeout=0.05)
    async with asyncio.timeout(60), serving(service, settings) as port, client(port) as (reader, writer):
        await into_message(reader, writer, service)
        asyncio.get_running_loop().call_later(0.4, service.gate.set)
        assert (await reader.readline()).startswith(b"250 2.6.0")


async def test_too_many_connections() -> None:
    service = ScriptedService()
    async with talking(service, ListenerSettings("gw.example", max_connections=1)) as (port, reader, writer):
        await greeted(reader, writer)
        async with client(port) as (second, _):
            assert await second.read() == b"421 4.3.2 Too many connections, try again later\r\n"
    async with (
        asyncio.timeout(60),
        serving(service, ListenerSettings("gw.example", max_connections_per_peer=1)) as port,
        client(port) as (reader, writer),
    ):
        await greeted(reader, writer)
        async with client(port) as (second, _):
            assert (await second.read()).startswith(b"421 4.7.0")


async def test_shutdown_lets_messages_finish_and_tells_idle_clients() -> None:
    service = ScriptedService()
    service.gate = asyncio.Event()
    async with asyncio.timeout(60):
        serving_context = serving(service, PLAIN)
        port = await serving_context.__aenter__()
        async with client(port) as (idle, idle_writer), client(port) as (busy, busy_writer):
            await greeted(idle, idle_writer)
            await into_message(busy, busy_writer, service)
            asyncio.get_running_loop().call_later(0.1, service.gate.set)
            await serving_context.__aexit__(None, None, None)
            assert await idle.read() == b"421 4.3.2 Service is going down\r\n"
            assert await busy.read() == b"250 2.6.0 Taken\r\n421 4.3.2 Service is going down\r\n"


async def test_shutdown_ends_at_its_deadline_without_a_250() -> None:
    service = ScriptedService()
    service.gate = asyncio.Event()
    async with asyncio.timeout(60):
        context = serving(service, ListenerSettings("gw.example", shutdown_deadline=0.1))
        port = await context.__aenter__()
        async with client(port) as (reader, writer):
            await into_message(reader, writer, service)
            await context.__aexit__(None, None, None)
            with pytest.raises(ConnectionError):
                assert await reader.read() == b""
                raise ConnectionError
    assert service.answers.messages == []
    assert service.closed_sessions == 1
    assert service.released == 1


async def test_a_client_certificate_is_verified_and_named(authority: Authority) -> None:
    service = ScriptedService()
    settings = ListenerSettings("gw.example", authority.server, tls_required=True)
    async with asyncio.timeout(60), serving(service, settings) as port:
        for context in (authority.client, authority.anonymous_client):
            async with client(port) as (reader, writer):
                await secured(reader, writer, context)
                writer.write(b"EHLO inner.example\r\nQUIT\r\n")
                assert (await reader.read()).endswith(b"221 2.0.0 Closing the connection\r\n")
    named, anonymous = (session.peer for session in service.sessions)
    assert named.helo == "inner.example"
    assert named.tls is not None
    assert named.tls.certified
    assert named.tls.common_name == "mail.client.example"
    assert named.tls.dns_names == ("mail.client.example", "*.client.example")
    assert named.tls.protocol == "TLSv1.3"
    assert len(named.tls.fingerprint) == 64
    assert anonymous.tls is not None
    assert not anonymous.tls.certified
    assert anonymous.tls.dns_names == ()


async def test_a_certificate_of_an_unknown_authority_fails_the_handshake(
    authority: Authority, other_authority: Authority
) -> None:
    service = ScriptedService()
    context = authority.anonymous_client
    context.load_cert_chain(other_authority.client_identity.certificate, other_authority.client_identity.key)
    async with talking(service, ListenerSettings("gw.example", authority.server)) as (_port, reader, writer):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await secured(reader, writer, context)
            writer.write(b"NOOP\r\n")
            if await reader.read() == b"":
                raise ConnectionError
    assert service.sessions[0].peer.tls is None


async def test_octets_injected_behind_starttls_are_never_obeyed(authority: Authority) -> None:
    """CVE-2011-0411: what was sent in plain text behind STARTTLS must not be read inside TLS."""
    service = ScriptedService()
    async with talking(service, ListenerSettings("gw.example", authority.server)) as (_port, reader, writer):
        await reader.readline()
        await secured(reader, writer, authority.client, injected=b"RSET\r\nMAIL FROM:<eve@a.example>\r\n", greet=False)
        writer.write(b"NOOP\r\nQUIT\r\n")
        assert await reader.read() == b"250 2.0.0 OK\r\n221 2.0.0 Closing the connection\r\n"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_old_tls_is_refused(authority: Authority) -> None:
    service = ScriptedService()
    context = authority.client
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    async with talking(service, ListenerSettings("gw.example", authority.server)) as (_port, reader, writer):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await secured(reader, writer, context)


async def test_a_client_far_ahead_waits_in_the_kernel() -> None:
    service = ScriptedService()
    service.gate = asyncio.Event()
    settings = ListenerSettings("gw.example", max_idle_commands=100_000)
    async with asyncio.timeout(60), serving(service, settings) as port, client(port) as (reader, writer):
        await into_message(reader, writer, service)
        for _ in range(20_000):
            writer.write(b"VRFY " + b"x" * 1000 + b"\r\n")
        # The listener stops reading, so the client's own buffer cannot drain.
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await writer.drain()
        service.gate.set()
        assert (await reader.readline()).startswith(b"250 2.6.0")
        writer.write(b"QUIT\r\n")
        assert (await reader.read()).count(b"252 ") == 20_000


async def test_two_listeners_share_a_port() -> None:
    first = bind("127.0.0.1", 0, reuse_port=True)
    second = bind("127.0.0.1", first.getsockname()[1], reuse_port=True)
    services = ScriptedService(), ScriptedService()
    async with (
        asyncio.timeout(60),
        listening(services[0], PLAIN, [first]),
        listening(services[1], PLAIN, [second]) as listener,
    ):
        while not all(service.sessions for service in services):
            async with client(listener.addresses[0][1]) as (reader, writer):
                writer.write(b"QUIT\r\n")
                await reader.read()


async def test_replies_leave_at_once() -> None:
    """Nagle's delay is off on what we accept: a reply behind another does not wait for an acknowledgement."""
    loop = asyncio.get_running_loop()
    accepted: asyncio.Future[int] = loop.create_future()

    class Conversation(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            channel = transport.get_extra_info("socket")
            accepted.set_result(channel.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    listener = bind("127.0.0.1", 0)
    server = await loop.create_server(Conversation, sock=listener)
    async with asyncio.timeout(60), server, client(listener.getsockname()[1]):
        assert await accepted


async def secured(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    context: ssl.SSLContext,
    *,
    injected: bytes = b"",
    greet: bool = True,
) -> None:
    """STARTTLS, with or without something slipped in behind it."""
    if greet:
        await reader.readline()
    writer.write(b"STARTTLS\r\n" + injected)
    assert (await reader.readline()).startswith(b"220")
    await writer.start_tls(context, server_hostname="gw.example")
