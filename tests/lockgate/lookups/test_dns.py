"""DNS facts over a real socket: what is kept, what a failure is, and that a dead server costs only the deadline."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from lockgate.lookups.dns import DnsLookups
from lockgate.model.errors import TemporaryError

ANSWERS = {
    ("example.com.", "TXT"): ['"v=spf1 " "-all"', '"other"'],
    ("example.com.", "MX"): ["10 mx.example.com."],
    ("example.com.", "A"): ["192.0.2.1"],
    ("example.com.", "AAAA"): ["2001:db8::1"],
    ("1.2.0.192.in-addr.arpa.", "PTR"): ["mx.example.com."],
}


class Server(asyncio.DatagramProtocol):
    """Answers from the table; counts what it was asked; `broken` answers SERVFAIL, `silent` nothing."""

    def __init__(self) -> None:
        self.asked = 0
        self.broken = self.silent = False
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # In Python 3.11 the selector loop's transport is one in all but name (DatagramTransport is not its base class).
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.asked += 1
        query = dns.message.from_wire(data)
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        question = query.question[0]
        records = ANSWERS.get((question.name.to_text().lower(), dns.rdatatype.to_text(question.rdtype)))
        if self.broken:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif records is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        else:
            answer.answer.append(dns.rrset.from_text_list(question.name, 300, "IN", question.rdtype, records))
        if self._transport is not None and not self.silent:
            self._transport.sendto(answer.to_wire(), addr)


@asynccontextmanager
async def serving(now: list[float], deadline: float = 5.0) -> AsyncIterator[tuple[Server, DnsLookups]]:
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(Server, local_addr=("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    try:
        yield server, DnsLookups([f"127.0.0.1:{port}"], lambda: now[0], deadline)
    finally:
        transport.close()


async def test_every_kind_of_record_is_read() -> None:
    async with serving([0.0]) as (_, lookups):
        assert sorted(await lookups.txt("example.com")) == [b"other", b"v=spf1 -all"]
        assert await lookups.addresses("EXAMPLE.com.") == ["192.0.2.1"]
        assert await lookups.addresses("example.com", ipv6=True) == ["2001:db8::1"]
        assert await lookups.mail_exchangers("example.com") == [(10, "mx.example.com")]
        assert await lookups.names("1.2.0.192.in-addr.arpa") == ["mx.example.com"]
        assert await lookups.txt("nothing.example") == []


async def test_an_answer_is_kept_for_its_time_to_live() -> None:
    now = [0.0]
    async with serving(now) as (server, lookups):
        await lookups.txt("example.com")
        await lookups.txt("Example.com")
        assert server.asked == 1
        now[0] = 301.0
        await lookups.txt("example.com")
        assert server.asked == 2


async def test_a_failure_is_temporary_and_forgotten_soon() -> None:
    now = [0.0]
    async with serving(now) as (server, lookups):
        server.broken = True
        with pytest.raises(TemporaryError):
            await lookups.txt("example.com")
        server.broken = False
        with pytest.raises(TemporaryError):
            await lookups.txt("example.com")
        now[0] = 11.0
        assert len(await lookups.txt("example.com")) == 2


async def test_a_silent_server_costs_no_more_than_the_deadline() -> None:
    async with serving([0.0], deadline=0.2) as (server, lookups):
        server.silent = True
        with pytest.raises(TemporaryError):
            await lookups.txt("example.com")


@pytest.mark.parametrize("name", ["a" * 64 + ".example", "..", "x" * 300, "\u0430.example", ""])
async def test_a_name_that_is_none_has_no_records(name: str) -> None:
    async with serving([0.0]) as (_, lookups):
        assert await lookups.txt(name) == []
