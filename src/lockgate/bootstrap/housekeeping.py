"""What has to be done again and again: forgetting, expiry, stranded releases, the daily sync; as durable workflows.

Rule: the id of a run is made of what it is and of its period, and a workflow id is started once. So several
controllers, and one that was restarted, do each run once; what was due while nobody was up is done at the next start.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

import structlog
from dbos import DBOS

from lockgate.bootstrap.end_users import ask_reviewers, write_digests
from lockgate.bootstrap.knowledge import fetch_feeds
from lockgate.bootstrap.later_verdicts import take_back_later
from lockgate.bootstrap.letting_go import let_go_later
from lockgate.bootstrap.notifications import tell_of_certificates, tell_of_waiting
from lockgate.bootstrap.parts import Parts
from lockgate.bootstrap.pull_back import pull_back_requests
from lockgate.bootstrap.quarantine import quarantine_service, words
from lockgate.bootstrap.reports import report_service
from lockgate.bootstrap.scanners import sandbox
from lockgate.bootstrap.user_reports import open_reports
from lockgate.microsoft365.care import LOOKED_AT_EVERY, NEXT
from lockgate.microsoft365.credentials import Credentials
from lockgate.model.errors import LockgateError
from lockgate.model.service_account import AccountStatus, ServiceAccount
from lockgate.model.tenant import OwnRetention
from lockgate.quarantine.awaited import AwaitedVerdicts
from lockgate.quarantine.expiry import Expiry
from lockgate.quarantine.ports import Starts
from lockgate.settings import RetentionSettings
from lockgate.storage.audit import AuditEntry, AuditLog
from lockgate.storage.forgetting import Kept
from lockgate.storage.held_retention import held_for_by
from lockgate.storage.orphans import sweep_orphans
from lockgate.storage.retention import Retention, forget
from lockgate.storage.service_accounts import ServiceAccounts

log = structlog.get_logger()
EVERY = 30.0  # seconds between two looks at what is due
HALF_A_MINUTE = timedelta(seconds=30)
QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
FIVE_MINUTES = timedelta(minutes=5)
DAY = timedelta(days=1)
SYNC, WATCH, ROTATE = "tenant.sync", "tenant.watch", "tenant.rotate"


@dataclass(frozen=True, slots=True)
class Chore:
    """One kind of work. `do` may run twice, and answers with a sentence for log and audit; empty: nothing was done."""

    name: str
    period: timedelta
    do: Callable[[], str]

    def run_id(self, now: datetime) -> str:
        """The id of the run of this period."""
        return f"{self.name}-{int(now.timestamp() // self.period.total_seconds())}"


def chores(parts: Parts, starts: Starts) -> tuple[Chore, ...]:
    """Everything but the daily sync."""
    expiry = Expiry(parts.database, parts.blobs, parts.clock)
    quarantine = quarantine_service(parts, starts)
    return (
        Chore("housekeeping.expire", QUARTER, lambda: _counted(expiry.expire(), "held recipients expired")),
        Chore("housekeeping.resume", QUARTER, lambda: _counted(quarantine.resume_stranded(), "releases resumed")),
        Chore("quarantine.words", HALF_A_MINUTE, lambda: _nothing_told(lambda: asyncio.run(words(parts).read()))),
        Chore("end-users.digests", QUARTER, lambda: _counted(write_digests(parts), "digests written")),
        Chore("pull-back.resume", QUARTER, lambda: _nothing_told(pull_back_requests(parts, starts).resume)),
        Chore("pull-back.later-verdicts", FIVE_MINUTES, lambda: take_back_later(parts, starts)),
        Chore("quarantine.later-verdicts", FIVE_MINUTES, lambda: let_go_later(parts, starts)),
        Chore("reported-mail.open", HALF_A_MINUTE, lambda: _counted(open_reports(parts), "reports opened")),
        Chore("end-users.reviews", HALF_A_MINUTE, lambda: _counted(ask_reviewers(parts), "reviewers asked")),
        Chore("housekeeping.waiting", QUARTER, lambda: tell_of_waiting(parts)),
        Chore("housekeeping.certificates", HOUR, lambda: tell_of_certificates(parts)),
        Chore("reports.due", QUARTER, lambda: _counted(report_service(parts).write_due(), "reports made")),
        Chore("reputation.feeds", HOUR, lambda: fetch_feeds(parts)),
        Chore("housekeeping.forget", DAY, lambda: _forget(parts)),
        Chore("housekeeping.orphans", DAY, lambda: _counted(_sweep(parts), "pieces of content without a record")),
    )


def sandbox_chore(parts: Parts, starts: Starts) -> tuple[Chore, ...]:
    """Asks the sandbox for verdicts, when one is set up, and settles the messages that wait for them."""
    box = sandbox(parts.settings.scanners)
    if box is None:
        return ()
    patience = timedelta(minutes=parts.settings.scanners.sandbox_patience)
    held_for = held_for_by(parts.vault, timedelta(days=parts.settings.retention.quarantine))
    quarantine = quarantine_service(parts, starts)
    awaited = AwaitedVerdicts(parts.database, parts.clock, box, quarantine, patience, held_for)
    return (Chore("sandbox.verdicts", HALF_A_MINUTE, lambda: asyncio.run(awaited.settle())),)


def certificate_chore(credentials: Credentials) -> Chore:
    """Tries a certificate that waits for its upload, and puts it to use."""
    return Chore("microsoft365.certificate", FIVE_MINUTES, credentials.check)


def register(parts: Parts, found: tuple[Chore, ...]) -> None:
    """Declare a workflow for each chore. Call once, before DBOS is launched."""

    def declare(chore: Chore) -> None:
        @DBOS.step(name=f"{chore.name}.do", retries_allowed=True, max_attempts=3, interval_seconds=5)
        async def do() -> str:
            return await asyncio.to_thread(_done, parts, chore)

        @DBOS.workflow(name=chore.name)
        async def workflow() -> str:
            return await do()

    for one in found:
        declare(one)


@asynccontextmanager
async def keeping_house(parts: Parts, starts: Starts, found: tuple[Chore, ...]) -> AsyncIterator[None]:
    """Start what is due while the block runs."""
    async with asyncio.TaskGroup() as tasks:
        keeping = tasks.create_task(_keep(parts, starts, found))
        try:
            yield
        finally:
            keeping.cancel()


async def _keep(parts: Parts, starts: Starts, found: tuple[Chore, ...]) -> None:
    started: set[str] = set()
    while True:
        try:
            await asyncio.to_thread(start_due, parts, starts, found, started)
        except LockgateError as error:
            log.warning("housekeeping waits", cause=str(error))
        except Exception:  # the engine's database is away; the mail and the other work go on
            log.exception("housekeeping waits")
        await asyncio.sleep(EVERY)


def start_due(parts: Parts, starts: Starts, found: tuple[Chore, ...], started: set[str]) -> None:
    """Start every run of the present period, except those in `started`, which is brought up to date."""
    now = parts.clock()
    due: list[tuple[str, str, tuple[str, ...]]] = [(one.name, one.run_id(now), ()) for one in found]
    accounts = _accounts(parts)
    due += [(SYNC, run, (account,)) for run, account in _syncs(parts, accounts, now)]
    due += [(WATCH, run, (account,)) for run, account in _watches(accounts, now)]
    due += [(ROTATE, run, arguments) for run, arguments in _rotations(parts, accounts, now)]
    started &= {run for _, run, _ in due}
    for workflow, run, arguments in due:
        if run not in started:
            starts.start(workflow, run, *arguments)
            started.add(run)


def _syncs(parts: Parts, accounts: list[ServiceAccount], now: datetime) -> Iterator[tuple[str, str]]:
    """The accounts whose directory was not read since today's hour."""
    hour = now.replace(hour=parts.settings.microsoft365.sync_hour_utc, minute=0, second=0, microsecond=0)
    if now < hour:
        hour -= DAY
    for one in accounts:
        if _is_synced_daily(one) and one.last_sync is not None and one.last_sync < hour:
            yield f"sync-{one.id}-{hour:%Y%m%d}", one.id


