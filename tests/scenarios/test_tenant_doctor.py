"""`lockgate doctor --tenant` against the simulated tenant: well where all is well, and each thing that can be wrong."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from lockgate.bootstrap.fitness import examine
from lockgate.bootstrap.parts import Parts
from lockgate.bootstrap.tenant_fitness import examine_tenant
from lockgate.bootstrap.tenant_fitness.applications import judged
from lockgate.bootstrap.tenant_fitness.certificates import certificate_answers
from lockgate.bootstrap.tenant_fitness.doors import door_answers
from lockgate.bootstrap.tenant_fitness.machine import GIB, machine_answers, programs, room
from lockgate.bootstrap.tenant_fitness.names import name_answers
from lockgate.bootstrap.tenant_fitness.subject import Subject
from lockgate.bootstrap.tenant_fitness.tenant import sender_answers
from lockgate.microsoft365.permissions import ROLES
from lockgate.microsoft365.tasks import Task
from lockgate.model.clock import system_clock
from lockgate.model.envelope import Direction
from lockgate.model.fitness import Answer, Grade
from lockgate.model.notification import Letter
from lockgate.model.service_account import ConsentStep
from lockgate.settings import Settings
from lockgate.storage.blobs import open_blobs
from lockgate.storage.letters import Letters
from tests.lockgate.microsoft365.people import remove_role
from tests.m365_simulator.conftest import running, simulation
from tests.m365_simulator.simulation import Simulation
from tests.scenarios.protected_tenant import HOST, Installation, granted, installation
from tests.scenarios.test_command_line import CommandLine
from tools.ports import free_port

__all__ = ["running", "simulation"]
pytestmark = pytest.mark.scenario
IN, OUT, SEEN = "Port 25 from outside", "Port 25 to the organisation", "Source address as the tenant sees it"
Area = Callable[[Subject], AsyncIterator[Answer]]
CHAIN, INSIDE = "Certificate: public chain", "Certificate: name in an accepted domain"


@pytest.fixture
async def lockgate(simulation: Simulation, tmp_path: Path) -> AsyncIterator[Installation]:
    """A granted and synced tenant, before anything is applied."""
    async with installation(simulation, tmp_path) as running_installation:
        account_id = await granted(running_installation, *Direction)
        await running_installation.until(account_id, Task.PROVISION)
        simulation.control("POST", "/dns", [{"name": "1.0.0.127.in-addr.arpa", "type": "PTR", "texts": [f"{HOST}."]}])
        yield running_installation


async def test_a_ready_installation_passes_at_the_command_line(lockgate: Installation, tmp_path: Path) -> None:
    settings = lockgate.parts.settings
    command = CommandLine(settings, tmp_path)
    port = str(settings.gateway.port)
    found = await command.json("doctor", "--tenant", "--public-port", port)
    answers = {one["question"]: one for one in found}
    assert not [one for one in found if one["grade"] == "fail"]
    passed = {question for question, one in answers.items() if one["grade"] == "pass"}
    assert passed >= {
        "Gateway name: A record", "Gateway name: no AAAA record", "Source addresses: PTR records", IN, OUT, SEEN, CHAIN,
        INSIDE, "Token for mail flow", "Token for directory", "Exchange administrator role", "Clock", "Content store",
        "Redirect address of Lockgate", "Redirect address of Lockgate Directory", "Sending domains: SPF records",
        "Versions", "The gateway's name lies inside an accepted domain",
    }  # fmt: skip
    assert answers[SEEN]["detail"] == "127.0.0.1" and answers[IN]["meaning"]
    assert answers["Console address"]["grade"] == "warn", "nobody else can open the console of this test"
    await _letters_that_wait(lockgate.parts)
    await _before_the_grant(lockgate.parts)


async def _letters_that_wait(parts: Parts) -> None:
    """One that nobody takes is told, until it is given up."""
    made = parts.clock() - timedelta(hours=2)
    with parts.database.write() as unit:
        Letters(unit).add(Letter("one", "events", ("ada@contoso.example",), "News", b"", made))
        Letters(unit).try_again("one", parts.clock(), "451 4.3.2 later")
    answer = by_question(await examine(parts.settings))["Letters"]
    assert answer.grade is Grade.FAIL and "1 wait" in answer.detail and "451 4.3.2 later" in answer.detail
    with parts.database.write() as unit:
        Letters(unit).try_again("one", None, "451 4.3.2 later")
    assert by_question(await examine(parts.settings))["Letters"].grade is Grade.PASS


async def _before_the_grant(parts: Parts) -> None:
    """A domain is enough."""
    found = by_question(await examine_tenant(parts, None, domain="contoso.example", port=parts.settings.gateway.port))
    assert found[OUT].grade is found[IN].grade is Grade.PASS
    assert found["Token for mail flow"].grade is Grade.WARN and "Grant Access" in found["Token for mail flow"].fix
    assert found[INSIDE].grade is Grade.WARN and "Exchange administrator role" not in found


async def test_each_thing_that_can_be_wrong_is_found_and_said_how_to_mend(
    lockgate: Installation, tmp_path: Path
) -> None:
    await _dns(lockgate)
    await _certificates(lockgate, tmp_path)
    await _doors(lockgate)
    await _machine(lockgate, tmp_path)
    await _applications(lockgate)


async def _dns(lockgate: Installation) -> None:
    records = [
        {"name": HOST, "type": "AAAA", "texts": ["2001:db8::1"]},
        {"name": HOST, "type": "TXT", "texts": ["v=spf1 ip4:192.0.2.9 -all"]},
        {"name": "contoso.example", "type": "TXT", "texts": ["v=spf1 ip4:192.0.2.9 -all"]},
    ]
    lockgate.simulation.control("POST", "/dns", records)
    found = await ask(lockgate, name_answers, sender_answers, door_answers, source_addresses=("192.0.2.77",))
    assert complains(found, "Gateway name: no AAAA record", Grade.WARN, "Take the AAAA record away")
    assert complains(found, "SPF record of the gateway's name", Grade.WARN, "ip4:192.0.2.77")
    assert complains(found, "Sending domains: SPF records", Grade.WARN, "include:spf.protection.outlook.com")
    assert complains(found, "Source addresses: PTR records", Grade.WARN, "Ask the provider")
    assert complains(found, SEEN, Grade.FAIL, "Set microsoft365.source_addresses to 127.0.0.1")
    lockgate.simulation.control("POST", "/dns", [{**one, "texts": []} for one in records])
    found = await ask(lockgate, name_answers, certificates, gateway={"hostname": "gw.nowhere.example"})
    assert complains(found, "Gateway name: A record", Grade.FAIL, "Publish gw.nowhere.example. IN A")
    assert complains(found, INSIDE, Grade.FAIL, "Take a certificate for gw.nowhere.example")


async def _certificates(lockgate: Installation, folder: Path) -> None:
    authority, other = trustme.CA(), "gw.elsewhere.example"
    leaf = authority.issue_cert(HOST)
    (folder / "own.pem").write_bytes(leaf.cert_chain_pems[0].bytes())
    leaf.private_key_pem.write_to_path(folder / "own.key")
    mine = {"certificate": folder / "own.pem", "key": folder / "own.key"}
    assert complains(
        await ask(lockgate, certificates, gateway=mine), CHAIN, Grade.FAIL, "Put the whole chain into the file"
    )
    issued = lockgate.simulation.control("POST", "/certificates", {"names": [other]}).json()
    (folder / "other.pem").write_text(issued["certificate_pem"])
    (folder / "other.key").write_text(issued["key_pem"])
    theirs = {"hostname": other, "certificate": folder / "other.pem", "key": folder / "other.key"}
    assert complains(
        await ask(lockgate, certificates, gateway=theirs), INSIDE, Grade.FAIL, f"Add {other} to the organisation's"
    )
    further = {"names": [theirs]}
    found = await ask(lockgate, door_answers, gateway=further)
    assert complains(found, "Certificate without a name asked for", Grade.WARN, "Put all names into")


async def _doors(lockgate: Installation) -> None:
    closed = free_port()
    assert complains(
        await ask(lockgate, door_answers, port=closed), IN, Grade.FAIL, f"Let the world reach port {closed}"
    )
    for said, fix in ((b"250 hello\r\n", "takes STARTTLS away"), (b"554 no\r\n", "Another mail server or a filter")):
        async with answering(said) as port:
            assert complains(await ask(lockgate, door_answers, port=port), IN, Grade.FAIL, fix)
    found = await ask(lockgate, door_answers, gateway={"next_hop_port": closed})
    assert complains(found, OUT, Grade.FAIL, "Let this machine connect to port 25")


async def _machine(lockgate: Installation, folder: Path) -> None:
    late = await ask(lockgate, machine_answers, late=timedelta(minutes=10))
    assert complains(late, "Clock", Grade.FAIL, "NTP")
    assert complains(await ask(lockgate, machine_answers, late=timedelta(minutes=2)), "Clock", Grade.WARN, "NTP")
    (folder / "gone").mkdir()
    parts = replace(lockgate.parts, blobs=open_blobs(str(folder / "gone")))
    (folder / "gone").rmdir()
    (folder / "gone").write_text("a file is in its place")
    assert complains(await ask(lockgate, machine_answers, parts=parts), "Content store", Grade.FAIL, "blob_url")
    plain = await ask(lockgate, console={"public_url": "http://console.lockgate.example"})
    assert complains(plain, "Console address", Grade.FAIL, "TLS before it")
    assert complains(plain, "Redirect address of Lockgate", Grade.FAIL, "App registrations > Lockgate")


async def _applications(lockgate: Installation) -> None:
    client_id = lockgate.parts.settings.microsoft365.mail_flow_app.client_id
    await asyncio.to_thread(remove_role, lockgate.simulation, client_id)
    found = await ask(lockgate)
    assert complains(found, "Exchange administrator role", Grade.FAIL, "Assign it at ")
    found = await ask(lockgate, mail_flow_app={})
    assert complains(found, "Application for mail flow", Grade.FAIL, "real-tenant.md")


@pytest.mark.parametrize(
    ("carried", "grade", "words"),
    [
        (ROLES[ConsentStep.DIRECTORY], Grade.PASS, ""),
        (ROLES[ConsentStep.DIRECTORY] - {"Mail.Send"}, Grade.FAIL, "grant this step again"),
        (ROLES[ConsentStep.DIRECTORY] | {"Directory.ReadWrite.All"}, Grade.WARN, "Take it off"),
    ],
)
def test_a_token_with_less_or_more_than_it_needs_is_found(carried: frozenset[str], grade: Grade, words: str) -> None:
    answer = judged("q", ConsentStep.DIRECTORY, carried)
    assert answer.grade is grade and words in answer.fix


@pytest.mark.parametrize(("free", "grade"), [(50, Grade.PASS), (3, Grade.WARN), (0, Grade.FAIL)])
def test_little_room_is_told(free: int, grade: Grade) -> None:
    assert room(free * GIB, 100 * GIB).grade is grade


def test_old_programs_are_told() -> None:
    assert programs((3, 0), (3, 40), "sqlite:///x").grade is Grade.PASS
    assert programs((1, 1), (3, 40), "sqlite:///x").grade is Grade.WARN
    assert programs((3, 0), (3, 34), "sqlite:///x").grade is Grade.FAIL
    assert programs((3, 0), (3, 34), "postgresql://x").grade is Grade.PASS


async def ask(
    lockgate: Installation, *areas: Area, port: int = 0, late: timedelta = timedelta(), parts: Parts | None = None,
    gateway: dict[str, Any] | None = None, console: dict[str, Any] | None = None, **microsoft365: object,
) -> dict[str, Answer]:  # fmt: skip
    """The doctor's answers of these areas, of all without any, with some settings otherwise."""
    mine = parts or lockgate.parts
    tree = mine.settings.model_dump()
    tree["gateway"] |= gateway or {}
    tree["console"] |= console or {}
    tree["microsoft365"] |= microsoft365
    mine = replace(mine, settings=Settings.model_validate(tree))
    [account] = lockgate.grants.accounts()
    reached = port or lockgate.parts.settings.gateway.port
    if not areas:
        return by_question(await examine_tenant(mine, account, port=reached))
    subject = Subject(mine, lambda: system_clock() + late, account.domains, account, reached)
    return by_question([one for area in areas async for one in area(subject)])


async def certificates(subject: Subject) -> AsyncIterator[Answer]:
    for answer in certificate_answers(subject):
        yield answer


def by_question(answers: list[Answer]) -> dict[str, Answer]:
    return {one.question: one for one in answers}


def complains(found: dict[str, Answer], question: str, grade: Grade, fix: str) -> bool:
    answer = found[question]
    assert answer.grade is grade, answer
    assert fix in answer.fix, answer
    return True


@asynccontextmanager
async def answering(said: bytes) -> AsyncIterator[int]:
    """A server on port 25 that greets and says this to EHLO."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 filter.example\r\n")
        await reader.readline()
        writer.write(said)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield int(server.sockets[0].getsockname()[1])
