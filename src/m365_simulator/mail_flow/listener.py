"""The SMTP listener of the simulated hosts: aiosmtpd's session with what Exchange adds to it.

aiosmtpd keeps the command loop, STARTTLS and AUTH; this class adds the null sender, DSN parameters, BDAT,
bulk reading of DATA and the refusals of Exchange (bare line feeds, size). It knows no mail rules: those are
the `Doorman`'s. XCLIENT (loopback only) lets the simulated Internet say which address it connects from.
"""

import ipaddress
import logging
import ssl
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from m365_simulator.mail_flow import parameters
from m365_simulator.mail_flow.message import Envelope as MailEnvelope
from m365_simulator.mail_flow.message import Recipient

log = logging.getLogger(__name__)
SIZE_LIMIT = 157_286_400  # octets: what Exchange Online advertises (microsoft-365.md §4.6)
BARE_LINE_FEED = "550 5.6.11 SMTPSEND.BareLinefeedsAreIllegal; message contains bare linefeeds, which cannot be sent"
TOO_BIG = "552 5.3.4 Message size exceeds fixed maximum message size"


@dataclass
class Peer:
    """The client of one session, as far as it is known."""

    ip: str
    helo: str = ""
    tls: str = ""
    certificate_names: tuple[str, ...] = ()
    user: str = ""


@dataclass
class Transaction:
    """One mail transaction being built up."""

    mail_from: str
    mail_parameters: dict[str, str]
    recipients: list[Recipient] = field(default_factory=list)
    chunks: list[bytes] = field(default_factory=list)

    def envelope(self) -> MailEnvelope:
        """The finished envelope."""
        known = self.mail_parameters
        return MailEnvelope(
            mail_from=self.mail_from,
            recipients=tuple(self.recipients),
            body=known.get("BODY", ""),
            smtputf8="SMTPUTF8" in known,
            ret=known.get("RET", ""),
            envid=known.get("ENVID", ""),
        )


class Doorman(Protocol):
    """Decides at each command. An empty answer means: accept with the usual reply."""

    greeting: str
    requires_login: bool

    def on_mail(self, peer: Peer, transaction: Transaction) -> str:
        """Reply to MAIL."""

    def on_rcpt(self, peer: Peer, transaction: Transaction, recipient: Recipient) -> str:
        """Reply to one RCPT."""

    async def on_message(self, peer: Peer, transaction: Transaction, content: bytes) -> str:
        """Reply to the end of the data; the full reply line, never empty. `421 drop` closes without a reply."""

    def authenticate(self, user: str, password: str) -> bool:
        """Whether these credentials are right."""


class _Greeter:
    """aiosmtpd asks its handler what to say to EHLO, and what an unexpected failure is answered with."""

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return server.capabilities(responses) if isinstance(server, Listener) else responses

    async def handle_exception(self, error: Exception) -> str:
        log.error("mail session failed", exc_info=error)
        return "451 4.3.0 Temporary server error. Please try again later"


