"""ARC: the chain of those who handled a message before, verified (RFC 8617). `sealing` carries it on."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lockgate.sender_authentication import canonical, dkim
from lockgate.sender_authentication.canonical import Body, SignedField
from lockgate.sender_authentication.keys import ALGORITHMS, UnusableKey, verify
from lockgate.sender_authentication.resolver import Resolver

MAX_SETS = 50  # RFC 8617 §4.2.1
RESULTS, MESSAGE, SEAL = "arc-authentication-results", "arc-message-signature", "arc-seal"
_INSTANCE = re.compile(rb"^[ \t\r\n]*i[ \t]*=[ \t]*(\d{1,3})[ \t\r\n]*(?:;|$)")
_TIME = re.compile(r"\d{1,12}")

Covered = tuple[bytes, bytes, bytes]  # results, message signature, seal of one set as they stand in the message


@dataclass(frozen=True, slots=True)
class ArcResult:
    """The state of the chain: `none`, `pass` or `fail` (RFC 8617 §4.4), with the sealers from first to last."""

    result: str
    sets: int = 0
    reason: str = ""
    sealers: tuple[str, ...] = ()
    closed: bool = False  # the last seal says cv=fail: nobody may carry the chain on
    undecided: bool = False  # `fail` only because the DNS could not tell a key now


@dataclass(frozen=True, slots=True)
class _Set:
    results: SignedField
    message: SignedField
    message_tags: dict[str, str]
    seal: SignedField
    seal_tags: dict[str, str]


async def evaluate(content: bytes, resolver: Resolver) -> ArcResult:
    """The validation status of the chain (RFC 8617 §5.2). Never raises; a DNS failure is a failed chain."""
    return await status(*canonical.split(content), resolver)


async def status(fields: Sequence[SignedField], body: Body, resolver: Resolver) -> ArcResult:
    """As `evaluate`, of a message that has been split; the body's hash can be used again afterwards."""
    chain = _chain(fields)
    if isinstance(chain, ArcResult):
        return chain
    sealers = tuple(each.seal_tags.get("d", "").lower() for each in chain)
    last = chain[-1]
    signed = {name.strip().lower() for name in last.message_tags.get("h", "").split(":")}
    if SEAL in signed:
        return ArcResult("fail", len(chain), "a message signature covers a seal", sealers)
    result, reason = await dkim.check(last.message_tags, last.message, list(fields), body, resolver)
    if result != "pass":
        reason, undecided = f"message signature {len(chain)}: {reason}", result == "temperror"
        return ArcResult("fail", len(chain), reason, sealers, undecided=undecided)
    for number in range(len(chain), 0, -1):
        if problem := await _seal_problem(chain[:number], resolver):
            reason, undecided = problem
            return ArcResult("fail", len(chain), f"seal {number}: {reason}", sealers, undecided=undecided)
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


async def _seal_problem(chain: list[_Set], resolver: Resolver) -> tuple[str, bool] | None:
    """Why the newest seal of this part of the chain does not hold, and whether only the DNS could not tell."""
    found = chain[-1].seal_tags
    if found["a"] not in ALGORITHMS:
        return "the algorithm is not allowed", False
    signature = dkim.decoded(found["b"])
    if signature is None:
        return "the signature is not base64", False
    key = await dkim.find_key(found, resolver)
    if isinstance(key, str):
        return key, True
    if isinstance(key, UnusableKey):
        return key.reason, False
    covered = [(each.results.raw, each.message.raw, each.seal.raw) for each in chain]
    return None if verify(key.key, signature, covered_text(covered)) else ("the sets before it were changed", False)


def covered_text(sets: Sequence[Covered]) -> bytes:
    """What a seal signs: every set in order, the last seal without its value and without CRLF (RFC 8617 §5.1.1)."""
    *before, last = sets
    lines = [canonical.header(field, relaxed=True) for each in before for field in each]
    lines += [canonical.header(field, relaxed=True) for field in last[:2]]
    lines.append(canonical.header(canonical.without_signature(last[2]), relaxed=True).removesuffix(b"\r\n"))
    return b"".join(lines)


def earlier_sets(fields: Sequence[SignedField]) -> list[Covered]:
    """The sets of a chain that is sound in form, in order; empty for any other."""
    chain = _chain(fields)
    if isinstance(chain, ArcResult):
        return []
    return [(each.results.raw, each.message.raw, each.seal.raw) for each in chain]


def highest_instance(fields: Sequence[SignedField]) -> int:
    """The highest i= of any ARC field, sound or not; 0 without one."""
    return max((_number(field) for field in fields if field.name in (RESULTS, MESSAGE, SEAL)), default=0)
