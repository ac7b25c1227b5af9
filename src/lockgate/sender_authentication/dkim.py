"""DKIM signatures evaluated and made (RFC 6376 with RFC 8301 and RFC 8463)."""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from lockgate.model.errors import TemporaryError
from lockgate.sender_authentication import canonical
from lockgate.sender_authentication.canonical import Body, SignedField, squeezed
from lockgate.sender_authentication.keys import (
    ALGORITHMS,
    KeyRecord,
    PrivateKey,
    UnusableKey,
    algorithm,
    read_key,
    sign,
    verify,
)
from lockgate.sender_authentication.resolver import Resolver

MAX_SIGNATURES = 8  # that are evaluated; more are an attack on our DNS
SKEW = 600  # seconds that a signer's clock may be ahead
# RFC 6376 §5.4.1, and what could be added to mislead a reader. Named once more than present: none can be added.
SIGNED = ("from", "to", "cc", "subject", "date", "message-id", "reply-to", "in-reply-to", "references",
          "mime-version", "content-type", "content-transfer-encoding", "list-unsubscribe")  # fmt: skip


@dataclass(frozen=True, slots=True)
class DkimResult:
    """One signature. `result` is a word of RFC 8601 §2.7.1."""

    result: str
    domain: str = ""
    selector: str = ""
    reason: str = ""
    partial_body: bool = False  # l= leaves a part of the body unsigned


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs and with what."""

    domain: str
    selector: str
    key: PrivateKey


async def evaluate(content: bytes, resolver: Resolver, now: float) -> tuple[DkimResult, ...]:
    """Every signature of the message, topmost first; empty when it has none. `now` is in seconds since 1970."""
    fields, body = canonical.split(content)
    signatures = [field for field in fields if field.name == "dkim-signature"][:MAX_SIGNATURES]
    return tuple([await _evaluate(each, fields, body, resolver, now) for each in signatures])


async def _evaluate(
    field: SignedField, fields: Sequence[SignedField], body: Body, resolver: Resolver, now: float
) -> DkimResult:
    found = canonical.tags(field.value)
    if found is None:
        return DkimResult("permerror", reason="the signature is malformed")
    domain, selector = found.get("d", "").lower(), found.get("s", "")
    if problem := _problem(found, now):
        return DkimResult("permerror", domain, selector, problem)
    result, reason = await check(found, field, list(fields), body, resolver)
    partial = "l" in found and int(found["l"]) < len(body.canonical(relaxed=_relaxed(found)[1]))
    return DkimResult(result, domain, selector, reason, partial)


def _problem(found: dict[str, str], now: float) -> str:
    """What RFC 6376 §6.1.1 refuses before any DNS is asked; empty when nothing."""
    if found.get("v") != "1":
        return "the version is not 1"
    names = [name.strip().lower() for name in found.get("h", "").split(":")]
    if "from" not in names:
        return "From is not signed"
    identity = found.get("i", "@" + found.get("d", "")).rpartition("@")[2].lower()
    domain = found.get("d", "").lower()
    if identity != domain and not identity.endswith("." + domain):
        return "the identity is not of the signing domain"
    if "dns/txt" not in {each.strip() for each in found.get("q", "dns/txt").split(":")}:
        return "the key is to be asked for in an unknown way"
    for name in ("t", "x", "l"):
        if name in found and not (found[name].isascii() and found[name].isdigit() and len(found[name]) <= 76):
            return f"{name}= is not a number"
    if "x" in found and (int(found["x"]) < now or int(found["x"]) < int(found.get("t", "0"))):
        return "the signature has expired"
    if "t" in found and int(found["t"]) > now + SKEW:
        return "the signature is of the future"
    return ""


async def check(
    found: dict[str, str], field: SignedField, fields: list[SignedField], body: Body, resolver: Resolver
) -> tuple[str, str]:
    """The signature itself: what DKIM-Signature and ARC-Message-Signature share. (result, reason)"""
    missing = [name for name in ("a", "b", "bh", "d", "h", "s") if not found.get(name)]
    if missing:
        return "permerror", f"{missing[0]}= is missing"
    if found["a"] not in ALGORITHMS:
        return "permerror", f"the algorithm {found['a'][:20]} is not allowed"
    header_relaxed, body_relaxed = _relaxed(found)
    if not _known_form(found.get("c", "simple/simple")):
        return "permerror", "the canonicalisation is unknown"
    digest = body.digest(relaxed=body_relaxed) if "l" not in found else _begun(found["l"], body, relaxed=body_relaxed)
    if digest is None:
        return "permerror", "l= is larger than the body"
    wanted, signature = decoded(found["bh"]), decoded(found["b"])
    if wanted is None or signature is None:
        return "permerror", "the signature is not base64"
    if digest != wanted:
        return "fail", "the body was changed"
    key = await find_key(found, resolver)
    if isinstance(key, str):
        return "temperror", key
    if isinstance(key, UnusableKey):
        return "permerror", key.reason
    names = [name.strip().lower() for name in found["h"].split(":")]
    others = [each for each in fields if each is not field]
    chosen = [canonical.header(each, relaxed=header_relaxed) for each in canonical.choose(others, names)]
    own = canonical.header(canonical.without_signature(field.raw), relaxed=header_relaxed).removesuffix(b"\r\n")
    good = verify(key.key, signature, b"".join((*chosen, own)))
    return ("pass", "") if good else ("fail", "the header was changed, or the key is another's")


def _begun(length: str, body: Body, *, relaxed: bool) -> bytes | None:
    """The hash of as much of the body as l= says; None when it is not that long."""
    text = body.canonical(relaxed=relaxed)
    return hashlib.sha256(text[: int(length)]).digest() if length.isdigit() and int(length) <= len(text) else None


async def find_key(found: dict[str, str], resolver: Resolver) -> KeyRecord | UnusableKey | str:
    """The key that d= and s= name and that may make this signature; text when the DNS could not tell."""
    try:
        records = await resolver.txt(f"{found['s']}._domainkey.{found['d']}")
    except TemporaryError:
        return "the key could not be looked up"
    if not records:
        return UnusableKey("no key is published")
    read = [read_key(record) for record in records[:5]]
    key = next((each for each in read if isinstance(each, KeyRecord)), read[0])
    if isinstance(key, UnusableKey):
        return key
    if key.kind != ALGORITHMS[found["a"]]:
        return UnusableKey("the key is of another type")
    if key.hash_names and "sha256" not in key.hash_names:
        return UnusableKey("the key does not allow sha256")
    if key.strict_identity and "i" in found and found["i"].rpartition("@")[2].lower() != found["d"].lower():
        return UnusableKey("the key does not allow subdomains")
    return key


def _relaxed(found: dict[str, str]) -> tuple[bool, bool]:
    head, _, tail = found.get("c", "simple/simple").partition("/")
    return head == "relaxed", tail == "relaxed"


def _known_form(value: str) -> bool:
    return all(part in {"simple", "relaxed"} for part in value.split("/")) and value.count("/") <= 1


def decoded(value: str) -> bytes | None:
    """A folded base64 value, or None when it is none."""
    try:
        return base64.b64decode(squeezed(value), validate=True)
    except (binascii.Error, ValueError):
        return None


def sign_message(content: bytes, signer: Signer, timestamp: int) -> bytes:
    """A DKIM-Signature field to put in front (relaxed/relaxed; From and Subject cannot be added to)."""
    fields, body = canonical.split(content)
    names = signed_names(fields, SIGNED)
    tags = [("v", "1"), ("a", algorithm(signer.key)), ("c", "relaxed/relaxed"), ("d", signer.domain),
            ("s", signer.selector), ("t", str(timestamp))]  # fmt: skip
    return signature_field("DKIM-Signature", tags, fields, body, names, signer.key)


def signed_names(fields: Sequence[SignedField], wanted: Sequence[str]) -> list[str]:
    """Every instance of the wanted fields, and one more of those that must not be added."""
    names: list[str] = []
    for name in wanted:
        count = sum(1 for field in fields if field.name == name)
        names += [name] * (count + (1 if name in {"from", "subject", "reply-to"} else 0))
    return names


def signature_field(
    name: str, tags: list[tuple[str, str]], fields: list[SignedField], body: Body, names: list[str], key: PrivateKey
) -> bytes:
    """A folded signature field over these fields and this body, both relaxed."""
    digest = base64.b64encode(body.digest(relaxed=True)).decode("ascii")
    listed = [*tags, ("h", ":".join(names)), ("bh", digest)]
    unsigned = folded(name, [*listed, ("b", "")])
    chosen = [canonical.header(each, relaxed=True) for each in canonical.choose(fields, names)]
    own = canonical.header(unsigned + b"\r\n", relaxed=True).removesuffix(b"\r\n")
    return unsigned + broken(sign(key, b"".join((*chosen, own)))) + b"\r\n"


def folded(name: str, tags: list[tuple[str, str]]) -> bytes:
    """`Name: a=..; b=` in short lines, ready for the signature to follow."""
    lines = [f"{name}:"]
    for index, (tag, value) in enumerate(tags):
        end = ";" if index + 1 < len(tags) else ""
        pieces = value.replace(":", ": ").split(" ") if tag == "h" else [value]
        for number, piece in enumerate(pieces):
            text = (f"{tag}=" if number == 0 else "") + piece + (end if number + 1 == len(pieces) else "")
            if len(lines[-1]) + 1 + len(text) > 76:
                lines.append("\t" + text)
            else:
                lines[-1] += (" " if number == 0 else "") + text
    return "\r\n".join(lines).encode("ascii")


def broken(signature: bytes) -> bytes:
    """A signature as base64 in short lines."""
    text = base64.b64encode(signature)
    return b"".join(b"\r\n\t" + text[at : at + 72] for at in range(0, len(text), 72))
