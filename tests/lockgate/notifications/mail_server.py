"""A mail server for submissions, of other hands than ours (aiosmtpd): TLS or STARTTLS, login, and a will of its own."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tools.ports import free_port

USER, PASSWORD = "lockgate", "gate of reeds"


@dataclass
class MailServer:
    """What it was given, and what it answers next."""

    authority: Path
    port: int
    came: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)  # instead of taking the next messages

    @property
    def messages(self) -> list[EmailMessage]:
        return [message_from_bytes(content, policy=default) for _, _, content in self.came]

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody@"):
            return "550 5.1.1 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        if self.answers:
            return self.answers.pop(0)
        content = envelope.content
        assert isinstance(content, bytes) and envelope.mail_from
        self.came.append((envelope.mail_from, envelope.rcpt_tos, content))
        return "250 taken"

    def authenticate(self, *arguments: Any) -> AuthResult:
        login = arguments[4]
        good = isinstance(login, LoginPassword) and (login.login, login.password) == (
            USER.encode(), PASSWORD.encode()
        )  # fmt: skip
        return AuthResult(success=good, handled=False)


@contextmanager
def mail_server(folder: Path, *, tls: bool = False, login: bool = True) -> Iterator[MailServer]:
    """Runs until the block ends; `tls` speaks TLS from the first byte, otherwise STARTTLS is required."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "mail-authority.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    server = MailServer(folder / "mail-authority.pem", free_port())
    options: dict[str, Any] = {"auth_required": login, "authenticator": server.authenticate}
    if tls:
        options |= {"ssl_context": context, "auth_require_tls": False}
    else:
        options |= {"tls_context": context, "require_starttls": True}
    controller = Controller(server, hostname="127.0.0.1", port=server.port, **options)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
