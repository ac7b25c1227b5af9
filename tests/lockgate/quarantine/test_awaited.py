"""Held for the sandbox, then released or kept: against a real HTTP server that speaks CAPE's API (it runs no file)."""

import asyncio
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lockgate.bootstrap.parts import Parts, open_parts
from lockgate.bootstrap.quarantine import quarantine_service
from lockgate.bootstrap.scanner_fitness import scanner_fitness
from lockgate.bootstrap.scanners import sandbox
from lockgate.lookups.sandbox import MOST_FILES, SandboxLookup
from lockgate.model.clock import system_clock
from lockgate.model.decision import Fate
from lockgate.model.end_user import Reason
from lockgate.model.envelope import Direction
from lockgate.model.errors import TemporaryError
from lockgate.model.findings import Failure, Incomplete, Report, Verdict
from lockgate.model.lifecycle import State
from lockgate.model.policy import RecipientProfile
from lockgate.model.scans import CarriedFile, SandboxState
from lockgate.model.tenant import OwnRetention
from lockgate.policy.defaults import default_policies
from lockgate.policy.engine import decide
from lockgate.quarantine.awaited import AWAITED, FOUND, AwaitedVerdicts
from lockgate.settings import Settings
from lockgate.storage.audit import Author
from lockgate.storage.held_messages import HeldItem, HeldMessages
from lockgate.storage.held_retention import held_for_by
from lockgate.storage.ledger import StoredLedger
from lockgate.storage.sandbox_files import StoredSandboxMemory
from lockgate.storage.service_accounts import ServiceAccounts
from tests.contracts.records import a_held, a_trace, held_settling
from tests.lockgate.console.test_service_accounts_page import CONTOSO
from tests.lockgate.lookups.cape_server import TOKEN, CapeServer, running_cape

NOW = datetime(2026, 11, 24, 9, 7, tzinfo=UTC)


@dataclass
class Watch:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Noted:
    """Which workflows the engine was asked for."""

    runs: list[str] = field(default_factory=list)

    def start(self, workflow: str, workflow_id: str, *arguments: str) -> None:
        del workflow_id
        self.runs.append(f"{workflow} {arguments[0]}")


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def cape() -> Iterator[CapeServer]:
    with running_cape() as server:
        yield server


@pytest.fixture
def parts(tmp_path: Path, watch: Watch, cape: CapeServer) -> Iterator[Parts]:
    token = tmp_path / "token"
    token.write_text(TOKEN + "\n")
    scanners = {"sandbox": cape.url, "sandbox_token": token, "sandbox_patience": 60}
    settings = Settings.model_validate({"data_directory": tmp_path / "data", "scanners": scanners})
    with open_parts(settings) as opened:
        yield replace(opened, clock=watch)


def lookup(parts: Parts) -> SandboxLookup:
    box = sandbox(parts.settings.scanners)
    assert box is not None
    return SandboxLookup(box, StoredSandboxMemory(parts.database, parts.clock), 5)


def awaited(parts: Parts, starts: Noted) -> AwaitedVerdicts:
    box = sandbox(parts.settings.scanners)
    assert box is not None
    service = quarantine_service(parts, starts)
    return AwaitedVerdicts(
        parts.database, parts.clock, box, service, timedelta(hours=1), held_for_by(parts.vault, timedelta(days=30))
    )


def program(content: bytes = b"MZ program", *, runs: bool = True) -> CarriedFile:
    return CarriedFile("part 2 a.exe", "a.exe", "exe", runs, hashlib.sha256(content).hexdigest(), content)


async def held(parts: Parts, *reasons: str) -> str:
    """A message in quarantine, as the gateway leaves it; the id of its record."""
    trace = a_trace()
    record = replace(a_held(trace), reasons=reasons or (AWAITED,), verdict="clean")
    ledger = StoredLedger(parts.database, parts.blobs, parts.clock)
    blob = await ledger.keep_content([b"From: a@b.example\r\n\r\nx\r\n"])
    record = replace(record, blob=blob)
    await ledger.settle(held_settling(trace, record))
    await ledger.close()
    return record.id


def stored(parts: Parts, held_id: str) -> HeldItem:
    with parts.database.read() as unit:
        item = HeldMessages(unit).get(held_id)
    assert item is not None
    return item


async def wait_for(parts: Parts, held_id: str, *files: CarriedFile) -> None:
    await lookup(parts).scan(stored(parts, held_id).held.message_id, b"", files)


async def test_a_file_is_handed_in_once_and_only_when_it_runs(parts: Parts, cape: CapeServer) -> None:
    asks = lookup(parts)
    first = await asks.scan("m1", b"", [program(), program(b"notes", runs=False)])
    second = await asks.scan("m2", b"", [program()])
    assert cape.files == [b"MZ program"]
    assert [file.state for file in (*first.files, *second.files)] == [SandboxState.PENDING] * 2


