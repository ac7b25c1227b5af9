"""TLS contexts for both directions, and the facts about a peer that a finished handshake proves.

The rule: TLS 1.2 at least, and a name counts only from a certificate that was verified against a given bundle.
"""

import hashlib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True)
class TlsFacts:
    """What the handshake proved. Without a verified certificate of the peer the names are empty."""

    protocol: str
    cipher: str
    common_name: str = ""
    dns_names: tuple[str, ...] = ()
    fingerprint: str = ""
    """SHA-256 of the peer's certificate, hexadecimal."""

    @property
    def certified(self) -> bool:
        """True when the peer presented a certificate that the bundle vouches for."""
        return bool(self.fingerprint)


@dataclass(frozen=True, slots=True)
class Identity:
    """Our certificate chain and private key, both PEM files."""

    certificate: Path
    key: Path


def server_context(
    identity: Identity, client_authorities: Path | None, others: Mapping[str, Identity] | None = None
) -> ssl.SSLContext:
    """The listener's context. With `client_authorities` (PEM bundle) a client certificate is asked for and verified.

    A client without a certificate is let in uncertified; one with a certificate that the bundle does not vouch
    for fails the handshake. No session tickets: every connection proves its certificate anew. Who asks for one of the
    names in `others` (server name indication, RFC 6066 §3) is shown that certificate.
    """
    context = _server_context(identity, client_authorities)
    if others:
        by_name = {name.lower(): _server_context(one, client_authorities) for name, one in others.items()}
        context.sni_callback = _shown(by_name)
    return context


def _shown(by_name: Mapping[str, ssl.SSLContext]) -> Callable[[ssl.SSLObject, str | None, ssl.SSLContext], int | None]:
    def choose(connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> int | None:
        if name is not None and (found := by_name.get(name.lower())) is not None:
            connection.context = found
        return None  # go on with the handshake

    return choose


def _server_context(identity: Identity, client_authorities: Path | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.num_tickets = 0
    context.load_cert_chain(identity.certificate, identity.key)
    if client_authorities is not None:
        context.load_verify_locations(client_authorities)
        context.verify_mode = ssl.CERT_OPTIONAL
    return context


def client_context(identity: Identity | None, authorities: Path | None) -> ssl.SSLContext:
    """Context for next hops: server name and chain verified; `authorities` None means the system's bundle."""
    context = ssl.create_default_context(
        ssl.Purpose.SERVER_AUTH, cafile=str(authorities) if authorities is not None else None
    )
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if identity is not None:
        context.load_cert_chain(identity.certificate, identity.key)
    return context


def opportunistic_context() -> ssl.SSLContext:
    """Encrypts without asking who is there (RFC 7435): for next hops whose policy is TLS when offered."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def facts(ssl_object: ssl.SSLObject | ssl.SSLSocket) -> TlsFacts:
    """Read what a finished handshake proved about the peer."""
    protocol = ssl_object.version() or ""
    cipher = (ssl_object.cipher() or ("", "", 0))[0]
    # Empty unless the certificate was verified: Python fills it only under CERT_OPTIONAL and CERT_REQUIRED.
    names = ssl_object.getpeercert()
    octets = ssl_object.getpeercert(binary_form=True)
    if not names or octets is None:
        return TlsFacts(protocol, cipher)
    certificate = x509.load_der_x509_certificate(octets)
    common_names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return TlsFacts(
        protocol,
        cipher,
        # The last CN is the most specific one (RFC 6125 §2.2).
        str(common_names[-1].value) if common_names else "",
        _dns_names(certificate),
        hashlib.sha256(octets).hexdigest(),
    )


def _dns_names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(names.get_values_for_type(x509.DNSName))
