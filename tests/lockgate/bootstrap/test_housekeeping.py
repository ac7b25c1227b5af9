"""What is done again and again: each run once, whoever starts it, and with an effect that can be seen."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lockgate.bootstrap import housekeeping
from lockgate.bootstrap.durable import running_workflows, starting
from lockgate.bootstrap.notifications import tell_of_certificates, tell_of_waiting
from lockgate.bootstrap.parts import Parts, open_parts
from lockgate.model.envelope import Direction
from lockgate.model.lifecycle import State
from lockgate.model.service_account import AccountStatus, ServiceAccount
from lockgate.model.settling import Settling
from lockgate.model.tenant import Protection
from lockgate.settings import Settings
from lockgate.storage.audit import AuditLog, Author
from lockgate.storage.held_messages import HeldMessages
from lockgate.storage.ledger import StoredLedger
from lockgate.storage.notifications import Notifications
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.traces import TraceFilter, Traces
from tests.contracts.records import a_held, a_trace, held_settling

NOW = datetime(2026, 11, 24, 9, 7, tzinfo=UTC)


@dataclass
class Noted:
    """Whom the engine was asked for."""

    runs: list[tuple[str, str, tuple[str, ...]]] = field(default_factory=list)

    def start(self, workflow: str, workflow_id: str, *arguments: str) -> None:
        self.runs.append((workflow, workflow_id, arguments))

    def of(self, workflow: str) -> list[tuple[str, str, tuple[str, ...]]]:
        return [run for run in self.runs if run[0] == workflow]


@dataclass
class Watch:
    """A clock that is set by hand."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def parts(tmp_path: Path, watch: Watch) -> Iterator[Parts]:
    settings = Settings.model_validate({"data_directory": tmp_path, "retention": {"traces": 10, "quarantine": 5}})
    with open_parts(settings) as opened:
        yield replace(opened, clock=watch)


async def hold(parts: Parts) -> str:
    """A message in quarantine for five days, with its content and its trace."""
    ledger = StoredLedger(parts.database, parts.blobs, parts.clock)
    trace = a_trace(at=NOW)
    held = a_held(trace, blob=await ledger.keep_content([b"Subject: x\r\n\r\n"]), expires_at=NOW + timedelta(days=5))
    await ledger.settle(held_settling(trace, held))
    await ledger.settle(Settling(a_trace(at=NOW - timedelta(days=30))))
    await ledger.close()
    return held.id


def states(parts: Parts, held_id: str) -> tuple[set[State], str]:
    with parts.database.read() as unit:
        item = HeldMessages(unit).get(held_id)
    assert item is not None
    return {one.state for one in item.recipients}, item.held.blob


async def test_chores_run_as_workflows_of_a_real_engine_once_a_period(parts: Parts, watch: Watch) -> None:
    held_id = await hold(parts)
    blob = states(parts, held_id)[1]
    with starting(parts.settings) as starts:
        chores = housekeeping.chores(parts, starts)
        async with running_workflows(parts.settings, [partial(housekeeping.register, parts, chores)]):
            await asyncio.to_thread(housekeeping.start_due, parts, starts, chores, set())
            await _until(lambda: "housekeeping.forget" in acts(parts))
            with parts.database.read() as unit:
                assert len(Traces(unit).search(TraceFilter())) == 1, "the trace of a month ago is forgotten"
            assert states(parts, held_id)[0] == {State.QUARANTINED}

            watch.now += timedelta(days=6)
            for _another_controller in range(2):
                await asyncio.to_thread(housekeeping.start_due, parts, starts, chores, set())
            await _until(lambda: "housekeeping.expire" in acts(parts))
    assert states(parts, held_id) == ({State.EXPIRED}, "")
    assert not list(parts.blobs.older_than(watch.now + timedelta(days=9999))), f"{blob} is gone"
    assert acts(parts).count("housekeeping.expire") == 1
    with parts.database.read() as unit:
        [trace] = Traces(unit).search(TraceFilter(state=State.EXPIRED))
    assert "expired" in [event.step.value for event in trace.events]


