"""The simulated DNS on UDP and TCP: authoritative for everything the simulation knows, NXDOMAIN for the rest.

It never recurses: a name outside the simulated world does not exist, so nothing of a test reaches the real DNS.
Answers too long for UDP are truncated and asked again over TCP (RFC 1035 §4.2.1, RFC 7766).
"""

import asyncio
import logging
import struct

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from m365_simulator.dns_records import exists, lookup
from m365_simulator.world import World

TTL_SECONDS = 60
TCP_IDLE_SECONDS = 30.0
PLAIN_UDP_BYTES = 512
_log = logging.getLogger(__name__)


def answer(world: World, query: dns.message.Message) -> dns.message.Message:
    """The authoritative response to one query."""
    response = dns.message.make_response(query)
    response.flags |= dns.flags.AA
    if query.opcode() != dns.opcode.QUERY or len(query.question) != 1:
        response.set_rcode(dns.rcode.NOTIMP)
        return response
    question = query.question[0]
    name = question.name.to_text(omit_final_dot=True)
    record_type = dns.rdatatype.to_text(question.rdtype)
    alias = lookup(world, name, "CNAME")
    texts = lookup(world, name, record_type)
    if alias and not texts:
        response.answer.append(_rrset(question.name, "CNAME", alias))
        target = alias[0].rstrip(".")
        texts, owner = lookup(world, target, record_type), dns.name.from_text(target)
    else:
        owner = question.name
    if texts:
        response.answer.append(_rrset(owner, record_type, texts))
    elif not response.answer and not exists(world, name):
        response.set_rcode(dns.rcode.NXDOMAIN)
    return response


def _rrset(owner: dns.name.Name, record_type: str, texts: list[str]) -> dns.rrset.RRset:
    written = [_quoted(text) for text in texts] if record_type == "TXT" else texts
    return dns.rrset.from_text_list(owner, TTL_SECONDS, "IN", record_type, written)


def _quoted(text: str) -> str:
    """A TXT record in strings of at most 255 octets (RFC 1035 §3.3.14)."""
    escaped = [text[place : place + 250] for place in range(0, len(text), 250)] or [""]
    return " ".join('"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"' for part in escaped)


def respond(world: World, wire: bytes, *, over_udp: bool) -> bytes | None:
    """The wire form of the answer; None when what came is no query."""
    try:
        query = dns.message.from_wire(wire)
    except dns.exception.DNSException:
        return None
    if query.flags & dns.flags.QR:
        return None
    try:
        response = answer(world, query)
    except dns.exception.DNSException:
        _log.exception("a record of the simulation cannot be written")
        response = dns.message.make_response(query)
        response.set_rcode(dns.rcode.SERVFAIL)
    limit = max(PLAIN_UDP_BYTES, query.payload) if over_udp else 65535
    try:
        return response.to_wire(max_size=limit)
    except dns.exception.TooBig:
        short = dns.message.make_response(query)
        short.flags |= dns.flags.AA | dns.flags.TC
        return short.to_wire()


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, world: World) -> None:
        self._world = world
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = respond(self._world, data, over_udp=True)
        if reply is not None and self._transport is not None:
            self._transport.sendto(reply, addr)


class DnsServer:
    """Both listeners on one port."""

    def __init__(self, udp: asyncio.BaseTransport, tcp: asyncio.Server) -> None:
        self._udp, self._tcp = udp, tcp

    @classmethod
    async def start(cls, world: World, host: str, port: int) -> "DnsServer":
        """Listen on `host`:`port` (not 0) over UDP and TCP."""
        loop = asyncio.get_running_loop()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await _serve_tcp(world, reader, writer)

        tcp = await asyncio.start_server(serve, host, port)
        udp, _ = await loop.create_datagram_endpoint(lambda: _Udp(world), local_addr=(host, port))
        return cls(udp, tcp)

    async def close(self) -> None:
        """Stop listening; open TCP conversations end by their own time limit."""
        self._udp.close()
        self._tcp.close()


async def _serve_tcp(world: World, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        async with asyncio.timeout(TCP_IDLE_SECONDS):
            while True:
                (length,) = struct.unpack("!H", await reader.readexactly(2))
                reply = respond(world, await reader.readexactly(length), over_udp=False)
                if reply is None:
                    break
                writer.write(struct.pack("!H", len(reply)) + reply)
                await writer.drain()
    except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()
