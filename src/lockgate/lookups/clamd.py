"""ClamAV by its daemon: the INSTREAM command over a Unix socket or TCP (clamd(8)).

One connection for one file: clamd's own sessions gain nothing over a local socket, and a connection that hangs costs
one file only.
"""

import asyncio
import struct
from dataclasses import dataclass

from lockgate.model.errors import TemporaryError

CHUNK = 1 << 17
ANSWER_LIMIT = 4_096
FOUND, CLEAN = " FOUND", " OK"


@dataclass(frozen=True, slots=True)
class Clamd:
    """`address` is `unix:/path` or `host:port`."""

    address: str

    async def scan(self, content: bytes) -> str:
        """The signature's name, or an empty text. Raises TemporaryError when clamd cannot say."""
        answer = await self._ask(b"zINSTREAM\0", content)
        verdict = answer.removeprefix("stream: ")
        if verdict.endswith(FOUND):
            return verdict.removesuffix(FOUND)
        if verdict == CLEAN.strip():
            return ""
        raise TemporaryError(f"clamd: {answer or 'no answer'}")

    async def version(self) -> str:
        """Program and signatures, for the doctor. Raises TemporaryError when nobody answers."""
        return await self._ask(b"zVERSION\0", None)

    async def _ask(self, command: bytes, content: bytes | None) -> str:
        try:
            reader, writer = await self._connect()
            try:
                writer.write(command)
                if content is not None:
                    await _stream(writer, content)
                answer = await reader.read(ANSWER_LIMIT)
            finally:
                writer.close()
        except OSError as error:
            raise TemporaryError(f"clamd at {self.address}: {error.strerror or error}") from error
        return answer.rstrip(b"\0\n").decode("utf-8", "replace")

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.address.startswith("unix:"):
            return await asyncio.open_unix_connection(self.address.removeprefix("unix:"))
        host, _, port = self.address.rpartition(":")
        return await asyncio.open_connection(host, int(port))


async def _stream(writer: asyncio.StreamWriter, content: bytes) -> None:
    """Pieces with their size in front; an empty one ends. When clamd hangs up, its answer says why."""
    try:
        for start in range(0, len(content), CHUNK):
            piece = content[start : start + CHUNK]
            writer.write(struct.pack("!I", len(piece)) + piece)
            await writer.drain()
        writer.write(struct.pack("!I", 0))
        await writer.drain()
    except (ConnectionResetError, BrokenPipeError):
        return
