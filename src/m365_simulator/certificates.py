"""The simulation's certificate authority: every TLS certificate of the simulated world comes from here.

The authority is kept in `Settings.directory` (`ca.pem`, `ca.key`) and taken up again at the next start, so that
whoever trusts `ca.pem` keeps trusting it. Leaf certificates are made anew per start and per set of names.
"""

import ipaddress
import os
import ssl
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from m365_simulator.world import Clock

VALID_FOR = timedelta(days=365)


class Certificates:
    """The authority and what it issued. `ca_path` is what others are told to trust."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._leaves = directory / "issued"
        self._leaves.mkdir(exist_ok=True)
        self.ca_path = directory / "ca.pem"
        self._key_path = directory / "ca.key"
        self._clock = Clock()
        self._issued: dict[tuple[str, ...], tuple[Path, Path]] = {}
        if not (self.ca_path.exists() and self._key_path.exists()):
            self._create_authority()
        self._authority = x509.load_pem_x509_certificate(self.ca_path.read_bytes())
        key = serialization.load_pem_private_key(self._key_path.read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{self._key_path} does not hold an elliptic-curve key")
        self._key = key

    def issue(self, names: Sequence[str]) -> tuple[Path, Path]:
        """Certificate (with the authority behind it) and key for these DNS names or addresses, first = subject.

        Good for both ends of TLS. Asked again for the same names, it answers the same files.
        """
        wanted = tuple(names)
        if wanted not in self._issued:
            key = ec.generate_private_key(ec.SECP256R1())
            chain = self.sign(wanted, key.public_key())
            stem = f"{len(self._issued):03d}-" + wanted[0].replace("*", "_").replace(":", "_")
            paths = (self._leaves / f"{stem}.pem", self._leaves / f"{stem}.key")
            paths[0].write_bytes(chain)
            _write_private(paths[1], _key_pem(key))
            self._issued[wanted] = paths
        return self._issued[wanted]

    def sign(self, names: Sequence[str], public_key: CertificateIssuerPublicKeyTypes) -> bytes:
        """A PEM chain (leaf, authority) for somebody's own public key."""
        now = self._clock.now()
        leaf = (
            x509.CertificateBuilder()
            .subject_name(_name(names[0]))
            .issuer_name(self._authority.subject)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + VALID_FOR)
            .add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
                critical=False,
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return leaf.public_bytes(serialization.Encoding.PEM) + self.ca_path.read_bytes()

    def server_context(self, names: Sequence[str], *, ask_client: bool = False) -> ssl.SSLContext:
        """A TLS server context. `ask_client` asks for a client certificate without insisting on one."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(*self.issue(names))
        if ask_client:
            context.load_verify_locations(self.ca_path)
            context.verify_mode = ssl.CERT_OPTIONAL
        return context

    def client_context(self, names: Sequence[str] = ()) -> ssl.SSLContext:
        """A TLS client context that trusts this authority and presents a certificate for `names`, if any."""
        context = ssl.create_default_context(cafile=str(self.ca_path))
        if names:
            context.load_cert_chain(*self.issue(names))
        return context

    def _create_authority(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        now = self._clock.now()
        name = _name("Simulated Microsoft 365 authority")
        authority = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + 10 * VALID_FOR)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_authority_usage(), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        _write_private(self._key_path, _key_pem(key))
        self.ca_path.write_bytes(authority.public_bytes(serialization.Encoding.PEM))


def _authority_usage() -> x509.KeyUsage:
    off = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return x509.KeyUsage(digital_signature=True, key_cert_sign=True, crl_sign=True, **off)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write_private(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
