"""What an organisation adds to detection takes effect on real messages, in a real worker, from a real database."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from lockgate.gateway.inspection import InspectionPool
from lockgate.lookups.dns_lists import DnsLists
from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput
from lockgate.model.facts import Fact, Facts, Origin
from lockgate.model.findings import Category, Maturity, Report, Verdict
from lockgate.model.reputation import Indicators, Standing
from lockgate.model.tuning import OwnRule, Tuning
from lockgate.storage.audit import AuditLog, Author
from lockgate.storage.engine import open_database
from lockgate.storage.unit_of_work import Database
from lockgate.tuning.documents import save_tuning, saved_tuning
from lockgate.tuning.knowledge import Knowledge
from lockgate.tuning.lists import Lists, Whose
from tests.lockgate.detection import sample_files
from tests.lockgate.lookups.test_dns import ANSWERS, serving

NOW = datetime(2026, 5, 1, tzinfo=UTC)
ROOT = Author("root", NOW)
ORIGIN = Origin(Direction.INBOUND, "ada@sender.example", ("tom@contoso.com",), frozenset({"contoso.com"}))
HEAD = b"From: Ada <ada@sender.example>\r\nTo: tom@contoso.com\r\nSubject: Hello\r\n\r\nSee https://pages.example/login?u=1\r\n"
MAIL = sample_files.with_attachments(HEAD, [("a.zip", "zip(b.txt=text(harmless))")])


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path}/lockgate.db")
    yield opened
    opened.close()


@dataclass
class Office:
    database: Database
    knowledge: Knowledge

    def block(self, pattern: str, standing: Standing = Standing.BLOCKED) -> None:
        Lists(self.database, iter(f"{pattern}{n}"[:60] for n in range(9)).__next__).add(
            pattern, standing, ROOT, whose=Whose("t1")
        )
        self.knowledge.refresh()

    async def judge(self, pool: InspectionPool, tenant_id: str = "t1") -> tuple[Report, Indicators]:
        async with pool.begin() as inspection:
            await inspection.parse(MAIL)
            found = await inspection.indicators()
            known: list[Fact] = [ORIGIN]
            tuning = self.knowledge.tuning(tenant_id)
            known += [tuning] if tuning else []
            if self.knowledge.has_lists(tenant_id):
                known.append(await self.knowledge.reputation(tenant_id, found))
            return await inspection.judge(Facts(tuple(known))), found


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def pool() -> AsyncIterator[InspectionPool]:
    async with InspectionPool(1, 60.0, 2 * 1024**3) as started:
        yield started


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database, Knowledge(database, lambda: NOW))


@pytest.mark.asyncio(loop_scope="module")
async def test_nothing_is_asked_when_nothing_is_listed(office: Office, pool: InspectionPool) -> None:
    assert not office.knowledge.has_lists("t1")
    assert office.knowledge.tuning("t1") is None
    report, found = await office.judge(pool)
    assert report.verdict is Verdict.CLEAN
    assert found.senders == ("ada@sender.example",)
    assert "pages.example" in found.hosts
    assert len(found.hashes) == 6  # three of the archive, three of the file in it


@pytest.mark.asyncio(loop_scope="module")
async def test_blocked_senders_links_and_files_are_found(office: Office, pool: InspectionPool) -> None:
    _, found = await office.judge(pool)
    for pattern, detector, verdict in (
        ("*@sender.example", "reputation.blocked-sender", Verdict.SPAM),
        ("https://pages.example/login?u=1", "reputation.blocked-link", Verdict.PHISHING),
        (found.hashes[3], "reputation.blocked-file", Verdict.MALWARE),
    ):
        office.block(pattern)
        report, _ = await office.judge(pool)
        assert detector in {finding.detector for finding in report.findings}
        assert report.verdict is verdict
    other, _ = await office.judge(pool, "t2")
    assert other.verdict is Verdict.CLEAN


@pytest.mark.asyncio(loop_scope="module")
async def test_a_rule_counts_once_it_is_enforced_and_versions_stay(
    office: Office, database: Database, pool: InspectionPool
) -> None:
    rule = OwnRule("login", "Login", "links.exists(l, l.host == 'pages.example')", Category.PHISHING, 6.0)
    save_tuning(database, "t1", Tuning(0, rules=(rule,)), ROOT)
    office.knowledge.refresh()
    report, _ = await office.judge(pool)
    assert (report.verdict, [one.detector for one in report.shadow if one.detector == "own.login"]) == (
        Verdict.CLEAN, ["own.login"],
    )  # fmt: skip
    enforced = replace(saved_tuning(database, "t1"), rules=(replace(rule, maturity=Maturity.ENFORCED),))
    save_tuning(database, "t1", enforced, ROOT)
    office.knowledge.refresh()
    report, _ = await office.judge(pool)
    assert report.verdict is Verdict.PHISHING
    assert saved_tuning(database, "t1").tuning_version == 2
    with pytest.raises(InvalidInput, match="Somebody else"):
        save_tuning(database, "t1", enforced, ROOT)
    with database.read() as unit:
        assert [entry.act for entry in AuditLog(unit).newest()] == ["settings.save"] * 2


def test_a_tuning_of_no_use_is_not_kept(database: Database) -> None:
    with pytest.raises(InvalidInput, match="No detector is called"):
        save_tuning(database, "t1", Tuning(0, weights={"no.such": 1.0}), ROOT)
    with pytest.raises(InvalidInput, match="not there"):
        bad = OwnRule("x", "x", "nothing.at.all", Category.SPAM, 1.0)
        save_tuning(database, "t1", Tuning(0, rules=(bad,)), ROOT)
    assert saved_tuning(database, "t1") == Tuning(0)


@pytest.mark.asyncio(loop_scope="module")
async def test_lists_in_the_dns_are_asked_and_a_slow_one_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ANSWERS, ("4.4.8.8.zen.example.", "A"), ["127.0.0.4"])
    monkeypatch.setitem(ANSWERS, ("bad.example.dbl.example.", "A"), ["127.0.1.2"])
    monkeypatch.setitem(ANSWERS, ("refused.example.dbl.example.", "A"), ["127.255.255.254"])
    found = Indicators(("a@bad.example", "a@refused.example"), client_ip="8.8.4.4")
    async with serving([0.0]) as (server, lookups):
        lists = DnsLists(lookups, ["zen.example"], ["dbl.example"], 2.0)
        hits = await lists.hits(found)
        assert sorted((hit.value, hit.source) for hit in hits) == [
            ("8.8.4.4", "dns:zen.example"), ("bad.example", "dns:dbl.example"),
        ]  # fmt: skip
        asked = server.asked
        assert await lists.hits(found) == hits
        assert server.asked == asked  # from memory
        server.silent = True
        assert await DnsLists(lookups, ["other.example"], [], 0.3).hits(found) == ()
