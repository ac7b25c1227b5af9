"""The sending side: one SMTP connection, one transaction, an answer for each recipient.

Nothing is retried here and nothing is thrown at the caller for what a peer does: every way in which a
delivery can end is an `Outcome` (microsoft-365.md §4.5 for the texts of LED strings).
"""

import asyncio
import re
import ssl
from dataclasses import dataclass

from m365_simulator.mail_flow import parameters
from m365_simulator.mail_flow.message import Envelope, Recipient

CONNECT_SECONDS = 10.0
REPLY_SECONDS = 600.0  # RFC 5321 §4.5.3.2.6: ten minutes for the end of the data
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Reply:
    """One SMTP reply, all lines without their codes."""

    code: int
    lines: tuple[str, ...]

    def text(self) -> str:
        """Code and text on one line."""
        return f"{self.code} {' '.join(self.lines)}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the delivery to one recipient ended; `reply` is the peer's or the LED of our own failure."""

    recipient: Recipient
    code: int
    reply: str


@dataclass(frozen=True, slots=True)
class TlsDemand:
    """What a connector asks of the peer. Without `required` TLS is used where offered, unverified."""

    context: ssl.SSLContext
    server_name: str
    required: bool = False
    verified_name: str = ""  # the certificate must carry this name (`*.` in front allowed), when given


@dataclass(frozen=True, slots=True)
class Host:
    """Where to connect."""

    name: str
    ip: str
    port: int


class SendFailureError(Exception):
    """The session cannot go on; the argument is the LED string."""


