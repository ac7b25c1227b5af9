"""Administrators are told by real mail through the tenant, and what is ours passes the gateway."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from lockgate.gateway.own_mail import WHY
from lockgate.model.envelope import Direction
from lockgate.model.findings import Verdict
from lockgate.model.notification import Notification, NotificationKind
from lockgate.model.policy import Action, ActionKind, Condition, Policy, Rule, Targets
from lockgate.model.trace import MessageTrace
from lockgate.notifications.notices import gathering
from lockgate.notifications.notices.settings import save_settings
from lockgate.notifications.signature import Signature
from lockgate.notifications.writing import Draft, Mailing, Writer
from lockgate.storage.notifications import Notifications
from lockgate.storage.policies import PolicyStore
from lockgate.storage.snapshots import EVERY_SECOND
from lockgate.storage.traces import TraceFilter, Traces
from m365_simulator.seed import CONTOSO
from tests.m365_simulator.conftest import running, simulation
from tests.m365_simulator.simulation import Simulation
from tests.scenarios.protected_tenant import AUTHOR, Installation, installation, protected

__all__ = ["running", "simulation"]
pytestmark = pytest.mark.scenario
LENA = "lena.vogel@contoso.example"
THROUGH_THE_TENANT: dict[str, object] = {
    "recipients": (LENA,), "sender": "info@contoso.example", "transport": "graph", "graph_tenant": CONTOSO,
    "minutes_between": 0,
}  # fmt: skip


@pytest.fixture
async def lockgate(simulation: Simulation, tmp_path: Path) -> AsyncIterator[Installation]:
    async with installation(simulation, tmp_path, notifications=THROUGH_THE_TENANT) as running_installation:
        yield running_installation


async def test_news_go_through_the_tenant_and_pass_a_gateway_that_holds_everything(
    lockgate: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "SETTLED", timedelta(seconds=1))  # no other process writes here
    await protected(lockgate, Direction.INBOUND)
    rule = {"id": "held", "name": "Held", "outcomes": ["quarantined"], "administrators": [LENA]}
    save_settings(lockgate.parts.database, CONTOSO, {"rules": [rule]}, AUTHOR, seen=0)
    with lockgate.parts.database.write() as unit:
        now = lockgate.parts.clock()
        Notifications(unit).tell(Notification("k", NotificationKind.TASK_FAILED, now, "It broke.", "Contoso", CONTOSO))
    await until(lambda: "Contoso: A task failed" in subjects(lockgate))

    hold_everything(lockgate)
    await asyncio.sleep(3 * EVERY_SECOND)  # gateways answer from memory
    content = letter(lockgate)
    for number, one in enumerate((content, content.replace(b"It is well", b"Pay here"))):
        await from_outside(lockgate, one)
        await until(lambda wanted=number + 1: len(traces(lockgate)) == wanted)  # type: ignore[misc]
    held, passed = [one.recipients[0] for one in traces(lockgate)]
    assert (passed.state, passed.explanation) == ("relayed", WHY)
    assert held.state == "quarantined"
    await until(lambda: "Outside news" in subjects(lockgate))
    await until(lambda: any(one.endswith(", quarantined: Outside news") for one in subjects(lockgate)))


def hold_everything(lockgate: Installation, *people: str) -> None:
    """A policy above all others that quarantines whatever the verdict is, for these people or for everybody."""
    rule = Rule("Everything", Condition(verdicts=frozenset(Verdict)), (Action(ActionKind.QUARANTINE),))
    targets = Targets(everyone=not people, users=people)
    policy = Policy("hold", 1, "Hold", Direction.INBOUND, 0, True, False, targets, (rule,))
    with lockgate.parts.database.write() as unit:
        PolicyStore(unit).add(CONTOSO, policy, AUTHOR)
        kept = [one.id for one in PolicyStore(unit).current(CONTOSO, Direction.INBOUND).policies]
        PolicyStore(unit).reorder(CONTOSO, Direction.INBOUND, ["hold", *(one for one in kept if one != "hold")], AUTHOR)


def letter(lockgate: Installation) -> bytes:
    """What our installation would send through some other provider."""
    mailing = Mailing("gate@no-policy.example", (LENA,), timedelta(0), "gw.mail.contoso.example", "https://c")
    writer = Writer(mailing, Signature(lockgate.parts.vault))
    events = [{
        "at": lockgate.parts.clock(), "organisation": "", "title": "News", "text": "It is well.", "good": True,
        "path": "/",
    }]  # fmt: skip
    return writer.write(Draft("events", "Outside news", "events", {"events": events}), "n1", AUTHOR.at).content


def subjects(lockgate: Installation) -> list[str]:
    found = lockgate.simulation.control("GET", f"/mailboxes/{LENA}").json()
    return [str(one["subject"]) for one in found]


def traces(lockgate: Installation) -> list[MessageTrace]:
    """Those of mail from outside, the newest first."""
    with lockgate.parts.database.read() as unit:
        return Traces(unit).search(TraceFilter(address="gate@no-policy.example"))


async def from_outside(lockgate: Installation, content: bytes) -> None:
    new = {
        "mail_from": "gate@no-policy.example", "recipients": [LENA],
        "content_base64": base64.b64encode(content).decode(),
    }  # fmt: skip
    [outcome] = (await asyncio.to_thread(lockgate.simulation.control, "POST", "/internet", new)).json()
    assert outcome["code"] == 250, outcome


async def until(look: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not await asyncio.to_thread(look):  # noqa: ASYNC110 - mail is on its way
            await asyncio.sleep(0.1)
