"""What goes back is sealed copy by copy; what hinders a seal never hinders the mail."""

import asyncio
from collections.abc import Sequence

import dkim as dkimpy
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from lockgate.bootstrap.quarantine import TenantDelivery
from lockgate.gateway import sealing as sealing_module
from lockgate.gateway.copies import Copies
from lockgate.gateway.relay import Relay
from lockgate.gateway.sealing import ArcSealing, Sealed
from lockgate.lookups.next_hops import FixedNextHop
from lockgate.model.custody import Held
from lockgate.model.decision import Changes
from lockgate.model.envelope import Direction
from lockgate.model.findings import Verdict
from lockgate.sender_authentication.keys import public_record
from lockgate.sender_authentication.sealing import Sealer
from lockgate.smtp.delivery import NextHop
from tests.lockgate.gateway.stand_ins import NOW, TENANT_ID, OneTenant, ScriptedNextHop, arrival
from tests.lockgate.sender_authentication.zone import Zone

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
RECORD = public_record(KEY).encode()
SEALER = Sealer("gate.example", "s1", KEY, "gw.gate.example")
DOOR = b"Received: from mail.example.com (192.0.2.1) by A.mail.protection.outlook.com (10.1.2.3); x\r\n"
RESULTS = b"Authentication-Results: spf=pass (sender IP is 192.0.2.1); dmarc=pass; compauth=pass reason=100\r\n"
AUTHOR = b"From: a@outside.example\r\nSubject: x\r\n"
MESSAGE = RESULTS + DOOR + AUTHOR + b"\r\nbody\r\n"
TAGGED, PLAIN = Changes(subject_prefix="[X]"), Changes()
CHANGED = MESSAGE.replace(b"Subject: x", b"Subject: [X] x")


class Silent(Zone):
    """A resolver that never answers."""

    async def txt(self, name: str) -> Sequence[bytes]:
        await asyncio.Event().wait()
        return ()


def arc_sealing(resolver: Zone | None = None, deadline: float = 5.0) -> ArcSealing:
    zone = resolver or Zone([("s1._domainkey.gate.example", "TXT", RECORD)])
    return ArcSealing(SEALER, zone, lambda: NOW, deadline)


def holds(content: bytes) -> bool:
    return bool(dkimpy.arc_verify(content, dnsfunc=lambda *_args, **_more: RECORD)[0] == b"pass")


async def test_every_copy_has_a_seal_of_its_own_whatever_marks_it_carries() -> None:
    message = arrival("a@contoso.example", content=MESSAGE)
    copies = Copies(message, {TAGGED: CHANGED}, "gw.example")
    remark = await copies.seal([PLAIN, TAGGED, PLAIN], arc_sealing())
    assert remark == "ARC set of gate.example added; the chain before it: none"
    for changes, junk in ((PLAIN, False), (PLAIN, True), (TAGGED, False), (TAGGED, True)):
        sent = b"".join(copies.ready(changes, junk=junk))
        assert sent.startswith(b"ARC-Seal: i=1; a=rsa-sha256; t=1767323045; cv=none;")
        assert sent.endswith(copies.content(changes)), "the bytes are those that came"
        assert holds(sent), (changes, junk)


async def test_a_second_time_round_carries_the_chain_on() -> None:
    first = await arc_sealing().seal(MESSAGE, [MESSAGE])
    again = RESULTS + DOOR + first.fronts[0] + MESSAGE
    second = await arc_sealing().seal(again, [again])
    assert second.remark.endswith("the chain before it: pass")
    assert second.fronts[0].startswith(b"ARC-Seal: i=2;") and b"cv=pass" in second.fronts[0]
    assert holds(second.fronts[0] + again)


async def test_outbound_mail_is_not_sealed() -> None:
    copies = Copies(arrival("a@outside.example", content=MESSAGE, direction=Direction.OUTBOUND), {}, "gw.example")
    assert await copies.seal([PLAIN], arc_sealing()) == ""
    assert b"ARC-" not in b"".join(copies.ready(PLAIN, junk=False))


async def sealed_before(resolver: Zone, deadline: float = 5.0) -> Sealed:
    front = (await arc_sealing().seal(MESSAGE, [MESSAGE])).fronts[0]
    again = RESULTS + DOOR + front + MESSAGE
    return await arc_sealing(resolver, deadline).seal(again, [again, again])


async def test_a_chain_that_cannot_be_looked_up_is_left_alone() -> None:
    failing = Zone([("s1._domainkey.gate.example", "TXT", None)])
    assert (await sealed_before(failing)).fronts == (b"", b"")
    late = await sealed_before(Silent(), 0.01)
    assert late.fronts == (b"", b"")
    assert "in time" in late.remark


@pytest.mark.parametrize(
    "content",
    [DOOR + RESULTS + AUTHOR + b"\r\nbody\r\n", AUTHOR + b"\r\nbody\r\n", b""],
    ids=["results that came with the mail", "no results", "nothing"],
)
async def test_only_what_exchange_found_is_vouched_for(content: bytes) -> None:
    sealed = await arc_sealing().seal(content, [content])
    assert sealed == Sealed((b"",), "not sealed: Exchange wrote no results of its first pass")


async def test_a_surprise_is_logged_and_the_mail_goes_unsealed() -> None:
    class Broken(Zone):
        async def txt(self, name: str) -> Sequence[bytes]:
            raise RuntimeError("surprise")

    sealed = await sealed_before(Broken())
    assert sealed == Sealed((b"", b""), "not sealed: RuntimeError, see the log")


async def test_a_large_body_is_hashed_beside_the_loop_to_the_same_end(monkeypatch: pytest.MonkeyPatch) -> None:
    small = await arc_sealing().seal(MESSAGE, [MESSAGE])
    monkeypatch.setattr(sealing_module, "LARGE", 1)
    assert await arc_sealing().seal(MESSAGE, [MESSAGE]) == small


@pytest.mark.parametrize(("direction", "sealed"), [(Direction.INBOUND, True), (Direction.OUTBOUND, False)])
async def test_a_released_message_is_sealed_when_it_is_inbound(direction: Direction, sealed: bool) -> None:
    next_hop = ScriptedNextHop()
    relay = Relay(next_hop, FixedNextHop(NextHop("192.0.2.1")))
    delivery = TenantDelivery(OneTenant(), relay, "gw.example", lambda: NOW, arc_sealing())
    envelope = arrival("a@contoso.example").envelope
    held = Held(
        id="h", message_id="m", tenant_id=TENANT_ID, direction=direction, envelope=envelope, blob="b", reason="",
        reasons=(), verdict=Verdict.CLEAN, policy_id="p", policy_version=1, subject="", header_from="",
        size=len(MESSAGE), held_at=NOW, expires_at=NOW,
    )  # fmt: skip
    await delivery.deliver(held, envelope.recipients, MESSAGE)
    ((_, content),) = next_hop.received
    assert content.startswith(b"ARC-Seal: ") is sealed
    assert content.endswith(MESSAGE)
    assert holds(content) is sealed