async def test_clean_files_release_the_message_and_later_mail_passes_at_once(parts: Parts, cape: CapeServer) -> None:
    starts = Noted()
    held_id = await held(parts)
    await wait_for(parts, held_id, program())
    assert await awaited(parts, starts).settle() == ""
    assert stored(parts, held_id).in_state(State.QUARANTINED)
    cape.finish(1, malscore=1.5, detections=[])
    assert await awaited(parts, starts).settle() == "files and messages: 1 judged, 1 released"
    assert starts.runs == [f"quarantine.release {held_id}"]
    assert stored(parts, held_id).in_state(State.RELEASING)
    assert await awaited(parts, starts).settle() == ""
    (file,) = (await lookup(parts).scan("m9", b"", [program()])).files
    assert (file.state, len(cape.files)) == (SandboxState.CLEAN, 1)


@pytest.mark.parametrize(
    ("report", "state"),
    [
        ({"malscore": 9.1, "detections": [{"family": "Emotet"}]}, "malicious: Emotet, score 9.1 of 10"),
        ({"malscore": 7}, "malicious: score 7 of 10"),
        ({"malscore": 4.0, "detections": []}, "suspicious: score 4 of 10"),
    ],
)
async def test_a_harmful_file_keeps_the_message_and_says_why(
    parts: Parts, cape: CapeServer, report: dict[str, object], state: str
) -> None:
    starts = Noted()
    own = OwnRetention(by_reason={Reason.FILE: 5, Reason.MALWARE: 90})
    with parts.database.write() as unit:
        ServiceAccounts(unit, parts.vault).add(replace(CONTOSO, retention=own), Author("ada", system_clock()))
    held_id = await held(parts)
    await wait_for(parts, held_id, program(), program(b"MZ harmless"))
    cape.finish(1, **report)
    cape.finish(2, malscore=0.0)
    assert await awaited(parts, starts).settle() == "files and messages: 2 judged, 1 kept"
    item = stored(parts, held_id)
    assert (item.held.verdict, starts.runs) == ("malware", [])
    assert item.held.reason.endswith(state)
    assert item.held.reasons == (AWAITED, FOUND)
    assert item.held.expires_at - item.held.held_at == timedelta(days=90), "it is kept as malware is"
    assert item.in_state(State.QUARANTINED)


async def test_one_file_without_a_verdict_keeps_everybody_waiting(parts: Parts, cape: CapeServer) -> None:
    starts = Noted()
    held_id = await held(parts)
    await wait_for(parts, held_id, program(), program(b"MZ second"))
    cape.finish(1, malscore=0.0)
    assert await awaited(parts, starts).settle() == "files and messages: 1 judged"
    assert starts.runs == []


async def test_what_was_held_for_another_reason_too_is_never_released_by_itself(parts: Parts, cape: CapeServer) -> None:
    starts = Noted()
    held_id = await held(parts, "phishing.html-form", AWAITED)
    await wait_for(parts, held_id, program())
    cape.finish(1, malscore=0.0)
    await awaited(parts, starts).settle()
    assert starts.runs == []
    assert stored(parts, held_id).in_state(State.QUARANTINED)


@pytest.mark.parametrize("how", ["failed", "silent", "down"])
async def test_no_verdict_in_time_keeps_the_message(parts: Parts, cape: CapeServer, watch: Watch, how: str) -> None:
    starts = Noted()
    held_id = await held(parts)
    await wait_for(parts, held_id, program())
    if how == "failed":
        cape.states[1] = "failed_analysis"
    cape.down = how == "down"
    watch.now += timedelta(minutes=61)
    await awaited(parts, starts).settle()
    item = stored(parts, held_id)
    assert item.in_state(State.QUARANTINED)
    assert "no verdict" in item.held.reason
    assert (item.held.verdict, starts.runs) == ("clean", [])


async def test_a_wait_whose_message_was_never_held_is_forgotten(parts: Parts, cape: CapeServer, watch: Watch) -> None:
    await lookup(parts).scan("never-committed", b"", [program()])
    cape.finish(1, malscore=0.0)
    work = awaited(parts, Noted())
    assert await work.settle() == "files and messages: 1 judged"
    watch.now += timedelta(minutes=11)
    assert await work.settle() == ""
    with parts.database.read() as unit:
        from lockgate.storage.sandbox_files import SandboxFiles

        assert SandboxFiles(unit).waiting() == {}


async def test_a_sandbox_that_is_down_or_refuses_is_missing_by_name(parts: Parts, cape: CapeServer) -> None:
    cape.down = True
    with pytest.raises(TemporaryError, match="503"):
        await lookup(parts).scan("m1", b"", [program()])
    cape.down = False
    (answer,) = [
        answer
        for answer in await asyncio.gather(*scanner_fitness(parts.settings.scanners))
        if answer.question == "Sandbox"
    ]
    assert (answer.grade, answer.detail) == ("pass", "CAPE 2.4-CAPE")
    many = [program(b"MZ%d" % number) for number in range(MOST_FILES + 1)]
    with pytest.raises(TemporaryError, match="more than"):
        await lookup(parts).scan("m1", b"", many)


def test_a_message_that_waits_for_the_sandbox_is_held_at_once_and_not_sent_back() -> None:
    report = Report(Verdict.CLEAN, 0.05, (), (Incomplete(AWAITED, Failure.PENDING, "in the sandbox"),))
    policies = default_policies("tenant", Direction.INBOUND)
    decision = decide(report, "tom@contoso.example", RecipientProfile("tom@contoso.example", frozenset()), policies)
    assert (decision.fate, decision.reasons) == (Fate.QUARANTINE, (AWAITED,))