class Listener(SMTP):
    """One session of a simulated Microsoft or Internet mail host."""

    def __init__(self, doorman: Doorman, hostname: str, context: ssl.SSLContext) -> None:
        super().__init__(
            _Greeter(),
            hostname=hostname,
            ident=doorman.greeting,
            tls_context=context,
            data_size_limit=SIZE_LIMIT,
            enable_SMTPUTF8=True,
            timeout=600,
            authenticator=self._check_login,
            auth_required=False,
        )
        self.doorman = doorman
        self.transaction: Transaction | None = None
        self._claimed_ip = ""

    def _check_login(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        user, password = data.login.decode("utf-8", "replace"), data.password.decode("utf-8", "replace")
        allowed = self.doorman.authenticate(user, password)
        return AuthResult(success=allowed, handled=False, auth_data=user if allowed else None)

    def known(self) -> Session:
        """aiosmtpd's session, which exists as soon as there is a connection."""
        if self.session is None:
            raise RuntimeError("no connection yet")
        return self.session

    def peer(self) -> Peer:
        """What is known of the client now."""
        session = self.known()
        address = self._claimed_ip or str((session.peer or ("127.0.0.1",))[0])
        tls = dict(session.ssl or {})
        return Peer(
            ip=address,
            helo=session.host_name or "",
            tls=_tls_description(tls),
            certificate_names=_certificate_names(tls.get("peercert") or {}),
            user=str(session.auth_data or ""),
        )

    def _set_rset_state(self) -> None:
        super()._set_rset_state()  # type: ignore[no-untyped-call]
        self.transaction = None

    def capabilities(self, responses: list[str]) -> list[str]:
        """Exchange's list of extensions (microsoft-365.md §4.6), STARTTLS and AUTH as aiosmtpd offers them."""
        self.transaction = None
        kept = [line for line in responses[1:-1] if line[4:].split()[0] in {"STARTTLS", "AUTH"}]
        kept = [line for line in kept if self.doorman.requires_login or "AUTH" not in line]
        offered = [f"SIZE {SIZE_LIMIT}", "PIPELINING", "DSN", "ENHANCEDSTATUSCODES"]
        after = ["8BITMIME", "BINARYMIME", "CHUNKING", "SMTPUTF8"]
        lines = [f"250-{self.hostname} Hello [{self.peer().ip}]", *(f"250-{name}" for name in offered)]
        lines += [*kept, *(f"250-{name}" for name in after)]
        return [*lines[:-1], lines[-1].replace("250-", "250 ", 1)]

    async def smtp_XCLIENT(self, arg: str | None) -> None:  # noqa: N802
        """Postfix's XCLIENT with ADDR and nothing else, for programs on this machine."""
        local = ipaddress.ip_address(str((self.known().peer or ("192.0.2.1",))[0])).is_loopback
        address = parameters.keywords((arg or "").split()).get("ADDR", "")
        if not local or not address:
            await self.push("501 5.5.4 Invalid arguments")
            return
        self._claimed_ip = str(ipaddress.ip_address(address))
        await self.push(f"220 {self.hostname} {self.doorman.greeting}")

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        """MAIL with SIZE, BODY, SMTPUTF8, RET and ENVID; the null sender is welcome."""
        if await self.check_helo_needed():
            return
        parsed = parameters.path_and_keywords(arg or "", "FROM:")
        await self._answer(self._mail_reply(parsed))

    def _mail_reply(self, parsed: tuple[str, dict[str, str]] | None) -> str:
        if parsed is None:
            return "501 5.1.7 Invalid address"
        if self.transaction is not None:
            return "503 5.5.2 Sender already specified"
        peer = self.peer()
        if self.doorman.requires_login and not peer.user:
            return "530 5.7.57 Client not authenticated to send mail."
        address, known = parsed
        if known.get("SIZE", "0").isdigit() and int(known.get("SIZE", "0")) > SIZE_LIMIT:
            return TOO_BIG
        transaction = Transaction(address, known)
        refusal = self.doorman.on_mail(peer, transaction)
        if not refusal:
            self.transaction = transaction
        return refusal or "250 2.1.0 Sender OK"

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        """RCPT with NOTIFY and ORCPT."""
        parsed = parameters.path_and_keywords(arg or "", "TO:")
        await self._answer(self._rcpt_reply(parsed))

    def _rcpt_reply(self, parsed: tuple[str, dict[str, str]] | None) -> str:
        if self.transaction is None:
            return "503 5.5.2 Need mail command"
        if parsed is None or not parsed[0]:
            return "501 5.1.3 Invalid address"
        address, known = parsed
        recipient = Recipient(address, known.get("NOTIFY", ""), known.get("ORCPT", ""), address)
        refusal = self.doorman.on_rcpt(self.peer(), self.transaction, recipient)
        if not refusal:
            self.transaction.recipients.append(recipient)
        return refusal or "250 2.1.5 Recipient OK"

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802
        """DATA, read in blocks; only CRLF . CRLF ends it (RFC 5321 §4.1.1.4)."""
        del arg
        if self.transaction is None or not self.transaction.recipients:
            await self.push("503 5.5.2 Need rcpt command")
            return
        await self.push("354 Start mail input; end with <CRLF>.<CRLF>")
        content = await self._read_data()
        if content is None:
            await self._finish(TOO_BIG)
        elif not content.count(b"\n") == content.count(b"\r") == content.count(b"\r\n"):
            await self._finish(BARE_LINE_FEED)
        else:
            await self._deliver(self.transaction, content)

    async def _read_data(self) -> bytes | None:
        """The unstuffed content, or None when it is longer than allowed (it is read to its end either way)."""
        received, overrun = bytearray(b"\r\n"), False
        while True:
            start = max(0, len(received) - 4)
            self._reset_timeout()
            block = await self._reader.read(SIZE_LIMIT)
            received += block
            end = received.find(b"\r\n.\r\n", start)
            if end >= 0:
                break
            if len(received) > SIZE_LIMIT:
                overrun = True
                del received[:-4]
        following = bytes(received[end + 5 :])
        if following:
            self._reader.feed_data(following)  # commands pipelined behind the end of the data
        content = bytes(received[: end + 2]).replace(b"\r\n.", b"\r\n")[2:]
        return None if overrun else content

    async def smtp_BDAT(self, arg: str | None) -> None:  # noqa: N802
        """BDAT (RFC 3030): chunks are taken as they are, binary included."""
        size, _, last = (arg or "").partition(" ")
        if not size.isdigit() or last.upper() not in {"", "LAST"}:
            await self.push("501 5.5.4 Invalid arguments")
            return
        chunk = await self._reader.readexactly(int(size))
        if self.transaction is None or not self.transaction.recipients:
            await self.push("503 5.5.2 Need rcpt command")
            return
        self.transaction.chunks.append(chunk)
        if sum(map(len, self.transaction.chunks)) > SIZE_LIMIT:
            await self._finish(TOO_BIG)
        elif last:
            await self._deliver(self.transaction, b"".join(self.transaction.chunks))
        else:
            await self.push(f"250 2.6.0 CHUNK received OK, {size} octets")

    async def _deliver(self, transaction: Transaction, content: bytes) -> None:
        self._reset_timeout()
        await self._finish(await self.doorman.on_message(self.peer(), transaction, content))

    async def _finish(self, reply: str) -> None:
        self.transaction = None
        await self._answer(reply)

    async def _answer(self, reply: str) -> None:
        if reply.startswith("421 drop"):
            self._writer.close()
            return
        await self.push(reply)


def _tls_description(tls: dict[str, Any]) -> str:
    session = tls.get("ssl_object")
    cipher = tls.get("cipher")
    return f"{session.version()} {cipher[0]}" if session is not None and cipher else ""


def _certificate_names(certificate: dict[str, Any]) -> tuple[str, ...]:
    names = [value for kind, value in certificate.get("subjectAltName", ()) if kind == "DNS"]
    for relative in certificate.get("subject", ()):
        names += [value for kind, value in relative if kind == "commonName"]
    return tuple(dict.fromkeys(name.lower() for name in names))
