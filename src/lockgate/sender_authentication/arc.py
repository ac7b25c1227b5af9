"""ARC: the chain of those who handled a message before, verified and carried on (RFC 8617)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lockgate.mime.stamping import header_line
from lockgate.sender_authentication import canonical, dkim
from lockgate.sender_authentication.canonical import SignedField
from lockgate.sender_authentication.dkim import Signer
from lockgate.sender_authentication.keys import ALGORITHMS, UnusableKey, algorithm, sign, verify
from lockgate.sender_authentication.resolver import Resolver

MAX_SETS = 50  # RFC 8617 §4.2.1
RESULTS, MESSAGE, SEAL = "arc-authentication-results", "arc-message-signature", "arc-seal"
_INSTANCE = re.compile(rb"^[ \t\r\n]*i[ \t]*=[ \t]*(\d{1,3})[ \t\r\n]*(?:;|$)")
_TIME = re.compile(r"\d{1,12}")
SIGNED = (*dkim.SIGNED, "dkim-signature")


@dataclass(frozen=True, slots=True)
class ArcResult:
    """The state of the chain: `none`, `pass` or `fail` (RFC 8617 §4.4), with the sealers from first to last."""

    result: str
    sets: int = 0
    reason: str = ""
    sealers: tuple[str, ...] = ()
    closed: bool = False  # the last seal says cv=fail: nobody may carry the chain on


@dataclass(frozen=True, slots=True)
class _Set:
    results: SignedField
    message: SignedField
    message_tags: dict[str, str]
    seal: SignedField
    seal_tags: dict[str, str]


async def evaluate(content: bytes, resolver: Resolver) -> ArcResult:
    """The validation status of the chain (RFC 8617 §5.2). Never raises; a DNS failure is a failed chain."""
    fields, body = canonical.split(content)
    chain = _chain(fields)
    if isinstance(chain, ArcResult):
        return chain
    sealers = tuple(each.seal_tags.get("d", "").lower() for each in chain)
    last = chain[-1]
    signed = {name.strip().lower() for name in last.message_tags.get("h", "").split(":")}
    if SEAL in signed:
        return ArcResult("fail", len(chain), "a message signature covers a seal", sealers)
    result, reason = await dkim.check(last.message_tags, last.message, fields, body, resolver)
    if result != "pass":
        return ArcResult("fail", len(chain), f"message signature {len(chain)}: {reason}", sealers)
    for number in range(len(chain), 0, -1):
        if reason := await _seal_problem(chain[:number], resolver):
            return ArcResult("fail", len(chain), f"seal {number}: {reason}", sealers)
    return ArcResult("pass", len(chain), "", sealers)


def _chain(fields: Sequence[SignedField]) -> list[_Set] | ArcResult:
    """The sets in order, or the result when there is no sound chain (RFC 8617 §5.2 steps 1 to 3)."""
    found = {name: [field for field in fields if field.name == name] for name in (RESULTS, MESSAGE, SEAL)}
    count = max(len(each) for each in found.values())
    if count == 0:
        return ArcResult("none")
    if count > MAX_SETS or any(len(each) != count for each in found.values()):
        return ArcResult("fail", count, "the sets are not complete", closed=_is_closed(found[SEAL]))
    ordered = {name: _in_order(each) for name, each in found.items()}
    chain: list[_Set] = []
    for number in range(count):
        row = [ordered[name].get(number + 1) for name in (RESULTS, MESSAGE, SEAL)]
        made = _set(row)
        if made is None or made.seal_tags.get("cv", "").lower() != ("none" if number == 0 else "pass"):
            return ArcResult("fail", count, f"set {number + 1} is not sound", closed=_is_closed(found[SEAL]))
        chain.append(made)
    return chain


def _is_closed(seals: list[SignedField]) -> bool:
    """Whether the seal with the highest number says that the chain had failed before it."""
    numbered = [(number, canonical.tags(seal.value) or {}) for number, seal in _in_order(seals).items()]
    return bool(numbered) and max(numbered, key=lambda each: each[0])[1].get("cv", "").lower() == "fail"


def _in_order(fields: list[SignedField]) -> dict[int, SignedField]:
    numbered: dict[int, SignedField] = {}
    for field in fields:
        number = _number(field)
        numbered[0 if number in numbered else number] = field
    return numbered


def _number(field: SignedField) -> int:
    """The instance; 0 when it cannot be read, which no sound chain has."""
    found = _INSTANCE.match(field.value)
    if found is not None:
        return int(found.group(1))
    text = (canonical.tags(field.value) or {}).get("i", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0


def _set(row: list[SignedField | None]) -> _Set | None:
    results, message, seal = row
    if results is None or message is None or seal is None:
        return None
    message_tags, seal_tags = canonical.tags(message.value), canonical.tags(seal.value)
    if message_tags is None or seal_tags is None or "h" in seal_tags:
        return None
    timed = all(_TIME.fullmatch(each["t"]) for each in (message_tags, seal_tags) if "t" in each)
    complete = all(seal_tags.get(name) for name in ("a", "b", "d", "s", "cv")) and timed
    return _Set(results, message, message_tags, seal, seal_tags) if complete else None


async def _seal_problem(chain: list[_Set], resolver: Resolver) -> str:
    """Why the newest seal of this part of the chain does not hold; empty when it does."""
    found = chain[-1].seal_tags
    if found["a"] not in ALGORITHMS:
        return "the algorithm is not allowed"
    signature = dkim.decoded(found["b"])
    if signature is None:
        return "the signature is not base64"
    key = await dkim.find_key(found, resolver)
    if isinstance(key, str):
        return key
    if isinstance(key, UnusableKey):
        return key.reason
    covered = [(each.results.raw, each.message.raw, each.seal.raw) for each in chain]
    return "" if verify(key.key, signature, _covered(covered)) else "the sets before it were changed"


def _covered(sets: Sequence[tuple[bytes, bytes, bytes]]) -> bytes:
    """What a seal signs: every set in order, the last seal without its value and without CRLF (RFC 8617 §5.1.1)."""
    *before, last = sets
    lines = [canonical.header(field, relaxed=True) for each in before for field in each]
    lines += [canonical.header(field, relaxed=True) for field in last[:2]]
    lines.append(canonical.header(canonical.without_signature(last[2]), relaxed=True).removesuffix(b"\r\n"))
    return b"".join(lines)


def seal(
    chunks: Iterable[bytes | memoryview],
    sealer: Signer,
    authserv_id: str,
    results: str,
    chain: ArcResult,
    timestamp: int,
) -> list[bytes]:
    """The three fields to put in front: seal, message signature, results (RFC 8617 §5.1). Top to bottom.

    `chain` is what `evaluate` said about these bytes as received; `results` is the part of an Authentication-Results
    behind the authserv-id. Empty when the chain is closed or full, since nobody may then add to it (§5.1.2). Raises
    InvalidInput when `results` or `authserv_id` cannot stand in a header.
    """
    number = chain.sets + 1
    if chain.closed or number > MAX_SETS:
        return []
    fields, body = canonical.split(b"".join(chunks))
    verdict = header_line("ARC-Authentication-Results", f"i={number}; {authserv_id}; {results}")
    tags = [("i", str(number)), ("a", algorithm(sealer.key)), ("c", "relaxed/relaxed"), ("d", sealer.domain),
            ("s", sealer.selector), ("t", str(timestamp))]  # fmt: skip
    names = dkim.signed_names(fields, SIGNED)
    message = dkim.signature_field("ARC-Message-Signature", tags, fields, body, names, sealer.key)
    seal_tags = [("i", str(number)), ("a", algorithm(sealer.key)), ("t", str(timestamp)), ("cv", chain.result),
                 ("d", sealer.domain), ("s", sealer.selector), ("b", "")]  # fmt: skip
    unsigned = dkim.folded("ARC-Seal", seal_tags)
    earlier = [] if chain.result == "fail" else _earlier(fields)
    data = _covered([*earlier, (verdict, message, unsigned + b"\r\n")])
    return [unsigned + dkim.broken(sign(sealer.key, data)) + b"\r\n", message, verdict]


def _earlier(fields: Sequence[SignedField]) -> list[tuple[bytes, bytes, bytes]]:
    """The sets that are there. A failed chain is sealed alone (RFC 8617 §5.1.2)."""
    chain = _chain(fields)
    return (
        [] if isinstance(chain, ArcResult) else [(each.results.raw, each.message.raw, each.seal.raw) for each in chain]
    )
