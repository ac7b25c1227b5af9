"""The load generator: many clients at once, each a real SMTP conversation; prints one JSON object.

Every message has a Message-ID of its own, so that nobody can take it for one that was seen before.
Run: python -m bench.load PORT SECONDS CLIENTS FOLDER_OF_EML NUMBER_FROM [--tls] [--keep]
"""

import argparse
import asyncio
import itertools
import json
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import uvloop

ENVELOPE = b"MAIL FROM:<ann@outside.example>\r\nRCPT TO:<tom@example.com>\r\nDATA\r\n"
PATIENCE = 60.0  # seconds without an answer before a client gives up


class Client(asyncio.Protocol):
    """One connection; `replies` waits for a number of final reply lines."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._buffer = b""
        self._lines: list[bytes] = []
        self._wanted = 0
        self._waiter: asyncio.Future[None] | None = None
        self._lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport."""
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is not a subclass

    def data_received(self, data: bytes) -> None:
        """Collect final lines."""
        *lines, self._buffer = (self._buffer + data).split(b"\r\n")
        self._lines += [line for line in lines if line[3:4] != b"-"]
        if self._waiter is not None and not self._waiter.done() and len(self._lines) >= self._wanted:
            self._waiter.set_result(None)

    def connection_lost(self, _exc: Exception | None) -> None:
        """Wake whoever waits."""
        self._lost = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(ConnectionResetError())

    async def replies(self, wanted: int) -> list[bytes]:
        """The next `wanted` replies."""
        if len(self._lines) < wanted:
            if self._lost:
                raise ConnectionResetError
            self._wanted = wanted
            self._waiter = asyncio.get_running_loop().create_future()
            await asyncio.wait_for(self._waiter, PATIENCE)
            self._waiter = None
        taken, self._lines = self._lines[:wanted], self._lines[wanted:]
        return taken

    async def say(self, text: bytes, answers: int = 1) -> list[bytes]:
        """Write, and wait for the answers."""
        assert self.transport is not None
        self.transport.write(text)
        return await self.replies(answers)


class Load:
    """Shared by all clients of one run."""

    def __init__(self, given: argparse.Namespace) -> None:
        self._port: int = given.port
        self._keep: bool = given.keep
        self._mails = itertools.cycle(wire_forms(Path(given.folder)))
        self._numbers = itertools.count(given.number_from)
        self._context = _context() if given.tls else None
        self._ends = 0.0
        self.accepted = self.refused = self.broken = 0
        self.seconds: list[float] = []

    async def run(self, seconds: float, clients: int) -> float:
        """Send until the time is over; how long it took."""
        started = time.perf_counter()
        self._ends = started + seconds
        async with asyncio.TaskGroup() as tasks:
            for _ in range(clients):
                tasks.create_task(self._client())
        return time.perf_counter() - started

    async def _client(self) -> None:
        while time.perf_counter() < self._ends:
            try:
                await self._session()
            except (OSError, TimeoutError):
                self.broken += 1

    async def _session(self) -> None:
        begun = time.perf_counter()
        client = await self._connect()
        assert client.transport is not None
        try:
            while True:
                await self._message(client, begun)
                begun = time.perf_counter()
                if not self._keep or begun >= self._ends:
                    break
            client.transport.write(b"QUIT\r\n")
        finally:
            client.transport.close()

    async def _connect(self) -> Client:
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(Client, "127.0.0.1", self._port)
        await client.replies(1)
        await client.say(b"EHLO load.example\r\n")
        if self._context is not None:
            assert client.transport is not None
            await client.say(b"STARTTLS\r\n")
            secured = await loop.start_tls(client.transport, client, self._context, server_hostname="localhost")
            client.transport = secured
            await client.say(b"EHLO load.example\r\n")
        return client

    async def _message(self, client: Client, begun: float) -> None:
        answers = await client.say(ENVELOPE, 3)
        if not answers[-1].startswith(b"354"):
            raise ConnectionAbortedError(answers)
        assert client.transport is not None
        own = f"Message-ID: <{next(self._numbers)}@load.example>\r\n".encode()
        client.transport.writelines([own, next(self._mails)])
        [answer] = await client.replies(1)
        if answer.startswith(b"250"):
            self.accepted += 1
        else:
            self.refused += 1
        self.seconds.append(time.perf_counter() - begun)


def wire_forms(folder: Path) -> Iterator[bytes]:
    """The messages of a folder as they go over the wire: CRLF, dots doubled, end mark; without their Message-ID."""
    for path in sorted(folder.glob("*.eml")):
        lines = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\0", b" ").split(b"\n")
        kept = [line for line in lines if not line.lower().startswith(b"message-id:")]
        yield b"\r\n".join(b"." + line if line.startswith(b".") else line for line in kept) + b"\r\n.\r\n"


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def main() -> None:
    """Read the arguments, load, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("clients", type=int)
    parser.add_argument("folder")
    parser.add_argument("number_from", type=int)
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--keep", action="store_true", help="one connection per client instead of one per message")
    given = parser.parse_args()
    load = Load(given)
    took = uvloop.run(load.run(given.seconds, given.clients))
    order = sorted(load.seconds) or [0.0]
    print(
        json.dumps(
            {
                "seconds": took,
                "accepted": load.accepted,
                "refused": load.refused,
                "broken": load.broken,
                "median_ms": 1000 * order[len(order) // 2],
                "p95_ms": 1000 * order[len(order) * 95 // 100],
            }
        )
    )


if __name__ == "__main__":
    main()
