"""A short SMTP conversation up to EHLO under TLS, and away again: no mail is spoken of."""

import asyncio
import ssl
from dataclasses import dataclass

from cryptography import x509

PATIENCE = 15.0  # seconds for the whole conversation
LONGEST = 200  # lines of one reply


class NoConversation(Exception):
    """How far it came, in a sentence; `stage` is connect, greeting, starttls or tls."""

    def __init__(self, stage: str, sentence: str) -> None:
        super().__init__(sentence)
        self.stage = stage


@dataclass(frozen=True, slots=True)
class Conversation:
    """What the other side said and showed."""

    greeting: str
    hello: str  # the first line of its answer to EHLO, under TLS
    tls: str
    names: frozenset[str]  # in its certificate, lower-case


async def converse(host: str, port: int, helo: str, context: ssl.SSLContext, name: str = "") -> Conversation:
    """Connect, EHLO, STARTTLS, EHLO, QUIT; `name` is what the certificate must carry. Raises NoConversation."""
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                return await _talk(reader, writer, helo, context, name)
            finally:
                writer.close()
    except TimeoutError:
        raise NoConversation("connect", f"{host}:{port} does not answer within {PATIENCE:.0f} s") from None
    except ssl.SSLError as error:
        why = getattr(error, "verify_message", "") or error.reason or str(error)
        raise NoConversation("tls", f"TLS with {host}:{port} fails: {why}") from error
    except OSError as error:
        raise NoConversation("connect", f"{host}:{port}: {error.strerror or error}") from error


async def _talk(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, helo: str, context: ssl.SSLContext, name: str
) -> Conversation:
    greeting = await _reply(reader, "greeting")
    offers = await _ask(reader, writer, f"EHLO {helo}")
    if not any(line.upper() == "STARTTLS" for line in offers[1:]):
        raise NoConversation("starttls", "STARTTLS is not offered")
    await _ask(reader, writer, "STARTTLS")
    await writer.start_tls(context, server_hostname=name or None)
    hello = await _ask(reader, writer, f"EHLO {helo}")
    tls = writer.get_extra_info("ssl_object")
    writer.write(b"QUIT\r\n")
    certificate = x509.load_der_x509_certificate(tls.getpeercert(binary_form=True))
    return Conversation(greeting[0], hello[0], str(tls.version()), dns_names(certificate))


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, command: str) -> list[str]:
    writer.write(command.encode() + b"\r\n")
    return await _reply(reader, command.partition(" ")[0].lower())


async def _reply(reader: asyncio.StreamReader, stage: str) -> list[str]:
    lines: list[str] = []
    while len(lines) < LONGEST:
        line = (await reader.readline()).decode("utf-8", "replace").rstrip("\r\n")
        if not line:
            raise NoConversation(stage, "the connection was closed")
        if not line.startswith("2"):
            raise NoConversation(stage, f"the answer was: {line[:200]}")
        lines.append(line[4:])
        if line[3:4] != "-":
            return lines
    raise NoConversation(stage, "the answer has no end")


def dns_names(certificate: x509.Certificate) -> frozenset[str]:
    """The certificate's names, lower-case."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return frozenset()
    return frozenset(name.lower() for name in names.get_values_for_type(x509.DNSName))
