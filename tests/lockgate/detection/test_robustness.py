"""Every malformed message of the corpus, and bombs of every kind, go through the whole inspection: nothing crashes or
hangs, memory stays flat, and a bomb ends as a finding well before the deadline of a worker."""

import os
import subprocess
import sys
import tarfile
import time
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from lockgate.detection.catalogue import default_catalogue
from lockgate.detection.engine import inspect
from lockgate.detection.files.compound_bounds import Impossible, check
from lockgate.mime.parser import parse
from lockgate.model.findings import Category, Failure, Report
from tests.lockgate.detection.archive_writers import compound
from tests.lockgate.detection.messages import facts
from tests.lockgate.detection.sample_files import build, with_attachments

CORPUS = Path(os.environ.get("LOCKGATE_CORPUS", Path(__file__).parents[4] / "shared" / "corpus"))
ARCHIVE = CORPUS / "robust" / "robust.tar.xz"
present = pytest.mark.skipif(not ARCHIVE.exists(), reason="the corpus is not on this machine")
SLOWEST = 2.0  # seconds of processor time for one message of the corpus; the median is two milliseconds
BOMB = 8.0
GROWTH = 150_000  # kilobytes over half of the corpus, once more
HEAD = b"From: a@b.example\r\nTo: tom@contoso.com\r\nSubject: x\r\n"


@cache
def corpus() -> dict[str, bytes]:
    with tarfile.open(ARCHIVE) as archive:
        opened = {member.name: archive.extractfile(member) for member in archive if member.isfile()}
        return {name: file.read() for name, file in opened.items() if file is not None}


def judge(content: bytes) -> tuple[Report, float]:
    began = time.process_time()
    report = inspect(parse(content), facts(), default_catalogue())
    return report, time.process_time() - began


@present
def test_every_malformed_message_is_judged_without_a_crash_and_in_time() -> None:
    for name, content in corpus().items():
        report, seconds = judge(content)
        assert [gap for gap in report.incomplete if gap.failure is Failure.CRASHED] == [], name
        assert seconds < SLOWEST, name


