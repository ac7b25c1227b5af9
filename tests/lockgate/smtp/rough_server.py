"""A server that misbehaves on demand, written with nothing of ours: the next hop that a sender has to survive."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

DROP = "drop"
SILENCE = "silence"


@dataclass
class Manners:
    """What to do at each step: a reply line, DROP (cut the connection) or SILENCE (never answer)."""

    extensions: tuple[str, ...] = ("PIPELINING", "8BITMIME", "SMTPUTF8", "DSN", "SIZE 1000000")
    greeting: str = "220 rough"
    ehlo: str = ""
    tls: ssl.SSLContext | None = None
    starttls: str = "220 go"
    mail: str = "250 ok"
    rcpt: Callable[[str], str] = lambda _line: "250 ok"
    data: str = "354 go"
    content: str = "250 taken"
    rset: str = "250 ok"
    drop_after_octets: int | None = None
    stop_reading_after_octets: int | None = None
    seen: list[str] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)
    connections: int = 0
    close_after_message: bool = False
    quit: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def rough_server(manners: Manners) -> AsyncIterator[int]:
    """Its port."""
    talks: set[asyncio.Task[None] | None] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(asyncio.current_task())
        manners.connections += 1
        try:
            await _talk(manners, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, limit=1 << 24)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        running = [task for task in talks if task is not None and not task.done()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running)


class _Dropped(ConnectionError):
    pass


async def _say(writer: asyncio.StreamWriter, what: str) -> None:
    if what == DROP:
        writer.transport.abort()
        raise _Dropped
    if what == SILENCE:
        await asyncio.Event().wait()
    writer.write(what.encode() + b"\r\n")


async def _talk(manners: Manners, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _say(writer, manners.greeting)
    while line := (await reader.readuntil(b"\r\n")).decode().strip():
        manners.seen.append(line)
        match line.upper().split(" ")[0].split(":")[0]:
            case "EHLO":
                tls = ("STARTTLS",) if manners.tls and not writer.get_extra_info("ssl_object") else ()
                offered = "\r\n".join(f"250-{word}" for word in ("rough", *manners.extensions, *tls))
                await _say(writer, manners.ehlo or f"{offered}\r\n250 HELP")
            case "HELO":
                await _say(writer, "250 rough")
            case "STARTTLS":
                await _secure(manners, writer)
            case "MAIL":
                await _say(writer, manners.mail)
            case "RCPT":
                await _say(writer, manners.rcpt(line))
            case "DATA":
                await _say(writer, manners.data)
                if manners.data.startswith("354"):
                    await _content(manners, reader, writer)
            case "BDAT":
                manners.contents.append(await reader.readexactly(int(line.split(" ")[1])))
                await _say(writer, manners.content)
            case "RSET":
                await _say(writer, manners.rset)
            case "QUIT":
                manners.quit.set()
                await _say(writer, "221 bye")
                return
            case _:
                await _say(writer, "500 what")


async def _secure(manners: Manners, writer: asyncio.StreamWriter) -> None:
    await _say(writer, manners.starttls)
    if manners.tls and manners.starttls.startswith("220"):
        await writer.drain()
        await writer.start_tls(manners.tls)


async def _content(manners: Manners, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    if manners.drop_after_octets is not None:
        await reader.readexactly(manners.drop_after_octets)
        await _say(writer, DROP)
    if manners.stop_reading_after_octets is not None:
        await reader.readexactly(manners.stop_reading_after_octets)
        await _say(writer, SILENCE)
    content = b""
    while not content.endswith(b"\r\n.\r\n") and content != b".\r\n":
        content += await reader.readuntil(b"\r\n")
    manners.contents.append(content)
    await _say(writer, manners.content)
    if manners.close_after_message:
        await _say(writer, DROP)
