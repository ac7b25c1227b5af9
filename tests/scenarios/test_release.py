"""A held message on its way out of quarantine: over real SMTP into the mailbox, once, for whom it was released."""

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lockgate.bootstrap.durable import starting
from lockgate.bootstrap.quarantine import quarantine_service
from lockgate.model.envelope import Direction
from lockgate.model.lifecycle import State
from lockgate.quarantine.service import QuarantineService
from lockgate.reporting.trace_search import TraceSearch
from lockgate.storage.held_messages import HeldFilter, HeldItem, HeldMessages
from lockgate.storage.traces import TraceFilter
from tests.m365_simulator.conftest import running, simulation
from tests.m365_simulator.simulation import Simulation
from tests.scenarios.protected_tenant import AUTHOR, Installation, installation, protected

__all__ = ["running", "simulation"]
pytestmark = pytest.mark.scenario

TOM, LENA = "tom.becker@contoso.example", "lena.vogel@contoso.example"
EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
MESSAGE = (
    "From: Nora <nora@no-policy.example>\r\nTo: tom.becker@contoso.example, lena.vogel@contoso.example\r\n"
    "Subject: The file you asked for\r\nMessage-ID: <release@no-policy.example>\r\nMIME-Version: 1.0\r\n"
    "Date: Tue, 24 Nov 2026 09:00:00 +0000\r\nContent-Type: application/octet-stream; name=a.com\r\n"
    f"Content-Disposition: attachment; filename=a.com\r\n\r\n{EICAR}\r\n"
).encode()

MAIL_HOST_AWAY = {
    "surface": "smtp", "match": "mx MAIL *", "kind": "status", "remaining": 1,
    "parameters": {"reply": "451 4.3.2 away"},
}  # fmt: skip


@pytest.fixture
async def lockgate(simulation: Simulation, tmp_path: Path) -> AsyncIterator[Installation]:
    async with installation(simulation, tmp_path) as running_installation:
        await protected(running_installation, Direction.INBOUND)
        yield running_installation


def held(lockgate: Installation) -> list[HeldItem]:
    with lockgate.parts.database.read() as unit:
        return HeldMessages(unit).search(HeldFilter())


async def until(what: str, look: object, seconds: float = 120) -> None:
    assert callable(look)
    try:
        async with asyncio.timeout(seconds):
            while not look():  # noqa: ASYNC110 - other processes tell nobody
                await asyncio.sleep(0.1)
    except TimeoutError:
        pytest.fail(f"{what} did not happen")


async def hold(lockgate: Installation) -> HeldItem:
    """A virus from the Internet for both; the held message."""
    body = {
        "mail_from": "nora@no-policy.example",
        "recipients": [TOM, LENA],
        "content_base64": base64.b64encode(MESSAGE).decode(),
    }
    answers = await asyncio.to_thread(lockgate.simulation.control, "POST", "/internet", body)
    assert [one["code"] for one in answers.json()] == [250, 250]
    await until("holding the message", lambda: held(lockgate))
    [item] = held(lockgate)
    assert set(item.in_state(State.QUARANTINED)) == {TOM, LENA}
    return item


def inbox(lockgate: Installation, address: str) -> list[bytes]:
    """The message in somebody's mailbox, whatever the folder; probes are other messages."""
    stored = lockgate.simulation.control("GET", f"/mailboxes/{address}").json()
    contents = [base64.b64decode(one["content_base64"]) for one in stored]
    return [content for content in contents if b"<release@no-policy.example>" in content]


def armed(lockgate: Installation) -> bool:
    faults = lockgate.simulation.control("GET", "/faults").json()
    return any(one["remaining"] for one in faults)


def states(lockgate: Installation) -> dict[str, State]:
    [item] = held(lockgate)
    return {one.rcpt_to: one.state for one in item.recipients}


async def test_released_for_one_and_deleted_for_the_other_by_two_who_press_at_once(lockgate: Installation) -> None:
    item = await hold(lockgate)
    with starting(lockgate.parts.settings) as starts:
        service: QuarantineService = quarantine_service(lockgate.parts, starts)
        begun = await asyncio.gather(*(service.release(item.held.id, [TOM], AUTHOR) for _ in range(2)))
        assert sorted(map(len, begun)) == [0, 1], "both began a release"
        await until("the release", lambda: states(lockgate)[TOM] is State.RELEASED)
        assert states(lockgate)[LENA] is State.QUARANTINED
        await until("the delivery", lambda: inbox(lockgate, TOM))
        [copy] = inbox(lockgate, TOM)
        assert copy.endswith(MESSAGE), "the bytes are those that came"
        assert b"X-Lockgate-Return-In" not in copy, "the secret stays in the tenant's rules"
        assert await service.delete(item.held.id, None, AUTHOR) == (LENA,)
    assert states(lockgate) == {TOM: State.RELEASED, LENA: State.DELETED}
    assert not inbox(lockgate, LENA) and len(inbox(lockgate, TOM)) == 1
    assert not held(lockgate)[0].held.blob, "nobody needs the content any more"
    [trace] = TraceSearch(lockgate.parts.database).page(TraceFilter(words="file you asked")).traces
    assert {one.rcpt_to: one.state for one in trace.recipients} == {TOM: State.RELEASED, LENA: State.DELETED}
    assert "released" in [event.step.value for event in trace.events]


async def test_a_mail_host_that_is_away_is_asked_again(lockgate: Installation) -> None:
    item = await hold(lockgate)
    lockgate.simulation.control("POST", "/faults", MAIL_HOST_AWAY)
    with starting(lockgate.parts.settings) as starts:
        await quarantine_service(lockgate.parts, starts).release(item.held.id, None, AUTHOR)
        await until("the first try", lambda: not armed(lockgate))
        assert State.RELEASED not in states(lockgate).values()
        await until("the second try", lambda: set(states(lockgate).values()) == {State.RELEASED})
    await until("the delivery", lambda: inbox(lockgate, TOM) and inbox(lockgate, LENA))
    assert (len(inbox(lockgate, TOM)), len(inbox(lockgate, LENA))) == (1, 1)
