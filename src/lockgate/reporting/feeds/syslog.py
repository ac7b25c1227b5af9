"""Syslog messages (RFC 5424) over UDP (RFC 5426), TCP with counted octets (RFC 6587 §3.4.1) or TLS (RFC 5425)."""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from lockgate.model.errors import TemporaryError

FACILITY = 13  # log audit, RFC 5424 §6.2.1
NOTICE = 5
UDP_LIMIT = 65_000  # octets of one datagram
DEADLINE = 20.0  # seconds for one batch


class Way(StrEnum):
    """How the collector is spoken to."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class SyslogCollector:
    """Implements `pump.Collector`. `ca` are the authorities of a TLS collector; the system's when None."""

    host: str
    port: int
    way: Way
    hostname: str  # ours
    ca: Path | None = None

    async def send(self, events: Sequence[str], at: datetime) -> None:
        """Hand over a batch; raises TemporaryError when the collector cannot be reached or leaves in the middle.

        TCP knows only that the octets were taken by this machine, and UDP not even that.
        """
        framed = [self._message(event, at) for event in events]
        try:
            async with asyncio.timeout(DEADLINE):
                await (self._datagrams(framed) if self.way is Way.UDP else self._stream(framed))
        except (OSError, TimeoutError) as error:
            raise TemporaryError(f"syslog collector {self.host}:{self.port}: {error or 'no answer'}") from error

    def _message(self, event: str, at: datetime) -> bytes:
        stamp = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        head = f"<{FACILITY * 8 + NOTICE}>1 {stamp} {self.hostname} lockgate - message - "
        return head.encode("ascii", "replace") + b"\xef\xbb\xbf" + event.encode("utf-8", "replace")

    async def _stream(self, messages: Sequence[bytes]) -> None:
        context = ssl.create_default_context(cafile=self.ca) if self.way is Way.TLS else None
        _, writer = await asyncio.open_connection(self.host, self.port, ssl=context)
        try:
            for message in messages:
                writer.write(str(len(message)).encode("ascii") + b" " + message)
            await writer.drain()
        finally:
            writer.close()
            await writer.wait_closed()

    async def _datagrams(self, messages: Sequence[bytes]) -> None:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=(self.host, self.port))
        try:
            for message in messages:
                transport.sendto(message[:UDP_LIMIT])
        finally:
            transport.close()
