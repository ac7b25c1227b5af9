"""The bare sink: takes any mail as fast as Python can and keeps nothing. Nothing of ours in it.

It offers what Exchange Online offers and a proxy can use: PIPELINING, 8BITMIME and CHUNKING.

Run: python -m bench.sink PORT [CERTIFICATE KEY]; says "ready" on its output.
"""

import asyncio
import ssl
import sys
from typing import cast

import uvloop

END = b"\r\n.\r\n"
VERBS = {
    b"MAIL": b"250 2.1.0 ok\r\n",
    b"RCPT": b"250 2.1.5 ok\r\n",
    b"DATA": b"354 go\r\n",
    b"RSET": b"250 2.0.0 ok\r\n",
    b"NOOP": b"250 2.0.0 ok\r\n",
    b"HELO": b"250 sink\r\n",
}


class Sink(asyncio.Protocol):
    """One connection."""

    def __init__(self, context: ssl.SSLContext | None, tasks: asyncio.TaskGroup) -> None:
        self._context = context
        self._tasks = tasks
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._in_content = self._secured = False
        self._chunk_left = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is not a subclass
        if not self._secured:
            self._transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer everything that is complete."""
        self._buffer += data
        answers = bytearray()
        while self._buffer:
            if self._chunk_left:
                taken = min(self._chunk_left, len(self._buffer))
                self._chunk_left -= taken
                self._buffer = self._buffer[taken:]
                answers += b"" if self._chunk_left else b"250 2.0.0 taken\r\n"
                continue
            if self._in_content:
                end = self._buffer.find(END)
                if end < 0:
                    self._buffer = self._buffer[-len(END) + 1 :]
                    break
                self._buffer = self._buffer[end + len(END) :]
                self._in_content = False
                answers += b"250 2.0.0 taken\r\n"
                continue
            line, found, rest = self._buffer.partition(b"\r\n")
            if not found:
                break
            self._buffer = rest
            answers += self._obey(line[:4].upper(), line)
        if answers and self._transport is not None:
            self._transport.write(bytes(answers))

    def _obey(self, verb: bytes, line: bytes) -> bytes:
        if verb == b"EHLO":
            offer = b"" if self._context is None or self._secured else b"250-STARTTLS\r\n"
            return b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-CHUNKING\r\n" + offer + b"250 SIZE 200000000\r\n"
        if verb == b"STAR":
            self._tasks.create_task(self._secure())
            return b"220 go\r\n"
        if verb == b"QUIT" and self._transport is not None:
            self._transport.write(b"221 bye\r\n")
            self._transport.close()
            return b""
        if verb == b"BDAT":
            self._chunk_left = int(line.split(b" ")[1])
            return b""
        self._in_content = verb == b"DATA"
        return VERBS.get(verb, b"500 what\r\n")

    async def _secure(self) -> None:
        if self._context is None or self._transport is None:
            return
        self._secured = True
        try:
            secured = await asyncio.get_running_loop().start_tls(self._transport, self, self._context, server_side=True)
        except OSError:
            return
        self._transport = secured


async def serve(port: int, context: ssl.SSLContext | None) -> None:
    """Until killed."""
    async with asyncio.TaskGroup() as tasks:
        server = await asyncio.get_running_loop().create_server(
            lambda: Sink(context, tasks), "127.0.0.1", port, backlog=1024
        )
        print("ready", flush=True)
        await server.serve_forever()


def main() -> None:
    """Read the arguments and serve."""
    context = None
    if len(sys.argv) > 2:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[2], sys.argv[3])
    uvloop.run(serve(int(sys.argv[1]), context))


if __name__ == "__main__":
    main()
