"""Any mail server that takes mail for us: STARTTLS or TLS from the first byte, verified, with or without a login.

Rule: a password goes over a verified connection only, comes from a file, and is in no message of ours.
"""

import asyncio
import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from lockgate.model.errors import ConfigurationError, PermanentError, TemporaryError

TIMEOUT = 30.0  # seconds for each step of the conversation


class Security(StrEnum):
    """How the connection is protected. NONE is for a server on the same machine."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class SmtpTransport:
    """Implements `ports.Transport`. `authorities` None means the system's."""

    host: str
    port: int
    security: Security
    helo: str
    user: str = ""
    password_file: Path | None = None
    authorities: Path | None = None

    async def send(self, sender: str, recipients: Sequence[str], content: bytes) -> str:
        """See `ports.Transport`."""
        return await asyncio.to_thread(self._send, sender, list(recipients), content)

    def _send(self, sender: str, recipients: list[str], content: bytes) -> str:
        try:
            with self._connected() as server:
                if self.user:
                    server.login(self.user, self._password())
                refused = server.sendmail(sender, recipients, content)
        except smtplib.SMTPAuthenticationError as error:
            raise PermanentError(
                f"{self.host} does not accept the login of notifications.smtp_user ({error.smtp_code})."
            ) from error
        except smtplib.SMTPRecipientsRefused as error:
            raise PermanentError(f"{self.host} refuses all recipients: {_refused(error.recipients)}") from error
        except smtplib.SMTPResponseException as error:
            raise TemporaryError(f"{self.host} answers {error.smtp_code} {_text(error.smtp_error)}") from error
        except ssl.SSLCertVerificationError as error:
            raise PermanentError(
                f"The certificate of {self.host} cannot be verified: {error.verify_message}"
            ) from error
        except (smtplib.SMTPException, OSError) as error:
            raise TemporaryError(f"{self.host}:{self.port} cannot be used: {error or type(error).__name__}") from error
        return f"not taken for {_refused(refused)}" if refused else ""

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context(cafile=str(self.authorities) if self.authorities else None)
        if self.security is Security.TLS:
            return smtplib.SMTP_SSL(self.host, self.port, self.helo, timeout=TIMEOUT, context=context)
        server = smtplib.SMTP(self.host, self.port, self.helo, timeout=TIMEOUT)
        if self.security is Security.STARTTLS:
            try:
                server.starttls(context=context)
            except BaseException:
                server.close()
                raise
        return server

    def _password(self) -> str:
        if self.password_file is None:
            raise ConfigurationError("Set notifications.smtp_password to a file that holds the password.")
        try:
            return self.password_file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigurationError(
                f"The password file {self.password_file} cannot be read: {error.strerror}"
            ) from error


def _refused(found: dict[str, tuple[int, bytes]]) -> str:
    return "; ".join(f"{address} ({code} {_text(text)})" for address, (code, text) in found.items())


def _text(reply: bytes | str) -> str:
    return (reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply)[:200]
