"""Mail that must not be touched: S/MIME signed with a real key and certificate, and PGP/MIME encrypted (RFC 3156).

The PGP part has the packets of a real message (RFC 9580 §4, §5.1, §5.13) with random bytes where the ciphertext stands;
without the key nobody can tell it from another.
"""

import datetime
import random

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

from lockgate.model.clock import system_clock
from tools.demo.messages.letters import Part, folded, multipart


def smime_signed(part: Part, address: str) -> Part:
    """`part` with a detached signature in the name of `address` (RFC 8551 §3.5.3)."""
    certificate, key = _identity(address)
    signature = (
        pkcs7.PKCS7SignatureBuilder()
        .set_data(part.wire())
        .add_signer(certificate, key, hashes.SHA256())
        .sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary])
    )
    header = (
        'Content-Type: application/pkcs7-signature; name="smime.p7s"',
        "Content-Transfer-Encoding: base64",
        'Content-Disposition: attachment; filename="smime.p7s"',
    )
    parameters = ('protocol="application/pkcs7-signature"', "micalg=sha-256")
    return multipart("signed", [part, Part(header, folded(signature))], *parameters)


def pgp_encrypted(size: int) -> Part:
    """An encrypted message of about `size` bytes."""
    noise = random.Random(11).randbytes
    session_key = (
        bytes([3]) + noise(8) + bytes([1]) + (2047).to_bytes(2, "big") + bytes([noise(1)[0] & 0x7F]) + noise(255)
    )
    packets = _packet(1, session_key) + _packet(18, bytes([1]) + noise(size))
    control = Part(
        ("Content-Type: application/pgp-encrypted", "Content-Description: PGP/MIME version"), b"Version: 1\r\n"
    )
    header = (
        'Content-Type: application/octet-stream; name="encrypted.asc"',
        'Content-Disposition: inline; filename="encrypted.asc"',
    )
    return multipart("encrypted", [control, Part(header, _armoured(packets))], 'protocol="application/pgp-encrypted"')


def _identity(address: str) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
    now = system_clock()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.RFC822Name(address)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate, key


def _packet(tag: int, body: bytes) -> bytes:
    """A packet with a five-octet length (RFC 9580 §4.2.1.3)."""
    return bytes([0xC0 | tag, 0xFF]) + len(body).to_bytes(4, "big") + body


def _armoured(packets: bytes) -> bytes:
    """ASCII armour with its CRC-24 (RFC 9580 §6)."""
    check = 0xB704CE
    for octet in packets:
        check ^= octet << 16
        for _ in range(8):
            check = (check << 1) ^ (0x1864CFB if check & 0x800000 else 0)
    tail = b"=" + folded(check.to_bytes(3, "big"))
    return b"-----BEGIN PGP MESSAGE-----\r\n\r\n" + folded(packets) + tail + b"-----END PGP MESSAGE-----\r\n"