def acts(parts: Parts) -> list[str]:
    with parts.database.read() as unit:
        return [entry.act for entry in AuditLog(unit).newest()]


async def _until(what: object, seconds: float = 120) -> None:
    assert callable(what)
    async with asyncio.timeout(seconds):
        while not what():  # noqa: ASYNC110 - the engine tells nobody
            await asyncio.sleep(0.05)


def test_a_run_is_named_after_its_period_and_asked_for_once(parts: Parts, watch: Watch) -> None:
    noted = Noted()
    chores = housekeeping.chores(parts, noted)
    started: set[str] = set()
    for _ in range(3):
        housekeeping.start_due(parts, noted, chores, started)
    assert len(noted.runs) == len(chores)
    watch.now += timedelta(minutes=15)
    housekeeping.start_due(parts, noted, chores, started)
    again = [name for name, _, _ in noted.runs[len(chores) :]]
    assert again == [one.name for one in chores if one.period <= timedelta(minutes=15)]
    assert 5 < len(again) < len(chores)
    assert len(started) == len(chores), "runs of periods that are over are not remembered"


@pytest.mark.parametrize(
    ("status", "last_sync", "due"),
    [
        (AccountStatus.ACTIVE, NOW - timedelta(hours=12), True),
        (AccountStatus.ACTIVE, NOW - timedelta(hours=1), False),
        (AccountStatus.APPLYING, NOW - timedelta(days=3), False),
        (AccountStatus.GRANTING, None, False),
        (AccountStatus.REVOKED, NOW - timedelta(days=3), False),
    ],
)
def test_the_directory_is_read_once_a_day_where_that_makes_sense(
    parts: Parts, watch: Watch, status: AccountStatus, last_sync: datetime | None, due: bool
) -> None:
    author = Author("tester", NOW)
    account = ServiceAccount(
        "a1", "t1", "Contoso", status, {Direction.INBOUND: Protection.LIVE}, False, NOW, "tester", last_sync=last_sync
    )
    with parts.database.write() as unit:
        ServiceAccounts(unit, parts.vault).add(account, author)
    noted = Noted()
    housekeeping.start_due(parts, noted, (), set())
    assert noted.of("tenant.sync") == ([("tenant.sync", "sync-a1-20261124", ("a1",))] if due else [])
    watch.now = NOW.replace(hour=1)
    later = Noted()
    housekeeping.start_due(parts, later, (), set())
    assert all(run == "sync-a1-20261123" for _, run, _ in later.of("tenant.sync")), "before the hour it is yesterday's"


def certificate(days: int) -> bytes:
    """Self-signed, and at its end that many days after NOW."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gw.contoso.example")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(NOW - timedelta(days=300))
    signed = made.not_valid_after(NOW + timedelta(days=days)).sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM)


def test_a_certificate_is_told_of_once_at_each_threshold_and_again_when_it_is_another(
    parts: Parts, watch: Watch, tmp_path: Path
) -> None:
    file = tmp_path / "gateway.pem"
    gateway = parts.settings.gateway.model_copy(update={"certificate": file})
    mine = replace(parts, settings=parts.settings.model_copy(update={"gateway": gateway}))
    file.write_bytes(certificate(20))
    told = []
    for day in range(-20, 23):
        watch.now = NOW + timedelta(days=day, minutes=1)
        if tell_of_certificates(mine):
            told.append(20 - day)
    assert told == [30, 14, 7, 1, 0]
    file.write_bytes(certificate(25))
    assert tell_of_certificates(mine), "three days left, of another certificate"
    with parts.database.read() as unit:
        [newest, before, *_] = [one.notification.text for one in Notifications(unit).newest()]
    assert newest.startswith("The gateway's certificate ends on 2026-12-19")
    assert before.startswith("The gateway's certificate has ended")


async def test_mail_that_waits_too_long_is_told_once_a_day(parts: Parts, watch: Watch) -> None:
    await hold(parts)
    assert tell_of_waiting(parts) == ""
    watch.now = NOW + timedelta(days=4)
    assert tell_of_waiting(parts) == "quarantine/20261128"
    assert tell_of_waiting(parts) == ""
