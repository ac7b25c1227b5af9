"""Mail that people report, put together: the desk for console and command line, the opening for the controller."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from lockgate.bootstrap.click_time import click_links
from lockgate.bootstrap.freshness import kept_fresh
from lockgate.bootstrap.knowledge import own_knowledge
from lockgate.bootstrap.notifications import writer
from lockgate.bootstrap.own_rule_folder import OwnRuleFolder
from lockgate.bootstrap.parts import Parts, new_id
from lockgate.bootstrap.pull_back import pull_back_requests
from lockgate.end_users.reports.desk import ReportDesk
from lockgate.end_users.reports.intake import ReportIntake
from lockgate.end_users.reports.opening import Opening
from lockgate.end_users.reports.ports import Judged
from lockgate.end_users.reports.taking_out import ProcessOpener
from lockgate.gateway.arrival import Arrival, PeerFacts, Proof
from lockgate.gateway.click_links import ClickLinks
from lockgate.gateway.enrichment import Enrichment
from lockgate.gateway.inspection import InspectionPool, WorkerLost, unfinished
from lockgate.gateway.journal import Journal
from lockgate.lookups.reputation_patterns import canonical, subject_of
from lockgate.mime.headers import scan
from lockgate.mime.signed_links import beginning
from lockgate.model.envelope import Direction, Envelope, Recipient
from lockgate.model.errors import InvalidInput, PermanentError
from lockgate.model.reputation import Standing
from lockgate.model.tenant import Passage, Protection, Tenant
from lockgate.quarantine.ports import Starts
from lockgate.storage.audit import Author
from lockgate.storage.directory_cache import DirectoryCache
from lockgate.storage.senders import SenderHistories
from lockgate.storage.tenants import TenantCache
from lockgate.storage.unit_of_work import Database
from lockgate.storage.user_reports import ReportInbox, UserReports
from lockgate.storage.vault import Vault
from lockgate.tuning.lists import Lists, Whose


@dataclass(frozen=True, slots=True)
class OwnLists:
    """Implements `end_users.reports.ports.Blocks` over the lists that the mail path asks."""

    database: Database
    vault: Vault

    def block(self, tenant_id: str, written: Sequence[str], author: Author, until: datetime, note: str) -> None:
        """See `Blocks`; an organisation cannot block itself."""
        tenant = TenantCache(self.database, self.vault).by_id(tenant_id)
        for one in written:
            subject = subject_of(one)
            if subject is None:
                raise InvalidInput(f"'{one}' is no address and no domain.")
            canonical(subject, one)
            if tenant is not None and tenant.accepts(one.rpartition("@")[2].lower()):
                raise InvalidInput(f"'{one}' is of the organisation itself.")
        lists = Lists(self.database, new_id)
        for one in written:
            lists.add(one, Standing.BLOCKED, author, whose=Whose(tenant_id), note=note, expires_at=until)


@dataclass(frozen=True, slots=True)
class InspectionOfToday:
    """Implements `end_users.reports.ports.Judges` with the mail path's own inspection and facts."""

    parts: Parts
    pool: InspectionPool
    enrichment: Enrichment
    tenants: TenantCache
    links: ClickLinks | None

    async def judge(self, tenant_id: str, recipient: str, content: bytes) -> Judged:
        """See `Judges`."""
        tenant = self.tenants.by_id(tenant_id)
        if tenant is None:
            raise PermanentError("The organisation is not protected any more.")
        arrival = self._as_if_it_came(tenant, recipient, content)
        try:
            async with self.pool.begin() as inspection:
                summary = await inspection.parse(content)
                if self.links is not None:  # what was delivered may hold links of ours instead of the sender's
                    journal = Journal(arrival, self.parts.clock)
                    arrival, summary = await self.links.put_back(inspection, arrival, summary, journal)
                facts = await self.enrichment.gather_facts(arrival, summary, inspection)
                hosts = (await inspection.indicators()).hosts
                report = await inspection.judge(facts)
        except WorkerLost as lost:
            return Judged("", "", "", unfinished(lost), ())
        return Judged(summary.header_from, summary.subject, summary.internet_message_id, report, hosts)

    def _as_if_it_came(self, tenant: Tenant, recipient: str, content: bytes) -> Arrival:
        """To this person, from outside, now; the envelope's sender is what the last host noted (RFC 5321 §4.4)."""
        header = scan(content)
        mail_from = (header.value("Return-Path") or "").strip().strip("<>")
        passage = tenant.passage(Direction.INBOUND) or Passage(Direction.INBOUND, Protection.OFF, (), ())
        return Arrival(
            new_id(), Proof(tenant, passage, ""), Envelope(mail_from, (Recipient(recipient),)), content,
            hashlib.sha256(content[header.body_start :]).hexdigest(), PeerFacts("", ""), self.parts.clock(),
        )  # fmt: skip


@asynccontextmanager
async def inspection_of_today(parts: Parts) -> AsyncIterator[InspectionOfToday]:
    """One worker, ready while the block runs."""
    settings = parts.settings.gateway
    tenants, directory = TenantCache(parts.database, parts.vault), DirectoryCache(parts.database)
    knowledge, rules = own_knowledge(parts), OwnRuleFolder(parts.settings.detection.yara_rules)
    links = click_links(parts, knowledge)
    pool = InspectionPool(
        1, settings.inspection_deadline, settings.inspection_memory, rules, settings.classifier,
        beginning(links.service) if links else "",
    )  # fmt: skip
    senders = SenderHistories(parts.database)
    enrichment = Enrichment(directory, senders, None, settings.facts_deadline, knowledge=knowledge)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(senders.close)
        await stack.enter_async_context(kept_fresh(tenants, directory, rules, knowledge))
        await stack.enter_async_context(pool)
        yield InspectionOfToday(parts, pool, enrichment, tenants, links)


def report_intake(parts: Parts) -> ReportIntake:
    """Where gateways put what comes to the report address."""
    answers = writer(parts) if parts.settings.notifications.sender else None
    return ReportIntake(parts.database, ReportInbox(parts.database, parts.blobs), answers)


def report_desk(parts: Parts, starts: Starts) -> ReportDesk:
    """What console and command line speak to."""
    answers = writer(parts) if parts.settings.notifications.sender else None
    pulls, lists = pull_back_requests(parts, starts), OwnLists(parts.database, parts.vault)
    return ReportDesk(parts.database, parts.blobs, parts.clock, new_id, pulls, lists, answers)


def open_reports(parts: Parts) -> int:
    """Look into every report that has arrived; how many. No worker is started for none."""
    with parts.database.read() as unit:
        if not UserReports(unit).unopened(1):
            return 0
    return asyncio.run(_opened(parts))


async def _opened(parts: Parts) -> int:
    async with inspection_of_today(parts) as judges:
        return await Opening(parts.database, parts.blobs, parts.clock, ProcessOpener(), judges).open_arrived()
