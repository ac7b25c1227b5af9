"""The probe says where it got stuck, waits for a Graph that is busy, and leaves nothing in the mailbox."""

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
import pytest

from lockgate.microsoft365.delivered_copies import DeliveredCopies
from lockgate.microsoft365.graph_client import GraphClient
from lockgate.microsoft365.mailboxes import Mailboxes
from lockgate.microsoft365.proof import Prober, Seen
from lockgate.model.envelope import Direction
from tests.m365_simulator.simulation import GRAPH_SCOPE, Simulation
from tests.patience import PATIENCE

TOM = "tom.becker@contoso.example"
FOLDERS = ("inbox", "junkemail", "deleteditems", "sentitems")


@dataclass
class Place:
    """A tenant without any rule: what is sent to it arrives, and never passes a gateway."""

    simulation: Simulation
    graph: GraphClient
    sent: list[bytes] = field(default_factory=list)

    async def submit(self, rcpt_to: str, content: bytes) -> str:
        self.sent.append(content)
        encoded = base64.b64encode(content).decode()
        body = {"mail_from": "probe@no-policy.example", "recipients": [rcpt_to], "content_base64": encoded}
        await asyncio.to_thread(self.simulation.control, "POST", "/internet", body)
        return "250 taken"

    async def turned_away(self, rcpt_to: str, content: bytes) -> str:
        self.sent.append(content)
        return "451 4.4.1 no answer"

    def prober(self, seen: Seen, *, refused: bool = False) -> Prober:
        submit = self.turned_away if refused else self.submit
        now = datetime(2026, 11, 24, tzinfo=UTC)
        return Prober(
            Mailboxes(self.graph), DeliveredCopies(self.graph), submit, seen, quick, lambda: now, "gw.example", bytes
        )

    def left(self) -> int:
        return sum(
            len(self.simulation.control("GET", f"/mailboxes/{TOM}?folder={folder}").json()) for folder in FOLDERS
        )


async def quick(seconds: float) -> None:
    """A tenth of the time: the simulated tenant is quicker than the real one."""
    await asyncio.sleep(seconds / 10)


async def never(subject: str) -> str:
    return ""


async def always(subject: str) -> str:
    """The Message-ID that the probe with this subject has."""
    _, _, direction, name, number = subject.split()
    return f"<{name}.{direction}.{number}@gw.example>"


@pytest.fixture
async def place(simulation: Simulation) -> AsyncIterator[Place]:
    application = simulation.register({"Microsoft Graph": ["Mail.ReadWrite", "Mail.Send"]})
    await asyncio.to_thread(simulation.consent, application, GRAPH_SCOPE)
    text = await asyncio.to_thread(simulation.app_token, application, GRAPH_SCOPE)

    async def token(fresh: bool) -> str:
        return text

    async with httpx.AsyncClient(verify=simulation.tls, timeout=PATIENCE, trust_env=False) as http:
        yield Place(simulation, GraphClient(http, simulation.addresses["graph"], token, quick))


@pytest.mark.parametrize("direction", list(Direction))
async def test_a_probe_that_bypassed_the_gateway_is_called_so_and_removed(place: Place, direction: Direction) -> None:
    proof = await place.prober(never).prove(direction, TOM, "nonce", "run", patience=30)
    assert not proof.passed and "without passing the gateway" in proof.sentence
    assert place.left() == 0


async def test_a_probe_that_never_came_names_the_reply_and_the_host(place: Place) -> None:
    proof = await place.prober(never, refused=True).prove(Direction.INBOUND, TOM, "nonce", "run", patience=4)
    assert not proof.passed
    assert "451 4.4.1 no answer" in proof.sentence and "gw.example" in proof.sentence


async def test_a_probe_that_left_the_gateway_and_did_not_arrive(place: Place) -> None:
    proof = await place.prober(always, refused=True).prove(Direction.INBOUND, TOM, "nonce", "run", patience=4)
    assert not proof.passed and "did not arrive" in proof.sentence


async def test_a_probe_is_sent_again_when_the_rule_was_late(place: Place) -> None:
    seen: list[str] = []

    async def only_the_second(subject: str) -> str:
        if subject not in seen:
            seen.append(subject)
        return await always(subject) if seen.index(subject) == 1 else ""

    proof = await place.prober(only_the_second).prove(Direction.INBOUND, TOM, "nonce", "run", patience=120)
    assert proof.passed and len(place.sent) == 2
    assert all(b"X-Lockgate-Probe: nonce" in content for content in place.sent)
    assert place.left() == 0


async def test_a_graph_that_is_away_for_a_while_does_not_fail_the_proof(place: Place) -> None:
    place.simulation.control(
        "POST", "/faults",
        {"surface": "graph", "match": "*/messages*", "kind": "status", "parameters": {"status": 503}, "remaining": 7},
    )  # fmt: skip
    proof = await place.prober(always).prove(Direction.INBOUND, TOM, "nonce", "run", patience=120)
    assert proof.passed
    assert place.left() == 0


async def test_probes_of_a_process_that_died_are_removed_with_those_of_the_next(place: Place) -> None:
    earlier = place.prober(never)
    for number in (1, 2, 3):
        await earlier._send(Direction.INBOUND, TOM, earlier._probe(Direction.INBOUND, "run", number), "nonce")
    proof = await place.prober(always).prove(Direction.INBOUND, TOM, "nonce", "run", patience=30)
    assert proof.passed and place.left() == 0
