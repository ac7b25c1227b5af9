"""Mail with a file that runs, through the real gateway: held for the sandbox, then released by itself or kept."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from lockgate.bootstrap.parts import new_id
from lockgate.gateway.ports import Scans
from lockgate.lookups.cape import Cape
from lockgate.lookups.sandbox import SandboxLookup
from lockgate.model.clock import system_clock
from lockgate.model.lifecycle import State
from lockgate.quarantine.awaited import AWAITED, AwaitedVerdicts
from lockgate.quarantine.reading import ProcessReader
from lockgate.quarantine.service import QuarantineService
from lockgate.storage.blobs import open_blobs
from lockgate.storage.held_messages import HeldItem
from lockgate.storage.held_retention import held_for_by
from lockgate.storage.sandbox_files import StoredSandboxMemory
from lockgate.storage.unit_of_work import Database
from lockgate.storage.vault import open_vault
from tests.lockgate.detection.sample_files import build, with_attachments
from tests.lockgate.lookups.cape_server import TOKEN, CapeServer, running_cape
from tests.lockgate.smtp.rough_server import Manners, rough_server
from tests.scenarios.front_door import CONTOSO, FrontDoor, open_front_door

pytestmark = pytest.mark.scenario
TOM = "tom@contoso.example"
MACROS = ("minutes.docm", "hex " + build("docx(word/vbaProject.bin=text(x))").hex())  # the same bytes each time
NOTES = ("minutes.txt", "text(hello)")


class Started:
    """Which workflows were asked for."""

    def __init__(self) -> None:
        self.workflows: list[str] = []

    def start(self, workflow: str, workflow_id: str, *arguments: str) -> None:
        del workflow_id, arguments
        self.workflows.append(workflow)


def mail(number: int, *attachments: tuple[str, str]) -> bytes:
    head = (
        f"X-MS-Exchange-CrossTenant-Id: {CONTOSO.id}\r\nX-Lockgate-Route-In: contoso-route-in\r\n"
        f"X-MS-Exchange-CrossTenant-Network-Message-Id: network-{number}\r\n"
        f"From: Ann <ann@outside.example>\r\nTo: {TOM}\r\nSubject: Minutes {number}\r\n"
        f"Message-ID: <{number}@outside.example>\r\n\r\nSee the file."
    )
    return with_attachments(head.encode(), list(attachments))


def held(door: FrontDoor) -> list[HeldItem]:
    return [item for trace in door.traces() for item in door.held(trace.id)]


def awaited(door: FrontDoor, folder: Path, box: Cape, started: Started) -> AwaitedVerdicts:
    blobs = open_blobs(str(folder / "blobs"))
    service = QuarantineService(door.database, blobs, system_clock, new_id, ProcessReader(), started)
    held_for = held_for_by(open_vault(folder / "vault.key"), timedelta(days=30))
    return AwaitedVerdicts(door.database, system_clock, box, service, timedelta(hours=1), held_for)


@pytest.mark.parametrize(("score", "then"), [(0.5, State.RELEASING), (9.0, State.QUARANTINED)])
async def test_a_message_is_held_until_the_sandbox_has_judged_its_file(
    tmp_path: Path, score: float, then: State
) -> None:
    with running_cape() as cape:
        box, started = Cape(cape.url, TOKEN), Started()

        def scanners(database: Database) -> Sequence[Scans]:
            return (SandboxLookup(box, StoredSandboxMemory(database, system_clock), 5),)

        async with open_front_door(tmp_path, scanners) as door:
            manners = Manners(tls=door.certificates.next_hop_context)
            async with rough_server(manners) as port:
                door.use(port)
                assert (await door.send(mail(1, NOTES), [TOM])).code == 250
                assert manners.seen.count("DATA") == 1, "what does not run is not waited for"
                assert (await door.send(mail(2, MACROS), [TOM])).code == 250
                assert manners.seen.count("DATA") == 1
                [item] = held(door)
                assert item.held.reasons == (AWAITED,)
                await settled(cape, door, tmp_path, box, started, score)
                [item] = held(door)
                assert item.in_state(then)
                assert bool(started.workflows) == (then is State.RELEASING)
                assert (await door.send(mail(3, MACROS), [TOM])).code == 250
                passed = then is State.RELEASING
                assert manners.seen.count("DATA") == (2 if passed else 1), "the same file is judged at once from now on"
                assert len(cape.files) == 1


async def settled(cape: CapeServer, door: FrontDoor, folder: Path, box: Cape, started: Started, score: float) -> None:
    work = awaited(door, folder, box, started)
    assert await work.settle() == ""
    cape.finish(1, malscore=score)
    assert (await work.settle()).startswith("files and messages: 1 judged")