class Session:
    """One client connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.extensions: dict[str, str] = {}

    async def command(self, line: str) -> Reply:
        """Send one command and read its reply."""
        self._writer.write(line.encode("utf-8", "surrogateescape") + b"\r\n")
        return await self.reply()

    async def reply(self) -> Reply:
        """Read one reply."""
        lines: list[str] = []
        async with asyncio.timeout(REPLY_SECONDS):
            await self._writer.drain()
            while True:
                raw = (await self._reader.readuntil(b"\n")).decode("utf-8", "replace").rstrip("\r\n")
                if not re.match(r"[2-5][0-9]{2}(?:[ -]|$)", raw):
                    raise SendFailureError("450 4.4.318 Connection was closed abruptly (not an SMTP reply)")
                lines.append(raw[4:])
                if raw[3:4] != "-":
                    return Reply(int(raw[:3]), tuple(lines))

    async def opening(self, claimed_ip: str) -> None:
        """The greeting, then XCLIENT where an address is claimed."""
        greeting = await self.reply()
        if greeting.code != 220:
            raise SendFailureError(greeting.text())
        if claimed_ip:
            await self.command(f"XCLIENT ADDR={claimed_ip}")

    async def hello(self, name: str) -> None:
        """EHLO."""
        reply = await self.command(f"EHLO {name}")
        if reply.code != 250:
            raise SendFailureError(reply.text())
        self.extensions = parameters.offered(list(reply.lines[1:]))

    async def start_tls(self, demand: TlsDemand) -> bool:
        """STARTTLS as demanded, with the peer's certificate name checked; whether TLS is on."""
        if "STARTTLS" not in self.extensions:
            if demand.required:
                raise SendFailureError("451 5.7.3 STARTTLS is required to send mail")
            return False
        reply = await self.command("STARTTLS")
        if reply.code != 220:
            raise SendFailureError(f"451 5.7.3 STARTTLS is required to send mail [{reply.text()}]")
        await self._writer.start_tls(demand.context, server_hostname=demand.server_name)
        certificate = self._writer.get_extra_info("peercert") or {}
        names = [value for kind, value in certificate.get("subjectAltName", ()) if kind == "DNS"]
        if demand.verified_name and not any(name_matches(name, demand.verified_name) for name in names):
            raise SendFailureError("454 4.7.5 The certificate specified in TlsDomain could not be found")
        return True

    async def write_content(self, content: bytes) -> Reply:
        """The message by BDAT where it may be and by DATA otherwise, bytes unchanged."""
        if "CHUNKING" in self.extensions:
            return await self._write_chunks(content)
        start = await self.command("DATA")
        if start.code != 354:
            return start
        stuffed = (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:]
        self._writer.write(stuffed + (b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n"))
        return await self.reply()

    async def _write_chunks(self, content: bytes) -> Reply:
        places = range(0, max(len(content), 1), CHUNK)
        for place in places:
            chunk = content[place : place + CHUNK]
            last = " LAST" if place + CHUNK >= len(content) else ""
            self._writer.write(f"BDAT {len(chunk)}{last}\r\n".encode() + chunk)
            reply = await self.reply()
            if reply.code != 250:
                return reply
        return reply

    async def close(self) -> None:
        """QUIT politely, then close whatever happened."""
        try:
            async with asyncio.timeout(2):
                await self.command("QUIT")
        except (OSError, TimeoutError, EOFError, SendFailureError, ssl.SSLError):
            pass
        self._writer.close()


def name_matches(certificate_name: str, wanted: str) -> bool:
    """Whether a certificate's name satisfies a connector's domain; a `*.` on either side covers one label."""
    name, domain = certificate_name.lower(), wanted.lower()
    if name == domain:
        return True
    if name.startswith("*."):
        return domain.partition(".")[2] == name[2:]
    return domain.startswith("*.") and name.partition(".")[2] == domain[2:]


async def send(
    host: Host,
    hello: str,
    demand: TlsDemand | None,
    envelope: Envelope,
    content: bytes,
    use_bdat: bool = True,
    claimed_ip: str = "",
) -> list[Outcome]:
    """Deliver one message to one host: an outcome for every recipient, always.

    `claimed_ip` is announced by XCLIENT first (only the simulation's own listeners know it).
    """
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(host.ip, host.port, limit=1 << 16)
    except ConnectionRefusedError:
        return _all(envelope, "450 4.4.316 Connection refused [Message=Socket error code 10061]")
    except (OSError, TimeoutError):
        return _all(envelope, "450 4.4.317 Cannot connect to remote server [Message=Connection timed out]")
    session = Session(reader, writer)
    try:
        await session.opening(claimed_ip)
        await session.hello(hello)
        if demand is not None and await session.start_tls(demand):
            await session.hello(hello)
        if not use_bdat:
            session.extensions.pop("CHUNKING", None)
        return await _transact(session, envelope, content)
    except SendFailureError as failure:
        return _all(envelope, str(failure))
    except TimeoutError:
        return _all(envelope, "450 4.4.315 Connection timed out")
    except ssl.SSLError as error:
        return _all(envelope, f"450 4.4.317 Cannot connect to remote server [Message=TLS: {error.reason}]")
    except (OSError, EOFError):
        return _all(envelope, "450 4.4.318 Connection was closed abruptly")
    finally:
        await session.close()


async def _transact(session: Session, envelope: Envelope, content: bytes) -> list[Outcome]:
    if envelope.smtputf8 and "SMTPUTF8" not in session.extensions:
        raise SendFailureError("550 5.6.7 SMTPUTF8 is needed and the remote server does not offer it")
    reply = await session.command(_mail_command(session, envelope, len(content)))
    if reply.code != 250:
        return _all(envelope, reply.text())
    outcomes: list[Outcome] = []
    taken: list[Recipient] = []
    for recipient in envelope.recipients:
        reply = await session.command(_rcpt_command(session, recipient))
        if reply.code in {250, 251}:
            taken.append(recipient)
        else:
            outcomes.append(Outcome(recipient, reply.code, reply.text()))
    if taken:
        final = await session.write_content(content)
        outcomes += [Outcome(recipient, final.code, final.text()) for recipient in taken]
    return outcomes


def _mail_command(session: Session, envelope: Envelope, size: int) -> str:
    words = [f"MAIL FROM:<{envelope.mail_from}>"]
    if "SIZE" in session.extensions:
        words.append(f"SIZE={size}")
    if "8BITMIME" in session.extensions and envelope.body in {"7BIT", "8BITMIME"}:
        words.append(f"BODY={envelope.body}")
    if envelope.smtputf8:
        words.append("SMTPUTF8")
    if "DSN" in session.extensions:
        words += [f"RET={envelope.ret}"] if envelope.ret else []
        words += [f"ENVID={envelope.envid}"] if envelope.envid else []
    return " ".join(words)


def _rcpt_command(session: Session, recipient: Recipient) -> str:
    words = [f"RCPT TO:<{recipient.address}>"]
    if "DSN" in session.extensions:
        words += [f"NOTIFY={recipient.notify}"] if recipient.notify else []
        words += [f"ORCPT={recipient.orcpt}"] if recipient.orcpt else []
    return " ".join(words)


def _all(envelope: Envelope, reply: str) -> list[Outcome]:
    return [Outcome(recipient, int(reply[:3]), reply) for recipient in envelope.recipients]
