"""DKIM signatures (RFC 6376) and ARC sets (RFC 8617) that the simulated hosts make.

rsa-sha256 with relaxed/relaxed canonicalisation only. Written here instead of with dkimpy because signing with
its Python arithmetic would hold up the event loop for tens of milliseconds; the tests verify with dkimpy.
"""

import base64
import hashlib
import re
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from m365_simulator.mail_flow.authentication import instance, tag
from m365_simulator.mail_flow.headers import HeaderBlock, field_name
from m365_simulator.world import World

SIGNED = ("from", "to", "cc", "date", "subject", "message-id", "content-type", "mime-version")
ARC_DOMAIN, ARC_SELECTOR = "microsoft.com", "arcselector10001"
MAX_SETS = 50
_WHITE = re.compile(rb"[ \t]+")


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True)
class Signer:
    """One RSA key for every domain of the simulation; its public half is published where it is used."""

    key: rsa.RSAPrivateKey = field(default_factory=_new_key)

    def publish(self, world: World, domain: str, selector: str) -> None:
        """Put the key record into the simulated DNS."""
        public = self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        record = "v=DKIM1; k=rsa; p=" + base64.b64encode(public).decode()
        world.dns[(f"{selector}._domainkey.{domain}".lower(), "TXT")] = [record]

    def dkim_signature(self, content: bytes, domain: str, selector: str, timestamp: int) -> str:
        """The value of a DKIM-Signature field for this content."""
        block = HeaderBlock(content)
        signed = _present(block)
        value = (
            f"v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain};\r\n s={selector}; t={timestamp};\r\n"
            f" h={':'.join(signed)};\r\n bh={body_hash(block.rest)};\r\n b="
        )
        return value + self._signature(_canonical(block, signed), "dkim-signature", value)

    def seal(self, content: bytes, authentication_results: str, chain_state: str, timestamp: int) -> bytes:
        """The content with one more ARC set on top, by the simulated microsoft.com."""
        block = HeaderBlock(content)
        number = 1 + max((instance(seal) for seal in block.all("ARC-Seal")), default=0)
        if number > MAX_SETS or any(tag(one, "cv") == "fail" for one in block.all("ARC-Seal")):
            return content  # RFC 8617 §5.1.2: a failed chain is not continued
        state = chain_state if number > 1 else "none"
        signed = _present(block)
        where = f"d={ARC_DOMAIN}; s={ARC_SELECTOR}; t={timestamp};"
        message = (
            f"i={number}; a=rsa-sha256; c=relaxed/relaxed; {where}\r\n"
            f" h={':'.join(signed)};\r\n bh={body_hash(block.rest)};\r\n b="
        )
        message += self._signature(_canonical(block, signed), "arc-message-signature", message)
        results = f"i={number}; mx.microsoft.com 1; {authentication_results}"
        block.prepend("ARC-Authentication-Results", results)
        block.prepend("ARC-Message-Signature", message)
        seal = f"i={number}; a=rsa-sha256; {where} cv={state};\r\n b="
        chain = _arc_chain(block, 1 if state != "fail" else number)
        block.prepend("ARC-Seal", seal + self._signature(chain, "arc-seal", seal))
        return block.content()

    def _signature(self, header: bytes, name: str, value: str) -> str:
        unsigned = relaxed(f"{name}: {value}".encode("utf-8", "surrogateescape"))
        signature = self.key.sign(header + unsigned, padding.PKCS1v15(), hashes.SHA256())
        text = base64.b64encode(signature).decode()
        return "\r\n ".join(text[place : place + 72] for place in range(0, len(text), 72))


def _present(block: HeaderBlock) -> list[str]:
    names = [field_name(raw) for raw in block.fields]
    return [name for name in SIGNED for _ in range(names.count(name))]


def _canonical(block: HeaderBlock, signed: list[str]) -> bytes:
    """Fields of the same name are taken from the bottom up (RFC 6376 §5.4.2)."""
    remaining: dict[str, list[bytes]] = {}
    for raw in block.fields:
        remaining.setdefault(field_name(raw), []).append(raw)
    return b"".join(relaxed(remaining[name].pop()) + b"\r\n" for name in signed)


def _arc_chain(block: HeaderBlock, first: int) -> bytes:
    """The fields that a seal covers, by instance: results, message signature, seal (RFC 8617 §5.1.1)."""
    order = ("arc-authentication-results", "arc-message-signature", "arc-seal")
    found: dict[tuple[int, int], bytes] = {}
    for raw in block.fields:
        if field_name(raw) in order:
            value = raw.partition(b":")[2].decode("utf-8", "replace")
            found[(instance(value.replace("\r\n", "")), order.index(field_name(raw)))] = raw
    return b"".join(relaxed(found[key]) + b"\r\n" for key in sorted(found) if key[0] >= first)


def relaxed(raw: bytes) -> bytes:
    """One field in relaxed form without its final CRLF (RFC 6376 §3.4.2)."""
    name, _, value = raw.partition(b":")
    return name.strip().lower() + b":" + _WHITE.sub(b" ", value.replace(b"\r\n", b"")).strip()


def body_hash(rest: bytes) -> str:
    """The bh= value of a body in relaxed form (RFC 6376 §3.4.4); `rest` starts with the blank line."""
    body = rest[2:] if rest.startswith(b"\r\n") else rest
    lines = re.sub(rb"[ \t]+(?=\r\n|\Z)", b"", _WHITE.sub(b" ", body))
    while lines.endswith(b"\r\n"):
        lines = lines[:-2]
    return base64.b64encode(hashlib.sha256(lines + b"\r\n" if lines else b"").digest()).decode()