@present
def test_memory_does_not_grow_over_the_corpus() -> None:
    """In a process of its own. The first round fills caches; what the next adds would be a leak."""
    program = (
        "import resource\n"
        "from tests.lockgate.detection.test_robustness import corpus, judge\n"
        "def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "some = list(corpus().values())[::2]\n"
        "for content in some: judge(content)\n"
        "before = peak()\n"
        "for content in some: judge(content)\n"
        "print(peak() - before)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(done.stdout) < GROWTH


def attached(name: str, content: bytes) -> bytes:
    return with_attachments(HEAD + b"\r\nhello", [(name, "hex " + content.hex())])


def _pdf() -> bytes:
    """An object stream that unfolds to 80 MB, and sixty thousand objects that point at each other."""
    data = zlib.compress(bytes(80_000_000), 9)
    head = b"1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction 4 0 R>>endobj\n"
    pages = b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    stream = b"5 0 obj<</Type/ObjStm/N 100000/First 10/Filter/FlateDecode/Length %d>>stream\n%s\nendstream endobj\n"
    objects = b"".join(b"%d 0 obj<</A %d 0 R/B[%d 0 R]>>endobj\n" % (n, n + 1, n + 2) for n in range(6, 60_000))
    action = b"4 0 obj<</S/JavaScript/JS(x)>>endobj\n"
    unfolding = stream % (len(data), data)
    return b"%PDF-1.5\n" + head + pages + action + unfolding + objects + b"trailer<</Root 1 0 R>>\n%%EOF"


def _hundred_locked() -> str:
    return f"zip({','.join(f'{number}.zip=secret-zip(a=text(x))' for number in range(100))})"


BOMBS: dict[str, Callable[[], bytes]] = {
    "100,000 parts": lambda: (
        HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        + b"--b\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nhello\r\n" * 100_000
    ),
    "100,000 header fields": lambda: HEAD + b"X-A: b\r\n" * 100_000 + b"\r\nx",
    "nested multiparts": lambda: HEAD + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(5_000)
    ),
    "nested messages": lambda: HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 3_000 + b"x",
    "messages in a file": lambda: attached(
        "a.eml", b"From: a@b\r\nTo: c@d\r\nSubject: x\r\nContent-Type: message/rfc822\r\n\r\n" * 2_000
    ),
    "zip": lambda: attached("a.zip", build("bomb")),
    "document of blanks": lambda: attached("a.docx", build("blank-bomb")),
    "pdf": lambda: attached("a.pdf", _pdf()),
    "xml": lambda: attached("a.xml", build("laughs")),
    "many documents": lambda: attached("a.zip", build(f"zip({','.join(f'{n}.xlsm=xlm' for n in range(300))})")),
    "locked archives": lambda: attached("a.zip", build(_hundred_locked())),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_ends_as_a_finding_before_the_deadline(name: str) -> None:
    report, seconds = judge(BOMBS[name]())
    assert seconds < BOMB
    assert [gap for gap in report.incomplete if gap.failure is Failure.CRASHED] == []
    told = [finding for finding in report.findings if finding.category in (Category.FILE, Category.MALWARE)]
    assert told, report


HARD_WORK: dict[str, Callable[[], bytes]] = {
    "rtf objects": lambda: attached("a.rtf", b"{\\rtf1" + b"{\\object{\\*\\objdata 0105" * 60_000),
    "script": lambda: attached("a.js", b"WScript.Shell " + b"a" * 900_000 + b" -enc " + b"A" * 60_000),
    "formulas": lambda: attached("a.csv", b"=a|" * 400_000),
    "page": lambda: attached("a.html", b"<script>" + b"atob(" * 200_000),
    "words for password": lambda: HEAD + b"\r\n" + b"password: x" * 100_000,
    "entities": lambda: attached("a.xml", b"<?xml version='1.0'?>" + b"<!ENTITY a '" * 50_000),
    "shortcut": lambda: attached("a.lnk", build("lnk") + b" " * 3_000_000),
    "svg": lambda: attached("a.svg", b"<svg>" + b"<a on" * 300_000),
}


@pytest.mark.parametrize("name", HARD_WORK)
def test_time_stays_short_for_texts_that_are_made_to_be_slow(name: str) -> None:
    _, seconds = judge(HARD_WORK[name]())
    assert seconds < BOMB


def test_a_compound_file_that_promises_more_than_it_holds_is_not_opened() -> None:
    """Found by fuzzing: a stream of four gigabytes whose sectors run in circles took all memory."""
    whole = compound({("Object0", "\x01Ole10Native"): b"x" * 5_000})
    check(whole)
    for place, value in ((512 + 2 * 128 + 120, 0xFFFFFFFA), (44, 0x10000), (72, 0x10000)):
        broken = bytearray(whole)
        broken[place : place + 4] = value.to_bytes(4, "little")
        with pytest.raises(Impossible):
            check(bytes(broken))
        report, seconds = judge(attached("a.doc", bytes(broken)))
        assert seconds < 1
        assert any(finding.detector == "file.unopened-archive" for finding in report.findings)


@pytest.mark.parametrize(
    "part",
    [
        b"Content-Type: text/plain; charset=utf-7\r\n\r\n+2AA- Please buy gift cards at once\r\n",
        b"Content-Type: text/html; charset=utf-7\r\n\r\n<p>+2AA- Please buy &#xD800; gift cards at once</p>\r\n",
        b"Subject: =?utf-7?Q?+2AA-_gift_cards?=\r\n\r\nPlease buy gift cards at once\r\n",
        b"Content-Type: text/plain\r\nContent-Disposition: attachment; filename*=utf-7''%2B2AA-.txt\r\n\r\n+2AA-\r\n",
    ],
    ids=["text", "page", "subject", "name"],
)
def test_half_a_character_ends_no_detector(part: bytes) -> None:
    """UTF-7 can write a lone surrogate, which nothing behind it can write down again."""
    message = parse(b"From: a@b.example\r\nTo: tom@contoso.com\r\n" + part)
    report = inspect(message, facts(), default_catalogue())
    assert not [gap for gap in report.incomplete if gap.failure is Failure.CRASHED]
    assert report.findings or message.attachments
    (message.subject + message.visible_text + "".join(one.filename for one in message.attachments)).encode()
