"""TLS contexts for both directions, and the facts about a peer that a finished handshake proves.

The rule: TLS 1.2 at least, and a name counts only from a certificate that was verified against a given bundle.
"""

import ssl
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class TlsFacts:
    """What the handshake proved. Without a verified client certificate the names are empty."""

    protocol: str
    cipher: str
    common_name: str = ""
    dns_names: tuple[str, ...] = ()
    fingerprint: str = ""

    @property
    def certified(self) -> bool:
        """True when the peer presented a certificate that the bundle vouches for."""
        return bool(self.fingerprint)


@dataclass(frozen=True, slots=True)
class Identity:
    """Our certificate chain and private key, both PEM files."""

    certificate: Path
    key: Path


def server_context(identity: Identity, client_authorities: Path | None) -> ssl.SSLContext:
    """The listener's context. With `client_authorities` (PEM bundle) a client certificate is asked for and verified."""
    raise NotImplementedError


def client_context(identity: Identity | None, authorities: Path | None) -> ssl.SSLContext:
    """Context for next hops: server name and chain verified; `authorities` None means the system's bundle."""
    raise NotImplementedError


def facts(ssl_object: ssl.SSLObject) -> TlsFacts:
    """Read what a finished handshake proved about the peer."""
    raise NotImplementedError
