"""A real worker hands out the files, real scanners judge them, and what they say or cannot say is in the report."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from lockgate.gateway.inspection import InspectionPool
from lockgate.gateway.ports import Scans
from lockgate.gateway.scanning import TOO_MANY, Scanning
from lockgate.lookups.antivirus import clamav
from lockgate.model.envelope import Direction
from lockgate.model.facts import Facts, Origin
from lockgate.model.findings import Failure, Report, Verdict
from tests.lockgate.detection.sample_files import with_attachments
from tests.lockgate.lookups.scanners import MARKER, needs_clamd, running_clamd
from tools.ports import free_port

ORIGIN = Origin(Direction.INBOUND, "a@outside.example", ("b@contoso.example",), frozenset({"contoso.example"}))
GIGABYTES = 2 * 1024**3


def mail(*attachments: tuple[str, str], body: str = "Good morning") -> bytes:
    raw = f"From: Ann <a@outside.example>\r\nSubject: Minutes\r\n\r\n{body}".encode()
    return with_attachments(raw, list(attachments))


@pytest.fixture(scope="module")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with running_clamd(tmp_path_factory.mktemp("clamd")) as found:
        yield found[0]


def scanner(address: str, deadline: float = 10) -> Scans:
    return clamav(address, deadline, asyncio.get_running_loop().time)


async def judged(content: bytes, *scanners: Scans) -> Report:
    scanning = Scanning(scanners)
    async with InspectionPool(1, 30.0, GIGABYTES) as pool, pool.begin() as inspection:
        await inspection.parse(content)
        known, missing = await scanning.gather("m1", content, inspection.files)
        return await inspection.judge(Facts((ORIGIN, *known), missing))


@needs_clamd
async def test_what_clamd_finds_is_malware(clamd: Path) -> None:
    report = await judged(mail(("a.bin", f"text({MARKER.decode()})")), scanner(f"unix:{clamd}"))
    assert report.verdict is Verdict.MALWARE
    assert report.findings[0].detector == "malware.clamav"
    assert report.is_complete


@needs_clamd
async def test_a_file_behind_a_password_that_the_mail_gives_is_handed_out_unlocked(clamd: Path) -> None:
    content = mail(("a.rar", f"locked-rar5(a.bin=text({MARKER.decode()}))"), body="Password: Winter-77")
    report = await judged(content, scanner(f"unix:{clamd}"))
    finding = next(each for each in report.findings if each.detector == "malware.clamav")
    assert finding.evidence[0].where.endswith("a.rar > a.bin")


@needs_clamd
async def test_clean_mail_stays_clean(clamd: Path) -> None:
    report = await judged(mail(("a.txt", "text(hello)")), scanner(f"unix:{clamd}"))
    assert (report.verdict, report.is_complete) == (Verdict.CLEAN, True)


async def test_a_scanner_that_is_set_up_and_down_makes_the_inspection_incomplete() -> None:
    report = await judged(mail(("a.txt", "text(hello)")), scanner(f"127.0.0.1:{free_port()}"))
    assert not report.is_complete
    gap = next(gap for gap in report.incomplete if gap.essential)
    assert (gap.detector, gap.failure) == ("malware.clamav", Failure.MISSING_FACT)
    assert "clamd at 127.0.0.1" in gap.why


async def test_without_scanners_nothing_is_missing() -> None:
    report = await judged(mail(("a.txt", "text(hello)")))
    assert report.is_complete


async def test_more_files_than_are_scanned_are_named() -> None:
    content = mail(*((f"{number}.txt", f"text(file {number})") for number in range(70)))
    report = await judged(content, scanner(f"127.0.0.1:{free_port()}"))
    assert any(TOO_MANY in gap.why for gap in report.incomplete if gap.essential)