def _watches(accounts: list[ServiceAccount], now: datetime) -> Iterator[tuple[str, str]]:
    """Every account with a grant, each quarter of an hour."""
    period = int(now.timestamp() // LOOKED_AT_EVERY.total_seconds())
    for one in accounts:
        if _is_synced_daily(one) and one.last_sync is not None:
            yield f"watch-{one.id}-{period}", one.id


def _rotations(
    parts: Parts, accounts: list[ServiceAccount], now: datetime
) -> Iterator[tuple[str, tuple[str, str, str]]]:
    """Secrets whose phase has lasted long enough, with the phase that is next; empty ends the rotation.

    One that found the tenant not as it was left is tried again in the next hour, if the account is in order by then.
    """
    overlap = timedelta(hours=parts.settings.microsoft365.rotation_hours)
    for one in accounts:
        if one.rotation is not None and one.status is AccountStatus.ACTIVE and now - one.rotation.since >= overlap:
            following = NEXT[one.rotation.phase]
            run = f"{one.rotation.since.timestamp():.0f}-{now.timestamp() // 3600:.0f}"
            yield f"rotate-{one.id}-{run}", (one.id, following.value if following else "", run)


def _accounts(parts: Parts) -> list[ServiceAccount]:
    with parts.database.read() as unit:
        return ServiceAccounts(unit, parts.vault).all()


def _is_synced_daily(account: ServiceAccount) -> bool:
    return account.status in (AccountStatus.READY, AccountStatus.ACTIVE, AccountStatus.ATTENTION)


def _done(parts: Parts, chore: Chore) -> str:
    told = chore.do()
    log.info("housekeeping", chore=chore.name, done=told or "nothing")
    if told:
        with parts.database.write() as unit:
            AuditLog(unit).record(AuditEntry(parts.clock(), "system", chore.name, "", after={"done": told}))
    return told


def _nothing_told(do: Callable[[], object]) -> str:
    """For what is started again and again, mostly for nothing."""
    do()
    return ""


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number else ""


def _sweep(parts: Parts) -> int:
    return sweep_orphans(parts.database, parts.blobs, parts.clock())


def _forget(parts: Parts) -> str:
    forgotten = forget(parts.database, retention(parts.settings.retention, _accounts(parts)), parts.clock())
    counts = [(getattr(forgotten, one.name), one.name.replace("_", " ")) for one in fields(forgotten)]
    return ", ".join(f"{number} {name}" for number, name in counts if number)


def retention(days: RetentionSettings, accounts: Iterable[ServiceAccount] = ()) -> Retention:
    """What the settings say, as storage takes it, and what organisations want otherwise of what is theirs."""
    mine = [one for one in accounts if one.tenant_id and one.status is not AccountStatus.REVOKED]

    def kept(usual: int, own: Callable[[OwnRetention], int | None]) -> Kept:
        asked = ((one.tenant_id, own(one.retention)) for one in mine)
        return Kept(timedelta(days=usual), {tenant: timedelta(days=wanted) for tenant, wanted in asked if wanted})

    return Retention(
        traces=kept(days.traces, lambda own: own.traces),
        detections=kept(days.detections, lambda own: own.detections),
        data_loss=kept(days.data_loss, lambda own: own.data_loss),
        clicks=kept(days.clicks, lambda own: own.clicks),
        quarantine_records=timedelta(days=days.quarantine_records),
        tallies=timedelta(days=days.counts),
        audit=timedelta(days=days.audit),
        reports=timedelta(days=days.reports),
        notifications=timedelta(days=days.events),
    )
